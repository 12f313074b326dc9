"""
What the ledger's rules will look up, read before they are asked.

A store on disk must not be called back by a rule: a group of commits is judged in one go, and a
store that waits without blocking could not answer at all. So everything that the rules may ask of a
group of steps is known beforehand, by its keys: :class:`Reads` names it, the store answers with its
own statements, and :class:`ReadAhead` is the table that the answers fill. What one answer brings up
(an open hold names two accounts, a recorded step that is to be reversed names a hold) is asked for
in the next round, until nothing is left. A look-up of what was never asked for is a defect and says
so, instead of answering that there is nothing.

Rounds: a group without reversals takes two, the second for the accounts of the holds that it ends.
A reversal of a hold that was posted needs the hold as it was made, and a hold that was divided and
merged needs those that it came from: two rounds for each time.

Reading too much is harmless, reading too little is not. Where the group reverses, under a guard,
what it has itself posted, all accounts in sight are taken for guarded.
"""

from collections.abc import Iterable, Sequence
from heapq import heappush
from typing import Generic, NamedTuple, TypeVar

from ordercore.errors import InvariantViolated
from ordercore.instants import Instant
from ordercore.ledger import (
    Account,
    AccountId,
    Divide,
    Hold,
    Merge,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    Table,
)

__all__ = ["ReadAhead", "Reads"]

_Key = TypeVar("_Key", bound=str)

#: Steps that name their accounts. Made once: a union costs more than the question.
_Direct = Post | Pend


class Reads(NamedTuple):
    """
    Rows that a group needs. Each kind may be answered by itself and in any order.

    What is left unanswered is asked for again, so a store with cheap statements may first answer
    ``steps``, ``holds``, ``endings`` and ``due``, and ``accounts`` once, when only they are left.

    Attributes:
        steps: Ids; which recorded steps bear them?
        holds: Ids; which open holds bear them?
        endings: Ids of holds; which steps have ended them?
        due: Accounts; which open holds leave them and are due by ``at``? At most ``EXPIRE_MAX`` an
            account, by (expiry, id).
        accounts: Their numbers.
        at: The latest instant of recording in the group.
    """

    steps: tuple[str, ...]
    holds: tuple[str, ...]
    endings: tuple[str, ...]
    due: tuple[AccountId, ...]
    accounts: tuple[AccountId, ...]
    at: Instant


class _Wanted(Generic[_Key]):
    """
    Keys of one kind: what has no answer yet, and what has.

    """

    __slots__ = ("answered", "left")

    def __init__(self) -> None:
        self.left: dict[_Key, None] = {}
        self.answered: dict[_Key, None] = {}

    def add(self, key: _Key) -> None:
        if key not in self.answered:
            self.left[key] = None

    def answer(self, keys: Sequence[_Key]) -> None:
        if len(keys) == len(self.left) and not self.answered:  # the first round, all at once
            self.left, self.answered = self.answered, self.left
            return
        for key in keys:
            self.left.pop(key, None)
            self.answered[key] = None

    def is_answered(self, key: _Key) -> bool:
        """
        Say whether a key has its answer; ask for it where it has none.

        """
        self.add(key)
        return key in self.answered


