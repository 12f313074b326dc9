"""
Every hold that was ever told of, by name: made once, ended once.

This follows the ledger's steps as they were written and knows nothing of what they are for. What
orders and carts should hold is said by the model, and the two are compared.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ordercore.instants import Instant
from ordercore.ledger import Divide, ExpirePending, Merge, Pend, Post, PostPending, Reverse, Step
from ordercore.testing.simulation.auditor._violation import BOUNDS, HOLDS, MONEY, Violation

__all__ = ["Holds", "Row"]


class Row(NamedTuple):
    """
    An open hold.

    """

    source: str
    target: str
    amount: int
    holder: str
    until: Instant | None


class Holds:
    """
    All open holds.

    Attributes:
        open: By name.
        of: By holder, then by name.
    """

    def __init__(self) -> None:
        self.open: dict[str, Row] = {}
        self.of: dict[str, dict[str, Row]] = {}
        self._ending: dict[str, set[str]] = {}
        self._units: dict[str, str] = {}

    def write(self, steps: Sequence[Step], at: Instant, holder: str) -> set[str]:
        """
        Follow a batch; returns the accounts that it touches.

        Args:
            steps: The batch.
            at: When it was recorded.
            holder: In whose name alone it may hold anything; "" for anybody's.

        Raises:
            Violation: A hold is made twice, ends twice, or is divided into more than it is; an
                amount is below one; something becomes something else on its way.
        """
        touched: set[str] = set()
        for step in steps:
            if isinstance(step, Post | Pend):
                self._check(step)
                touched.add(step.source)
                touched.add(step.target)
                if isinstance(step, Pend):
                    if holder and step.reference != holder:
                        raise Violation(HOLDS, step.id, f"held for {holder}", step.reference)
                    self._promise(step, at)
            else:
                self._end(step, touched)
        return touched

    def sums(self, holder: str) -> dict[str, int]:
        """
        Sum what somebody holds, by the account that it is promised from.

        """
        found: dict[str, int] = {}
        for row in self.of.get(holder, {}).values():
            found[row.source] = found.get(row.source, 0) + row.amount
        return found

    def _check(self, step: Post | Pend) -> None:
        if type(step.amount) is not int or step.amount < 1:
            raise Violation(BOUNDS, step.id, "1 or more", step.amount)
        gives, takes = self._unit(step.source), self._unit(step.target)
        if gives != takes:
            raise Violation(MONEY, step.id, f"{gives} on both sides", takes)

    def _unit(self, account: str) -> str:
        known = self._units.get(account)
        if known is None:
            book, _, unit, _ = account.split("|", 3)
            known = self._units[account] = f"{book} of {unit}"
        return known

    def _promise(self, step: Pend, at: Instant) -> None:
        if step.leave_at_least is not None:
            for name in sorted(self._ending.get(step.source, ())):
                until = self.open[name].until
                if until is not None and until <= at:
                    self._drop(name, step.id)
        row = Row(step.source, step.target, step.amount, step.reference, step.expires_at)
        self._add(step.id, row)

    def _add(self, name: str, row: Row) -> None:
        if name in self.open:
            raise Violation(HOLDS, name, "made once", "made again")
        self.open[name] = row
        self.of.setdefault(row.holder, {})[name] = row
        if row.until is not None:
            self._ending.setdefault(row.source, set()).add(name)

    def _drop(self, name: str, by: str) -> Row:
        row = self.open.pop(name, None)
        if row is None:
            raise Violation(HOLDS, name, "open", f"over, and ended again by {by}")
        mine = self.of[row.holder]
        del mine[name]
        if not mine:
            del self.of[row.holder]
        if row.until is not None:
            self._ending[row.source].discard(name)
        return row

    def _end(self, step: Step, touched: set[str]) -> None:
        if isinstance(step, Reverse):
            return  # no command of this shop reverses anything
        if isinstance(step, Merge):
            rows = [self._drop(name, step.id) for name in step.pendings]
            self._add(step.id, rows[0]._replace(amount=sum(row.amount for row in rows)))
            return
        assert not isinstance(step, Post | Pend)  # noqa: S101 - for the type checker
        row = self._drop(step.pending, step.id)
        touched.add(row.source)
        touched.add(row.target)
        if isinstance(step, Divide):
            if sum(step.parts) != row.amount or min(step.parts) < 1:
                raise Violation(HOLDS, step.pending, f"parts of {row.amount}", step.parts)
            for part_id, part in zip(step.part_ids, step.parts, strict=True):
                self._add(part_id, row._replace(amount=part))
        elif isinstance(step, PostPending) and step.amount not in {None, row.amount}:
            raise Violation(HOLDS, step.pending, f"{row.amount} carried out", step.amount)
        elif isinstance(step, ExpirePending) and row.until != step.occurred_at:
            raise Violation(HOLDS, step.pending, f"ends at {row.until}", step.occurred_at)
