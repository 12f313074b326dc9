"""
Lines and orders of every shape, small ones first: that is where cents get lost.
"""

from hypothesis import strategies as st

from ordercore.money import Rounding, UnitPrice
from ordercore.totals import (
    Charge,
    Component,
    ComponentKind,
    Discount,
    LineToPrice,
    PricedLine,
)

roundings = st.sampled_from(Rounding)
minors = st.integers(0, 30) | st.integers(0, 10**9)


def component(
    kind: ComponentKind, amount_minor: int, code: str = "", *, included: bool = False
) -> Component:
    return Component(
        kind=kind, code=code or kind.value, amount_minor=amount_minor, included=included
    )


def goods_line(
    quantity: int, *components: tuple[ComponentKind, int], line: str = "a"
) -> PricedLine:
    return PricedLine(
        line=line, quantity=quantity, components=tuple(component(k, a) for k, a in components)
    )


@st.composite
def priced_lines(draw: st.DrawFn, *, quantity_max: int = 12, charges: bool = True) -> PricedLine:
    """
    A line with components in any legal order, whose discounts eat up to all that is before them.
    """
    left = draw(minors)
    components = [component(ComponentKind.GOODS, left)]
    kinds = [ComponentKind.DISCOUNT, ComponentKind.TAX]
    if charges:
        kinds += [ComponentKind.FEE, ComponentKind.SHIPPING]
    for i, kind in enumerate(draw(st.lists(st.sampled_from(kinds), max_size=7))):
        match kind:
            case ComponentKind.DISCOUNT:
                off = draw(st.integers(0, left))
                components.append(component(kind, -off, f"off-{i}"))
                left -= off
            case ComponentKind.TAX:
                components.append(component(kind, draw(minors), included=draw(st.booleans())))
            case _:
                charge = draw(minors)
                components.append(component(kind, charge))
                left += charge
    quantity = draw(st.integers(1, quantity_max))
    return PricedLine(line="a", quantity=quantity, components=tuple(components))


@st.composite
def discounts_up_to(draw: st.DrawFn, left: int, code: str) -> tuple[Discount, ...]:
    """
    Up to three discounts that together take no more than what is there.
    """
    found: list[Discount] = []
    for i in range(draw(st.integers(0, 3))):
        off = draw(st.integers(0, left))
        found.append(Discount(code=f"{code}-{i}", amount_minor=off))
        left -= off
    return tuple(found)


@st.composite
def lines_to_price(draw: st.DrawFn) -> tuple[LineToPrice, ...]:
    """
    Up to five lines with discounts and charges of their own, prices for one unit.
    """
    found: list[LineToPrice] = []
    for i in range(draw(st.integers(0, 5))):
        quantity = draw(st.integers(1, 9))
        price = draw(minors)
        charges = draw(
            st.lists(
                st.builds(
                    Charge,
                    code=st.just("extra"),
                    kind=st.sampled_from([ComponentKind.FEE, ComponentKind.SHIPPING]),
                    amount_minor=minors,
                ),
                max_size=2,
            )
        )
        found.append(
            LineToPrice(
                line=f"line-{i}",
                quantity=quantity,
                unit_price=UnitPrice(price),
                discounts=draw(discounts_up_to(price * quantity, f"line-{i}")),
                charges=tuple(charges),
            )
        )
    return tuple(found)


def goods_net(line: LineToPrice) -> int:
    """
    What a line's goods cost after its own discounts, for prices for one unit.
    """
    gross = line.unit_price.amount_minor * line.quantity
    return gross - sum(d.amount_minor for d in line.discounts)
