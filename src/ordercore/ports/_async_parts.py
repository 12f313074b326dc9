"""
The twins of the parts of a store, for one that is awaited.

"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Protocol

from ordercore.grammar import Recorded
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports._work import OpenLease, Snapshot, Standing

__all__ = ["AsyncArchiveStore", "AsyncFeedStore", "AsyncWorkStore"]


class AsyncArchiveStore(Protocol):
    """
    The twin of :class:`ArchiveStore` for a store that is awaited; its promises are the same.

    """

    async def archivable(
        self, tenant: TenantId, before: Instant, after: str, limit: int
    ) -> Sequence[StreamId]:
        """
        Return streams that have been quiet since before an instant, in order of id, beyond one.

        See :meth:`Store.archivable`.
        """
        ...

    async def archive(self, tenant: TenantId, stream: StreamId) -> int:
        """
        Put a stream's events out of the way; returns how many have moved. Readings don't change.

        See :meth:`Store.archive`.
        """
        ...


class AsyncFeedStore(Protocol):
    """
    The twin of :class:`FeedStore` for a store that is awaited; its promises are the same.

    """

    async def feed(self, tenant: TenantId, after: int, limit: int) -> Sequence[Recorded]:
        """
        Return events of all streams beyond a position, in order of position.

        See :meth:`Store.feed`.
        """
        ...

    async def consumed(self, tenant: TenantId, consumer: str) -> int:
        """
        Return the position up to which a consumer has handled the feed; 0 for an unknown one.

        See :meth:`Store.consumed`.
        """
        ...

    async def consume(
        self,
        tenant: TenantId,
        consumer: str,
        handle: Callable[[Sequence[Recorded], Any], Awaitable[None]],
        limit: int = 100,
    ) -> int:
        """
        Hand a consumer its next events, and move it beyond them in the same transaction.

        See :meth:`Store.consume`.
        """
        ...

    async def advance(self, tenant: TenantId, consumer: str, *, after: int, to: int) -> bool:
        """
        Move a consumer that handles events elsewhere, unless somebody else has moved it.

        See :meth:`Store.advance`.
        """
        ...


class AsyncWorkStore(Protocol):
    """
    The twin of :class:`WorkStore` for a store that is awaited; its promises are the same.

    """

    async def due(self, tenant: TenantId, at: Instant, limit: int) -> Sequence[StreamId]:
        """
        Return streams that have something to do by an instant, the longest due first.

        See :meth:`Store.due`.
        """
        ...

    async def claim_due(
        self, tenant: TenantId, at: Instant, limit: int, *, holder: str, until: Instant
    ) -> Sequence[StreamId]:
        """
        Claim streams that have something to do by an instant, the longest due first (S9).

        See :meth:`Store.claim_due`.
        """
        ...

    async def unclaim(
        self,
        tenant: TenantId,
        streams: Collection[StreamId],
        *,
        holder: str,
        rest_until: Instant | None = None,
    ) -> None:
        """
        Give claims back; what another holder has claimed meanwhile stays theirs.

        See :meth:`Store.unclaim`.
        """
        ...

    async def next_due(self, tenant: TenantId) -> Instant | None:
        """
        Return the first instant at which a stream is both due and free of claims; None for never.

        See :meth:`Store.next_due`.
        """
        ...

    async def waiting(self, tenant: TenantId, after: str, limit: int) -> Sequence[StreamId]:
        """
        Return streams with effects that wait for a person, in order of id, beyond one.

        See :meth:`Store.waiting`.
        """
        ...

    async def standing(self, tenant: TenantId, stream: StreamId) -> Standing | None:
        """
        Return what is kept beside a stream's events; None where nothing is.

        See :meth:`Store.standing`.
        """
        ...

    async def leases(self, tenant: TenantId, after: str, limit: int) -> Sequence[OpenLease]:
        """
        Return leases that no outcome has ended, in order of effect key, beyond one.

        See :meth:`Store.leases`.
        """
        ...

    async def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along, whatever its form.

        See :meth:`Store.snapshot`.
        """
        ...
