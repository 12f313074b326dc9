"""
The ledger as rows: how a group's reads are answered, and how what it records is written.

What may be asked is said by :class:`~ordercore.stores._reads.ReadAhead`; here are the statements,
each over a list of keys. They run inside the write transaction, which is the only writer, so
nothing read can grow stale. Statements cost more here than rounds do, so accounts are fetched last,
once for all that the rest has brought up.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ledger import EXPIRE_MAX, OpenPending, Step, open_pending
from ordercore.stores import _sql as sql
from ordercore.stores._group_ledger import GroupLedger
from ordercore.stores._reads import ReadAhead
from ordercore.stores._rows import Row, entry_of, key_list, pending_of, pending_row, step_row, to_us

__all__ = ["pendings_made", "read_ahead", "write_ledger"]


def read_ahead(
    connection: sqlite3.Connection, tenant: TenantId, ledger: ReadAhead
) -> dict[str, int | None]:
    """
    Answer everything that a group has to read.

    Returns:
        The position of the last step that touched each account; None where it isn't known.
    """
    last: dict[str, int | None] = {}
    while (reads := ledger.reads()) is not None:
        steps, holds, endings, due, accounts, at = reads
        if steps:
            found = _rows(connection, sql.TRANSFERS_OF_IDS, tenant, steps)
            ledger.take_steps(steps, [entry_of(row).step for row in found])
        if holds:
            found = _rows(connection, sql.PENDINGS_OF_IDS, tenant, holds)
            ledger.take_holds(holds, map(pending_of, found))
        if endings:
            ledger.take_endings(endings, _endings(connection, tenant, endings))
        if due:
            ledger.take_due(due, _due(connection, tenant, due, at))
        if not (steps or holds or endings or due):
            rows = _rows(connection, sql.BALANCES_OF, tenant, accounts)
            last = {account: position for account, *_, position in rows}
            ledger.take_accounts(accounts, (row[:-1] for row in rows))
            break  # accounts bring up nothing
    return last


def write_ledger(
    connection: sqlite3.Connection,
    tenant: TenantId,
    ledger: GroupLedger,
    last: dict[str, int | None],
    last_position: int,
) -> None:
    """
    Write what a group has recorded, the first step after ``last_position``.

    Args:
        connection: In a transaction.
        tenant: Whose.
        ledger: What was recorded.
        last: Which step was the last one of each account before, as :func:`read_ahead` has found.
        last_position: Of the log.
    """
    if not ledger.moves:
        return
    many = connection.executemany
    rows: list[Row] = []
    for position, (at, step, movement) in enumerate(ledger.moves, last_position + 1):
        source, target = movement.source, movement.target
        before = last.get(source, 0), last.get(target, 0)
        last[source] = last[target] = position
        rows.append(step_row(tenant, position, to_us(at), step, movement) + before)
    many(sql.ADD_TRANSFER, rows)
    if ledger.merged:
        many(sql.ADD_MERGED, [(tenant, *merged) for merged in ledger.merged])
    if ended := ledger.ended_holds():
        many(sql.DROP_PENDING, [(tenant, pending_id) for pending_id in ended])
    if opened := ledger.new_holds():
        many(sql.ADD_PENDING, [pending_row(tenant, hold) for hold in opened])
    balances = ledger.new_balances()
    many(
        sql.SET_BALANCE,
        [(tenant, name, *balance, last[name]) for name, balance in balances.items()],
    )


def pendings_made(
    connection: sqlite3.Connection, tenant: TenantId, ids: Collection[str]
) -> Mapping[str, OpenPending]:
    """
    Rebuild holds from the rows that made them.

    Cost: some statements, and some more for each time that one was divided or merged.
    """
    ledger = ReadAhead((), _WHENEVER)
    for pending_id in ids:
        ledger.seek(pending_id)
    read_ahead(connection, tenant, ledger)
    made = {pending_id: ledger.find_hold(pending_id) for pending_id in ids}
    return {pending_id: open_pending(hold) for pending_id, hold in made.items() if hold is not None}


#: Nothing that is due is read for holds as they were made.
_WHENEVER: Final = datetime.min.replace(tzinfo=UTC)


def _rows(
    connection: sqlite3.Connection, statement: str, tenant: TenantId, keys: Sequence[str]
) -> list[Row]:
    return connection.execute(statement, (tenant, key_list(keys))).fetchall()


def _endings(
    connection: sqlite3.Connection, tenant: TenantId, holds: Sequence[str]
) -> Iterator[tuple[str, Step]]:
    for statement in (sql.ENDINGS_OF, sql.MERGERS_OF):
        for *row, pending_id in _rows(connection, statement, tenant, holds):
            yield pending_id, entry_of(tuple(row)).step


def _due(
    connection: sqlite3.Connection, tenant: TenantId, accounts: Sequence[str], at: Instant
) -> Iterator[OpenPending]:
    at_us = to_us(at)
    keys = (tenant, key_list(accounts), at_us, EXPIRE_MAX)
    rows: list[Row] = connection.execute(sql.PENDINGS_DUE_OF, keys).fetchall()
    if len(rows) == EXPIRE_MAX:  # others may have been left out: one account after another
        rows = [
            row
            for account in accounts
            for row in connection.execute(sql.PENDINGS_DUE, (tenant, account, at_us, EXPIRE_MAX))
        ]
    return map(pending_of, rows)
