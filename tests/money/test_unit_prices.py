"""
A unit may cost a fraction of a cent; only totals are rounded, once.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData
from ordercore.money import AMOUNT_MAX, QUANTITY_MAX, Rounding, UnitPrice, range_faults

modes = st.sampled_from(Rounding)


@given(
    amount_minor=st.integers(0, 10**9),
    per=st.integers(1, QUANTITY_MAX),
    packs=st.integers(0, 1000),
    rounding=modes,
)
def test_whole_packs_cost_a_multiple_of_the_price(
    amount_minor: int, per: int, packs: int, rounding: Rounding
) -> None:
    packs = min(packs, QUANTITY_MAX // per)
    assert UnitPrice(amount_minor, per).total(packs * per, rounding) == packs * amount_minor


@given(amount_minor=st.integers(0, 10**9), quantity=st.integers(0, QUANTITY_MAX), rounding=modes)
def test_a_price_for_one_needs_no_rounding(
    amount_minor: int, quantity: int, rounding: Rounding
) -> None:
    assert UnitPrice(amount_minor).total(quantity, rounding) == amount_minor * quantity


def test_a_total_rounds_once_by_the_stated_mode() -> None:
    price = UnitPrice(25, per=10)
    assert {mode: price.total(3, mode) for mode in Rounding} == {
        Rounding.HALF_EVEN: 8,
        Rounding.HALF_UP: 8,
        Rounding.HALF_DOWN: 7,
        Rounding.UP: 8,
        Rounding.DOWN: 7,
    }


@pytest.mark.parametrize(
    ("amount_minor", "per", "fault"),
    [
        (-1, 1, "amount_minor: -1 is below 0"),
        (AMOUNT_MAX + 1, 1, "amount_minor: 1000000000000001 is above 1000000000000000"),
        (1, 0, "per: 0 is below 1"),
        (1, QUANTITY_MAX + 1, "per: 1000001 is above 1000000"),
    ],
)
def test_a_price_outside_the_caps_is_refused(amount_minor: int, per: int, fault: str) -> None:
    with pytest.raises(InvalidData) as caught:
        UnitPrice(amount_minor, per)
    assert caught.value.faults == (fault,)


@pytest.mark.parametrize("quantity", [-1, QUANTITY_MAX + 1])
def test_a_quantity_outside_the_caps_has_no_total(quantity: int) -> None:
    with pytest.raises(InvalidData, match="quantity: "):
        UnitPrice(1).total(quantity, Rounding.DOWN)


def test_a_total_above_the_cap_is_refused() -> None:
    assert UnitPrice(AMOUNT_MAX // 2).total(2, Rounding.DOWN) == AMOUNT_MAX
    with pytest.raises(InvalidData, match="total: "):
        UnitPrice(AMOUNT_MAX // 2 + 1).total(2, Rounding.DOWN)


@pytest.mark.parametrize("value", [True, 2.0, "2", None])
def test_a_quantity_is_an_integer_and_nothing_like_one(value: object) -> None:
    faults = range_faults("quantity", value, 0, 9)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert faults == (f"quantity: {type(value).__name__} is not an integer of 0 to 9",)


def test_an_enormous_number_is_refused_without_printing_it() -> None:
    (fault,) = range_faults("quantity", 10**10_000, 0, 9)
    assert fault == "quantity: a number of more than 36 digits is above 9"
