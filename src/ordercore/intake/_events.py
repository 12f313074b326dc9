"""
What can have happened to a received message. Names and fields are the storage format.

"""

import attrs

from ordercore.grammar import AttemptFailed, EffectRetried, Event, OperatorNeeded
from ordercore.ids import OrderId
from ordercore.instants import Instant
from ordercore.intake._notices import Notice
from ordercore.orders import SOMEBODY_WAITS

__all__ = [
    "AnomalyTold",
    "NoticeApplied",
    "NoticeDismissed",
    "NoticeEvent",
    "NoticeMatched",
    "NoticeNoted",
    "NoticeParked",
    "NoticeReceived",
    "NoticeReopened",
    "NoticeSetAside",
]


@attrs.frozen(kw_only=True)
class NoticeReceived(Event):
    """
    A genuine message has come in.

    Attributes:
        provider: Whose.
        message_id: The provider's id of it.
        notices: What it says, numbered from 1.
        accounts: The accounts for which its source may speak; empty for any.
        vault_ref: Where the host keeps the raw body for a while, or "".
        received_at: When it was kept.
        status: Of each of its notices.
    """

    provider: str
    message_id: str
    notices: tuple[Notice, ...]
    accounts: tuple[str, ...]
    vault_ref: str
    received_at: Instant
    status: str


@attrs.frozen(kw_only=True)
class NoticeNoted(Event):
    """
    A notice says nothing that an order goes by.

    """

    number: int
    status: str


@attrs.frozen(kw_only=True)
class NoticeParked(Event):
    """
    Nobody knows yet what a notice speaks about; it is looked for again.

    Attributes:
        number: Which notice of the message.
        tries: How often it was looked for.
        not_before: When it is looked for next, unless what it waits for appears before.
        slots: Under which names whoever records what it waits for finds it.
        status: What this led to.
    """

    number: int
    tries: int
    not_before: Instant
    slots: tuple[str, ...]
    status: str

    @property
    def references(self) -> tuple[str, ...]:
        """
        The names under which it waits, and that it does.

        """
        return (*self.slots, SOMEBODY_WAITS)


@attrs.frozen(kw_only=True)
class NoticeMatched(Event):
    """
    The order is known, and what the notice says agrees with what was asked.

    Attributes:
        number: Which notice of the message.
        order_id: Which order.
        effect_key: Which request of it; "" for money that came in by itself.
        status: What this led to.
    """

    number: int
    order_id: OrderId
    effect_key: str
    status: str


@attrs.frozen(kw_only=True)
class NoticeApplied(Event):
    """
    The order has taken what the notice says.

    """

    number: int
    status: str


@attrs.frozen(kw_only=True)
class NoticeSetAside(Event):
    """
    A notice is not applied; it waits for a person.

    Attributes:
        number: Which notice of the message.
        reason: Why: a stable word where it does not agree with what was asked.
        order_id: The order that it would be about, or "".
        subject: What of that order.
        tells_order: Whether the order is told that something does not fit.
        status: What this led to.
    """

    number: int
    reason: str
    order_id: str
    subject: str
    tells_order: bool
    status: str


@attrs.frozen(kw_only=True)
class AnomalyTold(Event):
    """
    The order has kept that it was told what does not fit.

    """

    number: int


@attrs.frozen(kw_only=True)
class NoticeReopened(Event):
    """
    A person lets a notice be worked off again.

    Attributes:
        number: Which notice of the message.
        reopened_at: When; it is looked for as long again.
        status: What this led to.
    """

    number: int
    reopened_at: Instant
    status: str


@attrs.frozen(kw_only=True)
class NoticeDismissed(Event):
    """
    A person has said that nothing follows from a notice.

    """

    number: int
    reason: str
    status: str


NoticeEvent = (
    NoticeReceived
    | NoticeNoted
    | NoticeParked
    | NoticeMatched
    | NoticeApplied
    | NoticeSetAside
    | AnomalyTold
    | NoticeReopened
    | NoticeDismissed
    | AttemptFailed
    | OperatorNeeded
    | EffectRetried
)
