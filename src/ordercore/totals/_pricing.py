"""
From prices, discounts, charges and a tax quote to the components of an order.

The steps, and what each rests on:

1. Goods: unit price x quantity, rounded once a line.
2. Line discounts, in their order, come off the goods of their line.
3. Order discounts, in their order, are apportioned over the lines by what is then left of their
   goods, each discount by what the one before it left. So no line ends below 0.
4. Charges of a line are added after its discounts; discounts never touch them.
5. The order's shipping is a line, ``"shipping"``; only its own discounts touch it.
6. What is left of each line is what a tax quote is asked on (:func:`taxable_amounts`). Taxes are
   what the quote names; none is computed here, so none can differ from what is filed.

A discount beyond what it comes off is refused, not cut.
"""

from collections.abc import Sequence

import attrs

from ordercore.errors import InvalidData, Rejected
from ordercore.grammar import LINES_MAX
from ordercore.money import (
    AMOUNT_MAX,
    QUANTITY_MAX,
    Rounding,
    UnitPrice,
    apportion,
    exponent,
    range_faults,
)
from ordercore.totals._components import (
    COMPONENTS_MAX,
    SHIPPING_LINE,
    Component,
    ComponentKind,
    OrderTotals,
    PricedLine,
)

__all__ = [
    "LINES_MAX",
    "Charge",
    "Discount",
    "LineToPrice",
    "TaxedAmount",
    "price_order",
    "taxable_amounts",
]


@attrs.frozen(kw_only=True)
class Discount:
    """
    Something taken off a line, off all goods of an order, or off its shipping.

    Attributes:
        code: Which promotion or concession (``"summer10"``).
        amount_minor: What is taken off, in minor units, 0 or more.

    Raises:
        InvalidData: When made with an amount outside 0 to ``AMOUNT_MAX``.
    """

    code: str
    amount_minor: int

    def __attrs_post_init__(self) -> None:
        """
        Refuse an amount out of range.
        """
        _require_amount(f"discount {self.code}", self.amount_minor)


@attrs.frozen(kw_only=True)
class Charge:
    """
    Something that a line costs beside its goods: gift wrap, a deposit, its own freight.

    Attributes:
        code: Which charge (``"gift-wrap"``).
        kind: ``FEE`` or ``SHIPPING``.
        amount_minor: For the whole line, in minor units, 0 or more.

    Raises:
        InvalidData: When made with another kind or an amount outside 0 to ``AMOUNT_MAX``.
    """

    code: str
    kind: ComponentKind
    amount_minor: int

    def __attrs_post_init__(self) -> None:
        """
        Refuse another kind and an amount out of range.
        """
        if self.kind not in {ComponentKind.FEE, ComponentKind.SHIPPING}:
            fault = f"kind: {self.kind} is not legal; legal are fee and shipping"
            raise InvalidData(f"charge {self.code}", (fault,))
        _require_amount(f"charge {self.code}", self.amount_minor)


@attrs.frozen(kw_only=True)
class LineToPrice:
    """
    What is known of a line before taxes.

    Attributes:
        line: The line's id, unique in the order and not ``"shipping"``.
        quantity: Units, 1 to ``QUANTITY_MAX``.
        unit_price: Net or gross, as the shop quotes prices.
        discounts: Off this line's goods, in the order in which they apply.
        charges: Added to this line.
    """

    line: str
    quantity: int
    unit_price: UnitPrice
    discounts: tuple[Discount, ...] = ()
    charges: tuple[Charge, ...] = ()


@attrs.frozen(kw_only=True)
class TaxedAmount:
    """
    One tax on one line, as a tax quote names it.

    Attributes:
        line: The line's id; ``"shipping"`` for the order's own shipping.
        code: Which tax (``"vat-19"``).
        amount_minor: The tax on the whole line, in minor units, 0 or more.
        included: The tax is contained in the line's amounts instead of being added to them.

    Raises:
        InvalidData: When made with an amount outside 0 to ``AMOUNT_MAX``.
    """

    line: str
    code: str
    amount_minor: int
    included: bool

    def __attrs_post_init__(self) -> None:
        """
        Refuse an amount out of range.
        """
        _require_amount(f"tax {self.code} on {self.line}", self.amount_minor)


