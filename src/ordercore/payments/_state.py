"""
The fold of payments: every amount is a sum over facts, none is kept beside them.

"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import attrs

from ordercore.ids import PaymentId
from ordercore.instants import Instant
from ordercore.payments._events import (
    AuthorizationDeclined,
    AuthorizationRequested,
    AuthorizationVoided,
    CaptureDeclined,
    CaptureRequested,
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentEvent,
    PaymentRecorded,
    PaymentRefunded,
    RefundDeclined,
    RefundRequested,
    VoidDeclined,
    VoidRequested,
)

__all__ = [
    "EMPTY",
    "MoneyRequest",
    "Payment",
    "Payments",
    "RequestKind",
    "Tender",
    "evolve",
]


@attrs.frozen(kw_only=True)
class Tender:
    """
    One means by which the customer pays.

    Attributes:
        method: How (``"card"``, ``"voucher"``); the payment port knows the word.
        token_ref: The host vault's reference to it, never a card number.
        amount_minor: How much of the order it pays; None, once and last, for the rest.
    """

    method: str
    token_ref: str
    amount_minor: int | None = None


class RequestKind(StrEnum):
    """
    What was asked about a payment.

    """

    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


@attrs.frozen(kw_only=True)
class MoneyRequest:
    """
    One capture, void or refund as it was asked, and what became of it.

    Attributes:
        request_id: Its name.
        kind: What was asked.
        payment_id: About which payment.
        amount_minor: How much.
        purpose: For what: a package, a grant, the caller's words.
        status: Where it is in its lifecycle.
        repeated: Declined, and asked anew under another name.
        answered_by: The provider's number for it (``"account:number"``), once it has succeeded.
    """

    request_id: str
    kind: RequestKind
    payment_id: PaymentId
    amount_minor: int
    purpose: str = ""
    status: str = "requested"
    repeated: bool = False
    answered_by: str = ""

    @property
    def waits_for_person(self) -> bool:
        """
        Whether it was declined and nobody has had it asked anew.

        """
        return self.status == "declined" and not self.repeated and self.kind is not RequestKind.VOID


@attrs.frozen(kw_only=True)
class Payment:
    """
    One tender of an order.

    Attributes:
        payment_id: Its name.
        method: How it is paid.
        token_ref: The vault's reference.
        currency: Of the order.
        asked_minor: What was to be authorized.
        status: Where it is in its lifecycle.
        authorized_minor: What the provider has promised.
        captured_minor: What has been taken.
        voided_minor: What has been given back unused.
        refunded_minor: What of the captured has gone back.
        account: The provider account.
        reference: The provider's number.
        valid_until: When the authorization ends by itself.
    """

    payment_id: PaymentId
    method: str
    token_ref: str
    currency: str
    asked_minor: int
    status: str
    authorized_minor: int = 0
    captured_minor: int = 0
    voided_minor: int = 0
    refunded_minor: int = 0
    account: str = ""
    reference: str = ""
    valid_until: Instant | None = None


@attrs.frozen(kw_only=True)
class Payments:
    """
    All payments of one order, in the sequence in which they are used.

    """

    payments: tuple[Payment, ...] = ()
    requests: tuple[MoneyRequest, ...] = ()

    def payment(self, payment_id: str) -> Payment | None:
        """
        Return a payment by id.

        """
        return next((p for p in self.payments if p.payment_id == payment_id), None)

    def request(self, request_id: str) -> MoneyRequest | None:
        """
        Return a request by id.

        """
        return next((r for r in self.requests if r.request_id == request_id), None)

    def pending_minor(self, kind: RequestKind, payment_id: str | None = None) -> int:
        """
        Sum what was asked and not answered, of one kind, for one payment or all.

        """
        return sum(
            r.amount_minor
            for r in self.requests
            if r.kind is kind and r.status == "requested" and payment_id in {None, r.payment_id}
        )

    def capturable_minor(self, payment: Payment) -> int:
        """
        What of an authorization is neither taken, given back, nor asked for.

        """
        if payment.status != "authorized":
            return 0
        taken = payment.captured_minor + payment.voided_minor
        asked = self.pending_minor(RequestKind.CAPTURE, payment.payment_id)
        voiding = self.pending_minor(RequestKind.VOID, payment.payment_id)
        return payment.authorized_minor - taken - asked - voiding

    def usable_minor(self, payment: Payment) -> int:
        """
        What of an authorization may be captured unasked.

        Nothing where the provider has declined a capture of it: what is authorized stays so, but
        only a person has it asked again.
        """
        refused = any(
            r.kind is RequestKind.CAPTURE
            and r.payment_id == payment.payment_id
            and r.waits_for_person
            for r in self.requests
        )
        return 0 if refused else self.capturable_minor(payment)

    def refundable_minor(self, payment: Payment) -> int:
        """
        What of the captured is neither refunded nor asked to be.

        """
        asked = self.pending_minor(RequestKind.REFUND, payment.payment_id)
        return payment.captured_minor - payment.refunded_minor - asked

    @property
    def authorized_minor(self) -> int:
        """
        What providers have promised or paid, less what was given back unused.

        """
        return sum(p.authorized_minor - p.voided_minor for p in self.payments)

    @property
    def captured_minor(self) -> int:
        """
        What has been taken.

        """
        return sum(p.captured_minor for p in self.payments)

    @property
    def refunded_minor(self) -> int:
        """
        What has gone back.

        """
        return sum(p.refunded_minor for p in self.payments)

    @property
    def undecided_minor(self) -> int:
        """
        What may still be authorized: asked, or waiting for the customer.

        """
        return sum(
            p.asked_minor for p in self.payments if p.status in {"requested", "action_required"}
        )


EMPTY: Final = Payments()


def evolve(state: Payments, event: PaymentEvent) -> Payments:
    """
    Fold one event into the payments of an order.

    """
    return _FOLDS[type(event)](state, event)


def _with_payment(state: Payments, payment_id: str, **changes: Any) -> Payments:
    return attrs.evolve(
        state,
        payments=tuple(
            attrs.evolve(p, **changes) if p.payment_id == payment_id else p for p in state.payments
        ),
    )


def _with_request(state: Payments, request_id: str, **changes: Any) -> Payments:
    return attrs.evolve(
        state,
        requests=tuple(
            attrs.evolve(r, **changes) if r.request_id == request_id else r for r in state.requests
        ),
    )


def _authorization_requested(state: Payments, event: AuthorizationRequested) -> Payments:
    payment = Payment(
        payment_id=event.payment_id,
        method=event.method,
        token_ref=event.token_ref,
        currency=event.currency,
        asked_minor=event.amount_minor,
        status=event.status,
    )
    return attrs.evolve(state, payments=(*state.payments, payment))


def _authorized(state: Payments, event: PaymentAuthorized) -> Payments:
    return _with_payment(
        state,
        event.payment_id,
        status=event.status,
        authorized_minor=event.amount_minor,
        account=event.account,
        reference=event.reference,
        valid_until=event.valid_until,
    )


def _action_required(state: Payments, event: PaymentActionRequired) -> Payments:
    return _with_payment(state, event.payment_id, status=event.status, reference=event.reference)


def _declined(state: Payments, event: AuthorizationDeclined) -> Payments:
    return _with_payment(state, event.payment_id, status=event.status)


def _recorded(state: Payments, event: PaymentRecorded) -> Payments:
    payment = Payment(
        payment_id=event.payment_id,
        method=event.method,
        token_ref="",
        currency=event.currency,
        asked_minor=event.amount_minor,
        status=event.status,
        authorized_minor=event.amount_minor,
        captured_minor=event.amount_minor,
        account=event.account,
        reference=event.reference,
    )
    return attrs.evolve(state, payments=(*state.payments, payment))


def _requested(kind: RequestKind) -> Callable[[Payments, Any], Payments]:
    def fold(
        state: Payments, event: CaptureRequested | VoidRequested | RefundRequested
    ) -> Payments:
        request = MoneyRequest(
            request_id=event.request_id,
            kind=kind,
            payment_id=event.payment_id,
            amount_minor=event.amount_minor,
            purpose="" if isinstance(event, VoidRequested) else event.purpose,
        )
        again = "" if isinstance(event, VoidRequested) else event.repeats
        known = tuple(
            attrs.evolve(r, repeated=True) if r.request_id == again else r for r in state.requests
        )
        return attrs.evolve(state, requests=(*known, request))

    return fold


def _captured(state: Payments, event: PaymentCaptured) -> Payments:
    payment = _known(state, event.payment_id)
    taken = payment.captured_minor + event.amount_minor
    state = _with_payment(state, event.payment_id, status=event.status, captured_minor=taken)
    number = f"{event.account}:{event.reference}"
    return _with_request(state, event.request_id, status="succeeded", answered_by=number)


def _voided(state: Payments, event: AuthorizationVoided) -> Payments:
    payment = _known(state, event.payment_id)
    given_back = payment.voided_minor + event.amount_minor
    state = _with_payment(state, event.payment_id, status=event.status, voided_minor=given_back)
    return _with_request(state, event.request_id, status="succeeded")


def _refunded(state: Payments, event: PaymentRefunded) -> Payments:
    payment = _known(state, event.payment_id)
    gone = payment.refunded_minor + event.amount_minor
    state = _with_payment(state, event.payment_id, refunded_minor=gone)
    number = f"{event.account}:{event.reference}"
    return _with_request(state, event.request_id, status="succeeded", answered_by=number)


def _request_declined(
    state: Payments, event: CaptureDeclined | VoidDeclined | RefundDeclined
) -> Payments:
    return _with_request(state, event.request_id, status="declined")


def _known(state: Payments, payment_id: str) -> Payment:
    return next(p for p in state.payments if p.payment_id == payment_id)


_FOLDS: Final[dict[type, Callable[[Payments, Any], Payments]]] = {
    AuthorizationRequested: _authorization_requested,
    PaymentAuthorized: _authorized,
    PaymentActionRequired: _action_required,
    AuthorizationDeclined: _declined,
    PaymentRecorded: _recorded,
    CaptureRequested: _requested(RequestKind.CAPTURE),
    PaymentCaptured: _captured,
    CaptureDeclined: _request_declined,
    VoidRequested: _requested(RequestKind.VOID),
    AuthorizationVoided: _voided,
    VoidDeclined: _request_declined,
    RefundRequested: _requested(RequestKind.REFUND),
    PaymentRefunded: _refunded,
    RefundDeclined: _request_declined,
}
