"""
What this room offers to whoever drives it: orders with their streams; carts and days without.

"""

from typing import Final, get_args

from ordercore.fulfillment import CapacityAt
from ordercore.grammar import Aggregate, Answers, Command, CommandFamily, Inspection, Outcome, tries
from ordercore.orders._balance import balance
from ordercore.orders._capacity import SetCapacity
from ordercore.orders._commands import (
    CartCommand,
    OrderCommand,
    PlaceOrder,
    RecordAttempt,
    RecordOutcome,
    RetryEffect,
)
from ordercore.orders._decide import decide, needs
from ordercore.orders._events import OrderEvent
from ordercore.orders._lifecycles import ORDER_LIFECYCLE
from ordercore.orders._order import Order
from ordercore.orders._outstanding import outstanding
from ordercore.orders._plans import STOCK_NEEDS
from ordercore.orders._state import evolve

__all__ = ["CAPACITY", "CARTS", "ORDERS"]


def _outcome(order: Order, effect_key: str, outcome: Outcome) -> Command:
    return RecordOutcome(order_id=order.id, effect_key=effect_key, outcome=outcome)


def _attempt(order: Order, effect_key: str, reason: str, give_up: bool) -> Command:  # noqa: FBT001 - as Answers has it
    return RecordAttempt(
        order_id=order.id,
        effect_key=effect_key,
        attempt=tries(order.attempts, effect_key) + 1,
        reason=reason,
        give_up=give_up,
    )


def _retry(order: Order, effect_key: str) -> Command:
    return RetryEffect(order_id=order.id, effect_key=effect_key)


def _has_ended(order: Order) -> bool:
    return ORDER_LIFECYCLE().has_ended(order.status)


def _inspect(order: Order) -> Inspection:
    money = order.payments
    return Inspection(
        kept_minor={order.currency: money.captured_minor - money.refunded_minor},
        waiting=tuple(
            f"{request.request_id} was declined and waits for a person"
            for request in money.requests
            if request.waits_for_person
        ),
        leaks=_idle_authorizations(order) if _has_ended(order) else (),
    )


def _idle_authorizations(order: Order) -> tuple[str, ...]:
    if balance(order).unpaid_minor:
        return ()  # what is authorized may still be captured
    money = order.payments
    voids = {r.payment_id for r in money.requests if r.kind == "void"}
    return tuple(
        f"{money.capturable_minor(payment)} of {payment.payment_id} is authorized, "
        "the order has ended"
        for payment in money.payments
        if money.capturable_minor(payment) > 0 and payment.payment_id not in voids
    )


ORDERS: Final = Aggregate(
    kind="order",
    id_field="order_id",
    commands=get_args(OrderCommand),
    begun_by=(PlaceOrder,),
    events=get_args(OrderEvent),
    needs=needs,
    decide=decide,
    evolve=evolve,
    outstanding=outstanding,
    contested=STOCK_NEEDS,
    answers=Answers(outcome=_outcome, attempt=_attempt, retry=_retry),
    has_ended=_has_ended,
    inspect=_inspect,
    state=Order,
)

#: Carts hold stock for a while and have no history of their own.
CARTS: Final = CommandFamily(
    commands=get_args(CartCommand),
    needs=needs,
    decide=decide,
    contested=STOCK_NEEDS,
    holders=("cart",),
)

#: The days of places are set by transfers alone; what is promised of them is held by orders.
CAPACITY: Final = CommandFamily(
    commands=(SetCapacity,), needs=needs, decide=decide, contested=(CapacityAt,)
)
