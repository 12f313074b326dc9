"""
The fold of payments: what each fact changes of them.

"""

from collections.abc import Callable
from typing import Any, Final

from ordercore.grammar import replaced
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
from ordercore.payments._payments import MoneyRequest, Payment, Payments, RequestKind

__all__ = ["evolve"]


def evolve(state: Payments, event: PaymentEvent) -> Payments:
    """
    Fold one event into the payments of an order.

    """
    return _FOLDS[type(event)](state, event)


def _with_payment(state: Payments, payment_id: str, **changes: Any) -> Payments:
    return replaced(state, payments=_changed_payments(state, payment_id, **changes))


def _changed_payments(state: Payments, payment_id: str, **changes: Any) -> tuple[Payment, ...]:
    return tuple(
        [replaced(p, **changes) if p.payment_id == payment_id else p for p in state.payments]
    )


def _changed_requests(state: Payments, request_id: str, **changes: Any) -> tuple[MoneyRequest, ...]:
    return tuple(
        [replaced(r, **changes) if r.request_id == request_id else r for r in state.requests]
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
    return replaced(state, payments=(*state.payments, payment))


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
    return replaced(state, payments=(*state.payments, payment))


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
        known = state.requests
        if again:
            known = tuple(replaced(r, repeated=True) if r.request_id == again else r for r in known)
        return replaced(state, requests=(*known, request))

    return fold


def _captured(state: Payments, event: PaymentCaptured) -> Payments:
    payment = _known(state, event.payment_id)
    taken = payment.captured_minor + event.amount_minor
    return replaced(
        state,
        payments=_changed_payments(
            state, event.payment_id, status=event.status, captured_minor=taken
        ),
        requests=_changed_requests(
            state, event.request_id, status="succeeded", answered_by=_number(event)
        ),
    )


def _voided(state: Payments, event: AuthorizationVoided) -> Payments:
    payment = _known(state, event.payment_id)
    given_back = payment.voided_minor + event.amount_minor
    return replaced(
        state,
        payments=_changed_payments(
            state, event.payment_id, status=event.status, voided_minor=given_back
        ),
        requests=_changed_requests(state, event.request_id, status="succeeded"),
    )


def _refunded(state: Payments, event: PaymentRefunded) -> Payments:
    payment = _known(state, event.payment_id)
    gone = payment.refunded_minor + event.amount_minor
    return replaced(
        state,
        payments=_changed_payments(state, event.payment_id, refunded_minor=gone),
        requests=_changed_requests(
            state, event.request_id, status="succeeded", answered_by=_number(event)
        ),
    )


def _request_declined(
    state: Payments, event: CaptureDeclined | VoidDeclined | RefundDeclined
) -> Payments:
    return replaced(state, requests=_changed_requests(state, event.request_id, status="declined"))


def _number(event: PaymentCaptured | PaymentRefunded) -> str:
    return f"{event.account}:{event.reference}"


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
