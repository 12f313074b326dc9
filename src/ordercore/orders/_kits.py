"""
Kits in orders: taken apart once, at placement; what was in them then stays with the order.

Theory of operation
===================
A line that wants a kit becomes one line for each part, named after it (``line-1/part-2``). Parts
are lines like any other: they come from where they are, are charged with their package, canceled
and returned one by one if need be. Their prices are shares of the kit's (``split_line``). The
kit itself is kept beside them, as a map from its line to its parts, so that nothing that the
catalog says later changes what one kit of this order is.

Wherever a command names lines, it may name the kit's line and count in kits; that means so many
times each part, exactly (:func:`in_lines`). Several lines may want one SKU, by themselves or as
parts; sourcing sums them before it looks whether there is enough.
"""

from collections.abc import Iterable, Mapping, Sequence

import attrs

from ordercore.catalog import Part, Product, Products, SkuQuantity, parts_of
from ordercore.errors import InvalidData
from ordercore.grammar import Facts
from ordercore.ids import LineId, Sku, child
from ordercore.money import QUANTITY_MAX, Rounding
from ordercore.orders._promises import Want
from ordercore.orders._shape import LineQuantity, LineRequest
from ordercore.totals import LINES_MAX, LineToPrice, PartToPrice, split_line

__all__ = [
    "Exploded",
    "KitPart",
    "PlacedKit",
    "explode",
    "in_lines",
    "known_products",
    "lines_to_price",
]


@attrs.frozen
class KitPart:
    """
    A line of an order that is part of a kit.

    Attributes:
        line_id: The part's line.
        quantity: How many of its units belong to one kit.
    """

    line_id: LineId
    quantity: int


@attrs.frozen(kw_only=True)
class PlacedKit:
    """
    A kit as it was ordered.

    Attributes:
        line_id: The name under which commands may count in kits; no line of the order itself.
        sku: The kit's SKU.
        name: What it was called then.
        quantity: How many kits.
        parts: Its lines.
    """

    line_id: LineId
    sku: Sku
    name: str
    quantity: int
    parts: tuple[KitPart, ...]


@attrs.frozen
class _ExplodedKit:
    line_id: LineId
    sku: Sku
    name: str
    quantity: int
    parts: tuple[tuple[LineId, Part], ...]


@attrs.frozen
class Exploded:
    """
    What is wanted once all kits are taken apart.

    Attributes:
        wants: Line by line, parts in the place of their kit.
    """

    wants: tuple[Want, ...]
    _kits: tuple[_ExplodedKit, ...]

    @property
    def kits(self) -> tuple[PlacedKit, ...]:
        """
        The kits that were taken apart, in the order of their lines.

        """
        return tuple(
            PlacedKit(
                line_id=kit.line_id,
                sku=kit.sku,
                name=kit.name,
                quantity=kit.quantity,
                parts=tuple(KitPart(line_id, part.quantity) for line_id, part in kit.parts),
            )
            for kit in self._kits
        )

    def parts(self, line_id: LineId) -> tuple[tuple[LineId, Part], ...]:
        """
        Return the parts of a kit's line; nothing for a line that is no kit.

        """
        return next((kit.parts for kit in self._kits if kit.line_id == line_id), ())


def known_products(
    wishes: Sequence[LineRequest | SkuQuantity], facts: Facts
) -> tuple[tuple[Sku, ...], Mapping[Sku, Product]]:
    """
    Return the SKUs by which the catalog is asked, and what it has answered so far.

    """
    asked = tuple(sorted({wish.sku for wish in wishes}))
    need = Products(asked)
    return asked, {} if facts.missing((need,)) else facts[need]


def explode(
    wishes: Sequence[LineRequest | SkuQuantity], products: Mapping[Sku, Product]
) -> Exploded:
    """
    Number lines and take their kits apart.

    Args:
        wishes: Line by line, as a cart or an order wants them.
        products: What is known of them; a product that is unknown is taken as it is.

    Raises:
        InvalidData: More than ``QUANTITY_MAX`` of a part or more than ``LINES_MAX`` lines come of
            it, or a product contains itself.
    """
    wants: list[Want] = []
    kits: list[_ExplodedKit] = []
    faults: list[str] = []
    for n, wish in enumerate(wishes, 1):
        line_id = LineId(f"line-{n}")
        product = products.get(wish.sku)
        if product is None or not product.is_kit:
            wants.append(Want(line_id, wish.sku, wish.quantity, wish.place))
            continue
        parts = tuple(
            (LineId(child(line_id, "part", i)), part)
            for i, part in enumerate(parts_of(wish.sku, products), 1)
        )
        kits.append(_ExplodedKit(line_id, wish.sku, product.name, wish.quantity, parts))
        for part_line, part in parts:
            quantity = wish.quantity * part.quantity
            if quantity > QUANTITY_MAX:
                faults.append(
                    f"lines[{n - 1}].quantity: {wish.quantity} kits hold {quantity} of {part.sku}:"
                    f" legal are {QUANTITY_MAX}"
                )
            wants.append(Want(part_line, part.sku, quantity, wish.place))
    if len(wants) > LINES_MAX:
        faults.append(f"lines: {len(wants)} with the parts of kits: legal are {LINES_MAX}")
    if faults:
        raise InvalidData("lines", tuple(faults))
    return Exploded(tuple(wants), tuple(kits))


def lines_to_price(
    requests: Iterable[LineRequest], exploded: Exploded, rounding: Rounding
) -> tuple[LineToPrice, ...]:
    """
    Price an order's lines, each kit's price shared among its parts.

    Raises:
        InvalidData: An amount out of range.
        Rejected: ``discount_exceeds_line``.
    """
    lines: list[LineToPrice] = []
    for n, request in enumerate(requests, 1):
        line_id = LineId(f"line-{n}")
        line = LineToPrice(
            line=line_id,
            quantity=request.quantity,
            unit_price=request.unit_price,
            discounts=request.discounts,
            charges=request.charges,
        )
        parts = [
            PartToPrice(line=part_line, quantity=part.quantity, weight=part.weight)
            for part_line, part in exploded.parts(line_id)
        ]
        lines.extend(split_line(line, parts, rounding) if parts else (line,))
    return tuple(lines)


def in_lines(kits: Iterable[PlacedKit], asked: Iterable[LineQuantity]) -> dict[LineId, int]:
    """
    Translate quantities by line, in which kits may be counted, into units of lines.

    What is asked of a part beside its kit is added.
    """
    by_line = {kit.line_id: kit for kit in kits}
    units: dict[LineId, int] = {}
    for line in asked:
        kit = by_line.get(line.line_id)
        if kit is None:
            units[line.line_id] = units.get(line.line_id, 0) + line.quantity
            continue
        for part in kit.parts:
            units[part.line_id] = units.get(part.line_id, 0) + line.quantity * part.quantity
    return units
