"""
The payments of an order: every amount is a sum over facts, none is kept beside them.

"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import attrs

from ordercore.grammar import derived
from ordercore.ids import PaymentId
from ordercore.instants import Instant

__all__ = [
    "EMPTY",
    "MoneyRequest",
    "Payment",
    "Payments",
    "RequestKind",
    "Tender",
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


@attrs.frozen(kw_only=True, slots=False)
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


@attrs.frozen(kw_only=True, slots=False)
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


@attrs.frozen(kw_only=True, slots=False)
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
        for p in self.payments:
            if p.payment_id == payment_id:
                return p
        return None

    def request(self, request_id: str) -> MoneyRequest | None:
        """
        Return a request by id.

        """
        for r in self.requests:
            if r.request_id == request_id:
                return r
        return None

    def pending_minor(self, kind: RequestKind, payment_id: str | None = None) -> int:
        """
        Sum what was asked and not answered, of one kind, for one payment or all.

        """
        return self._pending.get((kind, payment_id), 0)

    @derived
    def _pending(self) -> Mapping[tuple[RequestKind, PaymentId | str | None], int]:
        """
        What was asked and not answered, by kind and payment, and by kind alone (None).

        """
        sums: dict[tuple[RequestKind, PaymentId | str | None], int] = {}
        for r in self.requests:
            if r.status == "requested":
                for key in ((r.kind, r.payment_id), (r.kind, None)):
                    sums[key] = sums.get(key, 0) + r.amount_minor
        return sums

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

    @derived
    def has_capturable(self) -> bool:
        """
        Whether of any authorization something is neither taken, given back, nor asked for.

        """
        return any(self.capturable_minor(payment) > 0 for payment in self.payments)

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

    @derived
    def authorized_minor(self) -> int:
        """
        What providers have promised or paid, less what was given back unused.

        """
        return sum(p.authorized_minor - p.voided_minor for p in self.payments)

    @derived
    def captured_minor(self) -> int:
        """
        What has been taken.

        """
        return sum(p.captured_minor for p in self.payments)

    @derived
    def refunded_minor(self) -> int:
        """
        What has gone back.

        """
        return sum(p.refunded_minor for p in self.payments)

    @derived
    def asked_back_minor(self) -> int:
        """
        What was asked to be refunded, whatever became of it, but what was asked anew since.

        """
        return sum(
            r.amount_minor
            for r in self.requests
            if r.kind is RequestKind.REFUND and (r.status != "declined" or r.waits_for_person)
        )

    @property
    def undecided_minor(self) -> int:
        """
        What may still be authorized: asked, or waiting for the customer.

        """
        return sum(
            p.asked_minor for p in self.payments if p.status in {"requested", "action_required"}
        )


EMPTY: Final = Payments()
