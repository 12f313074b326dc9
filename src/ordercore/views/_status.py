"""
The one word for an order that a customer reads.

An order has no single status: its payment, its parcels and its returns live on their own axes.
This function rolls them up; nothing in the library decides by its answer.
"""

from enum import StrEnum

from ordercore.orders import Order
from ordercore.views._preorders import awaited_units

__all__ = ["PublicStatus", "public_status"]


class PublicStatus(StrEnum):
    """
    How far an order is, as its customer would say it.

    """

    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_DECLINED = "payment_declined"
    PROCESSING = "processing"
    PREORDERED = "preordered"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"
    CANCELED = "canceled"


def public_status(order: Order) -> PublicStatus:
    """
    Roll an order's axes up into one word, the farthest first.

    An order of which nothing but preordered units is left to be sent, and nothing was sent, is
    preordered; :func:`~ordercore.views.awaited_units` says by when each line was promised.

    Cost: O(lines x packages).
    """
    wanted = sum(line.units.quantity - line.units.canceled for line in order.lines)
    if not wanted:
        return PublicStatus.CANCELED
    shipped = sum(order.fulfillment.shipped(line.line_id) for line in order.lines)
    delivered = sum(order.fulfillment.delivered(line.line_id) for line in order.lines)
    returned = sum(
        units.quantity
        for known in order.returns.returns
        if known.status in {"received", "inspected"}
        for units in known.lines
    )
    if returned:
        return PublicStatus.RETURNED if returned == wanted else PublicStatus.PARTIALLY_RETURNED
    if delivered:
        return PublicStatus.DELIVERED if delivered == wanted else PublicStatus.PARTIALLY_DELIVERED
    if shipped:
        return PublicStatus.SHIPPED if shipped == wanted else PublicStatus.PARTIALLY_SHIPPED
    return _before_shipping(order, wanted)


def _before_shipping(order: Order, wanted: int) -> PublicStatus:
    if order.status != "placed":
        if sum(row.quantity for row in awaited_units(order)) == wanted:
            return PublicStatus.PREORDERED
        return PublicStatus.PROCESSING
    money = order.payments
    hopeless = money.payments and all(p.status == "declined" for p in money.payments)
    return PublicStatus.PAYMENT_DECLINED if hopeless else PublicStatus.AWAITING_PAYMENT
