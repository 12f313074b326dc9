"""
The engine: drives orders and other streams over a store and the host's ports.

What happens when is said once, in the loops of ``_submit`` and ``_perform``; a driver answers what
they ask, with plain calls (:class:`Engine`) or with awaited ones (:class:`AsyncEngine`). After a
crash at any point anybody may resume: what was asked of the world is frozen before it is asked,
leased before it is called, and recorded with its outcome or found out.
"""

from typing import TYPE_CHECKING

from ordercore.engine._audit import audit_ledger
from ordercore.engine._engine import Engine
from ordercore.engine._kinds import KINDS, Kinds
from ordercore.engine._requests import Submitted, Wish
from ordercore.engine._submit_prepared import Prepared
from ordercore.engine._verify import Verification, verify

if TYPE_CHECKING:
    from ordercore.engine._async_engine import AsyncEngine

__all__ = [
    "KINDS",
    "AsyncEngine",
    "Engine",
    "Kinds",
    "Prepared",
    "Submitted",
    "Verification",
    "Wish",
    "audit_ledger",
    "verify",
]


def __getattr__(name: str) -> object:
    # Programs that block do not pay for an event loop.
    if name != "AsyncEngine":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message, name=name)
    from ordercore.engine._async_engine import AsyncEngine  # noqa: PLC0415 - see above

    globals()[name] = AsyncEngine
    return AsyncEngine
