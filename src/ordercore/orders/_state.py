"""
The fold of an order: everything that is known about it, and nothing that is not in its events.

"""

from collections.abc import Callable, Iterable
from typing import Any, Final, get_args

import attrs

from ordercore import fulfillment, payments, returns
from ordercore.fulfillment import AllocatedUnits, Fulfillment, UnitsMissing
from ordercore.ids import LineId, OrderId, PlaceId
from ordercore.instants import Instant
from ordercore.orders._events import (
    AnomalyRecorded,
    AttemptFailed,
    ChargedUnits,
    EffectRetried,
    OperatorNeeded,
    OrderEnded,
    OrderEvent,
    OrderPlaced,
    OrderReleased,
    PackageCharged,
    PlacedLine,
    RefundGranted,
    SourcingFailed,
    UnitsCanceled,
    UnitsSourcedAgain,
)
from ordercore.orders._rules import CaptureWhen, ReleaseWhen
from ordercore.parties import Destination
from ordercore.payments import Payments
from ordercore.returns import Returns
from ordercore.totals import SHIPPING_LINE, LineUnits, OrderTotals

__all__ = ["Anomaly", "Attempt", "Grant", "Order", "OrderLine", "evolve", "fold"]


@attrs.frozen(kw_only=True)
class OrderLine:
    """
    One line of an order.

    Attributes:
        placed: As it was ordered.
        units: Which of its units were charged, canceled and refunded.
        unsourced: Units that were missing where they should be and have no other place yet.
    """

    placed: PlacedLine
    units: LineUnits
    unsourced: int = 0

    @property
    def line_id(self) -> LineId:
        """
        Its name inside the order.

        """
        return self.placed.line_id


@attrs.frozen(kw_only=True)
class Attempt:
    """
    How often an effect was tried without an outcome.

    """

    effect_key: str
    count: int
    reason: str
    not_before: Instant | None
    waits_for_operator: bool


@attrs.frozen(kw_only=True)
class Grant:
    """
    A decision that the customer gets money back.

    Attributes:
        units_charged: Whether it is for units that were charged; else for canceled ones.
    """

    grant_id: str
    reason: str
    amount_minor: int
    units_charged: bool


@attrs.frozen(kw_only=True)
class Anomaly:
    """
    Something that was told and does not fit.

    """

    kind: str
    subject: str
    occurred_at: Instant