class ReadAhead(Table):
    """
    One tenant's ledger within one transaction, as far as a group of commits needs it.

    Attributes:
        made: Holds as they were made, of which steps of the group speak after they have ended.
    """

    __slots__ = (
        "_accounts",
        "_at",
        "_due",
        "_endings",
        "_guards_all",
        "_holds",
        "_mentioned",
        "_own",
        "_reversals",
        "_sought",
        "_steps",
        "made",
    )

    def __init__(self, steps: Iterable[Step], at: Instant) -> None:
        """
        Plan what a group reads.

        Args:
            steps: Of all commits of the group, in order.
            at: The latest instant at which one of them is recorded.
        """
        super().__init__()
        self._at = at
        # Not ``_Wanted[str]()``: a subscripted call costs more than all of the planning.
        self._steps: _Wanted[str] = _Wanted()
        self._holds: _Wanted[str] = _Wanted()
        self._endings: _Wanted[str] = _Wanted()
        self._due: _Wanted[AccountId] = _Wanted()
        self._accounts: _Wanted[AccountId] = _Wanted()
        self._reversals: list[Reverse] = []
        self._guards_all = False
        self._sought: dict[str, None] = {}
        self.made: dict[str, Hold] = {}
        self._mention(steps)

    def _mention(self, steps: Iterable[Step]) -> None:
        ids, holds = self._steps.left, self._holds.left
        due, accounts = self._due.left, self._accounts.left
        for step in steps:
            ids[step.id] = None
            if isinstance(step, _Direct):
                accounts[step.source] = accounts[step.target] = None
                if step.leave_at_least is not None:
                    due[step.source] = None
            elif isinstance(step, Merge):
                holds.update(dict.fromkeys(step.pendings))
            elif isinstance(step, Reverse):
                self._reversals.append(step)
            else:
                holds[step.pending] = None
        self._own = frozenset(ids)
        for reversal in self._reversals:
            ids[reversal.step] = None
        self._mentioned = tuple(holds)

    def seek(self, pending_id: str) -> None:
        """
        Ask for a hold as it was made, open or ended since.

        """
        self._sought[pending_id] = None

    # --- reading: the store asks, answers, and asks again until nothing is left -----------------

    def reads(self) -> Reads | None:
        """
        Say what is still to be read; None where the group can be judged.

        """
        if not (self._steps.left or self._holds.left or self._endings.left):
            self._follow()
        steps, holds = tuple(self._steps.left), tuple(self._holds.left)
        endings, due = tuple(self._endings.left), tuple(self._due.left)
        accounts = tuple(self._accounts.left)
        if not (steps or holds or endings or due or accounts):
            return None
        return Reads(steps, holds, endings, due, accounts, self._at)

    def take_steps(self, asked: Sequence[str], found: Iterable[Step]) -> None:
        """
        Take the recorded steps of the ids asked for.

        """
        self._steps.answer(asked)
        for step in found:
            self.log[step.id] = step

    def take_holds(self, asked: Sequence[str], found: Iterable[OpenPending]) -> None:
        """
        Take the open holds of the ids asked for.

        """
        self._holds.answer(asked)
        for hold in found:
            self._remember(hold)

    def take_endings(self, asked: Sequence[str], found: Iterable[tuple[str, Step]]) -> None:
        """
        Take the steps that ended the holds asked for, mergers included: (hold, step).

        """
        self._endings.answer(asked)
        self.ended.update(found)

    def take_due(self, asked: Sequence[AccountId], found: Iterable[OpenPending]) -> None:
        """
        Take the due holds that leave the accounts asked for.

        """
        self._due.answer(asked)
        for hold in found:
            self._remember(hold)
            if hold.expires_at is not None:
                heappush(self.waiting, (hold.expires_at, hold.id))

    def take_accounts(
        self, asked: Sequence[AccountId], found: Iterable[tuple[AccountId, int, int, int]]
    ) -> None:
        """
        Take the numbers of the accounts asked for: account, posted, pending out and in.

        """
        self._accounts.answer(asked)
        for name, posted, pending_out, pending_in in found:
            self.accounts[name] = self.row(name, posted, pending_out, pending_in)

    def _remember(self, hold: OpenPending) -> None:
        self.open[hold.id] = hold
        self._accounts.add(hold.source)
        self._accounts.add(hold.target)

    def _follow(self) -> None:
        """
        Ask for what the answers have brought up.

        """
        if not (self._mentioned or self._sought or self._reversals):
            return
        for pending_id in self._mentioned:
            if pending_id not in self.open and not self._was_never_made(pending_id):
                self._endings.add(pending_id)
        self._mentioned = ()
        for pending_id in tuple(self._sought):
            if self._is_read(pending_id):
                del self._sought[pending_id]
        self._reversals = [step for step in self._reversals if not self._is_planned(step)]
        if self._guards_all:
            self._guards_all = False
            for account_id in (*self._accounts.answered, *self._accounts.left):
                self._due.add(account_id)

    def _was_never_made(self, pending_id: str) -> bool:
        """
        Say whether it is certain, from what was read, that no hold of that id was recorded.

        """
        name, cut = pending_id, "/"
        while cut:
            if name in self._own and name not in self.log:
                return True
            name, cut, _ = name.rpartition("/part-")
            if name in self.open:  # it was never divided
                return True
        return False

    def _is_planned(self, reversal: Reverse) -> bool:
        """
        Ask for what a reversal moves and guards; say whether there is nothing left to find out.

        """
        known = self.log.get(reversal.step)
        if known is None:
            # The accounts of what the group itself posts are in sight; which they are is not.
            self._guards_all |= reversal.leave_at_least is not None and reversal.step in self._own
            return True
        if isinstance(known, Post):
            source, target = known.source, known.target
        elif not isinstance(known, PostPending):
            return True
        elif not self._is_read(known.pending):
            return False
        else:
            hold = self.require_hold(known.pending)
            source, target = hold.source, hold.target
        self._accounts.add(source)
        self._accounts.add(target)
        if reversal.leave_at_least is not None:
            self._due.add(target)
        return True

    def _is_read(self, pending_id: str) -> bool:
        """
        Say whether a hold can be told as it was made; ask for what is missing.

        Cost: O(how often it was divided and merged before).
        """
        read, todo, seen = True, [pending_id], {pending_id}
        while todo:
            name = todo.pop()
            before: tuple[str, ...] = ()
            whole, cut, number = name.rpartition("/part-")
            is_part = bool(cut) and number.isdecimal()
            if name in self.open or name in self.made:
                continue
            if not self._steps.is_answered(name):
                read = False
            elif isinstance(step := self.log.get(name), Merge):
                before = step.pendings
            elif isinstance(step, Pend):
                continue
            if is_part:
                if not self._endings.is_answered(whole):
                    read = False
                elif isinstance(self.ended.get(whole), Divide):
                    before = (*before, whole)
            fresh = [earlier for earlier in before if earlier not in seen]
            seen.update(fresh)
            todo.extend(fresh)
        return read

    # --- the rules: what they look up was read, or is a defect ------------------------------------

    def find_step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        Raises:
            InvariantViolated: It was not read ahead.
        """
        step = self.log.get(step_id)
        if step is None and step_id not in self._steps.answered:
            raise _unread("step", step_id)
        return step

    def find_ending(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold.

        Raises:
            InvariantViolated: It was not read ahead.
        """
        step = self.ended.get(pending_id)
        known = self._holds.answered, self._endings.answered, self.open
        if step is None and not any(pending_id in names for names in known):
            raise _unread("ending of hold", pending_id)
        return step

    def find_hold(self, pending_id: str) -> Hold | None:
        """
        Return any hold that was ever made, open or ended, as it was made.

        """
        hold = self.made.get(pending_id)
        if hold is None:
            hold = super().find_hold(pending_id)
            if hold is not None:
                self.made[pending_id] = hold
        return hold

    def touch(self, account_id: AccountId) -> Account:
        """
        Make the row of an account that nothing has touched yet.

        Raises:
            InvalidData: The id is none.
            InvariantViolated: It was not read ahead.
        """
        if account_id not in self._accounts.answered:
            raise _unread("account", account_id)
        return super().touch(account_id)


def _unread(what: str, key: str) -> InvariantViolated:
    return InvariantViolated(f"{what} {key} was looked up and not read ahead")
