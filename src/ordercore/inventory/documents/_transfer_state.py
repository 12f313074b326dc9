"""
What can have happened to a stock transfer, and the fold of it.

"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import attrs

from ordercore.grammar import Event
from ordercore.ids import LineId, PlaceId, Sku, StockTransferId
from ordercore.instants import Instant
from ordercore.inventory._preorders import AllocatedPreorder
from ordercore.inventory._recorded_stock import Uncovered
from ordercore.inventory.documents._transfer_commands import RestOfTransfer

__all__ = [
    "ArrivedUnits",
    "RestUnits",
    "SentUnits",
    "StockTransfer",
    "TransferCanceled",
    "TransferClosed",
    "TransferEvent",
    "TransferLine",
    "TransferOpened",
    "TransferReceived",
    "TransferSent",
    "TransferUnits",
    "evolve_transfer",
]


@attrs.frozen(kw_only=True)
class TransferUnits:
    """
    Units of one line that are to be moved.

    """

    line_id: LineId
    sku: Sku
    lot: str
    quantity: int


@attrs.frozen(kw_only=True)
class SentUnits:
    """
    Units of one line that left.

    Attributes:
        line_id: Which line.
        sku: What.
        quantity: How many.
        arrived_before: How many of them had arrived before anybody recorded that they were sent.
    """

    line_id: LineId
    sku: Sku
    quantity: int
    arrived_before: int


@attrs.frozen(kw_only=True)
class ArrivedUnits:
    """
    Units of one line that arrived.

    Attributes:
        line_id: Which line.
        sku: What.
        quantity: How many.
        beyond: How many of them nobody had recorded as sent; the source's discrepancy.
        healed: How many had left the target before their arrival was recorded.
    """

    line_id: LineId
    sku: Sku
    quantity: int
    beyond: int
    healed: int


@attrs.frozen(kw_only=True)
class RestUnits:
    """
    Units of one line that were under way when the transfer ended.

    """

    line_id: LineId
    sku: Sku
    quantity: int


@attrs.frozen(kw_only=True)
class TransferOpened(Event):
    """
    Stock is to be moved to another place.

    """

    transfer_id: StockTransferId
    source: PlaceId
    target: PlaceId
    lines: tuple[TransferUnits, ...]
    expected_on: date
    note: str
    status: str


@attrs.frozen(kw_only=True)
class TransferSent(Event):
    """
    Units have left the source.

    ``uncovered`` are promises there that what is left does not cover, where units had left before
    anybody recorded it; they stand.
    """

    lines: tuple[SentUnits, ...]
    uncovered: tuple[Uncovered, ...]
    occurred_at: Instant
    status: str


@attrs.frozen(kw_only=True)
class TransferReceived(Event):
    """
    Units have arrived at the target; ``allocated`` are those of them that were preordered.

    """

    lines: tuple[ArrivedUnits, ...]
    allocated: tuple[AllocatedPreorder, ...]
    occurred_at: Instant
    status: str


@attrs.frozen(kw_only=True)
class TransferClosed(Event):
    """
    No more is sent and no more arrives; what was under way is lost, or back at the source.

    """

    rest: RestOfTransfer
    lines: tuple[RestUnits, ...]
    reason: str
    occurred_at: Instant
    status: str


@attrs.frozen(kw_only=True)
class TransferCanceled(Event):
    """
    Nothing was sent and nothing will be.

    """

    reason: str
    status: str


TransferEvent = TransferOpened | TransferSent | TransferReceived | TransferClosed | TransferCanceled


@attrs.frozen(kw_only=True)
class TransferLine:
    """
    One line of a transfer.

    Attributes:
        line_id: Its name inside the transfer.
        sku: What.
        lot: Which lot of it, or empty.
        quantity: How many are to be moved.
        sent: How many have left, as recorded.
        received: How many have arrived.
        in_transit: How many are under way.
        unexplained: How many have arrived that nobody recorded as sent.
    """

    line_id: LineId
    sku: Sku
    lot: str
    quantity: int
    sent: int = 0
    received: int = 0
    in_transit: int = 0
    unexplained: int = 0

    @property
    def unsent(self) -> int:
        """
        What may still be sent.

        """
        return self.quantity - self.sent


@attrs.frozen(kw_only=True)
class StockTransfer:
    """
    A stock transfer as its events tell it.

    Attributes:
        id: Its number.
        source: From where.
        target: To where.
        expected_on: The day from which units under way can be promised at the target.
        status: Where it is in its lifecycle.
        lines: In the order in which they were given.
    """

    id: StockTransferId
    source: PlaceId
    target: PlaceId
    expected_on: date
    status: str
    lines: tuple[TransferLine, ...]

    def line(self, line_id: str) -> TransferLine | None:
        """
        Return a line by id.

        """
        return next((line for line in self.lines if line.line_id == line_id), None)


def _opened(event: TransferOpened) -> StockTransfer:
    return StockTransfer(
        id=event.transfer_id,
        source=event.source,
        target=event.target,
        expected_on=event.expected_on,
        status=event.status,
        lines=tuple(
            TransferLine(line_id=x.line_id, sku=x.sku, lot=x.lot, quantity=x.quantity)
            for x in event.lines
        ),
    )


def send(line: TransferLine, units: SentUnits) -> TransferLine:
    """
    Return a line of which units have left.

    """
    return attrs.evolve(
        line,
        sent=line.sent + units.quantity,
        in_transit=line.in_transit + units.quantity - units.arrived_before,
        unexplained=line.unexplained - units.arrived_before,
    )


def arrive(line: TransferLine, units: ArrivedUnits) -> TransferLine:
    """
    Return a line of which units have arrived.

    """
    return attrs.evolve(
        line,
        received=line.received + units.quantity,
        in_transit=line.in_transit - units.quantity + units.beyond,
        unexplained=line.unexplained + units.beyond,
    )


def _sent(state: StockTransfer, event: TransferSent) -> StockTransfer:
    units = {each.line_id: each for each in event.lines}
    lines = (send(x, units[x.line_id]) if x.line_id in units else x for x in state.lines)
    return attrs.evolve(state, status=event.status, lines=tuple(lines))


def _arrived(state: StockTransfer, event: TransferReceived) -> StockTransfer:
    units = {each.line_id: each for each in event.lines}
    lines = (arrive(x, units[x.line_id]) if x.line_id in units else x for x in state.lines)
    return attrs.evolve(state, status=event.status, lines=tuple(lines))


def _closed(state: StockTransfer, event: TransferClosed) -> StockTransfer:
    lines = tuple(attrs.evolve(line, in_transit=0) for line in state.lines)
    return attrs.evolve(state, status=event.status, lines=lines)


def _canceled(state: StockTransfer, event: TransferCanceled) -> StockTransfer:
    return attrs.evolve(state, status=event.status)


_FOLDS: Final[dict[type, Callable[[Any, Any], StockTransfer]]] = {
    TransferSent: _sent,
    TransferReceived: _arrived,
    TransferClosed: _closed,
    TransferCanceled: _canceled,
}


def evolve_transfer(state: StockTransfer | None, event: TransferEvent) -> StockTransfer:
    """
    Fold one event into a stock transfer; the first makes it.

    """
    if isinstance(event, TransferOpened):
        return _opened(event)
    return _FOLDS[type(event)](state, event)
