"""
The fold of an order: everything that is known about it, and nothing that is not in its events.

"""

from collections.abc import Callable, Iterable
from typing import Any, Final, get_args

from ordercore import fulfillment, payments, returns
from ordercore.fulfillment import UnitsMissing
from ordercore.grammar import AttemptEvent, evolve_attempts, replaced
from ordercore.ids import LineId
from ordercore.orders._events import (
    AnomalyRecorded,
    ChargedUnits,
    OrderEnded,
    OrderEvent,
    OrderPlaced,
    OrderReleased,
    PackageCharged,
    RefundGranted,
    SourcingFailed,
    UnitsCanceled,
    UnitsSourcedAgain,
)
from ordercore.orders._order import Anomaly, Grant, Order, OrderLine
from ordercore.totals import SHIPPING_LINE, LineUnits

__all__ = ["evolve", "fold"]


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
        work=event.work,
        release=event.release,
        capture=event.capture,
        kits=event.kits,
        channel=event.channel,
    )


def _released(state: Order, event: OrderReleased) -> Order:
    return replaced(state, status=event.status, allocations=(), work=())


def _ended(state: Order, event: OrderEnded) -> Order:
    return replaced(state, status=event.status)


def _with_units(
    state: Order,
    units: tuple[ChargedUnits, ...],
    step: Callable[[LineUnits, int], tuple[LineUnits, int, int]],
    **changes: Any,
) -> Order:
    counts = {u.line_id: u.stop - u.start for u in units}
    shipping = state.shipping_units
    if shipping is not None and SHIPPING_LINE in counts:
        shipping = step(shipping, 1)[0]
    return replaced(
        state,
        shipping_units=shipping,
        lines=tuple(
            replaced(line, units=step(line.units, counts[line.line_id])[0])
            if counts.get(line.line_id)
            else line
            for line in state.lines
        ),
        **changes,
    )


def _charged(state: Order, event: PackageCharged) -> Order:
    charged = state.charged_minor + event.amount_minor
    return _with_units(state, event.lines, LineUnits.capture, charged_minor=charged)


def _canceled(state: Order, event: UnitsCanceled) -> Order:
    state = _with_units(state, event.lines, LineUnits.cancel)
    unsourced = dict(event.unsourced)
    return replaced(
        state,
        allocations=event.allocations,
        work=event.work,
        lines=tuple(
            replaced(line, unsourced=line.unsourced - unsourced.get(line.line_id, 0))
            for line in state.lines
        ),
    )


def _granted(state: Order, event: RefundGranted) -> Order:
    grant = Grant(
        grant_id=event.grant_id,
        reason=event.reason,
        amount_minor=event.amount_minor,
        units_charged=bool(event.lines),
    )
    return _with_units(state, event.lines, LineUnits.refund, grants=(*state.grants, grant))


def _missing(state: Order, event: UnitsMissing) -> Order:
    place = next(fo.place for fo in state.fulfillment.orders if fo.id == event.fulfillment_order_id)
    lost = {moved.line_id: moved.quantity for moved in event.lines}
    return replaced(
        state,
        fulfillment=fulfillment.evolve(state.fulfillment, event),
        lines=tuple(
            replaced(line, unsourced=line.unsourced + lost.get(line.line_id, 0))
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
    return replaced(
        state,
        lines=tuple(
            replaced(line, unsourced=line.unsourced - found.get(line.line_id, 0))
            for line in state.lines
        ),
    )


def _sourcing_failed(state: Order, event: SourcingFailed) -> Order:
    return replaced(state, sourcing_failed=True)


def _attempt(state: Order, event: AttemptEvent) -> Order:
    return replaced(state, attempts=evolve_attempts(state.attempts, event))


def _anomaly(state: Order, event: AnomalyRecorded) -> Order:
    anomaly = Anomaly(kind=event.kind, subject=event.subject, occurred_at=event.occurred_at)
    return replaced(state, anomalies=(*state.anomalies, anomaly))


def _payment(state: Order, event: Any) -> Order:
    return replaced(state, payments=payments.evolve(state.payments, event))


def _fulfillment(state: Order, event: Any) -> Order:
    return replaced(state, fulfillment=fulfillment.evolve(state.fulfillment, event))


def _return(state: Order, event: Any) -> Order:
    return replaced(state, returns=returns.evolve(state.returns, event))


_FOLDS: Final[dict[type, Callable[[Order, Any], Order]]] = {
    **dict.fromkeys(get_args(payments.PaymentEvent), _payment),
    **dict.fromkeys(get_args(fulfillment.FulfillmentEvent), _fulfillment),
    **dict.fromkeys(get_args(returns.ReturnEvent), _return),
    **dict.fromkeys(get_args(AttemptEvent), _attempt),
    OrderReleased: _released,
    OrderEnded: _ended,
    PackageCharged: _charged,
    UnitsCanceled: _canceled,
    UnitsSourcedAgain: _sourced_again,
    SourcingFailed: _sourcing_failed,
    RefundGranted: _granted,
    UnitsMissing: _missing,
    AnomalyRecorded: _anomaly,
}
