"""
What a place has to do for an order: its lines and its boxes.

"""

from datetime import date

import attrs

from ordercore.catalog import LotQuantity, named_units
from ordercore.fulfillment._events import LineUnitsMoved, PromisedWork
from ordercore.ids import FulfillmentOrderId, LineId, PackageId, PlaceId, Sku

__all__ = ["FulfillmentLine", "FulfillmentOrder", "Package"]


@attrs.frozen(kw_only=True, slots=False)
class FulfillmentLine:
    """
    Units of one line of the order at one place.

    Attributes:
        line_id: Which line.
        sku: What.
        quantity: How many the place was given.
        picked: Taken from the shelf and not in a box.
        packed: In boxes that have not left.
        shipped: Left.
        missing: Not found.
        canceled: No longer wanted.
        hold: The ledger's promise of the units that wait; "" as in ``AllocatedUnits``.
        ships_by: By which day they leave, if they were preordered.
        picked_lots: Which units are picked and in no box, in the order in which their lots were
            first picked; empty where they are not told apart.
    """

    line_id: LineId
    sku: Sku
    quantity: int
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    missing: int = 0
    canceled: int = 0
    hold: str = ""
    ships_by: date | None = None
    picked_lots: tuple[LotQuantity, ...] = ()

    @property
    def waiting(self) -> int:
        """
        Promised and not picked.

        """
        return (
            self.quantity - self.picked - self.packed - self.shipped - self.missing - self.canceled
        )

    @property
    def named(self) -> tuple[LotQuantity, ...]:
        """
        The units that are picked and in no box, by lot.

        """
        return named_units(self.picked_lots, self.picked)

    @property
    def unhandled(self) -> int:
        """
        What somebody still has to do something with.

        """
        return self.waiting + self.picked + self.packed


@attrs.frozen(kw_only=True, slots=False)
class FulfillmentOrder:
    """
    The work for one place.

    Attributes:
        id: Names it.
        place: Which place.
        lines: Its units.
        status: Where it is in its lifecycle.
        work: The day that was promised for it; None where the place's days are not limited.
    """

    id: FulfillmentOrderId
    place: PlaceId
    lines: tuple[FulfillmentLine, ...]
    status: str
    work: PromisedWork | None = None

    @property
    def work_on(self) -> date | None:
        """
        The date at the place on which it is to be done, or None where that is not planned.

        """
        return None if self.work is None else self.work.day

    @property
    def units(self) -> int:
        """
        Count its units, those that are missing or canceled left out.

        """
        return sum(line.quantity - line.missing - line.canceled for line in self.lines)

    def line(self, line_id: str) -> FulfillmentLine | None:
        """
        Return the units of a line, or None where the place was given none.

        """
        for line in self.lines:
            if line.line_id == line_id:
                return line
        return None


@attrs.frozen(kw_only=True, slots=False)
class Package:
    """
    A box.

    """

    id: PackageId
    fulfillment_order_id: FulfillmentOrderId
    place: PlaceId
    lines: tuple[LineUnitsMoved, ...]
    weight_g: int
    label_wanted: bool
    status: str
    carrier: str = ""
    tracking: str = ""
    label_declined: str = ""
    label_bought: bool = False
