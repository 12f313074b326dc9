"""
What an order's total consists of, and what of it falls on which units of a line.

Theory of operation
===================
A line is a quantity of equal units and a row of *components*: goods, discounts, charges, taxes. A
component's share of the units [a, b) is F(b) - F(a), with F(k) its rounded cumulative amount for
the first k units. Nothing about shares is stored: a capture, a cancellation and a refund each name
a range of units, and ranges that do not overlap add up exactly, per component, in any order.

For goods, charges and taxes, F(k) = round(amount x k / quantity).

For discounts that formula would be wrong. Goods of 4 and a discount of 3 on six units, each rounded
alone (half to even), make units worth 1, -1, 0, 1, 0, 0: one unit has a negative price, and after
capturing two units (0 in all) a refund of the first would pay out 1 that was never taken. So a
discount follows what it is taken off: F(k) = round(discount x N(k) / N), where N is the sum of the
components before it (taxes aside) and N(k) the cumulative share of the same. Where the price of a
unit is a whole number of minor units, and that is nearly always, N(k) / N is k / quantity and the
first discount's formula is the plain one. Each later discount is taken off what the earlier ones
left.

Why no unit can then be worth less than 0: from one position to a later one N(k) grows by an integer
d >= 0. Let x and y be discount x N(k) / N at the two. If the discount is all of N, both are
integers and y = x + d. Else y < x + d (or d = 0 and y = x). Rounding never reverses an order and
commutes with adding an integer, so round(y) <= round(x) + d: the discount grows by no more than
what it is taken off. Half-to-even alone does not commute where x is an exact half; but there
y < x + d lies below the half at x + d, so round(y) <= round(x) + d again.

So the order of components matters: a discount stands after what it is taken off. On a line with D
discounts on one price, a component's share lies at most D + 1 minor units from the exact one; on a
line without discounts, at most 1.
"""

from enum import StrEnum

import attrs

from ordercore.errors import InvalidData
from ordercore.grammar import derived
from ordercore.money import AMOUNT_MAX, QUANTITY_MAX, Rounding, divide, range_faults

__all__ = [
    "COMPONENTS_MAX",
    "SHIPPING_LINE",
    "Component",
    "ComponentKind",
    "OrderTotals",
    "PricedLine",
]

#: The id of the line of quantity 1 that holds the order's own shipping; no goods may use it.
SHIPPING_LINE = "shipping"

#: The most components that one line may have.
COMPONENTS_MAX = 250


class ComponentKind(StrEnum):
    """
    What an amount is for; accounts, reports and refund policies go by it.
    """

    GOODS = "goods"
    DISCOUNT = "discount"
    TAX = "tax"
    FEE = "fee"
    SHIPPING = "shipping"


@attrs.frozen(kw_only=True)
class Component:
    """
    One reason why a line costs what it costs.

    Attributes:
        kind: What the amount is for.
        code: Which one of its kind: ``"goods"``, ``"summer10"``, ``"vat-19"``, ``"freight"``.
        amount_minor: Minor units; a discount is 0 or negative, all others are 0 or positive.
        included: The component is a tax contained in the gross amounts beside it. It is shown and
            reported, and never added.

    Raises:
        InvalidData: When made with the wrong sign, beyond ``AMOUNT_MAX``, or ``included`` without
            being a tax.
    """

    kind: ComponentKind
    code: str
    amount_minor: int
    included: bool = False

    def __attrs_post_init__(self) -> None:
        """
        Refuse what would make the shares of a line negative.
        """
        is_discount = self.kind is ComponentKind.DISCOUNT
        least, most = (-AMOUNT_MAX, 0) if is_discount else (0, AMOUNT_MAX)
        faults = range_faults("amount_minor", self.amount_minor, least, most)
        if self.included and self.kind is not ComponentKind.TAX:
            faults += (f"included: a {self.kind} is not contained in a price, only a tax is",)
        if faults:
            raise InvalidData(f"{self.kind} {self.code}", faults)


