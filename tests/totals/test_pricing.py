"""
An order costs the sum of its parts; discounts take what they say and no more than there is.
"""

import cattrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.money import AMOUNT_MAX, Rounding, UnitPrice, apportion
from ordercore.totals import (
    COMPONENTS_MAX,
    LINES_MAX,
    SHIPPING_LINE,
    Charge,
    ComponentKind,
    Discount,
    LineToPrice,
    OrderTotals,
    TaxedAmount,
    price_order,
    taxable_amounts,
)
from tests.totals.totals_cases import (
    discounts_up_to,
    goods_net,
    lines_to_price,
    minors,
    roundings,
)

DISCOUNT = ComponentKind.DISCOUNT


def line_of(line: str, price: int, quantity: int = 1, **more: object) -> LineToPrice:
    return LineToPrice(
        line=line,
        quantity=quantity,
        unit_price=UnitPrice(price),
        **more,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )


def off(amount_minor: int, code: str = "off") -> Discount:
    return Discount(code=code, amount_minor=amount_minor)


def priced(
    *lines: LineToPrice,
    order_discounts: tuple[Discount, ...] = (),
    shipping_minor: int = 0,
    shipping_discounts: tuple[Discount, ...] = (),
    taxes: tuple[TaxedAmount, ...] = (),
    currency: str = "EUR",
) -> OrderTotals:
    return price_order(
        currency=currency,
        lines=lines,
        order_discounts=order_discounts,
        shipping_minor=shipping_minor,
        shipping_discounts=shipping_discounts,
        taxes=taxes,
        rounding=Rounding.HALF_UP,
    )


@given(data=st.data(), lines=lines_to_price(), shipping_minor=minors, rounding=roundings)
def test_an_order_costs_the_sum_of_its_parts(
    data: st.DataObject,
    lines: tuple[LineToPrice, ...],
    shipping_minor: int,
    rounding: Rounding,
) -> None:
    net = sum(goods_net(line) for line in lines)
    order_discounts = data.draw(discounts_up_to(net, "order"))
    shipping_discounts = data.draw(discounts_up_to(shipping_minor, "freight"))
    taxable = taxable_amounts(
        lines=lines,
        order_discounts=order_discounts,
        shipping_minor=shipping_minor,
        shipping_discounts=shipping_discounts,
        rounding=rounding,
    )
    # On each line one tax that is added and one that is contained in what is there.
    taxes = tuple(
        TaxedAmount(
            line=line,
            code="vat",
            amount_minor=data.draw(st.integers(0, amount)),
            included=included,
        )
        for line, amount in taxable
        for included in (False, True)
    )
    totals = price_order(
        currency="EUR",
        lines=lines,
        order_discounts=order_discounts,
        shipping_minor=shipping_minor,
        shipping_discounts=shipping_discounts,
        taxes=taxes,
        rounding=rounding,
    )

    given_off = [d for line in lines for d in line.discounts]
    given_off += [*order_discounts, *shipping_discounts]
    charges = [c.amount_minor for line in lines for c in line.charges]
    tax_minor = sum(t.amount_minor for t in taxes if not t.included)
    assert totals.discount_minor == -sum(d.amount_minor for d in given_off)
    assert totals.tax_minor == tax_minor
    assert totals.goods_minor == sum(x.unit_price.amount_minor * x.quantity for x in lines)
    assert totals.fee_minor + totals.shipping_minor == sum(charges) + shipping_minor
    assert totals.total_minor == (
        totals.goods_minor
        + totals.discount_minor
        + totals.fee_minor
        + totals.shipping_minor
        + totals.tax_minor
    )
    assert totals.total_minor == sum(amount for _, amount in taxable) + tax_minor


@given(data=st.data(), lines=lines_to_price(), rounding=roundings)
def test_an_order_discount_falls_on_lines_by_what_is_left_of_their_goods(
    data: st.DataObject, lines: tuple[LineToPrice, ...], rounding: Rounding
) -> None:
    nets = [goods_net(line) for line in lines]
    amount = data.draw(st.integers(0, sum(nets)))
    totals = price_order(
        currency="EUR",
        lines=lines,
        order_discounts=(off(amount, "order"),),
        shipping_minor=0,
        taxes=(),
        rounding=rounding,
    )
    got = [-sum(c.amount_minor for c in x.components if c.code == "order") for x in totals.lines]
    assert tuple(got) == apportion(amount, nets)


