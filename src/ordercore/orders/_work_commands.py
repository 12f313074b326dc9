"""
What can be asked of an order while it is worked on and afterwards.

"""

import attrs

from ordercore.grammar import Command, quantity_fault
from ordercore.ids import FulfillmentOrderId, OrderId, PackageId, PlaceId, ReturnId, id_fault
from ordercore.instants import Instant
from ordercore.orders._shape import (
    Faults,
    LineLots,
    LineQuantity,
    line_lots,
    line_quantities,
    optional_line_quantities,
)

__all__ = [
    "AuthorizeReturn",
    "CancelReturn",
    "CancelUnits",
    "FulfillUnits",
    "InspectReturn",
    "PackUnits",
    "PickUnits",
    "ReceiveReturn",
    "RecordDelivery",
    "ReportMissing",
    "ShipPackage",
    "SourceAgain",
    "UnpackPackage",
]


@attrs.frozen(kw_only=True)
class _AtFulfillmentOrder(Command):
    order_id: OrderId = attrs.field(converter=OrderId)
    fulfillment_order_id: FulfillmentOrderId = attrs.field(converter=FulfillmentOrderId)
    lines: tuple[LineQuantity, ...] = attrs.field(converter=line_quantities)
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.lines(self.lines)
        faults.aware(self.occurred_at)
        faults.check()


def _check_units(
    command: Command,
    lines: tuple[LineQuantity, ...],
    lots: tuple[LineLots, ...],
    occurred_at: Instant | None,
) -> None:
    faults = Faults(command)
    faults.lines(lines)
    faults.lots(lots, lines)
    faults.aware(occurred_at)
    faults.check()


@attrs.frozen(kw_only=True)
class PickUnits(_AtFulfillmentOrder):
    """
    Units were taken from the shelf for an order.

    Attributes:
        lots: Which units, by line: lots or serial numbers that sum to the line's quantity (of a
            kit, by the lines of its parts). Needed where units lie there by lot.
        beyond_record: Whether more may have lain there than is on record. The excess then comes
            from the place's discrepancy, until a receipt or count explains it; otherwise it is
            refused as a shortage.
    """

    lots: tuple[LineLots, ...] = attrs.field(default=(), converter=line_lots)
    beyond_record: bool = False

    def __attrs_post_init__(self) -> None:
        _check_units(self, self.lines, self.lots, self.occurred_at)


@attrs.frozen(kw_only=True)
class ReportMissing(_AtFulfillmentOrder):
    """
    Units that should lie there do not: a short pick. They are sourced again from elsewhere.

    What the record lacks already, because a count came first, is no further loss.

    Attributes:
        lots: Which units, by line, as for :class:`PickUnits`.
    """

    lots: tuple[LineLots, ...] = attrs.field(default=(), converter=line_lots)

    def __attrs_post_init__(self) -> None:
        _check_units(self, self.lines, self.lots, self.occurred_at)


@attrs.frozen(kw_only=True)
class PackUnits(_AtFulfillmentOrder):
    """
    Picked units were put into a box.

    Attributes:
        weight_g: As weighed; None for the sum of the catalog's weights.
    """

    weight_g: int | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.lines(self.lines)
        faults.aware(self.occurred_at)
        if self.weight_g is not None:
            faults.note("weight_g", quantity_fault(self.weight_g, 0))
        faults.check()


@attrs.frozen(kw_only=True)
class UnpackPackage(Command):
    """
    A box without label was opened again.

    """

    order_id: OrderId = attrs.field(converter=OrderId)
    package_id: PackageId = attrs.field(converter=PackageId)


