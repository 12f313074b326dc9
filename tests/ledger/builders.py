"""
Short hands for the tests of the ledger: a few accounts, steps with defaults, a ledger with stock.

"""

from ordercore.errors import Rejected
from ordercore.instants import Instant, parse_instant, seconds_after
from ordercore.ledger import (
    AccountId,
    Divide,
    ExpirePending,
    Ledger,
    Pend,
    Post,
    PostPending,
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
        dict(ledger._ended),
        {name: list(due) for name, due in ledger._due.items() if due},
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
