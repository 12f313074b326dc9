"""
What has been paid against what is owed, by name.

"""

from enum import StrEnum

import attrs

from ordercore.orders._order import Order
from ordercore.payments import RequestKind

__all__ = ["Balance", "Settlement", "balance"]


class Settlement(StrEnum):
    """
    How an order stands once nothing is under way.

    """

    EXACT = "exact"
    OVERPAID = "overpaid"
    UNDERPAID = "underpaid"


@attrs.frozen(kw_only=True)
class Balance:
    """
    The money of one order, in minor units.

    Attributes:
        ordered_minor: What was ordered came to.
        canceled_minor: What of it will never be charged.
        charged_minor: What packages that left came to.
        authorized_minor: What providers have promised or paid, less what was given back unused.
        captured_minor: What was taken.
        refunded_minor: What went back.
        granted_minor: What it was decided to pay back.
        returned_minor: What of that is for units that were charged.
        under_way_minor: Captures and refunds that were asked and not answered.
    """

    ordered_minor: int
    canceled_minor: int
    charged_minor: int
    authorized_minor: int
    captured_minor: int
    refunded_minor: int
    granted_minor: int
    returned_minor: int
    under_way_minor: int

    @property
    def owed_minor(self) -> int:
        """
        What the shop may keep in the end: ordered, less canceled, less returned.

        """
        return self.ordered_minor - self.canceled_minor - self.returned_minor

    @property
    def kept_minor(self) -> int:
        """
        What the shop has: captured less refunded.

        """
        return self.captured_minor - self.refunded_minor

    @property
    def difference_minor(self) -> int:
        """
        What the shop has beyond what it may keep; negative where the customer still owes.

        """
        return self.kept_minor - self.owed_minor

    @property
    def settlement(self) -> Settlement:
        """
        The difference by name.

        """
        if self.difference_minor == 0:
            return Settlement.EXACT
        return Settlement.OVERPAID if self.difference_minor > 0 else Settlement.UNDERPAID


def balance(order: Order) -> Balance:
    """
    Sum up an order's money. Cost: O(lines + payments + requests).

    """
    money = order.payments
    asked = (money.pending_minor(kind) for kind in (RequestKind.CAPTURE, RequestKind.REFUND))
    return Balance(
        ordered_minor=order.total_minor,
        canceled_minor=order.canceled_minor,
        charged_minor=order.charged_minor,
        authorized_minor=money.authorized_minor,
        captured_minor=money.captured_minor,
        refunded_minor=money.refunded_minor,
        granted_minor=sum(grant.amount_minor for grant in order.grants),
        returned_minor=sum(g.amount_minor for g in order.grants if g.units_charged),
        under_way_minor=sum(asked),
    )
