"""
From facts and commands to JSON and back, strictly; and states as text that is read fast.

Every fact and command has a stable name (never its class's), unknown fields and wrong primitive
types are refused with their paths, and what was written once can be read for ever.

Each name loads its module on first use: a host that stays in memory never loads ``cattrs``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ordercore.codec._codec import JsonCodec
    from ordercore.codec._names import NAMES, TYPES
    from ordercore.codec._states import StateForm

__all__ = ["NAMES", "TYPES", "JsonCodec", "StateForm"]

_HOMES: Final = {
    "NAMES": "ordercore.codec._names",
    "TYPES": "ordercore.codec._names",
    "JsonCodec": "ordercore.codec._codec",
    "StateForm": "ordercore.codec._states",
}


if not TYPE_CHECKING:  # to type checkers a misspelled name stays unknown

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
