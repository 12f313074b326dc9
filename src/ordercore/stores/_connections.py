"""
Connections to one SQLite file: one writer, and readers that do not wait for it.

All writing of a process goes through one connection under one reentrant lock: threads queue on
the lock instead of polling for SQLite's, which only processes compete for. A write begins
``IMMEDIATE``: a transaction that reads first and writes later is refused by SQLite at once when
another has written meanwhile, whatever the timeout. Reading uses connections of its own, as many
as are ever busy at once; in write-ahead mode they see the last commit and block nobody. Inside
:meth:`Connections.hold` a thread reads through the writer, and sees what it has written; so does
a :meth:`Connections.glance`, whenever the writer is idle. A database in memory has the writer
alone.

Every error of the driver is translated here and nowhere else.
"""

import sqlite3
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final, Literal

from ordercore.errors import (
    InvalidData,
    InvalidDefinition,
    InvariantViolated,
    OrderCoreError,
    PortUnavailable,
)
from ordercore.stores import _sql as sql
from ordercore.stores._rows import Row
from ordercore.stores._schema import bring_forward, require_readable_version

__all__ = ["Connections", "Durability"]

#: What a commit waits for: ``full`` for the disk, ``normal`` for the operating system.
Durability = Literal["full", "normal"]

_SQLITE_AT_LEAST: Final = (3, 37, 0)  # STRICT tables
_SYNCHRONOUS: Final[dict[str, str]] = {"full": "FULL", "normal": "NORMAL"}
_STATEMENTS_KEPT: Final = 256
#: What one connection keeps of the file at hand, in KiB; SQLite's own default is a quarter of it.
_KEEP_PAGES: Final = "PRAGMA cache_size = -8000"
_PAUSE_S: Final = 0.01
_MEMORY: Final = ":memory:"


