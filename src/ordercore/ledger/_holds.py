"""
Holds and movements: what a step does to two accounts.

"""

from typing import NamedTuple

from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId
from ordercore.ledger._steps import (
    Divide,
    Ending,
    Merge,
    OpenPending,
    Pend,
    PostPending,
)

__all__ = ["Hold", "Movement", "merged", "movement_of", "open_pending", "part_of", "promised_at"]

#: A hold while it is open. One that nobody has divided or merged is the step that made it.
Hold = Pend | OpenPending


class Movement(NamedTuple):
    """
    What a step has moved; a step moves between two accounts and nothing else.

    Attributes:
        source: The account that gives.
        target: The account that takes.
        posted: By how much the source's posted balance falls and the target's rises.
        pending: By how much what is held between them grows; below zero it shrinks.
    """

    source: AccountId
    target: AccountId
    posted: int
    pending: int


def movement_of(step: Ending | Merge, hold: Hold) -> Movement:
    """
    Say what a step moves that ends a hold.

    """
    if isinstance(step, Divide | Merge):
        return Movement(hold.source, hold.target, 0, 0)
    if isinstance(step, PostPending):
        amount = hold.amount if step.amount is None else step.amount
        return Movement(hold.source, hold.target, amount, -hold.amount)
    return Movement(hold.source, hold.target, 0, -hold.amount)


def promised_at(hold: Hold) -> Instant:
    """
    Since when the holder has been promised it.

    """
    if isinstance(hold, OpenPending):
        return hold.promised_at
    return hold.promised_at or hold.occurred_at


def part_of(whole: Hold, part_id: str, amount: int) -> OpenPending:
    """
    Return a part of a hold.

    """
    return OpenPending(
        part_id,
        whole.source,
        whole.target,
        amount,
        whole.reference,
        whole.expires_at,
        promised_at(whole),
    )


def merged(step: Merge, holds: list[Hold]) -> OpenPending:
    """
    Return the hold that takes the place of others.

    """
    first = holds[0]
    return OpenPending(
        step.id,
        first.source,
        first.target,
        sum(hold.amount for hold in holds),
        first.reference,
        first.expires_at,
        min(promised_at(hold) for hold in holds),
    )


def open_pending(hold: Hold) -> OpenPending:
    """
    Return a hold as the public knows it.

    """
    return hold if isinstance(hold, OpenPending) else part_of(hold, hold.id, hold.amount)
