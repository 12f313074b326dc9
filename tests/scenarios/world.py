"""
A world around a store that a case chooses: one place, two SKUs, ports that tell what they heard.
"""

from ordercore.catalog import Product, StaticCatalog
from ordercore.engine import Engine
from ordercore.fulfillment import ShippingRate
from ordercore.orders import Rules
from ordercore.places import Place, StaticPlaces
from ordercore.ports import Store
from ordercore.testing import FakeCarrier, FakePaymentGateway, FakeTax, VirtualClock
from tests.orders.builders import START


class World:
    """What an engine over a store is surrounded by; engines over it share the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = VirtualClock(START)
        self.payments = FakePaymentGateway(self.clock)
        self.tax = FakeTax({})

    def engine(self, tenant: str = "main", rules: Rules | None = None) -> Engine:
        return Engine(
            store=self.store,
            catalog=StaticCatalog([Product(sku=sku, name=sku) for sku in ("MUG", "TEA")]),
            places=StaticPlaces([Place(id="L1", name="L1")]),
            payments=self.payments,
            tax=self.tax,
            carrier=FakeCarrier({"L1": ShippingRate(place="L1", package_minor=400)}),
            rules=rules,
            clock=self.clock,
            tenant=tenant,
        )

    def asked(self, operation: str) -> int:
        return sum(1 for name, _ in self.payments.calls if name == operation)