@given(data=st.data(), lines=lines_to_price(), rounding=roundings)
def test_no_number_of_order_discounts_makes_the_goods_of_a_line_negative(
    data: st.DataObject, lines: tuple[LineToPrice, ...], rounding: Rounding
) -> None:
    net = sum(goods_net(line) for line in lines)
    discounts = data.draw(discounts_up_to(net, "order"))
    rest = off(net - sum(d.amount_minor for d in discounts), "rest")
    totals = price_order(
        currency="EUR",
        lines=lines,
        order_discounts=(*discounts, rest),
        shipping_minor=0,
        taxes=(),
        rounding=rounding,
    )
    kinds = {ComponentKind.GOODS, DISCOUNT}
    left = [sum(c.amount_minor for c in x.components if c.kind in kinds) for x in totals.lines]
    assert left == [0] * len(lines)


def test_two_order_discounts_of_a_cent_do_not_fall_on_the_same_cent() -> None:
    totals = priced(line_of("a", 1), line_of("b", 1), order_discounts=(off(1, "x"), off(1, "y")))
    assert [line.total_minor for line in totals.lines] == [0, 0]


def test_the_components_of_a_line_stand_in_the_order_in_which_they_were_applied() -> None:
    totals = priced(
        line_of(
            "a",
            1000,
            2,
            discounts=(off(100, "line-10"),),
            charges=(Charge(code="wrap", kind=ComponentKind.FEE, amount_minor=30),),
        ),
        order_discounts=(off(190, "order-10"),),
        shipping_minor=500,
        shipping_discounts=(off(500, "free-shipping"),),
        taxes=(
            TaxedAmount(line="a", code="vat-19", amount_minor=331, included=False),
            TaxedAmount(line="shipping", code="vat-19", amount_minor=0, included=False),
        ),
    )
    assert [[(c.code, c.amount_minor) for c in line.components] for line in totals.lines] == [
        [("goods", 2000), ("line-10", -100), ("order-10", -190), ("wrap", 30), ("vat-19", 331)],
        [("shipping", 500), ("free-shipping", -500), ("vat-19", 0)],
    ]
    assert totals.total_minor == 2071


def test_a_tax_quote_is_asked_on_lines_after_all_discounts_and_on_the_shipping() -> None:
    lines = (
        line_of("a", 3000, discounts=(off(1000),)),
        line_of("b", 1000, charges=(Charge(code="w", kind=ComponentKind.FEE, amount_minor=50),)),
    )
    asked = taxable_amounts(
        lines=lines,
        order_discounts=(off(300),),
        shipping_minor=490,
        shipping_discounts=(off(490),),
        rounding=Rounding.HALF_UP,
    )
    assert asked == (("a", 1800), ("b", 950), ("shipping", 0))


def test_an_order_without_shipping_has_no_shipping_line() -> None:
    assert [x.line for x in priced(line_of("a", 100)).lines] == ["a"]
    assert [x.line for x in priced(line_of("a", 100), shipping_minor=1).lines] == ["a", "shipping"]


def test_a_line_discount_beyond_its_goods_is_refused_with_numbers() -> None:
    charge = Charge(code="wrap", kind=ComponentKind.FEE, amount_minor=500)
    with pytest.raises(Rejected) as caught:
        priced(line_of("a", 100, discounts=(off(60), off(41, "more")), charges=(charge,)))
    assert caught.value.code == "discount_exceeds_line"
    assert caught.value.data == {
        "line": "a",
        "discount": "more",
        "amount_minor": 41,
        "left_minor": 40,
    }


def test_a_shipping_discount_beyond_the_shipping_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        priced(line_of("a", 100), shipping_minor=0, shipping_discounts=(off(1),))
    assert (caught.value.code, caught.value.data["line"]) == ("discount_exceeds_line", "shipping")


