"""
The source: the invoice lines of a shop, read strictly, as what they are for its stock.

One CSV file, plain or gzipped. Columns that the replay doesn't use may be there or not. A line that
can't be read is refused with its place and what was legal; a line that has no stock is counted by
its code. Nothing is guessed, and nothing is dropped silently.

An invoice is the lines that stand together under one number. It becomes one or more *facts*: what
happened at one instant and is one thing, a sale, the return of one line, or a correction.
"""

import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import attrs

from ordercore.errors import InvalidData
from ordercore.ids import Sku, id_fault, sku_fault
from ordercore.instants import Instant
from ordercore.inventory import AdjustReason

__all__ = ["Fact", "Kind", "Line", "Source", "is_product", "read_source", "typed_reason"]

_FILES: Final = tuple(
    f"{name}{end}" for name in ("online_retail_dev", "online_retail") for end in (".csv.gz", ".csv")
)
_COLUMNS: Final = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
)  # fmt: skip

#: Codes of the source that are carriage, fees, discounts, vouchers and work by hand.
_NO_PRODUCTS: Final = frozenset(
    {"POST", "DOT", "C2", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS"}
)
_VOUCHERS: Final = "GIFT_0001_"

#: What the free text of a correction means, the first that fits. What only takes units away, or
#: only adds them, is not said of the other direction; all else is a correction.
_REASONS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (
            r"damage|smash|broken|crush|wet|mould|rust|faulty|smudge|destroy|unsaleable|thrown?\b",
            AdjustReason.DAMAGE,
        ),
        (r"lost|missing|\bmia\b|can't find", AdjustReason.LOSS),
        (r"sample|showroom", AdjustReason.SAMPLE),
        (r"found|put aside", AdjustReason.FOUND),
        (r"check|count", AdjustReason.COUNT),
    )
)


class Kind(StrEnum):
    """
    What a fact is for the stock.

    """

    SALE = "sale"
    RETURN = "return"
    CORRECTION = "correction"


@attrs.frozen
class Line:
    """
    Units of one SKU; of a correction below zero where they are gone.

    """

    sku: Sku
    quantity: int
    reason: AdjustReason | None = None


@attrs.frozen
class Fact:
    """
    What happened to the stock at one instant.

    Attributes:
        id: The invoice and the line of the file on which the fact begins.
        kind: What it is.
        invoice: Under which number.
        customer: Whose; "" where the source names nobody.
        at: When.
        lines: What and how much; a return is one line.
    """

    id: str
    kind: Kind
    invoice: str
    customer: str
    at: Instant
    lines: tuple[Line, ...]


@attrs.define
class Source:
    """
    What was read: the facts in their order, and what has no stock.

    """

    facts: list[Fact] = attrs.Factory(list[Fact])
    invoices: int = 0
    lines: int = 0
    without_stock: Counter[str] = attrs.Factory(Counter[str])


class _Row(NamedTuple):
    number: int
    invoice: str
    sku: Sku
    text: str
    quantity: int
    at: Instant
    priced: bool
    customer: str


def is_product(code: str) -> bool:
    """
    Tell whether a stock code, in capitals, is of something that lies on a shelf.

    """
    return code not in _NO_PRODUCTS and not code.startswith(_VOUCHERS)


def typed_reason(text: str, quantity: int) -> AdjustReason:
    """
    Read why a stock was corrected from what somebody typed.

    """
    for pattern, reason in _REASONS:
        if pattern.search(text):
            fits = reason is AdjustReason.COUNT or (quantity > 0) == (reason is AdjustReason.FOUND)
            return reason if fits else AdjustReason.CORRECTION
    return AdjustReason.CORRECTION


def read_source(path: Path, limit: int | None = None) -> Source:
    """
    Read the invoices of a file, or of the folder in which it lies.

    Args:
        path: The file or the folder.
        limit: Only the first so many invoices.

    Raises:
        InvalidData: There is no such file, or it is broken.
    """
    source = Source()
    for invoice, rows in groupby(_rows(_file(path)), key=lambda row: row.invoice):
        if source.invoices == limit:
            break
        source.invoices += 1
        _read_invoice(source, invoice, list(rows))
    return source


