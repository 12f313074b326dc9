"""
From what is wanted to where it comes from: the questions, and what to make of the answers.

Carts, placements and units that were missing all ask the same way, in three rounds: what the SKUs
are and which places may serve; what lies there and what shipping costs; which split costs least.
Units that name their place are taken first and open it; the rest is optimized over what is left,
places that are open already costing nothing to open.

A place offers what the rules of stock leave of it, and nothing where it does not serve the
channel. SKUs that are not counted are offered everywhere, as many as are wanted. What all places
together cannot fill waits where it may (``_promises``).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from ordercore.catalog import Product, Products
from ordercore.errors import Rejected
from ordercore.fulfillment import (
    CapacityMovements,
    PromisedWork,
    ShippingRate,
    ShippingRates,
)
from ordercore.grammar import Facts, Need, derived, once_known, replaced
from ordercore.ids import CartId, PlaceId, Sku
from ordercore.inventory import CartHolds, StockAt, StockLevel, StockRules
from ordercore.orders._plans import PlanSourcing, by_line, united
from ordercore.orders._promises import BackorderPlace, NamedUnits, SourcedUnits, Want, backordered
from ordercore.orders._room import Room, Window, promise_days, refuse_without_room
from ordercore.orders._waiting_places import waiting_places
from ordercore.parties import Destination
from ordercore.places import CandidatePlaces, KnownPlaces, Place
from ordercore.sourcing import (
    Demand,
    Offer,
    PlaceOffer,
    SourcingPlan,
    SourcingProblem,
)

__all__ = ["Question"]


@attrs.frozen(kw_only=True, slots=False)
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
        rules: What is kept back, and who serves whom.
        channel: Where it is sold, or empty.
        on: The day by which the rules are read.
        untracked: SKUs that are not counted; None for what the rules say.
        preorders: Whether units may be promised of what is expected; carts hold what is there.
    """

    wants: tuple[Want, ...]
    destination: Destination
    currency: str
    window: Window
    cart_id: CartId | None = None
    barred: frozenset[tuple[Sku, PlaceId]] = frozenset()
    asked: tuple[Sku, ...] = ()
    rules: StockRules
    channel: str = ""
    on: date
    untracked: frozenset[Sku] | None = None
    preorders: bool = False

    @derived
    def skus(self) -> tuple[Sku, ...]:
        """
        The SKUs wanted, each once, sorted.

        """
        return tuple(sorted({want.sku for want in self.wants}))

    @derived
    def _named(self) -> tuple[PlaceId, ...]:
        return tuple(sorted({want.place for want in self.wants if want.place is not None}))

    @derived
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
        needs = self.first_needs
        if facts.missing(needs):
            return needs
        self.products(facts)
        needs |= self._second_needs(facts)
        if not facts.missing(needs):
            plan = self._plan_needed(facts)
            if plan is not None:
                needs |= {plan}
        return needs

    @once_known
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
            Rejected: ``unknown_sku``, ``unknown_place``, ``place_not_in_channel``,
                ``cannot_ship_from``.
        """
        named = self._take_named(facts)
        asked = self._plan_needed(facts)
        plan = None if asked is None else facts[asked]
        stock, uncounted = self._stock(facts), self.uncounted(facts)
        units = [
            replaced(
                taken,
                leave_at_least=stock[taken.sku, taken.place].terms.kept,
                tracked=taken.sku not in uncounted,
            )
            for taken in (*named.units, *by_line(self.wants, plan))
        ]
        merged = united(self.currency, named, plan)
        if not merged.shortfalls:
            return merged, tuple(units)
        places = {want: tuple(self._backorder_places(want, facts)) for want in self.wants}
        room = Room(self.window, self._places(facts), facts)
        return backordered(merged, units, places, room)

    @once_known
    def uncounted(self, facts: Facts) -> frozenset[Sku]:
        """
        Return the SKUs wanted whose units are not counted.

        """
        if self.untracked is not None:
            return self.untracked
        products = self.products(facts)
        tracked = self.rules.tracked
        return frozenset(s for s in self.skus if not tracked(s, products[s].category))

    def promise_days(
        self, facts: Facts, units: tuple[SourcedUnits, ...], movements: CapacityMovements
    ) -> tuple[PromisedWork, ...]:
        """
        Promise the work on units at each limited place, on its first day with room.

        Preordered units wait for their supply, beyond the days that are looked at.

        """
        by_place: dict[PlaceId, int] = {}
        for taken in units:
            if taken.supply_day is not None:
                continue
            by_place[taken.place] = by_place.get(taken.place, 0) + taken.quantity
        return promise_days(self.window, self._places(facts), facts, by_place, movements)

    def refuse_without_room(self, facts: Facts, plan: SourcingPlan) -> None:
        """
        Refuse a plan that falls short although places without a day left could promise the units.

        Raises:
            Rejected: ``no_capacity``.
        """
        if not plan.shortfalls:
            return
        rates, stock, offered = self._rates(facts), self._stock(facts), self._offered(facts)
        anywhere = tuple(place.id for place in self._candidates(facts))
        pairs = {
            (want.sku, place)
            for want in self.wants
            for place in (anywhere if want.place is None else (want.place,))
            if place in rates and (want.sku, place) not in self.barred
        }
        available = {pair: offered[pair] + stock[pair].backorder_room for pair in pairs}
        refuse_without_room(self.window, self._places(facts), plan, available)

    @once_known
    def _second_needs(self, facts: Facts) -> frozenset[Need[Any]]:
        return self.window.needs(self._places(facts).values()) | {
            self._stock_at(facts),
            self._rates_to(facts),
        }

    @once_known
    def _places(self, facts: Facts) -> Mapping[PlaceId, Place]:
        places: dict[PlaceId, Place] = {}
        if any(want.place is None for want in self.wants):
            places.update((place.id, place) for place in self._candidates(facts))
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
            outside = [place for place in known if not self.rules.serves(self.channel, place)]
            if outside:
                raise Rejected(
                    "place_not_in_channel",
                    f"{', '.join(sorted(outside)[:5])} does not serve channel {self.channel}",
                    data={"places": tuple(sorted(outside)), "channel": self.channel},
                    legal=("places of the channel",),
                )
            places.update(known)
        return places

    @once_known
    def _stock_at(self, facts: Facts) -> StockAt:
        places = tuple(sorted(self._places(facts)))
        supply = self.preorders and self.rules.preorders
        return StockAt(self.skus, places, self.cart_id, supply=supply)

    @once_known
    def _rates_to(self, facts: Facts) -> ShippingRates:
        places = tuple(sorted(self._places(facts)))
        return ShippingRates(places, self.destination, self.currency)

    @once_known
    def _stock(self, facts: Facts) -> Mapping[tuple[Sku, PlaceId], StockLevel]:
        found = facts[self._stock_at(facts)]
        if not self.rules.rules:
            return found
        products = self.products(facts)
        terms = {
            sku: self.rules.terms(sku, products[sku].category, self.channel, self.on)
            for sku in self.skus
        }
        return {
            (sku, place): level._replace(terms=terms[sku].at(place))
            for (sku, place), level in found.items()
        }

    @once_known
    def _offered(self, facts: Facts) -> Mapping[tuple[Sku, PlaceId], int]:
        """
        Say what each place can promise from its shelf; of what is not counted, all that is wanted.

        """
        uncounted, wanted = self.uncounted(facts), self._wanted()
        return {
            pair: 0
            if pair in self.barred
            else wanted[pair[0]]
            if pair[0] in uncounted
            else level.available
            for pair, level in self._stock(facts).items()
        }

    def _wanted(self) -> dict[Sku, int]:
        wanted: dict[Sku, int] = {}
        for want in self.wants:
            wanted[want.sku] = wanted.get(want.sku, 0) + want.quantity
        return wanted

    def _backorder_places(self, want: Want, facts: Facts) -> Iterator[BackorderPlace]:
        if want.sku in self.uncounted(facts):
            return
        rates, stock = self._rates(facts), self._stock(facts)
        product, places = self.products(facts)[want.sku], self._places(facts)
        anywhere = [place.id for place in self._candidates(facts)]
        for place in anywhere if want.place is None else [want.place]:
            if place not in rates or (want.sku, place) in self.barred:
                continue
            level, rate = stock[want.sku, place], rates[place]
            cost = _unit_cost(rate, product)
            yield from waiting_places(level, places[place], rate, cost, self.on)

    @once_known
    def _rates(self, facts: Facts) -> Mapping[PlaceId, ShippingRate]:
        return {rate.place: rate for rate in facts[self._rates_to(facts)]}

    def _take_named(self, facts: Facts) -> NamedUnits:
        rates, places = self._rates(facts), self._places(facts)
        offered = self._offered(facts)
        products = self.products(facts)
        named = NamedUnits(Room(self.window, places, facts))
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
            taken = min(want.quantity, max(offered[pair] - named.taken.get(pair, 0), 0))
            taken = named.room.take(want.place, taken)
            named.short(want.sku, want.quantity - taken)
            if taken:
                cost = _unit_cost(rates[want.place], products[want.sku])
                open_cost = rates[want.place].package_minor + places[want.place].handling_minor
                named.take(SourcedUnits(want.line_id, *pair, taken), cost, open_cost)
        return named

    @once_known
    def _plan_needed(self, facts: Facts) -> PlanSourcing | None:
        named = self._take_named(facts)
        demands: dict[Sku, int] = {}
        for want in self.wants:
            if want.place is None:
                demands[want.sku] = demands.get(want.sku, 0) + want.quantity
        if not demands:
            return None
        products, rates, offered = self.products(facts), self._rates(facts), self._offered(facts)
        offers: list[PlaceOffer] = []
        for place in self._candidates(facts):
            rate = rates.get(place.id)
            if rate is None:
                continue
            at_place = tuple(
                Offer(
                    sku=sku,
                    available=offered[sku, place.id] - named.taken.get((sku, place.id), 0),
                    unit_cost_minor=_unit_cost(rate, products[sku]),
                )
                for sku in sorted(demands)
                if (sku, place.id) not in self.barred
            )
            opened = place.id in named.opened
            cost = 0 if opened else rate.package_minor + place.handling_minor
            offers.append(PlaceOffer(place=place.id, open_cost_minor=cost, offers=at_place))
        problem = SourcingProblem(
            currency=self.currency,
            demands=tuple(Demand(sku=s, quantity=q) for s, q in sorted(demands.items())),
            places=named.room.share_out(offers, demands),
        )
        return PlanSourcing(problem)

    @once_known
    def _candidates(self, facts: Facts) -> Sequence[Place]:
        if all(want.place is not None for want in self.wants):
            return []
        candidates = facts[CandidatePlaces(self.destination)]
        serving = (place for place in candidates if self.rules.serves(self.channel, place.id))
        return sorted(serving, key=lambda place: place.id)


def _unit_cost(rate: ShippingRate, product: Product) -> int:
    # A started gram of a cent costs a whole one: planning never understates.
    return rate.unit_minor + -(-rate.kg_minor * product.weight_g // 1_000)
