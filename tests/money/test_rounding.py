"""
Division rounds once, exactly, and the same on both sides of zero.
"""

from decimal import (
    ROUND_DOWN,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData
from ordercore.money import Rounding, divide

# The standard library's decimal arithmetic is the independent oracle.
ORACLE = {
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_DOWN: ROUND_HALF_DOWN,
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
}

numerators = st.integers(-(10**21), 10**21)
modes = st.sampled_from(Rounding)


@given(eighths=numerators, rounding=modes)
def test_every_mode_rounds_as_decimal_arithmetic_does(eighths: int, rounding: Rounding) -> None:
    # Eighths are exact decimals and contain halves, so the oracle itself never rounds before.
    exact = Context(prec=60).divide(Decimal(eighths), Decimal(8))
    assert divide(eighths, 8, rounding) == int(
        exact.quantize(Decimal(1), rounding=ORACLE[rounding], context=Context(prec=60))
    )


@given(numerator=numerators, denominator=st.integers(1, 10**12), rounding=modes)
def test_rounding_mirrors_itself_about_zero(
    numerator: int, denominator: int, rounding: Rounding
) -> None:
    assert divide(-numerator, denominator, rounding) == -divide(numerator, denominator, rounding)


@given(numerator=numerators, denominator=st.integers(1, 10**12), rounding=modes)
def test_a_rounded_quotient_is_less_than_one_from_the_exact_one(
    numerator: int, denominator: int, rounding: Rounding
) -> None:
    assert abs(divide(numerator, denominator, rounding) * denominator - numerator) < denominator


@given(
    numerator=numerators,
    more=st.integers(0, 10**6),
    denominator=st.integers(1, 10**6),
    rounding=modes,
)
def test_rounding_never_reverses_an_order(
    numerator: int, more: int, denominator: int, rounding: Rounding
) -> None:
    below = divide(numerator, denominator, rounding)
    assert below <= divide(numerator + more, denominator, rounding)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.HALF_EVEN, [1, 2, 2, 2, -2]),
        (Rounding.HALF_UP, [1, 2, 2, 3, -3]),
        (Rounding.HALF_DOWN, [1, 1, 2, 2, -2]),
        (Rounding.UP, [2, 2, 2, 3, -3]),
        (Rounding.DOWN, [1, 1, 1, 2, -2]),
    ],
)
def test_each_mode_in_numbers(rounding: Rounding, expected: list[int]) -> None:
    # 1.25, 1.5, 1.75, 2.5, -2.5
    assert [divide(quarters, 4, rounding) for quarters in (5, 6, 7, 10, -10)] == expected


@pytest.mark.parametrize("denominator", [0, -4])
def test_a_denominator_below_one_is_refused(denominator: int) -> None:
    with pytest.raises(InvalidData, match=f"denominator: {denominator} is below 1"):
        divide(1, denominator, Rounding.DOWN)
