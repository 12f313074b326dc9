"""
Commands of stock and carts: transfers alone, for stock has no second history.

"""

from typing import Any

import attrs

from ordercore.catalog import Products
from ordercore.errors import Rejected
from ordercore.grammar import Decision, Facts, Need
from ordercore.ids import CartId, LineId, cart_holder
from ordercore.instants import Instant, seconds_after
from ordercore.inventory import CartHolds, Movements
from ordercore.ledger import Step
from ordercore.orders._commands import ReceiveStock, ReleaseCart, ReserveCart
from ordercore.orders._promises import Want, reserve
from ordercore.orders._rules import OrderContext
from ordercore.orders._sourcing import Question
from ordercore.places import KnownPlaces
from ordercore.sourcing import SourcingPlan

__all__ = [
    "Reservation",
    "decide_receipt",
    "decide_release",
    "decide_reservation",
    "receipt_needs",
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


def receipt_needs(command: ReceiveStock, facts: Facts) -> frozenset[Need[Any]]:
    """
    Whether SKUs and place are known.

    """
    del facts
    skus = tuple(sorted({line.sku for line in command.lines}))
    return frozenset({Products(skus), KnownPlaces((command.place,))})


def decide_receipt(command: ReceiveStock, facts: Facts, context: OrderContext) -> StockDecision:
    """
    Take units into stock.

    Raises:
        Rejected: ``unknown_sku``, ``unknown_place``.
    """
    skus = tuple(sorted({line.sku for line in command.lines}))
    unknown = tuple(sku for sku in skus if sku not in facts[Products(skus)])
    if unknown:
        raise Rejected(
            "unknown_sku",
            f"the catalog does not know {', '.join(unknown[:5])}",
            data={"skus": unknown},
            legal=("SKUs of the catalog",),
        )
    if command.place not in facts[KnownPlaces((command.place,))]:
        raise Rejected(
            "unknown_place",
            f"there is no place {command.place}",
            data={"place": command.place},
            legal=("places of the shop",),
        )
    movements = Movements(
        context.command_id,
        command.reference or f"receipt/{context.command_id}",
        command.occurred_at or context.at,
    )
    for line in command.lines:
        movements.receive(line.sku, command.place, line.quantity)
    return Decision(transfers=tuple(movements.batch()))


def _question(command: ReserveCart, context: OrderContext) -> Question:
    return Question(
        wants=tuple(
            Want(LineId(f"line-{n}"), line.sku, line.quantity, line.place)
            for n, line in enumerate(command.lines, 1)
        ),
        destination=command.destination,
        currency=command.currency,
        cart_id=command.cart_id,
        rules=context.rules.stock,
        channel=command.channel,
        on=context.at.date(),
    )


def reservation_needs(
    command: ReserveCart, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    What sourcing asks.

    """
    return _question(command, context).needs(facts)


def decide_reservation(command: ReserveCart, facts: Facts, context: OrderContext) -> StockDecision:
    """
    Hold a cart's units where they would come from, and let go of what it held before.

    Raises:
        Rejected: ``unknown_sku``, ``unknown_place``, ``place_not_in_channel``,
            ``cannot_ship_from``, ``shortage``.
    """
    plan, units = _question(command, context).answer(facts)
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


def release_needs(command: ReleaseCart, facts: Facts) -> frozenset[Need[Any]]:
    """
    What the cart holds.

    """
    del facts
    return frozenset({CartHolds(command.cart_id)})


def decide_release(command: ReleaseCart, facts: Facts, context: OrderContext) -> StockDecision:
    """
    Give back what a cart holds.

    """
    movements = Movements(context.command_id, cart_holder(command.cart_id), context.at)
    for hold in facts[CartHolds(command.cart_id)]:
        movements.release(hold.id, "released")
    return Decision(transfers=tuple(movements.batch()))
