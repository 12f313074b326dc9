"""
The source: the tables of a marketplace, read strictly.

Each table is one CSV file, plain or gzipped, under its short name or under the name in the
published set. Columns that the replay doesn't use may be there or not. Everything else is
refused with the file, the line, the column and what was legal; nothing is guessed or skipped.
"""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ordercore.errors import InvalidData
from ordercore.ids import id_fault
from ordercore.instants import Instant
from ordercore.money import parse_money

__all__ = [
    "CURRENCY",
    "STATUSES",
    "CustomerRow",
    "ItemRow",
    "OrderRow",
    "PaymentRow",
    "ProductRow",
    "SellerRow",
    "customers",
    "fingerprint",
    "items",
    "orders",
    "payments",
    "products",
    "sellers",
]

CURRENCY: Final = "BRL"

#: The words that the source has for how far an order is.
STATUSES: Final = (
    "created", "approved", "invoiced", "processing", "shipped", "delivered", "canceled",
    "unavailable",
)  # fmt: skip


def _brazil() -> tzinfo:
    try:
        return ZoneInfo("America/Sao_Paulo")
    except ZoneInfoNotFoundError:
        # No time zone data on this machine (install tzdata): three hours behind UTC, without the
        # summer time that Brazil had until 2019. Every fact shifts alike within a season.
        return timezone(timedelta(hours=-3), "BRT")


_BRAZIL: Final = _brazil()


class _Table(NamedTuple):
    files: tuple[str, ...]
    columns: tuple[str, ...]


def _table(name: str, published: str, *columns: str) -> _Table:
    names = (name, published)
    return _Table(tuple(f"{n}.csv{end}" for n in names for end in (".gz", "")), columns)


_ORDERS: Final = _table(
    "orders", "olist_orders_dataset",
    "order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
    "order_delivered_carrier_date", "order_delivered_customer_date",
)  # fmt: skip
_ITEMS: Final = _table(
    "order_items", "olist_order_items_dataset",
    "order_id", "order_item_id", "product_id", "seller_id", "price", "freight_value",
)  # fmt: skip
_PAYMENTS: Final = _table(
    "payments", "olist_order_payments_dataset",
    "order_id", "payment_sequential", "payment_type", "payment_value",
)  # fmt: skip
_CUSTOMERS: Final = _table(
    "customers", "olist_customers_dataset",
    "customer_id", "customer_zip_code_prefix", "customer_state",
)  # fmt: skip
_SELLERS: Final = _table(
    "sellers", "olist_sellers_dataset", "seller_id", "seller_city", "seller_state"
)
_PRODUCTS: Final = _table(
    "products", "olist_products_dataset",
    "product_id", "product_category_name", "product_weight_g",
)  # fmt: skip
_ALL: Final = (_ORDERS, _ITEMS, _PAYMENTS, _CUSTOMERS, _SELLERS, _PRODUCTS)


class OrderRow(NamedTuple):
    """
    An order as the source tells it; a time is None where it did not happen or is not known.

    """

    where: str
    order_id: str
    customer_id: str
    status: str
    purchased: Instant
    approved: Instant | None
    dispatched: Instant | None
    delivered: Instant | None


class ItemRow(NamedTuple):
    """
    One unit sold by one seller.

    """

    where: str
    order_id: str
    number: int
    product_id: str
    seller_id: str
    price_minor: int
    freight_minor: int


class PaymentRow(NamedTuple):
    """
    One tender of an order.

    """

    where: str
    order_id: str
    number: int
    method: str
    amount_minor: int


class CustomerRow(NamedTuple):
    """
    Where the buyer of one order lives, as coarse as the source has it.

    """

    where: str
    customer_id: str
    state: str
    postal_area: str


class SellerRow(NamedTuple):
    """
    A seller, who is a place.

    """

    where: str
    seller_id: str
    name: str


class ProductRow(NamedTuple):
    """
    A product; its name is its category, the source has no other.

    """

    where: str
    product_id: str
    name: str
    weight_g: int


def orders(folder: Path) -> Iterator[OrderRow]:
    for row in _rows(folder, _ORDERS):
        yield OrderRow(
            row.where,
            row.id("order_id"),
            row.id("customer_id"),
            row.word("order_status", STATUSES),
            row.instant("order_purchase_timestamp"),
            row.instant_or_none("order_approved_at"),
            row.instant_or_none("order_delivered_carrier_date"),
            row.instant_or_none("order_delivered_customer_date"),
        )


def items(folder: Path) -> Iterator[ItemRow]:
    for row in _rows(folder, _ITEMS):
        yield ItemRow(
            row.where,
            row.id("order_id"),
            row.integer("order_item_id", 1),
            row.id("product_id"),
            row.id("seller_id"),
            row.money("price"),
            row.money("freight_value"),
        )


