"""
The source: purchase orders with what was ordered, received, rejected and stocked, read strictly.

Two CSV files of one folder, headers and details. Columns that the replay doesn't use may be there
or not. Everything else is refused with the file, the line, the column and what was legal.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from ordercore.errors import InvalidData
from ordercore.instants import Instant

__all__ = ["HEADERS", "LINES", "LineRow", "PurchaseRow", "SourceStatus", "purchases"]

_T = TypeVar("_T")

HEADERS: Final = "PurchaseOrderHeader.csv"
LINES: Final = "PurchaseOrderDetail.csv"


class SourceStatus(StrEnum):
    """
    How far a purchase order is, as the source numbers it.

    """

    PENDING = "1"
    APPROVED = "2"
    REJECTED = "3"
    COMPLETE = "4"


class LineRow(NamedTuple):
    """
    One line: what was wanted, and what became of it.

    """

    line_id: str
    sku: str
    due: date
    ordered: int
    received: int
    rejected: int
    stocked: int


class PurchaseRow(NamedTuple):
    """
    One purchase order with its lines.

    """

    purchase_id: str
    vendor: str
    status: SourceStatus
    ordered_at: Instant
    shipped_at: Instant
    lines: tuple[LineRow, ...]


def purchases(folder: Path) -> tuple[PurchaseRow, ...]:
    """
    Read all purchase orders, in order of number.

    Raises:
        InvalidData: A cell, a column or a reference is not what it must be.
    """
    lines: dict[str, list[LineRow]] = {}
    for cell in _rows(folder / LINES):
        lines.setdefault(cell("PurchaseOrderID", _number), []).append(
            LineRow(
                line_id=cell("PurchaseOrderDetailID", _number),
                sku=cell("ProductID", _number),
                due=cell("DueDate", _instant).date(),
                ordered=cell("OrderQty", _units),
                received=cell("ReceivedQty", _units),
                rejected=cell("RejectedQty", _units),
                stocked=cell("StockedQty", _units),
            )
        )
    found = [
        PurchaseRow(
            purchase_id=cell("PurchaseOrderID", _number),
            vendor=cell("VendorID", _number),
            status=cell("Status", SourceStatus),
            ordered_at=cell("OrderDate", _instant),
            shipped_at=cell("ShipDate", _instant),
            lines=tuple(lines.pop(cell("PurchaseOrderID", _number), ())),
        )
        for cell in _rows(folder / HEADERS)
    ]
    faults = [f"{LINES}: order {order} has no header" for order in sorted(lines)]
    faults += [f"{HEADERS}: order {row.purchase_id} has no lines" for row in found if not row.lines]
    if faults:
        raise InvalidData("source", tuple(faults[:5]))
    return tuple(sorted(found, key=lambda row: int(row.purchase_id)))


class _Cells:
    """
    The cells of one row.

    """

    def __init__(self, where: str, row: dict[str, str | None]) -> None:
        self._where = where
        self._row = row

    def __call__(self, column: str, read: Callable[[str], _T]) -> _T:
        text = self._row.get(column)
        if text is None:
            raise InvalidData("source", (f"{self._where}: {column}: it is not there",))
        try:
            return read(text)
        except ValueError as error:
            raise InvalidData("source", (f"{self._where}: {column}: {error}",)) from None


def _rows(file: Path) -> Iterator[_Cells]:
    with file.open(encoding="utf-8", newline="") as opened:
        for number, row in enumerate(csv.DictReader(opened), 2):
            yield _Cells(f"{file.name}, line {number}", row)


def _number(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r:.40} is no number: legal are digits")
    return text


def _units(text: str) -> int:
    whole, _, part = text.partition(".")
    if part.strip("0") or not (whole or part).isdigit():
        raise ValueError(f"{text!r:.40} is no number of units: legal are whole ones")
    return int(whole or "0")


def _instant(text: str) -> Instant:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
