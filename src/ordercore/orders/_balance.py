"""
What has been paid against what is owed, by name.

"""

from enum import StrEnum

import attrs

from ordercore.grammar import remembered
from ordercore.orders._order import Order
from ordercore.payments import RequestKind

__all__ = ["Balance", "Settlement", "balance", "uncovered_minor"]


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
        expected_minor: What the shop will have once all that is asked and granted is done.
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
    expected_minor: int

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
    def unpaid_minor(self) -> int:
        """
        What has yet to be taken; 0 where it is all taken or asked for.

        """
        return max(self.owed_minor - self.expected_minor, 0)

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


@remembered
def balance(order: Order) -> Balance:
    """
    Sum up an order's money. Cost: O(lines + payments + requests).

    """
    money = order.payments
    taking = money.pending_minor(RequestKind.CAPTURE)
    granted = sum(grant.amount_minor for grant in order.grants)
    return Balance(
        ordered_minor=order.total_minor,
        canceled_minor=order.canceled_minor,
        charged_minor=order.charged_minor,
        authorized_minor=money.authorized_minor,
        captured_minor=money.captured_minor,
        refunded_minor=money.refunded_minor,
        granted_minor=granted,
        returned_minor=sum(g.amount_minor for g in order.grants if g.units_charged),
        under_way_minor=taking + money.pending_minor(RequestKind.REFUND),
        # A grant for units that were never paid for has nothing to pay back.
        expected_minor=max(money.captured_minor + taking - granted, 0),
    )


def uncovered_minor(order: Order) -> int:
    """
    Return what is due and neither promised nor being asked for; captures that were refused count.

    """
    money = order.payments
    refused = sum(money.capturable_minor(p) - money.usable_minor(p) for p in money.payments)
    return order.due_minor - money.authorized_minor - money.undecided_minor + refused
