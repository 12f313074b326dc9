"""
The replay: every fact of the source is told to the books, in the order in which it happened.

A fact is one linked batch: an invoice's lines are allocated, picked, packed and dispatched
together, a return is taken or refused as a whole. What the books refuse is counted and the next
fact follows; nothing is repaired. Only a return may be refused: a refused sale would mean that the
opening stock, or a book, is wrong, so it ends the replay.
"""

from collections import Counter, deque
from collections.abc import Iterator
from time import perf_counter
from typing import Final

import attrs

from examples.marketplace_replay.progress import Progress
from examples.retail_replay.books import Books
from examples.retail_replay.source import Fact, Kind, Source
from examples.retail_replay.stock import Purchase, TellFact, movements_of
from examples.retail_replay.sums import Sums
from ordercore.errors import Rejected

__all__ = ["Told", "replay"]

#: What the ledger says where a guard would be broken.
SHORTAGE: Final = "shortage"


@attrs.define
class Told:
    """
    What became of the facts.

    Attributes:
        movements: How many movements of stock the books have taken.
        refused: Units of each return that they have not, by fact.
        why: Units of refused returns by what was wrong with them.
        seconds: How long the telling took, without reading and comparing.
    """

    movements: int = 0
    refused: dict[str, int] = attrs.Factory(dict[str, int])
    why: Counter[str] = attrs.Factory(Counter[str])
    seconds: float = 0.0


class Purchases:
    """
    Who bought what under which invoice and has not brought it back, the first bought first.

    This is the counter's own list, from which a return names the purchases that it undoes. It
    refuses nothing: what no purchase covers is asked of the ledger all the same.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], deque[Purchase]] = {}

    def add(self, fact: Fact) -> None:
        if fact.customer:
            for line in fact.lines:
                mine = self._open.setdefault((fact.customer, line.sku), deque())
                mine.append(Purchase(fact.invoice, line.quantity))

    def undone_by(self, fact: Fact) -> tuple[Purchase, ...]:
        """
        Say which purchases a return undoes; what none covers stands under the return's own number.

        """
        return tuple(self._match(fact))

    def _match(self, fact: Fact) -> Iterator[Purchase]:
        (line,) = fact.lines
        left = line.quantity
        for purchase in self._open.get((fact.customer, line.sku), ()):
            if not left:
                return
            taken = min(left, purchase.quantity)
            left -= taken
            yield Purchase(purchase.invoice, taken)
        if left:
            yield Purchase(fact.invoice, left)

    def undo(self, fact: Fact, undone: tuple[Purchase, ...]) -> None:
        """
        Take off what a return has undone.

        """
        mine = self._open[fact.customer, fact.lines[0].sku]
        for purchase in undone:
            rest = mine.popleft().quantity - purchase.quantity
            if rest:
                mine.appendleft(Purchase(purchase.invoice, rest))

    def lack(self, fact: Fact) -> str:
        """
        Say in a word why a return was refused.

        """
        if not fact.customer:
            return "no_customer"
        known = (fact.customer, fact.lines[0].sku) in self._open
        return "more_than_bought" if known else "never_bought"


def replay(source: Source, sums: Sums, books: Books) -> Told:
    """
    Tell a source to some books.

    Raises:
        Rejected: The books refuse what only a mistake could make them refuse.
    """
    told, purchases = Told(), Purchases()
    if not source.facts:
        return told
    progress = Progress("replay", len(source.facts))
    began = perf_counter()
    told.movements += books.open_with(sums.opening, source.facts[0].at)
    for n, fact in enumerate(source.facts, 1):
        _tell(fact, books, purchases, told)
        progress.at(n)
    told.seconds = perf_counter() - began
    progress.end()
    return told


def _tell(fact: Fact, books: Books, purchases: Purchases, told: Told) -> None:
    undone = purchases.undone_by(fact) if fact.kind is Kind.RETURN else ()
    try:
        books.tell(TellFact(fact=fact, purchases=undone))
    except Rejected as refused:
        if fact.kind is not Kind.RETURN or refused.code != SHORTAGE:
            raise
        told.refused[fact.id] = fact.lines[0].quantity
        told.why[purchases.lack(fact)] += fact.lines[0].quantity
        return
    told.movements += movements_of(fact)
    if fact.kind is Kind.SALE:
        purchases.add(fact)
    elif fact.kind is Kind.RETURN:
        purchases.undo(fact, undone)
