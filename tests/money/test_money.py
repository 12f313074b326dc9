"""
Money keeps its currency, and only text that means one amount becomes money.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.money import AMOUNT_MAX, CURRENCIES, Money, exponent, parse_money

amounts = st.integers(-AMOUNT_MAX, AMOUNT_MAX)
currencies = st.sampled_from(CURRENCIES)


@pytest.mark.parametrize("currency", CURRENCIES)
@settings(max_examples=15)
@given(amount_minor=amounts | st.integers(-10_001, 10_001))
def test_text_and_money_convert_both_ways_in_every_currency(
    currency: str, amount_minor: int
) -> None:
    money = Money(amount_minor, currency)
    text, code = str(money).split(" ")
    assert (parse_money(text, code), len(text.partition(".")[2])) == (money, exponent(currency))


@given(a=amounts, b=amounts, currency=currencies)
def test_sums_differences_and_order_are_those_of_the_minor_units(
    a: int, b: int, currency: str
) -> None:
    x, y = Money(a, currency), Money(b, currency)
    assert x + y == Money(a + b, currency)
    assert x - y == Money(a - b, currency) == x + (-y)
    assert (x < y, x <= y, x > y, x >= y, x == y) == (a < b, a <= b, a > b, a >= b, a == b)
    assert sum([x, y, -x], Money.zero(currency)) == y


@pytest.mark.parametrize(
    "operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"]
)
def test_two_currencies_never_meet(operation: str) -> None:
    with pytest.raises(Rejected) as caught:
        getattr(Money(100, "EUR"), operation)(Money(100, "USD"))
    assert caught.value.code == "currency_differs"
    assert caught.value.data == {"currency": "EUR", "other_currency": "USD"}


def test_a_sum_over_two_currencies_is_refused() -> None:
    with pytest.raises(Rejected, match="currency_differs"):
        sum([Money(1, "EUR"), Money(1, "JPY")], Money.zero("EUR"))


def test_nothing_in_two_currencies_is_not_the_same() -> None:
    assert Money.zero("EUR") != Money.zero("USD")
    assert Money.zero("EUR").is_zero
    assert not Money(-1, "EUR").is_zero


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1240, "EUR"), "12.40 EUR"),
        (Money(1240, "JPY"), "1240 JPY"),
        (Money(1234, "KWD"), "1.234 KWD"),
        (Money(12345, "CLF"), "1.2345 CLF"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(-80, "JPY"), "-80 JPY"),
        (Money(0, "BHD"), "0.000 BHD"),
    ],
)
def test_an_amount_shows_the_decimals_of_its_currency(money: Money, text: str) -> None:
    assert str(money) == text


@pytest.mark.parametrize(
    ("text", "currency", "amount_minor"),
    [
        ("12.40", "EUR", 1240),
        ("12.4", "EUR", 1240),
        ("12", "EUR", 1200),
        ("-0.00", "EUR", 0),
        ("007", "JPY", 7),
        ("10000000000000.00", "EUR", AMOUNT_MAX),
    ],
)
def test_fewer_decimals_than_the_currency_has_are_read(
    text: str, currency: str, amount_minor: int
) -> None:
    assert parse_money(text, currency) == Money(amount_minor, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "1.",
        ".5",
        "1,50",
        "1_000",
        "1e3",
        "1e1000000",
        "NaN",
        "Infinity",
        "--1",
        "0x10",
        "１２",
        "١٢.٥",
        "1" * 19,
        "1." + "0" * 7,
        "9" * 5000,
    ],
)
def test_text_that_is_no_plain_ascii_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidData, match="is not a plain decimal number") as caught:
        parse_money(text, "EUR")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", [12.4, True, 12, None, b"12"])
def test_only_text_is_read_as_money(value: object) -> None:
    with pytest.raises(InvalidData, match="is not text"):
        parse_money(value, "EUR")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "currency", "legal"),
    [
        ("12.405", "EUR", "at most 2 decimals in EUR"),
        ("12.400", "EUR", "at most 2 decimals in EUR"),
        ("1.2345", "KWD", "at most 3 decimals in KWD"),
        ("705.00", "JPY", "no decimals in JPY"),
    ],
)
def test_too_many_decimals_are_refused_and_the_legal_number_named(
    text: str, currency: str, legal: str
) -> None:
    with pytest.raises(InvalidData, match=legal):
        parse_money(text, currency)


@pytest.mark.parametrize("text", ["10000000000000.01", "-10000000000000.01"])
def test_an_amount_beyond_the_cap_is_refused(text: str) -> None:
    with pytest.raises(InvalidData, match=r"is beyond 10000000000000\.00 EUR"):
        parse_money(text, "EUR")


@pytest.mark.parametrize("amount", [1.0, True, "1", None])
def test_money_counts_in_integers_only(amount: object) -> None:
    with pytest.raises(InvalidData, match="is not an integer"):
        Money(amount, "EUR")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "XAU", "XXX", "ZZZ", "ＥＵＲ"])
def test_a_code_without_a_minor_unit_is_refused(currency: str) -> None:
    with pytest.raises(InvalidData, match="no ISO 4217 code"):
        Money(1, currency)


def test_the_table_holds_list_one_by_number_of_decimals() -> None:
    by_decimals = {d: sum(exponent(c) == d for c in CURRENCIES) for d in (0, 2, 3, 4)}
    assert by_decimals == {0: 17, 2: 139, 3: 7, 4: 2}
    assert len(set(CURRENCIES)) == 165


def test_amounts_of_a_withdrawn_currency_stay_readable() -> None:
    assert "BGN" not in CURRENCIES
    assert str(Money(1955, "BGN")) == "19.55 BGN"
