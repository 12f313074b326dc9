"""
What payments owe to the world: every request without an outcome.

"""

import attrs

from ordercore.grammar import Effect
from ordercore.ids import PaymentId
from ordercore.payments._state import MoneyRequest, Payment, Payments, RequestKind

__all__ = [
    "AskAuthorization",
    "AskCapture",
    "AskRefund",
    "AskVoid",
    "PaymentEffect",
    "outstanding",
]


@attrs.frozen(kw_only=True)
class AskAuthorization(Effect):
    """
    Ask the provider to keep an amount for us.

    """

    payment_id: PaymentId
    method: str
    token_ref: str
    amount_minor: int
    currency: str


@attrs.frozen(kw_only=True)
class _ToOnePayment(Effect):
    """
    What is asked about one authorization: one at a time, in the order in which it was requested.

    Providers lock an authorization while they work on it, and go by their own books: a void takes
    all that captures have left.
    """

    payment_id: PaymentId

    @property
    def lane(self) -> str:
        """
        The payment.

        """
        return self.payment_id


@attrs.frozen(kw_only=True)
class AskCapture(_ToOnePayment):
    """
    Ask the provider for part of an authorized amount.

    """

    authorization: str
    amount_minor: int
    currency: str


@attrs.frozen(kw_only=True)
class AskVoid(_ToOnePayment):
    """
    Tell the provider that the rest of an authorization is not needed.

    """

    authorization: str
    amount_minor: int
    currency: str


@attrs.frozen(kw_only=True)
class AskRefund(_ToOnePayment):
    """
    Ask the provider to return captured money.

    """

    authorization: str
    amount_minor: int
    currency: str


PaymentEffect = AskAuthorization | AskCapture | AskVoid | AskRefund


def outstanding(state: Payments) -> tuple[PaymentEffect, ...]:
    """
    List every request that has no outcome, in the order in which they were made.

    Cost: O(payments + requests).
    """
    effects: list[PaymentEffect] = [
        AskAuthorization(
            key=payment.payment_id,
            payment_id=payment.payment_id,
            method=payment.method,
            token_ref=payment.token_ref,
            amount_minor=payment.asked_minor,
            currency=payment.currency,
        )
        for payment in state.payments
        if payment.status == "requested"
    ]
    by_id = {payment.payment_id: payment for payment in state.payments}
    effects.extend(
        _ask(request, by_id[request.payment_id])
        for request in state.requests
        if request.status == "requested"
    )
    return tuple(effects)


def _ask(request: MoneyRequest, payment: Payment) -> AskCapture | AskVoid | AskRefund:
    kinds: dict[RequestKind, type[AskCapture | AskVoid | AskRefund]] = {
        RequestKind.CAPTURE: AskCapture,
        RequestKind.VOID: AskVoid,
        RequestKind.REFUND: AskRefund,
    }
    return kinds[request.kind](
        key=request.request_id,
        payment_id=payment.payment_id,
        authorization=payment.reference,
        amount_minor=request.amount_minor,
        currency=payment.currency,
    )
