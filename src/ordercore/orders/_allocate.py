"""
Writing what was sourced as promises: an order's allocations and preorders, a cart's reservations.

"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from ordercore.fulfillment import AllocatedUnits
from ordercore.ids import LineId, PlaceId
from ordercore.instants import Instant
from ordercore.inventory import Movements
from ordercore.orders._promises import SourcedUnits

__all__ = ["allocate", "reserve"]

#: The hold of units that are not counted, and of those that have not come: none.
_NO_HOLD: Final = ""


def allocate(
    units: Iterable[SourcedUnits], movements: Movements, promised_at: Instant | None = None
) -> tuple[AllocatedUnits, ...]:
    """
    Promise units to an order; units that are not counted get no hold.

    Preordered units of a line are one row, whatever the days on which they are expected.

    Args:
        units: Which, and from where.
        movements: Where the promises are written.
        promised_at: Since when the order has been promised them; None for from now on.
    """
    rows: dict[tuple[LineId, PlaceId, date | None], AllocatedUnits] = {}
    for taken in units:
        key = (taken.line_id, taken.place, taken.ships_by)
        known = rows.get(key)
        rows[key] = AllocatedUnits(
            line_id=taken.line_id,
            sku=taken.sku,
            place=taken.place,
            quantity=taken.quantity + (known.quantity if known else 0),
            hold=_promise(taken, movements, promised_at),
            ships_by=taken.ships_by,
        )
    return tuple(rows.values())


def _promise(taken: SourcedUnits, movements: Movements, promised_at: Instant | None) -> str:
    """
    Write the promise; return the hold by which the order is to know it.

    """
    if not taken.tracked:
        return _NO_HOLD
    if taken.supply_day is not None:
        movements.preorder(
            taken.sku,
            taken.place,
            taken.supply_day,
            taken.quantity,
            leave_at_least=taken.leave_at_least,
            promised_at=promised_at,
        )
        return _NO_HOLD
    return movements.allocate(
        taken.sku,
        taken.place,
        taken.quantity,
        leave_at_least=taken.leave_at_least,
        promised_at=promised_at,
    )


def reserve(units: Iterable[SourcedUnits], movements: Movements, until: Instant) -> None:
    """
    Hold units for a cart; units that are not counted need no hold.

    """
    for taken in units:
        if taken.tracked:
            movements.reserve(
                taken.sku,
                taken.place,
                taken.quantity,
                until,
                leave_at_least=taken.leave_at_least,
            )
