"""
The part of the SQLite store that reads events: streams, references, the feed and its consumers.

A consumer is a name with a position. It is moved in the transaction in which its events are
handled, so what a handler writes to tables of its own in the same file has happened exactly once.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from ordercore.grammar import Recorded
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import Codec
from ordercore.stores import _sql as sql
from ordercore.stores._check import check_position
from ordercore.stores._connections import Connections
from ordercore.stores._ledger_reading import PAGE_ROWS, LedgerReading
from ordercore.stores._rows import Row, actor_of, from_us, to_us

__all__ = ["EventReading"]


class EventReading(LedgerReading):
    """
    Reads events, and everything of the ledger, from one file.

    """

    __slots__ = ("_codec",)

    def __init__(self, connections: Connections, codec: Codec) -> None:
        super().__init__(connections)
        self._codec: Final = codec

    def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        """
        return self._recorded(self._glance(sql.LOAD, (tenant, stream, after)))

    def find(self, tenant: TenantId, reference: str) -> StreamId | None:
        """
        Return the stream whose events declared an outside reference; the first that did.

        """
        rows = self._glance(sql.FIND, (tenant, reference))
        return rows[0][0] if rows else None

    def streams(self, tenant: TenantId) -> Iterator[StreamId]:
        """
        Iterate over all streams, in order of id.

        """
        last = ""
        while rows := self._rows(sql.STREAMS, (tenant, last, PAGE_ROWS)):
            for row in rows:
                yield row[0]
            last = rows[-1][0]

    def tenants(self) -> Sequence[TenantId]:
        """
        List the tenants that have written anything, in order of id.

        """
        return [row[0] for row in self._rows(sql.TENANTS, ())]

    def feed(self, tenant: TenantId, after: int, limit: int) -> Sequence[Recorded]:
        """
        Return events of all streams beyond a position, in order of position.

        """
        return self._recorded(self._rows(sql.FEED, (tenant, after, max(limit, 0))))

    def consumed(self, tenant: TenantId, consumer: str) -> int:
        """
        Return the position up to which a consumer has handled the feed; 0 for an unknown one.

        """
        rows = self._rows(sql.CONSUMED, (tenant, consumer))
        return int(rows[0][0]) if rows else 0

    def consume(
        self,
        tenant: TenantId,
        consumer: str,
        handle: Callable[[Sequence[Recorded], Any], None],
        limit: int = 100,
    ) -> int:
        """
        Hand a consumer its next events, and move it beyond them in the same transaction.

        The handler is given the ``sqlite3.Connection`` that the transaction is open on; it writes
        through it and leaves beginning, committing and rolling back to the store. Every other
        writer of the file waits meanwhile.

        Raises:
            PortUnavailable: The file is locked, full or gone; nothing has moved.
            Exception: What the handler raises; nothing has moved, and what it wrote is undone.
        """
        with self._connections.hold(), self._connections.writing() as connection:
            events = self.feed(tenant, self.consumed(tenant, consumer), limit)
            if events:
                handle(events, connection)
                connection.execute(sql.MOVE_CONSUMER, (tenant, consumer, events[-1].position))
        return len(events)

    def advance(self, tenant: TenantId, consumer: str, *, after: int, to: int) -> bool:
        """
        Move a consumer that handles events elsewhere, unless somebody else has moved it.

        Raises:
            InvalidData: There is no such position.
        """
        with self._connections.hold(), self._connections.writing() as connection:
            check_position(
                consumer, to, connection.execute(sql.LAST_EVENT, (tenant,)).fetchone()[0]
            )
            if self.consumed(tenant, consumer) != after:
                return False
            connection.execute(sql.MOVE_CONSUMER, (tenant, consumer, to))
        return True

    def archivable(
        self, tenant: TenantId, before: Instant, after: str, limit: int
    ) -> Sequence[StreamId]:
        """
        Return streams that have been quiet since before an instant, in order of id, beyond one.

        Cost: O(streams at rest that it passes).
        """
        rows = self._rows(sql.ARCHIVABLE, (tenant, after, to_us(before), max(limit, 0)))
        return [row[0] for row in rows]

    def archive(self, tenant: TenantId, stream: StreamId) -> int:
        """
        Put a stream's events out of the way; returns how many have moved. Readings don't change.

        """
        with self._connections.writing() as connection:
            connection.execute(sql.ARCHIVE, (tenant, stream))
            return connection.execute(sql.LET_GO, (tenant, stream)).rowcount

    def _recorded(self, rows: Sequence[Row]) -> Sequence[Recorded]:
        decode = self._codec.decode
        return [
            Recorded(
                position=position,
                stream=stream,
                version=version,
                recorded_at=from_us(recorded_at),
                command_id=command_id,
                actor=actor_of(actor_kind, actor_id),
                on_behalf_of=on_behalf_of,
                event=decode(name, body),  # type: ignore[arg-type]  # what was encoded was an event
            )
            for (
                position, stream, version, recorded_at, command_id,
                actor_kind, actor_id, on_behalf_of, name, body,
            ) in rows
        ]  # fmt: skip
