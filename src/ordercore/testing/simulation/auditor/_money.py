"""
The model of money: what is asked of tenders, and what their answers mean.

"""

from collections.abc import Iterator, Sequence

from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.payments import Tender
from ordercore.testing.simulation.auditor._case import Case
from ordercore.testing.simulation.auditor._shapes import (
    ShadowGrant,
    ShadowOrder,
    ShadowPayment,
    ShadowRequest,
)
from ordercore.testing.simulation.auditor._sums import (
    expected_minor,
    free_to_take,
    owed_minor,
    to_pay_back,
    unasked,
    uncovered_minor,
    unpaid_minor,
)
from ordercore.testing.simulation.auditor._violation import No

__all__ = [
    "add_tender",
    "answered",
    "ask_capture",
    "ask_refund",
    "ask_tenders",
    "ask_voids",
    "capture",
    "check_tenders",
    "grant",
    "record_payment",
    "retryable",
]

#: How many payments an order may have.
_TENDERS_MAX = 50


# --- asking ---------------------------------------------------------------------------------------


def _new_request(
    order: ShadowOrder, kind: str, payment: ShadowPayment, amount: int, purpose: str = ""
) -> None:
    request_id = f"{order.order_id}/{kind}-{len(order.requests) + 1}"
    order.requests[request_id] = ShadowRequest(request_id, kind, payment, amount, purpose)


def ask_capture(
    order: ShadowOrder, amount: int, purpose: str, again: ShadowRequest | None = None
) -> None:
    """
    Take an amount from the tenders in their sequence; a repeated request from its own.

    """
    for payment in order.payments.values():
        if again is not None and again.payment is not payment:
            continue
        free = unasked(order, payment) if again else free_to_take(order, payment)
        part = min(amount, free)
        if part > 0:
            _new_request(order, "capture", payment, part, purpose)
            amount -= part
    if again is not None:
        again.repeated = True


def ask_refund(
    order: ShadowOrder, amount: int, purpose: str, again: ShadowRequest | None = None
) -> bool:
    """
    Give an amount back to the tenders in their sequence; returns whether any was asked.

    """
    before = len(order.requests)
    for payment in order.payments.values():
        part = min(amount, to_pay_back(order, payment))
        if part > 0:
            _new_request(order, "refund", payment, part, purpose)
            amount -= part
    if again is not None:
        again.repeated = True
    return len(order.requests) > before


def ask_voids(order: ShadowOrder) -> bool:
    """
    Give back what is left of each authorization, once, where no capture of it is under way.

    """
    before = len(order.requests)
    for payment in order.payments.values():
        asked_before = any(
            r.kind == "void" and r.payment is payment for r in order.requests.values()
        )
        left = unasked(order, payment)
        if left > 0 and not asked_before and not order.asked("capture", payment):
            _new_request(order, "void", payment, left)
    return len(order.requests) > before


def check_tenders(known: int, tenders: Sequence[Tender], due: int) -> None:
    """
    Refuse tenders that do not come to what is due.

    Raises:
        No: ``too_many_tenders``, ``tenders_differ_from_total``; in this order.
    """
    if known + len(tenders) > _TENDERS_MAX:
        raise No("too_many_tenders")
    named = sum(tender.amount_minor or 0 for tender in tenders)
    for_the_rest = sum(tender.amount_minor is None for tender in tenders)
    if named > due or for_the_rest > 1 or (named < due and not for_the_rest):
        raise No("tenders_differ_from_total")


def ask_tenders(order: ShadowOrder, tenders: Sequence[Tender], due: int) -> None:
    """
    Ask one authorization a tender; none for a tender for the rest where nothing is left.

    """
    rest = due - sum(tender.amount_minor or 0 for tender in tenders)
    for tender in tenders:
        amount = rest if tender.amount_minor is None else tender.amount_minor
        if amount:
            payment_id = f"{order.order_id}/payment-{len(order.payments) + 1}"
            order.payments[payment_id] = ShadowPayment(payment_id, tender.method, amount)


def grant(order: ShadowOrder, reason: str, amount: int, *, charged: bool) -> None:
    """
    Decide that the customer gets money back.

    """
    grant_id = f"{order.order_id}/grant-{len(order.grants) + 1}"
    order.grants.append(ShadowGrant(grant_id, reason, amount, charged))


def grant_prepaid(order: ShadowOrder, canceled: int) -> bool:
    """
    Pay back what was taken for units that will not come; returns whether there was any.

    """
    amount = min(canceled, expected_minor(order) - owed_minor(order))
    if amount > 0:
        grant(order, "canceled", amount, charged=False)
    return amount > 0


# --- commands -------------------------------------------------------------------------------------


