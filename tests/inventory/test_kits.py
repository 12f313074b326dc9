"""How many kits there are, and how many can be made where."""

from hypothesis import given
from hypothesis import strategies as st

from ordercore.catalog import Part
from ordercore.ids import PlaceId, Sku
from ordercore.inventory import StockLevel, buildable, kit_available

SKUS = tuple(map(Sku, ("MUG", "TEA", "TIN")))
PLACES = tuple(map(PlaceId, ("berlin", "lyon")))

PARTS = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1).map(
    lambda rows: tuple(Part(sku, quantity, 1) for sku, quantity in rows.items())
)
LEVELS = st.dictionaries(
    st.tuples(st.sampled_from(SKUS), st.sampled_from(PLACES)),
    st.tuples(st.integers(0, 12), st.integers(0, 4), st.integers(0, 4)),
).map(
    lambda rows: tuple(
        StockLevel(sku=sku, place=place, on_hand=there, reserved=held, allocated=owed)
        for (sku, place), (there, held, owed) in rows.items()
    )
)


@given(PARTS, LEVELS)
def test_so_many_kits_can_be_filled_and_not_one_more(
    parts: tuple[Part, ...], levels: tuple[StockLevel, ...]
) -> None:
    there = {sku: sum(lv.available for lv in levels if lv.sku == sku) for sku in SKUS}
    kits = kit_available(parts, levels)
    assert all(there[part.sku] >= part.quantity * kits for part in parts)
    assert any(there[part.sku] < part.quantity * (kits + 1) for part in parts)


@given(PARTS, LEVELS)
def test_what_can_be_made_at_a_place_is_what_its_own_shelf_allows(
    parts: tuple[Part, ...], levels: tuple[StockLevel, ...]
) -> None:
    made = buildable(parts, levels)
    assert list(made) == sorted({level.place for level in levels})
    for place, number in made.items():
        assert number == kit_available(parts, [lv for lv in levels if lv.place == place])
    assert sum(made.values()) <= kit_available(parts, levels)


def test_parts_of_one_kit_may_lie_at_different_places_but_not_to_be_made_into_one() -> None:
    parts = (Part(SKUS[0], 2, 1), Part(SKUS[1], 1, 1))
    levels = (
        StockLevel(sku=SKUS[0], place=PLACES[0], on_hand=3),
        StockLevel(sku=SKUS[0], place=PLACES[1], on_hand=3),
        StockLevel(sku=SKUS[1], place=PLACES[1], on_hand=9),
    )
    assert kit_available(parts, levels) == 3
    assert buildable(parts, levels) == {"berlin": 0, "lyon": 1}
    assert kit_available((), levels) == 0
