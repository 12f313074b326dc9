"""
Plain promises: the rule of holds, in one loop, for those that nothing stands against.

Promising is what shops do all day. The rules ask many questions of a step, each in its place and
with its own words of refusal; of a promise that passes them all, no word is needed. So the head of
a batch is tried here first, in a loop that calls nothing it can do itself. Whatever is not plain
(an id that is known, an account without a row, a hold that is due, too little left) is left to the
rules in ``_rules``, which judge it as if this loop were not there; a test takes it away and
compares. What it saves is seen in ``make bench-ledger``.
"""

from heapq import heappush

from ordercore.instants import Instant
from ordercore.ledger._steps import Pend, Step
from ordercore.ledger._table import Table

__all__ = ["promise_plainly"]


def promise_plainly(batch: tuple[Step, ...], table: Table, at: Instant) -> int:
    """
    Record the promises at the head of a batch that nothing stands against; tell how many.

    It stops at whatever is not plain, and may stop early, never late.

    Args:
        batch: The steps, in order.
        table: The ledger; what is recorded is noted in ``done``.
        at: The instant of recording.

    Cost: O(promises at the head).
    """
    log, accounts, opened, waiting = table.log, table.accounts, table.open, table.waiting
    plain = 0
    for step in batch:
        if type(step) is not Pend:
            break
        step_id, source_id, target_id, amount, _, _, _, least, expires_at, _ = step
        source, target = accounts.get(source_id), accounts.get(target_id)
        if (
            source is None
            or target is None
            or source is target
            or source.due
            or source.counts is not target.counts
            or amount < 1
            or (least is not None and source.posted - source.pending_out - amount < least)
            or step_id in log
            or "/part-" in step_id
            or step_id[-1:] == "d"  # so do /expired and /reversed end
        ):
            break
        if expires_at is not None:
            if expires_at <= at:
                break
            heappush(waiting, (expires_at, step_id))
        source.pending_out += amount
        target.pending_in += amount
        log[step_id] = opened[step_id] = step
        plain += 1
    table.done.extend(batch[:plain])
    return plain
