"""
The rules of the ledger, once, over whatever holds the rows.

``apply_batch`` reads through a :class:`LedgerView` (dictionaries in memory, rows in a database)
and returns an :class:`Outcome`: which steps to append, which balances to write, which holds open
and close. Whoever holds the rows writes the outcome in the same transaction in which the view was
read; so the same rules run over every store, and one table of cases tests them all.

Order of checks within a step, first failure wins, each with its own code:

     1. an id that exists: the same content is a repeat; else ``id_exists_with_different_<field>``
     2. ``id_reserved``               an id that only the ledger gives (``.../expired``,
                                      ``.../part-1``), or an expiry under any other
     3. ``amount_not_positive``       an amount or part below one
     4. ``accounts_equal``            source and target are one account
     5. ``accounts_differ_in_unit``   source and target are of different books or units
     6. ``expires_at_passed``         a hold that would be over when it is recorded
     7. ``pending_not_found``         no hold of that id was ever made
     8. ``pending_already_<ended>``   posted, voided, expired or divided before
     9. ``exceeds_pending``           posting more than was held
    10. ``parts_differ``              the parts of a division do not sum to the hold
    11. ``expiry_differs``            an expiry at another instant than the hold's
    12. ``pending_not_due``           an expiry before its instant has come
    13. ``shortage``                  the guard: less would be left than must be

A batch whose every step is a repeat is a repeat as a whole: nothing is applied. A batch of which
only some steps are repeats is refused (``batch_partly_exists``): it was never one batch; where a
new step of it breaks a rule of its own, that rule speaks. A batch of more than ``STEPS_MAX`` steps
is refused unread (``batch_too_long``).

Expiry takes effect by time. Before a step's guard is judged, holds on its source that are due are
closed by ``ExpirePending`` steps with their true instants, at most ``EXPIRE_MAX`` an account and
batch. At that bound a refusal is cautious: it may sell too little, never too much. A refused batch
writes no expiry either; the next one that succeeds closes the next holds, or a sweep does.
"""

from collections.abc import Iterable
from typing import Final

import attrs

from ordercore.errors import InvariantViolated, Rejected
from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId, account_parts
from ordercore.ledger._steps import (
    Balance,
    Divide,
    ExpirePending,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Step,
    VoidPending,
    expiry_id,
    is_derived_id,
)
from ordercore.ledger._view import LedgerView, Outcome

__all__ = ["EXPIRE_MAX", "STEPS_MAX", "apply_batch"]

#: How many due holds of one account one batch closes.
EXPIRE_MAX: Final = 10_000

#: How many steps one batch may hold.
STEPS_MAX: Final = 20_000

_ENDED: Final[dict[type[Step], str]] = {
    PostPending: "posted",
    VoidPending: "voided",
    ExpirePending: "expired",
    Divide: "divided",
}


def apply_batch(steps: Iterable[Step], view: LedgerView, at: Instant) -> Outcome:
    """
    Judge a linked batch and say what to write: all of it, or nothing.

    Args:
        steps: The batch, in order; later steps see earlier ones.
        view: The recorded ledger.
        at: The instant of recording, by which expiry is judged.

    Returns:
        The outcome to be written.

    Raises:
        Rejected: By the first step that breaks a rule, with the code above; ``data`` names the
            step and its numbers. Nothing has changed.
        InvalidData: An account id does not have five parts. Nothing has changed.

    Cost: O(steps) look-ups in the view, and the due holds of guarded accounts once each.
    """
    return _Batch(view, at).run(tuple(steps))


