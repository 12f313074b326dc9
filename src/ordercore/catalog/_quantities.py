"""
How many of what, as commands about stock and carts say it.

"""

from collections.abc import Iterable, Mapping
from typing import cast

import attrs

from ordercore.grammar import Faults, quantity_fault
from ordercore.ids import PlaceId, Sku, sku_fault

__all__ = ["SkuQuantities", "SkuQuantity", "check_sku_quantities", "sku_quantities"]


@attrs.frozen
class SkuQuantity:
    """
    So many units of one SKU.

    Attributes:
        sku: What.
        quantity: How many.
        place: Only from this place; None for wherever it is best.
    """

    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    place: PlaceId | None = attrs.field(default=None, converter=attrs.converters.optional(PlaceId))


# A mapping is invariant in its keys: for a type checker, a dict by Sku is none by str.
SkuQuantities = Mapping[Sku, int] | Mapping[str, int] | Iterable[SkuQuantity]


def sku_quantities(given: SkuQuantities) -> tuple[SkuQuantity, ...]:
    """
    Take SKU quantities in either form: ``{"MUG": 2}`` will do.

    """
    if isinstance(given, Mapping):
        by_sku = cast("Mapping[str, int]", given)
        return tuple(SkuQuantity(Sku(sku), quantity) for sku, quantity in by_sku.items())
    return tuple(given)


def check_sku_quantities(faults: Faults, lines: tuple[SkuQuantity, ...]) -> None:
    """
    Note what is wrong with a command's lines: their number, and the SKU and quantity of each.

    """
    faults.count(len(lines), "lines")
    for n, line in enumerate(lines):
        faults.note(f"lines[{n}].sku", sku_fault(line.sku))
        faults.note(f"lines[{n}].quantity", quantity_fault(line.quantity))
