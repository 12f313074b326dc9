"""
Work at places: pick, report missing, pack, ship, deliver; and what a parcel that leaves costs.

"""

from ordercore import fulfillment, payments
from ordercore.catalog import LotQuantity
from ordercore.errors import Rejected
from ordercore.fulfillment import (
    FulfillmentOrder,
    Package,
)
from ordercore.grammar import Facts, replaced
from ordercore.ids import LineId
from ordercore.instants import Instant
from ordercore.inventory import Shelf
from ordercore.orders._balance import balance
from ordercore.orders._commands import CapturePayment
from ordercore.orders._conclusions import conclude
from ordercore.orders._draft import Draft, OrderDecision, require_order
from ordercore.orders._events import (
    AnomalyRecorded,
    ChargedUnits,
    PackageCharged,
)
from ordercore.orders._kits import in_lines
from ordercore.orders._order import Order
from ordercore.orders._rules import OrderContext
from ordercore.orders._shape import LineLots
from ordercore.orders._shelf import move_missing, move_picked, shelf_of
from ordercore.orders._work_commands import (
    FulfillUnits,
    PackUnits,
    PickUnits,
    RecordDelivery,
    ReportMissing,
    ShipPackage,
    UnpackPackage,
)
from ordercore.totals import SHIPPING_LINE

__all__ = [
    "EARLY_DELIVERY",
    "decide_capture",
    "decide_delivery",
    "decide_fulfill",
    "decide_missing",
    "decide_pack",
    "decide_pick",
    "decide_ship",
    "decide_unpack",
]

#: The anomaly of a delivery that was told before its dispatch.
EARLY_DELIVERY = "delivered_before_dispatch"


