"""
What can have happened to a stock count, and the fold of it.

"""

from collections.abc import Callable
from typing import Any, Final

import attrs

from ordercore.grammar import Event
from ordercore.ids import CountId, PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._recorded_stock import Uncovered

__all__ = [
    "CountCanceled",
    "CountClosed",
    "CountEvent",
    "CountOpened",
    "CountRecorded",
    "CountedUnits",
    "ShelfCount",
    "StockCount",
    "evolve_count",
]


@attrs.frozen(kw_only=True)
class CountedUnits:
    """
    What was counted of one SKU or lot, and what the ledger said of that moment.

    Attributes:
        sku: What.
        lot: Which lot of it, or empty.
        counted: How many there were.
        recorded: How many there must have been by what had occurred.
        healed: How much of the place's discrepancy is explained by that.
        late: The ledger's names of movements that came to light since it was counted before, and
            are compensated by this.
    """

    sku: Sku
    lot: str
    counted: int
    recorded: int
    healed: int
    late: tuple[str, ...]

    @property
    def delta(self) -> int:
        """
        What was found, or below zero lost.

        """
        return self.counted - self.recorded


@attrs.frozen(kw_only=True)
class CountOpened(Event):
    """
    Somebody begins to count.

    """

    count_id: CountId
    place: PlaceId
    skus: tuple[Sku, ...]
    note: str
    status: str


@attrs.frozen(kw_only=True)
class CountRecorded(Event):
    """
    It is stated what lay there at a point in time, and the record was made to agree.

    Attributes:
        lines: What was counted.
        counted_at: The point in time.
        read_to: The last position of the ledger that was compared with; what is recorded later
            and occurred before is late.
        uncovered: Promises that what is there does not cover; they stand.
        note: For people.
        status: What this led to.
    """

    lines: tuple[CountedUnits, ...]
    counted_at: Instant
    read_to: int
    uncovered: tuple[Uncovered, ...]
    note: str
    status: str


@attrs.frozen(kw_only=True)
class CountClosed(Event):
    """
    The count has ended.

    """

    status: str


@attrs.frozen(kw_only=True)
class CountCanceled(Event):
    """
    The count was given up; nothing was recorded.

    """

    reason: str
    status: str


CountEvent = CountOpened | CountRecorded | CountClosed | CountCanceled


@attrs.frozen(kw_only=True)
class ShelfCount:
    """
    The last word of a count on one SKU or lot.

    Attributes:
        sku: What.
        lot: Which lot of it, or empty.
        counted: How many there were.
        counted_at: When.
        read_to: The last position of the ledger that this was compared with.
    """

    sku: Sku
    lot: str
    counted: int
    counted_at: Instant
    read_to: int


@attrs.frozen(kw_only=True)
class StockCount:
    """
    A stock count as its events tell it.

    Attributes:
        id: Its number.
        place: Where.
        skus: What is counted; empty for whatever lies there.
        status: Where it is in its lifecycle.
        shelves: What was counted, each SKU and lot once, in order.
    """

    id: CountId
    place: PlaceId
    skus: tuple[Sku, ...]
    status: str
    shelves: tuple[ShelfCount, ...] = ()

    def shelf(self, sku: str, lot: str = "") -> ShelfCount | None:
        """
        Return what was counted of a SKU or lot.

        """
        return next((x for x in self.shelves if (x.sku, x.lot) == (sku, lot)), None)


def _recorded(state: StockCount, event: CountRecorded) -> StockCount:
    shelves = {(shelf.sku, shelf.lot): shelf for shelf in state.shelves}
    for line in event.lines:
        shelves[line.sku, line.lot] = ShelfCount(
            sku=line.sku,
            lot=line.lot,
            counted=line.counted,
            counted_at=event.counted_at,
            read_to=event.read_to,
        )
    in_order = tuple(shelves[key] for key in sorted(shelves))
    return attrs.evolve(state, status=event.status, shelves=in_order)


def _ended(state: StockCount, event: CountClosed | CountCanceled) -> StockCount:
    return attrs.evolve(state, status=event.status)


_FOLDS: Final[dict[type, Callable[[Any, Any], StockCount]]] = {
    CountRecorded: _recorded,
    CountClosed: _ended,
    CountCanceled: _ended,
}


def evolve_count(state: StockCount | None, event: CountEvent) -> StockCount:
    """
    Fold one event into a stock count; the first makes it.

    """
    if isinstance(event, CountOpened):
        return StockCount(
            id=event.count_id, place=event.place, skus=event.skus, status=event.status
        )
    return _FOLDS[type(event)](state, event)
