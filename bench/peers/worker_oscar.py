"""
The equal life by django-oscar, as its own checkout and order processing do it, without HTTP.

Place (the order and its lines from a basket, the stock allocated, the payment source allocated),
Processed, Shipped (a shipping event, the allocations consumed, the source debited), Complete: four
commands, each in a transaction of its own. This is less than the others do: oscar's default
strategy takes the first stock record of a product, so there is one place and nothing to choose;
picking and packing have no counterpart. Baskets are filled before the clock starts.

SQLite with a write-ahead log and ``synchronous = FULL``, ``DEBUG`` off. Migrating takes a quarter
of a minute, so it is done once, into a file that every fresh store is copied from.
"""

# pyright: reportMissingImports=false

import os
import shutil
import sys
import tempfile
import warnings
from decimal import Decimal
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any, Final

import django

from bench.peers.equal_life import LINES, PLACES, SHIPPING_MINOR, WARM_UP, stocked, timed
from bench.peers.line_protocol import serve

__all__: list[str] = []

TEMPLATE: Final = Path(
    sys.prefix, "..", f"oscar-{version('django-oscar')}-django-{version('django')}.db"
).resolve()
VAT: Final = Decimal("0.19")

warnings.filterwarnings("ignore", module="haystack")  # nothing is searched
os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.oscar_settings"
os.environ["OSCAR_DATABASE"] = str(TEMPLATE)
django.setup()

from django.core.management import call_command  # noqa: E402  # after the set-up, as Django wants
from django.db import connection, transaction  # noqa: E402
from oscar.apps.checkout.calculators import OrderTotalCalculator  # noqa: E402
from oscar.apps.order.processing import EventHandler  # noqa: E402
from oscar.apps.order.utils import OrderCreator  # noqa: E402
from oscar.apps.partner import strategy  # noqa: E402
from oscar.apps.shipping.methods import FixedPrice  # noqa: E402
from oscar.core.loading import get_model  # noqa: E402


def _model(app: str, name: str) -> Any:  # noqa: ANN401  # the library has no types
    return get_model(app, name)


Basket = _model("basket", "Basket")
Order = _model("order", "Order")
ShippingEventType = _model("order", "ShippingEventType")
Source = _model("payment", "Source")
SourceType = _model("payment", "SourceType")
StockRecord = _model("partner", "StockRecord")


class WithVat(
    strategy.UseFirstStockRecord,
    strategy.StockRequired,
    strategy.FixedRateTax,
    strategy.Structured,
):
    rate = VAT


class Shop:
    """One shop on a fresh database."""

    def __init__(self, lives: int) -> None:
        self._references = count(1)
        self._country = _model("address", "Country").objects.create(
            iso_3166_1_a2="DE", printable_name="Germany", is_shipping_country=True
        )
        self._shipped = ShippingEventType.objects.create(name="Shipped")
        self._card = SourceType.objects.create(name="card")
        kind = _model("catalogue", "ProductClass").objects.create(name="Goods", track_stock=True)
        partner = _model("partner", "Partner").objects.create(name="Berlin")
        self._products = []
        units = stocked(lives)
        for sku, _, price in LINES:
            product = _model("catalogue", "Product").objects.create(
                product_class=kind, title=sku.title(), upc=sku
            )
            StockRecord.objects.create(
                product=product,
                partner=partner,
                partner_sku=sku,
                price_currency="EUR",
                price=Decimal(price) / 100,
                num_in_stock=len(PLACES) * units[sku],
            )
            self._products.append(product)
        self._baskets = [self._basket() for _ in range(lives)]

    def place(self, number: int) -> None:
        with transaction.atomic():
            basket = Basket.objects.get(pk=self._baskets[number])
            basket.strategy = WithVat()
            address = _model("order", "ShippingAddress").objects.create(
                first_name="A",
                last_name="B",
                line1="Street 1",
                line4="Berlin",
                postcode="10115",
                country=self._country,
            )
            method = FixedPrice(
                charge_excl_tax=Decimal(SHIPPING_MINOR) / 100,
                charge_incl_tax=Decimal(SHIPPING_MINOR) / 100 * (1 + VAT),
            )
            charge = method.calculate(basket)
            total = OrderTotalCalculator().calculate(basket, charge)
            order = OrderCreator().place_order(
                order_number=str(number),
                basket=basket,
                total=total,
                shipping_method=method,
                shipping_charge=charge,
                shipping_address=address,
                guest_email="a@example.com",
            )
            basket.submit()
            source = Source.objects.create(
                order=order, source_type=self._card, currency="EUR", reference=f"O-{number}"
            )
            source.allocate(total.incl_tax, reference=f"ch_{next(self._references)}")

    def process(self, number: int) -> None:
        with transaction.atomic():
            EventHandler().handle_order_status_change(
                Order.objects.get(number=str(number)), "Processed"
            )

    def ship(self, number: int) -> None:
        with transaction.atomic():
            order = Order.objects.get(number=str(number))
            lines = list(order.lines.all())
            quantities = [line.quantity for line in lines]
            handler = EventHandler()
            handler.handle_shipping_event(order, self._shipped, lines, quantities)
            handler.consume_stock_allocations(order, lines, quantities)
            source = order.sources.get()
            source.debit(reference=f"ch_{next(self._references)}")
            handler.handle_order_status_change(order, "Shipped")

    def complete(self, number: int) -> None:
        with transaction.atomic():
            EventHandler().handle_order_status_change(
                Order.objects.get(number=str(number)), "Complete"
            )

    def lead(self, number: int) -> None:
        self.place(number)
        self.process(number)
        self.ship(number)
        self.complete(number)

    def end(self) -> dict[str, int]:
        quantities = _model("order", "ShippingEventQuantity").objects.all()
        records = list(StockRecord.objects.all())
        sources = Source.objects.all()
        return {
            "orders_completed": Order.objects.filter(status="Complete").count(),
            "units_shipped": sum(shipped.quantity for shipped in quantities),
            "units_reserved": sum(record.num_allocated or 0 for record in records),
            "units_on_hand": sum(record.num_in_stock for record in records),
            "captured_minor": sum(int(source.amount_debited * 100) for source in sources),
        }

    def _basket(self) -> int:
        basket = Basket.objects.create()
        basket.strategy = WithVat()
        for product, (_, quantity, _) in zip(self._products, LINES, strict=True):
            basket.add_product(product, quantity)
        key: int = basket.pk
        return key


def _migrated() -> None:
    """Make the file that fresh stores are copied from, unless it is there."""
    if TEMPLATE.exists():
        return
    with tempfile.TemporaryDirectory(dir=TEMPLATE.parent) as folder:
        made = Path(folder, "new.db")
        connection.settings_dict["NAME"] = str(made)
        call_command("migrate", verbosity=0)
        connection.close()
        made.replace(TEMPLATE)


def _life(lives: int, path: str) -> tuple[float, dict[str, int]]:
    database = Path(path, "oscar.db")
    shutil.copyfile(TEMPLATE, database)
    connection.close()
    connection.settings_dict["NAME"] = str(database)
    try:
        shop = Shop(lives + WARM_UP)
        seconds = timed(shop.lead, lives)
        return seconds, shop.end()
    finally:
        connection.close()


if __name__ == "__main__":
    _migrated()
    serve(("django-oscar", "django"), {"whole": _life})
