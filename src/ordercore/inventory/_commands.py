"""
What can be asked of stock itself, without a cart or an order.

A command checks its own shape when it is made and names every fault with its path; whether it is
legal now is decided later, on facts.
"""

from collections.abc import Iterable, Mapping
from typing import cast

import attrs

from ordercore.catalog import SkuQuantity, check_sku_quantities, sku_quantities
from ordercore.grammar import Command, Faults
from ordercore.ids import PlaceId, Sku, id_fault
from ordercore.instants import Instant
from ordercore.inventory._corrections import AdjustReason
from ordercore.inventory._document_shape import DocumentFaults, together

__all__ = ["AdjustStock", "AdjustedLine", "ReceiveStock"]


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


@attrs.frozen(kw_only=True)
class AdjustedLine:
    """
    By how much what is on hand changes.

    Attributes:
        sku: What.
        delta: Below zero for what is gone.
        lot: Which lot of it, where lots are told apart.
    """

    sku: Sku = attrs.field(converter=Sku)
    delta: int
    lot: str = ""


AdjustedLines = Mapping[Sku, int] | Mapping[str, int] | Iterable[AdjustedLine]


def _adjusted_lines(given: AdjustedLines) -> tuple[AdjustedLine, ...]:
    if isinstance(given, Mapping):
        by_sku = cast("Mapping[str, int]", given)
        return tuple(AdjustedLine(sku=Sku(sku), delta=n) for sku, n in by_sku.items())
    return tuple(given)


@attrs.frozen(kw_only=True)
class AdjustStock(Command):
    """
    Change what is on hand by hand; there is no adjustment without a reason.

    Attributes:
        place: Where.
        lines: By how much; a mapping of SKU to difference will do.
        reason: Why; damage adds no units, and what is found takes none away.
        note: What there is to say about it.
        reference: The paper that it goes by.
        occurred_at: When it happened, if not now.
    """

    place: PlaceId = attrs.field(converter=PlaceId)
    lines: tuple[AdjustedLine, ...] = attrs.field(converter=_adjusted_lines)
    reason: AdjustReason
    note: str = ""
    reference: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("place", self.place)
        faults.count(len(self.lines), "lines")
        for n, line in enumerate(self.lines):
            faults.sku(f"lines[{n}].sku", line.sku)
            faults.delta(f"lines[{n}].delta", line.delta)
            if type(line.delta) is int and line.delta and not self.reason.fits(line.delta):
                faults.note(f"lines[{n}].delta", f"{line.delta} units are not {self.reason}")
            faults.lot(f"lines[{n}].lot", line.lot)
        faults.once((f"lines[{n}]", together(x.sku, x.lot)) for n, x in enumerate(self.lines))
        faults.text("note", self.note)
        faults.text("reference", self.reference)
        faults.aware(self.occurred_at)
        faults.check()
