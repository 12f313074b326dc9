"""
What can happen to an order as a whole. Names and fields are the storage format.

What happens inside one slice is that slice's event; :data:`OrderEvent` is all of them.
"""

import attrs

from ordercore.fulfillment import AllocatedUnits, FulfillmentEvent, PromisedWork
from ordercore.grammar import AttemptEvent, Event
from ordercore.ids import CartId, LineId, OrderId, PackageId, PlaceId, Sku
from ordercore.instants import Instant
from ordercore.orders._kits import PlacedKit
from ordercore.orders._rules import CaptureWhen, ReleaseWhen
from ordercore.parties import Destination
from ordercore.payments import PaymentEvent
from ordercore.returns import ReturnEvent
from ordercore.sourcing import SourcingPlan
from ordercore.totals import OrderTotals

__all__ = [
    "AnomalyRecorded",
    "ChargedUnits",
    "OrderEnded",
    "OrderEvent",
    "OrderPlaced",
    "OrderReleased",
    "PackageCharged",
    "PlacedLine",
    "RefundGranted",
    "SourcingFailed",
    "UnitsCanceled",
    "UnitsSourcedAgain",
]


@attrs.frozen(kw_only=True)
class PlacedLine:
    """
    One line as it was ordered.

    Attributes:
        line_id: Its name inside the order.
        sku: What.
        name: What it was called then.
        quantity: How many.
        weight_g: Of one unit.
        place: The only place it may come from, or None.
        tracked: Whether its units are counted; others move no stock on their way.
    """

    line_id: LineId
    sku: Sku
    name: str
    quantity: int
    weight_g: int
    place: PlaceId | None = None
    tracked: bool = True


@attrs.frozen(kw_only=True)
class OrderPlaced(Event):
    """
    An order exists and its stock is promised.

    Attributes:
        plan: From where it was decided to send, what that costs, and why.
        allocations: The promises, by line and place.
        release: The rule under which work begins.
        capture: The rule under which money is taken.
        kits: Which lines are parts of which kit; frozen here whatever the catalog says later.
        work: The days that limited places have promised, at most one a place.
    """

    order_id: OrderId
    currency: str
    customer_ref: str
    channel: str
    destination: Destination
    cart_id: CartId | None
    lines: tuple[PlacedLine, ...]
    totals: OrderTotals
    tax_quote: str
    plan: SourcingPlan
    allocations: tuple[AllocatedUnits, ...]
    release: ReleaseWhen
    capture: CaptureWhen
    occurred_at: Instant
    status: str
    kits: tuple[PlacedKit, ...] = ()
    work: tuple[PromisedWork, ...] = ()


@attrs.frozen(kw_only=True)
class OrderReleased(Event):
    """
    Places may begin to work.

    """

    status: str


@attrs.frozen(kw_only=True)
class ChargedUnits:
    """
    Units [start, stop) of a line and their exact share of its amount.

    """

    line_id: LineId
    start: int
    stop: int
    amount_minor: int


@attrs.frozen(kw_only=True)
class PackageCharged(Event):
    """
    A package has left and the customer owes its share: which units, for how much.

    """

    package_id: PackageId
    lines: tuple[ChargedUnits, ...]
    amount_minor: int


@attrs.frozen(kw_only=True)
class UnitsCanceled(Event):
    """
    Units will not be sent.

    Attributes:
        lines: Which, with what they would have cost.
        unsourced: Of them, those for which no place was found, by line.
        allocations: What remains promised and not released to places.
        reason: Why.
        work: What remains promised of places' days and not released to them.
    """

    lines: tuple[ChargedUnits, ...]
    unsourced: tuple[tuple[LineId, int], ...]
    allocations: tuple[AllocatedUnits, ...]
    reason: str
    work: tuple[PromisedWork, ...] = ()


@attrs.frozen(kw_only=True)
class UnitsSourcedAgain(Event):
    """
    Other places were found for units that were missing.

    """

    plan: SourcingPlan
    allocations: tuple[AllocatedUnits, ...]


@attrs.frozen(kw_only=True)
class SourcingFailed(Event):
    """
    No place has units that were missing; somebody must decide.

    """

    lines: tuple[tuple[LineId, int], ...]


@attrs.frozen(kw_only=True)
class RefundGranted(Event):
    """
    It is decided that the customer gets money back.

    Attributes:
        grant_id: Names the decision; refunds carry it out.
        reason: Why (``"return"``, ``"canceled"``).
        lines: For which charged units; empty where they were never charged.
        amount_minor: How much.
    """

    grant_id: str
    reason: str
    lines: tuple[ChargedUnits, ...]
    amount_minor: int


@attrs.frozen(kw_only=True)
class OrderEnded(Event):
    """
    Nothing more will be sent: ``completed`` where something arrived, ``canceled`` where not.

    """

    status: str


@attrs.frozen(kw_only=True)
class AnomalyRecorded(Event):
    """
    Something was told that does not fit what is recorded; it is kept and changes nothing.

    Attributes:
        kind: A stable word (``"delivered_before_dispatch"``).
        subject: What it was told about.
        occurred_at: When it is said to have happened.
    """

    kind: str
    subject: str
    occurred_at: Instant


OrderEvent = (
    OrderPlaced
    | OrderReleased
    | PackageCharged
    | UnitsCanceled
    | UnitsSourcedAgain
    | SourcingFailed
    | RefundGranted
    | OrderEnded
    | AttemptEvent
    | AnomalyRecorded
    | PaymentEvent
    | FulfillmentEvent
    | ReturnEvent
)
