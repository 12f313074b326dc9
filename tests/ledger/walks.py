"""
Ledgers with a past: a seeded walk through every kind of step.

"""

from random import Random

from ordercore.errors import Rejected
from ordercore.instants import Instant
from ordercore.ledger import AccountId, Ledger, OpenPending, Step, account
from tests.ledger.builders import (
    SOLD,
    STOCK,
    SUPPLY,
    at,
    divide,
    merge,
    pend,
    post,
    post_pending,
    reverse,
    void,
)

PARIS = account("promise", "available", "MUG", "paris")
ACCOUNTS = (STOCK, PARIS, SOLD, SUPPLY)


def walked(seed: int, length: int, ledger: Ledger | None = None, start: int = 0) -> Ledger:
    """
    Return a ledger after some batches of one to three steps; refused ones have left no trace.

    """
    random, ledger = Random(seed), ledger or Ledger()
    ledger.apply([post(f"in-{start}", 40)], at(start))
    for n in range(start, start + length):
        batch = [_step(random, ledger, f"s{n}-{part}", n) for part in range(random.randint(1, 3))]
        try:
            ledger.apply(batch, at(n))
        except Rejected:
            continue
    return ledger


def _step(random: Random, ledger: Ledger, step_id: str, now: int) -> Step:
    holds = list(ledger.pendings())
    hold = random.choice(holds) if holds else None
    kind = random.choice(("post", "pend", "pend", "ship", "void", "divide", "merge", "back"))
    if hold is None or kind in {"post", "pend"}:
        source, target = random.sample(ACCOUNTS, 2)
        leave = random.choice((None, 0, -3))
        if kind == "post":
            return post(step_id, random.randint(1, 9), source, target, leave=leave)
        until = random.choice((None, now + random.randint(1, 9)))
        return pend(step_id, random.randint(1, 6), source, target, leave=leave, until=until)
    if kind == "divide" and hold.amount > 1:
        return divide(step_id, hold.id, 1, hold.amount - 1)
    if kind == "merge":
        alike = [other.id for other in holds if _key(other) == _key(hold)]
        return merge(step_id, *alike[:3])
    if kind == "back":
        moved = [entry.step.id for entry in ledger.entries()]
        return reverse(random.choice(moved), leave=random.choice((None, 0)))
    if kind == "void":
        return void(step_id, hold.id)
    return post_pending(step_id, hold.id, random.choice((None, 1)))


def _key(hold: OpenPending) -> tuple[AccountId, AccountId, Instant | None]:
    return (hold.source, hold.target, hold.expires_at)
