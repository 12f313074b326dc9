"""
Nothing that looks like a card number stands in what is kept for ever.

"""

import re
from collections.abc import Iterable
from typing import Any, Final

import attrs

from ordercore.testing.simulation.auditor._violation import CARDS, Violation

__all__ = ["check_texts"]

_RUN: Final = re.compile(r"(?<![0-9A-Za-z])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z])")
_SHORTEST: Final = 13
_NO_TEXT: Final = (int, bool)


def check_texts(subject: str, values: Iterable[object]) -> int:
    """
    Look into every text of some values; returns how many could hold a card number at all.

    Raises:
        Violation: One does.
    """
    looked_at = 0
    waiting: list[Any] = list(values)
    while waiting:  # bounded by what the values hold
        value = waiting.pop()
        kind: type[object] = value.__class__
        if kind is str:
            if len(value) >= _SHORTEST:
                looked_at += 1
                _check(subject, value)
        elif kind is tuple:
            waiting += value
        else:
            names = _NAMES.get(kind)
            if names is None:
                names = _NAMES[kind] = _fields(kind)
            waiting += [getattr(value, name) for name in names]
    return looked_at


#: By type, the fields that may hold a text.
_NAMES: dict[type, tuple[str, ...]] = {}


def _fields(kind: type) -> tuple[str, ...]:
    if not attrs.has(kind):
        return ()
    return tuple(field.name for field in attrs.fields(kind) if field.type not in _NO_TEXT)


def _check(subject: str, text: str) -> None:
    for run in _RUN.finditer(text):
        digits = [int(c) for c in reversed(run.group()) if c.isdigit()]
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
        if (sum(digits[::2]) + sum(doubled)) % 10 == 0:
            raise Violation(CARDS, subject, "no card number anywhere", f"{run.group()[:6]}...")
