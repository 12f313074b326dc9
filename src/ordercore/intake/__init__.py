"""
Intake of webhooks: verified, kept, acknowledged, and only then worked off.

A source verifies a message and reads what it says into notices. The message is kept in one commit
and acknowledged; looking for the orders that it speaks about, comparing, and telling them is what
the message's own stream owes from then on. What nobody knows yet is parked and found again; what
does not agree with what was asked is never applied and waits for a person.

Nothing of this room is loaded before the first message.
"""

from ordercore.intake._aggregate import FAMILIES, NOTICES
from ordercore.intake._commands import (
    NOTICES_MAX,
    DismissNotice,
    NoticeCommand,
    ReceiveNotice,
    RecordNoticeAttempt,
    RecordNoticeOutcome,
    ReopenNotice,
    RetryNotice,
    SeekOrders,
)
from ordercore.intake._events import (
    AnomalyTold,
    NoticeApplied,
    NoticeDismissed,
    NoticeEvent,
    NoticeMatched,
    NoticeNoted,
    NoticeParked,
    NoticeReceived,
    NoticeReopened,
    NoticeSetAside,
)
from ordercore.intake._judge import Judgement, judge
from ordercore.intake._lifecycles import NOTICE_LIFECYCLE
from ordercore.intake._notices import REFERENCES_MAX, Notice, NoticeKind, notice_id_of
from ordercore.intake._seek import PARKED_MAX_S
from ordercore.intake._signatures import (
    BODY_BYTES_MAX,
    Headers,
    sign_standard_webhook,
    sign_stripe_webhook,
    verify_standard_webhook,
    verify_stripe_signature,
)
from ordercore.intake._sources import SignedWebhook, json_object
from ordercore.intake._state import Message, ToldNotice

__all__ = [
    "BODY_BYTES_MAX",
    "FAMILIES",
    "NOTICES",
    "NOTICES_MAX",
    "NOTICE_LIFECYCLE",
    "PARKED_MAX_S",
    "REFERENCES_MAX",
    "AnomalyTold",
    "DismissNotice",
    "Headers",
    "Judgement",
    "Message",
    "Notice",
    "NoticeApplied",
    "NoticeCommand",
    "NoticeDismissed",
    "NoticeEvent",
    "NoticeKind",
    "NoticeMatched",
    "NoticeNoted",
    "NoticeParked",
    "NoticeReceived",
    "NoticeReopened",
    "NoticeSetAside",
    "ReceiveNotice",
    "RecordNoticeAttempt",
    "RecordNoticeOutcome",
    "ReopenNotice",
    "RetryNotice",
    "SeekOrders",
    "SignedWebhook",
    "ToldNotice",
    "json_object",
    "judge",
    "notice_id_of",
    "sign_standard_webhook",
    "sign_stripe_webhook",
    "verify_standard_webhook",
    "verify_stripe_signature",
]
