"""
The source's own sums: the stock of a shop as plain dictionaries, obviously right.

It knows nothing of ledgers. It says what has to lie on the shelves before the first invoice, and
what every book has to show after the last one.

A return is taken where its customer holds as many units of the SKU, bought before and not yet
brought back; else the whole line is refused. The opening stock of a SKU is the least with which
every fact finds what it takes: at one moment at least its shelf is empty, so a single unit that
got lost anywhere would stop the replay.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import attrs

from examples.retail_replay.source import Fact, Kind

__all__ = ["Sums", "sum_up"]

NOBODY: Final = ""


@attrs.define
class Sums:
    """
    Units by SKU, unless it says otherwise.

    """

    opening: Counter[str] = attrs.Factory(Counter[str])
    sold: Counter[str] = attrs.Factory(Counter[str])
    returned: Counter[str] = attrs.Factory(Counter[str])
    gone: Counter[str] = attrs.Factory(Counter[str])  #: written off
    came: Counter[str] = attrs.Factory(Counter[str])  #: found, or corrected upwards
    gone_by_reason: Counter[str] = attrs.Factory(Counter[str])
    came_by_reason: Counter[str] = attrs.Factory(Counter[str])
    held: Counter[tuple[str, str]] = attrs.Factory(Counter[tuple[str, str]])  #: customer, SKU
    refused: dict[str, int] = attrs.Factory(dict[str, int])  #: by fact

    def on_hand(self, sku: str) -> int:
        """
        What lies on the shelf in the end.

        """
        with_customers = self.sold[sku] - self.returned[sku]
        return self.opening[sku] + self.came[sku] - self.gone[sku] - with_customers


def sum_up(facts: Iterable[Fact]) -> Sums:
    """
    Sum the facts of a source, in their order.

    """
    sums = Sums()
    level: Counter[str] = Counter()
    for fact in facts:
        for line in fact.lines:
            holder = (fact.customer, line.sku)
            change = line.quantity
            if fact.kind is Kind.SALE:
                sums.sold[line.sku] += line.quantity
                sums.held[holder] += line.quantity
                change = -line.quantity
            elif fact.kind is Kind.CORRECTION:
                way = (sums.came, sums.came_by_reason)
                if line.quantity < 0:
                    way = (sums.gone, sums.gone_by_reason)
                way[0][line.sku] += abs(line.quantity)
                way[1][str(line.reason)] += abs(line.quantity)
            elif fact.customer != NOBODY and sums.held[holder] >= line.quantity:
                sums.returned[line.sku] += line.quantity
                sums.held[holder] -= line.quantity
            else:
                sums.refused[fact.id] = line.quantity
                change = 0
            level[line.sku] += change
            sums.opening[line.sku] = max(sums.opening[line.sku], -level[line.sku])
    return sums
