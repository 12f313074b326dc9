"""From nothing to the first decided order: what a fresh process pays before it can answer."""

from ordercore import (
    Destination,
    Engine,
    LineRequest,
    MemoryStore,
    Place,
    PlaceOrder,
    Product,
    ReceiveStock,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate
from ordercore.grammar import Outcome, Unknown
from ordercore.ids import OrderId, PlaceId, Sku
from ordercore.ports import ActingCapabilities
from ordercore.totals import TaxQuote

__all__ = ["ENGINE"]


_MUG = Sku("MUG")
_BERLIN = PlaceId("berlin")


class _Ports:
    """One place, one rate, no tax; nothing is performed, so nothing that acts is ever asked."""

    capabilities = ActingCapabilities(lookup=True)

    def rates(self, question: object) -> list[ShippingRate]:
        return [ShippingRate(place=_BERLIN, package_minor=490, unit_minor=0)]

    def quote(self, question: object) -> TaxQuote:
        return TaxQuote(taxes=())

    def lookup(self, key: str) -> None:
        return None

    def _never(self, ask: object) -> Outcome:
        return Unknown(reason="not asked")

    authorize = capture = void = refund = buy_label = _never


_PORTS = _Ports()
ENGINE = Engine(
    store=MemoryStore(),
    catalog=StaticCatalog([Product(sku=_MUG, name="Mug", weight_g=300)]),
    places=StaticPlaces([Place(id=_BERLIN, name="Berlin")]),
    payments=_PORTS,
    tax=_PORTS,
    carrier=_PORTS,
)
ENGINE.submit(ReceiveStock(place=_BERLIN, lines={"MUG": 1}))
_PLACED = ENGINE.submit(
    PlaceOrder(
        order_id=OrderId("O-1"),
        currency="EUR",
        lines=(LineRequest(sku=_MUG, quantity=1, unit_price=UnitPrice(999)),),
        destination=Destination(country="DE"),
        tenders=(Tender(method="card", token_ref="token-1"),),  # noqa: S106  # no secret
    ),
    perform=False,
)
assert _PLACED.version > 0, "the order was not placed"
