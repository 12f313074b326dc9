"""
Cases that other order systems got wrong or had to decide, restated as facts.

The names on the left are those of our collection: numbers of known failures, letters of cases from
other systems' own test suites.
"""

import pytest

from ordercore.errors import InvalidData
from ordercore.money import Money, Rounding, UnitPrice, apportion, divide, parse_money, share


@pytest.mark.parametrize(
    ("case", "total", "weights", "expected"),
    [
        ("RND-03", 299, (1000, 1000, 1000), (100, 100, 99)),
        ("RND-04", 95, (10, 20, 10, 30, 50, 20, 10, 40), (5, 10, 5, 15, 25, 10, 5, 20)),
        ("RND-04", 93, (10, 20, 10, 30, 50, 20, 10, 40), (5, 10, 5, 15, 24, 10, 5, 19)),
        ("RND-05", 40, (10, 0), (40, 0)),
        ("RND-05", 10, (0, 0), (5, 5)),
        ("RND-05", 0, (0, 0), (0, 0)),
        ("RND-06", 1500, (50, 50, 50), (500, 500, 500)),
        ("RND-06", 1000, (50, 50, 50), (334, 333, 333)),
        ("RND-06", 1500, (150, 50, 100), (750, 250, 500)),
    ],
)
def test_apportioning(case: str, total: int, weights: tuple[int, ...], expected: object) -> None:
    assert apportion(total, weights) == expected, case


@pytest.mark.parametrize(
    ("case", "numerator", "denominator", "expected"),
    [
        ("TAX-01: 5 % on 60.00", 6000 * 5, 100, 300),
        ("TAX-01: 5 % contained in 60.00", 6000 * 5, 105, 286),
        ("TAX-03: 5 % on 10.333, rounded once", 10333 * 5, 1000, 52),
        ("TAX-04: 7 % contained in 20.00", 2000 * 7, 107, 131),
        ("TAX-04: 7 % contained in 8.00", 800 * 7, 107, 52),
        ("TAX-09: net of 10.00 with 23 % contained", 1000 * 100, 123, 813),
        ("76: 20 % contained in 10.00 is not 2.00", 1000 * 20, 120, 167),
    ],
)
def test_tax_by_division(case: str, numerator: int, denominator: int, expected: int) -> None:
    assert divide(numerator, denominator, Rounding.HALF_UP) == expected, case


def test_rounding_a_line_once_and_not_each_part() -> None:
    """
    73, REF-11: 23.90 less 25 % is 17.925 a piece; ten cost 179.25, not 179.30.
    """
    assert UnitPrice(2390 * 75, per=100).total(10, Rounding.HALF_UP) == 17925


def test_refunds_by_amount_never_exceed_net_or_tax() -> None:
    """
    74, REF-12: 62 paid is 52 net and 10 tax; six refunds by amount, then the last 1.
    """
    refunded = net = tax = 0
    for amount in (32, 9, 8, 3, 6, 3, 1):
        net_part = share(52, 62, refunded, refunded + amount)
        refunded, net, tax = refunded + amount, net + net_part, tax + amount - net_part
        assert net <= 52
        assert tax <= 10
    assert (refunded, net, tax) == (62, 52, 10)


def test_the_tax_of_a_short_shipment_is_that_of_what_was_shipped() -> None:
    """
    76: tax of 6.15 on three units; two were shipped, so 4.10 stays.
    """
    assert share(615, 3, 0, 2) == 410


@pytest.mark.parametrize(
    ("case", "text", "currency", "amount_minor"),
    [
        ("79: 10,000 yen is not 1,000,000", "10000", "JPY", 10_000),
        ("79: 80 yen is not 8,000", "80", "JPY", 80),
        ("79: three decimals", "1.234", "KWD", 1234),
        ("79: three decimals", "0.001", "BHD", 1),
    ],
)
def test_currencies_without_or_with_three_decimals(
    case: str, text: str, currency: str, amount_minor: int
) -> None:
    assert parse_money(text, currency) == Money(amount_minor, currency), case


@pytest.mark.parametrize("text", ["705.00", "16.24"])
def test_yen_with_decimals_are_refused_at_the_door(text: str) -> None:
    """
    79: one provider refused "705.00" yen at checkout, another system charged 16.24 yen.
    """
    with pytest.raises(InvalidData, match="no decimals in JPY"):
        parse_money(text, "JPY")
