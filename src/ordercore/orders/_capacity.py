"""
Setting how much a place can do on a day: ledger steps alone, for capacity has no second history.

"""

from datetime import date, datetime
from typing import Any

import attrs

from ordercore.errors import Rejected
from ordercore.fulfillment import CapacityAt, CapacityMovements
from ordercore.grammar import Command, Decision, Facts, Faults, Need, quantity_fault
from ordercore.ids import PlaceId, id_fault
from ordercore.ledger import Step
from ordercore.orders._order import Order
from ordercore.orders._rules import OrderContext
from ordercore.places import KnownPlaces, require_place

__all__ = ["SetCapacity", "capacity_needs", "decide_capacity"]


@attrs.frozen(kw_only=True)
class SetCapacity(Command):
    """
    Say how much a place can do on a day, promised and done work included.

    It replaces what was set before; the same again changes nothing. Less than was promised already
    is possible: the promises stay, and the day shows by how much it is overbooked.

    Attributes:
        place: Which place; by what it counts stands in its own data.
        day: Which date there.
        amount: How many orders, units or minutes; 0 for none.
    """

    place: PlaceId = attrs.field(converter=PlaceId)
    day: date
    amount: int

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("place", id_fault(self.place))
        faults.note("day", _day_fault(self.day))
        faults.note("amount", quantity_fault(self.amount, 0))
        faults.check()


def _day_fault(day: object) -> str | None:
    if isinstance(day, date) and not isinstance(day, datetime):
        return None
    return f"{day!r:.40} is no day: legal is a date without a time"


def capacity_needs(
    command: SetCapacity, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    Ask by what the place counts, then what was set for the day.

    """
    known = KnownPlaces((command.place,))
    if known not in facts:
        return frozenset({known})
    return frozenset({known, _level(command, facts)})


def decide_capacity(
    command: SetCapacity, state: Order | None, facts: Facts, context: OrderContext
) -> Decision[Any, Step]:
    """
    Set how much a day can hold, as the difference to what it could.

    Raises:
        Rejected: ``unknown_place``, ``capacity_not_limited``.
    """
    need = _level(command, facts)
    movements = CapacityMovements(context.command_id, f"capacity/{context.command_id}", context.at)
    movements.set_open(facts[need][command.place, command.day], command.amount)
    return Decision(transfers=tuple(movements.batch()))


def _level(command: SetCapacity, facts: Facts) -> CapacityAt:
    place = require_place(command.place, facts[KnownPlaces((command.place,))])
    if place.capacity is None:
        raise Rejected(
            "capacity_not_limited",
            f"the days of {command.place} are not limited: it counts nothing",
            data={"place": command.place},
            legal=("a place whose data say by what it is limited",),
        )
    return CapacityAt(((command.place, place.capacity),), (command.day,))
