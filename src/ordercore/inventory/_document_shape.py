"""
How the shape of a stock document's command is checked, and what several of them are made of.

"""

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from typing import cast

import attrs

from ordercore.catalog import LotQuantity
from ordercore.grammar import Faults, quantity_fault
from ordercore.ids import LineId, id_fault, sku_fault
from ordercore.inventory._linked import Lots
from ordercore.money import QUANTITY_MAX

__all__ = [
    "DocumentFaults",
    "ExpectedUnits",
    "LineUnits",
    "UnitsByLine",
    "line_units",
    "of_lot",
    "together",
]


@attrs.frozen
class ExpectedUnits:
    """
    So many units on a day.

    """

    day: date
    quantity: int


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


def of_lot(lot: str, quantity: int) -> Lots:
    """
    Name so many units of a lot; none by name where there is no lot.

    """
    return (LotQuantity(lot, quantity),) if lot else ()


def together(*parts: str) -> str:
    """
    Name what is told apart by several words, none of which may hold a bar.

    """
    return "|".join(part for part in parts if part)


class DocumentFaults(Faults):
    """
    Collects what is wrong with a command of a stock document, each fault with its path.

    """

    def id(self, path: str, value: str) -> None:
        """
        Check an id that the host chose.

        """
        self.note(path, id_fault(value))

    def sku(self, path: str, value: str) -> None:
        """
        Check how a SKU is spelled.

        """
        self.note(path, sku_fault(value))

    def quantity(self, path: str, value: object, least: int = 1) -> None:
        """
        Check a number of units.

        """
        self.note(path, quantity_fault(value, least))

    def delta(self, path: str, value: object) -> None:
        """
        Check by how many units something changes.

        """
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or not 0 < abs(value) <= QUANTITY_MAX
        ):
            legal = f"a whole number from {-QUANTITY_MAX} to {QUANTITY_MAX}, and not 0"
            self.note(path, f"{value!r:.40} is no difference: legal is {legal}")

    def lot(self, path: str, lot: str) -> None:
        """
        Check a lot: it is spelled by whoever made the goods, and stands in an account's name.

        """
        if lot:
            fault = sku_fault(lot)
            self.note(path, fault and fault.replace("is no SKU", "is no lot"))

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
        """
        Check units by line.

        """
        self.count(len(lines), "lines")
        for n, line in enumerate(lines):
            self.quantity(f"lines[{n}].quantity", line.quantity)
        self.once((f"lines[{n}].line_id", line.line_id) for n, line in enumerate(lines))
