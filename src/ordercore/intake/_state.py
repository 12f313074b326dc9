"""
The fold of a received message.

"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from ordercore.grammar import (
    Attempt,
    AttemptEvent,
    AttemptFailed,
    EffectRetried,
    OperatorNeeded,
    evolve_attempts,
)
from ordercore.instants import Instant
from ordercore.intake import _events as e
from ordercore.intake._notices import Notice, notice_id_of

__all__ = ["Message", "ToldNotice", "evolve_message"]


@attrs.frozen(kw_only=True)
class ToldNotice:
    """
    One notice of a message, and how far it has come.

    Attributes:
        number: Its place in the message, from 1.
        notice: What it says.
        status: Where it is in its lifecycle.
        since: From when on its order is looked for.
        tries: How often that was in vain.
        not_before: When it is looked for next; None for at once.
        slots: Under which names it waits.
        order_id: The order that it is about, once that is known.
        effect_key: Which request of that order.
        reason: Why it was set aside or dismissed.
        untold: The word of an anomaly that the order is still to be told, or "".
    """

    number: int
    notice: Notice
    status: str
    since: Instant
    tries: int = 0
    not_before: Instant | None = None
    slots: tuple[str, ...] = ()
    order_id: str = ""
    effect_key: str = ""
    reason: str = ""
    untold: str = ""

    @property
    def is_sought(self) -> bool:
        """
        Whether its order is still looked for.

        """
        return self.status in {"received", "parked"}


@attrs.frozen(kw_only=True)
class Message:
    """
    A received message as its events tell it.

    Attributes:
        id: Its name among all that were received.
        provider: Whose.
        message_id: The provider's id of it.
        vault_ref: Where the host keeps the raw body for a while, or "".
        accounts: The accounts for which its source may speak.
        notices: What it says.
        attempts: What was tried in vain.
    """

    id: str
    provider: str
    message_id: str
    vault_ref: str
    accounts: tuple[str, ...]
    notices: tuple[ToldNotice, ...]
    attempts: tuple[Attempt, ...] = ()

    def notice(self, number: int) -> ToldNotice | None:
        """
        Return a notice by its number.

        """
        return self.notices[number - 1] if 0 < number <= len(self.notices) else None

    @property
    def seek_key(self) -> str:
        """
        The key under which it looks for orders.

        """
        return f"notice/{self.id}/seek"

    def tell_key(self, number: int) -> str:
        """
        Return the key under which an order is told what a notice says.

        """
        return f"notice/{self.id}/{number}"

    def anomaly_key(self, number: int) -> str:
        """
        Return the key under which an order is told that a notice does not fit.

        """
        return f"notice/{self.id}/{number}/anomaly"


def _received(event: e.NoticeReceived) -> Message:
    return Message(
        id=notice_id_of(event.provider, event.message_id),
        provider=event.provider,
        message_id=event.message_id,
        vault_ref=event.vault_ref,
        accounts=event.accounts,
        notices=tuple(
            ToldNotice(number=n, notice=notice, status=event.status, since=event.received_at)
            for n, notice in enumerate(event.notices, 1)
        ),
    )


def _changed(state: Message, number: int, **changes: Any) -> Message:
    notices = tuple(
        attrs.evolve(told, **changes) if told.number == number else told for told in state.notices
    )
    return attrs.evolve(state, notices=notices)


def _noted(state: Message, event: e.NoticeNoted | e.NoticeApplied) -> Message:
    return _changed(state, event.number, status=event.status)


def _parked(state: Message, event: e.NoticeParked) -> Message:
    told = state.notices[event.number - 1]
    return _changed(
        state,
        event.number,
        status=event.status,
        tries=event.tries,
        not_before=event.not_before,
        slots=tuple(dict.fromkeys((*told.slots, *event.slots))),
    )


def _matched(state: Message, event: e.NoticeMatched) -> Message:
    return _changed(
        state,
        event.number,
        status=event.status,
        order_id=event.order_id,
        effect_key=event.effect_key,
        not_before=None,
    )


def _set_aside(state: Message, event: e.NoticeSetAside) -> Message:
    return _changed(
        state,
        event.number,
        status=event.status,
        order_id=event.order_id,
        effect_key=event.subject,
        reason=event.reason,
        untold=event.reason if event.tells_order else "",
        not_before=None,
    )


def _told(state: Message, event: e.AnomalyTold) -> Message:
    return _changed(state, event.number, untold="")


def _reopened(state: Message, event: e.NoticeReopened) -> Message:
    key = state.tell_key(event.number)
    kept = tuple(attempt for attempt in state.attempts if attempt.effect_key != key)
    return _changed(
        attrs.evolve(state, attempts=kept),
        event.number,
        status=event.status,
        since=event.reopened_at,
        tries=0,
        not_before=None,
        order_id="",
        effect_key="",
        reason="",
    )


def _dismissed(state: Message, event: e.NoticeDismissed) -> Message:
    return _changed(state, event.number, status=event.status, reason=event.reason, not_before=None)


def _attempted(state: Message, event: AttemptEvent) -> Message:
    return attrs.evolve(state, attempts=evolve_attempts(state.attempts, event))


_FOLDS: Final[Mapping[type, Callable[[Message, Any], Message]]] = MappingProxyType(
    {
        e.NoticeNoted: _noted,
        e.NoticeApplied: _noted,
        e.NoticeParked: _parked,
        e.NoticeMatched: _matched,
        e.NoticeSetAside: _set_aside,
        e.AnomalyTold: _told,
        e.NoticeReopened: _reopened,
        e.NoticeDismissed: _dismissed,
        AttemptFailed: _attempted,
        OperatorNeeded: _attempted,
        EffectRetried: _attempted,
    }
)


def evolve_message(state: Message | None, event: e.NoticeEvent) -> Message:
    """
    Fold one event into a received message; the first makes it.

    """
    if isinstance(event, e.NoticeReceived):
        return _received(event)
    assert state is not None  # noqa: S101 - the first event of a message makes it
    return _FOLDS[type(event)](state, event)
