"""
Everything that can be asked of an inbound purchase.

"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

import attrs

from ordercore.grammar import Command
from ordercore.ids import LineId, PlaceId, PurchaseId, Sku
from ordercore.instants import Instant
from ordercore.inventory._document_shape import DocumentFaults, ExpectedUnits, together

__all__ = [
    "CancelPurchase",
    "ChangeExpectation",
    "ClosePurchase",
    "LineExpectation",
    "OpenPurchase",
    "PurchaseLineRequest",
    "ReceivePurchase",
    "ReceivedLine",
    "RejectedTo",
]

_PERCENT_MAX: Final = 1_000


class RejectedTo(StrEnum):
    """
    What becomes of units that are rejected at the dock.

    """

    QUALITY = "quality"  #: kept, to be looked at
    DAMAGED = "damaged"  #: kept, not for sale
    SUPPLIER = "supplier"  #: straight back; they never lay here


@attrs.frozen(kw_only=True)
class PurchaseLineRequest:
    """
    One line of a purchase that is being opened.

    Attributes:
        line_id: Its name inside the purchase.
        sku: What.
        quantity: How many.
        expected_on: The day on which they should come.
    """

    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    expected_on: date


@attrs.frozen(kw_only=True)
class LineExpectation:
    """
    When the open units of one line are expected now, and how many they are.

    """

    line_id: LineId = attrs.field(converter=LineId)
    expected: tuple[ExpectedUnits, ...]


@attrs.frozen(kw_only=True)
class ReceivedLine:
    """
    What has come of one line.

    Attributes:
        line_id: Which line.
        received: All units that came.
        rejected: Of those, the units that are not taken for good.
        rejected_to: What becomes of the rejected ones.
        lot: To which lot the units belong, where lots are told apart.
    """

    line_id: LineId = attrs.field(converter=LineId)
    received: int
    rejected: int = 0
    rejected_to: RejectedTo = RejectedTo.QUALITY
    lot: str = ""


@attrs.frozen(kw_only=True)
class OpenPurchase(Command):
    """
    Expect units from a supplier; they can be promised by their day, and are not for sale now.

    Attributes:
        purchase_id: The host's number for it.
        supplier: The host's reference to whoever delivers.
        place: Where the units will come.
        lines: What and when.
        tolerance_percent: By how much of what is ordered a line may be over-received.
        note: For people.
        occurred_at: When it was ordered, if not now.
    """

    purchase_id: PurchaseId = attrs.field(converter=PurchaseId)
    supplier: str
    place: PlaceId = attrs.field(converter=PlaceId)
    lines: tuple[PurchaseLineRequest, ...]
    tolerance_percent: int = 0
    note: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("purchase_id", self.purchase_id)
        faults.id("supplier", self.supplier)
        faults.id("place", self.place)
        faults.count(len(self.lines), "lines")
        for n, line in enumerate(self.lines):
            faults.id(f"lines[{n}].line_id", line.line_id)
            faults.sku(f"lines[{n}].sku", line.sku)
            faults.quantity(f"lines[{n}].quantity", line.quantity)
        faults.once((f"lines[{n}].line_id", line.line_id) for n, line in enumerate(self.lines))
        if not 0 <= self.tolerance_percent <= _PERCENT_MAX:
            legal = f"legal are 0 to {_PERCENT_MAX}"
            faults.note("tolerance_percent", f"{self.tolerance_percent} percent: {legal}")
        faults.text("note", self.note)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class ChangeExpectation(Command):
    """
    Say anew when, and how many of, the open units of some lines are expected.

    Attributes:
        purchase_id: Which purchase.
        lines: The lines that change; what each says takes the place of all that was open.
        note: Why.
    """

    purchase_id: PurchaseId = attrs.field(converter=PurchaseId)
    lines: tuple[LineExpectation, ...]
    note: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("purchase_id", self.purchase_id)
        faults.count(len(self.lines), "lines")
        for n, line in enumerate(self.lines):
            for m, each in enumerate(line.expected):
                faults.quantity(f"lines[{n}].expected[{m}].quantity", each.quantity)
            faults.once(_days(n, line.expected))
        faults.once((f"lines[{n}].line_id", line.line_id) for n, line in enumerate(self.lines))
        faults.text("note", self.note)
        faults.check()


def _days(line: int, expected: Iterable[ExpectedUnits]) -> Iterable[tuple[str, date]]:
    return ((f"lines[{line}].expected[{m}].day", each.day) for m, each in enumerate(expected))


@attrs.frozen(kw_only=True)
class ReceivePurchase(Command):
    """
    Units of a purchase have come; as often as a delivery comes.

    Attributes:
        purchase_id: Which purchase.
        lines: What has come. A line may stand there once a lot.
        note: The delivery note, or what was wrong with it.
        occurred_at: When, if not now.
    """

    purchase_id: PurchaseId = attrs.field(converter=PurchaseId)
    lines: tuple[ReceivedLine, ...]
    note: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("purchase_id", self.purchase_id)
        faults.count(len(self.lines), "lines")
        for n, line in enumerate(self.lines):
            faults.quantity(f"lines[{n}].received", line.received)
            faults.quantity(f"lines[{n}].rejected", line.rejected, 0)
            if line.rejected > line.received:
                fault = f"{line.rejected} of {line.received} units can't be rejected"
                faults.note(f"lines[{n}].rejected", fault)
            faults.lot(f"lines[{n}].lot", line.lot)
        faults.once(
            (f"lines[{n}].line_id", together(line.line_id, line.lot))
            for n, line in enumerate(self.lines)
        )
        faults.text("note", self.note)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class ClosePurchase(Command):
    """
    Expect nothing more of a purchase of which something has come.

    """

    purchase_id: PurchaseId = attrs.field(converter=PurchaseId)
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("purchase_id", self.purchase_id)
        faults.text("reason", self.reason)
        faults.check()


@attrs.frozen(kw_only=True)
class CancelPurchase(Command):
    """
    Call a purchase off of which nothing has come.

    """

    purchase_id: PurchaseId = attrs.field(converter=PurchaseId)
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("purchase_id", self.purchase_id)
        faults.text("reason", self.reason)
        faults.check()
