"""
The part of PostgresStore for hosts with a transaction or a job engine of their own.

"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final, TypeVar

from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ports import Codec, Commit, EffectRunner
from ordercore.stores._carrying import blocking, falling_due, required
from ordercore.stores._postgres_commit import Committing
from ordercore.stores._postgres_desk import PostgresDesk
from ordercore.stores._postgres_joined import JoinedPostgres, Parts, joined
from ordercore.stores._postgres_nested import all_due, alone, carried, written_due
from ordercore.stores._postgres_threads import Connections
from ordercore.stores._postgres_work import Attempts, Work

__all__ = ["Hosted"]

T = TypeVar("T")


class Hosted(PostgresDesk):
    """
    Writes in a host's transaction, and tells a runner what falls due.

    """

    __slots__ = ("_committing", "_runner", "_schema")

    def __init__(
        self,
        connections: Connections,
        codec: Codec,
        schema: str | None,
        runner: EffectRunner | None,
    ) -> None:
        super().__init__(connections, codec)
        self._runner: Final = None if runner is None else blocking(runner)
        self._schema: Final = schema
        self._committing: Final = Committing(codec)

    def joined(self, connection: Any) -> AbstractContextManager[JoinedPostgres]:  # noqa: ANN401 - checked there
        """
        Work inside a host's transaction; see :meth:`ordercore.ports.JoinableStore.joined`.

        The connection is to be one to the store's database; its session's own timeouts apply.

        Raises:
            InvalidDefinition: No ``psycopg.Connection`` with a transaction open, or another
                isolation than ``READ COMMITTED``; nothing was written.
            PortUnavailable: The database is gone.
        """
        parts = Parts(self._committing, self._reading, self._standings, self._runner)
        return joined(connection, self._schema, parts)

    def redrive(self, tenant: TenantId, by: Instant | None = None) -> int:
        """
        Let the runner enqueue a job for every stream that has something due, by an instant or ever.

        Each in a transaction of its own, so that nobody waits for all of them.

        Returns:
            How many streams there are.

        Raises:
            InvalidDefinition: There is no runner.
        """
        enqueue, count, last = required(self._runner).enqueue, 0, ""
        while page := self._read(all_due, tenant, last, by):
            for stream, at in page:
                task = partial(enqueue, tenant=tenant, stream=stream, not_before=at)
                self._read(alone, task)
            count, last = count + len(page), page[-1][0]
        return count

    def _carried(self, work: Work[T], commits: Sequence[Commit], attempts: Attempts) -> Work[T]:
        runner = self._runner
        if runner is None or not falling_due(commits):
            return work

        def enqueue(connection: object, found: object) -> None:
            for tenant, stream, at in written_due(commits, found):
                runner.enqueue(connection, tenant, stream, at)

        return carried(work, attempts, enqueue)
