"""
The rules of payments.

Money is taken from tenders in their sequence, each up to what it has left, and given back in the
same sequence, each up to what was taken from it. A request freezes amount and target; another
need is another request. An outcome that comes twice says nothing new; one that contradicts what
is recorded is an anomaly and changes nothing, see :func:`record_outcome`.
"""

from typing import Final

from ordercore.errors import Rejected
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.ids import PaymentId, child
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
from ordercore.payments._lifecycles import PAYMENT_LIFECYCLE, REQUEST_LIFECYCLE
from ordercore.payments._payments import MoneyRequest, Payment, Payments, RequestKind, Tender

__all__ = [
    "TENDERS_MAX",
    "authorize_tenders",
    "record_outcome",
    "record_payment",
    "request_capture",
    "request_refund",
    "request_voids",
]

#: How many payments one order may have over its life.
TENDERS_MAX: Final = 50


def authorize_tenders(
    state: Payments, order_id: str, tenders: tuple[Tender, ...], due_minor: int, currency: str
) -> tuple[PaymentEvent, ...]:
    """
    Freeze one authorization request a tender.

    Args:
        state: The payments so far.
        order_id: Whose payments they become.
        tenders: In the sequence in which they are to be used.
        due_minor: What they must come to together.
        currency: Of the order.

    Raises:
        Rejected: ``tenders_differ_from_total`` where they do not come to what is due;
            ``too_many_tenders``.
    """
    if len(state.payments) + len(tenders) > TENDERS_MAX:
        raise Rejected(
            "too_many_tenders",
            f"order {order_id} would have {len(state.payments) + len(tenders)} payments",
            legal=(f"at most {TENDERS_MAX}",),
        )
    named = sum(t.amount_minor for t in tenders if t.amount_minor is not None)
    open_ended = [t for t in tenders if t.amount_minor is None]
    rest = due_minor - named
    if len(open_ended) > 1 or rest < 0 or (rest > 0 and not open_ended):
        raise Rejected(
            "tenders_differ_from_total",
            f"tenders of order {order_id} name {named} of {due_minor} {currency} (minor units)",
            data={"named_minor": named, "due_minor": due_minor, "currency": currency},
            legal=(f"amounts that come to {due_minor}", "one tender without amount for the rest"),
        )
    first = len(state.payments) + 1
    # A tender for the rest is not asked where nothing is left for it.
    shares = [(t, rest if t.amount_minor is None else t.amount_minor) for t in tenders]
    asked = [(tender, amount) for tender, amount in shares if amount]
    return tuple(
        AuthorizationRequested(
            payment_id=PaymentId(child(order_id, "payment", n)),
            method=tender.method,
            token_ref=tender.token_ref,
            amount_minor=amount,
            currency=currency,
            status=PAYMENT_LIFECYCLE().initial,
        )
        for n, (tender, amount) in enumerate(asked, first)
    )


def record_payment(
    state: Payments,
    order_id: str,
    *,
    method: str,
    amount_minor: int,
    currency: str,
    account: str,
    reference: str,
    occurred_at: Instant,
) -> tuple[PaymentEvent, ...]:
    """
    Record money that has come in outside of our asking; nothing where it is recorded already.

    The same number in the same account is the same money.

    Raises:
        Rejected: ``payment_differs`` where that number is recorded with another amount.
    """
    for known in state.payments:
        if reference and (known.account, known.reference) == (account, reference):
            if known.captured_minor == amount_minor:
                return ()
            raise Rejected(
                "payment_differs",
                f"{account}:{reference} is recorded with {known.captured_minor}, "
                f"not with {amount_minor}",
                data={"recorded_minor": known.captured_minor, "amount_minor": amount_minor},
                legal=("the amount as recorded", "another reference"),
            )
    number = len(state.payments) + 1
    if number > TENDERS_MAX:
        raise Rejected(
            "too_many_tenders",
            f"order {order_id} would have {number} payments",
            legal=(f"at most {TENDERS_MAX}",),
        )
    return (
        PaymentRecorded(
            payment_id=PaymentId(child(order_id, "payment", number)),
            method=method,
            amount_minor=amount_minor,
            currency=currency,
            account=account,
            reference=reference,
            occurred_at=occurred_at,
            status="settled",
        ),
    )


