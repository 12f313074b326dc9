"""
The rules of the ledger, once, over whatever holds the rows.

``apply_batch`` reads and writes a :class:`Table`: dictionaries that are the ledger itself, or that
a store on disk has filled with the rows that a batch mentions and writes back afterwards, in the
transaction in which it read them. So the same rules run over every store, and one table of cases
tests them all.

Order of checks within a step, first failure wins, each with its own code:

     1. an id that exists: the same content is a repeat; else ``id_exists_with_different_<field>``
     2. ``id_reserved``               an id that only the ledger gives (``.../expired``,
                                      ``.../reversed``, ``.../part-1``), or an expiry or a reversal
                                      under any other
     3. ``amount_not_positive``       an amount or part below one
     4. ``accounts_equal``            source and target are one account
     5. ``accounts_differ_in_unit``   source and target are of different books or units
     6. ``expires_at_passed``         a hold that would be over when it is recorded
     7. ``pendings_too_few``          a merger of less than two holds, or of one hold twice
     8. ``pending_not_found``         no hold of that id was ever made
     9. ``pending_already_<ended>``   posted, voided, expired, divided or merged before
    10. ``exceeds_pending``           posting more than was held
    11. ``parts_differ``              the parts of a division do not sum to the hold
    12. ``pendings_differ``           holds to be merged differ in account, holder or expiry
    13. ``expiry_differs``            an expiry at another instant than the hold's
    14. ``pending_not_due``           an expiry before its instant has come
    15. ``step_not_found``            nothing of that id was recorded to be reversed
    16. ``step_not_reversible``       it has moved nothing, or is a reversal itself
    17. ``shortage``                  the guard: less would be left than must be

A batch whose every step is a repeat is a repeat as a whole: nothing is applied. A batch of which
only some steps are repeats is refused (``batch_partly_exists``): it was never one batch; where a
new step of it breaks a rule of its own, that rule speaks. A batch of more than ``STEPS_MAX`` steps
is refused unread (``batch_too_long``).

Expiry takes effect by time. Before a step's guard is judged, holds on its source that are due are
closed by ``ExpirePending`` steps with their true instants, at most ``EXPIRE_MAX`` a guard. At that
bound a refusal is cautious: it may sell too little, never too much. A refused batch writes no
expiry either; the next one that succeeds closes the next holds, or a sweep does.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from ordercore.errors import Rejected
from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId
from ordercore.ledger._checks import (
    check_amount,
    check_id,
    require_all_repeated,
    require_same,
    reserved,
)
from ordercore.ledger._holds import Hold, merged, movement_of, part_of
from ordercore.ledger._plain import promise_plainly
from ordercore.ledger._steps import (
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
    expiry_id,
    reversal_id,
)
from ordercore.ledger._table import Account, Table

__all__ = ["EXPIRE_MAX", "STEPS_MAX", "apply_batch"]

#: How many due holds of an account a guard closes before it judges.
EXPIRE_MAX: Final = 10_000

#: How many steps one batch may hold.
STEPS_MAX: Final = 20_000

_ENDED: Final[dict[type[Step], str]] = {
    PostPending: "posted",
    VoidPending: "voided",
    ExpirePending: "expired",
    Divide: "divided",
    Merge: "merged",
}


def apply_batch(steps: Iterable[Step], table: Table, at: Instant) -> list[Step]:
    """
    Judge a linked batch and write it into a table: all of it, or nothing.

    Args:
        steps: The batch, in order; later steps see earlier ones.
        table: The recorded ledger.
        at: The instant of recording, by which expiry is judged.

    Returns:
        What was recorded, in order: the steps of the batch, and before them the expiries that
        their guards called for. Nothing, where every step was recorded before with the same
        content.

    Raises:
        Rejected: By the first step that breaks a rule, with the code above; ``data`` names the
            step and its numbers. The table is as it was before.
        InvalidData: An account id is none. The table is as it was before.

    Cost: O(steps), and the due holds of guarded accounts once each.
    """
    batch = tuple(steps)
    if len(batch) > STEPS_MAX:
        raise Rejected(
            "batch_too_long",
            f"{len(batch)} steps in one batch",
            data={"steps": len(batch), "steps_max": STEPS_MAX},
            legal=(f"at most {STEPS_MAX} steps",),
        )
    done = table.begin(at)
    log, repeats = table.log, 0
    try:
        plain = promise_plainly(batch, table, at)
        for step in batch[plain:] if plain else batch:
            if step.id in log:
                require_same(log[step.id], step)
                _require_before(step, table)
                repeats += 1
                continue
            check_id(step)
            _RULES[type(step)](step, table, at)
            log[step.id] = step
            done.append(step)
        if repeats:
            require_all_repeated(repeats, len(batch))
    except BaseException:
        table.unwind()
        raise
    if table.closed:
        table.finish()
    return done


# --- a rule a kind: it checks, then it writes, and what it writes can't fail ----------------------


def _post(step: Post, table: Table, at: Instant) -> None:
    source, target = _two_accounts(step, table)
    amount = step.amount
    if step.leave_at_least is not None:
        _guard(step, source, amount, step.leave_at_least, table, at)
    source.posted -= amount
    target.posted += amount


def _pend(step: Pend, table: Table, at: Instant) -> None:
    source, target = _two_accounts(step, table)
    if _is_due(step, at):
        raise Rejected(
            "expires_at_passed",
            f"{step.id} would expire at {step.expires_at}, and it is {at}",
            data={"step": step.id},
            legal=("a later instant, or none",),
        )
    if step.leave_at_least is not None:
        _guard(step, source, step.amount, step.leave_at_least, table, at)
    source.pending_out += step.amount
    target.pending_in += step.amount
    table.hold(step)


def _post_pending(step: PostPending, table: Table, at: Instant) -> None:
    if step.amount is not None:
        check_amount(step.id, step.amount)
    hold = _require_open(step, step.pending, table, at)
    if step.amount is not None and step.amount > hold.amount:
        raise Rejected(
            "exceeds_pending",
            f"can't post {step.amount} of {hold.id}, which holds {hold.amount}",
            data=_over(step, hold, step.amount),
            legal=(f"1 to {hold.amount}",),
        )
    _end(step, hold, table)


def _void(step: VoidPending, table: Table, at: Instant) -> None:
    _end(step, _require_open(step, step.pending, table, at), table)


def _expire(step: ExpirePending, table: Table, at: Instant) -> None:
    if step.id != expiry_id(step.pending):
        raise reserved(step, f"{step.id} is not the name under which {step.pending} expires")
    hold = _require_open(step, step.pending, table, at)
    if hold.expires_at != step.occurred_at:
        raise Rejected(
            "expiry_differs",
            f"{hold.id} does not expire at {step.occurred_at}",
            data={"step": step.id, "pending": hold.id},
            legal=(f"{hold.expires_at or 'nothing: it does not expire'}",),
        )
    if not _is_due(hold, at):
        raise Rejected(
            "pending_not_due",
            f"{hold.id} expires at {hold.expires_at}, and it is {at}",
            data={"step": step.id, "pending": hold.id},
            legal=(f"{hold.expires_at} or later",),
        )
    _end(step, hold, table)


def _end(step: Ending, hold: Hold, table: Table) -> None:
    table.move(movement_of(step, hold))
    table.end(hold, step)


def _divide(step: Divide, table: Table, at: Instant) -> None:
    for part in step.parts:
        check_amount(step.id, part)
    hold = _require_open(step, step.pending, table, at)
    if sum(step.parts) != hold.amount:
        raise Rejected(
            "parts_differ",
            f"{step.id}: parts {step.parts} sum to {sum(step.parts)}, {hold.id} holds"
            f" {hold.amount}",
            data=_over(step, hold, sum(step.parts)),
            legal=(f"parts that sum to {hold.amount}",),
        )
    table.end(hold, step)
    for part_id, part in zip(step.part_ids, step.parts, strict=True):
        table.hold(part_of(hold, part_id, part))


def _over(step: Ending, hold: Hold, asked: int) -> dict[str, str | int]:
    return {"step": step.id, "pending": hold.id, "asked": asked, "held": hold.amount}


def _merge(step: Merge, table: Table, at: Instant) -> None:
    if len(step.pendings) < 2 or len(set(step.pendings)) < len(step.pendings):  # noqa: PLR2004 - two
        raise Rejected(
            "pendings_too_few",
            f"{step.id} merges {', '.join(step.pendings) or 'nothing'}",
            data={"step": step.id, "pendings": step.pendings},
            legal=("two or more holds, each once",),
        )
    holds = [_require_open(step, pending, table, at) for pending in step.pendings]
    first = holds[0]
    for hold in holds:
        for field in ("source", "target", "reference", "expires_at"):
            if getattr(hold, field) != getattr(first, field):
                raise Rejected(
                    "pendings_differ",
                    f"{step.id}: {hold.id} has another {field} than {first.id}",
                    data={"step": step.id, "pending": hold.id, "field": field},
                    legal=("holds between the same accounts, of one holder, until one instant",),
                )
    for hold in holds:
        table.end(hold, step)
    table.hold(merged(step, holds))


def _reverse(step: Reverse, table: Table, at: Instant) -> None:
    if step.id != reversal_id(step.step):
        raise reserved(step, f"{step.id} is not the name under which {step.step} is reversed")
    known = table.find_step(step.step)
    if known is None:
        raise Rejected(
            "step_not_found",
            f"{step.id}: nothing was recorded as {step.step}",
            data={"step": step.id, "reversed": step.step},
            legal=("a recorded step",),
        )
    if not isinstance(known, Post | PostPending):
        raise Rejected(
            "step_not_reversible",
            f"{step.step} is of kind {type(known).__name__}, which can't be reversed",
            data={"step": step.id, "reversed": step.step},
            legal=("a Post or a PostPending; holds are voided, reversals done again",),
        )
    source, target, posted, _ = table.movement(known)
    if step.leave_at_least is not None:
        _guard(step, table.account(target), posted, step.leave_at_least, table, at, target)
    table.account(target).posted -= posted
    table.account(source).posted += posted


_RULES: Final[dict[type, Callable[[Any, Table, Instant], None]]] = {
    Post: _post,
    Pend: _pend,
    PostPending: _post_pending,
    VoidPending: _void,
    ExpirePending: _expire,
    Divide: _divide,
    Merge: _merge,
    Reverse: _reverse,
}


# --- what several kinds ask -----------------------------------------------------------------------


def _two_accounts(step: Post | Pend, table: Table) -> tuple[Account, Account]:
    source_id, target_id = step.source, step.target
    check_amount(step.id, step.amount)
    if source_id == target_id:
        raise Rejected(
            "accounts_equal",
            f"{step.id} moves from {source_id} to itself",
            data={"step": step.id, "account": source_id},
            legal=("two accounts",),
        )
    accounts = table.accounts
    source = accounts.get(source_id) or table.touch(source_id)
    target = accounts.get(target_id) or table.touch(target_id)
    if source.counts is not target.counts:
        raise Rejected(
            "accounts_differ_in_unit",
            f"{step.id}: {source_id} and {target_id} do not count one unit in one book",
            data={"step": step.id, "source": source_id, "target": target_id},
            legal=("accounts of one book and one unit",),
        )
    return source, target


def _guard(  # noqa: PLR0917 - on the hot path: each is at hand, none is worth an object
    step: Post | Pend | Reverse,
    source: Account,
    amount: int,
    leave_at_least: int,
    table: Table,
    at: Instant,
    account_id: AccountId | None = None,
) -> None:
    table.expire_due(source, at, EXPIRE_MAX)
    free = source.posted - source.pending_out - leave_at_least
    if amount > free:
        name = account_id or cast("Post | Pend", step).source
        raise Rejected(
            "shortage",
            f"{amount} asked from {name}, {max(free, 0)} can be had",
            data={"step": step.id, "account": name, "asked": amount, "available": free},
            legal=(f"at most {free}" if free > 0 else "nothing now",),
        )


def _require_open(step: Ending | Merge, pending_id: str, table: Table, at: Instant) -> Hold:
    by = table.ended.get(pending_id)
    hold = None if by else table.open.get(pending_id)
    if hold is not None and (isinstance(step, ExpirePending) or not _is_due(hold, at)):
        return hold
    by = by or table.find_ending(pending_id)
    if by is None and hold is None:
        raise Rejected(
            "pending_not_found",
            f"{step.id}: no hold {pending_id} was made",
            data={"step": step.id, "pending": pending_id},
            legal=("a hold that was made",),
        )
    raise _ended(step, pending_id, by)


def _require_before(step: Step, table: Table) -> None:
    """
    Refuse an expiry that a guard of the very batch has written: it is no repeat.

    """
    if isinstance(step, ExpirePending) and step.pending in table.closed:
        raise _ended(step, step.pending, step)


def _ended(step: Step, pending_id: str, by: Step | None) -> Rejected:
    ended = _ENDED[type(by)] if by else "expired"
    return Rejected(
        f"pending_already_{ended}",
        f"{step.id}: hold {pending_id} was {ended} before",
        data={"step": step.id, "pending": pending_id},
        legal=("nothing: a hold ends once",),
    )


def _is_due(hold: Hold, at: Instant) -> bool:
    return hold.expires_at is not None and hold.expires_at <= at
