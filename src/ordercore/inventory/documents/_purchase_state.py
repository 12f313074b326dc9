"""
What can have happened to an inbound purchase, and the fold of it.

"""

from collections.abc import Callable
from typing import Any, Final

import attrs

from ordercore.grammar import Event
from ordercore.ids import LineId, PlaceId, PurchaseId, Sku
from ordercore.instants import Instant
from ordercore.inventory._document_shape import ExpectedUnits
from ordercore.inventory._preorders import AllocatedPreorder, MovedPreorder
from ordercore.inventory.documents._purchase_commands import RejectedTo

__all__ = [
    "ExpectationChanged",
    "Purchase",
    "PurchaseCanceled",
    "PurchaseClosed",
    "PurchaseEvent",
    "PurchaseLine",
    "PurchaseOpened",
    "PurchaseReceived",
    "PurchasedUnits",
    "ReceivedUnits",
    "UncoveredSupply",
    "UnreceivedUnits",
    "evolve_purchase",
]


@attrs.frozen(kw_only=True)
class PurchasedUnits:
    """
    Units of one line and when they are expected.

    """

    line_id: LineId
    sku: Sku
    expected: tuple[ExpectedUnits, ...]


@attrs.frozen(kw_only=True)
class ReceivedUnits:
    """
    Units of one line that came.

    Attributes:
        line_id: Which line.
        sku: What.
        received: All that came.
        rejected: Of those, not taken for good.
        rejected_to: What became of the rejected ones.
        lot: Of which lot they are, or empty.
        expected: What of them had been expected, and when; the rest came beyond it.
        healed: How many had left the place before their arrival was recorded.
    """

    line_id: LineId
    sku: Sku
    received: int
    rejected: int
    rejected_to: RejectedTo
    lot: str
    expected: tuple[ExpectedUnits, ...]
    healed: int

    @property
    def stocked(self) -> int:
        """
        What was put into stock.

        """
        return self.received - self.rejected


@attrs.frozen(kw_only=True)
class UnreceivedUnits:
    """
    Units of one line that will not come.

    """

    line_id: LineId
    sku: Sku
    quantity: int


@attrs.frozen(kw_only=True)
class UncoveredSupply:
    """
    Promises against the supply of a day that it no longer covers; they stand.

    Attributes:
        sku: Of what.
        place: Where.
        expected: The day, and how many units are short.
    """

    sku: Sku
    place: PlaceId
    expected: ExpectedUnits


@attrs.frozen(kw_only=True)
class PurchaseOpened(Event):
    """
    Units were ordered from a supplier.

    """

    purchase_id: PurchaseId
    supplier: str
    place: PlaceId
    lines: tuple[PurchasedUnits, ...]
    tolerance_percent: int
    note: str
    occurred_at: Instant
    status: str


@attrs.frozen(kw_only=True)
class ExpectationChanged(Event):
    """
    Open units of some lines are expected otherwise; ``lines`` take the place of what was open.

    Promises against them have moved along, as far as the new days have room; of those that have
    not, ``uncovered`` tells.
    """

    lines: tuple[PurchasedUnits, ...]
    uncovered: tuple[UncoveredSupply, ...]
    note: str
    status: str
    moved: tuple[MovedPreorder, ...] = ()


@attrs.frozen(kw_only=True)
class PurchaseReceived(Event):
    """
    Units have come; ``allocated`` are those of them that were preordered.

    """

    lines: tuple[ReceivedUnits, ...]
    allocated: tuple[AllocatedPreorder, ...]
    note: str
    occurred_at: Instant
    status: str


@attrs.frozen(kw_only=True)
class PurchaseClosed(Event):
    """
    What has not come is expected no longer.

    """

    unreceived: tuple[UnreceivedUnits, ...]
    uncovered: tuple[UncoveredSupply, ...]
    reason: str
    status: str


@attrs.frozen(kw_only=True)
class PurchaseCanceled(Event):
    """
    Nothing came and nothing will.

    """

    uncovered: tuple[UncoveredSupply, ...]
    reason: str
    status: str


PurchaseEvent = (
    PurchaseOpened | ExpectationChanged | PurchaseReceived | PurchaseClosed | PurchaseCanceled
)