@attrs.frozen(kw_only=True, slots=False)
class PricedLine:
    """
    A line of an order with all that it costs.

    Attributes:
        line: The line's id within the order; ``"shipping"`` for the order's own shipping.
        quantity: How many units, 1 to ``QUANTITY_MAX``; what is removed is no line.
        components: In the order in which they were applied; a discount is taken off what stands
            before it. The order is part of what the line means.

    Raises:
        InvalidData: When made with a quantity out of range, too many components, or a discount
            that exceeds what stands before it.
    """

    line: str
    quantity: int
    components: tuple[Component, ...]

    def __attrs_post_init__(self) -> None:
        """
        Refuse a line on which a unit could be worth less than nothing.
        """
        faults = range_faults("quantity", self.quantity, 1, QUANTITY_MAX)
        if len(self.components) > COMPONENTS_MAX:
            faults += (f"components: {len(self.components)} are above {COMPONENTS_MAX}",)
        base_minor = 0
        for i, component in enumerate(self.components[:COMPONENTS_MAX]):
            if component.kind is ComponentKind.TAX:
                continue
            if base_minor + component.amount_minor < 0:
                taken = f"{component.code} takes {-component.amount_minor} off {base_minor}"
                faults += (f"components[{i}].amount_minor: {taken}",)
            base_minor += component.amount_minor
        if faults:
            raise InvalidData(f"line {self.line}", faults)

    @derived
    def total_minor(self) -> int:
        """
        What the whole line costs: all components but included taxes. Cost: O(components).
        """
        return sum(c.amount_minor for c in self.components if not c.included)

    def amount(self, start: int, stop: int, rounding: Rounding) -> int:
        """
        Tell what the units ``[start, stop)`` cost; 0 or more, in minor units.

        Args:
            start: The first unit, counted from 0.
            stop: The unit after the last.
            rounding: The order's mode; one for all calls about one line.

        Returns:
            The sum of :meth:`breakdown` without included taxes. Cost: O(components).

        Raises:
            InvalidData: The units do not lie within the line.
        """
        shares = self._shares(start, stop, rounding)
        return sum(s for c, s in zip(self.components, shares, strict=True) if not c.included)

    def breakdown(self, start: int, stop: int, rounding: Rounding) -> tuple[Component, ...]:
        """
        Tell what of each component falls on the units ``[start, stop)``.

        Args:
            start: The first unit, counted from 0.
            stop: The unit after the last.
            rounding: The order's mode; one for all calls about one line.

        Returns:
            The line's components, in their order, each with its share. Cost: O(components).

        Raises:
            InvalidData: The units do not lie within the line.
        """
        shares = self._shares(start, stop, rounding)
        return tuple(
            Component(kind=c.kind, code=c.code, amount_minor=s, included=c.included)
            for c, s in zip(self.components, shares, strict=True)
        )

    def _shares(self, start: int, stop: int, rounding: Rounding) -> list[int]:
        if not 0 <= start <= stop <= self.quantity:
            fault = f"units [{start}, {stop}) do not lie within the {self.quantity} units from 0"
            raise InvalidData(f"line {self.line}", (fault,))
        before = self._cumulative(start, rounding)
        return [b - a for a, b in zip(before, self._cumulative(stop, rounding), strict=True)]

    def _cumulative(self, k: int, rounding: Rounding) -> list[int]:
        """
        Return F(k) of each component; see the head of the module.
        """
        parts: list[int] = []
        base_minor = 0  # N: what a discount standing here is taken off
        base_part = 0  # N(k): the share of the first k units in it
        for component in self.components:
            if component.kind is not ComponentKind.DISCOUNT:
                part = divide(component.amount_minor * k, self.quantity, rounding)
            elif base_minor:
                part = divide(component.amount_minor * base_part, base_minor, rounding)
            else:
                part = 0
            parts.append(part)
            if component.kind is not ComponentKind.TAX:
                base_minor += component.amount_minor
                base_part += part
        return parts


@attrs.frozen(kw_only=True, slots=False)
class OrderTotals:
    """
    All that an order costs, line by line.

    The sums below are over all lines. They add up: goods + discounts + fees + shipping + taxes =
    total.

    Attributes:
        currency: An ISO 4217 code; every amount of the order is in its minor units.
        lines: The goods, and the line ``"shipping"`` last if the order's shipping costs anything.
        rounding: The mode in which amounts were priced and are shared.
    """

    currency: str
    lines: tuple[PricedLine, ...]
    rounding: Rounding

    @derived
    def total_minor(self) -> int:
        """
        What the buyer owes for everything. Cost of this and the other sums: O(components).
        """
        return sum(line.total_minor for line in self.lines)

    @property
    def goods_minor(self) -> int:
        """
        The price of the goods before discounts.
        """
        return self._sum(ComponentKind.GOODS)

    @property
    def discount_minor(self) -> int:
        """
        All discounts, those on shipping too; 0 or negative.
        """
        return self._sum(ComponentKind.DISCOUNT)

    @property
    def fee_minor(self) -> int:
        """
        All fees.
        """
        return self._sum(ComponentKind.FEE)

    @property
    def shipping_minor(self) -> int:
        """
        All shipping before discounts: the order's own, and what single lines are charged.
        """
        return self._sum(ComponentKind.SHIPPING)

    @property
    def tax_minor(self) -> int:
        """
        The taxes that are added to prices; not those contained in them.
        """
        return self._sum(ComponentKind.TAX)

    @property
    def included_tax_minor(self) -> int:
        """
        The taxes contained in prices: for documents and reports, no part of the sum.
        """
        return sum(c.amount_minor for line in self.lines for c in line.components if c.included)

    def line(self, line: str) -> PricedLine:
        """
        Find a line by its id. Cost: O(lines).

        Raises:
            InvalidData: The order has no such line.
        """
        for candidate in self.lines:
            if candidate.line == line:
                return candidate
        known = ", ".join(candidate.line for candidate in self.lines[:10])
        raise InvalidData("line", (f"{line!r} is no line of the order; among its lines: {known}",))

    def _sum(self, kind: ComponentKind) -> int:
        return sum(
            c.amount_minor
            for line in self.lines
            for c in line.components
            if c.kind is kind and not c.included
        )
