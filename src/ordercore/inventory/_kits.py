"""
How many of what consists of other things there are.

A kit lies nowhere. It is available as often as its scarcest part, so its numbers are those of its
parts, and rules of stock speak of the parts alone. Parts that are not counted never are scarce.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import attrs

from ordercore.catalog import Part
from ordercore.ids import PlaceId, Sku
from ordercore.inventory._levels import Availability, StockLevel

__all__ = ["KitAvailability", "PartAvailability", "buildable", "kit_available"]


@attrs.frozen
class PartAvailability:
    """
    A part of a kit, and how many of it there are.

    Attributes:
        part: What and how many of it belong to one kit.
        there: Of the part, whoever wants it.
    """

    part: Part
    there: Availability


@attrs.frozen(kw_only=True)
class KitAvailability(Availability):
    """
    How many of a kit may be promised.

    It has no levels, so what is counted on shelves (``on_hand``, ``reserved``, ``shortage`` and so
    on) is zero: that stands with the parts.

    Attributes:
        parts: Of one kit, each SKU once. Several kits may want the same parts: what is available
            of each is a question about it alone.
    """

    levels: tuple[StockLevel, ...] = ()
    parts: tuple[PartAvailability, ...]

    @property
    def available(self) -> int:
        """
        How many kits may be promised now, from the shelves.

        0 where no part is counted, as for a SKU that is not; ask :meth:`can_promise`.
        """
        counted = [row for row in self.parts if row.there.tracked]
        levels = (level for row in counted for level in row.there.levels)
        return kit_available((row.part for row in counted), levels)

    @property
    def backorder_room(self) -> int:
        """
        How many kits may be promised beyond that, parts of them to wait for receipts.

        """
        return self._scarcest(lambda there: there.available + there.backorder_room) - self.available

    def can_promise(self, quantity: int) -> bool:
        """
        Say whether so many kits may be promised now, waiting parts included.

        """
        return all(row.there.can_promise(quantity * row.part.quantity) for row in self.parts)

    def available_to_promise(self, by: date, *, on: date | None = None) -> int:
        """
        Say how many kits can be promised for a day; see the method of a level.

        """
        return self._scarcest(lambda there: there.available_to_promise(by, on=on))

    def _scarcest(self, number: Callable[[Availability], int]) -> int:
        counted = [row for row in self.parts if row.there.tracked]
        there = {row.part.sku: number(row.there) for row in counted}
        return _whole((row.part for row in counted), there)


def kit_available(parts: Iterable[Part], levels: Iterable[StockLevel]) -> int:
    """
    Tell how many kits can be promised: as many as its scarcest part allows.

    Parts are summed over all places, because those of one kit may come from different places. It
    is a question about one kit alone: what others want of the same parts counts once promised.

    Args:
        parts: Of one kit (``catalog.parts_of``).
        levels: Each SKU and place at most once; SKUs without a level have nothing.

    Returns:
        0 where there are no parts.
    """
    there: dict[Sku, int] = {}
    for level in levels:
        there[level.sku] = there.get(level.sku, 0) + level.available
    return _whole(parts, there)


def buildable(parts: Iterable[Part], levels: Iterable[StockLevel]) -> Mapping[PlaceId, int]:
    """
    Tell how many can be made at each place; what is used up must lie where it is made.

    Args:
        parts: What making one uses up (``catalog.parts_of``).
        levels: Each SKU and place at most once.

    Returns:
        Every place of the levels, sorted, 0 where something is lacking.
    """
    parts = tuple(parts)
    there: dict[PlaceId, dict[Sku, int]] = {}
    for level in levels:
        there.setdefault(level.place, {})[level.sku] = level.available
    return {place: _whole(parts, there[place]) for place in sorted(there)}


def _whole(parts: Iterable[Part], there: Mapping[Sku, int]) -> int:
    return min((there.get(part.sku, 0) // part.quantity for part in parts), default=0)
