"""
Promising what was sourced: from the shelf first, then of expected supply, then as a backorder.

A known day beats an unknown one: what no shelf has is promised of the earliest expected supply that
has room, as a *preorder* with the day that the rules promise; only what is short even then waits
as a backorder for a receipt that nobody has announced.

A backorder is no state of an order. It is a promise like any other whose guard lies below zero;
what of it waits follows from what is on hand and who was promised before
(``ordercore.inventory.coverage``).

Sourcing is solved with what is available. Only what is short then becomes a backorder, where the
rules leave room: at the place that the line names, else at a place that sends something of the
order anyway, then where a further parcel costs least, then where the unit costs least, then by id;
each up to its own cap, and to what a limited place can still do.

A preorder goes where the supply is expected; places that expect some on one day are preferred as
above. It is guarded by what the day has left, so a day's supply is never promised twice, and what
the rules and earlier promises (backorders among them) leave is part of that guard: it asks that no
more of the day is gone by then than there was room for. It takes no day of a limited place, whose
calendar does not reach to where the units come.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import attrs

from ordercore.ids import LineId, PlaceId, Sku
from ordercore.orders._room import Room
from ordercore.sourcing import OpenedPlace, Shortfall, Sourced, SourcingPlan

__all__ = [
    "BackorderPlace",
    "NamedUnits",
    "SourcedUnits",
    "SupplyRoom",
    "Want",
    "backordered",
]


@attrs.frozen
class Want:
    """
    Units of a line that need a source.

    """

    line_id: LineId
    sku: Sku
    quantity: int
    place: PlaceId | None = None


@attrs.frozen(slots=False)
class SourcedUnits:
    """
    Units of a line and the place they come from.

    Attributes:
        line_id: Of which line.
        sku: What.
        place: From where.
        quantity: How many, waiting ones included.
        waiting: How many of them wait for a receipt, as far as is known.
        leave_at_least: What the promise must leave available there.
        tracked: Whether these units are counted; no promise is needed for others.
        supply_day: When they are expected, where they are promised of what is not there yet.
        ships_by: By which day such units are promised to leave.
    """

    line_id: LineId
    sku: Sku
    place: PlaceId
    quantity: int
    waiting: int = 0
    leave_at_least: int = 0
    tracked: bool = True
    supply_day: date | None = None
    ships_by: date | None = None


@attrs.define
class NamedUnits:
    """
    What lines that name their place have taken, while they take it.

    Attributes:
        room: What limited places can still take.
        units: By line and place.
        rows: The same as rows of a plan.
        taken: Units by SKU and place.
        opened: Places that send something, with what that costs once.
        shortfalls: Units that are short, by SKU.
    """

    room: Room
    units: list[SourcedUnits] = attrs.Factory(list[SourcedUnits])
    rows: list[Sourced] = attrs.Factory(list[Sourced])
    taken: dict[tuple[Sku, PlaceId], int] = attrs.Factory(dict[tuple[Sku, PlaceId], int])
    opened: dict[str, int] = attrs.Factory(dict[str, int])
    shortfalls: dict[str, int] = attrs.Factory(dict[str, int])

    def take(self, units: SourcedUnits, unit_cost_minor: int, open_cost_minor: int) -> None:
        """
        Take units from the place that their line names.

        """
        pair = (units.sku, units.place)
        self.units.append(units)
        self.taken[pair] = self.taken.get(pair, 0) + units.quantity
        self.opened[units.place] = open_cost_minor
        self.rows.append(
            Sourced(
                sku=units.sku,
                place=units.place,
                quantity=units.quantity,
                unit_cost_minor=unit_cost_minor,
            )
        )

    def short(self, sku: str, quantity: int) -> None:
        """
        Note units that are short, if any.

        """
        if quantity:
            self.shortfalls[sku] = self.shortfalls.get(sku, 0) + quantity


@attrs.frozen(kw_only=True)
class SupplyRoom:
    """
    What of the supply of a day may be promised, in units.

    Attributes:
        day: When it is expected.
        left: What the day has that is not promised.
        limit: What the rules leave at the place, whatever the day.
        bound: What can be kept at the place up to then, its shelf included: shortages, backorders
            and earlier promises come first.
        ships_by: By which day the units are promised to leave.
    """

    day: date
    left: int
    limit: int
    bound: int
    ships_by: date


@attrs.frozen(kw_only=True)
class BackorderPlace:
    """
    Where units of a SKU may wait.

    Attributes:
        place: Where.
        room: How many may wait, at most.
        floor: The guard of a promise that waits.
        open_cost_minor: What a parcel from there costs, if none comes from there anyway.
        unit_cost_minor: What each unit costs.
        supply: The supply that they are promised of; None for a receipt that nobody has announced.
    """

    place: PlaceId
    room: int
    floor: int
    open_cost_minor: int
    unit_cost_minor: int
    supply: SupplyRoom | None = None


def backordered(
    plan: SourcingPlan,
    units: Sequence[SourcedUnits],
    places: Mapping[Want, Iterable[BackorderPlace]],
    room: Room,
) -> tuple[SourcingPlan, tuple[SourcedUnits, ...]]:
    """
    Let what a plan leaves short wait at places, as far as there is room.

    Args:
        plan: Solved with what is available.
        units: The same by line and place.
        places: All that is wanted, in order, each with where it may wait.
        room: What limited places can take of the whole; waiting units are work there, too.

    Returns:
        The plan with its waiting units and what is short even so, and the units by line and
        place, those that wait last.
    """
    if not plan.shortfalls:
        return plan, tuple(units)
    waiting = _Waiting(plan, units, room)
    for want, where in places.items():
        waiting.add(want, where)
    return waiting.plan(), waiting.units()


class _Waiting:
    """
    Units being found a place to wait at.

    """

    def __init__(self, plan: SourcingPlan, units: Sequence[SourcedUnits], room: Room) -> None:
        self._plan = plan
        self._room = room
        for row in units:
            room.take(row.place, row.quantity)
        self._units = {(row.line_id, row.place, row.supply_day): row for row in units}
        self._opened = {row.place: row.open_cost_minor for row in plan.opened}
        self._rows = {(row.place, row.sku): row for row in plan.sourced}
        self._used: dict[tuple[Sku, PlaceId], int] = {}
        self._short = {short.sku: short.quantity for short in plan.shortfalls}
        self._cost_minor = 0
        self._reasons: list[str] = []

    def add(self, want: Want, places: Iterable[BackorderPlace]) -> None:
        filled = sum(row.quantity for row in self._units.values() if row.line_id == want.line_id)
        left = want.quantity - filled
        for place in sorted(places, key=self._preference) if left else ():
            if place.supply is not None:
                left -= self._preorder(want, place, place.supply, left)
                continue
            room = place.room - self._used.get((want.sku, place.place), 0)
            quantity = self._room.take(place.place, max(min(left, room), 0))
            if quantity:
                left -= quantity
                self._wait(want, place, quantity)

    def _preference(self, place: BackorderPlace) -> tuple[date, int, int, str]:
        opening = 0 if place.place in self._opened else place.open_cost_minor
        day = place.supply.day if place.supply else date.max
        return day, opening, place.unit_cost_minor, place.place

    def _preorder(self, want: Want, place: BackorderPlace, supply: SupplyRoom, wanted: int) -> int:
        """
        Promise units of the supply of a day, as far as there is room; return how many.

        """
        here = [r for r in self._units.values() if (r.sku, r.place) == (want.sku, place.place)]
        early = sum(row.quantity for row in here if row.supply_day is not None)
        of_day = sum(row.quantity for row in here if row.supply_day == supply.day)
        kept = supply.bound - sum(row.quantity for row in here)
        room, left = min(supply.limit - early, kept), supply.left - of_day
        quantity = min(wanted, room, left)
        if quantity <= 0:
            return 0
        self._units[want.line_id, place.place, supply.day] = SourcedUnits(
            want.line_id,
            want.sku,
            place.place,
            quantity,
            waiting=quantity,
            # Whoever else takes of the room meanwhile takes of the same day: then it is refused.
            leave_at_least=max(left - room, 0),
            supply_day=supply.day,
            ships_by=supply.ships_by,
        )
        self._count(
            want,
            place,
            quantity,
            f"{quantity} of {want.sku} are promised of what is expected at {place.place} on "
            f"{supply.day}, to leave by {supply.ships_by}",
        )
        return quantity

    def _wait(self, want: Want, place: BackorderPlace, quantity: int) -> None:
        pair, key = (want.sku, place.place), (want.line_id, place.place, None)
        self._used[pair] = self._used.get(pair, 0) + quantity
        # Taken out and put back: what waits comes after what is taken from the shelf, so no guard
        # above zero is judged after units that wait have left.
        known = self._units.pop(key, None) or SourcedUnits(want.line_id, *pair, 0)
        self._units[key] = attrs.evolve(
            known,
            quantity=known.quantity + quantity,
            waiting=known.waiting + quantity,
            leave_at_least=place.floor,
        )
        reason = f"{quantity} of {want.sku} wait at {place.place} for a receipt"
        self._count(want, place, quantity, reason)

    def _count(self, want: Want, place: BackorderPlace, quantity: int, reason: str) -> None:
        self._short[want.sku] -= quantity
        if place.place not in self._opened:
            self._opened[place.place] = place.open_cost_minor
            self._cost_minor += place.open_cost_minor
        self._cost_minor += quantity * place.unit_cost_minor
        row = self._rows.get((place.place, want.sku))
        self._rows[place.place, want.sku] = Sourced(
            sku=want.sku,
            place=place.place,
            quantity=quantity + (row.quantity if row else 0),
            unit_cost_minor=place.unit_cost_minor,
        )
        self._reasons.append(reason)

    def plan(self) -> SourcingPlan:
        return attrs.evolve(
            self._plan,
            sourced=tuple(row for _, row in sorted(self._rows.items())),
            opened=tuple(
                OpenedPlace(place=place, open_cost_minor=cost)
                for place, cost in sorted(self._opened.items())
            ),
            shortfalls=tuple(
                Shortfall(sku=sku, quantity=quantity)
                for sku, quantity in sorted(self._short.items())
                if quantity
            ),
            cost_minor=self._plan.cost_minor + self._cost_minor,
            lower_bound_minor=self._plan.lower_bound_minor + self._cost_minor,
            reasons=(*self._plan.reasons, *self._reasons),
        )

    def units(self) -> tuple[SourcedUnits, ...]:
        return tuple(self._units.values())
