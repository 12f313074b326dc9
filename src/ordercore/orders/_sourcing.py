"""
From what is wanted to where it comes from: the questions, and what to make of the answers.

Carts, placements and units that were missing all ask the same way, in three rounds: what the SKUs
are and which places may serve; what lies there and what shipping costs; which split costs least.
Units that name their place are taken first and open it; the rest is optimized over what is left,
places that are open already costing nothing to open.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from ordercore.catalog import Product, Products
from ordercore.errors import Rejected
from ordercore.fulfillment import (
    CapacityAt,
    CapacityMovements,
    PromisedWork,
    ShippingRate,
    ShippingRates,
)
from ordercore.grammar import Facts, Need
from ordercore.ids import CartId, LineId, PlaceId, Sku
from ordercore.inventory import CartHolds, StockAt, StockLevel
from ordercore.orders._room import Room, Window, promise_days, refuse_without_room
from ordercore.parties import Destination
from ordercore.places import CandidatePlaces, KnownPlaces, Place
from ordercore.sourcing import (
    Demand,
    Offer,
    OpenedPlace,
    PlaceOffer,
    Shortfall,
    Sourced,
    SourcingPlan,
    SourcingProblem,
)

__all__ = ["STOCK_NEEDS", "PlanSourcing", "Question", "SourcedUnits", "Want"]


@attrs.frozen
class PlanSourcing(Need[SourcingPlan]):
    """
    The cheapest split of a problem. Answered by the pure solver, by whoever drives.

    """

    problem: SourcingProblem


#: What must be read again after somebody else took the stock or the day that a decision counted on.
STOCK_NEEDS: tuple[type[Need[Any]], ...] = (StockAt, CartHolds, CapacityAt, PlanSourcing)


@attrs.frozen
class Want:
    """
    Units of a line that need a source.

    """

    line_id: LineId
    sku: Sku
    quantity: int
    place: PlaceId | None = None


@attrs.frozen
class SourcedUnits:
    """
    Units of a line and the place they come from.

    """

    line_id: LineId
    sku: Sku
    place: PlaceId
    quantity: int


_Costs = Mapping[tuple[Sku, PlaceId], tuple[int, int, int]]


@attrs.frozen(kw_only=True)
class Question:
    """
    Where shall these units come from?

    Attributes:
        wants: Line by line.
        destination: Where they go.
        currency: Of all costs.
        window: The days on which limited places may promise the work.
        cart_id: On whose behalf; its own holds don't stand in its way.
        barred: Pairs that are known not to have what the ledger says.
        asked: The SKUs by which the catalog is asked, where kits among them were taken apart;
            empty for the SKUs wanted.
    """

    wants: tuple[Want, ...]
    destination: Destination
    currency: str
    window: Window
    cart_id: CartId | None = None
    barred: frozenset[tuple[Sku, PlaceId]] = frozenset()
    asked: tuple[Sku, ...] = ()

    @property
    def skus(self) -> tuple[Sku, ...]:
        """
        The SKUs wanted, each once, sorted.

        """
        return tuple(sorted({want.sku for want in self.wants}))

    @property
    def _named(self) -> tuple[PlaceId, ...]:
        return tuple(sorted({want.place for want in self.wants if want.place is not None}))

    def first_needs(self) -> frozenset[Need[Any]]:
        """
        What must be known before stock and rates can be asked for.

        """
        needs: set[Need[Any]] = {Products(self.asked or self.skus)}
        if self._named:
            needs.add(KnownPlaces(self._named))
        if any(want.place is None for want in self.wants):
            needs.add(CandidatePlaces(self.destination))
        if self.cart_id is not None:
            needs.add(CartHolds(self.cart_id))
        return frozenset(needs)

    def needs(self, facts: Facts) -> frozenset[Need[Any]]:
        """
        All that must be known, as far as the facts so far let us ask.

        Raises:
            Rejected: ``unknown_sku`` or ``unknown_place``: nothing more is worth asking.
        """
        needs = self.first_needs()
        if facts.missing(needs):
            return needs
        self.products(facts)
        needs |= self._second_needs(facts)
        if not facts.missing(needs):
            problem = self._problem(facts)
            if problem.demands:
                needs |= {PlanSourcing(problem)}
        return needs

    def products(self, facts: Facts) -> Mapping[Sku, Product]:
        """
        Return the products wanted.

        Raises:
            Rejected: ``unknown_sku``.
        """
        products = facts[Products(self.asked or self.skus)]
        unknown = [sku for sku in self.skus if sku not in products]
        if unknown:
            raise Rejected(
                "unknown_sku",
                f"the catalog does not know {', '.join(unknown[:5])}",
                data={"skus": tuple(unknown)},
                legal=("SKUs of the catalog",),
            )
        return products

    def answer(self, facts: Facts) -> tuple[SourcingPlan, tuple[SourcedUnits, ...]]:
        """
        Say where every unit comes from, as far as there are any.

        Returns:
            The plan with its shortfalls, and the units by line and place.

        Raises:
            Rejected: ``unknown_sku``, ``unknown_place``, ``cannot_ship_from``.
        """
        named = self._take_named(facts)
        problem = self._problem(facts)
        plan = facts[PlanSourcing(problem)] if problem.demands else None
        units = [*named.units, *self._by_line(plan)]
        return self._merged(named, plan), tuple(units)

    def promise_days(
        self, facts: Facts, units: tuple[SourcedUnits, ...], movements: CapacityMovements
    ) -> tuple[PromisedWork, ...]:
        """
        Promise the work on units at each limited place, on its first day with room.

        """
        by_place: dict[PlaceId, int] = {}
        for taken in units:
            by_place[taken.place] = by_place.get(taken.place, 0) + taken.quantity
        return promise_days(self.window, self._places(facts), facts, by_place, movements)

    def refuse_without_room(self, facts: Facts, plan: SourcingPlan) -> None:
        """
        Refuse a plan that falls short although places that have no day left have the units.

        Raises:
            Rejected: ``no_capacity``.
        """
        rates, stock = self._rates(facts), self._stock(facts)
        anywhere = tuple(place.id for place in self._candidates(facts))
        pairs = {
            (want.sku, place)
            for want in self.wants
            for place in (anywhere if want.place is None else (want.place,))
            if place in rates and (want.sku, place) not in self.barred
        }
        available = {pair: stock[pair].available for pair in pairs}
        refuse_without_room(self.window, self._places(facts), plan, available)

    def _second_needs(self, facts: Facts) -> frozenset[Need[Any]]:
        places = tuple(sorted(self._places(facts)))
        return self.window.needs(self._places(facts).values()) | {
            StockAt(self.skus, places, self.cart_id),
            ShippingRates(places, self.destination, self.currency),
        }

    def _places(self, facts: Facts) -> dict[PlaceId, Place]:
        places: dict[PlaceId, Place] = {}
        if any(want.place is None for want in self.wants):
            places.update((p.id, p) for p in facts[CandidatePlaces(self.destination)])
        if self._named:
            known = facts[KnownPlaces(self._named)]
            unknown = [place for place in self._named if place not in known]
            if unknown:
                raise Rejected(
                    "unknown_place",
                    f"there is no place {', '.join(unknown[:5])}",
                    data={"places": tuple(unknown)},
                    legal=("places of the shop",),
                )
            places.update(known)
        return places

    def _stock(self, facts: Facts) -> Mapping[tuple[Sku, PlaceId], StockLevel]:
        places = tuple(sorted(self._places(facts)))
        return facts[StockAt(self.skus, places, self.cart_id)]

    def _rates(self, facts: Facts) -> dict[PlaceId, ShippingRate]:
        places = tuple(sorted(self._places(facts)))
        rates = facts[ShippingRates(places, self.destination, self.currency)]
        return {rate.place: rate for rate in rates}

    def _take_named(self, facts: Facts) -> "_Named":
        rates, places = self._rates(facts), self._places(facts)
        stock = self._stock(facts)
        products = self.products(facts)
        named = _Named(Room(self.window, places, facts))
        for want in self.wants:
            if want.place is None:
                continue
            if want.place not in rates:
                raise Rejected(
                    "cannot_ship_from",
                    f"{want.place} does not ship to {self.destination.country}",
                    data={"place": want.place, "line": want.line_id},
                    legal=tuple(sorted(rates)),
                )
            pair = (want.sku, want.place)
            there = 0 if pair in self.barred else stock[pair].available
            taken = min(want.quantity, max(there - named.taken.get(pair, 0), 0))
            taken = named.room.take(want.place, taken)
            named.short(want.sku, want.quantity - taken)
            if taken:
                cost = _unit_cost(rates[want.place], products[want.sku])
                open_cost = rates[want.place].package_minor + places[want.place].handling_minor
                named.take(SourcedUnits(want.line_id, *pair, taken), cost, open_cost)
        return named

    def _problem(self, facts: Facts) -> SourcingProblem:
        named = self._take_named(facts)
        demands: dict[Sku, int] = {}
        for want in self.wants:
            if want.place is None:
                demands[want.sku] = demands.get(want.sku, 0) + want.quantity
        products, stock, rates = self.products(facts), self._stock(facts), self._rates(facts)
        offers: list[PlaceOffer] = []
        for place in self._candidates(facts):
            rate = rates.get(place.id)
            if rate is None:
                continue
            at_place = tuple(
                Offer(
                    sku=sku,
                    available=stock[sku, place.id].available - named.taken.get((sku, place.id), 0),
                    unit_cost_minor=_unit_cost(rate, products[sku]),
                )
                for sku in sorted(demands)
                if (sku, place.id) not in self.barred
            )
            opened = place.id in named.opened
            cost = 0 if opened else rate.package_minor + place.handling_minor
            offers.append(PlaceOffer(place=place.id, open_cost_minor=cost, offers=at_place))
        return SourcingProblem(
            currency=self.currency,
            demands=tuple(Demand(sku=s, quantity=q) for s, q in sorted(demands.items())),
            places=named.room.share_out(offers, demands),
        )

    def _candidates(self, facts: Facts) -> list[Place]:
        if all(want.place is not None for want in self.wants):
            return []
        candidates = facts[CandidatePlaces(self.destination)]
        return sorted(candidates, key=lambda place: place.id)

    def _by_line(self, plan: SourcingPlan | None) -> list[SourcedUnits]:
        """
        Hand the plan's units to the lines that want them, in the order of both.

        """
        rows = plan.sourced if plan else ()
        left = [row.quantity for row in rows]
        units: list[SourcedUnits] = []
        for want in self.wants:
            unfilled = 0 if want.place is not None else want.quantity
            for n, row in enumerate(rows):
                taken = min(unfilled, left[n]) if row.sku == want.sku else 0
                if taken:
                    left[n] -= taken
                    unfilled -= taken
                    units.append(SourcedUnits(want.line_id, want.sku, PlaceId(row.place), taken))
        return units

    def _merged(self, named: "_Named", plan: SourcingPlan | None) -> SourcingPlan:
        if plan is not None and not named.units and not named.shortfalls:
            return plan
        extra = sum(named.opened.values()) + sum(s.quantity * s.unit_cost_minor for s in named.rows)
        opened = {**(dict(_opened(plan)) if plan else {}), **named.opened}
        shortfalls = {s.sku: s.quantity for s in plan.shortfalls} if plan else {}
        for sku, quantity in named.shortfalls.items():
            shortfalls[sku] = shortfalls.get(sku, 0) + quantity
        rows = (*named.rows, *(plan.sourced if plan else ()))
        return SourcingPlan(
            currency=self.currency,
            sourced=tuple(sorted(rows, key=lambda row: (row.place, row.sku))),
            opened=tuple(
                OpenedPlace(place=p, open_cost_minor=c) for p, c in sorted(opened.items())
            ),
            shortfalls=tuple(Shortfall(sku=s, quantity=q) for s, q in sorted(shortfalls.items())),
            cost_minor=extra + (plan.cost_minor if plan else 0),
            lower_bound_minor=extra + (plan.lower_bound_minor if plan else 0),
            operations=plan.operations if plan else 0,
            reasons=(
                "lines that name their place come from there",
                *(plan.reasons if plan else ()),
            ),
        )


@attrs.define
class _Named:
    """
    What lines that name their place have taken.

    """

    room: Room
    units: list[SourcedUnits] = attrs.Factory(list[SourcedUnits])
    rows: list[Sourced] = attrs.Factory(list[Sourced])
    taken: dict[tuple[Sku, PlaceId], int] = attrs.Factory(dict[tuple[Sku, PlaceId], int])
    opened: dict[str, int] = attrs.Factory(dict[str, int])
    shortfalls: dict[str, int] = attrs.Factory(dict[str, int])

    def take(self, units: SourcedUnits, unit_cost_minor: int, open_cost_minor: int) -> None:
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
        if quantity:
            self.shortfalls[sku] = self.shortfalls.get(sku, 0) + quantity


def _opened(plan: SourcingPlan) -> list[tuple[str, int]]:
    return [(opened.place, opened.open_cost_minor) for opened in plan.opened]


def _unit_cost(rate: ShippingRate, product: Product) -> int:
    # A started gram of a cent costs a whole one: planning never understates.
    return rate.unit_minor + -(-rate.kg_minor * product.weight_g // 1_000)
