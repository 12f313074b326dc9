"""
The PostgreSQL store inside a host's transaction, for an event loop.

The twin of ``_postgres_joined``.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar, final

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8Dumper

from ordercore.grammar import Recorded
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.ports import AsyncEffectRunner, Commit, Receipt, Snapshot
from ordercore.stores._carrying import falling_due
from ordercore.stores._postgres_commit import Committing
from ordercore.stores._postgres_nested import (
    checked,
    entering,
    joined_work,
    leaving,
    require_read_committed,
    undoing,
)
from ordercore.stores._postgres_reading import Reading
from ordercore.stores._postgres_standing import Standings
from ordercore.stores._postgres_work import (
    DRIVER_ERRORS,
    Aside,
    Attempts,
    Rows,
    Statement,
    Work,
    is_gone,
)

__all__ = ["AsyncJoinedPostgres", "Parts", "joined"]

T = TypeVar("T")

_Connection = psycopg.AsyncConnection[Any]


class Parts(NamedTuple):
    """
    What a store works with, whosever connection it is.

    """

    committing: Committing
    reading: Reading
    standings: Standings
    runner: AsyncEffectRunner | None


@asynccontextmanager
async def joined(
    connection: Any,  # noqa: ANN401 - checked here
    schema: str | None,
    parts: Parts,
) -> AsyncGenerator["AsyncJoinedPostgres", None]:
    """
    Work in a host's transaction until the block ends, under one savepoint.

    Args:
        connection: The host's.
        schema: Where the tables lie.
        parts: What the store itself works with.

    Raises:
        InvalidDefinition: The connection or its transaction is not of the kind that is needed.
        PortUnavailable: The database is gone.
    """
    checked(connection, psycopg.AsyncConnection)
    inside = AsyncJoinedPostgres(connection, parts)
    isolation = (await inside.say(entering(schema)))[0][0][0]
    try:
        require_read_committed(isolation)
        yield inside
    except BaseException:
        if not connection.closed:
            await inside.say((*undoing(), *leaving(schema)))
        raise
    await inside.say(leaving(schema))


@final
class AsyncJoinedPostgres:
    """
    The store as seen from inside a host's transaction.

    """

    __slots__ = ("_connection", "_parts")

    def __init__(self, connection: _Connection, parts: Parts) -> None:
        self._connection: Final = connection
        self._parts: Final = parts

    async def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        """
        return await self._run(lambda _: self._parts.reading.load(tenant, stream, after), "load")

    async def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along, whatever its form.

        """
        return await self._run(lambda _: self._parts.standings.snapshot(tenant, stream), "snapshot")

    async def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        receipts = await self._run(
            lambda _: self._parts.committing.receipts(tenant, (command_id,)), "recall"
        )
        return receipts.get(command_id)

    async def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit into the host's transaction; see :meth:`AsyncPostgresStore.commit`.

        """
        # That the tenant is listed is not remembered: the host may yet roll back.
        prepared = self._parts.committing.prepared(commit)
        receipt = await self._run(
            lambda attempts: self._parts.committing.commit(commit, prepared, attempts),
            f"commit {commit.receipt.command_id}",
        )
        if self._parts.runner is not None and receipt is commit.receipt:
            for stream, at in falling_due((commit,)):
                await self._parts.runner.enqueue(self._connection, commit.tenant, stream, at)
        return receipt

    async def say(self, batch: Sequence[Statement]) -> Sequence[Rows]:
        """
        Carry statements out.

        Raises:
            PortUnavailable: The database is gone.
        """
        try:
            return await _answers(self._connection, batch)
        except DRIVER_ERRORS as error:
            lost = is_gone(error, self._connection)
            Attempts("join").failed(error, lost=lost, held=True)
            raise

    async def _run(self, begin: Callable[[Attempts], Work[T]], subject: str) -> T:
        """
        Do work under the savepoint, again where another transaction wrote the same key.

        """
        attempts = Attempts(subject, own=False)
        while True:  # bounded by the attempts
            try:
                return await _drive(self._connection, joined_work(begin(attempts)))
            except DRIVER_ERRORS as error:
                # Lost in whichever moment: without the host's commit nothing was written.
                attempts.sent = False
                attempts.failed(error, lost=is_gone(error, self._connection), held=True)
            await self.say(undoing())


async def _drive(connection: _Connection, work: Work[T]) -> T:
    try:
        batch = next(work)
        while True:
            batch = work.send(await _answers(connection, batch))
    except StopIteration as done:
        result: T = done.value
        return result


async def _answers(connection: _Connection, batch: Sequence[Statement] | Aside) -> Sequence[Rows]:
    if isinstance(batch, Aside):
        await batch.action(connection)
        return ()
    cursors = [_cursor(connection) for _ in batch]
    async with connection.pipeline():
        for cursor, statement in zip(cursors, batch, strict=True):
            await cursor.execute(*statement)
    return [await cursor.fetchall() if cursor.description else () for cursor in cursors]


def _cursor(connection: _Connection) -> "psycopg.AsyncRawCursor[Any]":
    cursor = psycopg.AsyncRawCursor(connection, row_factory=tuple_row)
    cursor.adapters.register_dumper(int, Int8Dumper)
    return cursor
