"""
A small marketplace in the shape of the real one, made from a seed.

It writes the same files with the same columns and the same quirks: several sellers and several
payments an order, orders without lines or payment, dispatches before approval and before the
purchase, deliveries before dispatch, money that differs from the order, canceled and unavailable
orders. The same seed writes the same bytes.
"""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

__all__ = ["write_sample"]

_FIRST: Final = datetime(2017, 10, 1, 8)  # noqa: DTZ001 - the files hold Brazilian local times
_STATES: Final = ("SP", "RJ", "MG", "RS", "PR")
_METHODS: Final = ("credit_card", "credit_card", "credit_card", "boleto", "voucher", "debit_card")

_Rows = list[list[str]]


def write_sample(folder: Path, *, seed: int = 20_171_001, orders: int = 240) -> None:
    """
    Write the tables of a made-up marketplace into a folder.

    """
    folder.mkdir(parents=True, exist_ok=True)
    sample = _Sample(Random(seed), orders)  # noqa: S311 - made up is what it shall be
    for name, rows in sample.tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


class _Sample:
    def __init__(self, random: Random, orders: int) -> None:
        self._random = random
        self.tables: dict[str, _Rows] = {
            "orders": [
                [
                    "order_id", "customer_id", "order_status", "order_purchase_timestamp",
                    "order_approved_at", "order_delivered_carrier_date",
                    "order_delivered_customer_date", "order_estimated_delivery_date",
                ]
            ],
            "order_items": [
                [
                    "order_id", "order_item_id", "product_id", "seller_id", "shipping_limit_date",
                    "price", "freight_value",
                ]
            ],
            "payments": [
                [
                    "order_id", "payment_sequential", "payment_type", "payment_installments",
                    "payment_value",
                ]
            ],
            "customers": [["customer_id", "customer_zip_code_prefix", "customer_state"]],
            "sellers": [["seller_id", "seller_city", "seller_state"]],
            "products": [["product_id", "product_category_name", "product_weight_g"]],
        }  # fmt: skip
        self._sellers = [self._id() for _ in range(12)]
        self._products = [(self._id(), random.choice(self._sellers)) for _ in range(60)]
        for seller in self._sellers:
            self._add("sellers", seller, "cidade", random.choice(_STATES))
        for n, (product, _) in enumerate(self._products):
            self._add("products", product, "" if n % 20 == 0 else "categoria", str(100 + 50 * n))
        for n in range(orders):
            self._order(n)

    def _id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _add(self, table: str, *cells: str) -> None:
        self.tables[table].append(list(cells))

    def _order(self, n: int) -> None:
        random = self._random
        order_id, customer_id = self._id(), self._id()
        self._add(
            "customers", customer_id, f"{random.randrange(99_999):05}", random.choice(_STATES)
        )
        purchased = _FIRST + timedelta(minutes=90 * n + random.randrange(80))
        approved = purchased + timedelta(minutes=random.choice((0, 15, 40, 1_500)))
        dispatched = approved + timedelta(hours=random.randrange(4, 72))
        delivered = dispatched + timedelta(hours=random.randrange(24, 400))
        status = "delivered"
        times: list[datetime | None] = [purchased, approved, dispatched, delivered]
        match n % 40:
            case 3:
                times[1] = dispatched + timedelta(hours=1)
            case 7:
                times[3] = dispatched - timedelta(hours=3)
            case 11:
                times[2] = purchased - timedelta(minutes=5)
            case 13:
                times[1] = None
            case 17 | 18:
                status, times[2], times[3] = "canceled", None, None
            case 19:
                status, times[3] = "canceled", None
            case 21 | 22:
                status, times[2], times[3] = "unavailable", None, None
            case 23:
                status, times[3] = "shipped", None
            case 29:
                status, times[2], times[3] = ("processing", "invoiced")[n % 80 > 40], None, None
        written = ("" if at is None else str(at) for at in times)
        self._add("orders", order_id, customer_id, status, *written, "")
        # Every second unavailable order has lost its lines, as has one canceled order in two.
        total = 0 if n % 40 in {18, 22} else self._items(order_id, purchased)
        self._payments(order_id, n, total or random.randrange(1_000, 20_000))

    def _items(self, order_id: str, purchased: datetime) -> int:
        random, total, number = self._random, 0, 0
        for _ in range(random.choice((1, 1, 1, 1, 2, 3))):
            product, seller = random.choice(self._products)
            price, freight = random.randrange(500, 30_000), random.choice((0, 890, 1_512, 2_207))
            for _ in range(random.choice((1, 1, 1, 2, 3))):
                number += 1
                total += price + freight
                limit = str(purchased + timedelta(days=5))
                self._add(
                    "order_items", order_id, str(number), product, seller, limit,
                    _major(price), _major(freight),
                )  # fmt: skip
        return total

    def _payments(self, order_id: str, n: int, total: int) -> None:
        match n % 40:
            case 31:
                total -= 100
            case 33:
                total += 1_234
            case 37:
                return
        count = self._random.choice((1, 1, 1, 1, 2, 3))
        parts = [total // count] * (count - 1)
        parts.append(total - sum(parts))
        if n % 40 == 35:
            parts.append(0)
        for number, part in enumerate(parts, 1):
            method = self._random.choice(_METHODS)
            self._add("payments", order_id, str(number), method, "1", _major(part))


def _major(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