def price_order(  # what an order costs has this many causes; all are named
    *,
    currency: str,
    lines: tuple[LineToPrice, ...],
    order_discounts: tuple[Discount, ...],
    shipping_minor: int,
    shipping_discounts: tuple[Discount, ...] = (),
    taxes: tuple[TaxedAmount, ...],
    rounding: Rounding,
) -> OrderTotals:
    """
    Put together what an order costs.

    The same arguments give the same totals, for a preview as for the order itself.

    Args:
        currency: An ISO 4217 code; every amount is in its minor units.
        lines: At most ``LINES_MAX``; their order breaks ties when discounts are apportioned.
        order_discounts: Off the goods of all lines, in the order in which they apply.
        shipping_minor: What the order's shipping costs; 0 for none, and then there is no such line.
        shipping_discounts: Off the order's shipping.
        taxes: What the quote on :func:`taxable_amounts` answered; empty for a view without taxes.
        rounding: Of prices by fractions of a minor unit, and of all later shares.

    Returns:
        The lines in their order, then the shipping. Cost: O(lines x discounts).

    Raises:
        InvalidData: Ids that repeat or are reserved, values out of range, a tax on an unknown line,
            taxes contained in a line that exceed it, an unknown currency. All faults are listed.
        Rejected: ``discount_exceeds_line`` or ``discount_exceeds_order``.
    """
    exponent(currency)
    untaxed = _untaxed(lines, order_discounts, shipping_minor, shipping_discounts, rounding)
    totals = OrderTotals(currency=currency, lines=_taxed(untaxed, taxes), rounding=rounding)
    faults = range_faults("total_minor", totals.total_minor, 0, AMOUNT_MAX)
    if faults:
        raise InvalidData("order", faults)
    return totals


def taxable_amounts(
    *,
    lines: tuple[LineToPrice, ...],
    order_discounts: tuple[Discount, ...],
    shipping_minor: int,
    shipping_discounts: tuple[Discount, ...] = (),
    rounding: Rounding,
) -> tuple[tuple[str, int], ...]:
    """
    Tell on which amounts a tax quote has to be asked.

    Args:
        lines: As for :func:`price_order`, like all others.
        order_discounts: Apportioned here exactly as there.
        shipping_minor: What the order's shipping costs.
        shipping_discounts: Off the order's shipping.
        rounding: As there.

    Returns:
        For each line its id and goods - discounts + charges in minor units, and ``("shipping",
        amount)`` last if there is shipping, even if discounts leave nothing of it.

    Raises:
        InvalidData: As by :func:`price_order`.
        Rejected: As by :func:`price_order`.
    """
    untaxed = _untaxed(lines, order_discounts, shipping_minor, shipping_discounts, rounding)
    return tuple((line.line, line.total_minor) for line in untaxed)


def _untaxed(
    lines: tuple[LineToPrice, ...],
    order_discounts: tuple[Discount, ...],
    shipping_minor: int,
    shipping_discounts: tuple[Discount, ...],
    rounding: Rounding,
) -> tuple[PricedLine, ...]:
    """
    Take the steps 1 to 5 at the head of the module.
    """
    faults = _input_faults(lines, order_discounts, shipping_minor, shipping_discounts)
    if faults:
        raise InvalidData("order", faults)

    goods = [priced_goods(line, rounding) for line in lines]
    nets = [sum(c.amount_minor for c in components) for components in goods]
    for discount in order_discounts:
        _apply_to_order(discount, goods, nets)

    priced = [
        PricedLine(
            line=line.line,
            quantity=line.quantity,
            components=(
                *components,
                *(
                    Component(kind=c.kind, code=c.code, amount_minor=c.amount_minor)
                    for c in line.charges
                ),
            ),
        )
        for line, components in zip(lines, goods, strict=True)
    ]
    freight = Component(
        kind=ComponentKind.SHIPPING, code=SHIPPING_LINE, amount_minor=shipping_minor
    )
    shipping = _discounted(SHIPPING_LINE, freight, shipping_discounts)
    if shipping_minor:
        priced.append(PricedLine(line=SHIPPING_LINE, quantity=1, components=tuple(shipping)))
    return tuple(priced)