def _read_invoice(source: Source, invoice: str, rows: list[_Row]) -> None:
    source.lines += len(rows)
    if invoice.startswith("A"):
        source.without_stock["bad debt"] += len(rows)
        return
    sold = any(row.priced or row.customer for row in rows)
    told: list[tuple[Kind, _Row]] = []
    for row in rows:
        if is_product(row.sku):
            told.append((_kind(row, sold=sold), row))
        else:
            source.without_stock[row.sku] += 1
    # A return is a fact by the line: what is refused of a credit note must not stop the rest.
    runs = groupby(told, key=lambda t: (t[0], t[1].at, t[1].number if t[0] is Kind.RETURN else 0))
    for (kind, at, _), run in runs:
        same = [row for _, row in run]
        lines = tuple(_line(kind, row) for row in same)
        fact_id = f"{invoice}-{same[0].number}"
        source.facts.append(Fact(fact_id, kind, invoice, same[0].customer, at, lines))


def _kind(row: _Row, *, sold: bool) -> Kind:
    if row.invoice.startswith("C"):
        if row.quantity > 0:
            raise _fault(row.number, "Quantity", f"{row.quantity}; legal on a return is below 0")
        return Kind.RETURN
    return Kind.SALE if sold and row.quantity > 0 else Kind.CORRECTION


def _line(kind: Kind, row: _Row) -> Line:
    if kind is Kind.CORRECTION:
        return Line(row.sku, row.quantity, typed_reason(row.text, row.quantity))
    return Line(row.sku, abs(row.quantity))


def _file(path: Path) -> Path:
    names = _FILES if path.is_dir() else ("",)
    found = next((path / name for name in names if (path / name).is_file()), None)
    if found is None:
        raise InvalidData(str(path), (f"it has no invoices; legal is one of {', '.join(_FILES)}",))
    return found


def _rows(path: Path) -> Iterator[_Row]:
    opened: Callable[..., object] = gzip.open if path.suffix == ".gz" else open
    line = 0
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:  # type: ignore[attr-defined]
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            missing = tuple(
                f"column {name} is not there once" for name in _COLUMNS if header.count(name) != 1
            )
            if missing:
                raise InvalidData(f"{path.name} line 1", missing)
            places = [header.index(name) for name in _COLUMNS]
            for cells in reader:
                line = reader.line_num
                if len(cells) != len(header):
                    raise _fault(line, "cells", f"{len(cells)}; legal are {len(header)}")
                yield _row(line, tuple(cells[place] for place in places))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        fault = f"it can't be read on: {error}; legal is CSV in UTF-8, plain or gzipped"
        raise InvalidData(f"{path.name} after line {line}", (fault,)) from error


def _row(line: int, cells: tuple[str, ...]) -> _Row:
    invoice, code, text, quantity, at, price, customer = cells
    # The same product is written 85123A and 85123a by different hands.
    sku = code.strip().upper()
    for column, fault in (
        ("InvoiceNo", id_fault(invoice)),
        ("StockCode", sku_fault(sku)),
        ("CustomerID", id_fault(customer) if customer else None),
    ):
        if fault is not None:
            raise _fault(line, column, fault)
    if re.fullmatch(r"-?[1-9][0-9]{0,8}", quantity, re.ASCII) is None:
        raise _fault(line, "Quantity", f"{quantity!r:.60}; legal is a whole number but 0")
    if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]+)?", price, re.ASCII) is None:
        raise _fault(line, "UnitPrice", f"{price!r:.60}; legal are prices such as 2.55")
    instant = _instant(at)
    if instant is None:
        legal = "legal are times such as '2010-12-01 08:26:00'"
        raise _fault(line, "InvoiceDate", f"{at!r:.60}; {legal}")
    priced = price.strip("-0.") != ""
    return _Row(line, invoice, Sku(sku), text, int(quantity), instant, priced, customer)


@lru_cache(maxsize=16)  # the lines of an invoice have one time
def _instant(text: str) -> Instant | None:
    # Times of day in the shop. Nothing here depends on its zone, so they are taken as UTC.
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _fault(line: int, column: str, fault: str) -> InvalidData:
    return InvalidData(f"invoices line {line}", (f"{column}: {fault}",))
