"""
The store's work as data: what is asked of PostgreSQL, and what to make of its errors.

A piece of work is a generator. It yields statements and is sent their rows; it neither knows nor
waits for a connection. So one body of code serves threads and event loops: a driver of a few lines
takes a connection, carries the statements out (several at once as one pipeline, a single round
trip) and hands the rows back. A batch holds its own ``BEGIN`` and ``COMMIT``.

Every piece of work may be done again from its beginning on another connection, since a commit looks
for its receipt first. That is how a lost connection is dealt with: whether the server had committed
before it went is not guessed, it is found out by the receipt.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, LiteralString, NamedTuple, TypeVar

import attrs
import psycopg
from psycopg import errors as pg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from ordercore.errors import (
    InvalidData,
    InvalidDefinition,
    InvariantViolated,
    OrderCoreError,
    OutcomeUnknown,
    PortUnavailable,
)
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._rows import Row

__all__ = [
    "DRIVER_ERRORS",
    "POOL_ERRORS",
    "Access",
    "Aside",
    "Attempts",
    "Rows",
    "Session",
    "Statement",
    "Work",
    "has_rows",
    "is_gone",
    "quoted",
]

T_co = TypeVar("T_co", covariant=True)

#: How often work is done again that lost a race which the database found: a deadlock, a key that
#: another transaction has written between our reading and our writing.
AGAIN_MAX: Final = 5

#: How often work is done again whose connection was lost.
LOST_MAX: Final = 3


class Statement(NamedTuple):
    """
    One statement and its parameters.

    """

    text: LiteralString
    keys: Sequence[Any] = ()


@attrs.frozen
class Aside:
    """
    Something to be done with the connection between two batches; it brings no rows.

    """

    action: Callable[[Any], Any]


Rows = Sequence[Row]

#: Work that yields batches of statements, is sent the rows of each, and returns its result.
Work = Generator[Sequence[Statement] | Aside, Sequence[Rows], T_co]

_RACES: Final = (
    pg.DeadlockDetected,
    pg.SerializationFailure,
    pg.UniqueViolation,
    pg.DivisionByZero,  # a promise that there was not enough for
)
_GONE: Final = (pg.AdminShutdown, pg.CrashShutdown, pg.CannotConnectNow)
_WAITED: Final = (pg.LockNotAvailable, pg.QueryCanceled)
_DATA: Final = (pg.NumericValueOutOfRange, pg.UntranslatableCharacter, pg.CharacterNotInRepertoire)


#: What a driver raises where PostgreSQL or the binding of values fails.
DRIVER_ERRORS: Final = (psycopg.Error, OverflowError, UnicodeEncodeError)


#: What a pool raises where no connection is to be had.
POOL_ERRORS: Final = (PoolTimeout, PoolClosed, TooManyRequests)


class Attempts:
    """
    What has become of one piece of work so far; decides after each failure how it goes on.

    Attributes:
        again: How often it has lost a race.
        sent: Whether a batch that may commit is on its way; set by the work.
        unknown: Whether a connection was lost while one was, so that it may have committed.
        own: Whether the transaction is the work's own, so that its failing undoes nothing else.
    """

    __slots__ = ("_lost", "_subject", "again", "own", "sent", "unknown")

    def __init__(self, subject: str, *, own: bool = True) -> None:
        self._subject = subject
        self.own = own
        self.again = self._lost = 0
        self.unknown = False
        self.sent = False

    def failed(self, error: Exception, *, lost: bool = False, held: bool = False) -> None:
        """
        Note a failure; where this returns, the work is to be done again.

        Args:
            error: What the driver raised.
            lost: Whether the connection is gone.
            held: Whether the connection held the tenant's lock for more than this work, which
                can't be done on another then.

        Raises:
            PortUnavailable: The database can't be reached or is busy; nothing was written.
            OutcomeUnknown: It went away during a commit and can't be asked what became of it.
            InvalidData: A value that PostgreSQL can't hold; nothing was written.
            InvariantViolated: A constraint or the schema is violated; nothing was written.
        """
        sent, self.sent = self.sent, False
        if lost:
            self.unknown |= sent
            self._lost += 1
            if self._lost <= LOST_MAX and not held:
                return
        elif isinstance(error, _RACES):
            self.again += 1
            if self.again <= AGAIN_MAX:
                return
        raise self._translated(error) from error

    def _translated(self, error: Exception) -> OrderCoreError:
        words = " ".join(str(error).split())
        if self.unknown:
            return OutcomeUnknown("store", self._subject, words)
        if isinstance(error, POOL_ERRORS):
            closed = isinstance(error, PoolClosed)
            return PortUnavailable("store", "the store was closed" if closed else words)
        if isinstance(error, (OverflowError, *_DATA)):
            fault = f"a value can't be stored ({words}): numbers outside 64 bits, or no Unicode"
            return InvalidData(self._subject, (fault,))
        if isinstance(error, UnicodeEncodeError):
            found = error.object[error.start : error.end]
            return InvalidData(self._subject, (f"a text holds {found!r}, which is no Unicode",))
        if isinstance(error, psycopg.DataError):
            return InvalidData(self._subject, (words,))
        if isinstance(error, _WAITED):
            return PortUnavailable("store", f"locked for too long: {words}")
        if isinstance(error, (psycopg.OperationalError, *_RACES)):
            return PortUnavailable("store", words)
        return InvariantViolated(f"store: {words}")


@attrs.frozen
class Session:
    """
    How a connection is set up before the store uses it.

    Attributes:
        schema: Where the tables lie; None for the first schema of the search path.
        lock_timeout_ms: How long a statement waits for a lock.
        statement_timeout_ms: How long a statement may take.
    """

    schema: str | None
    lock_timeout_ms: int
    statement_timeout_ms: int

    def statement(self) -> Statement:
        """
        Return the statement that sets a session up.

        """
        path = None if self.schema is None else quoted(self.schema)
        return Statement(
            sql.CONFIGURE, (str(self.lock_timeout_ms), str(self.statement_timeout_ms), path)
        )


@attrs.frozen
class Access:
    """
    How a store reaches its database.

    Attributes:
        dsn: Where it is.
        least: How many connections are kept open.
        most: How many there are at most.
        timeout_ms: How long work waits for one.
        session: How each is set up.
    """

    dsn: str
    least: int
    most: int
    timeout_ms: int
    session: Session

    def checked(self, pool: object) -> "Access":
        """
        Return it, where it makes sense beside a pool of the host's or None.

        Raises:
            InvalidDefinition: It does not.
        """
        if pool is not None and self.dsn:
            raise InvalidDefinition("a store takes a DSN or a pool, not both")
        if not 0 <= self.least <= self.most or self.most < 1:
            raise InvalidDefinition(f"a pool can't have {self.least} to {self.most} connections")
        return self

    @property
    def options(self) -> dict[str, Any]:
        """
        What every connection is opened with.

        """
        return {"autocommit": True, "connect_timeout": max(1, round(self.timeout_ms / 1_000))}

    @property
    def sizes(self) -> dict[str, Any]:
        """
        What the pool is made with.

        """
        timeout = self.timeout_ms / 1_000
        return {"min_size": self.least, "max_size": self.most, "timeout": timeout, "open": False}


def quoted(name: str) -> str:
    """
    Return a name as SQL writes it.

    """
    return '"' + name.replace('"', '""') + '"'


def is_gone(error: Exception, connection: "psycopg.Connection | psycopg.AsyncConnection") -> bool:
    """
    Say whether an error means that the connection is no longer of use.

    """
    return connection.closed or isinstance(error, _GONE)


def has_rows(cursor: "psycopg.RawCursor[Any] | psycopg.AsyncRawCursor[Any]") -> bool:
    """
    Say whether a statement has answered rows, without the columns' descriptions being made.

    """
    return cursor.pgresult is not None and cursor.pgresult.nfields > 0
