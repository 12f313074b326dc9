"""
What can happen in a ledger: eight kinds of step, a class each.

A step is a request before it is recorded and a fact afterwards; it is the same object. ``reason``
and ``reference`` say why and for what: the ledger is its own history, there is no second one.

:class:`Post` and :class:`Pend` are named tuples, for they are made with every movement of stock and
a frozen attrs class costs three times as much to make.
"""

from typing import Final, NamedTuple

import attrs

from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId

__all__ = [
    "NOTHING",
    "Balance",
    "Divide",
    "Ending",
    "Entry",
    "ExpirePending",
    "Merge",
    "OpenPending",
    "Pend",
    "Post",
    "PostPending",
    "Reverse",
    "Step",
    "VoidPending",
]


class Post(NamedTuple):
    """
    Move an amount at once.

    Attributes:
        id: Chosen by the caller, unique for ever.
        source: The account that gives.
        target: The account that takes.
        amount: In the accounts' unit, above zero.
        reason: Why, in one or two words (``"receive"``).
        reference: For what: an order, a cart, a delivery note.
        occurred_at: When it happened in the world, as claimed.
        leave_at_least: The guard: what must be left available in the source afterwards; None
            for a physical fact, which is never refused.
    """

    id: str
    source: AccountId
    target: AccountId
    amount: int
    reason: str
    reference: str
    occurred_at: Instant
    leave_at_least: int | None = None


class Pend(NamedTuple):
    """
    Hold an amount for a target until the hold is posted, voided, divided, merged or expires.

    The amount leaves what is available in the source at once, and its posted balance not before
    the hold is posted.

    Attributes:
        id: Chosen by the caller, unique for ever; names the hold in later steps.
        source: The account that promises.
        target: The account that will take.
        amount: In the accounts' unit, above zero.
        reason: Why.
        reference: Who holds it.
        occurred_at: When it happened, as claimed.
        leave_at_least: What must be left available in the source afterwards; positive keeps a
            safety stock, negative allows a backorder, None asks nothing.
        expires_at: The instant from which the hold no longer counts, later than it is recorded;
            None for never.
        promised_at: When the holder was first promised it, where this hold takes the place of an
            earlier one (at another place, say); None for ``occurred_at``. Who is covered first
            when there is not enough goes by it.
    """

    id: str
    source: AccountId
    target: AccountId
    amount: int
    reason: str
    reference: str
    occurred_at: Instant
    leave_at_least: int | None = 0
    expires_at: Instant | None = None
    promised_at: Instant | None = None


@attrs.frozen
class PostPending:
    """
    Carry out a hold. A smaller amount than was held is a short close: the rest is released.

    Attributes:
        id: Chosen by the caller, unique for ever.
        pending: The hold.
        amount: How much of it; None for all.
        reason: Why.
        reference: For what.
        occurred_at: When it happened, as claimed.
    """

    id: str
    pending: str
    amount: int | None
    reason: str
    reference: str
    occurred_at: Instant


@attrs.frozen
class VoidPending:
    """
    Release a hold in full.

    Attributes:
        id: Chosen by the caller, unique for ever.
        pending: The hold.
        reason: Why.
        reference: For what.
        occurred_at: When it happened, as claimed.
    """

    id: str
    pending: str
    reason: str
    reference: str
    occurred_at: Instant


@attrs.frozen
class ExpirePending:
    """
    Record that a hold has expired, with the true instant.

    The ledger writes it itself before it judges a guard; a sweep may write it too.

    Attributes:
        id: Always :func:`expiry_id` of the hold.
        pending: The hold.
        occurred_at: When it expired, which may be long before it is recorded.
    """

    id: str
    pending: str
    occurred_at: Instant


