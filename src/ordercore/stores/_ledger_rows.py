"""
The ledger as rows: what the rules read inside the write transaction, and how it is written.

The rules ask for one row at a time. A statement each would cost more than the rules, so what a
batch mentions is fetched first, by kind, in a few statements over lists of keys; what is asked
for beyond that is fetched when asked. Everything read is remembered until the batch is judged:
the transaction is the only writer, so nothing read can grow stale.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence

from ordercore.errors import InvariantViolated
from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ledger import (
    NOTHING,
    AccountId,
    Balance,
    Divide,
    OpenPending,
    Outcome,
    Pend,
    Post,
    Step,
    made_pending,
)
from ordercore.stores import _sql as sql
from ordercore.stores._rows import Row, entry_of, pending_of, pending_row, step_row, to_us

__all__ = ["LedgerRows", "pendings_made"]

#: Due holds fetched ahead for all guarded accounts of a batch; beyond, each account is asked.
_DUE_AHEAD_MAX = 1_000


class LedgerRows:
    """
    One tenant's ledger within one transaction; a ``LedgerView`` for the rules.

    """

    __slots__ = ("_balances", "_connection", "_due", "_open", "_steps", "_tenant")

    def __init__(self, connection: sqlite3.Connection, tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
        self._steps: dict[str, Step | None] = {}
        self._open: dict[str, OpenPending | None] = {}
        self._balances: dict[AccountId, Balance] = {}
        self._due: dict[AccountId, list[OpenPending]] = {}

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
            else:
                holds[step.pending] = None
        self._fetch_steps(tuple(ids))
        self._fetch_open(tuple(holds))
        self._fetch_due(tuple(guarded), at)
        for pending in self._open.values():
            if pending is not None:
                accounts[pending.source] = accounts[pending.target] = None
        self._fetch_balances(tuple(accounts))

    def step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        if step_id not in self._steps:
            self._fetch_steps((step_id,))
        return self._steps[step_id]

    def open_pending(self, pending_id: str) -> OpenPending | None:
        """
        Return the hold of that id while it is open.

        """
        if pending_id not in self._open:
            self._fetch_open((pending_id,))
        return self._open[pending_id]

    def ended_by(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold; asked for by refusals alone, so never fetched ahead.

        """
        key = (self._tenant, pending_id)
        row: Row | None = self._connection.execute(sql.TRANSFER_THAT_ENDED, key).fetchone()
        return None if row is None else entry_of(row).step

    def balance(self, account: AccountId) -> Balance:
        """
        Return the recorded balance, due holds still counted.

        """
        if account not in self._balances:
            self._fetch_balances((account,))
        return self._balances[account]

    def due_pendings(self, account: AccountId, at: Instant, limit: int) -> Sequence[OpenPending]:
        """
        Return open holds that leave an account and are due, by (expiry, id).

        """
        known = self._due.get(account)
        if known is not None:
            return known[:limit]
        keys = (self._tenant, account, to_us(at), limit)
        rows = self._connection.execute(sql.PENDINGS_DUE, keys).fetchall()
        return [self._remember(row) for row in rows]

    def write(self, outcome: Outcome, at: Instant, last_position: int) -> None:
        """
        Write what the rules came to, the first step after ``last_position``.

        """
        if not outcome.steps:
            return
        tenant, many = self._tenant, self._connection.executemany
        many(sql.ADD_TRANSFER, self._step_rows(outcome.steps, to_us(at), last_position))
        if outcome.closed:
            many(sql.DROP_PENDING, [(tenant, pending_id) for pending_id in outcome.closed])
        if outcome.opened:
            many(sql.ADD_PENDING, [pending_row(tenant, p) for p in outcome.opened.values()])
        many(sql.SET_BALANCE, [(tenant, account, *b) for account, b in outcome.balances.items()])

    def _step_rows(self, steps: Iterable[Step], at_us: int, last_position: int) -> list[Row]:
        # A hold may be made, divided and ended within one batch, so its accounts are followed.
        holds: dict[str, tuple[AccountId, AccountId]] = {}
        rows: list[Row] = []
        for position, step in enumerate(steps, last_position + 1):
            if isinstance(step, Post | Pend):
                accounts = (step.source, step.target)
                holds[step.id] = accounts
            else:
                accounts = holds.get(step.pending) or self._accounts_of_hold(step.pending)
                if isinstance(step, Divide):
                    holds.update(dict.fromkeys(step.part_ids, accounts))
            rows.append(step_row(self._tenant, position, at_us, step, accounts))
        return rows

    def _accounts_of_hold(self, pending_id: str) -> tuple[AccountId, AccountId]:
        pending = self.open_pending(pending_id)
        if pending is None:
            raise InvariantViolated(f"the ledger's rules ended {pending_id}, which is not open")
        return pending.source, pending.target

    def _fetch_steps(self, ids: Sequence[str]) -> None:
        self._steps.update(dict.fromkeys(ids))
        for text, part in sql.TRANSFERS_OF_IDS.parts(ids):
            for row in self._connection.execute(text, (self._tenant, *part)):
                step = entry_of(row).step
                self._steps[step.id] = step

    def _fetch_open(self, ids: Sequence[str]) -> None:
        self._open.update(dict.fromkeys(ids))
        for text, part in sql.PENDINGS_OF_IDS.parts(ids):
            for row in self._connection.execute(text, (self._tenant, *part)):
                self._remember(row)

    def _fetch_due(self, accounts: Sequence[AccountId], at: Instant) -> None:
        for text, part in sql.PENDINGS_DUE_OF.parts(accounts):
            keys = (self._tenant, to_us(at), *part, _DUE_AHEAD_MAX)
            rows = self._connection.execute(text, keys).fetchall()
            if len(rows) == _DUE_AHEAD_MAX:
                return  # there may be more: each account is asked when its guard is judged
            self._due.update({AccountId(account): [] for account in part})
            for row in rows:
                pending = self._remember(row)
                self._due[pending.source].append(pending)

    def _fetch_balances(self, accounts: Sequence[AccountId]) -> None:
        self._balances.update(dict.fromkeys(accounts, NOTHING))
        for text, part in sql.BALANCES_OF.parts(accounts):
            for row in self._connection.execute(text, (self._tenant, *part)):
                self._balances[row[0]] = Balance(*row[1:])

    def _remember(self, row: Row) -> OpenPending:
        pending = pending_of(row)
        self._open[pending.id] = pending
        return pending


def pendings_made(
    connection: sqlite3.Connection, tenant: TenantId, ids: Collection[str]
) -> Mapping[str, OpenPending]:
    """
    Rebuild holds from the rows that made them. Cost: some statements a hold.

    """
    rows = LedgerRows(connection, tenant)
    made = {pending_id: made_pending(rows, pending_id) for pending_id in ids}
    return {pending_id: hold for pending_id, hold in made.items() if hold is not None}
