"""
Keeping a message, and hearing what became of what it owed.

"""

from typing import Any

from ordercore.errors import Rejected
from ordercore.grammar import (
    Context,
    Decision,
    EffectRetried,
    Facts,
    Need,
    OperatorNeeded,
    Submit,
    Unknown,
    record_attempt,
)
from ordercore.intake._commands import (
    DismissNotice,
    ReceiveNotice,
    RecordNoticeAttempt,
    RecordNoticeOutcome,
    ReopenNotice,
    RetryNotice,
)
from ordercore.intake._events import (
    AnomalyTold,
    NoticeApplied,
    NoticeDismissed,
    NoticeEvent,
    NoticeNoted,
    NoticeReceived,
    NoticeReopened,
    NoticeSetAside,
)
from ordercore.intake._lifecycles import NOTICE_LIFECYCLE
from ordercore.intake._notices import Notice, NoticeKind
from ordercore.intake._outstanding import outstanding
from ordercore.intake._seek import NoticeContext, NoticeDecision, require_message
from ordercore.intake._state import Message, ToldNotice

__all__ = [
    "decide_attempt",
    "decide_dismiss",
    "decide_outcome",
    "decide_receive",
    "decide_reopen",
    "decide_retry",
    "no_needs",
]


def no_needs(
    command: object, state: Message | None, facts: Facts, context: Context[Any]
) -> frozenset[Need[Any]]:
    """
    Ask nothing.

    """
    del command, state, facts, context
    return frozenset()


def decide_receive(
    command: ReceiveNotice, state: Message | None, facts: Facts, context: NoticeContext
) -> NoticeDecision:
    """
    Keep a message; nothing is looked for and nobody is asked, so that it is acknowledged at once.

    What is of no interest is noted; what speaks of an account for which the source may not speak
    is set aside. The same message again says nothing new.

    Raises:
        Rejected: ``notice_differs`` where the message is known and said something else.
    """
    del facts
    if state is not None:
        if tuple(told.notice for told in state.notices) == command.notices:
            return Decision()
        raise Rejected(
            "notice_differs",
            f"{command.notice_id} was received before and said something else",
            data={"notice": command.notice_id},
            legal=("the same message again", "another message id"),
        )
    lifecycle = NOTICE_LIFECYCLE()
    received = NoticeReceived(
        provider=command.provider,
        message_id=command.message_id,
        notices=command.notices,
        accounts=command.accounts,
        vault_ref=command.vault_ref,
        received_at=context.at,
        status=lifecycle.initial,
    )
    judged = (_at_once(command, n, notice) for n, notice in enumerate(command.notices, 1))
    return Decision((received, *(event for event in judged if event is not None)))


def _at_once(command: ReceiveNotice, number: int, notice: Notice) -> NoticeEvent | None:
    lifecycle = NOTICE_LIFECYCLE()
    if command.accounts and notice.account not in command.accounts:
        return NoticeSetAside(
            number=number,
            reason="account_unknown",
            order_id="",
            subject=notice.effect_key,
            tells_order=False,
            status=lifecycle.after(lifecycle.initial, "give_up", str(number)),
        )
    if notice.kind is NoticeKind.OTHER or isinstance(notice.outcome, Unknown):
        status = lifecycle.after(lifecycle.initial, "note", str(number))
        return NoticeNoted(number=number, status=status)
    return None


def decide_outcome(
    command: RecordNoticeOutcome, state: Message | None, facts: Facts, context: NoticeContext
) -> NoticeDecision:
    """
    Record that an order has heard what it was to hear; twice says nothing new.

    Raises:
        Rejected: ``unknown_notice``.
    """
    del facts, context
    message = require_message(state, command.notice_id)
    for told in message.notices:
        if command.effect_key == message.tell_key(told.number) and told.status == "matched":
            status = NOTICE_LIFECYCLE().after(told.status, "apply", str(told.number))
            return Decision((NoticeApplied(number=told.number, status=status),))
        if command.effect_key == message.anomaly_key(told.number) and told.untold:
            return Decision((AnomalyTold(number=told.number),))
    return Decision()


def decide_attempt(
    command: RecordNoticeAttempt, state: Message | None, facts: Facts, context: NoticeContext
) -> NoticeDecision:
    """
    Record a try in vain: it comes back later. What the order refuses is set aside for a person.

    Raises:
        Rejected: ``unknown_notice``.
    """
    del facts
    message = require_message(state, command.notice_id)
    if all(effect.key != command.effect_key for effect in _tried_by_itself(message)):
        return Decision()
    tried = record_attempt(
        message.attempts, command.effect_key, command.reason, context, give_up=command.give_up
    )
    told = next(
        (t for t in message.notices if message.tell_key(t.number) == tried.effect_key), None
    )
    if told is None or not isinstance(tried, OperatorNeeded):
        return Decision((tried,))
    return Decision(
        (
            NoticeSetAside(
                number=told.number,
                reason=tried.reason,
                order_id=told.order_id,
                subject=told.effect_key,
                tells_order=False,
                status=NOTICE_LIFECYCLE().after(told.status, "give_up", str(told.number)),
            ),
        )
    )


def decide_reopen(
    command: ReopenNotice, state: Message | None, facts: Facts, context: NoticeContext
) -> NoticeDecision:
    """
    Work a notice off again that was set aside; its order is looked for anew.

    Raises:
        Rejected: ``unknown_notice``; ``not_legal_now`` where it was not set aside.
    """
    del facts
    told = _require_told(require_message(state, command.notice_id), command.number)
    status = NOTICE_LIFECYCLE().after(told.status, "reopen", f"notice {command.number}")
    event = NoticeReopened(number=told.number, reopened_at=context.at, status=status)
    return Decision((event,))


def decide_retry(
    command: RetryNotice, state: Message | None, facts: Facts, context: NoticeContext
) -> NoticeDecision:
    """
    Try again what a message owes and was given up.

    Raises:
        Rejected: ``unknown_notice``; ``nothing_to_retry`` where the key names nothing that it owes.
    """
    del facts, context
    owed = _tried_by_itself(require_message(state, command.notice_id))
    if all(effect.key != command.effect_key for effect in owed):
        raise Rejected(
            "nothing_to_retry",
            f"{command.notice_id} does not owe {command.effect_key}",
            data={"key": command.effect_key},
            legal=tuple(effect.key for effect in owed) or ("nothing: all is done",),
        )
    return Decision((EffectRetried(effect_key=command.effect_key),))


def decide_dismiss(
    command: DismissNotice, state: Message | None, facts: Facts, context: NoticeContext
) -> NoticeDecision:
    """
    End a notice from which nothing follows; twice says nothing new.

    Raises:
        Rejected: ``unknown_notice``; ``not_legal_now`` where it does not wait.
    """
    del facts, context
    told = _require_told(require_message(state, command.notice_id), command.number)
    if told.status == "dismissed":
        return Decision()
    status = NOTICE_LIFECYCLE().after(told.status, "dismiss", f"notice {command.number}")
    return Decision((NoticeDismissed(number=told.number, reason=command.reason, status=status),))


def _tried_by_itself(message: Message) -> tuple[Submit, ...]:
    return tuple(effect for effect in outstanding(message) if isinstance(effect, Submit))


def _require_told(message: Message, number: int) -> ToldNotice:
    told = message.notice(number)
    if told is None:
        raise Rejected(
            "unknown_notice",
            f"{message.id} says {len(message.notices)} things, none is number {number}",
            data={"notice": message.id, "number": number},
            legal=(f"1 to {len(message.notices)}",) if message.notices else ("none",),
        )
    return told
