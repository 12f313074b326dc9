"""A line's price shared among its parts: nothing lost, each kit worth the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.money import QUANTITY_MAX, Rounding, UnitPrice
from ordercore.totals import (
    Charge,
    ComponentKind,
    Discount,
    LineToPrice,
    PartToPrice,
    price_order,
    split_line,
)

PARTS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 50)), min_size=1, max_size=4).map(
    lambda rows: tuple(
        PartToPrice(line=f"line-1/part-{n}", quantity=quantity, weight=weight)
        for n, (quantity, weight) in enumerate(rows, 1)
    )
)


@st.composite
def wholes(draw: st.DrawFn) -> LineToPrice:
    quantity, per = draw(st.integers(1, 6)), draw(st.sampled_from([1, 1, 3]))
    price = UnitPrice(draw(st.integers(0, 5000)), per=per)
    left, discounts = price.total(quantity, Rounding.HALF_EVEN), list[Discount]()
    for n in range(draw(st.integers(0, 2))):
        off = draw(st.integers(0, left))
        left -= off
        discounts.append(Discount(code=f"d-{n}", amount_minor=off))
    charges = [
        Charge(code=f"c-{n}", kind=ComponentKind.FEE, amount_minor=amount)
        for n, amount in enumerate(draw(st.lists(st.integers(0, 99), max_size=2)))
    ]
    return LineToPrice(
        line="line-1",
        quantity=quantity,
        unit_price=price,
        discounts=tuple(discounts),
        charges=tuple(charges),
    )


def amounts(lines: tuple[LineToPrice, ...]) -> dict[str, int]:
    """Every amount of some lines, summed by what it is for."""
    totals = price_order(
        currency="EUR",
        lines=lines,
        order_discounts=(),
        shipping_minor=0,
        taxes=(),
        rounding=Rounding.HALF_EVEN,
    )
    sums: dict[str, int] = {}
    for line in totals.lines:
        for component in line.components:
            sums[component.code] = sums.get(component.code, 0) + component.amount_minor
    return {code: amount for code, amount in sums.items() if amount}


@given(wholes(), PARTS)
def test_the_parts_come_to_the_whole_in_each_component(
    whole: LineToPrice, parts: tuple[PartToPrice, ...]
) -> None:
    lines = split_line(whole, parts, Rounding.HALF_EVEN)
    assert amounts(lines) == amounts((whole,))
    assert [line.quantity for line in lines] == [p.quantity * whole.quantity for p in parts]


@given(
    st.integers(1, 9), st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 50), PARTS,
    st.sampled_from(Rounding),
)  # fmt: skip
def test_each_kit_is_worth_the_same_where_its_price_is_whole(
    quantity: int,
    price: int,
    off: int,
    fee: int,
    parts: tuple[PartToPrice, ...],
    rounding: Rounding,
) -> None:
    off = min(off, price)
    whole = LineToPrice(
        line="line-1",
        quantity=quantity,
        unit_price=UnitPrice(price),
        discounts=(Discount(code="d", amount_minor=off * quantity),),
        charges=(Charge(code="c", kind=ComponentKind.FEE, amount_minor=fee * quantity),),
    )
    totals = price_order(
        currency="EUR",
        lines=split_line(whole, parts, rounding),
        order_discounts=(),
        shipping_minor=0,
        taxes=(),
        rounding=rounding,
    )
    for k in range(quantity):
        worth = sum(
            totals.line(p.line).amount(k * p.quantity, (k + 1) * p.quantity, rounding)
            for p in parts
        )
        assert worth == price - off + fee


def test_shares_follow_weights_and_ties_go_to_the_first() -> None:
    whole = LineToPrice(line="line-1", quantity=2, unit_price=UnitPrice(1000))
    parts = [PartToPrice(line=f"p-{n}", quantity=n, weight=1) for n in (1, 2, 3)]
    lines = split_line(whole, parts, Rounding.HALF_EVEN)
    assert [line.unit_price for line in lines] == [
        UnitPrice(668, per=2),
        UnitPrice(666, per=4),
        UnitPrice(666, per=6),
    ]


def test_a_discount_beyond_the_kit_is_refused_in_the_kits_name() -> None:
    whole = LineToPrice(
        line="line-1",
        quantity=1,
        unit_price=UnitPrice(10),
        discounts=(Discount(code="d", amount_minor=11),),
    )
    with pytest.raises(Rejected, match="off line line-1, of which 10 is left") as refused:
        split_line(whole, [PartToPrice(line="p", quantity=1, weight=1)], Rounding.HALF_EVEN)
    assert refused.value.code == "discount_exceeds_line"


def test_parts_and_quantities_must_be_there_and_within_bounds() -> None:
    whole = LineToPrice(line="line-1", quantity=2, unit_price=UnitPrice(10))
    with pytest.raises(InvalidData, match="there are none"):
        split_line(whole, (), Rounding.HALF_EVEN)
    many = PartToPrice(line="p", quantity=QUANTITY_MAX, weight=1)
    with pytest.raises(InvalidData, match="p: quantity: 2000000 is above"):
        split_line(whole, (many,), Rounding.HALF_EVEN)