def add_tender(case: Case) -> Iterator[None]:
    """
    Pay what is not covered by another means.

    """
    order, tender = case.order(), case.command.tender
    missing = uncovered_minor(order)
    if missing <= 0:
        raise No("nothing_due")
    named = tender.amount_minor
    if named is not None and named > missing:
        raise No("tenders_differ_from_total")
    due = missing if named is None else named
    check_tenders(len(order.payments), (tender,), due)
    yield
    case.change()
    ask_tenders(order, (tender,), due)


def record_payment(case: Case) -> Iterator[None]:
    """
    Record money that came by itself; the same number in the same account is the same money.

    """
    order, command = case.order(), case.command
    if command.currency != order.currency:
        raise No("currency_differs")
    for known in order.payments.values():
        same = (known.account, known.reference) == (command.account, command.reference)
        if command.reference and same:
            if known.captured != command.amount_minor:
                raise No("payment_differs")
            yield
            return
    if len(order.payments) >= _TENDERS_MAX:
        raise No("too_many_tenders")
    yield
    amount = command.amount_minor
    payment_id = f"{order.order_id}/payment-{len(order.payments) + 1}"
    order.payments[payment_id] = ShadowPayment(
        payment_id,
        command.method,
        amount,
        "settled",
        authorized=amount,
        captured=amount,
        account=command.account,
        reference=command.reference,
        by_itself=True,
    )
    case.change().pay(order.currency, command.account, amount)


def capture(case: Case) -> Iterator[None]:
    """
    Take an amount now.

    """
    order, amount = case.order(), case.command.amount_minor
    free = sum(free_to_take(order, payment) for payment in order.payments.values())
    due = unpaid_minor(order)
    if free < amount:
        raise No("exceeds_authorization")
    if amount > due:
        raise No("exceeds_due")
    yield
    case.change()
    ask_capture(order, amount, case.command.reason)


def retryable(order: ShadowOrder, key: str) -> tuple[ShadowRequest | None, int]:
    """
    Find a request that a person may have asked anew, and what of it is still to be asked.

    """
    request = order.requests.get(key)
    if request is None or not request.waits_for_person:
        return request, 0
    if request.kind == "refund":
        there = sum(to_pay_back(order, payment) for payment in order.payments.values())
        return request, min(request.amount, there)
    return request, min(request.amount, unasked(order, request.payment), unpaid_minor(order))


# --- answers --------------------------------------------------------------------------------------


def answered(case: Case, order: ShadowOrder, key: str, outcome: Outcome) -> str:
    """
    Let an answer have its effect; returns the word for the anomaly where it contradicts.

    """
    payment = order.payments.get(key)
    if payment is not None:
        return _authorization(case, payment, outcome)
    request = order.requests[key]
    if isinstance(outcome, Unknown | ActionRequired):
        return ""
    word = "succeeded" if isinstance(outcome, Succeeded) else "declined"
    if request.status == word:
        return ""
    if request.status != "requested":
        return f"{request.kind}_{word}_after_{request.status}"
    if isinstance(outcome, Declined):
        request.status = "declined"
        case.change()
        return ""
    if outcome.amount_minor not in {None, request.amount}:
        return f"{request.kind}_amount_differs"
    request.status = "succeeded"
    _done(case, order, request, outcome)
    return ""


def _authorization(case: Case, payment: ShadowPayment, outcome: Outcome) -> str:
    waits = payment.status in {"requested", "action_required"}
    if isinstance(outcome, Succeeded):
        if not waits:
            return "authorized_after_decline" if payment.status == "declined" else ""
        if outcome.amount_minor not in {None, payment.asked}:
            return "authorized_amount_differs"
        payment.status, payment.authorized = "authorized", payment.asked
        payment.account, payment.reference = outcome.account, outcome.reference
    elif isinstance(outcome, Declined):
        if not waits:
            return "" if payment.status == "declined" else "declined_after_authorization"
        payment.status = "declined"
    elif isinstance(outcome, ActionRequired) and payment.status == "requested":
        payment.status, payment.reference = "action_required", outcome.reference
    else:
        return ""
    case.change()
    return ""


def _done(case: Case, order: ShadowOrder, request: ShadowRequest, outcome: Succeeded) -> None:
    payment, stock = request.payment, case.change()
    if request.kind == "refund":
        payment.refunded += request.amount
        stock.pay(order.currency, outcome.account, -request.amount)
        return
    if request.kind == "capture":
        payment.captured += request.amount
        stock.pay(order.currency, outcome.account, request.amount)
    else:
        payment.voided += request.amount
    if payment.captured + payment.voided == payment.authorized:
        payment.status = "settled" if payment.captured else "voided"
