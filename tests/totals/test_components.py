"""
The units of a line share what it costs: exactly, of the right sign, and none below nothing.
"""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData
from ordercore.money import AMOUNT_MAX, QUANTITY_MAX, Rounding, share
from ordercore.totals import (
    COMPONENTS_MAX,
    Component,
    ComponentKind,
    OrderTotals,
    PricedLine,
)
from tests.totals.totals_cases import component, goods_line, priced_lines, roundings

GOODS, DISCOUNT, TAX = ComponentKind.GOODS, ComponentKind.DISCOUNT, ComponentKind.TAX
FEE, SHIPPING = ComponentKind.FEE, ComponentKind.SHIPPING


@given(line=priced_lines(), cuts=st.lists(st.integers(0, 12), max_size=6), rounding=roundings)
def test_pieces_of_a_line_add_up_in_every_component(
    line: PricedLine, cuts: list[int], rounding: Rounding
) -> None:
    at = sorted({0, line.quantity, *(min(cut, line.quantity) for cut in cuts)})
    pieces = [line.breakdown(a, b, rounding) for a, b in pairwise(at)]
    summed = [sum(c.amount_minor for c in column) for column in zip(*pieces, strict=True)]
    assert summed == [c.amount_minor for c in line.components]
    assert sum(line.amount(a, b, rounding) for a, b in pairwise(at)) == line.total_minor


@given(line=priced_lines(), rounding=roundings)
def test_no_unit_is_worth_less_than_nothing_or_has_a_component_of_the_wrong_sign(
    line: PricedLine, rounding: Rounding
) -> None:
    for k in range(line.quantity):
        parts = line.breakdown(k, k + 1, rounding)
        assert all(
            (c.amount_minor <= 0) if c.kind is DISCOUNT else (c.amount_minor >= 0) for c in parts
        )
        # At every step of the price, for a later charge or tax could hide a minus.
        prices = [c.amount_minor for c in parts if c.kind is not TAX]
        assert all(left >= 0 for left in accumulate(prices))
        assert line.amount(k, k + 1, rounding) >= 0


@given(line=priced_lines(), rounding=roundings, data=st.data())
def test_an_amount_is_the_sum_of_its_breakdown_without_included_taxes(
    line: PricedLine, rounding: Rounding, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, line.quantity))
    stop = data.draw(st.integers(start, line.quantity))
    parts = line.breakdown(start, stop, rounding)
    assert line.amount(start, stop, rounding) == sum(
        c.amount_minor for c in parts if not c.included
    )
    assert [(c.kind, c.code, c.included) for c in parts] == [
        (c.kind, c.code, c.included) for c in line.components
    ]


@given(line=priced_lines(charges=False), rounding=roundings, data=st.data())
def test_a_share_stays_near_the_exact_one(
    line: PricedLine, rounding: Rounding, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, line.quantity))
    stop = data.draw(st.integers(start, line.quantity))
    discounts = sum(c.kind is DISCOUNT for c in line.components)
    parts = line.breakdown(start, stop, rounding)
    for part, whole in zip(parts, line.components, strict=True):
        off_by = abs(part.amount_minor * line.quantity - whole.amount_minor * (stop - start))
        assert off_by <= (1 if whole.kind is not DISCOUNT else discounts + 1) * line.quantity


@given(
    price=st.integers(0, 10**6),
    quantity=st.integers(1, 20),
    rounding=roundings,
    data=st.data(),
)
def test_one_discount_on_whole_unit_prices_is_shared_by_units(
    price: int, quantity: int, rounding: Rounding, data: st.DataObject
) -> None:
    off = data.draw(st.integers(0, price * quantity))
    line = goods_line(quantity, (GOODS, price * quantity), (DISCOUNT, -off))
    for k in range(quantity):
        goods, discount = line.breakdown(k, k + 1, rounding)
        assert goods.amount_minor == price
        assert discount.amount_minor == share(-off, quantity, k, k + 1, rounding)


def test_a_discount_rounded_alone_would_have_made_a_unit_negative() -> None:
    alone = [share(4, 6, k, k + 1) + share(-3, 6, k, k + 1) for k in range(6)]
    assert alone == [1, -1, 0, 1, 0, 0]

    line = goods_line(6, (GOODS, 4), (DISCOUNT, -3))
    assert [line.amount(k, k + 1, Rounding.HALF_EVEN) for k in range(6)] == [0, 0, 0, 1, 0, 0]


def test_a_discount_of_everything_leaves_nothing_on_any_unit() -> None:
    line = goods_line(7, (GOODS, 1000), (DISCOUNT, -600), (DISCOUNT, -400), (DISCOUNT, 0))
    assert [line.amount(k, k + 1, Rounding.HALF_UP) for k in range(7)] == [0] * 7


