"""
Who is covered: promises against what is on hand, in the order in which they were made.

Nothing is stored about it. A backorder is a promise like any other, made under a guard below zero;
whether it is covered follows from what is on hand and which promises came before it, so a receipt
covers whoever has waited longest, and a newcomer never takes from an earlier promise.

    on hand 3      promised   covered  waits
    09:00  O-1        2          2       -
    09:10  cart C-7   2          1       1
    09:20  O-2        1          -       1

The order is (promised at, id of the hold), for carts and orders alike: a cart that was promised
units keeps them before an order that came later and accepted to wait.

A count that falls short is another question, for it breaks promises that were covered. Who of
those gives way is stated in :func:`who_gives_way`: holds of carts first, since a cart has bought
nothing yet; then promises of orders that may be moved to another place; then the other promises of
orders; within each kind the latest promise first. Picked units are no promise any more and never
give way. It names who is to be told, released or moved; until somebody acts, promises stand, and
an order's stays as a backorder until a command of its own says otherwise.
"""

from collections.abc import Iterable

import attrs

from ordercore.instants import Instant
from ordercore.ledger import OpenPending, account_parts

__all__ = ["Covered", "GivesWay", "coverage", "who_gives_way", "who_waits"]


@attrs.frozen
class Covered:
    """
    A promise, and how much of it what is on hand covers.

    Attributes:
        hold: The promise.
        covered: Units that are there for it.
    """

    hold: OpenPending
    covered: int

    @property
    def waiting(self) -> int:
        """
        Units that wait for a receipt.

        """
        return self.hold.amount - self.covered

    @property
    def since(self) -> Instant:
        """
        Since when the holder has been promised them.

        """
        return self.hold.promised_at


@attrs.frozen
class GivesWay:
    """
    A promise that was covered and is not any more.

    Attributes:
        hold: The promise.
        quantity: How many of its units are no longer there for it.
    """

    hold: OpenPending
    quantity: int


def coverage(on_hand: int, holds: Iterable[OpenPending]) -> tuple[Covered, ...]:
    """
    Hand out what is on hand in promise order.

    Args:
        on_hand: Units there; below zero covers nobody.
        holds: Open promises of one SKU at one place, in any order, none of them expired.

    Returns:
        Each promise once, by (promised at, id). What is covered sums to what is on hand or to
        all that is promised, whichever is less.

    Cost: O(n log n) for n promises.
    """
    left = max(on_hand, 0)
    found: list[Covered] = []
    for hold in sorted(holds, key=_promise_order):
        covered = min(hold.amount, left)
        left -= covered
        found.append(Covered(hold, covered))
    return tuple(found)


def who_waits(on_hand: int, holds: Iterable[OpenPending]) -> tuple[Covered, ...]:
    """
    Return the promises that are not covered in full, who has waited longest first.

    """
    return tuple(row for row in coverage(on_hand, holds) if row.waiting)


def who_gives_way(before: int, after: int, holds: Iterable[OpenPending]) -> tuple[GivesWay, ...]:
    """
    Say who loses when fewer units are there than were.

    Promises that waited before have nothing to lose and are not among them.

    Args:
        before: Units on hand that promises counted on.
        after: Units on hand in fact.
        holds: Open promises of one SKU at one place, in any order.

    Returns:
        Who loses how much, in the order in which they lose: carts, movable, the rest, each by
        the latest promise first. The quantities sum to what was covered and no longer is.
    """
    covered = [row for row in coverage(before, holds) if row.covered]
    lost = sum(row.covered for row in covered) - max(after, 0)
    # Two stable sorts: the latest promise first, and within that the kinds in their order.
    covered.reverse()
    covered.sort(key=lambda row: _KINDS.index(_kind(row.hold)))
    found: list[GivesWay] = []
    for row in covered:
        quantity = min(row.covered, lost)
        if quantity <= 0:
            break
        lost -= quantity
        found.append(GivesWay(row.hold, quantity))
    return tuple(found)


#: In which order kinds of promises give way; what is neither comes last.
_KINDS = ("reserved", "movable", "allocated")


def _kind(hold: OpenPending) -> str:
    code = account_parts(hold.target).code
    return code if code in _KINDS else "allocated"


def _promise_order(hold: OpenPending) -> tuple[Instant, str]:
    return hold.promised_at, hold.id
