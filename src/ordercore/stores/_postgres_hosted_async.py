"""
The part of AsyncPostgresStore for hosts with a transaction or a job engine of their own.

"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Final, TypeVar

from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ports import AsyncEffectRunner, Codec, Commit
from ordercore.stores._carrying import awaited, falling_due, required
from ordercore.stores._postgres_async_desk import AsyncPostgresDesk
from ordercore.stores._postgres_commit import Committing
from ordercore.stores._postgres_joined_async import AsyncJoinedPostgres, Parts, joined
from ordercore.stores._postgres_nested import all_due, alone, carried, written_due
from ordercore.stores._postgres_tasks import AsyncConnections
from ordercore.stores._postgres_work import Attempts, Work

__all__ = ["AsyncHosted"]

T = TypeVar("T")


class AsyncHosted(AsyncPostgresDesk):
    """
    Writes in a host's transaction, and tells a runner what falls due.

    """

    __slots__ = ("_committing", "_runner")

    def __init__(
        self,
        connections: AsyncConnections,
        codec: Codec,
        schema: str | None,
        runner: AsyncEffectRunner | None,
    ) -> None:
        super().__init__(connections, codec, schema)
        self._runner: Final = None if runner is None else awaited(runner)
        self._committing: Final = Committing(codec)

    def joined(self, connection: Any) -> AbstractAsyncContextManager[AsyncJoinedPostgres]:  # noqa: ANN401 - checked there
        """
        Work inside a host's transaction; see :meth:`ordercore.ports.JoinableStore.joined`.

        The connection is to be one to the store's database; its session's own timeouts apply.

        Raises:
            InvalidDefinition: No ``psycopg.AsyncConnection`` with a transaction open, or another
                isolation than ``READ COMMITTED``; nothing was written.
            PortUnavailable: The database is gone.
        """
        parts = Parts(self._committing, self._reading, self._standings, self._runner)
        return joined(connection, self._schema, parts)

    async def redrive(self, tenant: TenantId, by: Instant | None = None) -> int:
        """
        Let the runner enqueue a job for every stream that has something due, by an instant or ever.

        Each in a transaction of its own, so that nobody waits for all of them.

        Returns:
            How many streams there are.

        Raises:
            InvalidDefinition: There is no runner.
        """
        enqueue, count, last = required(self._runner).enqueue, 0, ""
        while page := await self._read(all_due, tenant, last, by):
            for stream, at in page:
                task = partial(enqueue, tenant=tenant, stream=stream, not_before=at)
                await self._read(alone, task)
            count, last = count + len(page), page[-1][0]
        return count

    def _carried(self, work: Work[T], commits: Sequence[Commit], attempts: Attempts) -> Work[T]:
        runner = self._runner
        if runner is None or not falling_due(commits):
            return work

        async def enqueue(connection: object, found: object) -> None:
            for tenant, stream, at in written_due(commits, found):
                await runner.enqueue(connection, tenant, stream, at)

        return carried(work, attempts, enqueue)
