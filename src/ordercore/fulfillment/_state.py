"""
The fold of fulfillment: where every unit of an order is.

A unit that a fulfillment order has been given is in exactly one of: waiting, picked, packed,
shipped, missing, canceled. ``packed`` counts units in boxes that have not left.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final

import attrs

from ordercore.fulfillment._events import (
    FulfillmentEvent,
    FulfillmentOrderEnded,
    FulfillmentOrderOpened,
    FulfillmentUnitsCanceled,
    LabelDeclined,
    LabelPurchased,
    LineUnitsMoved,
    PackageDelivered,
    PackagePacked,
    PackageShipped,
    PackageUnpacked,
    PromisedWork,
    UnitsMissing,
    UnitsPicked,
    WorkReduced,
)
from ordercore.ids import FulfillmentOrderId, LineId, PackageId, PlaceId, Sku

__all__ = [
    "EMPTY",
    "Fulfillment",
    "FulfillmentLine",
    "FulfillmentOrder",
    "Package",
    "evolve",
]


@attrs.frozen(kw_only=True)
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

    @property
    def waiting(self) -> int:
        """
        Promised and not picked.

        """
        return (
            self.quantity - self.picked - self.packed - self.shipped - self.missing - self.canceled
        )

    @property
    def unhandled(self) -> int:
        """
        What somebody still has to do something with.

        """
        return self.waiting + self.picked + self.packed


@attrs.frozen(kw_only=True)
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
        return next((line for line in self.lines if line.line_id == line_id), None)


@attrs.frozen(kw_only=True)
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


@attrs.frozen(kw_only=True)
class Fulfillment:
    """
    All fulfillment of one order.

    """

    orders: tuple[FulfillmentOrder, ...] = ()
    packages: tuple[Package, ...] = ()

    def order(self, fulfillment_order_id: str) -> FulfillmentOrder | None:
        """
        Return a fulfillment order by id.

        """
        return next((fo for fo in self.orders if fo.id == fulfillment_order_id), None)

    def package(self, package_id: str) -> Package | None:
        """
        Return a package by id.

        """
        return next((p for p in self.packages if p.id == package_id), None)

    def shipped(self, line_id: str) -> int:
        """
        Count the units of a line that have left, from all places.

        """
        return sum(line.shipped for line in self._lines(line_id))

    def delivered(self, line_id: str) -> int:
        """
        Count the units of a line that have arrived.

        """
        return sum(
            moved.quantity
            for package in self.packages
            if package.status == "delivered"
            for moved in package.lines
            if moved.line_id == line_id
        )

    def _lines(self, line_id: str) -> Iterable[FulfillmentLine]:
        return (ln for fo in self.orders for ln in fo.lines if ln.line_id == line_id)


EMPTY: Final = Fulfillment()


def evolve(state: Fulfillment, event: FulfillmentEvent) -> Fulfillment:
    """
    Fold one event into the fulfillment of an order.

    """
    return _FOLDS[type(event)](state, event)


def _opened(state: Fulfillment, event: FulfillmentOrderOpened) -> Fulfillment:
    lines = tuple(
        FulfillmentLine(
            line_id=u.line_id, sku=u.sku, quantity=u.quantity, hold=u.hold, ships_by=u.ships_by
        )
        for u in event.lines
    )
    order = FulfillmentOrder(
        id=event.fulfillment_order_id,
        place=event.place,
        lines=lines,
        status=event.status,
        work=event.work,
    )
    return attrs.evolve(state, orders=(*state.orders, order))


def _move(
    state: Fulfillment,
    fulfillment_order_id: str,
    lines: Iterable[LineUnitsMoved],
    change: Callable[[FulfillmentLine, LineUnitsMoved], FulfillmentLine],
    status: str | None = None,
) -> Fulfillment:
    moved = {line.line_id: line for line in lines}

    def moved_order(order: FulfillmentOrder) -> FulfillmentOrder:
        after = (
            change(line, moved[line.line_id]) if line.line_id in moved else line
            for line in order.lines
        )
        return attrs.evolve(order, status=status or order.status, lines=tuple(after))

    return attrs.evolve(
        state,
        orders=tuple(
            moved_order(fo) if fo.id == fulfillment_order_id else fo for fo in state.orders
        ),
    )


def _picked(state: Fulfillment, event: UnitsPicked) -> Fulfillment:
    return _move(
        state,
        event.fulfillment_order_id,
        event.lines,
        lambda line, m: attrs.evolve(line, picked=line.picked + m.quantity, hold=m.hold),
        event.status,
    )


def _missing(state: Fulfillment, event: UnitsMissing) -> Fulfillment:
    return _move(
        state,
        event.fulfillment_order_id,
        event.lines,
        lambda line, m: attrs.evolve(line, missing=line.missing + m.quantity, hold=m.hold),
        event.status,
    )


def _canceled(state: Fulfillment, event: FulfillmentUnitsCanceled) -> Fulfillment:
    state = _move(
        state,
        event.fulfillment_order_id,
        event.waiting,
        lambda line, m: attrs.evolve(line, canceled=line.canceled + m.quantity, hold=m.hold),
    )
    return _move(
        state,
        event.fulfillment_order_id,
        event.picked,
        lambda line, m: attrs.evolve(
            line, picked=line.picked - m.quantity, canceled=line.canceled + m.quantity
        ),
    )


def _work_reduced(state: Fulfillment, event: WorkReduced) -> Fulfillment:
    reduced = event.fulfillment_order_id
    orders = (attrs.evolve(fo, work=event.work) if fo.id == reduced else fo for fo in state.orders)
    return attrs.evolve(state, orders=tuple(orders))


def _ended(state: Fulfillment, event: FulfillmentOrderEnded) -> Fulfillment:
    return _move(state, event.fulfillment_order_id, (), lambda line, _: line, event.status)


def _packed(state: Fulfillment, event: PackagePacked) -> Fulfillment:
    package = Package(
        id=event.package_id,
        fulfillment_order_id=event.fulfillment_order_id,
        place=event.place,
        lines=event.lines,
        weight_g=event.weight_g,
        label_wanted=event.label_wanted,
        status=event.status,
    )
    state = attrs.evolve(state, packages=(*state.packages, package))
    return _move(
        state,
        event.fulfillment_order_id,
        event.lines,
        lambda line, m: attrs.evolve(
            line, picked=line.picked - m.quantity, packed=line.packed + m.quantity
        ),
    )


def _with_package(state: Fulfillment, package_id: str, **changes: Any) -> Fulfillment:
    return attrs.evolve(
        state,
        packages=tuple(
            attrs.evolve(p, **changes) if p.id == package_id else p for p in state.packages
        ),
    )


def _unpacked(state: Fulfillment, event: PackageUnpacked) -> Fulfillment:
    package = _known(state, event.package_id)
    state = _with_package(state, event.package_id, status=event.status)
    return _move(
        state,
        package.fulfillment_order_id,
        package.lines,
        lambda line, m: attrs.evolve(
            line, packed=line.packed - m.quantity, picked=line.picked + m.quantity
        ),
    )


def _labeled(state: Fulfillment, event: LabelPurchased) -> Fulfillment:
    return _with_package(
        state,
        event.package_id,
        status=event.status,
        carrier=event.carrier,
        tracking=event.tracking,
        label_bought=True,
    )


def _label_declined(state: Fulfillment, event: LabelDeclined) -> Fulfillment:
    return _with_package(state, event.package_id, label_declined=event.code)


def _shipped(state: Fulfillment, event: PackageShipped) -> Fulfillment:
    package = _known(state, event.package_id)
    state = _with_package(
        state,
        event.package_id,
        status=event.status,
        carrier=event.carrier,
        tracking=event.tracking,
    )
    return _move(
        state,
        package.fulfillment_order_id,
        package.lines,
        lambda line, m: attrs.evolve(
            line, packed=line.packed - m.quantity, shipped=line.shipped + m.quantity
        ),
    )


def _delivered(state: Fulfillment, event: PackageDelivered) -> Fulfillment:
    return _with_package(state, event.package_id, status=event.status)


def _known(state: Fulfillment, package_id: str) -> Package:
    return next(p for p in state.packages if p.id == package_id)


_FOLDS: Final[dict[type, Callable[[Fulfillment, Any], Fulfillment]]] = {
    FulfillmentOrderOpened: _opened,
    UnitsPicked: _picked,
    UnitsMissing: _missing,
    FulfillmentUnitsCanceled: _canceled,
    WorkReduced: _work_reduced,
    FulfillmentOrderEnded: _ended,
    PackagePacked: _packed,
    PackageUnpacked: _unpacked,
    LabelPurchased: _labeled,
    LabelDeclined: _label_declined,
    PackageShipped: _shipped,
    PackageDelivered: _delivered,
}
