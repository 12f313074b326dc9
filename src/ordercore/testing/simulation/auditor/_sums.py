"""
The sums of an order's money, each from what is known of its payments and requests.

"""

from ordercore.testing.simulation.auditor._shapes import ShadowOrder, ShadowPayment

__all__ = [
    "asked_back_minor",
    "expected_minor",
    "free_to_take",
    "goes_back_minor",
    "granted_minor",
    "owed_minor",
    "to_pay_back",
    "unasked",
    "uncovered_minor",
    "unpaid_minor",
]


def unasked(order: ShadowOrder, payment: ShadowPayment) -> int:
    """
    What of an authorization is neither taken, given back nor asked for.

    """
    if payment.status != "authorized":
        return 0
    asked = order.asked("capture", payment) + order.asked("void", payment)
    return payment.authorized - payment.captured - payment.voided - asked


def free_to_take(order: ShadowOrder, payment: ShadowPayment) -> int:
    """
    What of it may be taken unasked: nothing once the provider has refused a capture of it.

    """
    refused = any(
        request.kind == "capture" and request.payment is payment and request.waits_for_person
        for request in order.requests.values()
    )
    return 0 if refused else unasked(order, payment)


def to_pay_back(order: ShadowOrder, payment: ShadowPayment) -> int:
    """
    What of the money taken from a tender is neither paid back nor asked to be.

    """
    return payment.captured - payment.refunded - order.asked("refund", payment)


def owed_minor(order: ShadowOrder) -> int:
    """
    What the shop may keep in the end: due, less what was granted for charged units.

    """
    return order.due_minor - sum(g.amount for g in order.grants if g.charged)


def granted_minor(order: ShadowOrder) -> int:
    """
    What it was decided to pay back.

    """
    return sum(g.amount for g in order.grants)


def asked_back_minor(order: ShadowOrder) -> int:
    """
    What was asked to be paid back, but for what was declined and asked anew.

    """
    return sum(
        request.amount
        for request in order.requests.values()
        if request.kind == "refund" and not (request.status == "declined" and request.repeated)
    )


def goes_back_minor(order: ShadowOrder, taken: int) -> int:
    """
    What goes back in the end, where so much is taken.

    Nobody is paid back what was never paid: of what is taken, the shop first keeps the price of
    what the customer has, and what was asked back is gone.
    """
    back = asked_back_minor(order)
    keeps = order.charged_minor - sum(g.amount for g in order.grants if g.charged)
    while back < granted_minor(order) and taken - back > keeps:
        back += min(granted_minor(order) - back, taken - back - keeps)
    return back


def expected_minor(order: ShadowOrder) -> int:
    """
    What the shop will have once all that is asked and granted is done.

    """
    coming = order.captured + order.asked("capture")
    return coming - goes_back_minor(order, coming)


def unpaid_minor(order: ShadowOrder) -> int:
    """
    What has yet to be taken.

    """
    return max(owed_minor(order) - expected_minor(order), 0)


def uncovered_minor(order: ShadowOrder) -> int:
    """
    What is due and neither promised nor being asked for; what was refused is not promised.

    """
    covered = 0
    for payment in order.payments.values():
        if payment.status in {"requested", "action_required"}:
            covered += payment.asked
        covered += payment.authorized - payment.voided
        covered -= unasked(order, payment) - free_to_take(order, payment)
    coming = order.captured + order.asked("capture")
    forgiven = granted_minor(order) - goes_back_minor(order, coming)
    return order.due_minor - forgiven - covered