def test_an_included_tax_is_shown_and_never_added() -> None:
    line = PricedLine(
        line="a",
        quantity=2,
        components=(component(GOODS, 1000), component(TAX, 167, included=True)),
    )
    assert line.total_minor == 1000
    assert [c.amount_minor for c in line.breakdown(0, 1, Rounding.HALF_UP)] == [500, 84]
    assert line.amount(0, 1, Rounding.HALF_UP) == 500


@pytest.mark.parametrize(("start", "stop"), [(-1, 1), (2, 1), (0, 4), (4, 4)])
def test_units_beyond_the_line_have_no_amount(start: int, stop: int) -> None:
    line = goods_line(3, (GOODS, 100))
    with pytest.raises(InvalidData, match="do not lie within the 3 units"):
        line.amount(start, stop, Rounding.DOWN)
    with pytest.raises(InvalidData, match="do not lie within the 3 units"):
        line.breakdown(start, stop, Rounding.DOWN)


@pytest.mark.parametrize(
    ("kind", "amount_minor", "fault"),
    [
        (DISCOUNT, 1, "amount_minor: 1 is above 0"),
        (DISCOUNT, -AMOUNT_MAX - 1, "amount_minor: -1000000000000001 is below -1000000000000000"),
        (GOODS, -1, "amount_minor: -1 is below 0"),
        (TAX, -1, "amount_minor: -1 is below 0"),
        (FEE, -1, "amount_minor: -1 is below 0"),
        (SHIPPING, -1, "amount_minor: -1 is below 0"),
        (GOODS, AMOUNT_MAX + 1, "amount_minor: 1000000000000001 is above 1000000000000000"),
    ],
)
def test_a_component_of_the_wrong_sign_or_size_is_refused(
    kind: ComponentKind, amount_minor: int, fault: str
) -> None:
    with pytest.raises(InvalidData) as caught:
        component(kind, amount_minor)
    assert caught.value.faults == (fault,)


@pytest.mark.parametrize("kind", [GOODS, DISCOUNT, FEE, SHIPPING])
def test_only_a_tax_is_contained_in_a_price(kind: ComponentKind) -> None:
    with pytest.raises(InvalidData, match="only a tax is"):
        component(kind, 0, included=True)


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_MAX + 1])
def test_a_line_has_at_least_one_unit_and_not_more_than_the_cap(quantity: int) -> None:
    with pytest.raises(InvalidData, match="quantity: "):
        goods_line(quantity, (GOODS, 100))


def test_a_discount_beyond_what_stands_before_it_is_refused() -> None:
    with pytest.raises(InvalidData) as caught:
        goods_line(1, (GOODS, 100), (DISCOUNT, -60), (TAX, 50), (DISCOUNT, -41))
    assert caught.value.faults == ("components[3].amount_minor: discount takes 41 off 40",)


def test_a_line_has_no_more_components_than_the_cap() -> None:
    most = [(GOODS, 1)] * COMPONENTS_MAX
    assert goods_line(1, *most).total_minor == COMPONENTS_MAX
    with pytest.raises(InvalidData, match="components: 251 are above 250"):
        goods_line(1, *most, (GOODS, 1))


def test_the_sums_of_an_order_by_kind() -> None:
    totals = OrderTotals(
        currency="EUR",
        lines=(
            PricedLine(
                line="a",
                quantity=2,
                components=(
                    component(GOODS, 2000),
                    component(DISCOUNT, -300),
                    component(FEE, 50),
                    component(SHIPPING, 70),
                    component(TAX, 11),
                    component(TAX, 5, included=True),
                ),
            ),
            goods_line(1, (SHIPPING, 400), (DISCOUNT, -100), line="shipping"),
        ),
        rounding=Rounding.HALF_UP,
    )
    assert (totals.goods_minor, totals.discount_minor, totals.fee_minor) == (2000, -400, 50)
    assert (totals.shipping_minor, totals.tax_minor, totals.included_tax_minor) == (470, 11, 5)
    assert totals.total_minor == 2000 - 400 + 50 + 470 + 11


def test_a_line_is_found_by_its_id_and_an_unknown_id_is_named() -> None:
    a, b = goods_line(1, (GOODS, 1)), goods_line(1, (GOODS, 2), line="b")
    totals = OrderTotals(currency="EUR", lines=(a, b), rounding=Rounding.HALF_UP)
    assert totals.line("b") is b
    with pytest.raises(InvalidData, match="'c' is no line of the order; among its lines: a, b"):
        totals.line("c")


def test_components_are_values() -> None:
    assert component(GOODS, 1) == Component(kind=GOODS, code="goods", amount_minor=1)
    assert len({component(GOODS, 1), component(GOODS, 1), component(GOODS, 2)}) == 2
