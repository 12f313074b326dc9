"""
The engine: drives orders and other streams over a store and the host's ports.

What happens when is said once, in the loops of ``_submit`` and ``_perform``; a driver answers what
they ask, with plain calls (:class:`Engine`) or with awaited ones (:class:`AsyncEngine`). After a
crash at any point anybody may resume: what was asked of the world is frozen before it is asked,
leased before it is called, and recorded with its outcome or found out.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from ordercore.engine._audit import audit_ledger
from ordercore.engine._dead_letters import DeadLetter, dead_letters
from ordercore.engine._engine import Engine
from ordercore.engine._kinds import KINDS, Kinds
from ordercore.engine._requests import Submitted, Wish
from ordercore.engine._rounds import Trouble
from ordercore.engine._submit_prepared import Prepared
from ordercore.engine._verify import Verification, verify

if TYPE_CHECKING:
    from ordercore.engine._async_engine import AsyncEngine
    from ordercore.engine._async_worker import AsyncWorker
    from ordercore.engine._stepwise import (
        Stepwise,
        receive_stepwise,
        run_pending_stepwise,
        submit_stepwise,
    )
    from ordercore.engine._worker import Worker

__all__ = [
    "KINDS",
    "AsyncEngine",
    "AsyncWorker",
    "DeadLetter",
    "Engine",
    "Kinds",
    "Prepared",
    "Stepwise",
    "Submitted",
    "Trouble",
    "Verification",
    "Wish",
    "Worker",
    "audit_ledger",
    "dead_letters",
    "receive_stepwise",
    "run_pending_stepwise",
    "submit_stepwise",
    "verify",
]


#: Programs that block do not pay for an event loop, nor those that run no worker for one.
_LATER: Final = {
    "AsyncEngine": "ordercore.engine._async_engine",
    "AsyncWorker": "ordercore.engine._async_worker",
    "Stepwise": "ordercore.engine._stepwise",
    "Worker": "ordercore.engine._worker",
    "receive_stepwise": "ordercore.engine._stepwise",
    "run_pending_stepwise": "ordercore.engine._stepwise",
    "submit_stepwise": "ordercore.engine._stepwise",
}


def __getattr__(name: str) -> object:
    home = _LATER.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message, name=name)
    found: object = getattr(import_module(home), name)
    globals()[name] = found
    return found