@attrs.frozen(kw_only=True)
class Order:
    """
    An order as its events tell it.

    Attributes:
        id: The host's number.
        status: Where the order as a whole is in its lifecycle.
        currency: ISO 4217.
        placed_at: When the customer placed it.
        customer_ref: The host's reference to the buyer.
        destination: Where it goes.
        lines: What was bought.
        totals: What it costs, component by component.
        shipping_units: The order's own shipping as one unit; None where it costs nothing.
        allocations: Promises that have not been given to places yet.
        release: The rule under which work begins.
        capture: The rule under which money is taken.
        payments: All its tenders.
        fulfillment: All its work.
        returns: All its returns.
        charged_minor: What packages that left came to.
        grants: Decisions to pay back.
        attempts: Effects that were tried in vain, with the last reason.
        anomalies: What was told and does not fit.
        barred: Places that did not have units of a line when they were looked for.
        sourcing_failed: No place was found for what is unsourced; somebody must decide.
        short_picks: How often units were missing.
    """

    id: OrderId
    status: str
    currency: str
    placed_at: Instant
    customer_ref: str
    destination: Destination
    lines: tuple[OrderLine, ...]
    totals: OrderTotals
    shipping_units: LineUnits | None
    allocations: tuple[AllocatedUnits, ...]
    release: ReleaseWhen
    capture: CaptureWhen
    payments: Payments = payments.EMPTY
    fulfillment: Fulfillment = fulfillment.EMPTY
    returns: Returns = returns.EMPTY
    charged_minor: int = 0
    grants: tuple[Grant, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    barred: tuple[tuple[LineId, PlaceId], ...] = ()
    sourcing_failed: bool = False
    short_picks: int = 0

    def line(self, line_id: str) -> OrderLine | None:
        """
        Return a line by id.

        """
        return next((line for line in self.lines if line.line_id == line_id), None)

    def amount(self, line_id: str, start: int, stop: int) -> int:
        """
        Return the exact share of units [start, stop) of a line, in minor units.

        """
        return self.totals.line(line_id).amount(start, stop, self.totals.rounding)

    @property
    def total_minor(self) -> int:
        """
        What was ordered came to.

        """
        return self.totals.total_minor

    @property
    def canceled_minor(self) -> int:
        """
        What of it will never be charged.

        """
        canceled = sum(
            self.amount(ln.line_id, ln.units.quantity - ln.units.canceled, ln.units.quantity)
            for ln in self.lines
            if ln.units.canceled
        )
        shipping = self.shipping_units
        if shipping is not None and shipping.canceled:
            canceled += self.amount(SHIPPING_LINE, 0, 1)
        return canceled

    @property
    def due_minor(self) -> int:
        """
        What the customer owes for everything that was not canceled, before any refund.

        """
        return self.total_minor - self.canceled_minor

    @property
    def units_to_ship(self) -> int:
        """
        Count the units that are neither canceled nor gone.

        """
        return sum(
            ln.units.quantity - ln.units.canceled - self.fulfillment.shipped(ln.line_id)
            for ln in self.lines
        )


def fold(events: Iterable[OrderEvent], state: Order | None = None) -> Order | None:
    """
    Fold events, in order, into an order; None where there are none.

    """
    for event in events:
        state = evolve(state, event)
    return state


def evolve(state: Order | None, event: OrderEvent) -> Order:
    """
    Fold one event into an order.

    Total over every event that ``decide`` can emit; consults no table, policy or fact.
    """
    if isinstance(event, OrderPlaced):
        return _placed(event)
    assert state is not None  # noqa: S101 - a stream begins with OrderPlaced
    return _FOLDS[type(event)](state, event)


def _placed(event: OrderPlaced) -> Order:
    has_shipping = any(line.line == SHIPPING_LINE for line in event.totals.lines)
    return Order(
        id=event.order_id,
        status=event.status,
        currency=event.currency,
        placed_at=event.occurred_at,
        customer_ref=event.customer_ref,
        destination=event.destination,
        lines=tuple(
            OrderLine(placed=line, units=LineUnits(quantity=line.quantity)) for line in event.lines
        ),
        totals=event.totals,
        shipping_units=LineUnits(quantity=1) if has_shipping else None,
        allocations=event.allocations,
        release=event.release,
        capture=event.capture,
    )


def _released(state: Order, event: OrderReleased) -> Order:
    return attrs.evolve(state, status=event.status, allocations=())


def _ended(state: Order, event: OrderEnded) -> Order:
    return attrs.evolve(state, status=event.status)


def _with_units(
    state: Order,
    units: tuple[ChargedUnits, ...],
    step: Callable[[LineUnits, int], tuple[LineUnits, int, int]],
) -> Order:
    counts = {u.line_id: u.stop - u.start for u in units}
    shipping = state.shipping_units
    if shipping is not None and SHIPPING_LINE in counts:
        shipping = step(shipping, 1)[0]
    return attrs.evolve(
        state,
        shipping_units=shipping,
        lines=tuple(
            attrs.evolve(line, units=step(line.units, counts[line.line_id])[0])
            if counts.get(line.line_id)
            else line
            for line in state.lines
        ),
    )


def _charged(state: Order, event: PackageCharged) -> Order:
    state = _with_units(state, event.lines, LineUnits.capture)
    return attrs.evolve(state, charged_minor=state.charged_minor + event.amount_minor)


def _canceled(state: Order, event: UnitsCanceled) -> Order:
    state = _with_units(state, event.lines, LineUnits.cancel)
    unsourced = dict(event.unsourced)
    return attrs.evolve(
        state,
        allocations=event.allocations,
        lines=tuple(
            attrs.evolve(line, unsourced=line.unsourced - unsourced.get(line.line_id, 0))
            for line in state.lines
        ),
    )


def _granted(state: Order, event: RefundGranted) -> Order:
    state = _with_units(state, event.lines, LineUnits.refund)
    grant = Grant(
        grant_id=event.grant_id,
        reason=event.reason,
        amount_minor=event.amount_minor,
        units_charged=bool(event.lines),
    )
    return attrs.evolve(state, grants=(*state.grants, grant))


def _missing(state: Order, event: UnitsMissing) -> Order:
    place = next(fo.place for fo in state.fulfillment.orders if fo.id == event.fulfillment_order_id)
    lost = {moved.line_id: moved.quantity for moved in event.lines}
    return attrs.evolve(
        state,
        fulfillment=fulfillment.evolve(state.fulfillment, event),
        lines=tuple(
            attrs.evolve(line, unsourced=line.unsourced + lost.get(line.line_id, 0))
            for line in state.lines
        ),
        barred=tuple(dict.fromkeys((*state.barred, *((line, place) for line in lost)))),
        sourcing_failed=False,
        short_picks=state.short_picks + 1,
    )


def _sourced_again(state: Order, event: UnitsSourcedAgain) -> Order:
    found: dict[LineId, int] = {}
    for units in event.allocations:
        found[units.line_id] = found.get(units.line_id, 0) + units.quantity
    return attrs.evolve(
        state,
        lines=tuple(
            attrs.evolve(line, unsourced=line.unsourced - found.get(line.line_id, 0))
            for line in state.lines
        ),
    )


def _sourcing_failed(state: Order, event: SourcingFailed) -> Order:
    return attrs.evolve(state, sourcing_failed=True)


def _with_attempt(state: Order, attempt: Attempt) -> Order:
    others = tuple(a for a in state.attempts if a.effect_key != attempt.effect_key)
    return attrs.evolve(state, attempts=(*others, attempt))


def _attempt_failed(state: Order, event: AttemptFailed) -> Order:
    return _with_attempt(
        state,
        Attempt(
            effect_key=event.effect_key,
            count=event.attempt,
            reason=event.reason,
            not_before=event.not_before,
            waits_for_operator=False,
        ),
    )


def _operator_needed(state: Order, event: OperatorNeeded) -> Order:
    known = next((a.count for a in state.attempts if a.effect_key == event.effect_key), 0)
    return _with_attempt(
        state,
        Attempt(
            effect_key=event.effect_key,
            count=known + 1,
            reason=event.reason,
            not_before=None,
            waits_for_operator=True,
        ),
    )


def _retried(state: Order, event: EffectRetried) -> Order:
    kept = tuple(a for a in state.attempts if a.effect_key != event.effect_key)
    return attrs.evolve(state, attempts=kept)


def _anomaly(state: Order, event: AnomalyRecorded) -> Order:
    anomaly = Anomaly(kind=event.kind, subject=event.subject, occurred_at=event.occurred_at)
    return attrs.evolve(state, anomalies=(*state.anomalies, anomaly))


def _payment(state: Order, event: Any) -> Order:
    return attrs.evolve(state, payments=payments.evolve(state.payments, event))


def _fulfillment(state: Order, event: Any) -> Order:
    return attrs.evolve(state, fulfillment=fulfillment.evolve(state.fulfillment, event))


def _return(state: Order, event: Any) -> Order:
    return attrs.evolve(state, returns=returns.evolve(state.returns, event))


_FOLDS: Final[dict[type, Callable[[Order, Any], Order]]] = {
    **dict.fromkeys(get_args(payments.PaymentEvent), _payment),
    **dict.fromkeys(get_args(fulfillment.FulfillmentEvent), _fulfillment),
    **dict.fromkeys(get_args(returns.ReturnEvent), _return),
    OrderReleased: _released,
    OrderEnded: _ended,
    PackageCharged: _charged,
    UnitsCanceled: _canceled,
    UnitsSourcedAgain: _sourced_again,
    SourcingFailed: _sourcing_failed,
    RefundGranted: _granted,
    UnitsMissing: _missing,
    AttemptFailed: _attempt_failed,
    OperatorNeeded: _operator_needed,
    EffectRetried: _retried,
    AnomalyRecorded: _anomaly,
}
