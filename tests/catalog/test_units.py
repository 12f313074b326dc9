"""Units of measure: exact at the edge, whole numbers inside, nothing rounded."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.catalog import Product, StaticCatalog, UnitOfMeasure
from ordercore.errors import InvalidData
from ordercore.ids import Sku
from ordercore.money import QUANTITY_MAX

METER, BOX, DOZEN = UnitOfMeasure("m", 1000), UnitOfMeasure("box", 12), UnitOfMeasure("dz", 12)
BAND = Product(sku=Sku("BAND"), name="Band", units=(METER, BOX))


@given(st.integers(1, QUANTITY_MAX), st.sampled_from([1, 2, 5, 10, 1000]))
def test_what_base_units_come_to_reads_back_as_the_same_number(units: int, base: int) -> None:
    shown = Decimal(units) / base  # exact: 28 digits hold every such quotient
    unit = UnitOfMeasure("u", base)
    assert unit.in_base_units(shown) == units
    assert unit.in_base_units(f"{shown:f}") == units


@given(st.integers(1, 9), st.integers(1, 999), st.integers(1, 1000))
def test_a_quantity_is_exact_or_refused(whole: int, thousandths: int, base: int) -> None:
    text, unit = f"{whole}.{thousandths:03}", UnitOfMeasure("u", base)
    exact, over = divmod((whole * 1000 + thousandths) * base, 1000)
    if over:
        with pytest.raises(InvalidData, match=f"steps of {unit.step} u"):
            unit.in_base_units(text)
    else:
        assert unit.in_base_units(text) == exact


def test_people_count_in_boxes_and_meters() -> None:
    assert BAND.in_base_units(3, "box") == 36
    assert BAND.in_base_units("0.25", "box") == 3
    assert BAND.in_base_units(Decimal("2.50"), "m") == 2500
    assert BAND.unit("m").base_units == 1000


@pytest.mark.parametrize(
    ("unit", "step"), [(METER, "0.001"), (BOX, "1/12"), (UnitOfMeasure("pc", 1), "1")]
)
def test_the_smallest_step_is_named(unit: UnitOfMeasure, step: str) -> None:
    assert unit.step == step
    with pytest.raises(InvalidData, match=f"steps of {step} {unit.name}"):
        unit.in_base_units("0.0001")


@pytest.mark.parametrize(
    "quantity",
    [
        *(0.5, True, None, "1e3", "-1", "+1", " 1", "1_0", "٣", "1.", ".5", "1" * 13, b"1"),
        *map(Decimal, ("NaN", "Infinity", "1E+100000", "1E-100000")),
    ],
)
def test_what_is_no_plain_number_is_refused(quantity: Any) -> None:
    with pytest.raises(InvalidData, match="is no quantity: legal are int, Decimal and text"):
        METER.in_base_units(quantity)


def test_a_float_is_refused_by_name() -> None:
    with pytest.raises(InvalidData, match=r"0\.1 \(float, which is not exact,\)"):
        METER.in_base_units(0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize("quantity", [0, -2, 10**50, "0", Decimal(-1), QUANTITY_MAX])
def test_nothing_and_too_much_are_no_quantity(quantity: Any) -> None:
    with pytest.raises(InvalidData, match=f"not 1 to {QUANTITY_MAX} base units"):
        METER.in_base_units(quantity)


def test_an_unknown_unit_is_refused_with_the_legal_ones() -> None:
    with pytest.raises(InvalidData, match="'crate' is unknown: legal are m, box"):
        BAND.in_base_units(1, "crate")
    with pytest.raises(InvalidData, match="legal are base units alone"):
        Product(sku=Sku("MUG"), name="Mug").in_base_units(1, "box")


def test_a_unit_has_a_name_and_a_number_and_is_there_once() -> None:
    with pytest.raises(InvalidData, match=r"base_units: 0 .*name: ''"):
        UnitOfMeasure("", 0)
    twice = Product(sku=Sku("MUG"), name="Mug", units=(DOZEN, BOX, DOZEN))
    with pytest.raises(InvalidData, match="SKU MUG: unit dz is there twice"):
        StaticCatalog([twice])
