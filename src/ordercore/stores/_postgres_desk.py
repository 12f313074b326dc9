"""
The part of the PostgreSQL store that workers, operators and followers of the feed ask.

"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVar

from ordercore.grammar import Recorded
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import Codec, OpenLease, Snapshot, Standing
from ordercore.stores._postgres_consuming import Consumption, advance, consumed
from ordercore.stores._postgres_reading import Reading
from ordercore.stores._postgres_standing import Standings
from ordercore.stores._postgres_threads import Connections
from ordercore.stores._postgres_work import Work

__all__ = ["PostgresDesk"]

T = TypeVar("T")


class PostgresDesk:
    """
    Claims, marks, leases, kept states, and the feed with its consumers.

    """

    __slots__ = ("_connections", "_reading", "_standings")

    def __init__(self, connections: Connections, codec: Codec) -> None:
        self._connections: Final = connections
        self._reading: Final = Reading(codec)
        self._standings: Final = Standings()

    def due(self, tenant: TenantId, at: Instant, limit: int) -> Sequence[StreamId]:
        """
        Return streams that have something to do by an instant, the longest due first.

        """
        return self._read(self._standings.due, tenant, at, limit)

    def claim_due(
        self, tenant: TenantId, at: Instant, limit: int, *, holder: str, until: Instant
    ) -> Sequence[StreamId]:
        """
        Claim streams that are due; see :meth:`ordercore.ports.WorkStore.claim_due`.

        What a commit is writing at this moment is passed over too; it comes with the next asking.
        Cost: O(limit + due streams that others have claimed).
        """
        return self._read(self._standings.claim_due, tenant, at, limit, holder, until)

    def unclaim(
        self,
        tenant: TenantId,
        streams: Collection[StreamId],
        *,
        holder: str,
        rest_until: Instant | None = None,
    ) -> None:
        """
        Give claims back; see :meth:`ordercore.ports.WorkStore.unclaim`.

        """
        self._read(self._standings.unclaim, tenant, streams, holder, rest_until)

    def next_due(self, tenant: TenantId) -> Instant | None:
        """
        Return the first instant at which a stream is both due and free of claims.

        Cost: O(log n + claims).
        """
        return self._read(self._standings.next_due, tenant)

    def waiting(self, tenant: TenantId, after: str, limit: int) -> Sequence[StreamId]:
        """
        Return streams with effects that wait for a person, in order of id, beyond one.

        """
        return self._read(self._standings.waiting, tenant, after, limit)

    def standing(self, tenant: TenantId, stream: StreamId) -> Standing | None:
        """
        Return what is kept beside a stream's events; None where nothing is.

        """
        return self._read(self._standings.standing, tenant, stream)

    def leases(self, tenant: TenantId, after: str, limit: int) -> Sequence[OpenLease]:
        """
        Return leases that no outcome has ended, in order of effect key, beyond one.

        """
        return self._read(self._standings.leases, tenant, after, limit)

    def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along, whatever its form.

        """
        return self._read(self._standings.snapshot, tenant, stream)

    def feed(self, tenant: TenantId, after: int, limit: int) -> Sequence[Recorded]:
        """
        Return events of all streams beyond a position, in order of position.

        Reading numbers what was committed and has no position yet.
        """
        return self._read(self._reading.feed, tenant, after, limit)

    def consumed(self, tenant: TenantId, consumer: str) -> int:
        """
        Return the position up to which a consumer has handled the feed; 0 for an unknown one.

        """
        return self._read(consumed, tenant, consumer)

    def consume(
        self,
        tenant: TenantId,
        consumer: str,
        handle: Callable[[Sequence[Recorded], Any], None],
        limit: int = 100,
    ) -> int:
        """
        Hand a consumer its next events, and move it beyond them in the same transaction.

        The handler is given the ``psycopg.Connection`` that the transaction is open on; it writes
        through it and leaves beginning, committing and rolling back to the store (a
        ``connection.transaction()`` of its own is a savepoint). The search path is the store's. A
        connection that is lost before the end undoes what the handler wrote, and it is called
        again. Nobody waits but others under the same name. What the handler asks of the store goes
        over another connection: a commit of its own is a transaction of its own.

        Raises:
            PortUnavailable: The database can't be reached or a lock was not to be had; nothing has
                moved.
            OutcomeUnknown: The connection was lost at the end, and the database can't be asked
                whether the consumer has moved. Whoever consumes again goes on where it is.
            Exception: What the handler raises; nothing has moved, and what it wrote is undone.
        """
        consumption = Consumption(self._reading, tenant, consumer, limit)
        return self._connections.consume(consumption, handle, f"consumer {consumer}")

    def advance(self, tenant: TenantId, consumer: str, *, after: int, to: int) -> bool:
        """
        Move a consumer that handles events elsewhere, unless somebody else has moved it.

        Raises:
            InvalidData: There is no such position.
        """
        return self._connections.run(
            lambda attempts: advance(tenant, consumer, after, to, attempts), f"consumer {consumer}"
        )

    def _read(self, work: Callable[..., Work[T]], *keys: object) -> T:
        return self._connections.run(lambda _: work(*keys), work.__name__)
