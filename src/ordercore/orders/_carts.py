"""
Commands of carts: transfers alone, for a reservation is its pending transfer and nothing beside it.

"""

from typing import Any

import attrs

from ordercore.errors import Rejected
from ordercore.grammar import Decision, Facts, Need
from ordercore.ids import CartId, cart_holder
from ordercore.instants import Instant, seconds_after
from ordercore.inventory import CartHolds, Movements
from ordercore.ledger import Step
from ordercore.orders._allocate import reserve
from ordercore.orders._commands import ReleaseCart, ReserveCart
from ordercore.orders._kits import explode, known_products
from ordercore.orders._order import Order
from ordercore.orders._room import Window
from ordercore.orders._rules import OrderContext
from ordercore.orders._sourcing import Question
from ordercore.sourcing import SourcingPlan

__all__ = [
    "Reservation",
    "decide_release",
    "decide_reservation",
    "refuse_shortage",
    "release_needs",
    "reservation_needs",
]

StockDecision = Decision[Any, Step]


@attrs.frozen(kw_only=True)
class Reservation:
    """
    What a cart was told: held until when, and from where it would come today.

    """

    cart_id: CartId
    expires_at: Instant
    plan: SourcingPlan


def _question(command: ReserveCart, facts: Facts, context: OrderContext) -> Question:
    asked, products = known_products(command.lines, facts)
    return Question(
        wants=explode(command.lines, products).wants,
        asked=asked,
        destination=command.destination,
        currency=command.currency,
        window=Window.of(context),
        cart_id=command.cart_id,
        rules=context.rules.stock,
        channel=command.channel,
        on=context.at.date(),
    )


def reservation_needs(
    command: ReserveCart, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    What sourcing asks.

    """
    del state
    return _question(command, facts, context).needs(facts)


def decide_reservation(
    command: ReserveCart, state: Order | None, facts: Facts, context: OrderContext
) -> StockDecision:
    """
    Hold a cart's units where they would come from, and let go of what it held before.

    Raises:
        Rejected: ``unknown_sku``, ``unknown_place``, ``place_not_in_channel``,
            ``cannot_ship_from``, ``no_capacity``, ``shortage``.
    """
    question = _question(command, facts, context)
    plan, units = question.answer(facts)
    question.refuse_without_room(facts, plan)
    refuse_shortage(plan)
    movements = Movements(context.command_id, cart_holder(command.cart_id), context.at)
    for hold in facts[CartHolds(command.cart_id)]:
        movements.release(hold.id, "replaced")
    expires_at = seconds_after(context.at, command.hold_s or context.rules.reservation_s)
    reserve(units, movements, expires_at)
    reply = Reservation(cart_id=command.cart_id, expires_at=expires_at, plan=plan)
    return Decision(transfers=tuple(movements.batch()), reply=reply)


def refuse_shortage(plan: SourcingPlan) -> None:
    """
    Refuse a plan that cannot fill everything.

    Raises:
        Rejected: ``shortage``, with what is missing of each SKU.
    """
    if not plan.shortfalls:
        return
    missing = ", ".join(f"{short.quantity} of {short.sku}" for short in plan.shortfalls)
    raise Rejected(
        "shortage",
        f"not available anywhere: {missing}",
        data={
            "skus": tuple(short.sku for short in plan.shortfalls),
            "missing": sum(short.quantity for short in plan.shortfalls),
        },
        legal=("less of these SKUs", "wait for a receipt"),
    )


def release_needs(
    command: ReleaseCart, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    What the cart holds.

    """
    del facts
    return frozenset({CartHolds(command.cart_id)})


def decide_release(
    command: ReleaseCart, state: Order | None, facts: Facts, context: OrderContext
) -> StockDecision:
    """
    Give back what a cart holds.

    """
    movements = Movements(context.command_id, cart_holder(command.cart_id), context.at)
    for hold in facts[CartHolds(command.cart_id)]:
        movements.release(hold.id, "released")
    return Decision(transfers=tuple(movements.batch()))