def decide_pick(
    command: PickUnits, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Take promised units from the shelf.

    Units that wait for a receipt are on no shelf: the ledger refuses to move them, as a shortage.

    Raises:
        Rejected: ``unknown_order``, ``unknown_fulfillment_order``, ``unknown_line``,
            ``quantity_not_there``, ``not_legal_now``; ``lots_differ`` where lots do not sum to
            what is picked; ``lot_needed`` where more than is on record may be picked, and units
            lie there by lot;
            ``waits_for_supply`` for preordered units that have not come.
    """
    order = require_order(state, command.order_id)
    work = fulfillment.require_order(order.fulfillment, command.fulfillment_order_id)
    draft = Draft.of(order, context, command.occurred_at, facts)
    shelf = shelf_of(work, facts) if command.beyond_record else None
    _pick(draft, work, in_lines(order.kits, command.lines), _by_line(command.lots), shelf)
    return conclude(draft)


def _by_line(lots: tuple[LineLots, ...]) -> dict[LineId, tuple[LotQuantity, ...]]:
    return {line.line_id: line.lots for line in lots}


def _pick(
    draft: Draft,
    work: FulfillmentOrder,
    quantities: dict[LineId, int],
    lots: dict[LineId, tuple[LotQuantity, ...]],
    shelf: Shelf | None,
) -> None:
    picked = fulfillment.pick(work, quantities, lots)
    draft.add(replaced(picked, lines=move_picked(draft, work, picked.lines, shelf)))


def decide_missing(
    command: ReportMissing, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Report promised units that are not there; the order looks for them elsewhere by itself.

    Raises:
        Rejected: As for picking.
    """
    order = require_order(state, command.order_id)
    work = fulfillment.require_order(order.fulfillment, command.fulfillment_order_id)
    draft = Draft.of(order, context, command.occurred_at, facts)
    missing = fulfillment.report_missing(
        work, in_lines(order.kits, command.lines), _by_line(command.lots)
    )
    lines = move_missing(draft, work, missing.lines, shelf_of(work, facts))
    draft.add(replaced(missing, lines=lines))
    return conclude(draft)


def decide_pack(
    command: PackUnits, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Put picked units into a box; where labels are bought, the carrier is asked for one.

    Raises:
        Rejected: ``unknown_order``, ``unknown_fulfillment_order``, ``unknown_line``,
            ``quantity_not_there``, ``not_legal_now``.
    """
    del facts
    order = require_order(state, command.order_id)
    work = fulfillment.require_order(order.fulfillment, command.fulfillment_order_id)
    draft = Draft.of(order, context, command.occurred_at)
    _pack(
        draft,
        work,
        in_lines(order.kits, command.lines),
        weight_g=command.weight_g,
        label_wanted=context.rules.buy_labels,
    )
    return conclude(draft)


def _pack(
    draft: Draft,
    work: FulfillmentOrder,
    quantities: dict[LineId, int],
    *,
    weight_g: int | None,
    label_wanted: bool,
) -> Package:
    if weight_g is None:
        weights = {line.line_id: line.placed.weight_g for line in draft.order.lines}
        weight_g = sum(weights.get(line, 0) * quantity for line, quantity in quantities.items())
    packed = fulfillment.pack(
        draft.order.fulfillment, work, quantities, weight_g=weight_g, label_wanted=label_wanted
    )
    for moved in draft.tracked(packed.lines):
        draft.movements.pack(moved.sku, work.place, moved.quantity, lots=moved.lots)
    draft.add(packed)
    return fulfillment.require_package(draft.order.fulfillment, packed.package_id)


def decide_unpack(
    command: UnpackPackage, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Open a box again that has no label.

    Raises:
        Rejected: ``unknown_order``, ``unknown_package``, ``not_legal_now``.
    """
    del facts
    order = require_order(state, command.order_id)
    package = fulfillment.require_package(order.fulfillment, command.package_id)
    draft = Draft.of(order, context)
    draft.add(fulfillment.unpack(package))
    for moved in draft.tracked(package.lines):
        draft.movements.unpack(moved.sku, package.place, moved.quantity, lots=moved.lots)
    return conclude(draft)


def decide_ship(
    command: ShipPackage, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Hand a box to the carrier and take its share of the money.

    Raises:
        Rejected: ``unknown_order``, ``unknown_package``, ``label_missing``, ``not_legal_now``.
    """
    del facts
    order = require_order(state, command.order_id)
    package = fulfillment.require_package(order.fulfillment, command.package_id)
    draft = Draft.of(order, context, command.occurred_at)
    _ship(draft, package, command.carrier, command.tracking)
    return conclude(draft)


def decide_fulfill(
    command: FulfillUnits, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Pick, pack and ship in one.

    Raises:
        Rejected: ``unknown_order``, ``unknown_fulfillment_order``, ``nothing_asked``,
            ``unknown_line``, ``quantity_not_there``, ``not_legal_now``; ``lots_differ`` and
            ``lot_needed`` as for picking;
            ``waits_for_supply`` for preordered units that have not come.
    """
    order = require_order(state, command.order_id)
    work = fulfillment.require_order(order.fulfillment, command.fulfillment_order_id)
    draft = Draft.of(order, context, command.occurred_at, facts)
    quantities = (
        {ln.line_id: ln.waiting + ln.picked for ln in work.lines if ln.waiting + ln.picked}
        if command.lines is None
        else in_lines(order.kits, command.lines)
    )
    to_pick = {
        line.line_id: quantities[line.line_id] - line.picked
        for line in work.lines
        if quantities.get(line.line_id, 0) > line.picked
    }
    unknown = {line: n for line, n in quantities.items() if work.line(line) is None}
    if to_pick or unknown or command.lots or not quantities:
        shelf = shelf_of(work, facts) if command.beyond_record else None
        _pick(draft, work, {**to_pick, **unknown}, _by_line(command.lots), shelf)
        work = fulfillment.require_order(draft.order.fulfillment, work.id)
    package = _pack(draft, work, quantities, weight_g=None, label_wanted=False)
    _ship(draft, package, command.carrier, command.tracking)
    return conclude(draft)


def _ship(draft: Draft, package: Package, carrier: str, tracking: str) -> None:
    draft.add(
        fulfillment.ship(package, carrier=carrier, tracking=tracking, occurred_at=draft.occurred_at)
    )
    for moved in draft.tracked(package.lines):
        draft.movements.dispatch(moved.sku, package.place, moved.quantity, lots=moved.lots)
    _charge(draft, package)
    early = _early_delivery(draft.order, package)
    if early is not None:
        shipped = fulfillment.require_package(draft.order.fulfillment, package.id)
        draft.add(fulfillment.deliver(shipped, early))


def _charge(draft: Draft, package: Package) -> None:
    """
    Charge what a package contains, exactly, and the order's shipping with the first one.

    """
    order = draft.order
    charged: list[ChargedUnits] = []
    for moved in package.lines:
        line = order.line(moved.line_id)
        assert line is not None  # noqa: S101 - packages hold units of the order's own lines
        _, start, stop = line.units.capture(moved.quantity)
        charged.append(_share(order, moved.line_id, start, stop))
    if order.shipping_units is not None and order.shipping_units.uncaptured:
        charged.append(_share(order, LineId(SHIPPING_LINE), 0, 1))
    amount = sum(units.amount_minor for units in charged)
    draft.add(PackageCharged(package_id=package.id, lines=tuple(charged), amount_minor=amount))


def _share(order: Order, line_id: LineId, start: int, stop: int) -> ChargedUnits:
    amount = order.amount(line_id, start, stop)
    return ChargedUnits(line_id=line_id, start=start, stop=stop, amount_minor=amount)


def _early_delivery(order: Order, package: Package) -> Instant | None:
    return next(
        (
            anomaly.occurred_at
            for anomaly in order.anomalies
            if anomaly.kind == EARLY_DELIVERY and anomaly.subject == package.id
        ),
        None,
    )


def decide_delivery(
    command: RecordDelivery, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Record that the customer has a box; twice says nothing new.

    Raises:
        Rejected: ``unknown_order``, ``unknown_package``.
    """
    del facts
    order = require_order(state, command.order_id)
    package = fulfillment.require_package(order.fulfillment, command.package_id)
    draft = Draft.of(order, context, command.occurred_at)
    if package.status == "delivered":
        return draft.decision()
    if package.status == "shipped":
        draft.add(fulfillment.deliver(package, draft.occurred_at))
        return conclude(draft)
    kind = EARLY_DELIVERY if package.status != "unpacked" else "delivered_though_unpacked"
    if not any((a.kind, a.subject) == (kind, package.id) for a in order.anomalies):
        draft.add(AnomalyRecorded(kind=kind, subject=package.id, occurred_at=draft.occurred_at))
    return conclude(draft)


def decide_capture(
    command: CapturePayment, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Take an amount now.

    Raises:
        Rejected: ``unknown_order``; ``exceeds_due`` where more would be taken than is due;
            ``exceeds_authorization``.
    """
    del facts
    order = require_order(state, command.order_id)
    money = order.payments
    authorized = sum(money.usable_minor(payment) for payment in money.payments)
    due = balance(order).unpaid_minor
    if authorized >= command.amount_minor > due:
        raise Rejected(
            "exceeds_due",
            f"can't capture {command.amount_minor} for order {order.id}: {due} is due",
            data={"asked_minor": command.amount_minor, "due_minor": due},
            legal=(f"at most {due}",),
        )
    draft = Draft.of(order, context)
    draft.add(*payments.request_capture(money, order.id, command.amount_minor, command.reason))
    return conclude(draft)
