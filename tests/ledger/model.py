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
    ExpirePending,
    Pend,
    Post,
    PostPending,
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
            self.guard(step, at)
        elif isinstance(step, Pend):
            self.hold(step.id, step.source, step.target, step.amount, step.expires_at)
            self.guard(step, at)
        else:
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
            elif isinstance(step, Divide):
                if sum(step.parts) != hold["amount"]:
                    raise No
                for n, part in enumerate(step.parts, start=1):
                    name = f"{step.pending}/part-{n}"
                    self.hold(name, hold["source"], hold["target"], part, hold["until"])
            else:
                assert isinstance(step, VoidPending | ExpirePending)
        self.steps[step.id] = step

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

    def guard(self, step: Post | Pend, at: Instant) -> None:
        if step.leave_at_least is None:
            return
        for name, hold in self.open().items():
            if hold["source"] == step.source and hold["until"] and hold["until"] <= at:
                hold["ended"] = True
                self.steps[f"{name}/expired"] = ExpirePending(
                    f"{name}/expired", name, hold["until"]
                )
        if self.balance_at(step.source, at).available < step.leave_at_least:
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
