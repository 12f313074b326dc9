"""
Received messages as a kind of stream, beside those of orders.

"""

from typing import Final, get_args

from ordercore.grammar import Aggregate, Answers, Command, Outcome
from ordercore.intake._commands import (
    NoticeCommand,
    ReceiveNotice,
    RecordNoticeAttempt,
    RecordNoticeOutcome,
    ReopenNotice,
    RetryNotice,
)
from ordercore.intake._decide import RULES
from ordercore.intake._events import NoticeEvent
from ordercore.intake._lifecycles import NOTICE_LIFECYCLE
from ordercore.intake._outstanding import outstanding
from ordercore.intake._state import Message, evolve_message

__all__ = ["FAMILIES", "NOTICES"]


def _outcome(message: Message, effect_key: str, outcome: Outcome) -> Command:
    return RecordNoticeOutcome(notice_id=message.id, effect_key=effect_key, outcome=outcome)


def _attempt(message: Message, effect_key: str, reason: str, give_up: bool) -> Command:  # noqa: FBT001 - as Answers has it
    return RecordNoticeAttempt(
        notice_id=message.id, effect_key=effect_key, reason=reason, give_up=give_up
    )


def _retry(message: Message, effect_key: str) -> Command:
    for told in message.notices:
        if effect_key == message.tell_key(told.number):
            return ReopenNotice(notice_id=message.id, number=told.number)
    return RetryNotice(notice_id=message.id, effect_key=effect_key)


def _has_ended(message: Message) -> bool:
    lifecycle = NOTICE_LIFECYCLE()
    return all(lifecycle.has_ended(told.status) and not told.untold for told in message.notices)


#: What providers have said.
NOTICES: Final[Aggregate[Message]] = Aggregate(
    kind="notice",
    id_field="notice_id",
    commands=get_args(NoticeCommand),
    begun_by=(ReceiveNotice,),
    events=get_args(NoticeEvent),
    needs=RULES.needs,
    decide=RULES.decide,
    evolve=evolve_message,
    outstanding=outstanding,
    answers=Answers(outcome=_outcome, attempt=_attempt, retry=_retry),
    has_ended=_has_ended,
)

#: All of them, for the engine.
FAMILIES: Final = (NOTICES,)
