"""
The journal: what the replay itself must remember, in one SQLite file beside the store.

The source is read once into tables, all of it or nothing, and ordered into one stream of facts.
From then on the replay reads the stream in pages and keeps nothing of it in memory. The cursor,
the anomalies and the orders that were not placed are written page by page: whoever is killed in
between tells some facts again, under the same keys, and hears the same answers.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from examples.marketplace_replay import source
from ordercore.errors import InvalidData
from ordercore.instants import Instant

__all__ = ["PAGE_FACTS", "Fact", "FactKind", "Item", "Journal", "Payment"]

#: How many facts are told between two moves of the cursor.
PAGE_FACTS: Final = 256

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

#: Which layout of the journal this program writes.
_LAYOUT: Final = "1"

_SCHEMA: Final = """
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE orders (
    id TEXT PRIMARY KEY, place TEXT NOT NULL, customer TEXT NOT NULL, status TEXT NOT NULL,
    purchased INTEGER NOT NULL, approved INTEGER, dispatched INTEGER, delivered INTEGER
) WITHOUT ROWID;
CREATE TABLE items (
    order_id TEXT, number INTEGER, place TEXT NOT NULL, product TEXT NOT NULL,
    seller TEXT NOT NULL, price INTEGER NOT NULL, freight INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)
) WITHOUT ROWID;
CREATE TABLE payments (
    order_id TEXT, number INTEGER, place TEXT NOT NULL, method TEXT NOT NULL,
    amount INTEGER NOT NULL, PRIMARY KEY (order_id, number)
) WITHOUT ROWID;
CREATE TABLE customers (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, postal_area TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sellers (id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE products (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, weight_g INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE facts (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, order_id TEXT NOT NULL
);
CREATE TABLE anomalies (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, order_id TEXT NOT NULL,
    amount INTEGER NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE not_placed (order_id TEXT PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID;
"""

#: References between tables: table, column, table referred to.
_REFERENCES: Final = (
    ("items", "order_id", "orders"),
    ("items", "product", "products"),
    ("items", "seller", "sellers"),
    ("payments", "order_id", "orders"),
    ("orders", "customer", "customers"),
)

#: What happens at one instant happens in this order; ties beyond that break by order id.
_FACTS: Final = """
INSERT INTO facts (at, kind, order_id)
SELECT at, kind, id FROM (
    SELECT purchased AS at, 1 AS rank, 'purchase' AS kind, id FROM orders
    UNION ALL
    SELECT coalesce(approved, purchased), 2, 'payment', id FROM orders
        WHERE id IN (SELECT order_id FROM payments)
    UNION ALL
    SELECT dispatched, 3, 'dispatch', id FROM orders WHERE dispatched IS NOT NULL
    UNION ALL
    SELECT delivered, 4, 'delivery', id FROM orders WHERE delivered IS NOT NULL
    UNION ALL
    SELECT max(purchased, coalesce(approved, 0), coalesce(dispatched, 0), coalesce(delivered, 0)),
        5, CASE status WHEN 'canceled' THEN 'cancellation' ELSE 'shortage' END, id
        FROM orders WHERE status IN ('canceled', 'unavailable')
)
ORDER BY at, rank, id
"""


class FactKind(StrEnum):
    """
    What the source can tell about an order.

    """

    PURCHASE = "purchase"
    PAYMENT = "payment"
    DISPATCH = "dispatch"
    DELIVERY = "delivery"
    CANCELLATION = "cancellation"
    SHORTAGE = "shortage"


class Fact(NamedTuple):
    """
    Something that happened to an order at an instant.

    """

    seq: int
    at: Instant
    kind: FactKind
    order_id: str


class Item(NamedTuple):
    """
    Equal units that one order has of one seller.

    """

    product_id: str
    seller_id: str
    price_minor: int
    freight_minor: int
    quantity: int


class Payment(NamedTuple):
    """
    One tender of an order.

    """

    number: int
    method: str
    amount_minor: int


class Journal:
    """
    The open journal of one replay.

    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")

    def close(self) -> None:
        self._connection.close()

    # --- the run ---------------------------------------------------------------------------------

    def get(self, name: str, default: str = "") -> str:
        row = self._one("SELECT value FROM run WHERE name = ?", name)
        return default if row is None else str(row[0])

    def put(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (name, value))

    @property
    def cursor(self) -> int:
        """
        The last fact that was told and whose consequences are written.

        """
        return int(self.get("cursor", "0"))

    def facts(self, after: int) -> list[Fact]:
        """
        Read the next page of the stream.

        """
        rows = self._connection.execute(
            "SELECT seq, at, kind, order_id FROM facts WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, PAGE_FACTS),
        )
        return [Fact(seq, _from_us(at), FactKind(kind), order) for seq, at, kind, order in rows]

    def first_instant(self) -> Instant:
        row = self._one("SELECT coalesce(min(at), 0) FROM facts")
        return _from_us(row[0] if row else 0)

    def begin_page(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def end_page(self, cursor: int, elapsed_s: float) -> None:
        """
        Move the cursor: all up to it is in the store.

        """
        self.put("cursor", str(cursor))
        self.put("elapsed_s", f"{float(self.get('elapsed_s', '0')) + elapsed_s:.6f}")
        self._connection.execute("COMMIT")

    def note(
        self, fact: Fact, step: str, code: str, reason: str = "", amount_minor: int = 0
    ) -> None:
        """
        Keep an anomaly; told again, it is the same one.

        """
        key = f"{fact.order_id}:{fact.kind}{step}:{code}"
        self._connection.execute(
            "INSERT OR REPLACE INTO anomalies VALUES (?, ?, ?, ?, ?, ?)",
            (key, f"{fact.kind}:{code}", _to_us(fact.at), fact.order_id, amount_minor, reason),
        )

    def note_not_placed(self, fact: Fact, kind: str) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO not_placed VALUES (?, ?)", (fact.order_id, kind)
        )

    # --- the source ------------------------------------------------------------------------------

    def items(self, order_id: str) -> list[Item]:
        """
        Return an order's units, equal ones together, in the order of their numbers.

        """
        rows = self._connection.execute(
            "SELECT product, seller, price, freight, count(*) FROM items WHERE order_id = ? "
            "GROUP BY product, seller, price, freight ORDER BY min(number)",
            (order_id,),
        )
        return [Item(*row) for row in rows]

    def payments(self, order_id: str) -> list[Payment]:
        rows = self._connection.execute(
            "SELECT number, method, amount FROM payments WHERE order_id = ? ORDER BY number",
            (order_id,),
        )
        return [Payment(*row) for row in rows]

    def is_before_purchase(self, fact: Fact) -> bool:
        """
        Whether a fact stands in the stream before its order's purchase.

        """
        return fact.at < self._instants(fact.order_id)[0]

    def is_dispatched_before(self, fact: Fact) -> bool:
        """
        Whether an order's boxes had left before a fact.

        """
        purchased, dispatched = self._instants(fact.order_id)
        return dispatched is not None and purchased <= dispatched < fact.at

    def _instants(self, order_id: str) -> tuple[Instant, Instant | None]:
        row = self._one("SELECT purchased, dispatched FROM orders WHERE id = ?", order_id)
        assert row is not None  # facts are of orders
        return _from_us(row[0]), None if row[1] is None else _from_us(row[1])

    def destination(self, order_id: str) -> tuple[str, str]:
        """
        Return the state and postal area that an order goes to.

        """
        row = self._one(
            "SELECT state, postal_area FROM customers "
            "WHERE id = (SELECT customer FROM orders WHERE id = ?)",
            order_id,
        )
        return ("", "") if row is None else (row[0], row[1])

    def stock(self) -> Iterator[tuple[str, dict[str, int]]]:
        """
        Iterate over sellers with all that the source sells of theirs, in order of id.

        """
        sellers = self._connection.execute("SELECT DISTINCT seller FROM items ORDER BY seller")
        for (seller,) in sellers.fetchall():
            rows = self._connection.execute(
                "SELECT product, count(*) FROM items WHERE seller = ? GROUP BY product "
                "ORDER BY product",
                (seller,),
            )
            yield seller, dict(rows.fetchall())

    def sellers(self) -> Iterator[tuple[str, str]]:
        return self._connection.execute(
            "SELECT id, name FROM sellers WHERE id IN (SELECT seller FROM items) ORDER BY id"
        )

    def products(self) -> Iterator[tuple[str, str, int]]:
        return self._connection.execute(
            "SELECT id, name, weight_g FROM products WHERE id IN (SELECT product FROM items) "
            "ORDER BY id"
        )

    def recorded_status(self, order_id: str) -> str:
        row = self._one("SELECT status FROM orders WHERE id = ?", order_id)
        return "" if row is None else str(row[0])

    def total(self, what: str) -> int:
        """
        Return a sum or count of the source; ``what`` is one of the keys of the table below.

        """
        row = self._one(_TOTALS[what])
        return 0 if row is None else int(row[0])

    def counts(self, table: str) -> dict[str, int]:
        """
        Count ``anomalies`` or ``not_placed`` by kind.

        """
        text = {
            "anomalies": "SELECT kind, count(*) FROM anomalies GROUP BY kind ORDER BY kind",
            "not_placed": "SELECT kind, count(*) FROM not_placed GROUP BY kind ORDER BY kind",
        }[table]
        return dict(self._connection.execute(text).fetchall())

    # --- reading the source ----------------------------------------------------------------------

    def read_source(self, folder: Path, limit: int | None) -> None:
        """
        Read the tables and order them into facts; all of it or nothing.

        Raises:
            InvalidData: A file is missing or broken.
        """
        self._connection.executescript(_SCHEMA)
        self._connection.execute("BEGIN")
        self._fill("customers", 3, (_customer(row) for row in source.customers(folder)))
        self._fill("sellers", 2, (((r.seller_id, r.name), r.where) for r in source.sellers(folder)))
        self._fill("products", 3, (_product(row) for row in source.products(folder)))
        self._fill("orders", 8, (_order(row) for row in source.orders(folder)))
        self._fill("items", 7, (_item(row) for row in source.items(folder)))
        self._fill("payments", 5, (_payment(row) for row in source.payments(folder)))
        self._check_references()
        if limit is not None:
            self._keep_first(limit)
        self._connection.execute("CREATE INDEX items_of_seller ON items (seller, product)")
        self._connection.execute(_FACTS)
        self.put("layout", _LAYOUT)
        self._connection.execute("COMMIT")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def is_whole(self) -> bool:
        with suppress(sqlite3.DatabaseError):
            return self.get("layout") == _LAYOUT
        return False

    def _fill(self, table: str, width: int, rows: Iterable[tuple[Sequence[object], str]]) -> None:
        insert = f"INSERT INTO {table} VALUES ({', '.join('?' * width)})"  # noqa: S608 - our words
        for values, where in rows:
            try:
                self._connection.execute(insert, values)
            except sqlite3.IntegrityError as error:
                keys = values[: 2 if table in {"items", "payments"} else 1]
                name = " ".join(str(key) for key in keys)
                fault = f"{name} is there twice; legal is one row for each"
                raise InvalidData(where, (fault,)) from error

    def _check_references(self) -> None:
        for table, column, other in _REFERENCES:
            row = self._one(
                f"SELECT place, {column} FROM {table} "  # noqa: S608 - our own words
                f"WHERE {column} NOT IN (SELECT id FROM {other}) LIMIT 1"
            )
            if row is not None:
                raise InvalidData(
                    row[0], (f"{row[1]} is not among the {other}; legal are those of their file",)
                )

    def _keep_first(self, limit: int) -> None:
        self._connection.execute(
            "DELETE FROM orders WHERE id NOT IN "
            "(SELECT id FROM orders ORDER BY purchased, id LIMIT ?)",
            (limit,),
        )
        for table in ("items", "payments"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE order_id NOT IN (SELECT id FROM orders)"  # noqa: S608
            )

    def _one(self, statement: str, *keys: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(statement, keys).fetchone()
        return row


_TOTALS: Final = {
    "orders": "SELECT count(*) FROM orders",
    "facts": "SELECT count(*) FROM facts",
    "items": "SELECT coalesce(sum(price), 0) FROM items",
    "freight": "SELECT coalesce(sum(freight), 0) FROM items",
    "payments": "SELECT coalesce(sum(amount), 0) FROM payments",
    # What was paid and could not be recorded in an order, because there is none.
    "parked": "SELECT coalesce(sum(amount), 0) FROM anomalies",
}


def _customer(row: source.CustomerRow) -> tuple[tuple[object, ...], str]:
    return (row.customer_id, row.state, row.postal_area), row.where


def _product(row: source.ProductRow) -> tuple[tuple[object, ...], str]:
    return (row.product_id, row.name, row.weight_g), row.where


def _order(row: source.OrderRow) -> tuple[tuple[object, ...], str]:
    times = (row.approved, row.dispatched, row.delivered)
    optional = (None if at is None else _to_us(at) for at in times)
    values = (row.order_id, row.where, row.customer_id, row.status, _to_us(row.purchased))
    return (*values, *optional), row.where


def _item(row: source.ItemRow) -> tuple[tuple[object, ...], str]:
    prices = (row.price_minor, row.freight_minor)
    what = (row.product_id, row.seller_id)
    return (row.order_id, row.number, row.where, *what, *prices), row.where


def _payment(row: source.PaymentRow) -> tuple[tuple[object, ...], str]:
    return (row.order_id, row.number, row.where, row.method, row.amount_minor), row.where


def _to_us(at: Instant) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _from_us(at_us: int) -> Instant:
    return _EPOCH + timedelta(microseconds=at_us)
