"""
Answers from outside: outcomes, failed attempts, a person's word to try again.

"""

from ordercore import fulfillment, payments
from ordercore.errors import Rejected
from ordercore.grammar import EffectRetried, Facts, OperatorNeeded, record_attempt
from ordercore.orders._balance import balance
from ordercore.orders._commands import RecordAnomaly, RecordAttempt, RecordOutcome, RetryEffect
from ordercore.orders._conclusions import conclude
from ordercore.orders._draft import Draft, OrderDecision, require_order
from ordercore.orders._events import AnomalyRecorded, OrderEvent
from ordercore.orders._order import Order
from ordercore.orders._outstanding import outstanding
from ordercore.orders._rules import OrderContext
from ordercore.payments import MoneyRequest, RequestKind

__all__ = ["decide_anomaly", "decide_attempt", "decide_outcome", "decide_retry", "retryable_minor"]


def decide_outcome(
    command: RecordOutcome, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Record what a request has come to.

    The same outcome twice says nothing new. One that contradicts what is recorded is kept as an
    anomaly; where the request is still open then, a person must decide.

    Raises:
        Rejected: ``unknown_order``, ``unknown_request``.
    """
    del facts
    order = require_order(state, command.order_id)
    draft = Draft.of(order, context)
    found = _fold_outcome(order, command)
    if not isinstance(found, str):
        draft.add(*found)
        return conclude(draft)
    if any((a.kind, a.subject) == (found, command.effect_key) for a in order.anomalies):
        return draft.decision()
    draft.add(AnomalyRecorded(kind=found, subject=command.effect_key, occurred_at=context.at))
    if any(effect.key == command.effect_key for effect in outstanding(order)):
        draft.add(OperatorNeeded(effect_key=command.effect_key, reason=found))
    return conclude(draft)


def _fold_outcome(order: Order, command: RecordOutcome) -> tuple[OrderEvent, ...] | str:
    for package in order.fulfillment.packages:
        if command.effect_key == f"{package.id}/label":
            return fulfillment.record_label(package, command.outcome)
    return payments.record_outcome(order.payments, command.effect_key, command.outcome)


def decide_attempt(
    command: RecordAttempt, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Record a try without outcome: it comes back later or waits for a person.

    The wait doubles with each try, up to a day.

    Raises:
        Rejected: ``unknown_order``.
    """
    del facts
    order = require_order(state, command.order_id)
    draft = Draft.of(order, context)
    if not any(effect.key == command.effect_key for effect in outstanding(order)):
        return draft.decision()
    draft.add(
        record_attempt(
            order.attempts,
            command.effect_key,
            command.reason,
            context,
            give_up=command.give_up,
        )
    )
    return draft.decision()


def decide_anomaly(
    command: RecordAnomaly, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Keep what does not fit, once; whoever told it waits for a person, the order goes on.

    Raises:
        Rejected: ``unknown_order``.
    """
    del facts
    order = require_order(state, command.order_id)
    draft = Draft.of(order, context)
    if not any((a.kind, a.subject) == (command.kind, command.subject) for a in order.anomalies):
        occurred_at = command.occurred_at or context.at
        draft.add(
            AnomalyRecorded(kind=command.kind, subject=command.subject, occurred_at=occurred_at)
        )
    return draft.decision()


def decide_retry(
    command: RetryEffect, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Try again what waits for a person, or ask anew for what a provider declined.

    Raises:
        Rejected: ``unknown_order``; ``nothing_to_retry`` where the key names neither.
    """
    del facts
    order = require_order(state, command.order_id)
    draft = Draft.of(order, context)
    if any(effect.key == command.effect_key for effect in outstanding(order)):
        draft.add(EffectRetried(effect_key=command.effect_key))
        return conclude(draft)
    request = order.payments.request(command.effect_key)
    amount = 0 if request is None else retryable_minor(order, request)
    if request is None or not amount:
        legal = (
            *(effect.key for effect in outstanding(order)),
            *(r.request_id for r in order.payments.requests if retryable_minor(order, r)),
        )
        raise Rejected(
            "nothing_to_retry",
            f"{command.effect_key} is neither open nor declined with something left to ask for",
            data={"key": command.effect_key},
            legal=legal or ("nothing: all is answered",),
        )
    ask = (
        payments.request_capture if request.kind is RequestKind.CAPTURE else payments.request_refund
    )
    draft.add(*ask(order.payments, order.id, amount, request.purpose, request.request_id))
    return conclude(draft)


def retryable_minor(order: Order, request: MoneyRequest) -> int:
    """
    Return what of a declined request may be asked anew; 0 where it can't or need not be.

    Never more than is still due of a capture, or still there to be refunded.
    """
    money = order.payments
    if not request.waits_for_person:
        return 0
    if request.kind is RequestKind.REFUND:
        return min(request.amount_minor, sum(map(money.refundable_minor, money.payments)))
    payment = money.payment(request.payment_id)
    left = money.capturable_minor(payment) if payment else 0
    return min(request.amount_minor, left, balance(order).unpaid_minor)
