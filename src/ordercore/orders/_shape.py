"""
What commands of orders are made of, and what of their shape is checked beside what all share.

"""

from collections.abc import Iterable, Mapping
from typing import cast

import attrs

from ordercore.catalog import LotQuantity
from ordercore.grammar import Faults as CommandFaults
from ordercore.grammar import amount_fault, quantity_fault
from ordercore.ids import LineId, PlaceId, Sku, id_fault, sku_fault
from ordercore.money import UnitPrice
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.totals import Charge, Discount

__all__ = [
    "Faults",
    "LineLots",
    "LineQuantity",
    "LineRequest",
    "line_lots",
    "line_quantities",
    "optional_line_quantities",
]


@attrs.frozen
class LineQuantity:
    """
    So many units of one line of an order.

    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int


def _lots(given: Iterable[LotQuantity]) -> tuple[LotQuantity, ...]:
    return tuple(given)


@attrs.frozen
class LineLots:
    """
    Which units of one line of an order, by lot or serial number.

    """

    line_id: LineId = attrs.field(converter=LineId)
    lots: tuple[LotQuantity, ...] = attrs.field(converter=_lots)


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


LotsByLine = (
    Mapping[LineId, Iterable[LotQuantity]]
    | Mapping[str, Iterable[LotQuantity]]
    | Iterable[LineLots]
)


def line_lots(given: LotsByLine) -> tuple[LineLots, ...]:
    """
    Take lots by line in either form.

    """
    if isinstance(given, Mapping):
        by_line = cast("Mapping[str, Iterable[LotQuantity]]", given)
        return tuple(LineLots(LineId(line), lots) for line, lots in by_line.items())
    return tuple(given)


class Faults(CommandFaults):
    """
    Collects what is wrong with a command of orders or carts.

    """

    __slots__ = ()

    def lines(self, lines: tuple[LineQuantity, ...], path: str = "lines", least: int = 1) -> None:
        self.count(len(lines), path, least)
        seen: set[str] = set()
        for n, line in enumerate(lines):
            self.note(f"{path}[{n}].quantity", quantity_fault(line.quantity, least))
            if line.line_id in seen:
                self.note(f"{path}[{n}].line_id", f"{line.line_id} is there twice")
            seen.add(line.line_id)

    def lots(self, lots: tuple[LineLots, ...], lines: tuple[LineQuantity, ...]) -> None:
        """
        Check lots by line; ``lines`` are the command's own, as far as it names any.

        Of a part whose kit is counted in, only the decision knows the quantity.
        """
        self.count(len(lots), "lots", 0)
        quantities = {line.line_id: line.quantity for line in lines}
        seen: set[str] = set()
        for n, line in enumerate(lots):
            path = f"lots[{n}]"
            if line.line_id in seen:
                self.note(f"{path}.line_id", f"{line.line_id} is there twice")
            seen.add(line.line_id)
            total = self._units_of(path, line.lots)
            kit = line.line_id.rpartition("/")[0]
            quantity = quantities.get(line.line_id)
            if quantity is not None and kit not in quantities and total != quantity:
                self.note(
                    f"{path}.lots",
                    f"they sum to {total}, and {quantity} units of {line.line_id} are named",
                )

    def _units_of(self, path: str, lots: tuple[LotQuantity, ...]) -> int:
        self.count(len(lots), f"{path}.lots")
        seen: set[tuple[str, str]] = set()
        total = 0
        for n, units in enumerate(lots):
            here = f"{path}.lots[{n}]"
            for name in ("lot", "serial"):
                word = getattr(units, name)
                fault = sku_fault(word) if word else None
                self.note(f"{here}.{name}", fault and fault.replace("is no SKU", f"is no {name}"))
            fault = quantity_fault(units.quantity)
            self.note(f"{here}.quantity", fault)
            if fault is None:
                total += units.quantity
                if units.serial and units.quantity > 1:
                    self.note(f"{here}.quantity", f"serial number {units.serial} is one unit")
            if (units.lot, units.serial) in seen:
                self.note(here, f"lot {units.lot!r}, serial {units.serial!r} is there twice")
            seen.add((units.lot, units.serial))
        return total

    def goes_to(self, destination: Destination) -> None:
        for field in attrs.fields(Destination):
            self.text(f"destination.{field.name}", getattr(destination, field.name))

    def tenders(self, tenders: tuple[Tender, ...]) -> None:
        for n, tender in enumerate(tenders):
            self.note(f"tenders[{n}].method", id_fault(tender.method))
            self.text(f"tenders[{n}].token_ref", tender.token_ref)
            if tender.amount_minor is not None:
                self.note(f"tenders[{n}].amount_minor", amount_fault(tender.amount_minor, 1))
