"""
The ledger as rows: what the rules read inside the write transaction, and how it is written.

The rules work on a table of dictionaries. What a batch mentions is fetched into one, by kind, in a
few statements over lists of keys; what a rule asks for beyond that is fetched when asked. Then the
rows that the batch has touched are written back. The transaction is the only writer, so nothing
read can grow stale.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence

from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ledger import (
    EXPIRE_MAX,
    Account,
    AccountId,
    Divide,
    Merge,
    OpenPending,
    Pend,
    Post,
    Reverse,
    Step,
    Table,
    open_pending,
)
from ordercore.stores import _sql as sql
from ordercore.stores._rows import Row, entry_of, pending_of, pending_row, step_row, to_us

__all__ = ["LedgerRows", "pendings_made"]


class LedgerRows(Table):
    """
    One tenant's ledger within one transaction, as far as a batch needs it.

    """

    __slots__ = ("_connection", "_tenant")

    def __init__(self, connection: sqlite3.Connection, tenant: TenantId) -> None:
        super().__init__()
        self._connection = connection
        self._tenant = tenant

    def read_ahead(self, steps: Iterable[Step], at: Instant) -> None:
        """
        Fetch the rows that a batch mentions: its steps' ids, holds, accounts and due holds.

        """
        ids: dict[str, None] = {}
        holds: dict[str, None] = {}
        accounts: dict[AccountId, None] = {}
        guarded: dict[AccountId, None] = {}
        for step in steps:
            ids[step.id] = None
            if isinstance(step, Post | Pend):
                accounts[step.source] = accounts[step.target] = None
                if step.leave_at_least is not None:
                    guarded[step.source] = None
            elif isinstance(step, Merge):
                holds.update(dict.fromkeys(step.pendings))
            elif not isinstance(step, Reverse):
                holds[step.pending] = None
        self._fetch_steps(tuple(ids))
        self._fetch_open(tuple(holds))
        for reversal in steps:
            if isinstance(reversal, Reverse) and self.find_step(reversal.step) is not None:
                source, target, *_ = self.movement(reversal)
                accounts[source] = accounts[target] = None
                guarded[source] = None
        for hold in self.open.values():
            accounts[hold.source] = accounts[hold.target] = None
        self._fetch_accounts(tuple(accounts))
        self._fetch_due(tuple(guarded), at)

    def find_step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        if step_id not in self.log:
            row = self._connection.execute(sql.TRANSFER_OF_ID, (self._tenant, step_id)).fetchone()
            return None if row is None else entry_of(row).step
        return self.log[step_id]

    def find_ending(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold.

        """
        if pending_id in self.ended:
            return self.ended[pending_id]
        key = (self._tenant, pending_id)
        row: Row | None = self._connection.execute(sql.TRANSFER_THAT_ENDED, key).fetchone()
        if row is not None:
            return entry_of(row).step
        merger: Row | None = self._connection.execute(sql.MERGER_OF, key).fetchone()
        return None if merger is None else self.find_step(merger[0])

    def touch(self, account_id: AccountId) -> Account:
        """
        Return the row of an account that was not read ahead.

        """
        self._fetch_accounts((account_id,))
        return self.accounts.get(account_id) or super().touch(account_id)

    def write(self, at: Instant, last_position: int) -> None:
        """
        Write what the rules have recorded, the first step after ``last_position``.

        """
        if not self.done:
            return
        tenant, many, at_us = self._tenant, self._connection.executemany, to_us(at)
        touched: dict[AccountId, Account] = {}
        opened: dict[str, None] = {}
        rows: list[Row] = []
        merges: list[Row] = []
        for position, step in enumerate(self.done, last_position + 1):
            movement = self.movement(step)
            rows.append(step_row(tenant, position, at_us, step, movement))
            for account_id in movement[:2]:
                touched[account_id] = self.account(account_id)
            if isinstance(step, Pend | Merge):
                opened[step.id] = None
            elif isinstance(step, Divide):
                opened.update(dict.fromkeys(step.part_ids))
            if isinstance(step, Merge):
                merges.extend((tenant, pending_id, step.id) for pending_id in step.pendings)
        many(sql.ADD_TRANSFER, rows)
        if merges:
            many(sql.ADD_MERGED, merges)
        if self.closed:
            many(sql.DROP_PENDING, [(tenant, pending_id) for pending_id in self.closed])
        still_open = [self.open[pending_id] for pending_id in opened if pending_id in self.open]
        if still_open:
            many(sql.ADD_PENDING, [pending_row(tenant, hold) for hold in still_open])
        many(sql.SET_BALANCE, [(tenant, name, *row.balance) for name, row in touched.items()])

    def _fetch_steps(self, ids: Sequence[str]) -> None:
        for text, part in sql.TRANSFERS_OF_IDS.parts(ids):
            for row in self._connection.execute(text, (self._tenant, *part)):
                step = entry_of(row).step
                self.log[step.id] = step

    def _fetch_open(self, ids: Sequence[str]) -> None:
        for text, part in sql.PENDINGS_OF_IDS.parts(ids):
            for row in self._connection.execute(text, (self._tenant, *part)):
                self._remember(row)

    def _fetch_due(self, accounts: Sequence[AccountId], at: Instant) -> None:
        for text, part in sql.PENDINGS_DUE_OF.parts(accounts):
            keys = (self._tenant, to_us(at), *part, EXPIRE_MAX)
            rows = self._connection.execute(text, keys).fetchall()
            if len(rows) == EXPIRE_MAX:  # others may have been left out: one account after another
                rows = [row for name in dict.fromkeys(part) for row in self._due_of(name, at)]
            for row in rows:
                hold = self._remember(row)
                if hold.expires_at is not None:
                    self.account(hold.source).come_up(hold.expires_at, hold.id)

    def _due_of(self, account: str, at: Instant) -> list[Row]:
        keys = (self._tenant, account, to_us(at), EXPIRE_MAX)
        return self._connection.execute(sql.PENDINGS_DUE, keys).fetchall()

    def _fetch_accounts(self, accounts: Sequence[AccountId]) -> None:
        for text, part in sql.BALANCES_OF.parts(accounts):
            for row in self._connection.execute(text, (self._tenant, *part)):
                name, *numbers = row
                self.accounts[name] = self.row(name, *numbers)

    def _remember(self, row: Row) -> OpenPending:
        hold = pending_of(row)
        self.open[hold.id] = hold
        return hold


def pendings_made(
    connection: sqlite3.Connection, tenant: TenantId, ids: Collection[str]
) -> Mapping[str, OpenPending]:
    """
    Rebuild holds from the rows that made them. Cost: some statements a hold.

    """
    rows = LedgerRows(connection, tenant)
    made = {pending_id: rows.find_hold(pending_id) for pending_id in ids}
    return {pending_id: open_pending(hold) for pending_id, hold in made.items() if hold is not None}
