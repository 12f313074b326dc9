"""
Answering needs: which store or port knows what; loops, like all that asks the world.

"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import attrs

from ordercore.catalog import ComponentLevels, Product, Products, component_levels
from ordercore.engine._order_facts import known_references, present_order
from ordercore.engine._requests import Call, Loop, collect
from ordercore.engine._stock_facts import (
    account_balances,
    open_preorders_at,
    shelf_units_at,
    stock_as_of,
)
from ordercore.errors import InvalidDefinition
from ordercore.fulfillment import (
    CapacityAt,
    CapacityLevel,
    ShippingRate,
    ShippingRates,
    capacity_accounts,
    capacity_level,
)
from ordercore.grammar import Need
from ordercore.ids import PlaceId, Sku, TenantId, cart_holder, order_stream
from ordercore.instants import Instant
from ordercore.inventory import (
    AccountBalances,
    Availability,
    CartHolds,
    DatedSupply,
    OnHandAsOf,
    OpenPreorders,
    OrderHolds,
    ShelfUnits,
    StockAt,
    StockLevel,
    StockRules,
    availability,
    dated_supply,
    stock_accounts_at,
)
from ordercore.ledger import OpenPending
from ordercore.orders import KnownReferences, PlanSourcing, PresentOrder
from ordercore.places import CandidatePlaces, KnownPlaces, Place, require_place
from ordercore.ports import Carrier, Catalog, Places, Store, TaxCalculator
from ordercore.sourcing import SourcingPlan, problem_key, solve
from ordercore.totals import TaxOn

__all__ = ["Reader"]

#: How many plans are remembered by their problem.
_PLANS_MAX: Final = 256


@attrs.define(kw_only=True)
class Reader:
    """
    Answers needs from one tenant's store and the host's read ports.

    """

    tenant: TenantId
    store: Store
    catalog: Catalog
    places: Places
    carrier: Carrier
    tax: TaxCalculator
    _plans: OrderedDict[str, SourcingPlan] = attrs.field(
        init=False, factory=OrderedDict[str, SourcingPlan]
    )

    def answer(self, needs: tuple[Need[Any], ...], at: Instant) -> Loop[Mapping[Need[Any], object]]:
        """
        Answer each need as of an instant.

        Raises:
            PortUnavailable: A port could not answer.
            InvalidDefinition: Nobody knows how to answer a need of that type.
        """
        answers: dict[Need[Any], object] = {}
        for need in needs:
            answer = _ANSWERS.get(type(need))
            if answer is None:
                raise InvalidDefinition(f"no port answers {type(need).__name__}")
            answers[need] = yield from answer(self, need, at)
        return answers

    def products(self, skus: Iterable[Sku]) -> Loop[Mapping[Sku, Product]]:
        """
        Read products and everything that they consist of, level by level.

        """
        walk: ComponentLevels[Product] = component_levels(skus)
        try:
            wanted = next(walk)
            while True:  # bounded by the walk
                wanted = walk.send((yield from Call(self.catalog.products, wanted)))
        except StopIteration as stop:
            known: Mapping[Sku, Product] = stop.value
            return known

    def candidates(self, need: CandidatePlaces, _: Instant) -> Loop[tuple[Place, ...]]:
        """
        Read which places may serve a destination.

        """
        return tuple((yield from Call(self.places.candidates, need.destination)))

    def rates(self, need: ShippingRates, _: Instant) -> Loop[tuple[ShippingRate, ...]]:
        """
        Read what carriers charge.

        """
        return tuple((yield from Call(self.carrier.rates, need)))

    def holds(self, holder: str, at: Instant) -> Loop[tuple[OpenPending, ...]]:
        """
        Return what somebody holds and what has not expired.

        """
        found = yield from Call(self.store.pendings, self.tenant, holder)
        return tuple(hold for hold in found if not hold.is_due(at))

    def stock(self, need: StockAt, at: Instant) -> Loop[Mapping[tuple[Sku, PlaceId], StockLevel]]:
        """
        Read the levels of SKUs at places, without terms.

        Cost: O(SKUs x places) balances in one read; where supply is asked, one more a SKU.
        """
        accounts = [name for sku in need.skus for name in stock_accounts_at(sku, need.places)]
        balances = yield from Call(self.store.balances, self.tenant, accounts, at)
        own: list[OpenPending] = []
        if need.cart_id is not None:
            own += yield from self.holds(cart_holder(need.cart_id), at)
        if need.order_id is not None:
            own += yield from self.holds(order_stream(need.order_id), at)
        levels: dict[tuple[Sku, PlaceId], StockLevel] = {}
        for sku in need.skus:
            supply = (yield from self.supply(sku)) if need.supply else None
            found = availability(sku, need.places, balances, own=own, supply=supply)
            levels.update(((sku, level.place), level) for level in found.levels)
        return levels

    def supply(self, sku: Sku) -> Loop[Mapping[PlaceId, Sequence[DatedSupply]]]:
        """
        Read what is expected of a SKU, by place and day.

        """
        prefix = f"promise|incoming|{sku}|"
        return dated_supply(sku, (yield from collect(self.store.accounts, self.tenant, prefix)))

    def available(
        self, need: StockAt, stock: StockRules, channel: str, at: Instant
    ) -> Loop[Sequence[Availability]]:
        """
        Read availability under the shop's rules, one a SKU, of the places that serve a channel.

        """
        serving = tuple(place for place in need.places if stock.serves(channel, place))
        levels = yield from self.stock(attrs.evolve(need, places=serving), at)
        categories = yield from self.categories(need.skus, stock)
        found: list[Availability] = []
        for sku in need.skus:
            terms = stock.terms(sku, categories.get(sku, ""), channel, at.date())
            rows = (levels[sku, place]._replace(terms=terms.at(place)) for place in serving)
            found.append(Availability(sku=sku, levels=tuple(rows), tracked=terms.elsewhere.tracked))
        return found

    def categories(self, skus: Collection[Sku], stock: StockRules) -> Loop[Mapping[Sku, str]]:
        """
        Return the categories of SKUs, as far as rules may ask for them.

        """
        if not stock.rules:
            return {}
        products = yield from Call(self.catalog.products, skus)
        return {sku: product.category for sku, product in products.items()}

    def capacity(
        self, need: CapacityAt, at: Instant
    ) -> Loop[Mapping[tuple[PlaceId, date], CapacityLevel]]:
        """
        Read days of places. Cost: O(places x days) balances in one read.

        """
        asked = [(measure, place, day) for place, measure in need.places for day in need.days]
        accounts = [account for dated in asked for account in capacity_accounts(*dated)]
        balances = yield from Call(self.store.balances, self.tenant, accounts, at)
        return {
            (place, day): capacity_level(measure, place, day, balances)
            for measure, place, day in asked
        }

    def capacity_of(self, place: str, day: date, at: Instant) -> Loop[CapacityLevel | None]:
        """
        Read one day of one place; None where its days are not limited.

        Raises:
            Rejected: ``unknown_place``.
        """
        place_id = PlaceId(place)
        known = require_place(place_id, (yield from Call(self.places.places, (place_id,))))
        if known.capacity is None:
            return None
        need = CapacityAt(((place_id, known.capacity),), (day,))
        return (yield from self.capacity(need, at))[place_id, day]

    def plan(self, need: PlanSourcing, _: Instant) -> Loop[SourcingPlan]:
        """
        Solve a sourcing problem, or remember its plan.

        """
        key = problem_key(need.problem)
        known = self._plans.get(key)
        if known is None:
            known = self._plans[key] = yield from Call(solve, need.problem)
            if len(self._plans) > _PLANS_MAX:
                self._plans.popitem(last=False)
        return known


_ANSWERS: Final[dict[type, Callable[[Reader, Any, Instant], Loop[object]]]] = {
    Products: lambda reader, need, _: reader.products(need.skus),
    CandidatePlaces: Reader.candidates,
    KnownPlaces: lambda reader, need, _: iter(Call(reader.places.places, need.ids)),
    ShippingRates: Reader.rates,
    TaxOn: lambda reader, need, _: iter(Call(reader.tax.quote, need)),
    CartHolds: lambda reader, need, at: reader.holds(cart_holder(need.cart_id), at),
    OrderHolds: lambda reader, need, at: reader.holds(order_stream(need.order_id), at),
    StockAt: Reader.stock,
    AccountBalances: lambda reader, need, at: account_balances(
        reader.store, reader.tenant, need, at
    ),
    OnHandAsOf: lambda reader, need, at: stock_as_of(reader.store, reader.tenant, need, at),
    OpenPreorders: lambda reader, need, at: open_preorders_at(
        reader.store, reader.tenant, need, at
    ),
    ShelfUnits: lambda reader, need, at: shelf_units_at(reader.store, reader.tenant, need, at),
    CapacityAt: Reader.capacity,
    PlanSourcing: Reader.plan,
    KnownReferences: lambda reader, need, _: known_references(reader.store, reader.tenant, need),
    PresentOrder: lambda reader, need, _: present_order(reader.store, reader.tenant, need),
}
