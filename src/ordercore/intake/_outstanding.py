"""
What a received message owes: to look for its orders, and to tell them.

"""

from ordercore.grammar import Submit, put_off
from ordercore.ids import OrderId
from ordercore.intake._commands import SeekOrders
from ordercore.intake._judge import command_of
from ordercore.intake._state import Message
from ordercore.orders import RecordAnomaly

__all__ = ["outstanding"]


def outstanding(state: Message) -> tuple[Submit, ...]:
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
    return put_off(owed, state.attempts)
