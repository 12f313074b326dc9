"""
Cases that other order systems got wrong or had to decide, restated as facts.

The names are those of our collection: numbers of known failures, letters of cases from other
systems' own test suites.
"""

import pytest

from ordercore.errors import InvalidData, Rejected
from ordercore.money import Rounding, UnitPrice
from ordercore.totals import (
    Charge,
    ComponentKind,
    Discount,
    LineToPrice,
    LineUnits,
    OrderTotals,
    PricedLine,
    TaxedAmount,
    capture_amount,
    line_amounts,
    price_order,
    refund_amount,
)

HALF_UP = Rounding.HALF_UP

#: line id, unit price, quantity, off the line
Row = tuple[str, int, int, int]
#: line id, amount, included
TaxRow = tuple[str, int, bool]


def order(
    rows: tuple[Row, ...],
    *,
    off: int = 0,
    shipping: int = 0,
    fee: int = 0,
    taxes: tuple[TaxRow, ...] = (),
) -> OrderTotals:
    """
    An order in euros; ``off`` is an order discount, ``fee`` a fee on the first line.
    """
    charge = Charge(code="fee", kind=ComponentKind.FEE, amount_minor=fee)
    return price_order(
        currency="EUR",
        lines=tuple(
            LineToPrice(
                line=line,
                quantity=quantity,
                unit_price=UnitPrice(price),
                discounts=(Discount(code="line", amount_minor=line_off),) if line_off else (),
                charges=(charge,) if fee and i == 0 else (),
            )
            for i, (line, price, quantity, line_off) in enumerate(rows)
        ),
        order_discounts=(Discount(code="order", amount_minor=off),) if off else (),
        shipping_minor=shipping,
        taxes=tuple(
            TaxedAmount(line=line, code="vat", amount_minor=amount, included=included)
            for line, amount, included in taxes
        ),
        rounding=HALF_UP,
    )


@pytest.mark.parametrize(
    ("case", "totals", "total_minor"),
    [
        ("EDT-01: 2 x 25 + shipping 10", order((("a", 2500, 2, 0),), shipping=1000), 6000),
        (
            "EDT-01: and 2 x 12 more",
            order((("a", 2500, 2, 0), ("b", 1200, 2, 0)), shipping=1000),
            8400,
        ),
        (
            "EDT-01: the first line 3 x 25",
            order((("a", 2500, 3, 0), ("b", 1200, 2, 0)), shipping=1000),
            10900,
        ),
        (
            "EDT-01: the first line 3 x 30",
            order((("a", 3000, 3, 0), ("b", 1200, 2, 0)), shipping=1000),
            12400,
        ),
        ("EDT-01: without the first line", order((("b", 1200, 2, 0),), shipping=1000), 3400),
        (
            "TAX-08: 3 x 10 + shipping 10, 23 % on top",
            order(
                (("a", 1000, 3, 0),),
                shipping=1000,
                taxes=(("a", 690, False), ("shipping", 230, False)),
            ),
            4920,
        ),
        (
            "TAX-08: gross 30 + 10, voucher 3, 23 % contained",
            order(
                (("a", 1000, 3, 0),),
                off=300,
                shipping=1000,
                taxes=(("a", 505, True), ("shipping", 187, True)),
            ),
            3700,
        ),
        (
            "TAX-12: 30 x 2 at 10 % + 5 at 50 %",
            order(
                (("a", 3000, 2, 0), ("b", 500, 1, 0)), taxes=(("a", 600, False), ("b", 250, False))
            ),
            7350,
        ),
        (
            "TAX-12: 50 x 2 less 10 at 10 %",
            order((("a", 5000, 2, 1000),), taxes=(("a", 900, False),)),
            9900,
        ),
        ("77: 27.50 - 2.75 + 0.50", order((("a", 550, 5, 0),), off=275, fee=50), 2525),
    ],
)
def test_totals(case: str, totals: OrderTotals, total_minor: int) -> None:
    assert totals.total_minor == total_minor, case


def test_a_discount_on_equal_lines_differs_by_one_cent_at_most() -> None:
    """
    RND-06: 10 off three lines of 50; the odd cent goes to the first.
    """
    totals = order((("a", 5000, 1, 0), ("b", 5000, 1, 0), ("c", 5000, 1, 0)), off=1000)
    assert [line.total_minor for line in totals.lines] == [4666, 4667, 4667]


