"""
Finding the order that a notice speaks about.

Our own key names it outright; the provider's numbers are looked up in the index of references that
events declare. What is found is compared (see ``_judge``) and then owed to the order as a command.

What nobody knows yet is parked: it is looked for again after a wait that doubles, for
:data:`PARKED_MAX_S`, and then waits for a person. So that nobody has to wait that long, it puts
itself into the same index under the names of *slots*, ``parked:acme:ch_17#1``: whoever records
``acme:ch_17`` asks for the first slots of that name and has what is found there looked for at once.
Two that wait for one number take different slots. Where both reach for the same one at the same
moment the first has it, and the other sees that when it looks again and takes the next. The slots
are a short cut and no more: that a notice is found rests on its looking again.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ordercore.errors import Rejected
from ordercore.grammar import Context, Decision, Facts, Need, RetryRules
from ordercore.ids import OrderId, StreamId, order_stream
from ordercore.instants import seconds_after
from ordercore.intake._commands import SeekOrders
from ordercore.intake._events import (
    NoticeEvent,
    NoticeMatched,
    NoticeParked,
    NoticeSetAside,
)
from ordercore.intake._judge import judge
from ordercore.intake._lifecycles import NOTICE_LIFECYCLE
from ordercore.intake._state import Message, ToldNotice
from ordercore.orders import KnownReferences, Order, PresentOrder, waiting_slots

__all__ = [
    "PARKED_MAX_S",
    "NoticeContext",
    "NoticeDecision",
    "decide_seek",
    "require_message",
    "seek_needs",
]

#: How long a notice looks for its order before a person must, in seconds: three days.
PARKED_MAX_S: Final = 3 * 86_400
#: The longest wait between two looks, in seconds.
_WAIT_MAX_S: Final = 6 * 3_600

NoticeContext = Context[RetryRules]
NoticeDecision = Decision[NoticeEvent, Any]


def require_message(state: Message | None, notice_id: str) -> Message:
    """
    Return the message.

    Raises:
        Rejected: ``unknown_notice``.
    """
    if state is None:
        raise Rejected(
            "unknown_notice",
            f"there is no notice {notice_id}",
            data={"notice": notice_id},
            legal=("ReceiveNotice",),
        )
    return state


def seek_needs(
    command: SeekOrders, state: Message | None, facts: Facts, context: NoticeContext
) -> frozenset[Need[Any]]:
    """
    Ask whose the numbers are, then how those orders stand, then which slots are free.

    """
    del command, context
    sought = [] if state is None else [told for told in state.notices if told.is_sought]
    names = KnownReferences(tuple(sorted({name for told in sought for name in told.notice.names})))
    if names not in facts:
        return frozenset({names}) if sought else frozenset()
    found = [_candidates(told, facts[names]) for told in sought]
    orders = frozenset(PresentOrder(only) for one in found for only in one if len(one) == 1)
    unknown = [
        told
        for told, one in zip(sought, found, strict=True)
        if not one or all(PresentOrder(o) in facts and facts[PresentOrder(o)] is None for o in one)
    ]
    slots = {_slots(told) for told in unknown}
    return frozenset({names, *orders, *slots})


def decide_seek(
    command: SeekOrders, state: Message | None, facts: Facts, context: NoticeContext
) -> NoticeDecision:
    """
    Look for the order of each notice that has none yet, and compare what was found with it.

    Raises:
        Rejected: ``unknown_notice``.
    """
    message = require_message(state, command.notice_id)
    sought = tuple(told for told in message.notices if told.is_sought)
    if not sought:
        return Decision()
    names = KnownReferences(tuple(sorted({name for told in sought for name in told.notice.names})))
    return Decision(tuple(_sought(message, told, facts[names], facts, context) for told in sought))


def _sought(
    message: Message,
    told: ToldNotice,
    known: Mapping[str, StreamId],
    facts: Facts,
    context: NoticeContext,
) -> NoticeEvent:
    candidates = _candidates(told, known)
    if len(candidates) > 1:
        sure = min(_owners(told, known), default="")  # what our own facts say, not the message
        subject = told.notice.effect_key or told.notice.event_id
        return _set_aside(told, "order_differs", sure, subject, tells_order=bool(sure))
    order = next((facts[PresentOrder(order_id)] for order_id in candidates), None)
    if order is None:
        return _parked(message, told, facts, context)
    return _compared(told, order)


def _compared(told: ToldNotice, order: Order) -> NoticeEvent:
    found = judge(told.notice, order)
    if found.contradiction:
        return _set_aside(told, found.contradiction, order.id, found.subject, tells_order=True)
    return NoticeMatched(
        number=told.number,
        order_id=order.id,
        effect_key="" if told.notice.outcome is None else found.subject,
        status=NOTICE_LIFECYCLE().after(told.status, "match", str(told.number)),
    )


def _parked(
    message: Message, told: ToldNotice, facts: Facts, context: NoticeContext
) -> NoticeEvent:
    until = seconds_after(told.since, PARKED_MAX_S)
    if context.at >= until:
        return _set_aside(told, "order_unknown", "", "", tells_order=False)
    wait_s = min(max(context.rules.retry_s, 1) * 2 ** min(told.tries, 30), _WAIT_MAX_S)
    taken = facts[_slots(told)]
    own = StreamId(f"notice/{message.id}")
    free = (_free_slot(name, taken, own) for name in _awaited(told))
    return NoticeParked(
        number=told.number,
        tries=told.tries + 1,
        not_before=min(seconds_after(context.at, wait_s), until),
        slots=tuple(slot for slot in free if slot is not None),
        status=NOTICE_LIFECYCLE().after(told.status, "park", str(told.number)),
    )


def _set_aside(
    told: ToldNotice, reason: str, order_id: str, subject: str, *, tells_order: bool
) -> NoticeSetAside:
    return NoticeSetAside(
        number=told.number,
        reason=reason,
        order_id=order_id,
        subject=subject,
        tells_order=tells_order,
        status=NOTICE_LIFECYCLE().after(told.status, "give_up", str(told.number)),
    )


def _owners(told: ToldNotice, known: Mapping[str, StreamId]) -> frozenset[OrderId]:
    found = (known[name].partition("/") for name in told.notice.names if name in known)
    return frozenset(OrderId(own) for kind, _, own in found if kind == "order")


def _candidates(told: ToldNotice, known: Mapping[str, StreamId]) -> frozenset[OrderId]:
    named = {told.notice.named_order, OrderId(told.notice.order_id)} - {None, OrderId("")}
    return _owners(told, known) | frozenset(order for order in named if order)


def _awaited(told: ToldNotice) -> tuple[str, ...]:
    named = told.notice.named_order
    return told.notice.names if named is None else (*told.notice.names, order_stream(named))


def _slots(told: ToldNotice) -> KnownReferences:
    return KnownReferences(tuple(slot for name in _awaited(told) for slot in waiting_slots(name)))


def _free_slot(name: str, taken: Mapping[str, StreamId], own: StreamId) -> str | None:
    """
    Return the first free slot of a name; None where it has one already, or all are taken.

    """
    slots: Iterable[str] = waiting_slots(name)
    if any(taken.get(slot) == own for slot in slots):
        return None
    return next((slot for slot in slots if slot not in taken), None)