@attrs.frozen(kw_only=True)
class PurchaseLine:
    """
    One line of a purchase.

    Attributes:
        line_id: Its name inside the purchase.
        sku: What.
        ordered: How many are wanted in all, by the last word on it.
        received: How many have come.
        rejected: Of those, how many were not taken for good.
        expected: What is open, by day, the earliest first.
    """

    line_id: LineId
    sku: Sku
    ordered: int
    received: int = 0
    rejected: int = 0
    expected: tuple[ExpectedUnits, ...]

    @property
    def open(self) -> int:
        """
        What is still expected.

        """
        return sum(each.quantity for each in self.expected)

    @property
    def stocked(self) -> int:
        """
        What was put into stock.

        """
        return self.received - self.rejected


@attrs.frozen(kw_only=True)
class Purchase:
    """
    An inbound purchase as its events tell it.

    Attributes:
        id: Its number.
        supplier: Who delivers.
        place: Where to.
        status: Where it is in its lifecycle.
        tolerance_percent: By how much of what is ordered a line may be over-received.
        lines: In the order in which they were given.
    """

    id: PurchaseId
    supplier: str
    place: PlaceId
    status: str
    tolerance_percent: int
    lines: tuple[PurchaseLine, ...]

    def line(self, line_id: str) -> PurchaseLine | None:
        """
        Return a line by id.

        """
        return next((line for line in self.lines if line.line_id == line_id), None)


def _opened(event: PurchaseOpened) -> Purchase:
    return Purchase(
        id=event.purchase_id,
        supplier=event.supplier,
        place=event.place,
        status=event.status,
        tolerance_percent=event.tolerance_percent,
        lines=tuple(
            PurchaseLine(
                line_id=line.line_id,
                sku=line.sku,
                ordered=sum(each.quantity for each in line.expected),
                expected=line.expected,
            )
            for line in event.lines
        ),
    )


def _changed(state: Purchase, event: ExpectationChanged) -> Purchase:
    anew = {line.line_id: line.expected for line in event.lines}

    def changed(line: PurchaseLine) -> PurchaseLine:
        if line.line_id not in anew:
            return line
        expected = anew[line.line_id]
        ordered = line.ordered - line.open + sum(each.quantity for each in expected)
        return attrs.evolve(line, ordered=ordered, expected=expected)

    return attrs.evolve(state, status=event.status, lines=tuple(map(changed, state.lines)))


def _received(state: Purchase, event: PurchaseReceived) -> Purchase:
    lines = {line.line_id: line for line in state.lines}
    for units in event.lines:
        line = lines[units.line_id]
        lines[units.line_id] = attrs.evolve(
            line,
            received=line.received + units.received,
            rejected=line.rejected + units.rejected,
            expected=less(line.expected, units.expected),
        )
    return attrs.evolve(state, status=event.status, lines=tuple(lines.values()))


def _ended(state: Purchase, event: PurchaseClosed | PurchaseCanceled) -> Purchase:
    return attrs.evolve(
        state,
        status=event.status,
        lines=tuple(
            attrs.evolve(line, ordered=line.ordered - line.open, expected=())
            for line in state.lines
        ),
    )


def less(
    expected: tuple[ExpectedUnits, ...], taken: tuple[ExpectedUnits, ...]
) -> tuple[ExpectedUnits, ...]:
    """
    Return what is expected once some of it has come.

    """
    gone = {each.day: each.quantity for each in taken}
    left = (ExpectedUnits(e.day, e.quantity - gone.get(e.day, 0)) for e in expected)
    return tuple(each for each in left if each.quantity > 0)


_FOLDS: Final[dict[type, Callable[[Any, Any], Purchase]]] = {
    ExpectationChanged: _changed,
    PurchaseReceived: _received,
    PurchaseClosed: _ended,
    PurchaseCanceled: _ended,
}


def evolve_purchase(state: Purchase | None, event: PurchaseEvent) -> Purchase:
    """
    Fold one event into a purchase; the first makes it.

    """
    if isinstance(event, PurchaseOpened):
        return _opened(event)
    return _FOLDS[type(event)](state, event)