def _input_faults(
    lines: Sequence[LineToPrice],
    order_discounts: Sequence[Discount],
    shipping_minor: int,
    shipping_discounts: Sequence[Discount],
) -> tuple[str, ...]:
    """
    List what is malformed, bounded by the caps on lines and components.
    """
    if len(lines) > LINES_MAX:
        return (f"lines: {len(lines)} are above {LINES_MAX}",)
    faults: list[str] = list(range_faults("shipping_minor", shipping_minor, 0, AMOUNT_MAX))
    if len(shipping_discounts) >= COMPONENTS_MAX:
        faults.append(f"shipping_discounts: {len(shipping_discounts)} are too many")
    seen: set[str] = set()
    for i, line in enumerate(lines):
        if line.line == SHIPPING_LINE:
            faults.append(f"lines[{i}].line: {SHIPPING_LINE!r} names the order's own shipping")
        elif line.line in seen:
            faults.append(f"lines[{i}].line: {line.line!r} is there already")
        seen.add(line.line)
        faults += range_faults(f"lines[{i}].quantity", line.quantity, 1, QUANTITY_MAX)
        count = 1 + len(line.discounts) + len(order_discounts) + len(line.charges)
        if count > COMPONENTS_MAX:
            faults.append(f"lines[{i}]: {count} components are above {COMPONENTS_MAX}")
    return tuple(faults)


def priced_goods(line: LineToPrice, rounding: Rounding) -> list[Component]:
    """Price a line's goods, its own discounts taken off; errors name the line."""
    try:
        goods_minor = line.unit_price.total(line.quantity, rounding)
    except InvalidData as error:
        raise InvalidData(f"line {line.line}", error.faults) from error
    goods = Component(kind=ComponentKind.GOODS, code="goods", amount_minor=goods_minor)
    return _discounted(line.line, goods, line.discounts)


def _discounted(line: str, priced: Component, discounts: Sequence[Discount]) -> list[Component]:
    """
    Take a line's own discounts off its goods, or those on shipping off the shipping.
    """
    components = [priced]
    left_minor = priced.amount_minor
    for discount in discounts:
        if discount.amount_minor > left_minor:
            raise Rejected(
                "discount_exceeds_line",
                f"discount {discount.code} takes {discount.amount_minor} off line {line},"
                f" of which {left_minor} is left",
                data={
                    "line": line,
                    "discount": discount.code,
                    "amount_minor": discount.amount_minor,
                    "left_minor": left_minor,
                },
                legal=(f"0 to {left_minor}",),
            )
        left_minor -= discount.amount_minor
        components.append(_off(discount.code, discount.amount_minor))
    return components


def _apply_to_order(discount: Discount, goods: list[list[Component]], nets: list[int]) -> None:
    """
    Apportion one order discount, adding to ``goods`` and lowering ``nets`` in place.

    By what is left (``nets``) and not by original values: two discounts of 1 on two lines of 1
    would else both fall on the first line.
    """
    left_minor = sum(nets)
    if discount.amount_minor > left_minor:
        raise Rejected(
            "discount_exceeds_order",
            f"discount {discount.code} takes {discount.amount_minor} off the order's goods,"
            f" of which {left_minor} is left",
            data={
                "discount": discount.code,
                "amount_minor": discount.amount_minor,
                "left_minor": left_minor,
            },
            legal=(f"0 to {left_minor}",),
        )
    for i, part_minor in enumerate(apportion(discount.amount_minor, nets)):
        if part_minor:
            goods[i].append(_off(discount.code, part_minor))
            nets[i] -= part_minor


def _off(code: str, amount_minor: int) -> Component:
    return Component(kind=ComponentKind.DISCOUNT, code=code, amount_minor=-amount_minor)


def _taxed(
    untaxed: tuple[PricedLine, ...], taxes: tuple[TaxedAmount, ...]
) -> tuple[PricedLine, ...]:
    """
    Add the taxes of a quote to their lines, in the quote's order.
    """
    by_line: dict[str, list[Component]] = {line.line: [] for line in untaxed}
    faults: list[str] = []
    for i, tax in enumerate(taxes):
        if tax.line in by_line:
            by_line[tax.line].append(
                Component(
                    kind=ComponentKind.TAX,
                    code=tax.code,
                    amount_minor=tax.amount_minor,
                    included=tax.included,
                )
            )
        else:
            faults.append(f"taxes[{i}].line: {tax.line!r} is no line of the order")
    for line in untaxed:
        included_minor = sum(c.amount_minor for c in by_line[line.line] if c.included)
        if included_minor > line.total_minor:
            faults.append(
                f"taxes: {included_minor} cannot be contained in line {line.line!r}"
                f" of {line.total_minor}"
            )
    if faults:
        raise InvalidData("taxes", tuple(faults))
    return tuple(
        PricedLine(
            line=line.line,
            quantity=line.quantity,
            components=(*line.components, *by_line[line.line]),
        )
        for line in untaxed
    )


def _require_amount(subject: str, amount_minor: int) -> None:
    faults = range_faults("amount_minor", amount_minor, 0, AMOUNT_MAX)
    if faults:
        raise InvalidData(subject, faults)