def request_capture(
    state: Payments, order_id: str, amount_minor: int, purpose: str, repeats: str = ""
) -> tuple[PaymentEvent, ...]:
    """
    Take an amount from the authorized tenders, in their sequence.

    What a provider has refused is left out, except where its own request is repeated.

    Raises:
        Rejected: ``exceeds_authorization`` where they have less left; nothing is taken then.
    """
    events: list[PaymentEvent] = []
    wanted, number = amount_minor, len(state.requests)
    again = state.request(repeats)
    for payment in state.payments:
        if again is not None and payment.payment_id != again.payment_id:
            continue
        left = state.usable_minor(payment) if again is None else state.capturable_minor(payment)
        part = min(wanted, left)
        if part <= 0:
            continue
        number += 1
        wanted -= part
        events.append(
            CaptureRequested(
                request_id=child(order_id, "capture", number),
                payment_id=payment.payment_id,
                amount_minor=part,
                currency=payment.currency,
                purpose=purpose,
                repeats=repeats,
            )
        )
    if wanted:
        left = amount_minor - wanted
        raise Rejected(
            "exceeds_authorization",
            f"can't capture {amount_minor} for order {order_id}: {left} is authorized and not used",
            data={"asked_minor": amount_minor, "capturable_minor": left},
            legal=(f"at most {left}",)
            if left
            else ("AddTender", "RetryEffect of what was declined"),
        )
    return tuple(events)


def request_voids(state: Payments, order_id: str) -> tuple[PaymentEvent, ...]:
    """
    Give back what is left of every authorization on which no capture is under way.

    """
    number = len(state.requests)
    events: list[PaymentEvent] = []
    for payment in state.payments:
        left = state.capturable_minor(payment)
        if left <= 0 or state.pending_minor(RequestKind.CAPTURE, payment.payment_id):
            continue
        if any(
            r.kind is RequestKind.VOID and r.payment_id == payment.payment_id
            for r in state.requests
        ):
            continue  # asked once: what the provider would not void ends by itself
        number += 1
        events.append(
            VoidRequested(
                request_id=child(order_id, "void", number),
                payment_id=payment.payment_id,
                amount_minor=left,
                currency=payment.currency,
            )
        )
    return tuple(events)


def request_refund(
    state: Payments, order_id: str, amount_minor: int, purpose: str, repeats: str = ""
) -> tuple[PaymentEvent, ...]:
    """
    Give an amount back to the tenders in their sequence, each up to what was taken from it.

    Returns fewer than asked where less was taken; the caller's grant keeps the rest in view.
    """
    events: list[PaymentEvent] = []
    wanted, number = amount_minor, len(state.requests)
    for payment in state.payments:
        part = min(wanted, state.refundable_minor(payment))
        if part <= 0:
            continue
        number += 1
        wanted -= part
        events.append(
            RefundRequested(
                request_id=child(order_id, "refund", number),
                payment_id=payment.payment_id,
                amount_minor=part,
                currency=payment.currency,
                purpose=purpose,
                repeats=repeats,
            )
        )
    return tuple(events)


def record_outcome(state: Payments, key: str, outcome: Outcome) -> tuple[PaymentEvent, ...] | str:
    """
    Record what a request has come to.

    Args:
        state: The payments so far.
        key: The request's id, or the payment's for its authorization.
        outcome: What the provider says.

    Returns:
        Events; none where the outcome is recorded already; a word for the anomaly where it
        contradicts what is recorded or what was asked.

    Raises:
        Rejected: ``unknown_request`` where nothing of that name was ever asked.
    """
    payment = state.payment(key)
    if payment is not None:
        return _authorization_outcome(payment, outcome)
    request = state.request(key)
    if request is None:
        asked = (*(p.payment_id for p in state.payments), *(r.request_id for r in state.requests))
        raise Rejected(
            "unknown_request",
            f"nothing was asked under {key}",
            data={"key": key},
            legal=asked or ("nothing: nothing was asked",),
        )
    owner = state.payment(request.payment_id)
    assert owner is not None  # noqa: S101 - a request is folded after its payment
    return _request_outcome(request, owner, outcome)