def test_an_order_discount_beyond_the_goods_is_refused_and_never_eats_shipping() -> None:
    with pytest.raises(Rejected) as caught:
        priced(line_of("a", 100), order_discounts=(off(101, "big"),), shipping_minor=500)
    assert caught.value.code == "discount_exceeds_order"
    assert caught.value.data == {"discount": "big", "amount_minor": 101, "left_minor": 100}


def test_every_malformed_line_is_named() -> None:
    with pytest.raises(InvalidData) as caught:
        priced(
            line_of("a", 1),
            line_of("a", 1, quantity=0),
            line_of(SHIPPING_LINE, 1),
            shipping_minor=-1,
        )
    assert caught.value.faults == (
        "shipping_minor: -1 is below 0",
        "lines[1].line: 'a' is there already",
        "lines[1].quantity: 0 is below 1",
        "lines[2].line: 'shipping' names the order's own shipping",
    )


def test_taxes_on_unknown_lines_are_named() -> None:
    taxes = tuple(
        TaxedAmount(line=line, code="vat", amount_minor=1, included=False)
        for line in ("a", "b", "shipping")
    )
    with pytest.raises(InvalidData) as caught:
        priced(line_of("a", 100), taxes=taxes)
    assert caught.value.faults == (
        "taxes[1].line: 'b' is no line of the order",
        "taxes[2].line: 'shipping' is no line of the order",
    )


def test_contained_taxes_do_not_exceed_what_contains_them() -> None:
    taxes = tuple(
        TaxedAmount(line="a", code=code, amount_minor=amount, included=True)
        for code, amount in (("x", 60), ("y", 41))
    )
    assert priced(line_of("a", 101), taxes=taxes).included_tax_minor == 101
    with pytest.raises(InvalidData, match="101 cannot be contained in line 'a' of 100"):
        priced(line_of("a", 100), taxes=taxes)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(InvalidData, match="currency"):
        priced(line_of("a", 1), currency="XXX")


def test_the_caps_hold() -> None:
    half = line_of("a", AMOUNT_MAX // 2, 2)
    assert priced(half).total_minor == AMOUNT_MAX
    with pytest.raises(InvalidData, match="total_minor: "):
        priced(half, line_of("b", 1))
    with pytest.raises(InvalidData, match="line a is invalid: total: "):
        priced(line_of("a", AMOUNT_MAX, 2))

    many = tuple(line_of(str(i), 1) for i in range(LINES_MAX + 1))
    assert len(priced(*many[:-1]).lines) == LINES_MAX
    with pytest.raises(InvalidData, match="lines: 1001 are above 1000"):
        priced(*many)

    nothing = (off(0),) * COMPONENTS_MAX
    with pytest.raises(InvalidData, match=r"lines\[0\]: 251 components are above 250"):
        priced(line_of("a", 1), order_discounts=nothing)
    with pytest.raises(InvalidData, match="shipping_discounts: 250 are too many"):
        priced(shipping_minor=1, shipping_discounts=nothing)


@pytest.mark.parametrize("amount_minor", [-1, AMOUNT_MAX + 1, True])
def test_discounts_charges_and_taxes_are_amounts_in_range(amount_minor: int) -> None:
    with pytest.raises(InvalidData, match="discount off is invalid"):
        off(amount_minor)
    with pytest.raises(InvalidData, match="charge c is invalid"):
        Charge(code="c", kind=ComponentKind.FEE, amount_minor=amount_minor)
    with pytest.raises(InvalidData, match="tax vat on a is invalid"):
        TaxedAmount(line="a", code="vat", amount_minor=amount_minor, included=False)


@pytest.mark.parametrize("kind", [ComponentKind.GOODS, DISCOUNT, ComponentKind.TAX])
def test_a_charge_is_a_fee_or_shipping(kind: ComponentKind) -> None:
    with pytest.raises(InvalidData, match="legal are fee and shipping"):
        Charge(code="c", kind=kind, amount_minor=1)


def test_totals_and_what_they_are_made_of_survive_being_written_down() -> None:
    line = line_of("a", 1000, 3, discounts=(off(1),))
    totals = priced(line, shipping_minor=5)
    assert cattrs.structure(cattrs.unstructure(totals), OrderTotals) == totals
    assert cattrs.structure(cattrs.unstructure(line), LineToPrice) == line
