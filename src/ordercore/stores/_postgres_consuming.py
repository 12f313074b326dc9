"""
Who follows the feed in PostgreSQL under a name: a row with a position, locked while it is moved.

Events are numbered first, in transactions of their own. Then one transaction makes and locks the
consumer's row, reads what lies beyond its position, lets the handler work on the same connection,
and moves the row. Another process under the same name waits for the row, and goes on from where it
was left. The tenant's lock is not taken: a consumer decides nothing, and a handler may commit on a
connection of its own.

A connection that is lost before the end undoes all of it, the handler's writing included, and all
is done again. Where it is lost while it commits, the position tells: it has moved, or the same
events come again.
"""

from collections.abc import Sequence
from typing import Final

from ordercore.grammar import Recorded
from ordercore.ids import TenantId
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._check import check_position
from ordercore.stores._postgres_reading import Reading, number_rows
from ordercore.stores._postgres_work import Attempts, Statement, Work

__all__ = ["Consumption", "advance", "consumed"]

_CONSUMED: Final = "SELECT position FROM oc_consumers WHERE tenant = $1 AND consumer = $2"
_MAKE: Final = """
INSERT INTO oc_consumers (tenant, consumer, position) VALUES ($1, $2, 0)
ON CONFLICT (tenant, consumer) DO NOTHING
"""
_LOCK: Final = f"{_CONSUMED} FOR UPDATE"
_MOVE: Final = "UPDATE oc_consumers SET position = $3 WHERE tenant = $1 AND consumer = $2"
_LAST_EVENT: Final = """
SELECT position FROM oc_events WHERE tenant = $1 AND position IS NOT NULL
ORDER BY position DESC LIMIT 1
"""
#: The store's own statements are planned without these; a host's are planned as it is used to.
_PLANNED_AS_USUAL: Final = tuple(
    Statement(text)
    for text in (
        "SET LOCAL enable_seqscan TO DEFAULT",
        "SET LOCAL enable_hashjoin TO DEFAULT",
        "SET LOCAL enable_mergejoin TO DEFAULT",
        "SET LOCAL jit TO DEFAULT",
    )
)


def consumed(tenant: TenantId, consumer: str) -> Work[int]:
    """
    Return how far a consumer has come.

    """
    (rows,) = yield (Statement(_CONSUMED, (tenant, consumer)),)
    return rows[0][0] if rows else 0


def advance(tenant: TenantId, consumer: str, after: int, to: int, attempts: Attempts) -> Work[bool]:
    """
    Move a consumer, where it is at ``after``.

    Raises:
        InvalidData: There is no such position; nothing has moved.
    """
    check_position(consumer, to, (yield from _last_event(tenant)))
    key = (tenant, consumer)
    *_, ((position,),) = yield Statement(sql.BEGIN), Statement(_MAKE, key), Statement(_LOCK, key)
    if position != after:
        yield (Statement(sql.ROLLBACK),)
        return attempts.unknown and position == to  # an earlier try was through
    attempts.sent = True
    yield Statement(_MOVE, (*key, to)), Statement(sql.COMMIT)
    attempts.sent = False
    return True


class Consumption:
    """
    One handing over of events, before and after the handler, as often as it is tried.

    """

    __slots__ = ("_events", "_key", "_limit", "_reading", "_tried")

    def __init__(self, reading: Reading, tenant: TenantId, consumer: str, limit: int) -> None:
        self._reading: Final = reading
        self._key: Final = (tenant, consumer)
        self._limit: Final = max(limit, 0)
        self._events: Sequence[Recorded] = ()
        self._tried: Sequence[Recorded] = ()

    def begin(self) -> Work[Sequence[Recorded]]:
        """
        Open a transaction and return the next events; where there are none, it is closed again.

        """
        tenant, key = self._key[0], self._key
        last = yield from _last_event(tenant)
        position = yield from consumed(*key)
        if self._tried and position >= self._tried[-1].position:
            return ()  # a try whose end was not heard of was through
        self._tried = ()
        if position >= last or not self._limit:
            return ()
        *_, ((position,),) = yield (
            Statement(sql.BEGIN),
            *_PLANNED_AS_USUAL,
            Statement(_MAKE, key),
            Statement(_LOCK, key),
        )
        (rows,) = yield (Statement(sql.FEED, (tenant, position, self._limit)),)
        if not rows:
            yield (Statement(sql.ROLLBACK),)
        self._events = self._reading.recorded(rows)
        return self._events

    def end(self, attempts: Attempts) -> Work[int]:
        """
        Move the consumer beyond what was handled, and commit.

        """
        attempts.sent, self._tried = True, self._events
        move = Statement(_MOVE, (*self._key, self._events[-1].position))
        yield move, Statement(sql.COMMIT)
        attempts.sent, self._tried = False, ()
        return len(self._events)

    @property
    def through(self) -> int:
        """
        How many events a try has handled whose end was found out about only afterwards.

        """
        return len(self._tried)


def _last_event(tenant: TenantId) -> Work[int]:
    """
    Number what is not numbered yet, and return the last position.

    """
    read = Statement(_LAST_EVENT, (tenant,))
    unnumbered, rows = yield Statement(sql.EVENTS_UNNUMBERED, (tenant,)), read
    if unnumbered[0][0]:
        yield from number_rows(tenant, sql.NUMBER_EVENTS)
        (rows,) = yield (read,)
    return rows[0][0] if rows else 0
