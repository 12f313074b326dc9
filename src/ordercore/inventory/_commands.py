"""
What can be asked of stock itself, without a cart or an order.

A command checks its own shape when it is made and names every fault with its path; whether it is
legal now is decided later, on facts.
"""

import attrs

from ordercore.catalog import SkuQuantity, check_sku_quantities, sku_quantities
from ordercore.grammar import Command, Faults
from ordercore.ids import PlaceId, id_fault
from ordercore.instants import Instant

__all__ = ["ReceiveStock"]


@attrs.frozen(kw_only=True)
class ReceiveStock(Command):
    """
    Units have arrived from a supplier and are for sale.

    Attributes:
        place: Where.
        lines: What and how many; a mapping of SKU to quantity will do.
        reference: The delivery they came with.
        occurred_at: When, if not now.
    """

    place: PlaceId = attrs.field(converter=PlaceId)
    lines: tuple[SkuQuantity, ...] = attrs.field(converter=sku_quantities)
    reference: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("place", id_fault(self.place))
        check_sku_quantities(faults, self.lines)
        faults.text("reference", self.reference)
        faults.aware(self.occurred_at)
        faults.check()
