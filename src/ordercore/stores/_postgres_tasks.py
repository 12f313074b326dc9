"""
Connections for tasks of an event loop: the twin of ``_postgres_threads``.

"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from weakref import WeakSet

import attrs
import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import AsyncConnectionPool

from ordercore.grammar import Recorded
from ordercore.ids import TenantId
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._postgres_consuming import Consumption
from ordercore.stores._postgres_ledger import lock_number
from ordercore.stores._postgres_work import (
    DRIVER_ERRORS,
    POOL_ERRORS,
    Access,
    Aside,
    Attempts,
    Rows,
    Statement,
    Work,
    has_rows,
    is_gone,
)

__all__ = ["AsyncConnections"]

T = TypeVar("T")


@attrs.define
class _Held:
    """
    The connection of a task that holds tenants.

    """

    connection: "psycopg.AsyncConnection[Any]"
    tenants: set[TenantId]


class AsyncConnections:
    """
    The connections of one store.

    """

    __slots__ = ("_access", "_held", "_own", "_pool", "_set_up")

    def __init__(self, access: Access, pool: "AsyncConnectionPool[Any] | None") -> None:
        self._access: Final = access.checked(pool)
        self._held: Final[dict[asyncio.Task[Any] | None, _Held]] = {}
        self._set_up: Final[WeakSet[psycopg.AsyncConnection[Any]]] = WeakSet()
        self._own: Final = pool is None
        self._pool: Final = pool or AsyncConnectionPool(
            access.dsn, kwargs=access.options, **access.sizes
        )

    async def open(self) -> None:
        """
        Open the pool, when a first connection has shown that the database can be reached.

        """
        if not self._own:
            return
        access, attempts = self._access, Attempts("open")
        try:
            first = await psycopg.AsyncConnection.connect(access.dsn, **access.options)
        except psycopg.Error as error:
            attempts.failed(error)
            raise
        await first.close()
        await self._pool.open()

    async def run(self, begin: Callable[[Attempts], Work[T]], subject: str) -> T:
        """
        Do work on a connection, again where it was lost or lost a race.

        """
        held = self._held.get(asyncio.current_task())
        return await self._work(lambda on, attempts: _drive(on, begin(attempts)), subject, held)

    async def consume(
        self,
        consumption: Consumption,
        handle: Callable[[Sequence[Recorded], Any], Awaitable[None]],
        subject: str,
    ) -> int:
        """
        Hand events over within a transaction, on a connection that serves nothing else meanwhile.

        """
        failed: list[Exception] = []

        async def work(connection: "psycopg.AsyncConnection[Any]", attempts: Attempts) -> int:
            events = await _drive(connection, consumption.begin())
            if not events:
                return consumption.through
            try:
                await handle(events, connection)
            except DRIVER_ERRORS as error:  # the handler's own, to be passed on as it is
                failed.append(error)
                return 0
            return await _drive(connection, consumption.end(attempts))

        handled = await self._work(work, subject, None)
        if failed:
            raise failed.pop()
        return handled

    async def _work(
        self,
        work: "Callable[[psycopg.AsyncConnection[Any], Attempts], Awaitable[T]]",
        subject: str,
        held: _Held | None,
    ) -> T:
        attempts = Attempts(subject)
        while True:
            connection = await self._take(attempts) if held is None else held.connection
            try:
                return await work(connection, attempts)
            except DRIVER_ERRORS as error:
                lost = is_gone(error, connection)
                attempts.failed(error, lost=lost, held=held is not None)
            finally:
                await _settle(connection)
                if held is None:
                    await self._pool.putconn(connection)
            if lost:
                await self._pool.check()  # where one is lost, those that lie idle may be too

    @asynccontextmanager
    async def hold(self, tenant: TenantId) -> AsyncGenerator[None, None]:
        """
        Keep every other writer of a tenant out, with a lock of the session.

        """
        task = asyncio.current_task()
        held = self._held.get(task)
        if held is not None and tenant in held.tenants:
            yield
            return
        lock = (lock_number(tenant),)
        outermost = held is None
        if held is None:
            held = _Held(await self._take(Attempts("hold")), set())
        self._held[task] = held
        try:
            await self.run(lambda _: _one(Statement(sql.HOLD, lock)), "hold")
            held.tenants.add(tenant)
            yield
        finally:
            held.tenants.discard(tenant)
            try:
                if not held.connection.closed:
                    await _answers(held.connection, (Statement(sql.LET_GO, lock),))
            except psycopg.Error:
                await held.connection.close()  # the lock ends with the session
            if outermost:
                del self._held[task]
                await self._pool.putconn(held.connection)

    async def close(self) -> None:
        """
        Close the pool, unless it is the host's.

        """
        if self._own:
            await self._pool.close()

    async def _take(self, attempts: Attempts) -> "psycopg.AsyncConnection[Any]":
        while True:
            try:
                connection: psycopg.AsyncConnection[Any] = await self._pool.getconn()
            except POOL_ERRORS as error:
                attempts.failed(error)
                raise
            if connection in self._set_up:
                return connection
            try:
                await connection.set_autocommit(True)
                connection.prepare_threshold = 0  # all that is asked is asked again
                connection.adapters.register_dumper(int, Int8Dumper)
                await _answers(connection, (self._access.session.statement(),))
            except psycopg.Error as error:
                lost = is_gone(error, connection)
                await self._pool.putconn(connection)
                attempts.failed(error, lost=lost)
                continue
            self._set_up.add(connection)
            return connection


async def _drive(connection: "psycopg.AsyncConnection[Any]", work: Work[T]) -> T:
    try:
        batch = next(work)
        while True:
            batch = work.send(await _answers(connection, batch))
    except StopIteration as done:
        result: T = done.value
        return result


async def _answers(
    connection: "psycopg.AsyncConnection[Any]", batch: Sequence[Statement] | Aside
) -> Sequence[Rows]:
    if isinstance(batch, Aside):
        await batch.action(connection)
        return ()
    if len(batch) == 1:
        cursor = psycopg.AsyncRawCursor(connection)
        await cursor.execute(*batch[0])
        return (await cursor.fetchall() if has_rows(cursor) else (),)
    cursors = [psycopg.AsyncRawCursor(connection) for _ in batch]
    async with connection.pipeline():
        for cursor, statement in zip(cursors, batch, strict=True):
            await cursor.execute(*statement)
    return [await cursor.fetchall() if has_rows(cursor) else () for cursor in cursors]


async def _settle(connection: "psycopg.AsyncConnection[Any]") -> None:
    """
    Leave no transaction behind.

    """
    status = connection.info.transaction_status
    if status in {TransactionStatus.IDLE, TransactionStatus.UNKNOWN}:
        return
    try:
        if status == TransactionStatus.ACTIVE:
            await connection.close()  # interrupted in the middle of a statement
        else:
            await connection.rollback()
    except psycopg.Error:
        await connection.close()


def _one(statement: Statement) -> Work[Rows]:
    return (yield (statement,))[0]
