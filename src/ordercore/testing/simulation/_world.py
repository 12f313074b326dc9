"""
The shop that a simulation runs: what it sells, from where, by which rules, drawn from a seed.

A host that wants its own adapters, policies or lifecycles simulated hands in a :class:`World` of
its own; see ``docs/guides/simulation.md``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import attrs

from ordercore.catalog import Product
from ordercore.fulfillment import ShippingRate, ShippingRates
from ordercore.grammar import derived
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.orders import Rules
from ordercore.places import Place
from ordercore.ports import Carrier, PaymentGateway, TaxCalculator
from ordercore.testing._carrier import FakeCarrier
from ordercore.testing._payments import FakePaymentGateway
from ordercore.testing._tax import NoTax
from ordercore.testing.simulation._dice import Dice

__all__ = ["Assortment", "World", "drawn_world"]

Clock = Callable[[], Instant]

_PLACES: Final = ("berlin", "lyon", "porto", "riga")
_SKUS: Final = ("MUG", "TEA", "POT", "CUP", "JAM", "BAG", "PEN", "INK")


@attrs.frozen(kw_only=True, slots=False)
class Assortment:
    """
    What is sold, from where, and for how much.

    Attributes:
        prices: The unit price of each SKU in minor units; the first SKU is the one that all want.
        places: Where stock may lie.
        package_minor: What a package from a place costs the shop.
        unit_minor: What each unit in it costs.
        shipping_minor: What a customer pays for shipping.
    """

    prices: Mapping[Sku, int]
    places: tuple[PlaceId, ...]
    package_minor: Mapping[PlaceId, int]
    unit_minor: int
    shipping_minor: int

    @derived
    def catalog(self) -> Mapping[Sku, Product]:
        """
        The products.

        """
        return {sku: Product(sku=sku, name=sku.title(), weight_g=100) for sku in self.prices}

    def rate(self, place: PlaceId, units: int) -> int:
        """
        What a package of so many units from a place costs the shop.

        """
        return self.package_minor[place] + self.unit_minor * units

    def products(self, skus: Collection[Sku]) -> Mapping[Sku, Product]:
        """
        Answer as a :class:`ordercore.ports.Catalog`.

        """
        return {sku: self.catalog[sku] for sku in skus if sku in self.catalog}

    @derived
    def known_places(self) -> Mapping[PlaceId, Place]:
        """
        The places by id; each serves everybody.

        """
        return {place: Place(id=place, name=place.title()) for place in self.places}

    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        """
        Answer as the rates of a carrier.

        """
        return tuple(
            ShippingRate(
                place=place, package_minor=self.package_minor[place], unit_minor=self.unit_minor
            )
            for place in question.places
            if place in self.package_minor
        )


def _fake_payments(clock: Clock) -> PaymentGateway:
    return FakePaymentGateway(clock, life_s=400 * 86_400)


@attrs.frozen(kw_only=True)
class World:
    """
    What is simulated.

    Attributes:
        assortment: What is sold.
        rules: The shop's policies.
        payments: Makes the payment provider of one tenant, over the simulation's clock.
        carrier: Makes its carrier.
        tax: Makes its taxes. The auditor knows prices without tax only.
        processes: How many processes of the shop run at the same time.
        lease_s: How long they may take for a call to a provider.
    """

    assortment: Assortment
    rules: Rules
    payments: Callable[[Clock], PaymentGateway] = _fake_payments
    carrier: Callable[[Clock, Assortment], Carrier] = lambda clock, assortment: FakeCarrier(
        assortment.rates, clock=clock
    )
    tax: Callable[[], TaxCalculator] = NoTax
    processes: int = 2
    lease_s: int = 60


def drawn_world(seed: int) -> World:
    """
    Draw a shop: few places, few SKUs, little of what all want.

    """
    dice = Dice(seed, "world")
    places = tuple(PlaceId(name) for name in _PLACES[: dice.between(2, len(_PLACES))])
    skus = tuple(Sku(name) for name in _SKUS[: dice.between(3, len(_SKUS))])
    return World(
        assortment=Assortment(
            prices={sku: dice.between(1, 20_000) for sku in skus},
            places=places,
            package_minor={place: dice.between(100, 900) for place in places},
            unit_minor=dice.between(0, 40),
            shipping_minor=dice.pick((0, 0, 490, 999)),
        ),
        rules=Rules(
            buy_labels=dice.chance(600),
            attempts_max=dice.between(2, 6),
            retry_s=dice.pick((10, 60, 300)),
            reservation_s=dice.pick((300, 1_800, 7_200)),
        ),
    )
