"""
All that an order owes to the world or to itself, each with a stable key and the time it is due.

"""

from ordercore import fulfillment, payments
from ordercore.fulfillment import AskLabel
from ordercore.grammar import Submit, put_off, remembered
from ordercore.ids import child
from ordercore.orders._order import Order
from ordercore.orders._work_commands import SourceAgain
from ordercore.payments import PaymentEffect

__all__ = ["OrderEffect", "outstanding"]


OrderEffect = PaymentEffect | AskLabel | Submit


@remembered
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
    return put_off(effects, order.attempts)
