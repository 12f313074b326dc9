"""
What a received message owes: to look for its orders, and to tell them; of a person, to decide.

"""

from ordercore.grammar import AskPerson, Effect, Submit, put_off
from ordercore.ids import OrderId
from ordercore.intake._commands import SeekOrders
from ordercore.intake._judge import command_of
from ordercore.intake._state import Message, ToldNotice
from ordercore.orders import RecordAnomaly

__all__ = ["outstanding"]


def outstanding(state: Message) -> tuple[Effect, ...]:
    """
    List what is owed, none of which asks a port. Cost: O(notices).

    """
    owed: list[Submit] = []
    sought = [told for told in state.notices if told.is_sought]
    if sought:
        waits = [told.not_before for told in sought if told.not_before is not None]
        not_before = min(waits) if len(waits) == len(sought) else None
        seek = SeekOrders(notice_id=state.id)
        owed.append(Submit(key=state.seek_key, command=seek, not_before=not_before))
    for told in state.notices:
        if told.status == "matched":
            command = command_of(told.notice, told.order_id, told.effect_key)
            owed.append(Submit(key=state.tell_key(told.number), command=command))
        if told.untold:
            anomaly = RecordAnomaly(
                order_id=OrderId(told.order_id),
                kind=told.untold,
                subject=told.effect_key,
                occurred_at=told.notice.occurred_at,
            )
            owed.append(Submit(key=state.anomaly_key(told.number), command=anomaly))
    set_aside = (told for told in state.notices if told.status == "set_aside")
    return (*put_off(owed, state.attempts), *(_for_a_person(state, told) for told in set_aside))


def _for_a_person(state: Message, told: ToldNotice) -> AskPerson:
    notice = told.notice
    return AskPerson(
        key=state.tell_key(told.number),
        what=f"webhook {notice.kind}",
        reason=told.reason,
        amount_minor=notice.amount_minor if notice.currency else None,
        currency=notice.currency,
        ends=("DismissNotice",),
    )
