"""
Whether the two books of stock agree.

The promise book knows quantities by SKU, place and owner; the physical book knows lots and serial
numbers as well, so its accounts are summed before they are compared:

    available, posted                      = on hand
    allocated, posted                      = picked + packed
    reserved, movable, preordered, posted  = 0      holds point at them and are never carried out

Supply that is expected (``incoming``) is not compared with what is in transit: it holds purchases
too, which lie in no bucket yet, and a plan is no fact that a book could contradict.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from ordercore.inventory._accounts import Bucket
from ordercore.ledger import AccountId, Balance, account_parts

__all__ = ["book_differences"]

_ONLY_POINTED_AT: Final = ("reserved", "movable", "preordered")


def book_differences(balances: Mapping[AccountId, Balance]) -> tuple[str, ...]:
    """
    Compare the promise book with the physical book, by SKU, place and owner.

    Args:
        balances: Every touched account of both books.

    Returns:
        One sentence a difference, in order of SKU, place and owner; empty where the books agree.

    Cost: O(accounts).
    """
    posted: defaultdict[tuple[str, str, str], defaultdict[tuple[str, str], int]]
    posted = defaultdict(lambda: defaultdict(int))
    for account, balance in balances.items():
        parts = account_parts(account)
        if parts.place and parts.book in {"promise", "physical"}:
            at_place = posted[parts.unit, parts.place, parts.owner]
            at_place[parts.book, parts.code] += balance.posted
    differences: list[str] = []
    for (sku, place, owner), sums in sorted(posted.items()):
        where = f"{sku} of {owner} at {place}" if owner else f"{sku} at {place}"
        sellable = sums["promise", "available"]
        on_hand = sums["physical", Bucket.ON_HAND]
        if sellable != on_hand:
            differences.append(f"{where}: {sellable} sellable, {on_hand} on hand")
        taken = sums["promise", "allocated"]
        at_work = sums["physical", Bucket.PICKED] + sums["physical", Bucket.PACKED]
        if taken != at_work:
            differences.append(f"{where}: {taken} taken for orders, {at_work} at work")
        differences.extend(
            f"{where}: {sums['promise', code]} carried out to {code}, which is only held for"
            for code in _ONLY_POINTED_AT
            if sums["promise", code]
        )
    return tuple(differences)
