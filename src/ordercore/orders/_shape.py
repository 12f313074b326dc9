"""
What commands are made of, and how their shape is checked.

Faults are collected, not raised one by one: whoever sends a wrong command learns all of it at
once, each fault with its path.
"""

from collections.abc import Iterable, Mapping
from typing import cast

import attrs

from ordercore.errors import InvalidData
from ordercore.ids import (
    LineId,
    PlaceId,
    Sku,
    card_number_fault,
    id_fault,
    sku_fault,
)
from ordercore.instants import Instant
from ordercore.money import AMOUNT_MAX, QUANTITY_MAX, UnitPrice, exponent
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.totals import LINES_MAX, Charge, Discount

__all__ = [
    "Faults",
    "LineQuantity",
    "LineRequest",
    "SkuQuantity",
    "amount_fault",
    "line_quantities",
    "optional_line_quantities",
    "quantity_fault",
    "sku_quantities",
]


@attrs.frozen
class LineQuantity:
    """
    So many units of one line of an order.

    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int


@attrs.frozen
class SkuQuantity:
    """
    So many units of one SKU.

    Attributes:
        sku: What.
        quantity: How many.
        place: Only from this place; None for wherever it is best.
    """

    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    place: PlaceId | None = attrs.field(default=None, converter=attrs.converters.optional(PlaceId))


@attrs.frozen(kw_only=True)
class LineRequest:
    """
    One line of an order that is being placed.

    Attributes:
        sku: What.
        quantity: How many.
        unit_price: The price of one (or of ``per``) in minor units.
        discounts: Off this line.
        charges: Fees and shipping that belong to this line alone.
        place: Only from this place: pickup, a marketplace seller, a workshop.
    """

    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    unit_price: UnitPrice
    discounts: tuple[Discount, ...] = ()
    charges: tuple[Charge, ...] = ()
    place: PlaceId | None = attrs.field(default=None, converter=attrs.converters.optional(PlaceId))


# A mapping is invariant in its keys: for a type checker, a dict by LineId is none by str.
Quantities = Mapping[LineId, int] | Mapping[str, int] | Iterable[LineQuantity]
SkuQuantities = Mapping[Sku, int] | Mapping[str, int] | Iterable[SkuQuantity]


def line_quantities(given: Quantities) -> tuple[LineQuantity, ...]:
    """
    Take line quantities in either form.

    """
    if isinstance(given, Mapping):
        by_line = cast("Mapping[str, int]", given)
        return tuple(LineQuantity(LineId(line), quantity) for line, quantity in by_line.items())
    return tuple(given)


def optional_line_quantities(given: Quantities | None) -> tuple[LineQuantity, ...] | None:
    """
    Take line quantities in either form, or None.

    """
    return None if given is None else line_quantities(given)


def sku_quantities(given: SkuQuantities) -> tuple[SkuQuantity, ...]:
    """
    Take SKU quantities in either form.

    """
    if isinstance(given, Mapping):
        by_sku = cast("Mapping[str, int]", given)
        return tuple(SkuQuantity(Sku(sku), quantity) for sku, quantity in by_sku.items())
    return tuple(given)


def quantity_fault(value: object, least: int = 1) -> str | None:
    """
    Say what is wrong with a quantity, or None where it is fine.

    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= QUANTITY_MAX:
        return None
    return f"{value!r:.40} is no quantity: legal is a whole number from {least} to {QUANTITY_MAX}"


def amount_fault(value: object, least: int = 0) -> str | None:
    """
    Say what is wrong with an amount in minor units, or None where it is fine.

    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= AMOUNT_MAX:
        return None
    return f"{value!r:.40} is no amount: legal are whole minor units from {least} to {AMOUNT_MAX}"


class Faults:
    """
    Collects what is wrong with a command, each fault with its path.

    """

    __slots__ = ("_faults", "_subject")

    def __init__(self, command: object) -> None:
        self._subject = type(command).__name__
        self._faults: list[str] = []

    def note(self, path: str, fault: str | None) -> None:
        if fault is not None:
            self._faults.append(f"{path}: {fault}")

    def lines(self, lines: tuple[LineQuantity, ...], path: str = "lines", least: int = 1) -> None:
        self.count(len(lines), path, least)
        seen: set[str] = set()
        for n, line in enumerate(lines):
            self.note(f"{path}[{n}].quantity", quantity_fault(line.quantity, least))
            if line.line_id in seen:
                self.note(f"{path}[{n}].line_id", f"{line.line_id} is there twice")
            seen.add(line.line_id)

    def skus(self, lines: tuple[SkuQuantity, ...]) -> None:
        self.count(len(lines), "lines")
        for n, line in enumerate(lines):
            self.note(f"lines[{n}].sku", sku_fault(line.sku))
            self.note(f"lines[{n}].quantity", quantity_fault(line.quantity))

    def count(self, number: int, path: str, least: int = 1) -> None:
        if not least <= number <= LINES_MAX:
            self.note(path, f"{number} lines: legal are {least} to {LINES_MAX}")

    def currency(self, currency: str) -> None:
        try:
            exponent(currency)
        except InvalidData as error:
            self.note("currency", "; ".join(error.faults))

    def aware(self, occurred_at: Instant | None) -> None:
        if occurred_at is not None and occurred_at.utcoffset() is None:
            self.note("occurred_at", f"{occurred_at} has no time zone: give it one")

    def text(self, path: str, text: str) -> None:
        self.length(path, text)
        self.note(path, card_number_fault(text))

    def goes_to(self, destination: Destination) -> None:
        for field in attrs.fields(Destination):
            self.text(f"destination.{field.name}", getattr(destination, field.name))

    def length(self, path: str, text: str, longest: int = 500) -> None:
        if len(text) > longest:
            self.note(path, f"{len(text)} characters: legal are {longest}")
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text[:longest]):
            self.note(path, "half a character (a lone surrogate), which no store can keep")

    def tenders(self, tenders: tuple[Tender, ...]) -> None:
        for n, tender in enumerate(tenders):
            self.note(f"tenders[{n}].method", id_fault(tender.method))
            self.text(f"tenders[{n}].token_ref", tender.token_ref)
            if tender.amount_minor is not None:
                self.note(f"tenders[{n}].amount_minor", amount_fault(tender.amount_minor, 1))

    def check(self) -> None:
        if self._faults:
            raise InvalidData(self._subject, tuple(self._faults))
