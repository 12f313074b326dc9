"""
Everything a shop does after the buy button, as a pure library.

The names below are the ones that most programs start with; every room has its own namespace
beside them (``ordercore.money``, ``ordercore.ledger``, ...). A program pays only for the rooms
that it enters: a name is imported from its home on first use (PEP 562), so ``import ordercore``
costs next to nothing and loads no store, no event loop and no serializer.

Three places list the same names: ``_HOME`` for the interpreter, the ``TYPE_CHECKING`` block for
type checkers and editors, ``__all__`` for readers. A test keeps them equal.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ordercore.errors import (
        Conflict,
        InvalidData,
        InvalidDefinition,
        InvariantViolated,
        OrderCoreError,
        OutcomeUnknown,
        PortUnavailable,
        Rejected,
    )

__all__ = [
    "Conflict",
    "InvalidData",
    "InvalidDefinition",
    "InvariantViolated",
    "OrderCoreError",
    "OutcomeUnknown",
    "PortUnavailable",
    "Rejected",
    "__version__",
]

__version__ = "0.1.0"

#: Public name -> the module that defines it.
_HOME: dict[str, str] = {
    "Conflict": "ordercore.errors",
    "InvalidData": "ordercore.errors",
    "InvalidDefinition": "ordercore.errors",
    "InvariantViolated": "ordercore.errors",
    "OrderCoreError": "ordercore.errors",
    "OutcomeUnknown": "ordercore.errors",
    "PortUnavailable": "ordercore.errors",
    "Rejected": "ordercore.errors",
}


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message, name=name)
    value: object = getattr(import_module(home), name)
    globals()[name] = value  # the next look-up doesn't come here
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
