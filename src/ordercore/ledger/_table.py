"""
What the rules read and write: accounts, holds and the log, in dictionaries.

A ledger in memory is one table. A store on disk fills one with the rows that a batch mentions, lets
the rules write in it, and writes back what they wrote; so the same rules run over both.

The rules write in place, because checking first and copying nothing is what makes a promise cheap.
A batch that is refused half-way is unwound: every step moves amounts between two accounts
(``Movement``), so undoing it is the same movement with the opposite sign.

Holds that can expire wait in one heap. Those that have come up are handed to the accounts that they
leave, where the next guard ends them. A hold that ends before its time stays in the heap until it
comes up or half of the heap is dead.
"""

from heapq import heapify, heappop, heappush
from typing import Final

from ordercore.errors import InvariantViolated
from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId, account_parts
from ordercore.ledger._holds import Hold, Movement, merged, movement_of, part_of
from ordercore.ledger._steps import (
    Balance,
    Divide,
    ExpirePending,
    Merge,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    expiry_id,
)

__all__ = ["Account", "Table"]

#: Dead entries that a heap may hold whatever its size.
_DEAD_MAX: Final = 32


class Account:
    """
    One account's numbers, changed in place.

    Attributes:
        posted: See :class:`~ordercore.ledger.Balance`.
        pending_out: See there.
        pending_in: See there.
        counts: Book and unit; amounts move between accounts that count the same. One string in a
            table, so that sameness is identity.
        due: Heap of (expiry, id) of holds that leave, have come up and are still open.
    """

    __slots__ = ("counts", "due", "pending_in", "pending_out", "posted")

    def __init__(
        self, counts: str, posted: int = 0, pending_out: int = 0, pending_in: int = 0
    ) -> None:
        self.counts = counts
        self.posted = posted
        self.pending_out = pending_out
        self.pending_in = pending_in
        self.due: list[tuple[Instant, str]] | None = None

    def come_up(self, expires_at: Instant, pending_id: str) -> None:
        """
        Note that a hold that leaves this account is due.

        """
        if self.due is None:
            self.due = []
        heappush(self.due, (expires_at, pending_id))

    @property
    def balance(self) -> Balance:
        """
        The numbers as a value.

        """
        return Balance(self.posted, self.pending_out, self.pending_in)


