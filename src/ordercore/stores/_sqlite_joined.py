"""
The SQLite store inside a host's transaction: the same statements, on the host's connection.

The transaction must hold SQLite's one write lock already, so it has begun ``IMMEDIATE``. One that
began without and has read meanwhile is refused by SQLite when it writes after somebody else has,
whatever the timeout, and all that the host did in it is lost: a fault that shows under load alone.
So it is found out at once, every time: while a transaction holds the lock, no other connection can
take it. A second connection tries, without waiting; if it succeeds, the host's is of the wrong
kind.

What the host has set on its connection about rows is put aside meanwhile.
"""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast, final

from ordercore.errors import InvalidDefinition
from ordercore.ids import CommandId, TenantId
from ordercore.ports import Codec, Commit, EffectRunner, Receipt
from ordercore.stores import _sql as sql
from ordercore.stores._committing import Committing
from ordercore.stores._connections import Connections
from ordercore.stores._judging import outcome
from ordercore.stores._rows import Row
from ordercore.stores._work_rows import WorkRows

__all__ = ["JoinedSQLite", "joined"]

_MEMORY: Final = ":memory:"
_SAVE: Final = "SAVEPOINT ordercore_joined"
_RELEASE: Final = "RELEASE ordercore_joined"
_UNDO: Final = "ROLLBACK TO ordercore_joined"
#: Takes the write lock, where it is not ours yet, and writes nothing.
_TAKE_LOCK: Final = "UPDATE oc_meta SET value = value WHERE false"
_WHAT_TO_DO: Final = 'begin it with connection.execute("BEGIN IMMEDIATE")'


@contextmanager
def joined(
    connection: Any,  # noqa: ANN401 - checked here
    connections: Connections,
    codec: Codec,
    runner: EffectRunner | None,
) -> Generator["JoinedSQLite", None, None]:
    """
    Work on a host's connection until the block ends, under one savepoint.

    Args:
        connection: The host's.
        connections: The store's own; they know the file and translate errors.
        codec: How values are written.
        runner: Who carries what streams owe.

    Raises:
        InvalidDefinition: The connection or its transaction is not of the kind that is needed.
        PortUnavailable: The file is locked.
    """
    if not isinstance(connection, sqlite3.Connection):
        raise InvalidDefinition(
            f"a {type(connection).__name__} can't be joined: an SQLiteStore joins the transaction "
            "of an sqlite3.Connection to its own file"
        )
    rows, texts = connection.row_factory, connection.text_factory
    connection.row_factory, connection.text_factory = None, str
    try:
        with connections.translating():
            _check(connection, connections.path)
            connection.execute(_SAVE)
            try:
                yield JoinedSQLite(connection, codec, runner)
            except BaseException:
                # SQLite itself has rolled back after some errors (a full disk, for one).
                if connection.in_transaction:
                    connection.execute(_UNDO)
                    connection.execute(_RELEASE)
                raise
            connection.execute(_RELEASE)
    finally:
        connection.row_factory, connection.text_factory = rows, texts


@final
class JoinedSQLite(WorkRows):
    """
    The store as seen from inside a host's transaction.

    """

    __slots__ = ("_committing",)

    def __init__(
        self, connection: sqlite3.Connection, codec: Codec, runner: EffectRunner | None
    ) -> None:
        connections = cast("Connections", _HostConnections(connection))
        super().__init__(connections, codec)
        self._committing: Final = Committing(connections, codec, runner)

    def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        rows = self._glance(sql.RECEIPT, (tenant, command_id))
        return self._committing.receipt_of(rows[0]) if rows else None

    def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit into the host's transaction; see :meth:`SQLiteStore.commit`.

        """
        return outcome(self._committing.commit_many((commit,))[0])


class _HostConnections:
    """
    Stands for a store's connections where there is one, the host's.

    """

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: Final = connection

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        yield self._connection  # whatever fails on the way undoes all of the block

    def glance(self, statement: str, keys: Sequence[object]) -> list[Row]:
        return self._connection.execute(statement, keys).fetchall()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        yield self._connection


def _check(connection: sqlite3.Connection, path: str) -> None:
    if path == _MEMORY:
        raise InvalidDefinition("a store in memory joins no transaction: give it a file")
    files = {name: file for _, name, file in connection.execute("PRAGMA database_list")}
    file = files["main"]
    if not file or not Path(file).samefile(path):
        raise InvalidDefinition(
            f"the connection is to {file or 'a database in memory'}, the store lies in {path}"
        )
    if not connection.in_transaction:
        raise InvalidDefinition(f"no transaction is open to be joined: {_WHAT_TO_DO}")
    wrong_kind = f"the transaction to be joined holds no write lock yet: {_WHAT_TO_DO}"
    if not _is_locked(path):
        raise InvalidDefinition(wrong_kind)
    try:
        connection.execute(_TAKE_LOCK)  # it may have been somebody else's
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT:
            raise InvalidDefinition(wrong_kind) from error
        raise


def _is_locked(path: str) -> bool:
    probe = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        probe.execute(sql.BEGIN)
        probe.execute(sql.ROLLBACK)
    except sqlite3.OperationalError:
        return True
    else:
        return False
    finally:
        probe.close()
