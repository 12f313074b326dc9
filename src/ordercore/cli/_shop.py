"""
The shop of the demonstration: tea and what one needs for it, sold from five places.

Everything is a table, so that the story can be followed with a pencil. Prices include tax. The
outside world is played by the fakes of ``ordercore.testing``; the payment provider keeps its books
in a file, hence it remembers what it did after a process of the shop has died.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from ordercore.catalog import Product, StaticCatalog
from ordercore.engine import Engine
from ordercore.fulfillment import ShippingRate
from ordercore.ids import OrderId, PlaceId, Sku
from ordercore.money import UnitPrice
from ordercore.orders import LineRequest, Rules
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.places import Place, PlaceKind, StaticPlaces
from ordercore.stores import SQLiteStore
from ordercore.testing import FakeCarrier, FakePaymentGateway, FakeTax, SequenceIds, VirtualClock

__all__ = [
    "ANNA",
    "BEN",
    "CHLOE",
    "CURRENCY",
    "HOME",
    "MORNING",
    "NAME",
    "PLACES",
    "PRODUCTS",
    "STOCK",
    "Shop",
    "line",
    "tender",
]

NAME: Final = "Tea & Clay"
CURRENCY: Final = "EUR"

#: When the day of the story begins.
MORNING: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

#: Where the three customers of the day live.
HOME: Final = Destination(country="NL", postal_area="35")

ANNA: Final = OrderId("A-1001")
CHLOE: Final = OrderId("A-1002")
BEN: Final = OrderId("A-1003")

PRODUCTS: Final = (
    Product(sku=Sku("TEAPOT"), name="Iron teapot", weight_g=1_400),
    Product(sku=Sku("CUP"), name="Stoneware cup", weight_g=320),
    Product(sku=Sku("SENCHA"), name="Sencha tea", weight_g=120, tax_class="food"),
    Product(sku=Sku("WHISK"), name="Bamboo whisk", weight_g=60),
    Product(sku=Sku("CADDY"), name="Hand-painted caddy", weight_g=650),
)

_PRICES: Final = {"TEAPOT": 64_50, "CUP": 13_90, "SENCHA": 8_90, "WHISK": 18_50, "CADDY": 48_00}

# What one more package costs beside its freight: at a store, somebody leaves the counter for it.
PLACES: Final = (
    Place(id=PlaceId("amsterdam"), name="Amsterdam", country="NL", handling_minor=75),
    Place(id=PlaceId("rotterdam"), name="Rotterdam", country="NL", handling_minor=75),
    Place(
        id=PlaceId("utrecht"),
        name="Utrecht",
        kind=PlaceKind.STORE,
        country="NL",
        handling_minor=2_40,
    ),
    Place(
        id=PlaceId("delft"),
        name="Delft",
        kind=PlaceKind.WORKSHOP,
        country="NL",
        handling_minor=1_50,
    ),
    Place(id=PlaceId("antwerp"), name="Antwerp", kind=PlaceKind.SUPPLIER, country="BE"),
)

STOCK: Final[tuple[tuple[PlaceId, dict[str, int]], ...]] = (
    (PlaceId("amsterdam"), {"TEAPOT": 2, "SENCHA": 30, "WHISK": 4}),
    (PlaceId("rotterdam"), {"CUP": 6}),
    (PlaceId("utrecht"), {"CUP": 5, "SENCHA": 6, "WHISK": 1}),
    (PlaceId("delft"), {"CADDY": 2}),
    (PlaceId("antwerp"), {"TEAPOT": 2, "CUP": 24, "SENCHA": 12}),
)

_RATES: Final = {
    place: ShippingRate(place=place, package_minor=package_minor, kg_minor=kg_minor)
    for place, package_minor, kg_minor in (
        (PlaceId("amsterdam"), 4_50, 60),
        (PlaceId("rotterdam"), 4_50, 60),
        (PlaceId("utrecht"), 5_20, 60),
        (PlaceId("delft"), 6_90, 80),
        (PlaceId("antwerp"), 8_90, 1_60),
    )
}

_TAX_BP: Final = {
    ("NL", "standard"): 2_100,
    ("NL", "food"): 900,
    ("NL", "shipping"): 2_100,
}


def line(sku: str, quantity: int) -> LineRequest:
    """
    Order so many units of a SKU at the price of the day.

    """
    return LineRequest(sku=Sku(sku), quantity=quantity, unit_price=UnitPrice(_PRICES[sku]))


def tender(method: str, token: str, amount_minor: int | None = None) -> Tender:
    """
    Pay by a token in the shop's vault.

    """
    return Tender(method=method, token_ref=f"vault-{token}", amount_minor=amount_minor)


@attrs.frozen(kw_only=True)
class Shop:
    """
    One process of the shop: its engine over a store and the world as this process sees it.

    Attributes:
        engine: What the shop works with.
        store: The file.
        clock: The time of the story.
        payments: The payment provider.
    """

    engine: Engine
    store: SQLiteStore
    clock: VirtualClock
    payments: FakePaymentGateway

    @classmethod
    def open(
        cls,
        *,
        store: Path,
        payments: FakePaymentGateway,
        clock: VirtualClock,
        process: str,
    ) -> "Shop":
        """
        Start a process of the shop.

        Args:
            store: The store's file, shared by all processes; made where missing.
            payments: The provider.
            clock: The time; shared with the provider.
            process: The name of this process in leases and in the keys of its commands.
        """
        opened = SQLiteStore(store)
        engine = Engine(
            store=opened,
            catalog=StaticCatalog(PRODUCTS),
            places=StaticPlaces(PLACES),
            payments=payments,
            tax=FakeTax(_TAX_BP),
            carrier=FakeCarrier(_RATES, name="post", clock=clock),
            rules=Rules(prices_include_tax=True),
            clock=clock,
            new_key=SequenceIds(process),
            worker=process,
        )
        return cls(engine=engine, store=opened, clock=clock, payments=payments)
