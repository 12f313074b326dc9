"""
One whole order life through the public API: the work that the engine's benchmarks measure.

Two SKUs that lie at two places, so the order goes out in two packages: place it (tax and rates are
read, the payment is authorized), fulfill and deliver both packages (each captures its share), take
one unit back and inspect it (which refunds it).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from ordercore import (
    AuthorizeReturn,
    Destination,
    Engine,
    FulfillUnits,
    InspectReturn,
    LineRequest,
    Place,
    PlaceOrder,
    Product,
    ReceiveReturn,
    ReceiveStock,
    RecordDelivery,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate, ShippingRates
from ordercore.grammar import Outcome, Succeeded
from ordercore.ids import OrderId, PackageId, PlaceId, ReturnId, Sku
from ordercore.ports import ActingCapabilities, Store
from ordercore.totals import TaxedAmount, TaxOn, TaxQuote

__all__ = ["COMMANDS", "START", "Ports", "live", "place_order", "ready_engine"]

MUG: Final = Sku("MUG")
TEA: Final = Sku("TEA")
BERLIN: Final = PlaceId("berlin")
LYON: Final = PlaceId("lyon")
START: Final = datetime(2026, 3, 1, 9, tzinfo=UTC)
#: What a host submits in one life.
COMMANDS: Final = 8


class Ports:
    """Ports that answer at once: what is measured is ordercore."""

    capabilities = ActingCapabilities(lookup=True)

    def __init__(self) -> None:
        self._numbers = count(1)

    def _done(self, ask: object) -> Outcome:
        return Succeeded(reference=f"ch_{next(self._numbers)}", account="bank")

    authorize = capture = void = refund = buy_label = _done

    def lookup(self, key: str) -> None:
        return None

    def quote(self, question: TaxOn) -> TaxQuote:
        return TaxQuote(
            taxes=tuple(
                TaxedAmount(
                    line=entry.line,
                    code="vat",
                    amount_minor=entry.amount_minor * 19 // 100,
                    included=False,
                )
                for entry in question.amounts
            )
        )

    def rates(self, question: ShippingRates) -> list[ShippingRate]:
        return [
            ShippingRate(place=place, package_minor=490, unit_minor=10) for place in question.places
        ]


def ready_engine(store: Store, orders: int, more_places: tuple[PlaceId, ...] = ()) -> Engine:
    """Return an engine whose two places hold what that many orders need; the others are empty."""
    ports, ticks = Ports(), count(1)
    clock: Callable[[], datetime] = lambda: START + timedelta(milliseconds=next(ticks))  # noqa: E731
    engine = Engine(
        store=store,
        catalog=StaticCatalog(
            [
                Product(sku=MUG, name="Mug", weight_g=300),
                Product(sku=TEA, name="Tea", weight_g=100),
            ]
        ),
        places=StaticPlaces(
            [Place(id=place, name=place.title()) for place in (BERLIN, LYON, *more_places)]
        ),
        payments=ports,
        tax=ports,
        carrier=ports,
        clock=clock,
    )
    engine.submit(ReceiveStock(place=BERLIN, lines={"MUG": 2 * orders}))
    engine.submit(ReceiveStock(place=LYON, lines={"TEA": orders}))
    return engine


def place_order(order_id: str) -> PlaceOrder:
    """Return the command that begins a life."""
    return PlaceOrder(
        order_id=OrderId(order_id),
        currency="EUR",
        lines=(
            LineRequest(sku=MUG, quantity=2, unit_price=UnitPrice(999)),
            LineRequest(sku=TEA, quantity=1, unit_price=UnitPrice(500)),
        ),
        destination=Destination(country="DE"),
        tenders=(Tender(method="card", token_ref="token"),),  # noqa: S106  # no secret
        shipping_minor=490,
    )


def live(engine: Engine, number: int) -> None:
    """Lead one order from its placement to the refund of a returned unit."""
    name = f"O-{number}"
    order_id = OrderId(name)
    engine.submit(place_order(name))
    for order in engine.order(name).fulfillment.orders:
        engine.submit(
            FulfillUnits(
                order_id=order_id, fulfillment_order_id=order.id, carrier="post", tracking=order.id
            )
        )
    for package in (f"{name}/package-1", f"{name}/package-2"):
        engine.submit(RecordDelivery(order_id=order_id, package_id=PackageId(package)))
    engine.submit(AuthorizeReturn(order_id=order_id, lines={"line-1": 1}))
    return_id = ReturnId(f"{name}/return-1")
    engine.submit(ReceiveReturn(order_id=order_id, return_id=return_id, place=BERLIN))
    engine.submit(InspectReturn(order_id=order_id, return_id=return_id))
