"""
The ledger as rows of PostgreSQL: what a batch needs locked and read, and what it writes.

The rules run over a table of dictionaries (``ordercore.ledger.Table``) that was filled before. What
they ask for beyond that is named by an error, fetched, and the batch judged again: a refused batch
leaves the table as it was.

Only *judged* accounts are locked, the sources of guarded steps. What is judged is their row and
their tail as committed by then; both are in the table, and the row is written back with its tail
folded in. Of the others the table knows just what the holds of the batch say is held. Whatever the
rules make of these numbers, the difference is the change, and that is appended to their tail: it
needs no lock, so no two commits wait for each other at an account that nobody guards.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ordercore.errors import OrderCoreError
from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ledger import (
    EXPIRE_MAX,
    Account,
    AccountId,
    Divide,
    Merge,
    Movement,
    Pend,
    Post,
    Reverse,
    Step,
    Table,
)
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._postgres_work import Rows, Statement
from ordercore.stores._rows import entry_of, pending_of, pending_row, step_row, to_us

__all__ = ["JudgedRows", "Mentioned", "NotReadError"]


class NotReadError(OrderCoreError):
    """
    The rules ask for rows that were not fetched; it never leaves the store.

    """

    def __init__(self, *, step: str | None = None, ended: str | None = None) -> None:
        self.step = step
        self.ended = ended
        super().__init__(step, ended)


class Mentioned:
    """
    What a batch mentions: the ids of its steps, holds, accounts, and which of these are judged.

    Attributes:
        steps: Ids of its steps and of those that it reverses.
        reversed: Ids of those that it reverses under a guard.
        holds: Ids of the holds that it ends.
        judged: The accounts that its guards protect, as far as the batch itself says.
    """

    __slots__ = ("holds", "judged", "reversed", "steps")

    def __init__(self, steps: Iterable[Step]) -> None:
        ids: dict[str, None] = {}
        guarded: dict[str, None] = {}
        holds: dict[str, None] = {}
        judged: set[AccountId] = set()
        for step in steps:
            ids[step.id] = None
            if isinstance(step, Post | Pend):
                if step.leave_at_least is not None:
                    judged.add(step.source)
            elif isinstance(step, Merge):
                holds.update(dict.fromkeys(step.pendings))
            elif isinstance(step, Reverse):
                ids[step.step] = None
                if step.leave_at_least is not None:
                    guarded[step.step] = None
            else:
                holds[step.pending] = None
        self.steps = list(ids)
        self.reversed = list(guarded)
        self.holds = list(holds)
        self.judged = judged

    def locks(self, tenant: TenantId, at: Instant) -> list[Statement]:
        """
        Return the statements that lock what is judged, in the order that all commits keep.

        Accounts by their ids, then holds by theirs: those that are mentioned, and those of judged
        accounts that are due.
        """
        judged = sorted(self.judged)
        statements: list[Statement] = []
        if judged:
            statements += (
                Statement(sql.MAKE_BALANCES, (tenant, judged)),
                Statement(sql.LOCK_BALANCES, (tenant, judged)),
                Statement(sql.TAKE_TAILS, (tenant, judged)),
            )
        if judged or self.holds:
            keys = (tenant, self.holds, judged, to_us(at), EXPIRE_MAX)
            statements.append(Statement(sql.LOCK_PENDINGS, keys))
        return statements

    def reads(self, tenant: TenantId) -> list[Statement]:
        """
        Return the statements that read what is recorded of the batch already.

        """
        statements = [Statement(sql.TRANSFERS_OF_IDS, (tenant, self.steps))]
        if self.holds:
            statements.append(Statement(sql.ENDINGS_OF, (tenant, self.holds)))
        return statements


class JudgedRows(Table):
    """
    One tenant's ledger within one transaction, as far as batches need it.

    """

    __slots__ = ("_before", "_folded", "_locked", "_movements", "_read_endings", "_read_steps")

    def __init__(self) -> None:
        super().__init__()
        self._locked: set[AccountId] = set()
        self._folded: set[AccountId] = set()
        self._before: dict[AccountId, tuple[int, int]] = {}
        self._movements: dict[str, Movement] = {}
        self._read_steps: set[str] = set()
        self._read_endings: set[str] = set()

    # --- filling ------------------------------------------------------------------------------

    def fill(self, mentioned: Mentioned, rows: Sequence[Rows]) -> None:
        """
        Take in what the statements of :class:`Mentioned` have read, in their order.

        """
        left = iter(rows)
        if mentioned.judged:
            next(left)
            self._fill_accounts(next(left), next(left))
        if mentioned.judged or mentioned.holds:
            self._fill_holds(next(left))
        self.fill_steps(mentioned.steps, next(left))
        if mentioned.holds:
            self.fill_endings(mentioned.holds, next(left))

    def _fill_accounts(self, rows: Rows, tails: Rows) -> None:
        for name, *numbers in rows:
            self.accounts[name] = self.row(name, *numbers)
            self._locked.add(name)
        for name, posted, pending_out, pending_in in tails:
            account = self.accounts[name]
            account.posted += int(posted)
            account.pending_out += int(pending_out)
            account.pending_in += int(pending_in)
            self._folded.add(name)

    def _fill_holds(self, rows: Rows) -> None:
        for *columns, due in rows:
            hold = pending_of(tuple(columns))
            self.open[hold.id] = hold
            self.account(hold.source)
            self.account(hold.target)
            for name, out, into in ((hold.source, hold.amount, 0), (hold.target, 0, hold.amount)):
                if name not in self._locked:
                    was_out, was_in = self._before.get(name, (0, 0))
                    self._before[name] = (was_out + out, was_in + into)
                    self.accounts[name].pending_out += out
                    self.accounts[name].pending_in += into
            if due and hold.expires_at is not None:
                self.accounts[hold.source].come_up(hold.expires_at, hold.id)

    def fill_steps(self, asked: Iterable[str], rows: Rows) -> None:
        """
        Take in recorded steps by their ids; those that are absent were never recorded.

        """
        self._read_steps.update(asked)
        for posted, pending, *columns in rows:
            step = entry_of(tuple(columns)).step
            self.log[step.id] = step
            self._movements[step.id] = Movement(columns[4], columns[5], posted, pending)

    def fill_endings(self, asked: Iterable[str], rows: Rows) -> None:
        """
        Take in by which steps holds have ended.

        """
        self._read_endings.update(asked)
        for pending_id, *columns in rows:
            self.ended[pending_id] = entry_of(tuple(columns)).step

    def guards(self, mentioned: Mentioned) -> bool:
        """
        Say whether every account that a reversal will judge is locked.

        """
        moved = (self._movements.get(step_id) for step_id in mentioned.reversed)
        return all(movement is None or movement.target in self._locked for movement in moved)

    # --- what the rules ask -------------------------------------------------------------------

    def find_step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        step = self.log.get(step_id)
        if step is None and step_id not in self._read_steps:
            raise NotReadError(step=step_id)
        return step

    def find_ending(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold.

        """
        step = self.ended.get(pending_id)
        if step is None and pending_id not in self._read_endings:
            raise NotReadError(ended=pending_id)
        return step

    def movement(self, step: Step) -> Movement:
        """
        Say what a recorded step has moved.

        """
        return self._movements.get(step.id) or super().movement(step)

    # --- writing ------------------------------------------------------------------------------

    def written(self, tenant: TenantId, at: Instant) -> list[tuple[sql.Part, tuple[Any, ...]]]:
        """
        Return the parts of the statement that writes what the rules have recorded.

        """
        at_us = to_us(at)
        rows: list[tuple[Any, ...]] = []
        merged: list[tuple[str, str]] = []
        opened: dict[str, None] = {}
        touched: dict[AccountId, None] = dict.fromkeys(sorted(self._folded))
        for step in self.done:
            movement = self.movement(step)
            rows.append((*step_row("", 0, 0, step, movement)[3:], *movement[2:]))
            touched[movement.source] = touched[movement.target] = None
            if isinstance(step, Pend | Merge):
                opened[step.id] = None
            elif isinstance(step, Divide):
                opened.update(dict.fromkeys(step.part_ids))
            if isinstance(step, Merge):
                merged.extend((pending_id, step.id) for pending_id in step.pendings)
        parts: list[tuple[sql.Part, tuple[Any, ...]]] = []
        if rows:
            parts.append(("steps", (tenant, at_us, *_columns(rows))))
        if merged:
            parts.append(("merged", (tenant, *_columns(merged))))
        if self.closed:
            # What this very batch has opened and ended was never a row.
            parts.append(("closed", (tenant, list(self.closed))))
        still_open = [pending_row("", self.open[name])[1:] for name in opened if name in self.open]
        if still_open:
            parts.append(("opened", (tenant, *_columns(still_open))))
        parts.extend(self._balances_written(tenant, touched))
        return parts

    def _balances_written(
        self, tenant: TenantId, touched: Iterable[AccountId]
    ) -> Iterable[tuple[sql.Part, tuple[Any, ...]]]:
        judged: list[tuple[str, int, int, int]] = []
        appended: list[tuple[str, int, int, int]] = []
        for name in touched:
            account: Account = self.account(name)
            if name in self._locked:
                judged.append((name, *account.balance))
                continue
            out, into = self._before.get(name, (0, 0))
            change = (account.posted, account.pending_out - out, account.pending_in - into)
            if any(change) or name not in self._before:
                appended.append((name, *change))
        if judged:
            yield "balances", (tenant, *_columns(judged))
        if appended:
            yield "tail", (tenant, *_columns(appended))


def _columns(rows: Sequence[tuple[Any, ...]]) -> Iterable[list[Any]]:
    return (list(column) for column in zip(*rows, strict=True))
