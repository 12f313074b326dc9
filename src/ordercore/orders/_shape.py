"""
What commands of orders are made of, and what of their shape is checked beside what all share.

"""

from collections.abc import Iterable, Mapping
from typing import cast

import attrs

from ordercore.grammar import Faults as CommandFaults
from ordercore.grammar import amount_fault, quantity_fault
from ordercore.ids import LineId, PlaceId, Sku, id_fault
from ordercore.money import UnitPrice
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.totals import Charge, Discount

__all__ = [
    "Faults",
    "LineQuantity",
    "LineRequest",
    "line_quantities",
    "optional_line_quantities",
]


@attrs.frozen
class LineQuantity:
    """
    So many units of one line of an order.

    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int


@attrs.frozen(kw_only=True)
class LineRequest:
    """
    One line of an order that is being placed.

    Attributes:
        sku: What.
        quantity: How many.
        unit_price: The price of one (or of ``per``) in minor units.
        discounts: Off this line.
        charges: Fees and shipping that belong to this line alone.
        place: Only from this place: pickup, a marketplace seller, a workshop.
    """

    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    unit_price: UnitPrice
    discounts: tuple[Discount, ...] = ()
    charges: tuple[Charge, ...] = ()
    place: PlaceId | None = attrs.field(default=None, converter=attrs.converters.optional(PlaceId))


# A mapping is invariant in its keys: for a type checker, a dict by LineId is none by str.
Quantities = Mapping[LineId, int] | Mapping[str, int] | Iterable[LineQuantity]


def line_quantities(given: Quantities) -> tuple[LineQuantity, ...]:
    """
    Take line quantities in either form.

    """
    if isinstance(given, Mapping):
        by_line = cast("Mapping[str, int]", given)
        return tuple(LineQuantity(LineId(line), quantity) for line, quantity in by_line.items())
    return tuple(given)


def optional_line_quantities(given: Quantities | None) -> tuple[LineQuantity, ...] | None:
    """
    Take line quantities in either form, or None.

    """
    return None if given is None else line_quantities(given)


class Faults(CommandFaults):
    """
    Collects what is wrong with a command of orders or carts.

    """

    __slots__ = ()

    def lines(self, lines: tuple[LineQuantity, ...], path: str = "lines", least: int = 1) -> None:
        self.count(len(lines), path, least)
        seen: set[str] = set()
        for n, line in enumerate(lines):
            self.note(f"{path}[{n}].quantity", quantity_fault(line.quantity, least))
            if line.line_id in seen:
                self.note(f"{path}[{n}].line_id", f"{line.line_id} is there twice")
            seen.add(line.line_id)

    def goes_to(self, destination: Destination) -> None:
        for field in attrs.fields(Destination):
            self.text(f"destination.{field.name}", getattr(destination, field.name))

    def tenders(self, tenders: tuple[Tender, ...]) -> None:
        for n, tender in enumerate(tenders):
            self.note(f"tenders[{n}].method", id_fault(tender.method))
            self.text(f"tenders[{n}].token_ref", tender.token_ref)
            if tender.amount_minor is not None:
                self.note(f"tenders[{n}].amount_minor", amount_fault(tender.amount_minor, 1))
