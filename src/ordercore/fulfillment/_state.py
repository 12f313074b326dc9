"""
The fold of fulfillment: where every unit of an order is.

A unit that a fulfillment order has been given is in exactly one of: waiting, picked, packed,
shipped, missing, canceled. ``packed`` counts units in boxes that have not left.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs

from ordercore.catalog import LotQuantity, joined_units, units_left
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
    UnitsMissing,
    UnitsPicked,
    WorkReduced,
)
from ordercore.fulfillment._work import FulfillmentLine, FulfillmentOrder, Package
from ordercore.grammar import derived, replaced

__all__ = [
    "EMPTY",
    "Fulfillment",
    "evolve",
]


@attrs.frozen(kw_only=True, slots=False)
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
        for fo in self.orders:
            if fo.id == fulfillment_order_id:
                return fo
        return None

    def package(self, package_id: str) -> Package | None:
        """
        Return a package by id.

        """
        for p in self.packages:
            if p.id == package_id:
                return p
        return None

    def shipped(self, line_id: str) -> int:
        """
        Count the units of a line that have left, from all places.

        """
        return self._shipped.get(line_id, 0)

    @derived
    def _shipped(self) -> Mapping[str, int]:
        shipped: dict[str, int] = {}
        for order in self.orders:
            for line in order.lines:
                shipped[line.line_id] = shipped.get(line.line_id, 0) + line.shipped
        return shipped

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

    def dispatched(self, line_id: str) -> tuple[LotQuantity, ...]:
        """
        Say which units of a line have left, in the order of the boxes; by lot.

        Units that are not told apart stand among them as the lot "", where any are; so the answer
        sums to what has left, or is empty where nothing has been told apart.
        """
        return joined_units(
            *(
                moved.named
                for package in self.packages
                if package.status in _LEFT
                for moved in package.lines
                if moved.line_id == line_id
            )
        )


#: Where boxes are that have left.
_LEFT: Final = frozenset({"shipped", "delivered"})

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
    return replaced(state, orders=(*state.orders, order))


def _move(
    state: Fulfillment,
    fulfillment_order_id: str,
    lines: Iterable[LineUnitsMoved],
    change: Callable[[FulfillmentLine, LineUnitsMoved], FulfillmentLine],
    status: str | None = None,
) -> Fulfillment:
    moved = {line.line_id: line for line in lines}

    def moved_order(order: FulfillmentOrder) -> FulfillmentOrder:
        after = [
            change(line, moved[line.line_id]) if line.line_id in moved else line
            for line in order.lines
        ]
        return replaced(order, status=status or order.status, lines=tuple(after))

    orders = [moved_order(fo) if fo.id == fulfillment_order_id else fo for fo in state.orders]
    return replaced(state, orders=tuple(orders))


def _onto_trolley(line: FulfillmentLine, moved: LineUnitsMoved) -> FulfillmentLine:
    told_apart = line.picked_lots or moved.lots
    return replaced(
        line,
        picked=line.picked + moved.quantity,
        picked_lots=joined_units(line.named, moved.named) if told_apart else (),
    )


def _off_trolley(line: FulfillmentLine, moved: LineUnitsMoved) -> FulfillmentLine:
    told_apart = line.picked_lots or moved.lots
    return replaced(
        line,
        picked=line.picked - moved.quantity,
        picked_lots=units_left(line.named, moved.named) if told_apart else (),
    )


def _picked(state: Fulfillment, event: UnitsPicked) -> Fulfillment:
    return _move(
        state,
        event.fulfillment_order_id,
        event.lines,
        lambda line, m: replaced(_onto_trolley(line, m), hold=m.hold),
        event.status,
    )


def _missing(state: Fulfillment, event: UnitsMissing) -> Fulfillment:
    return _move(
        state,
        event.fulfillment_order_id,
        event.lines,
        lambda line, m: replaced(line, missing=line.missing + m.quantity, hold=m.hold),
        event.status,
    )


def _canceled(state: Fulfillment, event: FulfillmentUnitsCanceled) -> Fulfillment:
    state = _move(
        state,
        event.fulfillment_order_id,
        event.waiting,
        lambda line, m: replaced(line, canceled=line.canceled + m.quantity, hold=m.hold),
    )
    return _move(
        state,
        event.fulfillment_order_id,
        event.picked,
        lambda line, m: replaced(_off_trolley(line, m), canceled=line.canceled + m.quantity),
    )


def _work_reduced(state: Fulfillment, event: WorkReduced) -> Fulfillment:
    reduced = event.fulfillment_order_id
    orders = (replaced(fo, work=event.work) if fo.id == reduced else fo for fo in state.orders)
    return replaced(state, orders=tuple(orders))


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
    state = replaced(state, packages=(*state.packages, package))
    return _move(
        state,
        event.fulfillment_order_id,
        event.lines,
        lambda line, m: replaced(_off_trolley(line, m), packed=line.packed + m.quantity),
    )


def _with_package(state: Fulfillment, package_id: str, **changes: Any) -> Fulfillment:
    packages = state.packages
    at = _position(state, package_id)
    changed = replaced(packages[at], **changes)
    return replaced(state, packages=(*packages[:at], changed, *packages[at + 1 :]))


def _unpacked(state: Fulfillment, event: PackageUnpacked) -> Fulfillment:
    package = _known(state, event.package_id)
    state = _with_package(state, event.package_id, status=event.status)
    return _move(
        state,
        package.fulfillment_order_id,
        package.lines,
        lambda line, m: replaced(_onto_trolley(line, m), packed=line.packed - m.quantity),
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
        lambda line, m: replaced(
            line, packed=line.packed - m.quantity, shipped=line.shipped + m.quantity
        ),
    )


def _delivered(state: Fulfillment, event: PackageDelivered) -> Fulfillment:
    return _with_package(state, event.package_id, status=event.status)


def _known(state: Fulfillment, package_id: str) -> Package:
    return state.packages[_position(state, package_id)]


def _position(state: Fulfillment, package_id: str) -> int:
    # From the end: what happens to a package happens soon after it was packed.
    last = len(state.packages) - 1
    return next(n for n in range(last, -1, -1) if state.packages[n].id == package_id)


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
