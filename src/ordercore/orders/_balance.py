"""
What has been paid against what is owed, by name.

"""

from enum import StrEnum

import attrs

from ordercore.grammar import remembered
from ordercore.orders._order import Order
from ordercore.payments import RequestKind

__all__ = ["Balance", "Settlement", "balance", "refundable_minor", "uncovered_minor"]


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
        waived_minor: What of that was never paid, and need not be any more.
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
    waived_minor: int
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
    taken = money.captured_minor + taking
    paid_back = _paid_back_minor(order, taken)
    return Balance(
        ordered_minor=order.total_minor,
        canceled_minor=order.canceled_minor,
        charged_minor=order.charged_minor,
        authorized_minor=money.authorized_minor,
        captured_minor=money.captured_minor,
        refunded_minor=money.refunded_minor,
        granted_minor=granted,
        waived_minor=granted - paid_back,
        returned_minor=sum(g.amount_minor for g in order.grants if g.units_charged),
        under_way_minor=taking + money.pending_minor(RequestKind.REFUND),
        expected_minor=taken - paid_back,
    )


def refundable_minor(order: Order) -> int:
    """
    Return how much of what was granted may be asked back now, beyond what was asked already.

    A refund for units that were charged and never paid gives nothing back; it ends the debt. What
    is being captured counts once it is there.
    """
    return _paid_back_minor(order, order.payments.captured_minor) - order.payments.asked_back_minor


def _paid_back_minor(order: Order, taken_minor: int) -> int:
    """
    Return what of the grants goes back in the end, where so much is taken.

    What was asked back already, and of the rest what the shop has beyond what was charged for units
    that stay with the customer.
    """
    if not order.grants:
        return 0
    asked = order.payments.asked_back_minor
    granted = sum(grant.amount_minor for grant in order.grants)
    stays = order.charged_minor - sum(g.amount_minor for g in order.grants if g.units_charged)
    return asked + max(min(granted - asked, taken_minor - asked - stays), 0)


def uncovered_minor(order: Order) -> int:
    """
    Return what is due and neither promised nor being asked for; captures that were refused count.

    """
    money = order.payments
    refused = sum(money.capturable_minor(p) - money.usable_minor(p) for p in money.payments)
    due = order.due_minor - balance(order).waived_minor
    return due - money.authorized_minor - money.undecided_minor + refused
