"""
Payments: tenders authorized, captured, voided and refunded, each request frozen before it is made.

"""

from ordercore.payments._decide import (
    authorize_tenders,
    record_outcome,
    record_payment,
    request_capture,
    request_refund,
    request_voids,
)
from ordercore.payments._effects import (
    AskAuthorization,
    AskCapture,
    AskRefund,
    AskVoid,
    PaymentEffect,
    outstanding,
)
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
from ordercore.payments._payments import (
    EMPTY,
    MoneyRequest,
    Payment,
    Payments,
    RequestKind,
    Tender,
)
from ordercore.payments._state import evolve

__all__ = [
    "EMPTY",
    "PAYMENT_LIFECYCLE",
    "REQUEST_LIFECYCLE",
    "AskAuthorization",
    "AskCapture",
    "AskRefund",
    "AskVoid",
    "AuthorizationDeclined",
    "AuthorizationRequested",
    "AuthorizationVoided",
    "CaptureDeclined",
    "CaptureRequested",
    "MoneyRequest",
    "Payment",
    "PaymentActionRequired",
    "PaymentAuthorized",
    "PaymentCaptured",
    "PaymentEffect",
    "PaymentEvent",
    "PaymentRecorded",
    "PaymentRefunded",
    "Payments",
    "RefundDeclined",
    "RefundRequested",
    "RequestKind",
    "Tender",
    "VoidDeclined",
    "VoidRequested",
    "authorize_tenders",
    "evolve",
    "outstanding",
    "record_outcome",
    "record_payment",
    "request_capture",
    "request_refund",
    "request_voids",
]