class _Batch:
    """
    One batch under judgment: an overlay over the view.

    """

    __slots__ = ("_at", "_ended", "_expired", "_new_ids", "_out", "_view")

    def __init__(self, view: LedgerView, at: Instant) -> None:
        self._view = view
        self._at = at
        self._out = Outcome()
        self._ended: dict[str, str] = {}
        self._expired: set[AccountId] = set()
        self._new_ids: dict[str, Step] = {}

    def run(self, steps: tuple[Step, ...]) -> Outcome:
        if len(steps) > STEPS_MAX:
            raise Rejected(
                "batch_too_long",
                f"{len(steps)} steps in one batch",
                data={"steps": len(steps), "steps_max": STEPS_MAX},
                legal=(f"at most {STEPS_MAX} steps",),
            )
        repeats = 0
        for step in steps:
            if self._is_repeat(step):
                repeats += 1
                continue
            _check_id(step)
            self._apply(step)
            self._new_ids[step.id] = step
            self._out.steps.append(step)
        if repeats == len(steps):
            return Outcome(repeated=bool(steps))
        if repeats:
            raise Rejected(
                "batch_partly_exists",
                f"{repeats} of {len(steps)} linked steps are recorded already",
                data={"repeats": repeats, "steps": len(steps)},
                legal=("the batch as it was recorded, or new ids",),
            )
        return self._out

    def _is_repeat(self, step: Step) -> bool:
        known = self._new_ids.get(step.id) or self._view.step(step.id)
        if known is None:
            return False
        field = _first_difference(known, step)
        if field is None:
            return True
        raise Rejected(
            f"id_exists_with_different_{field}",
            f"step {step.id} is recorded with another {field}",
            data={"step": step.id, "field": field},
            legal=("the same content again, or a new id",),
        )

    def _apply(self, step: Step) -> None:
        if isinstance(step, Post):
            self._check_new(step)
            self._move(step.source, posted=-step.amount)
            self._guard(step)
            self._move(step.target, posted=step.amount)
        elif isinstance(step, Pend):
            self._pend(step)
        elif isinstance(step, PostPending):
            self._post_pending(step)
        elif isinstance(step, Divide):
            self._divide(step)
        elif isinstance(step, ExpirePending):
            self._expire(step)
        else:
            self._close(self._require_open(step), step)

    def _check_new(self, step: Post | Pend) -> None:
        _check_amount(step.id, step.amount)
        if step.source == step.target:
            raise Rejected(
                "accounts_equal",
                f"{step.id} moves from {step.source} to itself",
                data={"step": step.id, "account": step.source},
                legal=("two accounts",),
            )
        source, target = account_parts(step.source), account_parts(step.target)
        if source[0] != target[0] or source[2] != target[2]:
            raise Rejected(
                "accounts_differ_in_unit",
                f"{step.id}: {step.source} and {step.target} do not count one unit in one book",
                data={"step": step.id, "source": step.source, "target": step.target},
                legal=("accounts of one book and one unit",),
            )

    def _pend(self, step: Pend) -> None:
        self._check_new(step)
        pending = OpenPending(
            step.id,
            step.source,
            step.target,
            step.amount,
            step.reference,
            step.expires_at,
            step.promised_at or step.occurred_at,
        )
        if pending.is_due(self._at):
            raise Rejected(
                "expires_at_passed",
                f"{step.id} would expire at {step.expires_at}, and it is {self._at}",
                data={"step": step.id},
                legal=("a later instant, or none",),
            )
        self._open(pending)
        self._guard(step)

    def _post_pending(self, step: PostPending) -> None:
        if step.amount is not None:
            _check_amount(step.id, step.amount)
        pending = self._require_open(step)
        amount = pending.amount if step.amount is None else step.amount
        if amount > pending.amount:
            raise Rejected(
                "exceeds_pending",
                f"can't post {amount} of {pending.id}, which holds {pending.amount}",
                data={
                    "step": step.id,
                    "pending": pending.id,
                    "asked": amount,
                    "held": pending.amount,
                },
                legal=(f"1 to {pending.amount}",),
            )
        self._close(pending, step)
        self._move(pending.source, posted=-amount)
        self._move(pending.target, posted=amount)

    def _divide(self, step: Divide) -> None:
        for part in step.parts:
            _check_amount(step.id, part)
        pending = self._require_open(step)
        if sum(step.parts) != pending.amount:
            raise Rejected(
                "parts_differ",
                f"parts {step.parts} of {pending.id} do not sum to {pending.amount}",
                data={
                    "step": step.id,
                    "pending": pending.id,
                    "asked": sum(step.parts),
                    "held": pending.amount,
                },
                legal=(f"parts that sum to {pending.amount}",),
            )
        self._close(pending, step)
        for part_id, part in zip(step.part_ids, step.parts, strict=True):
            self._open(attrs.evolve(pending, id=part_id, amount=part))

    def _expire(self, step: ExpirePending) -> None:
        pending = self._require_open(step)
        if pending.expires_at != step.occurred_at:
            raise Rejected(
                "expiry_differs",
                f"{pending.id} does not expire at {step.occurred_at}",
                data={"step": step.id, "pending": pending.id},
                legal=(f"{pending.expires_at or 'nothing: it does not expire'}",),
            )
        if not pending.is_due(self._at):
            raise Rejected(
                "pending_not_due",
                f"{pending.id} expires at {pending.expires_at}, and it is {self._at}",
                data={"step": step.id, "pending": pending.id},
                legal=(f"{pending.expires_at} or later",),
            )
        self._close(pending, step)

    def _require_open(
        self, step: PostPending | VoidPending | ExpirePending | Divide
    ) -> OpenPending:
        pending = self._out.opened.get(step.pending)
        if pending is None and step.pending not in self._ended:
            pending = self._view.open_pending(step.pending)
        if pending is not None and (
            isinstance(step, ExpirePending) or not pending.is_due(self._at)
        ):
            return pending
        ended = self._ended.get(step.pending) or ("expired" if pending else None)
        if ended is None:
            by = self._view.ended_by(step.pending)
            if by is None:
                raise Rejected(
                    "pending_not_found",
                    f"{step.id}: no hold {step.pending} was made",
                    data={"step": step.id, "pending": step.pending},
                    legal=("a hold that was made",),
                )
            ended = _ENDED[type(by)]
        raise Rejected(
            f"pending_already_{ended}",
            f"{step.id}: hold {step.pending} was {ended} before",
            data={"step": step.id, "pending": step.pending},
            legal=("nothing: a hold ends once",),
        )

    def _open(self, pending: OpenPending) -> None:
        self._out.opened[pending.id] = pending
        self._move(pending.source, pending_out=pending.amount)
        self._move(pending.target, pending_in=pending.amount)

    def _close(self, pending: OpenPending, step: Step) -> None:
        if self._out.opened.pop(pending.id, None) is None:
            self._out.closed.append(pending.id)
        self._ended[pending.id] = _ENDED[type(step)]
        self._move(pending.source, pending_out=-pending.amount)
        self._move(pending.target, pending_in=-pending.amount)

    def _move(
        self, account: AccountId, *, posted: int = 0, pending_out: int = 0, pending_in: int = 0
    ) -> None:
        old = self._balance(account)
        new = Balance(old[0] + posted, old[1] + pending_out, old[2] + pending_in)
        if new.pending_out < 0 or new.pending_in < 0:
            raise InvariantViolated(f"{account} would hold less than nothing: {new}")
        self._out.balances[account] = new

    def _balance(self, account: AccountId) -> Balance:
        known = self._out.balances.get(account)
        return self._view.balance(account) if known is None else known

    def _guard(self, step: Post | Pend) -> None:
        if step.leave_at_least is None:
            return
        self._expire_due(step.source)
        left = self._balance(step.source).available
        if left < step.leave_at_least:
            free = left + step.amount - step.leave_at_least
            raise Rejected(
                "shortage",
                f"{step.amount} asked from {step.source}, {max(free, 0)} can be promised",
                data={
                    "step": step.id,
                    "account": step.source,
                    "asked": step.amount,
                    "available": free,
                },
                legal=(f"at most {free}" if free > 0 else "nothing now",),
            )

    def _expire_due(self, account: AccountId) -> None:
        if account in self._expired:
            return
        self._expired.add(account)
        for pending in self._view.due_pendings(account, self._at, EXPIRE_MAX):
            if pending.id in self._ended or pending.expires_at is None:
                continue
            step = ExpirePending(expiry_id(pending.id), pending.id, pending.expires_at)
            self._close(pending, step)
            self._out.steps.append(step)


def _check_id(step: Step) -> None:
    if isinstance(step, ExpirePending):
        name = expiry_id(step.pending)
        if step.id != name:
            raise Rejected(
                "id_reserved",
                f"{step.id} is not the name under which {step.pending} expires",
                data={"step": step.id},
                legal=(name,),
            )
    elif is_derived_id(step.id):
        raise Rejected(
            "id_reserved",
            f"{step.id} is a name that only the ledger gives, to an expiry or a part of a hold",
            data={"step": step.id},
            legal=("an id that ends neither in /expired nor in /part- and a number",),
        )


def _check_amount(step_id: str, amount: int) -> None:
    if amount < 1:
        raise Rejected(
            "amount_not_positive",
            f"{step_id} moves {amount}",
            data={"step": step_id, "amount": amount},
            legal=("1 or more; correct a mistake by a step in the opposite direction",),
        )


def _first_difference(known: Step, step: Step) -> str | None:
    if type(known) is not type(step):
        return "kind"
    for field in attrs.fields(type(step)):
        if getattr(known, field.name) != getattr(step, field.name):
            return str(field.name)
    return None
