"""
Genuine is not true: what a notice says is compared with what was asked.

Compared are the account, the currency, the amount, the kind of the request, and whose request it
is. What does not agree is never applied, however well it is signed. The words:

    order_differs        its numbers and our key name different orders
    request_unknown      the order has asked nothing under that key or number
    kind_differs         it speaks of a capture where a refund was asked
    account_differs      of another provider account than the payment's
    currency_differs     not in the order's currency
    amount_not_stated    a success about money that does not say how much
    amount_differs       not as much as was asked
"""

from typing import Final

import attrs

from ordercore.grammar import Command, Succeeded
from ordercore.ids import OrderId
from ordercore.intake._notices import Notice, NoticeKind
from ordercore.orders import Order, RecordOutcome, RecordPayment
from ordercore.payments import Payment, RequestKind

__all__ = ["Judgement", "command_of", "judge"]

_KINDS: Final = {
    RequestKind.CAPTURE: NoticeKind.CAPTURE,
    RequestKind.VOID: NoticeKind.VOID,
    RequestKind.REFUND: NoticeKind.REFUND,
}


@attrs.frozen(kw_only=True)
class Judgement:
    """
    What comparing a notice with its order has come to.

    Attributes:
        subject: The key of the request that it is about; of money that came in by itself, its
            number.
        contradiction: What does not agree, or "" where all does.
    """

    subject: str
    contradiction: str = ""


@attrs.frozen(kw_only=True)
class _Asked:
    """
    What was asked under a key.

    """

    kind: NoticeKind
    amount_minor: int | None
    payment: Payment | None


def judge(notice: Notice, order: Order) -> Judgement:
    """
    Compare a notice with an order. Cost: O(payments + requests + packages).

    """
    if notice.kind is NoticeKind.PAYMENT:
        differs = "" if notice.currency == order.currency else "currency_differs"
        return Judgement(subject=notice.names[0], contradiction=differs)
    key = notice.effect_key or _key_of(notice, order)
    asked = _asked(order, key)
    if asked is None:
        subject = key or next(iter(notice.names), notice.event_id)
        return Judgement(subject=subject, contradiction="request_unknown")
    return Judgement(subject=key, contradiction=_contradiction(notice, asked))


def command_of(notice: Notice, order_id: str, effect_key: str) -> Command:
    """
    Return the command by which an order is told what a notice says.

    """
    if notice.outcome is None:
        return RecordPayment(
            order_id=OrderId(order_id),
            method=notice.method,
            amount_minor=notice.amount_minor or 0,  # a payment states its amount
            currency=notice.currency,
            account=notice.account,
            reference=notice.references[0],
            occurred_at=notice.occurred_at,
        )
    outcome = notice.outcome
    if isinstance(outcome, Succeeded):
        outcome = attrs.evolve(outcome, account=notice.account, amount_minor=notice.amount_minor)
    return RecordOutcome(order_id=OrderId(order_id), effect_key=effect_key, outcome=outcome)


def _key_of(notice: Notice, order: Order) -> str:
    """
    Find the request that one of the numbers answers, of the kind that the notice speaks of.

    """
    for name in notice.names:
        if notice.kind is NoticeKind.AUTHORIZATION:
            for payment in order.payments.payments:
                if f"{payment.account}:{payment.reference}" == name:
                    return payment.payment_id
        for request in order.payments.requests:
            if request.answered_by == name and _KINDS[request.kind] is notice.kind:
                return request.request_id
    return ""


def _asked(order: Order, key: str) -> _Asked | None:
    payment = order.payments.payment(key)
    if payment is not None:
        return _Asked(
            kind=NoticeKind.AUTHORIZATION, amount_minor=payment.asked_minor, payment=payment
        )
    request = order.payments.request(key)
    if request is not None:
        return _Asked(
            kind=_KINDS[request.kind],
            amount_minor=request.amount_minor,
            payment=order.payments.payment(request.payment_id),
        )
    if any(key == f"{package.id}/label" for package in order.fulfillment.packages):
        return _Asked(kind=NoticeKind.LABEL, amount_minor=None, payment=None)
    return None


def _contradiction(notice: Notice, asked: _Asked) -> str:
    if notice.kind is not asked.kind:
        return "kind_differs"
    payment = asked.payment
    if payment is None:
        return ""
    if payment.account and payment.account != notice.account:
        return "account_differs"
    if notice.currency and notice.currency != payment.currency:
        return "currency_differs"
    succeeded = isinstance(notice.outcome, Succeeded)
    if succeeded and (notice.amount_minor is None or not notice.currency):
        return "amount_not_stated"
    return "" if notice.amount_minor in {None, asked.amount_minor} else "amount_differs"
