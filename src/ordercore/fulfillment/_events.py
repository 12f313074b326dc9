"""
What can happen in fulfillment. Names and fields are the storage format: change them with care.

"""

import attrs

from ordercore.grammar import Event
from ordercore.ids import FulfillmentOrderId, LineId, PackageId, PlaceId, Sku
from ordercore.instants import Instant

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
    "UnitsMissing",
    "UnitsPicked",
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
        hold: The ledger's pending transfer that promises them.
    """

    line_id: LineId
    sku: Sku
    place: PlaceId
    quantity: int
    hold: str


@attrs.frozen(kw_only=True)
class LineUnitsMoved:
    """
    Units of one line that something happened to.

    Attributes:
        line_id: Which line of the order.
        sku: What.
        quantity: How many.
        hold: The ledger's promise of the units that are left to pick, or "" where none is.
    """

    line_id: LineId
    sku: Sku
    quantity: int
    hold: str = ""


@attrs.frozen(kw_only=True)
class FulfillmentOrderOpened(Event):
    """
    A place has work to do.

    """

    fulfillment_order_id: FulfillmentOrderId
    place: PlaceId
    lines: tuple[AllocatedUnits, ...]
    status: str


@attrs.frozen(kw_only=True)
class UnitsPicked(Event):
    """
    Units were taken from the shelf.

    """

    fulfillment_order_id: FulfillmentOrderId
    lines: tuple[LineUnitsMoved, ...]
    status: str


@attrs.frozen(kw_only=True)
class UnitsMissing(Event):
    """
    Promised units were not where they should be; they need another source.

    """

    fulfillment_order_id: FulfillmentOrderId
    lines: tuple[LineUnitsMoved, ...]
    status: str


@attrs.frozen(kw_only=True)
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
    | FulfillmentOrderEnded
    | PackagePacked
    | PackageUnpacked
    | LabelPurchased
    | LabelDeclined
    | PackageShipped
    | PackageDelivered
)