def test_net_and_contained_tax_of_a_gross_order_with_voucher() -> None:
    """
    TAX-08: 30 + 10 gross less 3 at 23 % is 30.08 net.
    """
    totals = order(
        (("a", 1000, 3, 0),),
        off=300,
        shipping=1000,
        taxes=(("a", 505, True), ("shipping", 187, True)),
    )
    assert totals.total_minor - totals.included_tax_minor == 3008


@pytest.mark.parametrize("cut", range(1, 11))
def test_a_line_of_ten_is_refunded_as_it_was_charged(cut: int) -> None:
    """
    73, REF-11: 23.90 with 20 % contained, 25 % off, ten pieces: 179.25, never 179.26.
    """
    line = order((("a", 2390, 10, 5975),), taxes=(("a", 2988, True),)).line("a")
    assert line.total_minor == 17925
    units = LineUnits(quantity=10, captured=10)
    first = refund_amount(line, units, cut, HALF_UP)
    units, _, _ = units.refund(cut)
    second = refund_amount(line, units, 10 - cut, HALF_UP) if cut < 10 else 0
    assert first + second == 17925


def test_net_and_tax_charged_apart_are_refunded_apart() -> None:
    """
    73: as 149.37 and 29.88 on top the ten pieces come back one by one, in both parts.
    """
    line = order((("a", 1992, 10, 4983),), taxes=(("a", 2988, False),)).line("a")
    each = [line.breakdown(k, k + 1, HALF_UP) for k in range(10)]
    net = [c.amount_minor for parts in each for c in parts if c.kind is not ComponentKind.TAX]
    tax = [c.amount_minor for parts in each for c in parts if c.kind is ComponentKind.TAX]
    assert (sum(net), sum(tax)) == (14937, 2988)
    assert max(tax) - min(tax) == 1


def test_two_pieces_with_tax_return_to_the_cent() -> None:
    """
    73: 2 x 2.10 with 24 % contained (0.81), returned one at a time.
    """
    line = order((("a", 210, 2, 0),), taxes=(("a", 81, True),)).line("a")
    parts = [line.breakdown(k, k + 1, HALF_UP) for k in range(2)]
    assert [[c.amount_minor for c in part] for part in parts] == [[210, 41], [210, 40]]


def test_shipping_is_refunded_with_its_tax_once() -> None:
    """
    75, REF-07: shipping 113.63 and tax 11.36 on it are one refundable line of 124.99.
    """
    shipping = order((("a", 100, 1, 0),), shipping=11363, taxes=(("shipping", 1136, False),)).line(
        "shipping"
    )
    units = LineUnits(quantity=1, captured=1)
    assert refund_amount(shipping, units, 1, HALF_UP) == 12499
    units, _, _ = units.refund(1)
    with pytest.raises(Rejected, match="not_captured"):
        refund_amount(shipping, units, 1, HALF_UP)


@pytest.mark.parametrize(
    ("case", "line", "shipped", "tax_minor"),
    [
        (
            "76: one of two, not the tax of both",
            order((("a", 500, 2, 0),), taxes=(("a", 167, True),)).line("a"),
            1,
            84,
        ),
        (
            "76: two of three shipped owe 4.10, not 6.15",
            order((("a", 3000, 3, 0),), taxes=(("a", 615, False),)).line("a"),
            2,
            410,
        ),
    ],
)
def test_the_tax_of_a_part_is_the_tax_of_that_part(
    case: str, line: PricedLine, shipped: int, tax_minor: int
) -> None:
    taxes = [
        c.amount_minor for c in line.breakdown(0, shipped, HALF_UP) if c.kind is ComponentKind.TAX
    ]
    assert taxes == [tax_minor], case


@pytest.mark.parametrize("canceled", [1, 2, 3, 4])
def test_what_is_refunded_and_what_is_kept_are_what_was_paid(canceled: int) -> None:
    """
    77: 27.50 less 2.75 and a fee of 0.50; the discount of returned pieces stays with them.
    """
    line = order((("a", 550, 5, 0),), off=275, fee=50).line("a")
    units, _, _ = LineUnits(quantity=5, captured=5).refund(canceled)
    worth = line_amounts(line, units, HALF_UP)
    assert worth.refunded_minor == canceled * (550 - 55 + 10)
    assert worth.refunded_minor + worth.refundable_minor == 2525


