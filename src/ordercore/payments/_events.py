"""
What can happen to payments. Names and fields are the storage format: change them with care.

A request is a fact that freezes what is asked: nothing that happens later alters it. Each outcome
records the status that it led to, so the fold never asks today's lifecycle.
"""

import attrs

from ordercore.grammar import Event
from ordercore.ids import PaymentId
from ordercore.instants import Instant

__all__ = [
    "AuthorizationDeclined",
    "AuthorizationRequested",
    "AuthorizationVoided",
    "CaptureDeclined",
    "CaptureRequested",
    "PaymentActionRequired",
    "PaymentAuthorized",
    "PaymentCaptured",
    "PaymentEvent",
    "PaymentRecorded",
    "PaymentRefunded",
    "RefundDeclined",
    "RefundRequested",
    "VoidDeclined",
    "VoidRequested",
]


def _outside(account: str, reference: str) -> tuple[str, ...]:
    return (f"{account}:{reference}",) if reference else ()


@attrs.frozen(kw_only=True)
class AuthorizationRequested(Event):
    """
    A tender is to be authorized.

    Attributes:
        payment_id: The payment that begins here.
        method: How the customer pays (``"card"``); the payment port knows the word.
        token_ref: The host vault's reference to the means of payment.
        amount_minor: How much, in minor units.
        currency: Of the order.
        status: ``requested``.
    """

    payment_id: PaymentId
    method: str
    token_ref: str
    amount_minor: int
    currency: str
    status: str


@attrs.frozen(kw_only=True)
class PaymentAuthorized(Event):
    """
    The provider keeps the amount for us.

    """

    payment_id: PaymentId
    amount_minor: int
    account: str
    reference: str
    valid_until: Instant | None
    status: str

    @property
    def references(self) -> tuple[str, ...]:
        """
        The provider's number.

        """
        return _outside(self.account, self.reference)


@attrs.frozen(kw_only=True)
class PaymentActionRequired(Event):
    """
    The customer must confirm before the provider decides.

    """

    payment_id: PaymentId
    reference: str
    action: str
    status: str


@attrs.frozen(kw_only=True)
class AuthorizationDeclined(Event):
    """
    The provider refused.

    """

    payment_id: PaymentId
    code: str
    reason: str
    status: str


@attrs.frozen(kw_only=True)
class PaymentRecorded(Event):
    """
    Money has come in outside of our asking: a transfer, cash, a marketplace that collects.

    Attributes:
        payment_id: The payment, which begins and is captured here.
        method: How it was paid.
        amount_minor: How much has come.
        currency: Of the order.
        account: Whose statement it stands in.
        reference: Under which number.
        occurred_at: When it came.
        status: ``settled``.
    """

    payment_id: PaymentId
    method: str
    amount_minor: int
    currency: str
    account: str
    reference: str
    occurred_at: Instant
    status: str

    @property
    def references(self) -> tuple[str, ...]:
        """
        The number in the statement.

        """
        return _outside(self.account, self.reference)


@attrs.frozen(kw_only=True)
class CaptureRequested(Event):
    """
    Part of an authorization is to be taken.

    Attributes:
        request_id: Names the obligation; the idempotency key at the provider.
        payment_id: From which tender.
        amount_minor: How much.
        currency: Of the order.
        purpose: For what: the package that left.
        repeats: The declined request that a person wanted to be tried again, or "".
    """

    request_id: str
    payment_id: PaymentId
    amount_minor: int
    currency: str
    purpose: str
    repeats: str = ""


@attrs.frozen(kw_only=True)
class PaymentCaptured(Event):
    """
    The money is ours.

    Attributes:
        status: The payment's: ``settled`` where nothing of the authorization is left.
    """

    request_id: str
    payment_id: PaymentId
    amount_minor: int
    account: str
    reference: str
    status: str

    @property
    def references(self) -> tuple[str, ...]:
        """
        The provider's number.

        """
        return _outside(self.account, self.reference)


@attrs.frozen(kw_only=True)
class CaptureDeclined(Event):
    """
    The provider refused to pay out what it had authorized.

    """

    request_id: str
    payment_id: PaymentId
    code: str
    reason: str


@attrs.frozen(kw_only=True)
class VoidRequested(Event):
    """
    The rest of an authorization is no longer needed.

    """

    request_id: str
    payment_id: PaymentId
    amount_minor: int
    currency: str


@attrs.frozen(kw_only=True)
class AuthorizationVoided(Event):
    """
    The rest of an authorization has been given back.

    Attributes:
        status: The payment's: ``settled`` where part was captured before, else ``voided``.
    """

    request_id: str
    payment_id: PaymentId
    amount_minor: int
    status: str


@attrs.frozen(kw_only=True)
class VoidDeclined(Event):
    """
    The provider would not give an authorization back; it ends by itself.

    """

    request_id: str
    payment_id: PaymentId
    code: str
    reason: str


@attrs.frozen(kw_only=True)
class RefundRequested(Event):
    """
    Captured money is to go back.

    Attributes:
        request_id: Names the obligation; the idempotency key at the provider.
        payment_id: To which tender.
        amount_minor: How much.
        currency: Of the order.
        purpose: Which grant it carries out.
        repeats: The declined request that a person wanted to be tried again, or "".
    """

    request_id: str
    payment_id: PaymentId
    amount_minor: int
    currency: str
    purpose: str
    repeats: str = ""


@attrs.frozen(kw_only=True)
class PaymentRefunded(Event):
    """
    The money went back.

    """

    request_id: str
    payment_id: PaymentId
    amount_minor: int
    account: str
    reference: str

    @property
    def references(self) -> tuple[str, ...]:
        """
        The provider's number.

        """
        return _outside(self.account, self.reference)


@attrs.frozen(kw_only=True)
class RefundDeclined(Event):
    """
    The provider refused; the customer is still owed.

    """

    request_id: str
    payment_id: PaymentId
    code: str
    reason: str


PaymentEvent = (
    AuthorizationRequested
    | PaymentAuthorized
    | PaymentActionRequired
    | AuthorizationDeclined
    | PaymentRecorded
    | CaptureRequested
    | PaymentCaptured
    | CaptureDeclined
    | VoidRequested
    | AuthorizationVoided
    | VoidDeclined
    | RefundRequested
    | PaymentRefunded
    | RefundDeclined
)