@attrs.frozen
class Divide:
    """
    Replace a hold by parts of equal sum, between the same accounts, until the same instant.

    Nothing becomes available for a moment and no guard is judged again. The parts are holds of
    their own, named ``part_ids``.

    Attributes:
        id: Chosen by the caller, unique for ever.
        pending: The hold.
        parts: The amounts of the parts, in order; above zero.
        reason: Why.
        reference: For what.
        occurred_at: When it happened, as claimed.
    """

    id: str
    pending: str
    parts: tuple[int, ...]
    reason: str
    reference: str
    occurred_at: Instant

    @property
    def part_ids(self) -> tuple[str, ...]:
        """
        Names of the parts, from the hold and their number.

        """
        return tuple(f"{self.pending}/part-{n}" for n in range(1, len(self.parts) + 1))


@attrs.frozen
class Merge:
    """
    Replace holds by one of equal sum: the inverse of :class:`Divide`.

    The holds leave and enter the same accounts, have one holder and end at one instant. Nothing
    becomes available for a moment and no guard is judged again. The new hold bears the step's own
    id, and has been promised since the earliest of those it replaces.

    Attributes:
        id: Chosen by the caller, unique for ever; names the new hold.
        pendings: The holds, two or more, each once.
        reason: Why.
        reference: For what.
        occurred_at: When it happened, as claimed.
    """

    id: str
    pendings: tuple[str, ...]
    reason: str
    reference: str
    occurred_at: Instant


@attrs.frozen
class Reverse:
    """
    Move back what a recorded step has moved: the one way to correct a posted amount.

    Both stay in the log. A step is reversed once and as a whole; a reversal is not reversed: the
    step is done again. A hold that was posted does not come back.

    Attributes:
        id: Always :func:`reversal_id` of the step.
        step: The step, a :class:`Post` or a :class:`PostPending`.
        reason: Why.
        reference: For what.
        occurred_at: When the mistake was found, as claimed.
        leave_at_least: What must be left available in the account that had taken the amount;
            None takes it back whatever is left.
    """

    id: str
    step: str
    reason: str
    reference: str
    occurred_at: Instant
    leave_at_least: int | None = 0


def expiry_id(pending_id: str) -> str:
    """
    Name the step by which a hold expires.

    """
    return f"{pending_id}/expired"


def reversal_id(step_id: str) -> str:
    """
    Name the step by which another is reversed.

    """
    return f"{step_id}/reversed"


def is_derived_id(step_id: str) -> bool:
    """
    Say whether an id is one that the ledger gives: to an expiry, a reversal, a part of a hold.

    Were a caller free to choose such an id, a hold could take the place of another.
    """
    _, cut, number = step_id.rpartition("/part-")
    return step_id.endswith(("/expired", "/reversed")) or (cut != "" and number.isdecimal())


#: Steps that end one hold.
Ending = PostPending | VoidPending | ExpirePending | Divide

#: Any step. Which kind it is decides the rules, see ``_rules``.
Step = Post | Pend | Ending | Merge | Reverse


class Balance(NamedTuple):
    """
    One account at one position.

    Attributes:
        posted: What has come in less what has gone out.
        pending_out: Held by open holds that will leave.
        pending_in: Held by open holds that will arrive.
    """

    posted: int = 0
    pending_out: int = 0
    pending_in: int = 0

    @property
    def available(self) -> int:
        """
        What a new promise may take: posted less what is already held; negative is a shortage.

        """
        return self.posted - self.pending_out


#: The balance of an account that nothing has touched yet.
NOTHING: Final = Balance()


@attrs.frozen
class OpenPending:
    """
    A hold that is neither posted, voided, expired, divided nor merged.

    Attributes:
        id: Its name.
        source: The account that promises.
        target: The account that will take.
        amount: How much.
        reference: Who holds it.
        expires_at: From when it no longer counts; None for never.
        promised_at: Since when the holder has been promised it; parts keep that of the whole.
    """

    id: str
    source: AccountId
    target: AccountId
    amount: int
    reference: str
    expires_at: Instant | None
    promised_at: Instant

    def is_due(self, at: Instant) -> bool:
        """
        Say whether the hold has stopped counting by an instant.

        """
        return self.expires_at is not None and self.expires_at <= at


@attrs.frozen
class Entry:
    """
    A recorded step.

    Attributes:
        position: Its place in the log, from 1, without gaps.
        recorded_at: When it was recorded.
        step: What happened.
    """

    position: int
    recorded_at: Instant
    step: Step
