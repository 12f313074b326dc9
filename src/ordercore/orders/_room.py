"""
The room that limited places still have, and what sourcing may make of it.

Work for one place is promised on one day, the first with room for all of it among those that are
looked at. So before a plan is made a place may offer:

- where orders are counted: anything, as long as one of the days takes one more; else nothing;
- where units or minutes are counted: no more units than fit into its best day. Where it could send
  more than that of what is wanted, the room goes to the SKUs that other places have the least of,
  beyond what is wanted (ties by SKU).

Whatever is then planned fits a day. The rule is sound and not exact: the room is shared out before
the costs are weighed, so a cheaper split may exist, and with several full places even one where
this finds none. Carts look at the room too, and hold none of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from ordercore.errors import InvariantViolated, Rejected
from ordercore.fulfillment import (
    CapacityAt,
    CapacityLevel,
    CapacityMovements,
    PromisedWork,
    work_of,
)
from ordercore.grammar import Facts, Need
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.orders._rules import OrderContext
from ordercore.places import CapacityMeasure, Place, business_date, days_from
from ordercore.sourcing import PlaceOffer, SourcingPlan

__all__ = ["Room", "Window", "promise_days", "refuse_without_room"]


@attrs.frozen
class Window:
    """
    On which days work may be promised.

    Attributes:
        at: Now; each place's own date is the first day.
        days: How many days are looked at.
    """

    at: Instant
    days: int

    @classmethod
    def of(cls, context: OrderContext) -> "Window":
        """
        Look as far ahead as the shop's rules say.

        """
        return cls(context.at, context.rules.capacity_days_max)

    def days_of(self, place: Place) -> tuple[date, ...]:
        """
        List the days of a place that are looked at.

        """
        return tuple(days_from(business_date(self.at, place.time_zone), self.days))

    def needs(self, places: Iterable[Place]) -> frozenset[Need[Any]]:
        """
        Ask what limited places have promised; nothing where no place is limited.

        """
        need = self._need(places)
        return frozenset() if need is None else frozenset({need})

    def levels(self, places: Iterable[Place], facts: Facts) -> Mapping[PlaceId, "_Days"]:
        """
        Return what each limited place has promised on its days, in order of the day.

        """
        limited = [place for place in places if place.capacity is not None]
        need = self._need(limited)
        if need is None:
            return {}
        levels = facts[need]
        return {
            place.id: _Days(place, tuple(levels[place.id, day] for day in self.days_of(place)))
            for place in limited
        }

    def _need(self, places: Iterable[Place]) -> CapacityAt | None:
        limited = {p.id: (p, p.capacity) for p in places if p.capacity is not None}
        if not limited:
            return None
        days = {day for place, _ in limited.values() for day in self.days_of(place)}
        measures = sorted((place, measure) for place, (_, measure) in limited.items())
        return CapacityAt(tuple(measures), tuple(sorted(days)))


@attrs.frozen
class _Days:
    """
    The days of one limited place.

    """

    place: Place
    levels: tuple[CapacityLevel, ...]

    @property
    def per_unit(self) -> int:
        """
        How much of a day one unit more takes; nothing where orders are counted.

        """
        if self.place.capacity is CapacityMeasure.MINUTES:
            return self.place.minutes_per_unit
        return int(self.place.capacity is CapacityMeasure.UNITS)

    @property
    def units_max(self) -> int | None:
        """
        How many units fit into the best day; None for any number.

        """
        best = max(level.left for level in self.levels)
        if self.per_unit:
            return best // self.per_unit
        return None if best else 0


class Room:
    """
    What limited places can still take, in units; whoever takes some leaves less.

    """

    __slots__ = ("_left",)

    def __init__(self, window: Window, places: Mapping[PlaceId, Place], facts: Facts) -> None:
        levels = window.levels(places.values(), facts)
        most = {place: days.units_max for place, days in levels.items()}
        self._left = {place: units for place, units in most.items() if units is not None}

    def take(self, place: PlaceId, units: int) -> int:
        """
        Take as many of some units as fit, and say how many that is.

        """
        left = self._left.get(place)
        if left is None:
            return units
        taken = min(units, left)
        self._left[place] = left - taken
        return taken

    def share_out(
        self, offers: Sequence[PlaceOffer], wanted: Mapping[Sku, int]
    ) -> tuple[PlaceOffer, ...]:
        """
        Cut what limited places offer down to what fits; the order of places stays.

        Cost: O(offers), and a sort of those of each place that must be cut.
        """
        there: dict[str, int] = {}
        for place in offers:
            for sku, units in _useful(place, wanted).items():
                there[sku] = there.get(sku, 0) + units
        return tuple(
            place
            if sum(_useful(place, wanted).values()) <= self._left.get(PlaceId(place.place), _ANY)
            else self._cut(place, wanted, there)
            for place in offers
        )

    def _cut(
        self, place: PlaceOffer, wanted: Mapping[Sku, int], there: Mapping[str, int]
    ) -> PlaceOffer:
        useful = _useful(place, wanted)

        def spare_elsewhere(sku: str) -> tuple[int, str]:
            return there[sku] - useful[sku] - wanted[Sku(sku)], sku

        granted = {
            sku: self.take(PlaceId(place.place), useful[sku])
            for sku in sorted(useful, key=spare_elsewhere)
        }
        return attrs.evolve(
            place,
            offers=tuple(
                attrs.evolve(offer, available=granted[offer.sku])
                for offer in place.offers
                if granted.get(offer.sku)
            ),
        )


#: More than any place can offer of an order.
_ANY = 10**18


def _useful(place: PlaceOffer, wanted: Mapping[Sku, int]) -> dict[str, int]:
    return {
        offer.sku: min(max(offer.available, 0), wanted.get(Sku(offer.sku), 0))
        for offer in place.offers
    }


def promise_days(
    window: Window,
    places: Mapping[PlaceId, Place],
    facts: Facts,
    units: Mapping[PlaceId, int],
    movements: CapacityMovements,
) -> tuple[PromisedWork, ...]:
    """
    Promise work at the limited ones of some places, each on its first day with room for all of it.

    Args:
        window: The days that are looked at.
        places: The places that were looked at.
        facts: What they have promised.
        units: How many units each place is to handle.
        movements: Where the promises are written.

    Raises:
        InvariantViolated: No day has room: sourcing was offered more than fits. A defect.
    """
    levels = window.levels(places.values(), facts)
    promised: list[PromisedWork] = []
    for place, quantity in units.items():
        days = levels.get(place)
        if days is None or days.place.capacity is None:
            continue
        measure = days.place.capacity
        amount = work_of(quantity, measure, days.place.minutes_per_unit)
        day = next((level.day for level in days.levels if level.left >= amount), None)
        if day is None:
            raise InvariantViolated(f"{place} was to do {amount} {measure} and has no day for it")
        promised.append(
            PromisedWork(
                place=place,
                day=day,
                measure=measure,
                amount=amount,
                per_unit=days.per_unit,
                hold=movements.promise(measure, place, day, amount),
            )
        )
    return tuple(promised)


def refuse_without_room(
    window: Window,
    places: Mapping[PlaceId, Place],
    plan: SourcingPlan,
    available: Mapping[tuple[Sku, PlaceId], int],
) -> None:
    """
    Refuse a plan that falls short only for want of room.

    Args:
        window: The days that were looked at.
        places: The places that were looked at.
        plan: What was found.
        available: What lies where the lines may come from.

    Raises:
        Rejected: ``no_capacity``, with the places that have the units and the days looked at.
    """
    if not plan.shortfalls:
        return
    sourced = {(row.sku, row.place): row.quantity for row in plan.sourced}
    full: set[PlaceId] = set()
    for short in plan.shortfalls:
        idle = {
            place: units - sourced.get((sku, place), 0)
            for (sku, place), units in available.items()
            if sku == short.sku and places[place].capacity is not None
        }
        if sum(idle.values()) < short.quantity:
            return  # with all the room of the world it would be a shortage
        full.update(place for place, units in idle.items() if units)
    days = sorted({day for place in full for day in window.days_of(places[place])})
    raise Rejected(
        "no_capacity",
        f"no day from {days[0]} to {days[-1]} has room for it at {', '.join(sorted(full)[:5])}",
        data={
            "places": tuple(sorted(full)),
            "days": tuple(day.isoformat() for day in days),
            "skus": tuple(short.sku for short in plan.shortfalls),
        },
        legal=("less of these SKUs", "SetCapacity", "a later day"),
    )
