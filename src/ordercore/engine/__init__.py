"""
The engine: drives orders and other streams over a store and the host's ports.

What happens when is said once, in the loops of ``_submit`` and ``_perform``; a driver answers what
they ask. After a crash at any point anybody may resume: what was asked of the world is frozen
before it is asked, leased before it is called, and recorded with its outcome or found out.
"""

from ordercore.engine._audit import audit_ledger
from ordercore.engine._dead_letters import DeadLetter, dead_letters
from ordercore.engine._engine import Engine
from ordercore.engine._kinds import KINDS, Kinds
from ordercore.engine._requests import Submitted
from ordercore.engine._rounds import Trouble
from ordercore.engine._verify import Verification, verify
from ordercore.engine._worker import Worker

__all__ = [
    "KINDS",
    "DeadLetter",
    "Engine",
    "Kinds",
    "Submitted",
    "Trouble",
    "Verification",
    "Worker",
    "audit_ledger",
    "dead_letters",
    "verify",
]
