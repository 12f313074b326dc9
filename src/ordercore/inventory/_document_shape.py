"""
How the shape of a stock document's command is checked.

Faults are collected, not raised one by one: whoever sends a wrong command learns all of it at
once, each fault with its path.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Final, cast

import attrs

from ordercore.errors import InvalidData
from ordercore.ids import LineId, card_number_fault, id_fault, sku_fault
from ordercore.instants import Instant
from ordercore.money import QUANTITY_MAX
from ordercore.totals import LINES_MAX

__all__ = ["Faults", "LineUnits", "UnitsByLine", "line_units", "together"]

_TEXT_MAX: Final = 500


@attrs.frozen
class LineUnits:
    """
    So many units of one line of a stock document.

    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int


# A mapping is invariant in its keys: for a type checker, a dict by LineId is none by str.
UnitsByLine = Mapping[LineId, int] | Mapping[str, int] | Iterable[LineUnits]


def line_units(given: UnitsByLine) -> tuple[LineUnits, ...]:
    """
    Take units by line in either form.

    """
    if isinstance(given, Mapping):
        by_line = cast("Mapping[str, int]", given)
        return tuple(LineUnits(LineId(line), quantity) for line, quantity in by_line.items())
    return tuple(given)


def together(*parts: str) -> str:
    """
    Name what is told apart by several words, none of which may hold a bar.

    """
    return "|".join(part for part in parts if part)


class Faults:
    """
    Collects what is wrong with a command, each fault with its path.

    """

    __slots__ = ("_faults", "_subject")

    def __init__(self, command: object) -> None:
        self._subject = type(command).__name__
        self._faults: list[str] = []

    def note(self, path: str, fault: str | None) -> None:
        if fault is not None:
            self._faults.append(f"{path}: {fault}")

    def id(self, path: str, value: str) -> None:
        self.note(path, id_fault(value))

    def sku(self, path: str, value: str) -> None:
        self.note(path, sku_fault(value))

    def quantity(self, path: str, value: object, least: int = 1) -> None:
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or not least <= value <= QUANTITY_MAX
        ):
            legal = f"a whole number from {least} to {QUANTITY_MAX}"
            self.note(path, f"{value!r:.40} is no quantity: legal is {legal}")

    def delta(self, path: str, value: object) -> None:
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or not 0 < abs(value) <= QUANTITY_MAX
        ):
            legal = f"a whole number from {-QUANTITY_MAX} to {QUANTITY_MAX}, and not 0"
            self.note(path, f"{value!r:.40} is no difference: legal is {legal}")

    def lot(self, path: str, lot: str) -> None:
        """
        A lot is spelled by whoever made the goods; it stands in an account's name.

        """
        if lot:
            fault = sku_fault(lot)
            self.note(path, fault and fault.replace("is no SKU", "is no lot"))

    def lines(self, number: int, path: str = "lines", least: int = 1) -> None:
        if not least <= number <= LINES_MAX:
            self.note(path, f"{number} lines: legal are {least} to {LINES_MAX}")

    def once(self, names: Iterable[tuple[str, Hashable]]) -> None:
        """
        Note what stands twice; ``names`` are paths with what is there.

        """
        seen: set[Hashable] = set()
        for path, name in names:
            if name in seen:
                self.note(path, f"{name} is there twice")
            seen.add(name)

    def units(self, lines: tuple[LineUnits, ...]) -> None:
        self.lines(len(lines))
        for n, line in enumerate(lines):
            self.quantity(f"lines[{n}].quantity", line.quantity)
        self.once((f"lines[{n}].line_id", line.line_id) for n, line in enumerate(lines))

    def aware(self, path: str, when: Instant | None) -> None:
        if when is not None and when.utcoffset() is None:
            self.note(path, f"{when} has no time zone: give it one")

    def text(self, path: str, text: str) -> None:
        if len(text) > _TEXT_MAX:
            self.note(path, f"{len(text)} characters: legal are {_TEXT_MAX}")
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text[:_TEXT_MAX]):
            self.note(path, "half a character (a lone surrogate), which no store can keep")
        self.note(path, card_number_fault(text))

    def check(self) -> None:
        if self._faults:
            raise InvalidData(self._subject, tuple(self._faults))
