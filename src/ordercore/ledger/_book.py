"""
The ledger in memory: an insertion-ordered log with three indexes over it.

The log is the truth. Balances, open and ended holds and the order of expiry are indexes that
``check_invariants`` rebuilds from the log and compares. Stores on disk keep the same indexes as
rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import attrs
from sortedcontainers import SortedDict

from ordercore.errors import InvariantViolated, Rejected
from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId, account_parts
from ordercore.ledger._rules import apply_batch
from ordercore.ledger._steps import (
    NOTHING,
    Balance,
    Divide,
    Entry,
    ExpirePending,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Step,
    VoidPending,
)
from ordercore.ledger._view import Outcome

__all__ = ["Ledger"]

_Due = tuple[Instant, str]


def _nothing_due() -> "SortedDict[_Due, None]":
    return SortedDict()


class Ledger:
    """
    A ledger held in memory.

    It is a :class:`~ordercore.ledger.LedgerView` of itself: the rules read it, then it writes
    their outcome.
    """

    __slots__ = ("_balances", "_due", "_ended", "_entries", "_open")

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._balances: SortedDict[AccountId, Balance] = SortedDict()
        self._open: dict[str, OpenPending] = {}
        self._ended: dict[str, str] = {}
        self._due: defaultdict[AccountId, SortedDict[_Due, None]] = defaultdict(_nothing_due)

    def apply(self, steps: Iterable[Step], at: Instant) -> Outcome:
        """
        Record a linked batch.

        Args:
            steps: All apply, or none.
            at: The instant of recording.

        Returns:
            What was written; ``repeated`` where the batch was recorded before.

        Raises:
            Rejected: With the codes of ``ordercore.ledger.apply_batch``; nothing has changed.
        """
        outcome = apply_batch(steps, self, at)
        self.write(outcome, at)
        return outcome

    def write(self, outcome: Outcome, at: Instant) -> None:
        """
        Record an outcome that the rules have just come to over this ledger.

        """
        for step in outcome.steps:
            self._entries[step.id] = Entry(len(self._entries) + 1, at, step)
            if isinstance(step, PostPending | VoidPending | ExpirePending | Divide):
                self._ended[step.pending] = step.id
        for pending_id in outcome.closed:
            pending = self._open.pop(pending_id)
            if pending.expires_at is not None:
                del self._due[pending.source][pending.expires_at, pending_id]
        for pending in outcome.opened.values():
            self._open[pending.id] = pending
            if pending.expires_at is not None:
                self._due[pending.source][pending.expires_at, pending.id] = None
        self._balances.update(outcome.balances)

    def step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        entry = self._entries.get(step_id)
        return None if entry is None else entry.step

    def open_pending(self, pending_id: str) -> OpenPending | None:
        """
        Return the hold of that id while it is open.

        """
        return self._open.get(pending_id)

    def ended_by(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold.

        """
        step_id = self._ended.get(pending_id)
        return None if step_id is None else self._entries[step_id].step

    def balance(self, account: AccountId) -> Balance:
        """
        Return the recorded balance; :meth:`balance_at` leaves out holds that are due.

        """
        return self._balances.get(account, NOTHING)

    def balance_at(self, account: AccountId, at: Instant) -> Balance:
        """
        Return the balance as it counts at an instant: due holds on the source side released.

        """
        balance = self.balance(account)
        due = sum(p.amount for p in self.due_pendings(account, at, len(self._open)))
        return balance._replace(pending_out=balance.pending_out - due)

    def due_pendings(self, account: AccountId, at: Instant, limit: int) -> Sequence[OpenPending]:
        """
        Return open holds that leave an account and are due, by (expiry, id).

        """
        waiting = self._due.get(account)
        if not waiting:
            return ()
        due = waiting.irange(maximum=(at, "\U0010ffff"))
        return [self._open[pending_id] for _, pending_id in islice(due, limit)]

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
        for pending in self._open.values():
            if reference in {None, pending.reference} and source in {None, pending.source}:
                yield pending

    def balances(self, prefix: str = "") -> Iterator[tuple[AccountId, Balance]]:
        """
        Iterate over the touched accounts whose id begins with a prefix, in order of id.

        Cost: O(log n) to the first, O(1) a further one.
        """
        for account in self._balances.irange(minimum=AccountId(prefix)):
            if not account.startswith(prefix):
                return
            yield account, self._balances[account]

    def entries(self, account: AccountId | None = None, *, after: int = 0) -> Iterator[Entry]:
        """
        Iterate over the log beyond a position, all or what touched an account, in order.

        Cost: O(log length); history is for people and audits, no command reads it.
        """
        if account is None:
            yield from islice(self._entries.values(), after, None)
            return
        touching: set[str] = set()
        for entry in self._entries.values():
            if _touches(entry.step, account, touching) and entry.position > after:
                yield entry

    def trial_balance(self) -> dict[tuple[str, str], int]:
        """
        Sum the posted balances by (book, unit); every sum is zero, or the ledger is broken.

        """
        sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        for account, balance in self._balances.items():
            parts = account_parts(account)
            sums[parts.book, parts.unit] += balance.posted
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
        again = self._replayed()
        rebuilt = again._indexes()  # noqa: SLF001 - the same class, rebuilt
        for (what, expected), (_, found) in zip(rebuilt, self._indexes(), strict=True):
            missing = object()
            different = [
                key
                for key in sorted(expected.keys() | found.keys())
                if expected.get(key, missing) != found.get(key, missing)
            ]
            if different:
                raise InvariantViolated(f"{what} from the log: {different[:3]}")

    def _indexes(self) -> tuple[tuple[str, Mapping[Any, object]], ...]:
        # An account that no hold waits for any more is as good as one that none ever did.
        waiting = {name: keys for name, due in self._due.items() if (keys := list(due))}
        return (
            ("balances differ", self._balances),
            ("open holds differ", self._open),
            ("ended holds differ", self._ended),
            ("order of expiry differs", waiting),
        )

    def _replayed(self) -> "Ledger":
        again = Ledger()
        for n, (step_id, entry) in enumerate(self._entries.items(), start=1):
            step = entry.step
            if (entry.position, step.id) != (n, step_id):
                raise InvariantViolated(
                    f"entry {n} of the log is {step.id} at position {entry.position}, "
                    f"kept under {step_id}"
                )
            try:
                outcome = apply_batch((_unguarded(step),), again, entry.recorded_at)
            except Rejected as refused:
                raise InvariantViolated(
                    f"entry {n} of the log, {step.id}, breaks a rule: {refused}"
                ) from refused
            again.write(outcome, entry.recorded_at)
        return again


def _unguarded(step: Step) -> Step:
    return attrs.evolve(step, leave_at_least=None) if isinstance(step, Post | Pend) else step


def _touches(step: Step, account: AccountId, holds: set[str]) -> bool:
    if isinstance(step, Divide) and step.pending in holds:
        holds.update(step.part_ids)
        return True
    if isinstance(step, PostPending | VoidPending | ExpirePending | Divide):
        return step.pending in holds
    if account not in (step.source, step.target):
        return False
    if isinstance(step, Pend):
        holds.add(step.id)
    return True
