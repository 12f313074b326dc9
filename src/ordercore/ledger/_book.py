"""
The ledger in memory: an insertion-ordered log, and what the rules need to know of it by key.

The log is the truth. Balances, open and ended holds and the order of expiry are indexes that
``check_invariants`` rebuilds from the log and compares. Stores on disk keep the same indexes as
rows.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import attrs
from sortedcontainers import SortedList

from ordercore.errors import InvariantViolated, Rejected
from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId
from ordercore.ledger._checkpoint import Checkpoint, OlderLog, continued
from ordercore.ledger._holds import open_pending
from ordercore.ledger._rules import apply_batch
from ordercore.ledger._steps import NOTHING, Balance, Entry, OpenPending, Pend, Post, Reverse, Step
from ordercore.ledger._table import Table

__all__ = ["Ledger"]

_Indexes = tuple[tuple[str, Mapping[Any, object]], ...]


class Ledger:
    """
    A ledger held in memory.

    """

    __slots__ = ("_before", "_last_at", "_names", "_older", "_recorded", "_table")

    def __init__(self) -> None:
        self._table = Table()
        # Steps of one batch, and often of many, have one instant: (first position, instant).
        self._recorded: list[tuple[int, Instant]] = []
        self._last_at: Instant | None = None
        # The log up to a checkpoint is somebody else's.
        self._before = 0
        self._older: OlderLog | None = None
        self._names: SortedList[AccountId] = SortedList()

    @classmethod
    def resume(
        cls, checkpoint: Checkpoint, older: OlderLog, tail: Iterable[Entry] = ()
    ) -> "Ledger":
        """
        Go on from a checkpoint.

        Args:
            checkpoint: Where.
            older: The log up to there; asked for ids that are repeated, and for history.
            tail: What was recorded since, in order.

        Raises:
            InvariantViolated: The tail does not begin where the checkpoint ends, or one of its
                steps breaks a rule.

        Cost: O(accounts + open holds + tail), whatever the length of the older log.
        """
        ledger = cls()
        ledger._table = continued(checkpoint, older)
        ledger._before, ledger._older = checkpoint.position, older
        ledger._replay(tail)
        return ledger

    def checkpoint(self) -> Checkpoint:
        """
        Return what a ledger needs to go on from here.

        Cost: O(accounts + open holds).
        """
        table = self._table
        return Checkpoint(
            self.position,
            {name: row.balance for name, row in table.accounts.items()},
            tuple(map(open_pending, table.open.values())),
        )

    def apply(self, steps: Iterable[Step], at: Instant) -> list[Step]:
        """
        Record a linked batch.

        Args:
            steps: All apply, or none.
            at: The instant of recording.

        Returns:
            What was recorded: the steps, and before them the expiries that their guards called
            for. Nothing, where the batch was recorded before.

        Raises:
            Rejected: With the codes of ``ordercore.ledger.apply_batch``; nothing has changed.
            InvalidData: An account id is none; nothing has changed.
        """
        recorded = apply_batch(steps, self._table, at)
        if at is not self._last_at and recorded:
            self._recorded.append((self.position - len(recorded) + 1, at))
            self._last_at = at
        return recorded

    @property
    def position(self) -> int:
        """
        The position of the last recorded step, 0 where there is none.

        """
        return self._before + len(self._table.log)

    def step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        return self._table.find_step(step_id)

    def open_pending(self, pending_id: str) -> OpenPending | None:
        """
        Return the hold of that id while it is open.

        """
        hold = self._table.open.get(pending_id)
        return None if hold is None else open_pending(hold)

    def ended_by(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold.

        """
        return self._table.find_ending(pending_id)

    def balance(self, account: AccountId) -> Balance:
        """
        Return the recorded balance; :meth:`balance_at` leaves out holds that are due.

        """
        row = self._table.accounts.get(account)
        return NOTHING if row is None else row.balance

    def balance_at(self, account: AccountId, at: Instant) -> Balance:
        """
        Return the balance as it counts at an instant: due holds on the source side released.

        Cost: O(1), and O(holds of the account that are due and not recorded as expired).
        """
        return self.balances_at((account,), at)[account]

    def balances_at(self, accounts: Iterable[AccountId], at: Instant) -> dict[AccountId, Balance]:
        """
        Return balances as :meth:`balance_at` does, of many accounts; untouched ones with zeros.

        """
        table = self._table
        table.bring_up(at)
        rows, found = table.accounts, dict[AccountId, Balance]()
        for account in accounts:
            row = rows.get(account)
            if row is None:
                found[account] = NOTHING
            elif row.due:
                due = sum(p.amount for p in self.due_pendings(account, at, len(row.due)))
                found[account] = Balance(row.posted, row.pending_out - due, row.pending_in)
            else:
                found[account] = Balance(row.posted, row.pending_out, row.pending_in)
        return found

    def due_pendings(self, account: AccountId, at: Instant, limit: int) -> Sequence[OpenPending]:
        """
        Return open holds that leave an account and are due, by (expiry, id).

        """
        table = self._table
        table.bring_up(at)
        row = table.accounts.get(account)
        come_up = {entry for entry in (row and row.due) or () if entry[0] <= at}
        due = sorted(entry for entry in come_up if table.is_waiting(*entry))[:limit]
        return [open_pending(table.open[pending_id]) for _, pending_id in due]

    def pendings_made(self, ids: Iterable[str]) -> Mapping[str, OpenPending]:
        """
        Return holds as they were made, open or ended since; unknown ids are absent.

        """
        made = {pending_id: self._table.find_hold(pending_id) for pending_id in ids}
        return {name: open_pending(hold) for name, hold in made.items() if hold is not None}

    def pendings(
        self, reference: str | None = None, *, source: AccountId | None = None
    ) -> Iterator[OpenPending]:
        """
        Iterate over open holds in the order in which they were made.

        Args:
            reference: Only those of this holder.
            source: Only those that leave this account.

        Cost: O(open holds).
        """
        for hold in self._table.open.values():
            if (reference is None or hold.reference == reference) and (
                source is None or hold.source == source
            ):
                yield open_pending(hold)

    def balances(self, prefix: str = "") -> Iterator[tuple[AccountId, Balance]]:
        """
        Iterate over the touched accounts whose id begins with a prefix, in order of id.

        Cost: O(log n) to the first, O(1) a further one; accounts touched since the last call are
        sorted in once.
        """
        accounts = self._table.accounts
        # Accounts are only ever added, so those not sorted in yet are the last.
        self._names.update(islice(reversed(accounts), len(accounts) - len(self._names)))
        for account in self._names.irange(minimum=AccountId(prefix)):
            if not account.startswith(prefix):
                return
            yield account, accounts[account].balance

    def entries(self, account: AccountId | None = None, after: int = 0) -> Iterator[Entry]:
        """
        Iterate over the log beyond a position, all or what touched an account, in order.

        Args:
            account: Only steps that touched it.
            after: Only what lies behind this position.

        Cost: O(log length); history is for people and audits, no command reads it.
        """
        if self._older is not None and after < self._before:
            for entry in self._older.entries(account, after):
                if entry.position > self._before:
                    break
                yield entry
        run, runs = -1, self._recorded
        recorded_at = runs[0][1] if runs else None
        for position, step in enumerate(self._table.log.values(), self._before + 1):
            if run + 1 < len(runs) and runs[run + 1][0] == position:
                run += 1
                recorded_at = runs[run][1]
            if position <= after or recorded_at is None:
                continue
            if account is None or account in self._table.movement(step)[:2]:
                yield Entry(position, recorded_at, step)

    def recorded_at(self, position: int) -> Instant:
        """
        Return when the step at a position of this log was recorded.

        """
        run = bisect_right(self._recorded, position, key=lambda first: first[0])
        return self._recorded[run - 1][1]

    def trial_balance(self) -> dict[tuple[str, str], int]:
        """
        Sum the posted balances by (book, unit); every sum is zero, or the ledger is broken.

        """
        sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        for row in self._table.accounts.values():
            book, _, unit = row.counts.partition("|")
            sums[book, unit] += row.posted
        return dict(sums)

    def check_invariants(self) -> None:
        """
        Rebuild every index from the log and compare.

        Cost: O(log length).

        Raises:
            InvariantViolated: Naming the first entries, accounts or holds that differ.
        """
        broken = {key: total for key, total in self.trial_balance().items() if total}
        if broken:
            raise InvariantViolated(f"trial balance is not zero: {broken}")
        for step_id, step in self._table.log.items():
            if step.id != step_id:
                raise InvariantViolated(f"the log keeps {step.id} under {step_id}")
        again = Ledger()
        again._replay(self.entries())
        rebuilt = again._indexes(self._table.log.keys())
        for (what, expected), (_, found) in zip(rebuilt, self._indexes(), strict=True):
            missing = object()
            different = [
                key
                for key in sorted(expected.keys() | found.keys())
                if expected.get(key, missing) != found.get(key, missing)
            ]
            if different:
                raise InvariantViolated(f"{what} from the log: {different[:3]}")

    def _indexes(
        self, own: Container[str] | None = None
    ) -> tuple[tuple[str, Mapping[Any, object]], ...]:
        table = self._table
        own = table.log.keys() if own is None else own
        waiting = {entry for entry in table.waiting if table.is_waiting(*entry)}
        for row in table.accounts.values():
            waiting |= {entry for entry in row.due or () if table.is_waiting(*entry)}
        return (
            ("balances differ", {name: row.balance for name, row in table.accounts.items()}),
            ("open holds differ", {name: open_pending(h) for name, h in table.open.items()}),
            ("ended holds differ", {k: step for k, step in table.ended.items() if step.id in own}),
            ("order of expiry differs", {pending_id: when for when, pending_id in waiting}),
        )

    def _replay(self, entries: Iterable[Entry]) -> None:
        """
        Record again what was recorded elsewhere.

        """
        for entry in entries:
            if entry.position != self.position + 1:
                raise InvariantViolated(
                    f"entry {entry.position} of a log follows on {self.position}"
                )
            try:
                self.apply((unguarded(entry.step),), entry.recorded_at)
                # Repeats are compared with the step as it was, guard and all.
                self._table.log[entry.step.id] = entry.step
            except Rejected as refused:
                raise InvariantViolated(
                    f"entry {entry.position} of the log, {entry.step.id}, breaks a rule: {refused}"
                ) from refused


def unguarded(step: Step) -> Step:
    """
    Return a recorded step as it is replayed: its guard was judged in its time.

    """
    if isinstance(step, Post | Pend):
        return step._replace(leave_at_least=None)
    if isinstance(step, Reverse):
        return attrs.evolve(step, leave_at_least=None)
    return step
