"""
What can happen in fulfillment. Names and fields are the storage format: change them with care.

"""

from datetime import date

import attrs

from ordercore.catalog import LotQuantity, named_units
from ordercore.grammar import Event
from ordercore.ids import FulfillmentOrderId, LineId, PackageId, PlaceId, Sku
from ordercore.instants import Instant
from ordercore.places import CapacityMeasure

__all__ = [
    "AllocatedUnits",
    "FulfillmentEvent",
    "FulfillmentOrderEnded",
    "FulfillmentOrderOpened",
    "FulfillmentUnitsCanceled",
    "LabelDeclined",
    "LabelPurchased",
    "LineUnitsMoved",
    "PackageDelivered",
    "PackagePacked",
    "PackageShipped",
    "PackageUnpacked",
    "PromisedWork",
    "UnitsMissing",
    "UnitsPicked",
    "WorkReduced",
]


@attrs.frozen(kw_only=True)
class AllocatedUnits:
    """
    Units of a line promised at a place.

    Attributes:
        line_id: For which line of the order.
        sku: What.
        place: Where.
        quantity: How many.
        hold: The ledger's pending transfer that promises them; "" for units that are not counted,
            and for preordered ones: receipts give those another hold, under the order's name.
        ships_by: The day by which preordered units are promised to leave; None for all others.
    """

    line_id: LineId
    sku: Sku
    place: PlaceId
    quantity: int
    hold: str
    ships_by: date | None = None


@attrs.frozen(kw_only=True, slots=False)
class LineUnitsMoved:
    """
    Units of one line that something happened to.

    Attributes:
        line_id: Which line of the order.
        sku: What.
        quantity: How many.
        hold: The ledger's promise of the units that are left to pick, or "" where none is.
        lots: Which units, summing to the quantity; empty where they are not told apart.
    """

    line_id: LineId
    sku: Sku
    quantity: int
    hold: str = ""
    lots: tuple[LotQuantity, ...] = ()

    @property
    def named(self) -> tuple[LotQuantity, ...]:
        """
        The units by lot, those spelled out that are not told apart.

        """
        return named_units(self.lots, self.quantity)


@attrs.frozen(kw_only=True)
class PromisedWork:
    """
    Part of a day that a place has promised to a fulfillment order.

    Attributes:
        place: Where.
        day: Which date there.
        measure: What is counted.
        amount: How much.
        per_unit: How much of it a unit is, as it was when it was promised; 0 where orders are
            counted.
        hold: The ledger's promise. It ends with the fulfillment order: carried out, or given back.
    """

    place: PlaceId
    day: date
    measure: CapacityMeasure
    amount: int
    per_unit: int
    hold: str

    def needed(self, units: int) -> int:
        """
        Say how much is needed for a number of units, at most what was promised.

        """
        if not units or not self.per_unit:
            return self.amount if units else 0
        return min(units * self.per_unit, self.amount)


@attrs.frozen(kw_only=True)
class FulfillmentOrderOpened(Event):
    """
    A place has work to do.

    Attributes:
        fulfillment_order_id: Names the work.
        place: Which place.
        lines: The units, each line with its promise of stock.
        status: Where the work is in its lifecycle.
        work: The day on which the place has promised to do it; None where its days are not
            limited.
    """

    fulfillment_order_id: FulfillmentOrderId
    place: PlaceId
    lines: tuple[AllocatedUnits, ...]
    status: str
    work: PromisedWork | None = None


@attrs.frozen(kw_only=True, slots=False)
class UnitsPicked(Event):
    """
    Units were taken from the shelf.

    """

    fulfillment_order_id: FulfillmentOrderId
    lines: tuple[LineUnitsMoved, ...]
    status: str


@attrs.frozen(kw_only=True, slots=False)
class UnitsMissing(Event):
    """
    Promised units were not where they should be; they need another source.

    """

    fulfillment_order_id: FulfillmentOrderId
    lines: tuple[LineUnitsMoved, ...]
    status: str


@attrs.frozen(kw_only=True, slots=False)
class FulfillmentUnitsCanceled(Event):
    """
    Units need not be handled any more; what was picked is back on the shelf.

    Attributes:
        waiting: Units that had not been picked.
        picked: Units that had been picked.
    """

    fulfillment_order_id: FulfillmentOrderId
    waiting: tuple[LineUnitsMoved, ...]
    picked: tuple[LineUnitsMoved, ...]


@attrs.frozen(kw_only=True)
class WorkReduced(Event):
    """
    A place needs less of a day than it had promised: units were canceled or missing.

    Attributes:
        fulfillment_order_id: Which work.
        work: What remains promised.
    """

    fulfillment_order_id: FulfillmentOrderId
    work: PromisedWork


@attrs.frozen(kw_only=True)
class FulfillmentOrderEnded(Event):
    """
    Nothing is left to handle: ``closed`` where something was, ``canceled`` where nothing was.

    """

    fulfillment_order_id: FulfillmentOrderId
    status: str


@attrs.frozen(kw_only=True)
class PackagePacked(Event):
    """
    Picked units are in a box.

    Attributes:
        weight_g: As computed from the catalog, or as weighed.
        label_wanted: Whether a label is to be bought from the carrier.
    """

    package_id: PackageId
    fulfillment_order_id: FulfillmentOrderId
    place: PlaceId
    lines: tuple[LineUnitsMoved, ...]
    weight_g: int
    label_wanted: bool
    status: str


@attrs.frozen(kw_only=True)
class PackageUnpacked(Event):
    """
    A box was opened again before it left; its units wait to be packed.

    """

    package_id: PackageId
    status: str


@attrs.frozen(kw_only=True)
class LabelPurchased(Event):
    """
    The carrier expects the box.

    """

    package_id: PackageId
    carrier: str
    tracking: str
    status: str

    @property
    def references(self) -> tuple[str, ...]:
        """
        The tracking number.

        """
        return (f"{self.carrier}:{self.tracking}",)


@attrs.frozen(kw_only=True)
class LabelDeclined(Event):
    """
    The carrier would not take the box as described.

    """

    package_id: PackageId
    code: str
    reason: str


@attrs.frozen(kw_only=True)
class PackageShipped(Event):
    """
    The carrier has the box.

    """

    package_id: PackageId
    carrier: str
    tracking: str
    occurred_at: Instant
    status: str

    @property
    def references(self) -> tuple[str, ...]:
        """
        The tracking number.

        """
        return (f"{self.carrier}:{self.tracking}",) if self.tracking else ()


@attrs.frozen(kw_only=True)
class PackageDelivered(Event):
    """
    The customer has the box.

    """

    package_id: PackageId
    occurred_at: Instant
    status: str


FulfillmentEvent = (
    FulfillmentOrderOpened
    | UnitsPicked
    | UnitsMissing
    | FulfillmentUnitsCanceled
    | WorkReduced
    | FulfillmentOrderEnded
    | PackagePacked
    | PackageUnpacked
    | LabelPurchased
    | LabelDeclined
    | PackageShipped
    | PackageDelivered
)
