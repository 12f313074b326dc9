"""
Everything that can be asked of a stock transfer between places.

"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import cast

import attrs

from ordercore.grammar import Command
from ordercore.ids import LineId, PlaceId, Sku, StockTransferId
from ordercore.instants import Instant
from ordercore.inventory._document_shape import DocumentFaults, LineUnits, line_units

__all__ = [
    "CancelTransfer",
    "CloseTransfer",
    "OpenTransfer",
    "ReceiveTransfer",
    "RestOfTransfer",
    "SendTransfer",
    "TransferLineRequest",
]


class RestOfTransfer(StrEnum):
    """
    What became of units that were sent and did not arrive.

    """

    LOST = "lost"  #: nobody knows; written off
    RETURNED = "returned"  #: they are back on the shelf that they had left


@attrs.frozen(kw_only=True)
class TransferLineRequest:
    """
    One line of a transfer that is being opened.

    Attributes:
        line_id: Its name inside the transfer.
        sku: What.
        quantity: How many.
        lot: Which lot of it, where lots are told apart.
    """

    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    lot: str = ""


TransferLines = Mapping[Sku, int] | Mapping[str, int] | Iterable[TransferLineRequest]


def _transfer_lines(given: TransferLines) -> tuple[TransferLineRequest, ...]:
    if isinstance(given, Mapping):
        by_sku = cast("Mapping[str, int]", given)
        return tuple(
            TransferLineRequest(line_id=LineId(f"line-{n}"), sku=Sku(sku), quantity=quantity)
            for n, (sku, quantity) in enumerate(by_sku.items(), 1)
        )
    return tuple(given)


@attrs.frozen(kw_only=True)
class OpenTransfer(Command):
    """
    Ask for stock to be moved to another place; nothing moves and nothing is held by that.

    Attributes:
        transfer_id: The host's number for it.
        source: From where.
        target: To where.
        lines: What; a mapping of SKU to quantity will do, and makes lines ``line-1`` onward.
        expected_on: The day from which units under way can be promised at the target.
        note: For people.
    """

    transfer_id: StockTransferId = attrs.field(converter=StockTransferId)
    source: PlaceId = attrs.field(converter=PlaceId)
    target: PlaceId = attrs.field(converter=PlaceId)
    lines: tuple[TransferLineRequest, ...] = attrs.field(converter=_transfer_lines)
    expected_on: date
    note: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("transfer_id", self.transfer_id)
        faults.id("source", self.source)
        faults.id("target", self.target)
        if self.source == self.target:
            faults.note("target", f"{self.target} is the source too")
        faults.count(len(self.lines), "lines")
        for n, line in enumerate(self.lines):
            faults.id(f"lines[{n}].line_id", line.line_id)
            faults.sku(f"lines[{n}].sku", line.sku)
            faults.quantity(f"lines[{n}].quantity", line.quantity)
            faults.lot(f"lines[{n}].lot", line.lot)
        faults.once((f"lines[{n}].line_id", line.line_id) for n, line in enumerate(self.lines))
        faults.text("note", self.note)
        faults.check()


@attrs.frozen(kw_only=True)
class SendTransfer(Command):
    """
    Units have left the source; all at once, or in parts.

    Attributes:
        transfer_id: Which transfer.
        lines: What has left; a mapping of line to quantity will do.
        occurred_at: When, if not now.
    """

    transfer_id: StockTransferId = attrs.field(converter=StockTransferId)
    lines: tuple[LineUnits, ...] = attrs.field(converter=line_units)
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("transfer_id", self.transfer_id)
        faults.units(self.lines)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class ReceiveTransfer(Command):
    """
    Units have arrived at the target, be it more than are on record as sent.

    Attributes:
        transfer_id: Which transfer.
        lines: What has arrived; a mapping of line to quantity will do.
        occurred_at: When, if not now.
    """

    transfer_id: StockTransferId = attrs.field(converter=StockTransferId)
    lines: tuple[LineUnits, ...] = attrs.field(converter=line_units)
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("transfer_id", self.transfer_id)
        faults.units(self.lines)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class CloseTransfer(Command):
    """
    End a transfer of which something was sent: no more is sent, and no more will arrive.

    Attributes:
        transfer_id: Which transfer.
        rest: What became of units that are still under way.
        reason: For people.
        occurred_at: When, if not now.
    """

    transfer_id: StockTransferId = attrs.field(converter=StockTransferId)
    rest: RestOfTransfer
    reason: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("transfer_id", self.transfer_id)
        faults.text("reason", self.reason)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class CancelTransfer(Command):
    """
    Call a transfer off of which nothing was sent.

    """

    transfer_id: StockTransferId = attrs.field(converter=StockTransferId)
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("transfer_id", self.transfer_id)
        faults.text("reason", self.reason)
        faults.check()
