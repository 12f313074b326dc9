"""
Short hands for the tests of the ledger: a few accounts, steps with defaults, a ledger with stock.

"""

from typing import Any

import attrs

from ordercore.errors import Rejected
from ordercore.instants import Instant, parse_instant, seconds_after
from ordercore.ledger import (
    AccountId,
    Divide,
    Ending,
    ExpirePending,
    Ledger,
    Merge,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
    account,
)

NOON = parse_instant("2026-03-01T12:00:00Z")
SUPPLY = account("promise", "supply", "MUG", "berlin")
STOCK = account("promise", "available", "MUG", "berlin")
SOLD = account("promise", "sold", "MUG", "berlin")
CUPS = account("promise", "available", "CUP", "berlin")
SHELF = account("physical", "on_hand", "MUG", "berlin")


def at(seconds: int) -> Instant:
    return seconds_after(NOON, seconds)


def post(
    step_id: str,
    amount: int,
    source: AccountId = SUPPLY,
    target: AccountId = STOCK,
    *,
    leave: int | None = None,
) -> Post:
    return Post(step_id, source, target, amount, "receive", "note-1", NOON, leave)


def pend(
    step_id: str,
    amount: int,
    source: AccountId = STOCK,
    target: AccountId = SOLD,
    *,
    leave: int | None = 0,
    until: int | None = None,
    reference: str = "cart/C-1",
) -> Pend:
    expires_at = None if until is None else at(until)
    return Pend(step_id, source, target, amount, "reserve", reference, NOON, leave, expires_at)


def post_pending(step_id: str, pending: str, amount: int | None = None) -> PostPending:
    return PostPending(step_id, pending, amount, "ship", "order/O-1", NOON)


def void(step_id: str, pending: str) -> VoidPending:
    return VoidPending(step_id, pending, "release", "cart/C-1", NOON)


def expire(pending: str, seconds: int, step_id: str | None = None) -> ExpirePending:
    return ExpirePending(step_id or f"{pending}/expired", pending, at(seconds))


def divide(step_id: str, pending: str, *parts: int) -> Divide:
    return Divide(step_id, pending, parts, "split", "order/O-1", NOON)


def merge(step_id: str, *pendings: str) -> Merge:
    return Merge(step_id, pendings, "join", "order/O-1", NOON)


def reverse(step: str, *, leave: int | None = 0, step_id: str | None = None) -> Reverse:
    return Reverse(step_id or f"{step}/reversed", step, "mistake", "note-1", NOON, leave)


def changed(step: Step, /, **fields: object) -> Step:
    """
    Return a step with other values in some fields.

    """
    values: dict[str, Any] = {name: getattr(step, name) for name in fields_of(step)}
    return type(step)(**{**values, **fields})


def fields_of(step: Step) -> list[str]:
    if isinstance(step, Post | Pend):
        return list(step._fields)
    return [field.name for field in attrs.fields(type(step))]


def ended(written: list[Step]) -> list[str]:
    """
    Return the holds that a batch has ended.

    """
    return [step.pending for step in written if isinstance(step, Ending)]


def ledger_with(*steps: Step, seconds: int = 0) -> Ledger:
    """
    Return a ledger in which each step was recorded by itself.

    """
    ledger = Ledger()
    for step in steps:
        ledger.apply([step], at(seconds))
    return ledger


def state_of(ledger: Ledger) -> object:
    """
    Return everything that a ledger keeps, so that two moments can be compared in full.

    """
    return (
        list(ledger.entries()),
        list(ledger.balances()),
        list(ledger.pendings()),
        dict(ledger._table.ended),
        ledger._indexes(),
    )


def refusal(ledger: Ledger, *steps: Step, seconds: int = 0) -> Rejected:
    """
    Return the refusal of a batch, having seen that it changed nothing.

    """
    before = state_of(ledger)
    try:
        ledger.apply(steps, at(seconds))
    except Rejected as refused:
        assert state_of(ledger) == before
        return refused
    raise AssertionError(f"was not refused: {steps}")
