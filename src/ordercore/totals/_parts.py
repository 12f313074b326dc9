"""
Sharing a line's price among its parts: what one component of a kit costs.

A kit is sold at one price and sent as components, maybe from several places, maybe returned one by
one. So its line becomes one line for each part *before* anything is priced, and from there on a
part is a line like any other: captured with its package, canceled, refunded, to the cent.

The sums are exact: the parts' goods, discounts and charges add up to the line's. Where an amount
divides by the number of kits it is shared for one kit and multiplied, so that each kit is worth
the same and the parts of one kit add up to the price of one; what is left over is shared by weight.
A discount is shared by what the parts are worth when it applies, hence never exceeds one of them.
"""

from collections.abc import Sequence

import attrs

from ordercore.errors import InvalidData
from ordercore.money import QUANTITY_MAX, Rounding, UnitPrice, apportion, range_faults
from ordercore.totals._components import ComponentKind
from ordercore.totals._pricing import Charge, Discount, LineToPrice, priced_goods

__all__ = ["PartToPrice", "split_line"]


@attrs.frozen(kw_only=True)
class PartToPrice:
    """
    One part of what a line sells.

    Attributes:
        line: The id of the part's own line.
        quantity: How many of it belong to one unit of the whole line.
        weight: Its share in the price, against the other parts' weights; 0 or more.
    """

    line: str
    quantity: int
    weight: int


def split_line(
    whole: LineToPrice, parts: Sequence[PartToPrice], rounding: Rounding
) -> tuple[LineToPrice, ...]:
    """
    Share a line among its parts.

    Args:
        whole: The line as it is sold.
        parts: What one unit of it consists of, at least one; their order breaks ties.
        rounding: Of the line's price by fractions of a minor unit.

    Returns:
        A line for each part, in their order. Each is priced for its whole quantity, so nothing is
        lost where the amount does not divide by it. Shares of discounts and charges that are 0 are
        left out. Cost: O(parts x (discounts + charges)).

    Raises:
        InvalidData: Quantities or amounts out of range, or no parts.
        Rejected: ``discount_exceeds_line``.
    """
    faults = range_faults("quantity", whole.quantity, 1, QUANTITY_MAX)
    for part in parts:
        path = f"{part.line}: quantity"
        faults += range_faults(path, part.quantity, 1, QUANTITY_MAX)
        if not faults:
            faults += range_faults(path, part.quantity * whole.quantity, 1, QUANTITY_MAX)
    if not parts:
        faults += ("parts: there are none",)
    if faults:
        raise InvalidData(f"line {whole.line}", faults)

    goods, *off = priced_goods(whole, rounding)
    weights = [part.weight for part in parts]
    goods_minor = _for_each_unit(goods.amount_minor, weights, whole.quantity)
    left = list(goods_minor)
    discounts: list[list[Discount]] = [[] for _ in parts]
    for component in off:
        assert component.kind is ComponentKind.DISCOUNT  # noqa: S101 - nothing else is taken off
        for i, amount in enumerate(_off(-component.amount_minor, left, whole.quantity)):
            if amount:
                left[i] -= amount
                discounts[i].append(Discount(code=component.code, amount_minor=amount))
    charges: list[list[Charge]] = [[] for _ in parts]
    for charge in whole.charges:
        for i, amount in enumerate(_for_each_unit(charge.amount_minor, weights, whole.quantity)):
            if amount:
                charges[i].append(attrs.evolve(charge, amount_minor=amount))
    return tuple(
        LineToPrice(
            line=part.line,
            quantity=part.quantity * whole.quantity,
            unit_price=UnitPrice(goods_minor[i], per=part.quantity * whole.quantity),
            discounts=tuple(discounts[i]),
            charges=tuple(charges[i]),
        )
        for i, part in enumerate(parts)
    )


def _for_each_unit(amount_minor: int, weights: Sequence[int], quantity: int) -> tuple[int, ...]:
    """
    Share what falls on each unit alike, then what is left over.

    """
    each, over = divmod(amount_minor, quantity)
    return tuple(
        one * quantity + extra
        for one, extra in zip(apportion(each, weights), apportion(over, weights), strict=True)
    )


def _off(amount_minor: int, left: Sequence[int], quantity: int) -> tuple[int, ...]:
    """
    Share a discount by what is left of each part, for each unit alike where that is exact.

    """
    if any(value % quantity for value in (amount_minor, *left)):
        return apportion(amount_minor, left)
    each = apportion(amount_minor // quantity, [value // quantity for value in left])
    return tuple(one * quantity for one in each)
