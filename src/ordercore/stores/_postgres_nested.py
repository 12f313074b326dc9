"""
Work of the PostgreSQL store inside a transaction that is not its own.

A piece of work begins and ends its transaction itself. Inside another one it must not, so it is
driven by another piece of work, which leaves these statements out. Two have a use for it:

- *carried*: a runner enqueues its jobs in the commit's transaction, between writing and committing.
- *joined*: the transaction is a host's. A savepoint is set before and released after, so that what
  fails is undone alone; meanwhile names are looked up where the store's tables lie.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, LiteralString, TypeVar, cast

import psycopg
from psycopg.pq import TransactionStatus

from ordercore.errors import InvalidDefinition, PortUnavailable
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import Commit
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._carrying import LATEST, falling_due
from ordercore.stores._postgres_work import Aside, Attempts, Rows, Statement, Work, quoted
from ordercore.stores._rows import from_us, to_us

__all__ = [
    "all_due",
    "alone",
    "carried",
    "checked",
    "entering",
    "joined_work",
    "leaving",
    "require_read_committed",
    "undoing",
    "written_due",
]

T = TypeVar("T")

_SAVE: Final = "SAVEPOINT ordercore_joined"
_RELEASE: Final = "RELEASE SAVEPOINT ordercore_joined"
_UNDO: Final = "ROLLBACK TO SAVEPOINT ordercore_joined"
_ISOLATION: Final = "SELECT current_setting('transaction_isolation')"
#: The host's search path, kept by the server until it is put back.
_KEEP_PATH: Final = "SELECT set_config('ordercore.host_path', current_setting('search_path'), true)"
_OUR_PATH: Final = "SELECT set_config('search_path', $1, true)"
_HOST_PATH: Final = "SELECT set_config('search_path', current_setting('ordercore.host_path'), true)"
#: tenant, after, by, limit
_ALL_DUE: Final = """
SELECT stream, not_before FROM oc_streams WHERE tenant = $1 AND stream > $2 AND not_before <= $3
ORDER BY stream LIMIT $4
"""
_PAGE_ROWS: Final = 500
_ENDS: Final[frozenset[LiteralString]] = frozenset({sql.BEGIN, sql.COMMIT, sql.ROLLBACK})


def carried(work: Work[T], attempts: Attempts, enqueue: Callable[[Any, T], Any]) -> Work[T]:
    """
    Do work in a transaction in which a runner then enqueues jobs.

    Args:
        work: What writes.
        attempts: What has become of it so far.
        enqueue: Called with the connection and what the work has come to.
    """
    yield (Statement(sql.BEGIN),)
    found = yield from _without_ends(work, (Statement(sql.ROLLBACK), Statement(sql.BEGIN)))
    yield Aside(lambda connection: enqueue(connection, found))
    attempts.sent = True
    yield (Statement(sql.COMMIT),)
    attempts.sent = False
    return found


def alone(enqueue: Callable[[Any], Any]) -> Work[None]:
    """
    Let a runner enqueue a job in a transaction of its own.

    """
    yield (Statement(sql.BEGIN),)
    yield Aside(enqueue)
    yield (Statement(sql.COMMIT),)


def all_due(
    tenant: TenantId, after: str, by: Instant | None
) -> Work[list[tuple[StreamId, Instant]]]:
    """
    Return a page of the streams that have something due, in order of id, beyond one.

    """
    latest = LATEST if by is None else to_us(by)
    (rows,) = yield (Statement(_ALL_DUE, (tenant, after, latest, _PAGE_ROWS)),)
    return [(stream, from_us(at)) for stream, at in rows]


def written_due(
    commits: Sequence[Commit], found: object
) -> Iterator[tuple[TenantId, StreamId, Instant]]:
    """
    Iterate over what is due by commits that were written.

    Args:
        commits: What was to be written.
        found: The receipt of the one, or receipts and refusals of all by their index.
    """
    answers = cast("dict[int, object]", found) if isinstance(found, dict) else {0: found}
    tenants: dict[TenantId, list[Commit]] = {}
    for index, commit in enumerate(commits):
        if answers.get(index) is commit.receipt:
            tenants.setdefault(commit.tenant, []).append(commit)
    for tenant in sorted(tenants):
        for stream, at in falling_due(tenants[tenant]):
            yield tenant, stream, at


def joined_work(work: Work[T]) -> Work[T]:
    """
    Do work in a host's transaction, after :func:`entering`.

    """
    return _without_ends(work, undoing())


def entering(schema: str | None) -> tuple[Statement, ...]:
    """
    Return what goes before work in a host's transaction; the first tells its isolation.

    """
    path: tuple[Statement, ...] = ()
    if schema is not None:
        path = (Statement(_KEEP_PATH), Statement(_OUR_PATH, (quoted(schema),)))
    return (Statement(_ISOLATION), *path, Statement(_SAVE))


def undoing() -> tuple[Statement, ...]:
    """
    Return what undoes the work and nothing else.

    """
    return (Statement(_UNDO),)


def leaving(schema: str | None) -> tuple[Statement, ...]:
    """
    Return what goes after the work, whatever came of it.

    """
    return (Statement(_RELEASE), *(() if schema is None else (Statement(_HOST_PATH),)))


def checked(connection: object, kind: type[Any]) -> None:
    """
    Refuse what can't be joined.

    Args:
        connection: The host's.
        kind: What class of connection the store works with.

    Raises:
        InvalidDefinition: It is of another class, or has no transaction that can be joined.
        PortUnavailable: It is closed.
    """
    if not isinstance(connection, kind):
        raise InvalidDefinition(
            f"a {type(connection).__module__}.{type(connection).__name__} can't be joined: this "
            f"store joins the transaction of a psycopg.{kind.__name__}"
        )
    link = cast("psycopg.Connection[object]", connection)  # of either class: these are alike
    if link.closed:
        raise PortUnavailable("store", "the connection to be joined is closed")
    status = link.info.transaction_status
    if status == TransactionStatus.INERROR:
        raise InvalidDefinition(
            "the transaction to be joined has failed before: roll it back and begin anew"
        )
    if status == TransactionStatus.IDLE and link.autocommit:
        raise InvalidDefinition(
            "no transaction is open to be joined: begin one (with connection.transaction(): ...)"
        )


def require_read_committed(isolation: str) -> None:
    """
    Refuse a transaction in which the store can't see what others have written meanwhile.

    Raises:
        InvalidDefinition: It is not ``READ COMMITTED``.
    """
    if isolation != "read committed":
        raise InvalidDefinition(
            f"the transaction to be joined is {isolation.upper()}: the store needs READ COMMITTED, "
            "to see what was written before it got its locks"
        )


def _without_ends(work: Work[T], undo: Sequence[Statement]) -> Work[T]:
    answers: Sequence[Rows] | None = None
    while True:
        try:
            batch = next(work) if answers is None else work.send(answers)
        except StopIteration as done:
            result: T = done.value
            return result
        if isinstance(batch, Aside):
            answers = yield batch
            continue
        sent: list[Statement] = []
        places: list[int | None] = []
        for statement in batch:
            if statement.text not in _ENDS:
                places.append(len(sent))
                sent.append(statement)
                continue
            places.append(None)
            if statement.text == sql.ROLLBACK:
                sent.extend(undo)
        rows = (yield sent) if sent else ()
        answers = [() if place is None else rows[place] for place in places]
