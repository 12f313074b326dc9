"""
Units of an order and the shelf that they are taken from, and what its record says.

A pick within the record asks for no fact: the ledger's guard refuses more than is there. Only who
says that units may lie there beyond the record, or that some do not lie there, has the record read.
"""

from collections import Counter
from typing import Any

from ordercore.fulfillment import FulfillmentOrder, LineUnitsMoved
from ordercore.grammar import Facts, Need, replaced
from ordercore.inventory import Shelf, ShelfUnits
from ordercore.orders._draft import Draft
from ordercore.orders._order import Order
from ordercore.orders._preordered import holds_needs
from ordercore.orders._rules import OrderContext
from ordercore.orders._work_commands import FulfillUnits, PickUnits, ReportMissing

__all__ = [
    "missing_needs",
    "move_missing",
    "move_picked",
    "picking_needs",
    "shelf_of",
]


def picking_needs(
    command: PickUnits | FulfillUnits, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    What is on record, where units may be picked beyond it.

    """
    held = holds_needs(command, state, facts, context)
    if not command.beyond_record:
        return held
    return held | _shelf_needs(command.fulfillment_order_id, state)


def missing_needs(
    command: ReportMissing, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    What is on record, for some of what is missing may be missing there, too.

    """
    held = holds_needs(command, state, facts, context)
    return held | _shelf_needs(command.fulfillment_order_id, state)


_NOTHING: frozenset[Need[Any]] = frozenset()


def _shelf_needs(fulfillment_order_id: str, state: Order | None) -> frozenset[Need[Any]]:
    work = state.fulfillment.order(fulfillment_order_id) if state else None
    return _NOTHING if work is None else frozenset({_shelf(work)})


def _shelf(work: FulfillmentOrder) -> ShelfUnits:
    return ShelfUnits(work.place, tuple(sorted({line.sku for line in work.lines})))


def shelf_of(work: FulfillmentOrder, facts: Facts) -> Shelf:
    """
    Read the shelf that some work is done at.

    """
    need = _shelf(work)
    return Shelf(need, facts[need])


def move_picked(
    draft: Draft, work: FulfillmentOrder, moved: tuple[LineUnitsMoved, ...], shelf: Shelf | None
) -> tuple[LineUnitsMoved, ...]:
    """
    Move picked units in the books; each comes back with the hold of what is left to pick.

    Args:
        draft: The decision.
        work: The work as it was before.
        moved: What was picked.
        shelf: The record, where more may be picked than is on it; None refuses that.

    Raises:
        Rejected: ``lot_needed``.
    """
    done: list[LineUnitsMoved] = []
    for units in moved:
        if not draft.tracks(units.line_id):
            done.append(units)
            continue
        lots, forced = units.lots, 0
        if shelf is not None:
            lots, forced = shelf.pick(units.sku, units.quantity, units.lots)
        hold = draft.movements.pick(
            *draft.hold_of(work, units),
            units.sku,
            work.place,
            units.quantity,
            lots=lots,
            forced=forced,
        )
        done.append(replaced(units, hold=hold))
    return tuple(done)


def move_missing(
    draft: Draft, work: FulfillmentOrder, moved: tuple[LineUnitsMoved, ...], shelf: Shelf
) -> tuple[LineUnitsMoved, ...]:
    """
    Move units in the books that were not found; each comes back with the hold of what is left.

    Raises:
        Rejected: ``lot_needed``.
    """
    waiting: Counter[str] = Counter()
    for line in work.lines:
        if draft.tracks(line.line_id):
            waiting[line.sku] += line.waiting
    done: list[LineUnitsMoved] = []
    for units in moved:
        if not draft.tracks(units.line_id):
            done.append(units)
            continue
        lots, off_record = shelf.miss(units.sku, units.quantity, units.lots, waiting[units.sku])
        waiting[units.sku] -= units.quantity
        hold = draft.movements.miss(
            *draft.hold_of(work, units),
            units.sku,
            work.place,
            units.quantity,
            lots=lots,
            off_record=off_record,
        )
        done.append(replaced(units, hold=hold))
    return tuple(done)
