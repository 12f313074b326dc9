"""
Connections for threads: work is lent one of a pool, and is done again where it must be.

"""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from weakref import WeakSet

import attrs
import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import ConnectionPool

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

__all__ = ["Connections"]

T = TypeVar("T")


@attrs.define
class _Held:
    """
    The connection of a thread that holds tenants.

    """

    connection: "psycopg.Connection[Any]"
    tenants: set[TenantId]


class Connections:
    """
    The connections of one store.

    """

    __slots__ = ("_access", "_held", "_own", "_pool", "_set_up")

    def __init__(self, access: Access, pool: "ConnectionPool[Any] | None") -> None:
        self._access: Final = access.checked(pool)
        self._held: Final[dict[int, _Held]] = {}
        self._set_up: Final[WeakSet[psycopg.Connection[Any]]] = WeakSet()
        self._own: Final = pool is None
        self._pool: Final = _opened(access) if pool is None else pool

    def run(self, begin: Callable[[Attempts], Work[T]], subject: str) -> T:
        """
        Do work on a connection, again where it was lost or lost a race.

        """
        held = self._held.get(threading.get_ident())
        return self._work(lambda on, attempts: _drive(on, begin(attempts)), subject, held)

    def consume(
        self,
        consumption: Consumption,
        handle: Callable[[Sequence[Recorded], Any], None],
        subject: str,
    ) -> int:
        """
        Hand events over within a transaction, on a connection that serves nothing else meanwhile.

        """
        failed: list[Exception] = []

        def work(connection: "psycopg.Connection[Any]", attempts: Attempts) -> int:
            events = _drive(connection, consumption.begin())
            if not events:
                return consumption.through
            try:
                handle(events, connection)
            except DRIVER_ERRORS as error:  # the handler's own, to be passed on as it is
                failed.append(error)
                return 0
            return _drive(connection, consumption.end(attempts))

        handled = self._work(work, subject, None)
        if failed:
            raise failed.pop()
        return handled

    def _work(
        self,
        work: "Callable[[psycopg.Connection[Any], Attempts], T]",
        subject: str,
        held: _Held | None,
    ) -> T:
        attempts = Attempts(subject)
        while True:
            connection = self._take(attempts) if held is None else held.connection
            try:
                return work(connection, attempts)
            except DRIVER_ERRORS as error:
                lost = is_gone(error, connection)
                attempts.failed(error, lost=lost, held=held is not None)
            finally:
                _settle(connection)
                if held is None:
                    self._pool.putconn(connection)
            if lost:
                self._pool.check()  # where one is lost, those that lie idle may be too

    @contextmanager
    def hold(self, tenant: TenantId) -> Generator[None, None, None]:
        """
        Keep every other writer of a tenant out, with a lock of the session.

        """
        thread = threading.get_ident()
        held = self._held.get(thread)
        if held is not None and tenant in held.tenants:
            yield
            return
        lock = (lock_number(tenant),)
        outermost = held is None
        if held is None:
            held = _Held(self._take(Attempts("hold")), set())
        self._held[thread] = held
        try:
            self.run(lambda _: _one(Statement(sql.HOLD, lock)), "hold")
            held.tenants.add(tenant)
            yield
        finally:
            held.tenants.discard(tenant)
            try:
                if not held.connection.closed:
                    _answers(held.connection, (Statement(sql.LET_GO, lock),))
            except psycopg.Error:
                held.connection.close()  # the lock ends with the session
            if outermost:
                del self._held[thread]
                self._pool.putconn(held.connection)

    def close(self) -> None:
        """
        Close the pool, unless it is the host's.

        """
        if self._own:
            self._pool.close()

    def _take(self, attempts: Attempts) -> "psycopg.Connection[Any]":
        while True:
            try:
                connection: psycopg.Connection[Any] = self._pool.getconn()
            except POOL_ERRORS as error:
                attempts.failed(error)
                raise
            if connection in self._set_up:
                return connection
            try:
                connection.autocommit = True
                connection.prepare_threshold = 0  # all that is asked is asked again
                connection.adapters.register_dumper(int, Int8Dumper)
                _answers(connection, (self._access.session.statement(),))
            except psycopg.Error as error:
                lost = is_gone(error, connection)
                self._pool.putconn(connection)
                attempts.failed(error, lost=lost)
                continue
            self._set_up.add(connection)
            return connection


def _opened(access: Access) -> "ConnectionPool[Any]":
    """
    Open a pool, when a first connection has shown that the database can be reached.

    """
    attempts = Attempts("open")
    try:
        psycopg.connect(access.dsn, **access.options).close()
    except psycopg.Error as error:
        attempts.failed(error)
        raise
    pool = ConnectionPool(access.dsn, kwargs=access.options, **access.sizes)
    pool.open()
    return pool


def _drive(connection: "psycopg.Connection[Any]", work: Work[T]) -> T:
    try:
        batch = next(work)
        while True:
            batch = work.send(_answers(connection, batch))
    except StopIteration as done:
        result: T = done.value
        return result


def _answers(
    connection: "psycopg.Connection[Any]", batch: Sequence[Statement] | Aside
) -> Sequence[Rows]:
    if isinstance(batch, Aside):
        batch.action(connection)
        return ()
    if len(batch) == 1:
        cursor = psycopg.RawCursor(connection)
        cursor.execute(*batch[0])
        return (cursor.fetchall() if has_rows(cursor) else (),)
    cursors = [psycopg.RawCursor(connection) for _ in batch]
    with connection.pipeline():
        for cursor, statement in zip(cursors, batch, strict=True):
            cursor.execute(*statement)
    return [cursor.fetchall() if has_rows(cursor) else () for cursor in cursors]


def _settle(connection: "psycopg.Connection[Any]") -> None:
    """
    Leave no transaction behind.

    """
    status = connection.info.transaction_status
    if status in {TransactionStatus.IDLE, TransactionStatus.UNKNOWN}:
        return
    try:
        if status == TransactionStatus.ACTIVE:
            connection.close()  # interrupted in the middle of a statement
        else:
            connection.rollback()
    except psycopg.Error:
        connection.close()


def _one(statement: Statement) -> Work[Rows]:
    return (yield (statement,))[0]
