"""
All that an order owes to the world or to itself, each with a stable key and the time it is due.

"""

import attrs

from ordercore import fulfillment, payments
from ordercore.fulfillment import AskLabel
from ordercore.grammar import Effect
from ordercore.ids import child
from ordercore.orders._commands import OrderCommand
from ordercore.orders._order import Order
from ordercore.orders._work_commands import SourceAgain
from ordercore.payments import PaymentEffect

__all__ = ["OrderEffect", "Submit", "outstanding"]


@attrs.frozen(kw_only=True)
class Submit(Effect):
    """
    Something that the order asks of itself: a command to be submitted when it is due.

    Attributes:
        command: What; it says nothing new where it has been done already.
    """

    command: OrderCommand


OrderEffect = PaymentEffect | AskLabel | Submit


def outstanding(order: Order) -> tuple[OrderEffect, ...]:
    """
    List every obligation without an outcome.

    What was tried in vain comes back from its ``not_before``; what waits for a person says so.

    Cost: O(payments + requests + packages + lines).
    """
    effects: list[OrderEffect] = [
        *payments.outstanding(order.payments),
        *fulfillment.outstanding(order.fulfillment, order.destination),
    ]
    if any(line.unsourced for line in order.lines) and not order.sourcing_failed:
        key = child(order.id, "source-again", order.short_picks)
        effects.append(Submit(key=key, command=SourceAgain(order_id=order.id)))
    if not order.attempts:
        return tuple(effects)
    tried = {attempt.effect_key: attempt for attempt in order.attempts}
    return tuple(
        attrs.evolve(
            effect,
            not_before=tried[effect.key].not_before,
            waits_for_operator=tried[effect.key].waits_for_operator,
        )
        if effect.key in tried
        else effect
        for effect in effects
    )