def _authorization_outcome(payment: Payment, outcome: Outcome) -> tuple[PaymentEvent, ...] | str:
    lifecycle = PAYMENT_LIFECYCLE()
    asked = payment.status in {"requested", "action_required"}
    if isinstance(outcome, Succeeded):
        if not asked:
            refused = payment.status == "declined"
            return "authorized_after_decline" if refused else ()
        if outcome.amount_minor not in {None, payment.asked_minor}:
            return "authorized_amount_differs"
        return (
            PaymentAuthorized(
                payment_id=payment.payment_id,
                amount_minor=payment.asked_minor,
                account=outcome.account,
                reference=outcome.reference,
                valid_until=outcome.valid_until,
                status=lifecycle.after(payment.status, "authorize", payment.payment_id),
            ),
        )
    if isinstance(outcome, Declined):
        if not asked:
            return () if payment.status == "declined" else "declined_after_authorization"
        return (
            AuthorizationDeclined(
                payment_id=payment.payment_id,
                code=outcome.code,
                reason=outcome.reason,
                status=lifecycle.after(payment.status, "decline", payment.payment_id),
            ),
        )
    if isinstance(outcome, ActionRequired) and payment.status == "requested":
        return (
            PaymentActionRequired(
                payment_id=payment.payment_id,
                reference=outcome.reference,
                action=outcome.action,
                status=lifecycle.after(payment.status, "require_action", payment.payment_id),
            ),
        )
    return ()


def _request_outcome(
    request: MoneyRequest, payment: Payment, outcome: Outcome
) -> tuple[PaymentEvent, ...] | str:
    if isinstance(outcome, Unknown | ActionRequired):
        return ()
    word = "succeed" if isinstance(outcome, Succeeded) else "decline"
    led_to = "succeeded" if word == "succeed" else "declined"
    if not REQUEST_LIFECYCLE().allows(request.status, word):
        contradicts = request.status != led_to
        return f"{request.kind}_{led_to}_after_{request.status}" if contradicts else ()
    if isinstance(outcome, Declined):
        return (_declined(request, outcome),)
    if outcome.amount_minor not in {None, request.amount_minor}:
        return f"{request.kind}_amount_differs"
    return (_succeeded(request, payment, outcome),)


def _declined(
    request: MoneyRequest, outcome: Declined
) -> CaptureDeclined | VoidDeclined | RefundDeclined:
    kinds: dict[RequestKind, type[CaptureDeclined | VoidDeclined | RefundDeclined]] = {
        RequestKind.CAPTURE: CaptureDeclined,
        RequestKind.VOID: VoidDeclined,
        RequestKind.REFUND: RefundDeclined,
    }
    return kinds[request.kind](
        request_id=request.request_id,
        payment_id=request.payment_id,
        code=outcome.code,
        reason=outcome.reason,
    )


def _succeeded(request: MoneyRequest, payment: Payment, outcome: Succeeded) -> PaymentEvent:
    lifecycle = PAYMENT_LIFECYCLE()
    if request.kind is RequestKind.REFUND:
        return PaymentRefunded(
            request_id=request.request_id,
            payment_id=request.payment_id,
            amount_minor=request.amount_minor,
            account=outcome.account,
            reference=outcome.reference,
        )
    if request.kind is RequestKind.VOID:
        word = "settle" if payment.captured_minor else "void"
        return AuthorizationVoided(
            request_id=request.request_id,
            payment_id=request.payment_id,
            amount_minor=request.amount_minor,
            status=lifecycle.after(payment.status, word, payment.payment_id),
        )
    used = payment.captured_minor + payment.voided_minor + request.amount_minor
    word = "settle" if used == payment.authorized_minor else "capture"
    return PaymentCaptured(
        request_id=request.request_id,
        payment_id=request.payment_id,
        amount_minor=request.amount_minor,
        account=outcome.account,
        reference=outcome.reference,
        status=lifecycle.after(payment.status, word, payment.payment_id),
    )
