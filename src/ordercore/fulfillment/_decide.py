"""
The rules of fulfillment: what a place may do with the units it was given.

Each function returns events; the movements of stock that belong to them are written by the
caller, which is told by the events what moved. Quantities are asked by line as a mapping; what is
asked of a line that the place was not given, or beyond what is there, is refused with the true
numbers and nothing happens.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ordercore.catalog import LotQuantity, first_units, joined_units, units_left
from ordercore.errors import Rejected
from ordercore.fulfillment._events import (
    AllocatedUnits,
    FulfillmentEvent,
    FulfillmentOrderEnded,
    FulfillmentOrderOpened,
    FulfillmentUnitsCanceled,
    LabelDeclined,
    LabelPurchased,
    LineUnitsMoved,
    PackageDelivered,
    PackagePacked,
    PackageShipped,
    PackageUnpacked,
    PromisedWork,
    UnitsMissing,
    UnitsPicked,
)
from ordercore.fulfillment._lifecycles import FULFILLMENT_ORDER_LIFECYCLE, PACKAGE_LIFECYCLE
from ordercore.fulfillment._state import Fulfillment
from ordercore.fulfillment._work import FulfillmentLine, FulfillmentOrder, Package
from ordercore.grammar import Declined, Outcome, Succeeded, remembered, replaced
from ordercore.ids import FulfillmentOrderId, LineId, PackageId, PlaceId, child
from ordercore.instants import Instant

__all__ = [
    "cancel_units",
    "deliver",
    "open_fulfillment_order",
    "pack",
    "pick",
    "record_label",
    "report_missing",
    "require_order",
    "require_package",
    "ship",
    "unpack",
    "wrap_up",
]

#: Which units of each line, where that is known.
_LotsOf = Mapping[LineId, tuple[LotQuantity, ...]]

_NO_LOTS: Final[_LotsOf] = MappingProxyType({})


def open_fulfillment_order(
    state: Fulfillment,
    order_id: str,
    place: PlaceId,
    units: tuple[AllocatedUnits, ...],
    work: PromisedWork | None = None,
) -> FulfillmentOrderOpened:
    """
    Give a place its work, and the day that was promised for it.

    """
    return FulfillmentOrderOpened(
        fulfillment_order_id=FulfillmentOrderId(child(order_id, "fo", len(state.orders) + 1)),
        place=place,
        lines=units,
        status=FULFILLMENT_ORDER_LIFECYCLE().initial,
        work=work,
    )


def require_order(state: Fulfillment, fulfillment_order_id: str) -> FulfillmentOrder:
    """
    Return a fulfillment order.

    Raises:
        Rejected: ``unknown_fulfillment_order``, naming those that exist.
    """
    order = state.order(fulfillment_order_id)
    if order is None:
        raise Rejected(
            "unknown_fulfillment_order",
            f"there is no fulfillment order {fulfillment_order_id}",
            data={"fulfillment_order": fulfillment_order_id},
            legal=tuple(fo.id for fo in state.orders),
        )
    return order


def require_package(state: Fulfillment, package_id: str) -> Package:
    """
    Return a package.

    Raises:
        Rejected: ``unknown_package``, naming those that exist.
    """
    package = state.package(package_id)
    if package is None:
        raise Rejected(
            "unknown_package",
            f"there is no package {package_id}",
            data={"package": package_id},
            legal=tuple(p.id for p in state.packages),
        )
    return package


def pick(
    order: FulfillmentOrder, quantities: Mapping[LineId, int], lots: _LotsOf = _NO_LOTS
) -> UnitsPicked:
    """
    Take waiting units from the shelf. ``hold`` in the result still names the hold picked from.

    Raises:
        Rejected: ``not_legal_now``, ``nothing_asked``, ``unknown_line``, ``quantity_not_there``;
            ``lots_differ`` where the lots of a line do not sum to its quantity.
    """
    return UnitsPicked(
        fulfillment_order_id=order.id,
        lines=_of_lots(_units(order, quantities, "pick", lambda line: line.waiting), lots),
        status=FULFILLMENT_ORDER_LIFECYCLE().after(order.status, "work", order.id),
    )


def report_missing(
    order: FulfillmentOrder, quantities: Mapping[LineId, int], lots: _LotsOf = _NO_LOTS
) -> UnitsMissing:
    """
    Report waiting units that are not there. ``hold`` still names the hold that promised them.

    Raises:
        Rejected: As :func:`pick`.
    """
    return UnitsMissing(
        fulfillment_order_id=order.id,
        lines=_of_lots(_units(order, quantities, "miss", lambda line: line.waiting), lots),
        status=FULFILLMENT_ORDER_LIFECYCLE().after(order.status, "work", order.id),
    )


def cancel_units(
    order: FulfillmentOrder, quantities: Mapping[LineId, int]
) -> FulfillmentUnitsCanceled:
    """
    Stop handling units: those that wait first, then those that were picked, the last lots first.

    """
    wanted = _units(order, quantities, "cancel", lambda line: line.waiting + line.picked)
    waiting: list[LineUnitsMoved] = []
    picked: list[LineUnitsMoved] = []
    for units in wanted:
        line = order.line(units.line_id)
        from_shelf = min(units.quantity, line.waiting if line else 0)
        if from_shelf:
            waiting.append(_moved(units, from_shelf, units.hold))
        if units.quantity > from_shelf:
            back = _moved(units, units.quantity - from_shelf, "")
            picked.append(replaced(back, lots=_last_picked(line, back.quantity)))
    return FulfillmentUnitsCanceled(
        fulfillment_order_id=order.id, waiting=tuple(waiting), picked=tuple(picked)
    )


def pack(
    state: Fulfillment,
    order: FulfillmentOrder,
    quantities: Mapping[LineId, int],
    *,
    weight_g: int,
    label_wanted: bool,
) -> PackagePacked:
    """
    Put picked units into a box, those first whose lot was picked first.

    """
    packed = _units(order, quantities, "pack", lambda line: line.picked)
    return PackagePacked(
        package_id=PackageId(child(order.id.rsplit("/", 1)[0], "package", len(state.packages) + 1)),
        fulfillment_order_id=order.id,
        place=order.place,
        lines=tuple(
            replaced(units, lots=_first_picked(order.line(units.line_id), units.quantity))
            for units in packed
        ),
        weight_g=weight_g,
        label_wanted=label_wanted,
        status=PACKAGE_LIFECYCLE().initial,
    )


def unpack(package: Package) -> PackageUnpacked:
    """
    Open a box that has no label and has not left.

    """
    return PackageUnpacked(
        package_id=package.id,
        status=PACKAGE_LIFECYCLE().after(package.status, "unpack", package.id),
    )


def record_label(
    package: Package, outcome: Outcome
) -> tuple[LabelPurchased | LabelDeclined, ...] | str:
    """
    Record what asking for a label has come to; a word for the anomaly where it comes too late.

    """
    if isinstance(outcome, Declined):
        if package.label_bought:
            return "label_declined_after_purchase"
        if package.label_declined:
            return ()
        return (LabelDeclined(package_id=package.id, code=outcome.code, reason=outcome.reason),)
    if not isinstance(outcome, Succeeded) or package.tracking == outcome.reference:
        return ()
    if not PACKAGE_LIFECYCLE().allows(package.status, "label"):
        return "label_purchased_late"
    return (
        LabelPurchased(
            package_id=package.id,
            carrier=outcome.account,
            tracking=outcome.reference,
            status=PACKAGE_LIFECYCLE().after(package.status, "label", package.id),
        ),
    )


def ship(package: Package, *, carrier: str, tracking: str, occurred_at: Instant) -> PackageShipped:
    """
    Hand a box to the carrier.

    Raises:
        Rejected: ``label_missing`` where a label was wanted and is not there yet;
            ``not_legal_now``.
    """
    lifecycle = PACKAGE_LIFECYCLE()
    if package.status == "packed" and package.label_wanted and not tracking:
        raise Rejected(
            "label_missing",
            f"package {package.id} has no label yet",
            data={"package": package.id},
            legal=("wait for the label", "ship with a tracking number of your own"),
        )
    return PackageShipped(
        package_id=package.id,
        carrier=carrier or package.carrier,
        tracking=tracking or package.tracking,
        occurred_at=occurred_at,
        status=lifecycle.after(package.status, "ship", package.id),
    )


def deliver(package: Package, occurred_at: Instant) -> PackageDelivered:
    """
    Record that the customer has the box.

    """
    return PackageDelivered(
        package_id=package.id,
        occurred_at=occurred_at,
        status=PACKAGE_LIFECYCLE().after(package.status, "deliver", package.id),
    )


@remembered
def wrap_up(state: Fulfillment) -> tuple[FulfillmentEvent, ...]:
    """
    End the fulfillment orders that have nothing left to handle.

    """
    lifecycle = FULFILLMENT_ORDER_LIFECYCLE()
    events: list[FulfillmentEvent] = []
    for order in state.orders:
        if lifecycle.has_ended(order.status) or any(line.unhandled for line in order.lines):
            continue
        word = "close" if any(line.shipped for line in order.lines) else "cancel"
        events.append(
            FulfillmentOrderEnded(
                fulfillment_order_id=order.id,
                status=lifecycle.after(order.status, word, order.id),
            )
        )
    return tuple(events)


def _units(
    order: FulfillmentOrder,
    quantities: Mapping[LineId, int],
    word: str,
    there: Callable[[FulfillmentLine], int],
) -> tuple[LineUnitsMoved, ...]:
    if not quantities:
        raise Rejected("nothing_asked", f"can't {word} nothing of {order.id}", legal=("1 or more",))
    moved: list[LineUnitsMoved] = []
    for line_id, quantity in quantities.items():
        line = order.line(line_id)
        if line is None:
            raise Rejected(
                "unknown_line",
                f"fulfillment order {order.id} has no line {line_id}",
                data={"fulfillment_order": order.id, "line": line_id},
                legal=tuple(known.line_id for known in order.lines),
            )
        if not 1 <= quantity <= there(line):
            raise Rejected(
                "quantity_not_there",
                f"can't {word} {quantity} of line {line_id} at {order.place}: "
                f"{there(line)} of {line.quantity} are there to {word}",
                data={"line": line_id, "asked": quantity, "there": there(line)},
                legal=(f"1 to {there(line)}",) if there(line) else (f"nothing to {word}",),
            )
        moved.append(
            LineUnitsMoved(line_id=line.line_id, sku=line.sku, quantity=quantity, hold=line.hold)
        )
    return tuple(moved)


def _of_lots(moved: tuple[LineUnitsMoved, ...], lots: _LotsOf) -> tuple[LineUnitsMoved, ...]:
    if not lots:
        return moved
    known = {units.line_id for units in moved}
    for line_id, named in lots.items():
        total = sum(units.quantity for units in named)
        quantity = next((u.quantity for u in moved if u.line_id == line_id), 0)
        if line_id not in known or total != quantity:
            raise Rejected(
                "lots_differ",
                f"the lots of line {line_id} sum to {total}, and {quantity} units of it are meant",
                data={"line": line_id, "lots": total, "quantity": quantity},
                legal=(f"lots of {quantity} units",) if quantity else tuple(sorted(known)),
            )
    return tuple(replaced(u, lots=joined_units(lots.get(u.line_id, ()))) for u in moved)


def _first_picked(line: FulfillmentLine | None, quantity: int) -> tuple[LotQuantity, ...]:
    return first_units(line.named, quantity) if line is not None and line.picked_lots else ()


def _last_picked(line: FulfillmentLine | None, quantity: int) -> tuple[LotQuantity, ...]:
    if line is None or not line.picked_lots:
        return ()
    return units_left(line.named, first_units(line.named, line.picked - quantity))


def _moved(units: LineUnitsMoved, quantity: int, hold: str) -> LineUnitsMoved:
    return LineUnitsMoved(line_id=units.line_id, sku=units.sku, quantity=quantity, hold=hold)
