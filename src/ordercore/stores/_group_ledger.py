"""
The ledger of a group: what its commits record over what was read ahead, ready to be written.

The rules work on a table of dictionaries. A group applies one batch after the other to the same
table; what each has recorded is noted with its instant, so that a store writes all of it at once
when the group is through. A hold that the group itself has made and ended was never open outside.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ordercore.instants import Instant
from ordercore.ledger import (
    NOTHING,
    AccountId,
    Balance,
    Divide,
    Hold,
    Merge,
    Movement,
    Pend,
    Step,
    apply_batch,
)
from ordercore.stores._reads import ReadAhead

__all__ = ["GroupLedger", "Move"]


class Move(NamedTuple):
    """
    One step that a group has recorded, for its row in the log.

    Attributes:
        recorded_at: The instant of its commit.
        step: What was recorded.
        movement: What it has moved.
    """

    recorded_at: Instant
    step: Step
    movement: Movement


class GroupLedger(ReadAhead):
    """
    One tenant's ledger within one transaction, as far as a group of commits needs it.

    Attributes:
        moves: What the group has recorded, in order, expiries included.
        opened: Ids of the holds that it has made, in order; some may have ended since.
        merged: (hold, merger) of the holds that it has merged.
    """

    __slots__ = ("_ended", "merged", "moves", "opened")

    def __init__(self, steps: Iterable[Step], at: Instant) -> None:
        """
        Plan what a group reads.

        Args:
            steps: Of all commits of the group, in order.
            at: The latest instant at which one of them is recorded.
        """
        super().__init__(steps, at)
        self.moves: list[Move] = []
        self.opened: dict[str, None] = {}
        self.merged: list[tuple[str, str]] = []
        self._ended: list[str] = []

    def finish(self) -> None:
        """
        Let the ended holds go, and remember them: a later commit may reverse what was posted.

        """
        self.made.update(self.closed)
        self._ended.extend(self.closed)
        super().finish()

    def apply(self, steps: Iterable[Step], at: Instant) -> None:
        """
        Judge one commit's batch and note what it records; a refused one leaves no trace.

        Raises:
            Rejected: See ``ordercore.ledger.apply_batch``.
            InvalidData: An account id is none.
            InvariantViolated: What the store keeps contradicts itself.
        """
        for step in apply_batch(steps, self, at):
            self.moves.append(Move(at, step, self.movement(step)))
            if isinstance(step, Pend):
                self.opened[step.id] = None
            elif isinstance(step, Divide):
                self.opened.update(dict.fromkeys(step.part_ids))
            elif isinstance(step, Merge):
                self.opened[step.id] = None
                self.merged.extend((pending, step.id) for pending in step.pendings)

    def new_holds(self) -> list[Hold]:
        """
        List the holds that the group has made and not ended, in the order in which it made them.

        """
        return [self.open[name] for name in self.opened if name in self.open]

    def ended_holds(self) -> list[str]:
        """
        List the holds that were open before the group and that it has ended.

        """
        return [name for name in self._ended if name not in self.opened]

    def new_balances(self) -> dict[AccountId, Balance]:
        """
        Return the numbers of every account that the group has touched, in order of first touch.

        """
        touched: dict[AccountId, Balance] = {}
        for _, _, (source, target, _, _) in self.moves:
            touched[source] = touched[target] = NOTHING
        return {name: self.account(name).balance for name in touched}