def payments(folder: Path) -> Iterator[PaymentRow]:
    for row in _rows(folder, _PAYMENTS):
        yield PaymentRow(
            row.where,
            row.id("order_id"),
            row.integer("payment_sequential", 1),
            row.id("payment_type"),
            row.money("payment_value"),
        )


def customers(folder: Path) -> Iterator[CustomerRow]:
    for row in _rows(folder, _CUSTOMERS):
        yield CustomerRow(
            row.where,
            row.id("customer_id"),
            row.text("customer_state"),
            row.text("customer_zip_code_prefix"),
        )


def sellers(folder: Path) -> Iterator[SellerRow]:
    for row in _rows(folder, _SELLERS):
        name = f"{row.text('seller_city')} {row.text('seller_state')}"
        yield SellerRow(row.where, row.id("seller_id"), name)


def products(folder: Path) -> Iterator[ProductRow]:
    for row in _rows(folder, _PRODUCTS):
        weight = row.integer("product_weight_g", 0) if row.text("product_weight_g") else 0
        name = row.text("product_category_name") or "(no category)"
        yield ProductRow(row.where, row.id("product_id"), name, weight)


def fingerprint(folder: Path) -> str:
    """
    Name the content of all tables, so that a replay is never resumed over other data.

    """
    digest = sha256()
    for table in _ALL:
        with _file(folder, table).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


class _Row:
    """
    One line of a file, whose cells are read by column and refused with their place.

    """

    __slots__ = ("_cells", "_columns", "where")

    def __init__(self, where: str, columns: dict[str, int], cells: list[str]) -> None:
        self.where = where
        self._columns = columns
        self._cells = cells

    def text(self, column: str) -> str:
        return self._cells[self._columns[column]]

    def id(self, column: str) -> str:
        text = self.text(column)
        fault = id_fault(text)
        if fault is not None:
            raise self._fault(column, fault)
        return text

    def word(self, column: str, legal: tuple[str, ...]) -> str:
        text = self.text(column)
        if text in legal:
            return text
        raise self._fault(column, f"{text!r:.60}; legal are {', '.join(legal)}")

    def integer(self, column: str, least: int) -> int:
        text = self.text(column)
        if text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least:
            return int(text)
        raise self._fault(column, f"{text!r:.60}; legal is a whole number from {least}")

    def money(self, column: str) -> int:
        try:
            amount_minor = parse_money(self.text(column), CURRENCY).amount_minor
        except InvalidData as error:
            raise self._fault(column, "; ".join(error.faults)) from error
        if amount_minor < 0:
            raise self._fault(column, f"{self.text(column)!r}; legal are amounts from 0.00")
        return amount_minor

    def instant(self, column: str) -> Instant:
        at = self.instant_or_none(column)
        if at is None:
            raise self._fault(column, "it is empty; legal is the time at which it happened")
        return at

    def instant_or_none(self, column: str) -> Instant | None:
        text = self.text(column)
        if not text:
            return None
        try:
            local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BRAZIL)
        except ValueError as error:
            fault = f"{text!r:.60}; legal are Brazilian local times such as '2018-01-31 12:00:00'"
            raise self._fault(column, fault) from error
        return local.astimezone(UTC)

    def _fault(self, column: str, fault: str) -> InvalidData:
        return InvalidData(self.where, (f"{column}: {fault}",))


def _file(folder: Path, table: _Table) -> Path:
    found = next((folder / name for name in table.files if (folder / name).is_file()), None)
    if found is None:
        raise InvalidData(
            str(folder), (f"there is no {table.files[0]}; legal are {', '.join(table.files)}",)
        )
    return found


def _rows(folder: Path, table: _Table) -> Iterator[_Row]:
    path = _file(folder, table)
    opened: Callable[..., object] = gzip.open if path.suffix == ".gz" else open
    line = 0
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as file:  # type: ignore[attr-defined]
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            line = 1
            columns = _columns(path, table, header)
            for cells in reader:
                line = reader.line_num
                where = f"{path.name} line {line}"
                if len(cells) != len(header):
                    fault = f"{len(cells)} cells; legal are {len(header)}, as the header has"
                    raise InvalidData(where, (fault,))
                yield _Row(where, columns, cells)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        place = f"{path.name} after line {line}"
        fault = f"it can't be read on: {error}; legal is CSV in UTF-8, plain or gzipped"
        raise InvalidData(place, (fault,)) from error


def _columns(path: Path, table: _Table, header: list[str]) -> dict[str, int]:
    # A file saved by a spreadsheet begins with a byte order mark.
    names = [name.removeprefix("\ufeff") for name in header]
    faults = tuple(
        f"column {name} is {'missing' if name not in names else 'there twice'}"
        for name in table.columns
        if names.count(name) != 1
    )
    if faults:
        legal = f"legal is a header with {', '.join(table.columns)}"
        raise InvalidData(f"{path.name} line 1", (*faults, legal))
    return {name: names.index(name) for name in table.columns}
