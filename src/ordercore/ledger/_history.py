"""
History: every number that a ledger ever showed, and the steps that make it.

All is read from the log; nothing else is kept. A store hands out the steps that touched an account
(``entries(account)``), and they are replayed by the same rules that recorded them, so a balance of
the past is what a reader would have been told then.

A step has two times. *Recorded* is a position and an instant: what was known when. *Occurred* is
claimed, and may lie before what was recorded earlier. Balances follow the record; only a count, or
whoever asks what lay on a shelf at noon, goes by what occurred.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId
from ordercore.ledger._book import Ledger, unguarded
from ordercore.ledger._steps import NOTHING, Balance, Entry

__all__ = [
    "Line",
    "Number",
    "balance_after",
    "balance_recorded_by",
    "explain",
    "history",
    "posted_occurred_by",
]

#: The numbers of a balance that can be asked about.
Number = Literal["posted", "pending_out", "pending_in", "available"]


class Line(NamedTuple):
    """
    One step in the statement of an account.

    Attributes:
        entry: The step, its position and when it was recorded.
        change: By how much it changed each number of the account.
        balance: The account afterwards.
    """

    entry: Entry
    change: Balance
    balance: Balance


def history(account: AccountId, entries: Iterable[Entry]) -> Iterator[Line]:
    """
    Write the statement of an account, step by step.

    Args:
        account: Whose statement.
        entries: The steps that touched it, from the first on, in order: ``entries(account)`` of a
            ledger or a store. Steps of other accounts do no harm.

    Cost: O(entries).
    """
    ledger, before = Ledger(), NOTHING
    for entry in entries:
        ledger.apply((unguarded(entry.step),), entry.recorded_at)
        after = ledger.balance(account)
        change = Balance(
            after.posted - before.posted,
            after.pending_out - before.pending_out,
            after.pending_in - before.pending_in,
        )
        yield Line(entry, change, after)
        before = after


def balance_after(account: AccountId, entries: Iterable[Entry], position: int) -> Balance:
    """
    Return the balance as recorded at a position of the log.

    Cost: O(entries up to it).
    """
    balance = NOTHING
    for line in history(account, entries):
        if line.entry.position > position:
            break
        balance = line.balance
    return balance


def balance_recorded_by(account: AccountId, entries: Iterable[Entry], at: Instant) -> Balance:
    """
    Return the balance that a reader was told at an instant: holds that were due then left out.

    Recorded instants need not rise from step to step (clocks differ); what was recorded later than
    the first step behind the instant counts as unknown then.

    Cost: O(entries up to it).
    """
    ledger = Ledger()
    for entry in entries:
        if entry.recorded_at > at:
            break
        ledger.apply((unguarded(entry.step),), entry.recorded_at)
    return ledger.balance_at(account, at)


def posted_occurred_by(account: AccountId, entries: Iterable[Entry], at: Instant) -> int:
    """
    Return what had been posted to an account by an instant, by when things are said to have been.

    Cost: O(entries).
    """
    return sum(
        line.change.posted
        for line in history(account, entries)
        if line.entry.step.occurred_at <= at
    )


def explain(
    account: AccountId, entries: Iterable[Entry], number: Number = "available"
) -> tuple[Line, ...]:
    """
    Say why a number is what it is: the steps that changed it, whose changes sum to it.

    >>> from datetime import UTC, datetime
    >>> from ordercore.ledger import Ledger, Pend, Post, account
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> shelf = account("promise", "available", "MUG", "berlin")
    >>> supply = account("promise", "outside", "MUG")
    >>> cart = account("promise", "reserved", "MUG", "berlin")
    >>> ledger = Ledger()
    >>> _ = ledger.apply([Post("in", supply, shelf, 50, "receive", "delivery-7", noon)], noon)
    >>> _ = ledger.apply([Pend("hold", shelf, cart, 3, "reserve", "cart/C-1", noon)], noon)
    >>> for line in explain(shelf, ledger.entries(shelf)):
    ...     step = line.entry.step
    ...     print(step.reason, step.reference, line.change.available, line.balance.available)
    receive delivery-7 50 50
    reserve cart/C-1 -3 47

    Cost: O(entries).
    """
    return tuple(line for line in history(account, entries) if getattr(line.change, number))
