"""
A ledger that is obviously right: plain dictionaries, every number summed anew each time.

It knows nothing of batches: a batch is tried on a copy. Amounts move only in ``moves``; a hold is
one dictionary; a due hold simply does not count on its source, and a guard ends it.
"""

from copy import deepcopy
from typing import Any

from ordercore.instants import Instant
from ordercore.ledger import (
    AccountId,
    Balance,
    Divide,
    Ending,
    ExpirePending,
    Merge,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
)


class No(Exception):
    """
    The model refuses.

    """


class Model:
    def __init__(self) -> None:
        self.moves: list[tuple[AccountId, AccountId, int]] = []
        self.holds: dict[str, dict[str, Any]] = {}
        self.posted: dict[str, tuple[AccountId, AccountId, int]] = {}
        self.steps: dict[str, Step] = {}

    def apply(self, batch: list[Step], at: Instant) -> None:
        """
        Apply all of a batch of new steps, or raise and have changed nothing.

        """
        trial = deepcopy(self)
        for step in batch:
            trial.one(step, at)
        self.__dict__.update(trial.__dict__)

    def one(self, step: Step, at: Instant) -> None:
        if step.id in self.steps:
            raise No
        if isinstance(step, Post):
            self.moves.append((step.source, step.target, step.amount))
            self.posted[step.id] = self.moves[-1]
            self.guard(step.source, step.leave_at_least, at)
        elif isinstance(step, Pend):
            self.hold(step.id, step.source, step.target, step.amount, step.expires_at)
            self.guard(step.source, step.leave_at_least, at)
        elif isinstance(step, Merge):
            self.merge(step, at)
        elif isinstance(step, Reverse):
            self.reverse(step, at)
        else:
            self.end(step, at)
        self.steps[step.id] = step

    def end(self, step: Ending, at: Instant) -> None:
        hold = self.holds.get(step.pending)
        if hold is None or hold["ended"]:
            raise No
        due = hold["until"] is not None and hold["until"] <= at
        if due != isinstance(step, ExpirePending):
            raise No
        hold["ended"] = True
        if isinstance(step, PostPending):
            amount = hold["amount"] if step.amount is None else step.amount
            if amount > hold["amount"]:
                raise No
            self.moves.append((hold["source"], hold["target"], amount))
            self.posted[step.id] = self.moves[-1]
        elif isinstance(step, Divide):
            if sum(step.parts) != hold["amount"]:
                raise No
            for n, part in enumerate(step.parts, start=1):
                name = f"{step.pending}/part-{n}"
                self.hold(name, hold["source"], hold["target"], part, hold["until"])
        else:
            assert isinstance(step, VoidPending | ExpirePending)

    def hold(
        self, name: str, source: AccountId, target: AccountId, amount: int, until: Instant | None
    ) -> None:
        self.holds[name] = {
            "source": source,
            "target": target,
            "amount": amount,
            "until": until,
            "ended": False,
        }

    def merge(self, step: Merge, at: Instant) -> None:
        holds = [self.holds.get(name) for name in step.pendings]
        alike = {(h["source"], h["target"], h["until"]) if h else None for h in holds}
        if len(set(step.pendings)) < len(step.pendings) or len(holds) < 2 or len(alike) > 1:
            raise No
        for hold in holds:
            if hold is None or hold["ended"] or (hold["until"] and hold["until"] <= at):
                raise No
            hold["ended"] = True
        whole = sum(hold["amount"] for hold in holds if hold)
        source, target, until = next(key for key in alike if key)
        self.hold(step.id, source, target, whole, until)

    def reverse(self, step: Reverse, at: Instant) -> None:
        if step.step not in self.posted:
            raise No
        source, target, amount = self.posted[step.step]
        self.moves.append((target, source, amount))
        self.guard(target, step.leave_at_least, at)

    def guard(self, account: AccountId, leave_at_least: int | None, at: Instant) -> None:
        if leave_at_least is None:
            return
        for name, hold in self.open().items():
            if hold["source"] == account and hold["until"] and hold["until"] <= at:
                hold["ended"] = True
                self.steps[f"{name}/expired"] = ExpirePending(
                    f"{name}/expired", name, hold["until"]
                )
        if self.balance_at(account, at).available < leave_at_least:
            raise No

    def open(self) -> dict[str, dict[str, Any]]:
        return {name: hold for name, hold in self.holds.items() if not hold["ended"]}

    def balance_at(self, account: AccountId, at: Instant) -> Balance:
        gone = sum(amount for source, _, amount in self.moves if source == account)
        come = sum(amount for _, target, amount in self.moves if target == account)
        leaving = sum(
            hold["amount"]
            for hold in self.open().values()
            if hold["source"] == account and not (hold["until"] and hold["until"] <= at)
        )
        return Balance(come - gone, leaving, self.coming(account))

    def coming(self, account: AccountId) -> int:
        return sum(h["amount"] for h in self.open().values() if h["target"] == account)