class Connections:
    """
    The connections of one store. Threads may share it; a forked process must open its own.

    """

    __slots__ = ("_closed", "_holder", "_idle", "_lock", "_path", "_timeout_ms", "_writer")

    def __init__(self, path: str, durability: Durability, timeout_ms: int) -> None:
        if durability not in _SYNCHRONOUS:
            raise InvalidDefinition(f"durability {durability!r} is unknown: full or normal")
        if sqlite3.sqlite_version_info < _SQLITE_AT_LEAST:
            raise InvalidDefinition(
                f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed"
            )
        self._path: Final = path
        self._timeout_ms: Final = timeout_ms
        self._lock: Final = threading.RLock()
        self._holder: int | None = None
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._writer: Final = self._open_writer(durability)

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """
        Open a write transaction; it is committed at the end of the block, or undone by an error.

        Inside :meth:`hold` it is a part of the held transaction that can be undone by itself.

        Raises:
            PortUnavailable: Locked by another process, disk full and the like; nothing was written.
            InvariantViolated: The file is damaged or a constraint failed; nothing was written.
        """
        with self._lock:
            inside = self._holder is not None  # the lock is ours, hence so is the hold
            begin, end = (sql.SAVE, sql.RELEASE) if inside else (sql.BEGIN, sql.COMMIT)
            try:
                self._begin(begin)
                try:
                    yield self._writer
                    self._writer.execute(end)
                except BaseException:
                    self._undo(inside=inside)
                    raise
            except sqlite3.Error as error:
                raise self._translated(error) from error

    @contextmanager
    def hold(self) -> Generator[None, None, None]:
        """
        Keep every other writer of every process out until the block ends.

        What was committed inside stays, however the block ends, and is durable when it has ended.
        """
        with self._lock:
            if self._holder is not None:
                yield
                return
            try:
                self._begin(sql.BEGIN)
            except sqlite3.Error as error:
                raise self._translated(error) from error
            self._holder = threading.get_ident()
            try:
                yield
            finally:
                self._holder = None
                self._end_hold()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """
        Lend a connection to read with.

        """
        try:
            if self._path == _MEMORY or self._holder == threading.get_ident():
                with self._lock:
                    yield self._writer
                return
            try:
                reader = self._idle.pop()
            except IndexError:
                reader = self._open_reader()
            try:
                yield reader
            finally:
                self._give_back(reader)
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def glance(self, statement: str, keys: Sequence[object]) -> list[Row]:
        """
        Read the few rows that a short statement finds.

        Through the writer where nobody writes: it alone knows what it has written itself, while
        another connection forgets all its pages with every commit and reads them again.
        """
        if self._lock.acquire(blocking=False):
            try:
                if self._holder is not None or not self._writer.in_transaction:
                    return self._writer.execute(statement, keys).fetchall()
            except sqlite3.Error as error:
                raise self._translated(error) from error
            finally:
                self._lock.release()
        with self.reading() as connection:
            return connection.execute(statement, keys).fetchall()

    @contextmanager
    def one_moment(self) -> Generator[sqlite3.Connection, None, None]:
        """
        Lend a connection whose statements all see one state.

        """
        with self.reading() as connection:
            if connection.in_transaction:
                yield connection
                return
            connection.execute(sql.BEGIN_READING)
            try:
                yield connection
            finally:
                connection.execute(sql.ROLLBACK)

    @property
    def path(self) -> str:
        """
        Where the file is, or that there is none.

        """
        return self._path

    @contextmanager
    def translating(self) -> Generator[None, None, None]:
        """
        Translate what the driver raises in the block, on whichever connection to the file.

        """
        try:
            yield
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def close(self) -> None:
        """
        Close all connections; a second call does nothing.

        """
        with self._lock:
            self._closed = True
            try:
                while self._idle:
                    self._idle.pop().close()
                self._writer.close()
            except sqlite3.Error as error:
                raise self._translated(error) from error

    def _begin(self, begin: str) -> None:
        # A signal can interrupt Python between any two steps and leave a transaction behind.
        if self._holder is None and self._writer.in_transaction:
            self._writer.execute(sql.ROLLBACK)
        self._writer.execute(begin)

    def _undo(self, *, inside: bool) -> None:
        # SQLite itself has rolled back after some errors (a full disk, for one).
        if not self._writer.in_transaction:
            return
        if inside:
            self._writer.execute(sql.UNDO)
            self._writer.execute(sql.RELEASE)
        else:
            self._writer.execute(sql.ROLLBACK)

    def _end_hold(self) -> None:
        try:
            if self._writer.in_transaction:
                self._writer.execute(sql.COMMIT)
        except sqlite3.Error as error:
            if self._writer.in_transaction:
                self._writer.execute(sql.ROLLBACK)
            raise self._translated(error) from error

    def _give_back(self, reader: sqlite3.Connection) -> None:
        self._idle.append(reader)
        if self._closed:
            self.close()

    def _open_reader(self) -> sqlite3.Connection:
        if self._closed:
            raise PortUnavailable("store", f"{self._path} was closed")
        reader = self._connect()
        reader.execute("PRAGMA query_only = ON")
        reader.execute(_KEEP_PAGES)
        return reader

    def _open_writer(self, durability: Durability) -> sqlite3.Connection:
        try:
            writer = self._connect()
        except sqlite3.Error as error:
            raise self._translated(error) from error
        try:
            # First of all, so that a file we may not write to is left exactly as it was.
            require_readable_version(writer, self._path)
            if self._path != _MEMORY:
                self._write_ahead(writer)
                writer.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")
                if durability == "full":
                    # Where fsync leaves data in the drive's cache (macOS); no effect elsewhere.
                    writer.execute("PRAGMA fullfsync = ON")
            writer.execute(_KEEP_PAGES)
            bring_forward(writer, self._path)
        except BaseException as error:
            writer.close()
            if isinstance(error, sqlite3.Error):
                if _code(error) == sqlite3.SQLITE_NOTADB:
                    fault = "the file is no SQLite database; name another path or move it away"
                    raise InvalidData(f"store {self._path}", (fault,)) from error
                raise self._translated(error) from error
            raise
        return writer

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path,
            timeout=self._timeout_ms / 1_000,
            isolation_level=None,
            check_same_thread=False,  # a connection is used by one thread at a time, not by one
            cached_statements=_STATEMENTS_KEPT,
        )

    def _write_ahead(self, writer: sqlite3.Connection) -> None:
        """
        Switch the file to write-ahead mode; it stays so.

        SQLite does not wait for other processes here, so two that create one file at the same
        moment take turns by trying again, until the lock timeout.
        """
        tries = max(1, round(self._timeout_ms / 1_000 / _PAUSE_S))
        for left in range(tries - 1, -1, -1):
            try:
                mode = writer.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            except sqlite3.OperationalError as error:
                if left == 0 or _code(error) not in _BUSY:
                    raise
                time.sleep(_PAUSE_S)
                continue
            if mode != "wal":
                raise InvalidDefinition(
                    f"{self._path} lies where SQLite can't keep a write-ahead log (its journal "
                    f"mode stays {mode}): choose a local file system"
                )
            return

    def _translated(self, error: sqlite3.Error) -> OrderCoreError:
        """
        Say in the library's words who has to act.

        """
        code, words = _code(error), f"{self._path}: {error}"
        if self._closed:
            return PortUnavailable("store", f"{self._path} was closed")
        if code in _BUSY:
            return PortUnavailable("store", f"{words} (waited {self._timeout_ms} ms)")
        if code in _UNAVAILABLE:
            return PortUnavailable("store", words)
        return InvariantViolated(f"store {words}")


_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNAVAILABLE: Final = frozenset(
    {
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_SCHEMA,
    }
)


def _code(error: sqlite3.Error) -> int | None:
    # The lower byte is the primary code. Misuse that the driver itself refuses has no code.
    extended: int | None = getattr(error, "sqlite_errorcode", None)
    return None if extended is None else extended & 0xFF