def test_the_discount_of_a_returned_line_does_not_slide_to_the_other() -> None:
    """
    77: 30 off two lines of 100 and 200; all of the first returned, the second still costs 180.
    """
    totals = order((("a", 10000, 1, 0), ("b", 10000, 2, 0)), off=3000)
    a, b = totals.line("a"), totals.line("b")
    assert refund_amount(a, LineUnits(quantity=1, captured=1), 1, HALF_UP) == 9000
    assert b.total_minor == 18000


def test_an_order_refunded_piece_by_piece_is_not_stuck_on_a_cent_of_tax() -> None:
    """
    78: seven pieces of 0.99 with 0.50 tax on top; the last refund leaves exactly nothing.
    """
    line = order((("a", 99, 7, 0),), taxes=(("a", 50, False),)).line("a")
    units, paid_back = LineUnits(quantity=7, captured=7), 0
    for _ in range(7):
        paid_back += refund_amount(line, units, 1, HALF_UP)
        units, _, _ = units.refund(1)
    assert paid_back == line.total_minor == 743
    assert line_amounts(line, units, HALF_UP).refundable_minor == 0


def test_a_line_of_no_pieces_is_refused_before_it_divides_by_zero() -> None:
    """
    78: a quantity of 0 made a tax of NaN elsewhere.
    """
    with pytest.raises(InvalidData, match=r"lines\[0\].quantity: 0 is below 1"):
        order((("a", 100, 0, 0),))


def test_a_partial_capture_leaves_the_rest_capturable() -> None:
    """
    62, CAP-08: 50 in two shipments of 25; the first capture does not close the second.
    """
    line = order((("a", 2500, 2, 0),)).line("a")
    units = LineUnits(quantity=2)
    first = capture_amount(line, units, 1, HALF_UP)
    units, _, _ = units.capture(1)
    assert [first, capture_amount(line, units, 1, HALF_UP)] == [2500, 2500]


@pytest.mark.parametrize("n", [0, -1])
def test_a_refund_of_nothing_or_less_is_refused(n: int) -> None:
    """
    69: a negative quantity refunded the discount elsewhere.
    """
    with pytest.raises(InvalidData, match=f"units: {n} is below 1"):
        LineUnits(quantity=2, captured=2).refund(n)


def test_what_was_never_captured_is_not_refunded() -> None:
    """
    70, REF-04: of four units two are captured; a refund of three is refused.
    """
    with pytest.raises(Rejected, match="not_captured") as caught:
        LineUnits(quantity=4, captured=2).refund(3)
    assert caught.value.data["possible"] == 2


def test_a_second_grant_for_the_same_unit_is_refused() -> None:
    """
    REF-07: a line of two, one granted; two more are refused, one is accepted.
    """
    units, _, _ = LineUnits(quantity=2, captured=2).refund(1)
    with pytest.raises(Rejected, match="not_captured"):
        units.refund(2)
    assert units.refund(1)[0].refundable == 0


def test_a_failed_refund_is_refundable_again_in_full() -> None:
    """
    71: a refund of 20 fails at the provider; the 20 are owed as before.
    """
    line = order((("a", 1000, 3, 0),)).line("a")
    units, _, _ = LineUnits(quantity=3, captured=3).refund(2)
    assert line_amounts(line, units, HALF_UP).refundable_minor == 1000
    units, _, _ = units.unrefund(2)
    assert line_amounts(line, units, HALF_UP).refundable_minor == 3000


def test_a_discount_beyond_the_goods_never_reaches_the_shipping() -> None:
    """
    88: 50 off goods of 30 with shipping 10 is refused and named; 30 off leaves the shipping.
    """
    with pytest.raises(Rejected, match="discount_exceeds_order"):
        order((("a", 3000, 1, 0),), off=5000, shipping=1000)
    assert order((("a", 3000, 1, 0),), off=3000, shipping=1000).total_minor == 1000
