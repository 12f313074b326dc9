"""
The PostgreSQL store inside a host's transaction, on the host's connection.

What the host has set on it (rows as dictionaries, dumpers) does not matter: cursors are our own.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeVar, final

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8Dumper

from ordercore.grammar import Recorded
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.ports import Commit, EffectRunner, Receipt, Snapshot
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

__all__ = ["JoinedPostgres", "Parts", "joined"]

T = TypeVar("T")

_Connection = psycopg.Connection[Any]


class Parts(NamedTuple):
    """
    What a store works with, whosever connection it is.

    """

    committing: Committing
    reading: Reading
    standings: Standings
    runner: EffectRunner | None


@contextmanager
def joined(
    connection: Any,  # noqa: ANN401 - checked here
    schema: str | None,
    parts: Parts,
) -> Generator["JoinedPostgres", None, None]:
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
    checked(connection, psycopg.Connection)
    inside = JoinedPostgres(connection, parts)
    isolation = inside.say(entering(schema))[0][0][0]
    try:
        require_read_committed(isolation)
        yield inside
    except BaseException:
        if not connection.closed:
            inside.say((*undoing(), *leaving(schema)))
        raise
    inside.say(leaving(schema))


@final
class JoinedPostgres:
    """
    The store as seen from inside a host's transaction.

    """

    __slots__ = ("_connection", "_parts")

    def __init__(self, connection: _Connection, parts: Parts) -> None:
        self._connection: Final = connection
        self._parts: Final = parts

    def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        """
        return self._run(lambda _: self._parts.reading.load(tenant, stream, after), "load")

    def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along, whatever its form.

        """
        return self._run(lambda _: self._parts.standings.snapshot(tenant, stream), "snapshot")

    def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        receipts = self._run(
            lambda _: self._parts.committing.receipts(tenant, (command_id,)), "recall"
        )
        return receipts.get(command_id)

    def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit into the host's transaction; see :meth:`PostgresStore.commit`.

        """
        # That the tenant is listed is not remembered: the host may yet roll back.
        prepared = self._parts.committing.prepared(commit)
        receipt = self._run(
            lambda attempts: self._parts.committing.commit(commit, prepared, attempts),
            f"commit {commit.receipt.command_id}",
        )
        if self._parts.runner is not None and receipt is commit.receipt:
            for stream, at in falling_due((commit,)):
                self._parts.runner.enqueue(self._connection, commit.tenant, stream, at)
        return receipt

    def say(self, batch: Sequence[Statement]) -> Sequence[Rows]:
        """
        Carry statements out.

        Raises:
            PortUnavailable: The database is gone.
        """
        try:
            return _answers(self._connection, batch)
        except DRIVER_ERRORS as error:
            lost = is_gone(error, self._connection)
            Attempts("join").failed(error, lost=lost, held=True)
            raise

    def _run(self, begin: Callable[[Attempts], Work[T]], subject: str) -> T:
        """
        Do work under the savepoint, again where another transaction wrote the same key.

        """
        attempts = Attempts(subject, own=False)
        while True:  # bounded by the attempts
            try:
                return _drive(self._connection, joined_work(begin(attempts)))
            except DRIVER_ERRORS as error:
                # Lost in whichever moment: without the host's commit nothing was written.
                attempts.sent = False
                attempts.failed(error, lost=is_gone(error, self._connection), held=True)
            self.say(undoing())


def _drive(connection: _Connection, work: Work[T]) -> T:
    try:
        batch = next(work)
        while True:
            batch = work.send(_answers(connection, batch))
    except StopIteration as done:
        result: T = done.value
        return result


def _answers(connection: _Connection, batch: Sequence[Statement] | Aside) -> Sequence[Rows]:
    if isinstance(batch, Aside):
        batch.action(connection)
        return ()
    cursors = [_cursor(connection) for _ in batch]
    with connection.pipeline():
        for cursor, statement in zip(cursors, batch, strict=True):
            cursor.execute(*statement)
    return [cursor.fetchall() if cursor.description else () for cursor in cursors]


def _cursor(connection: _Connection) -> "psycopg.RawCursor[Any]":
    cursor = psycopg.RawCursor(connection, row_factory=tuple_row)
    cursor.adapters.register_dumper(int, Int8Dumper)
    return cursor
