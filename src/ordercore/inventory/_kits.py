"""
How many of what consists of other things there are.

"""

from collections.abc import Iterable, Mapping

from ordercore.catalog import Part
from ordercore.ids import PlaceId, Sku
from ordercore.inventory._levels import StockLevel

__all__ = ["buildable", "kit_available"]


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