@attrs.frozen(kw_only=True)
class ShipPackage(Command):
    """
    The carrier has taken a box; its share is captured.

    Attributes:
        order_id: Which order.
        package_id: Which box.
        carrier: Who took it, where no label was bought.
        tracking: The carrier's number, where no label was bought.
        occurred_at: When, if not now.
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    package_id: PackageId = attrs.field(converter=PackageId)
    carrier: str = ""
    tracking: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.length("carrier", self.carrier)
        faults.length("tracking", self.tracking)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class FulfillUnits(Command):
    """
    Pick, pack and ship in one, for places that report only that a box has left.

    Attributes:
        order_id: Which order.
        fulfillment_order_id: Which place's work.
        lines: What was in the box; None for all that is still to be handled.
        carrier: Who took it.
        tracking: The carrier's number.
        occurred_at: When, if not now.
        lots: Which units, by line, of those that are picked with this command; they sum to them.
        beyond_record: Whether more may have lain there than is on record, as for
            :class:`PickUnits`.
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    fulfillment_order_id: FulfillmentOrderId = attrs.field(converter=FulfillmentOrderId)
    lines: tuple[LineQuantity, ...] | None = attrs.field(
        default=None, converter=optional_line_quantities
    )
    carrier: str = ""
    tracking: str = ""
    occurred_at: Instant | None = None
    lots: tuple[LineLots, ...] = attrs.field(default=(), converter=line_lots)
    beyond_record: bool = False

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        if self.lines is not None:
            faults.lines(self.lines)
        faults.lots(self.lots, ())  # what was picked before counts, too; the decision knows it
        faults.length("carrier", self.carrier)
        faults.length("tracking", self.tracking)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class RecordDelivery(Command):
    """
    The customer has a box.

    A delivery that is told before its dispatch is kept as an anomaly and takes effect when the
    dispatch is told; it is neither dropped nor put in order.

    Attributes:
        order_id: Which order.
        package_id: Which box.
        occurred_at: When, if not now.
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    package_id: PackageId = attrs.field(converter=PackageId)
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class SourceAgain(Command):
    """
    Look for other places for units that were not found where they should be.

    """

    order_id: OrderId = attrs.field(converter=OrderId)


# --- changes of mind -------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class CancelUnits(Command):
    """
    The customer no longer wants units that have not left.

    Attributes:
        order_id: Which order.
        lines: What; None for everything that can still be canceled.
        reason: Why.
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    lines: tuple[LineQuantity, ...] | None = attrs.field(
        default=None, converter=optional_line_quantities
    )
    reason: str = "customer"

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        if self.lines is not None:
            faults.lines(self.lines)
        faults.text("reason", self.reason)
        faults.check()


@attrs.frozen(kw_only=True)
class AuthorizeReturn(Command):
    """
    Permit the customer to send units back.

    """

    order_id: OrderId = attrs.field(converter=OrderId)
    lines: tuple[LineQuantity, ...] = attrs.field(converter=line_quantities)
    reason: str = "changed_mind"

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.lines(self.lines)
        faults.text("reason", self.reason)
        faults.check()


@attrs.frozen(kw_only=True)
class ReceiveReturn(Command):
    """
    Returned units have arrived.

    Attributes:
        order_id: Which order.
        return_id: Which return.
        place: Where.
        lines: What; None for all that was permitted.
        occurred_at: When, if not now.
        lots: Which units, by line. Where they are not named, those that were sent first are taken
            to come back first, as far as it is known what was sent.
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    return_id: ReturnId = attrs.field(converter=ReturnId)
    place: PlaceId = attrs.field(converter=PlaceId)
    lines: tuple[LineQuantity, ...] | None = attrs.field(
        default=None, converter=optional_line_quantities
    )
    occurred_at: Instant | None = None
    lots: tuple[LineLots, ...] = attrs.field(default=(), converter=line_lots)

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("place", id_fault(self.place))
        if self.lines is not None:
            faults.lines(self.lines)
        faults.lots(self.lots, self.lines or ())
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class InspectReturn(Command):
    """
    Returned units were inspected; their share is refunded.

    Attributes:
        order_id: Which order.
        return_id: Which return.
        damaged: How many of a line cannot be sold again; the rest is restocked.
        refund_shipping: Whether the order's shipping is refunded too, if it has not been.
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    return_id: ReturnId = attrs.field(converter=ReturnId)
    damaged: tuple[LineQuantity, ...] = attrs.field(default=(), converter=line_quantities)
    refund_shipping: bool = False

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.lines(self.damaged, "damaged", 0)
        faults.check()


@attrs.frozen(kw_only=True)
class CancelReturn(Command):
    """
    A permitted return will not come.

    """

    order_id: OrderId = attrs.field(converter=OrderId)
    return_id: ReturnId = attrs.field(converter=ReturnId)