class Table:
    """
    The rows under the rules.

    Attributes:
        log: Every recorded step by its id, in the order of recording.
        accounts: Every touched account.
        open: Every open hold by its id, in the order in which they were made.
        ended: By which step a hold ended.
        done: The steps of the batch under way, expiries included.
        closed: The holds that it has ended; they leave ``open`` when it is through.
        units: What accounts count, each once.
        waiting: Heap of (expiry, id) of holds that can expire and have not come up.
        dead: How many entries of that heap belong to holds that have ended.
        created: The accounts that it has touched first.
    """

    __slots__ = (
        "accounts",
        "closed",
        "created",
        "dead",
        "done",
        "ended",
        "log",
        "open",
        "units",
        "waiting",
    )

    def __init__(self) -> None:
        self.log: dict[str, Step] = {}
        self.accounts: dict[AccountId, Account] = {}
        self.open: dict[str, Hold] = {}
        self.ended: dict[str, Step] = {}
        self.units: dict[str, str] = {}
        self.waiting: list[tuple[Instant, str]] = []
        self.dead = 0
        self.done: list[Step] = []
        self.closed: dict[str, Hold] = {}
        self.created: list[AccountId] = []

    # --- looking up ---------------------------------------------------------------------------

    def find_step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        return self.log.get(step_id)

    def find_ending(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold.

        """
        return self.ended.get(pending_id)

    def find_hold(self, pending_id: str) -> Hold | None:
        """
        Return any hold that was ever made, open or ended, as it was made.

        Cost: O(how often it was divided and merged before).
        """
        amount, root_id = 0, pending_id
        made = self._made(root_id)
        while made is None:
            # A part: its amount stands in the division, all else is that of the whole.
            whole_id, cut, number = root_id.rpartition("/part-")
            step = self.find_ending(whole_id) if cut and number.isdecimal() else None
            if not isinstance(step, Divide) or not 0 < int(number) <= len(step.parts):
                return None
            amount = amount or step.parts[int(number) - 1]
            root_id = whole_id
            made = self._made(root_id)
        return part_of(made, pending_id, amount) if amount else made

    def _made(self, pending_id: str) -> Hold | None:
        made = self.open.get(pending_id) or self.find_step(pending_id)
        if isinstance(made, Pend | OpenPending):
            return made
        if isinstance(made, Merge):
            return merged(made, [self.require_hold(pending) for pending in made.pendings])
        return None

    def require_hold(self, pending_id: str) -> Hold:
        """
        Return the hold that a recorded step speaks of.

        """
        hold = self.closed.get(pending_id) or self.find_hold(pending_id)
        if hold is None:
            raise InvariantViolated(f"no hold {pending_id} was made, though a step speaks of it")
        return hold

    def movement(self, step: Step) -> Movement:
        """
        Say what a recorded step has moved.

        """
        if isinstance(step, Post):
            return Movement(step.source, step.target, step.amount, 0)
        if isinstance(step, Pend):
            return Movement(step.source, step.target, 0, step.amount)
        if isinstance(step, Reverse):
            return self._movement_back(step)
        hold = self.require_hold(step.pendings[0] if isinstance(step, Merge) else step.pending)
        return movement_of(step, hold)

    def _movement_back(self, step: Reverse) -> Movement:
        reversed_step = self.find_step(step.step)
        if not isinstance(reversed_step, Post | PostPending):
            raise InvariantViolated(f"{step.id} reverses {step.step}, which moved nothing")
        source, target, posted, _ = self.movement(reversed_step)
        return Movement(target, source, posted, 0)

    # --- writing ------------------------------------------------------------------------------

    def begin(self, at: Instant) -> list[Step]:
        """
        Forget the batch before; return the list in which one at an instant notes its steps.

        """
        if self.waiting and self.waiting[0][0] <= at:
            self.bring_up(at)
        done: list[Step] = []
        self.done = done
        if self.closed:
            self.closed = {}
        if self.created:
            self.created = []
        return done

    def row(self, account_id: AccountId, *numbers: int) -> Account:
        """
        Make the row of an account, without keeping it.

        Raises:
            InvalidData: The id is none.
        """
        parts = account_parts(account_id)
        counts = f"{parts[0]}|{parts[2]}"
        return Account(self.units.setdefault(counts, counts), *numbers)

    def touch(self, account_id: AccountId) -> Account:
        """
        Make the row of an account that nothing has touched yet.

        Raises:
            InvalidData: The id is none.
        """
        self.accounts[account_id] = row = self.row(account_id)
        self.created.append(account_id)
        return row

    def account(self, account_id: AccountId) -> Account:
        """
        Return an account's row.

        """
        return self.accounts.get(account_id) or self.touch(account_id)

    def hold(self, hold: Hold) -> None:
        """
        Let a hold be open; the amounts are the caller's to move.

        """
        self.open[hold.id] = hold
        if hold.expires_at is not None:
            heappush(self.waiting, (hold.expires_at, hold.id))

    def end(self, hold: Hold, step: Step) -> None:
        """
        Let a hold be ended by a step; the amounts are the caller's to move.

        """
        self.closed[hold.id] = hold
        self.ended[hold.id] = step
        if hold.expires_at is not None:
            self.dead += 1
            if self.dead > _DEAD_MAX and self.dead * 2 > len(self.waiting):
                # In place, for a rule may have the heap in its hands.
                self.waiting[:] = [entry for entry in self.waiting if self.is_waiting(*entry)]
                heapify(self.waiting)
                self.dead = 0

    def move(self, movement: Movement, sign: int = 1) -> None:
        """
        Move amounts; with the sign -1 undo it.

        Raises:
            InvariantViolated: Less than nothing would be held; nothing has moved.
        """
        source, target = self.account(movement.source), self.account(movement.target)
        pending, posted = movement.pending * sign, movement.posted * sign
        if source.pending_out + pending < 0 or target.pending_in + pending < 0:
            raise InvariantViolated(
                f"{movement.source} or {movement.target} would hold less than nothing"
            )
        source.posted -= posted
        target.posted += posted
        source.pending_out += pending
        target.pending_in += pending

    def bring_up(self, at: Instant) -> None:
        """
        Hand the holds that have come up to the accounts that they leave.

        Cost: O(log n) a hold, once in its life.
        """
        while self.waiting and self.waiting[0][0] <= at:
            entry = heappop(self.waiting)
            if self.is_waiting(*entry):
                self.account(self.open[entry[1]].source).come_up(*entry)
            else:
                self.dead = max(self.dead - 1, 0)

    def expire_due(self, source: Account, at: Instant, limit: int) -> None:
        """
        End the holds that leave an account and are due, by (expiry, id), up to a limit.

        """
        expired = 0
        while source.due and source.due[0][0] <= at and expired < limit:
            expires_at, pending_id = entry = heappop(source.due)
            if not self.is_waiting(*entry):
                continue
            hold = self.open[pending_id]
            step = ExpirePending(expiry_id(pending_id), pending_id, expires_at)
            self.move(movement_of(step, hold))
            self.closed[pending_id] = hold
            self.ended[pending_id] = step
            self.log[step.id] = step
            self.done.append(step)
            expired += 1

    def finish(self) -> None:
        """
        Let the ended holds go: the batch is through.

        """
        for pending_id in self.closed:
            del self.open[pending_id]

    def unwind(self) -> None:
        """
        Undo the batch under way: the table is as it was before.

        """
        for step in reversed(self.done):
            self.move(self.movement(step), -1)
            del self.log[step.id]
            if isinstance(step, Pend | Merge):
                self._forget(step.id)
            elif isinstance(step, Divide):
                for part_id in step.part_ids:
                    self._forget(part_id)
        for pending_id, hold in self.closed.items():
            del self.ended[pending_id]
            if pending_id in self.open and hold.expires_at is not None:
                heappush(self.waiting, (hold.expires_at, pending_id))
        for account_id in self.created:
            del self.accounts[account_id]
        self.done, self.closed, self.created = [], {}, []

    def _forget(self, pending_id: str) -> None:
        hold = self.open.pop(pending_id)
        if hold.expires_at is not None:
            self.dead += 1

    def is_waiting(self, expires_at: Instant, pending_id: str) -> bool:
        """
        Say whether an entry of a heap is that of an open hold.

        """
        hold = self.open.get(pending_id)
        return hold is not None and hold.expires_at == expires_at and pending_id not in self.ended
