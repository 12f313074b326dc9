"""
Answering needs: which store or port knows what.

"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

import attrs

from ordercore.catalog import Products, with_components
from ordercore.engine._order_facts import known_references, present_order
from ordercore.engine._stock_facts import (
    account_balances,
    open_preorders_at,
    shelf_units_at,
    stock_as_of,
)
from ordercore.errors import InvalidDefinition, Rejected
from ordercore.fulfillment import (
    CapacityAt,
    CapacityLevel,
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
from ordercore.places import CandidatePlaces, KnownPlaces
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

    def answer(self, needs: tuple[Need[Any], ...], at: Instant) -> Mapping[Need[Any], object]:
        """
        Answer each need as of an instant.

        Raises:
            PortUnavailable: A port could not answer.
            InvalidDefinition: Nobody knows how to answer a need of that type.
        """
        return {need: self._answer(need, at) for need in needs}

    def _answer(self, need: Need[Any], at: Instant) -> object:
        answer = _ANSWERS.get(type(need))
        if answer is None:
            raise InvalidDefinition(f"no port answers {type(need).__name__}")
        return answer(self, need, at)

    def holds(self, holder: str, at: Instant) -> tuple[OpenPending, ...]:
        """
        Return what somebody holds and what has not expired.

        """
        found = self.store.pendings(self.tenant, holder)
        return tuple(hold for hold in found if not hold.is_due(at))

    def stock(self, need: StockAt, at: Instant) -> Mapping[tuple[Sku, PlaceId], StockLevel]:
        """
        Read the levels of SKUs at places, without terms.

        Cost: O(SKUs x places) balances in one read; where supply is asked, one more a SKU.
        """
        accounts = [name for sku in need.skus for name in stock_accounts_at(sku, need.places)]
        balances = self.store.balances(self.tenant, accounts, at)
        own: list[OpenPending] = []
        if need.cart_id is not None:
            own.extend(self.holds(cart_holder(need.cart_id), at))
        if need.order_id is not None:
            own.extend(self.holds(order_stream(need.order_id), at))
        return {
            (sku, level.place): level
            for sku in need.skus
            for level in availability(
                sku,
                need.places,
                balances,
                own=own,
                supply=self.supply(sku) if need.supply else None,
            ).levels
        }

    def supply(self, sku: Sku) -> Mapping[PlaceId, Sequence[DatedSupply]]:
        """
        Read what is expected of a SKU, by place and day.

        """
        return dated_supply(sku, self.store.accounts(self.tenant, f"promise|incoming|{sku}|"))

    def available(
        self, need: StockAt, stock: StockRules, channel: str, at: Instant
    ) -> Sequence[Availability]:
        """
        Read availability under the shop's rules, one a SKU, of the places that serve a channel.

        """
        serving = tuple(place for place in need.places if stock.serves(channel, place))
        levels = self.stock(attrs.evolve(need, places=serving), at)
        categories = self.categories(need.skus, stock)
        found: list[Availability] = []
        for sku in need.skus:
            terms = stock.terms(sku, categories.get(sku, ""), channel, at.date())
            rows = (levels[sku, place]._replace(terms=terms.at(place)) for place in serving)
            found.append(Availability(sku=sku, levels=tuple(rows), tracked=terms.elsewhere.tracked))
        return found

    def categories(self, skus: Collection[Sku], stock: StockRules) -> Mapping[Sku, str]:
        """
        Return the categories of SKUs, as far as rules may ask for them.

        """
        if not stock.rules:
            return {}
        return {sku: product.category for sku, product in self.catalog.products(skus).items()}

    def capacity(
        self, need: CapacityAt, at: Instant
    ) -> Mapping[tuple[PlaceId, date], CapacityLevel]:
        """
        Read days of places. Cost: O(places x days) balances in one read.

        """
        asked = [(measure, place, day) for place, measure in need.places for day in need.days]
        accounts = [account for dated in asked for account in capacity_accounts(*dated)]
        balances = self.store.balances(self.tenant, accounts, at)
        return {
            (place, day): capacity_level(measure, place, day, balances)
            for measure, place, day in asked
        }

    def capacity_of(self, place: str, day: date, at: Instant) -> CapacityLevel | None:
        """
        Read one day of one place; None where its days are not limited.

        Raises:
            Rejected: ``unknown_place``.
        """
        place_id = PlaceId(place)
        known = self.places.places((place_id,)).get(place_id)
        if known is None:
            raise Rejected(
                "unknown_place",
                f"there is no place {place}",
                data={"place": place},
                legal=("places of the shop",),
            )
        if known.capacity is None:
            return None
        return self.capacity(CapacityAt(((place_id, known.capacity),), (day,)), at)[place_id, day]

    def plan(self, need: PlanSourcing, _: Instant) -> SourcingPlan:
        """
        Solve a sourcing problem, or remember its plan.

        """
        key = problem_key(need.problem)
        known = self._plans.get(key)
        if known is None:
            known = self._plans[key] = solve(need.problem)
            if len(self._plans) > _PLANS_MAX:
                self._plans.popitem(last=False)
        return known


_ANSWERS: Final[dict[type, Callable[[Reader, Any, Instant], object]]] = {
    Products: lambda reader, need, _: with_components(reader.catalog.products, need.skus),
    CandidatePlaces: lambda reader, need, _: tuple(reader.places.candidates(need.destination)),
    KnownPlaces: lambda reader, need, _: reader.places.places(need.ids),
    ShippingRates: lambda reader, need, _: tuple(reader.carrier.rates(need)),
    TaxOn: lambda reader, need, _: reader.tax.quote(need),
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
