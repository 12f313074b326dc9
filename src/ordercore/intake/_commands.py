"""
Everything that can be asked of a received message.

"""

from collections.abc import Iterable
from typing import Final

import attrs

from ordercore.grammar import Command, Faults, Outcome
from ordercore.ids import id_fault
from ordercore.intake._notices import Notice, notice_id_of, provider_fault

__all__ = [
    "NOTICES_MAX",
    "DismissNotice",
    "NoticeCommand",
    "ReceiveNotice",
    "RecordNoticeAttempt",
    "RecordNoticeOutcome",
    "ReopenNotice",
    "RetryNotice",
    "SeekOrders",
]

#: How many things one message may say.
NOTICES_MAX: Final = 100


def _notices(given: Iterable[Notice]) -> tuple[Notice, ...]:
    return tuple(given)


def _words(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class ReceiveNotice(Command):
    """
    Keep a message whose signature was good; what it says is worked off afterwards.

    Attributes:
        provider: Whose message; with its id it names the stream.
        message_id: The provider's id of the message: sent again, it is the same.
        notices: What it says; nothing where it is of no interest.
        accounts: The accounts for which this source may speak; empty for any.
        vault_ref: Where the host keeps the raw body for a while, or "". The body itself is never
            kept here.
    """

    provider: str
    message_id: str
    notices: tuple[Notice, ...] = attrs.field(converter=_notices)
    accounts: tuple[str, ...] = attrs.field(default=(), converter=_words)
    vault_ref: str = ""

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("provider", provider_fault(self.provider))
        faults.note("message_id", None if self.message_id else "is empty")
        faults.length("message_id", self.message_id)
        if len(self.notices) > NOTICES_MAX:
            faults.note("notices", f"{len(self.notices)}: legal are {NOTICES_MAX}")
        for n, account in enumerate(self.accounts):
            faults.note(f"accounts[{n}]", id_fault(account))
        faults.text("vault_ref", self.vault_ref)
        faults.check()

    @property
    def notice_id(self) -> str:
        """
        The name of the message among all that were received.

        """
        return notice_id_of(self.provider, self.message_id)

    @property
    def key(self) -> str:
        """
        The key to submit it under: the message's own, so that a message sent again is answered.

        """
        return f"notice:{self.notice_id}"


@attrs.frozen(kw_only=True)
class SeekOrders(Command):
    """
    Look for the orders that a message speaks about, and compare.

    """

    notice_id: str


@attrs.frozen(kw_only=True)
class RecordNoticeOutcome(Command):
    """
    Tell that an order has heard what a notice says.

    Attributes:
        notice_id: Which message.
        effect_key: What it owed.
        outcome: That it was taken.
    """

    notice_id: str
    effect_key: str
    outcome: Outcome


@attrs.frozen(kw_only=True)
class RecordNoticeAttempt(Command):
    """
    Tell that an order would not or could not hear what a notice says.

    Attributes:
        notice_id: Which message.
        effect_key: What it owed.
        reason: What happened.
        give_up: Do not try again.
    """

    notice_id: str
    effect_key: str
    reason: str
    give_up: bool = False


@attrs.frozen(kw_only=True)
class ReopenNotice(Command):
    """
    A person lets a notice that was set aside be worked off again, as if it had just come.

    Attributes:
        notice_id: Which message.
        number: Which of its notices, from 1.
    """

    notice_id: str
    number: int = 1


@attrs.frozen(kw_only=True)
class RetryNotice(Command):
    """
    A person lets what a message owes be tried again that was given up.

    Attributes:
        notice_id: Which message.
        effect_key: What it owes: to look for its orders, or to tell one what does not fit.
    """

    notice_id: str
    effect_key: str


@attrs.frozen(kw_only=True)
class DismissNotice(Command):
    """
    A person says that nothing follows from a notice that waits.

    Attributes:
        notice_id: Which message.
        number: Which of its notices, from 1.
        reason: Why, for people.
    """

    notice_id: str
    number: int = 1
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.text("reason", self.reason)
        faults.check()


NoticeCommand = (
    ReceiveNotice
    | SeekOrders
    | RecordNoticeOutcome
    | RecordNoticeAttempt
    | ReopenNotice
    | RetryNotice
    | DismissNotice
)
