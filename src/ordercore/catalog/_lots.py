"""
Which units of a SKU: by lot, by serial number, or not told apart.

A line of work keeps its units as *named units*: a tuple in the order in which lots were first
taken, each lot (with its serial number) once. Units that nobody told apart stand among them as the
lot "" without a serial number; a tuple of only those is written as the empty one, so what never
had lots costs nothing and what was stored before lots were kept reads the same.
"""

from collections.abc import Iterable

import attrs

__all__ = ["LotQuantity", "first_units", "joined_units", "named_units", "units_left"]


@attrs.frozen
class LotQuantity:
    """
    Some units of a lot, or the one unit of a serial number.

    Attributes:
        lot: The lot, or "" where only a serial number is known, or nothing.
        quantity: In units; 1 where a serial number is given.
        serial: The serial number, or "".
    """

    lot: str
    quantity: int
    serial: str = ""

    @property
    def is_told_apart(self) -> bool:
        """
        Whether it says which units it means.

        """
        return bool(self.lot or self.serial)


def named_units(lots: Iterable[LotQuantity], quantity: int) -> tuple[LotQuantity, ...]:
    """
    Spell units out, those too that are not told apart.

    >>> named_units((), 2)
    (LotQuantity(lot='', quantity=2, serial=''),)
    """
    known = tuple(lots)
    return known or ((LotQuantity("", quantity),) if quantity else ())


def joined_units(*parts: Iterable[LotQuantity]) -> tuple[LotQuantity, ...]:
    """
    Put units together, each lot where it stood first; empty where none is told apart.

    >>> joined_units([LotQuantity("A", 1), LotQuantity("B", 1)], [LotQuantity("A", 2)])
    (LotQuantity(lot='A', quantity=3, serial=''), LotQuantity(lot='B', quantity=1, serial=''))
    """
    sums: dict[tuple[str, str], int] = {}
    for part in parts:
        for units in part:
            key = (units.lot, units.serial)
            sums[key] = sums.get(key, 0) + units.quantity
    if not any(lot or serial for lot, serial in sums):
        return ()
    return tuple(LotQuantity(lot, n, serial) for (lot, serial), n in sums.items() if n > 0)


def first_units(lots: Iterable[LotQuantity], quantity: int) -> tuple[LotQuantity, ...]:
    """
    Take the first so many of some units.

    >>> first_units([LotQuantity("A", 1), LotQuantity("B", 3)], 2)
    (LotQuantity(lot='A', quantity=1, serial=''), LotQuantity(lot='B', quantity=1, serial=''))
    """
    taken: list[LotQuantity] = []
    left = quantity
    for units in lots:
        if left < 1:
            break
        taken.append(attrs.evolve(units, quantity=min(left, units.quantity)))
        left -= taken[-1].quantity
    return joined_units(taken)


def units_left(lots: Iterable[LotQuantity], gone: Iterable[LotQuantity]) -> tuple[LotQuantity, ...]:
    """
    Say what remains of units once others of them are gone.

    >>> units_left([LotQuantity("A", 1), LotQuantity("B", 3)], [LotQuantity("B", 2)])
    (LotQuantity(lot='A', quantity=1, serial=''), LotQuantity(lot='B', quantity=1, serial=''))
    """
    taken = (attrs.evolve(units, quantity=-units.quantity) for units in gone)
    return joined_units(lots, taken)
