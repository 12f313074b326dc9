"""
A shop whose payment provider tells by webhook what came of each ask.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

from ordercore import (
    Destination,
    Engine,
    LineRequest,
    MemoryStore,
    Place,
    PlaceOrder,
    Product,
    ReceiveStock,
    Rules,
    StaticCatalog,
    StaticPlaces,
    Submitted,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate
from ordercore.intake import NOTICES, Message
from ordercore.ports import PaymentGateway, Store
from ordercore.testing import (
    FakeCarrier,
    FakePaymentGateway,
    FakeWebhooks,
    NoTax,
    ProviderMessage,
    VirtualClock,
)

ORDER = "O-1"
AUTHORIZATION, CAPTURE = f"{ORDER}/payment-1", f"{ORDER}/capture-1"


class Shop:
    """One place full of mugs; the provider's messages lie in ``webhooks.messages``."""

    def __init__(self, store: Store | None = None, **webhooks: Any) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.store = store or MemoryStore()
        self.gateway = FakePaymentGateway(self.clock)
        self.webhooks = FakeWebhooks(self.gateway, self.clock, **webhooks)
        self.engine = self.over(self.store)

    def over(self, store: Store) -> Engine:
        return Engine(
            store=store,
            catalog=StaticCatalog([Product(sku="MUG", name="Mug")]),
            places=StaticPlaces([Place(id="berlin", name="Berlin")]),
            payments=cast("PaymentGateway", self.webhooks),
            tax=NoTax(),
            carrier=FakeCarrier({"berlin": ShippingRate(place="berlin", package_minor=400)}),
            rules=Rules(retry_s=60),
            clock=self.clock,
        )

    def stocked(self) -> "Shop":
        self.engine.submit(ReceiveStock(place="berlin", lines={"MUG": 9}), key="stock")
        return self

    def place(self, order_id: str = ORDER, token: str = "vault:1", **how: Any) -> Submitted:
        return self.engine.submit(placed(order_id, token), key=f"place-{order_id}", **how)

    def receive(self, message: ProviderMessage, engine: Engine | None = None) -> Submitted:
        return (engine or self.engine).receive(self.webhooks.source, *self.webhooks.signed(message))

    def settle(self, engine: Engine | None = None) -> None:
        """Perform what is due now, until nothing is."""
        for _ in range(20):
            if not (engine or self.engine).run_pending():
                return
        raise AssertionError("it does not come to rest")

    def message(self, notice_id: str, engine: Engine | None = None) -> Message:
        return (engine or self.engine).state(notice_id, of=NOTICES)

    def status(self, notice_id: str) -> str:
        (told,) = self.message(notice_id).notices
        return told.status

    def events(self, order_id: str = ORDER) -> list[str]:
        return [type(r.event).__name__ for r in self.engine.history(order_id)]

    def is_sound(self) -> None:
        assert str(self.engine.verify()).endswith("balanced, no leaks")


def placed(order_id: str = ORDER, token: str = "vault:1") -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id,
        currency="EUR",
        destination=Destination(country="DE"),
        lines=(LineRequest(sku="MUG", quantity=1, unit_price=UnitPrice(1000)),),
        tenders=(Tender(method="card", token_ref=token),),
    )


def count(names: Iterable[str], name: str) -> int:
    return sum(each == name for each in names)
