"""Taking products apart: what is in a kit, and what no catalog may hold."""

from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.catalog import (
    DEPTH_MAX,
    PARTS_MAX,
    Component,
    Composition,
    Part,
    Product,
    StaticCatalog,
    parts_of,
    with_components,
)
from ordercore.errors import InvalidData
from ordercore.ids import Sku
from ordercore.money import QUANTITY_MAX

LEVELS = 4
Recipe = list[tuple[int, int, int | None]]


def product(sku: str, *components: Component, made: Composition = Composition.KIT) -> Product:
    return Product(sku=Sku(sku), name=sku.title(), components=components, composition=made)


def by_sku(*products: Product) -> dict[Sku, Product]:
    return {one.sku: one for one in products}


@st.composite
def catalogs(draw: st.DrawFn) -> dict[Sku, Product]:
    """Products S-0 to S-9, each made of later ones only, so there is no circle."""
    products: list[Product] = []
    for n in range(10):
        recipe: Recipe = (
            draw(
                st.lists(
                    st.tuples(
                        st.integers(n + 1, 12),
                        st.integers(1, 3),
                        st.none() | st.integers(0, 90),
                    ),
                    max_size=2,
                )
            )
            if n < LEVELS
            else []
        )
        made = draw(st.sampled_from(Composition))
        parts = (Component(Sku(f"S-{inner}"), times, price) for inner, times, price in recipe)
        products.append(product(f"S-{n}", *parts, made=made))
    return by_sku(*products, *(product(f"S-{n}") for n in range(10, 13)))


def naive(sku: Sku, products: Mapping[Sku, Product], times: int = 1) -> dict[Sku, int]:
    """Count what lies on shelves, by taking one thing after the other out of its box."""
    counted: dict[Sku, int] = {}
    for component in products[sku].components:
        inner, many = component.sku, times * component.quantity
        found = naive(inner, products, many) if products[inner].is_kit else {inner: many}
        for leaf, quantity in found.items():
            counted[leaf] = counted.get(leaf, 0) + quantity
    return counted


@given(catalogs())
def test_a_product_holds_what_its_components_hold(products: dict[Sku, Product]) -> None:
    for sku in products:
        parts = parts_of(sku, products)
        assert {part.sku: part.quantity for part in parts} == naive(sku, products)
        assert len({part.sku for part in parts}) == len(parts)
        assert not parts or sum(part.weight for part in parts) > 0


@given(catalogs())
def test_a_catalog_read_by_sku_gives_all_that_is_inside(products: dict[Sku, Product]) -> None:
    asked: list[Sku] = []

    def read(skus: Collection[Sku]) -> Mapping[Sku, Product]:
        asked.extend(skus)
        return {sku: products[sku] for sku in skus if sku in products}

    known = with_components(read, (Sku("S-0"), Sku("NONE")))
    assert parts_of(Sku("S-0"), known) == parts_of(Sku("S-0"), products)
    assert len(set(asked)) == len(asked)
    StaticCatalog(products.values())


def test_kits_within_kits_are_taken_apart_and_what_is_made_is_not() -> None:
    products = by_sku(
        product("MUG"),
        product("TEA"),
        product("OAK"),
        product("TRAY", Component(Sku("OAK"), 4), made=Composition.MADE_TO_ORDER),
        product("PAIR", Component(Sku("MUG"), 2), Component(Sku("TEA"))),
        product("SET", Component(Sku("PAIR"), 3), Component(Sku("TRAY")), Component(Sku("TEA"))),
    )
    found = {part.sku: part.quantity for part in parts_of(Sku("SET"), products)}
    assert found == {"MUG": 6, "TEA": 4, "TRAY": 1}
    assert parts_of(Sku("TRAY"), products) == (Part(Sku("OAK"), 4, 1),)
    assert parts_of(Sku("MUG"), products) == ()


def test_a_price_is_shared_by_list_prices_or_where_one_is_lacking_by_quantity() -> None:
    priced = product("K", Component(Sku("A"), 2, 500), Component(Sku("B"), 1, 3000))
    lacking = product("L", Component(Sku("A"), 2, 500), Component(Sku("B"), 1))
    nested = product("N", Component(Sku("K"), 1, 300), Component(Sku("C"), 1, 100))
    for_nothing = product("F", Component(Sku("A"), 3, 0), Component(Sku("B"), 1, 0))
    known = by_sku(priced, lacking, nested, for_nothing)

    def weights(sku: str) -> list[int]:
        return [part.weight for part in parts_of(Sku(sku), known)]

    assert weights("K") == [1, 3]
    assert weights("L") == [2, 1]
    assert weights("N") == [3, 9, 4]  # 3/4 of it shared 1 : 3, and 1/4
    assert weights("F") == [3, 1]


def test_what_contains_itself_is_named_with_the_whole_circle() -> None:
    ring = [product(s, Component(Sku(t))) for s, t in (("A", "B"), ("B", "C"), ("C", "A"))]
    with pytest.raises(InvalidData, match="contained in itself: B > C > A > B"):
        parts_of(Sku("B"), by_sku(*ring))
    with pytest.raises(InvalidData, match="A > B > C > A"):
        StaticCatalog(ring)


def test_depth_and_number_of_parts_are_bounded() -> None:
    chain = [product(f"K-{n}", Component(Sku(f"K-{n + 1}"))) for n in range(DEPTH_MAX)]
    bottom = product(f"K-{DEPTH_MAX}")
    assert parts_of(Sku("K-0"), by_sku(*chain, bottom))
    outer = product("K", Component(Sku("K-0")))
    with pytest.raises(InvalidData, match=f"deeper than {DEPTH_MAX}"):
        StaticCatalog([outer, *chain, bottom])
    wide = product("W", *(Component(Sku(f"P-{n}")) for n in range(PARTS_MAX + 1)))
    with pytest.raises(InvalidData, match=f"more than {PARTS_MAX} components"):
        parts_of(Sku("W"), by_sku(wide))
    heavy = product("H", Component(Sku("I"), QUANTITY_MAX))
    inner = product("I", Component(Sku("J"), 2))
    with pytest.raises(InvalidData, match=f"holds {2 * QUANTITY_MAX} of J"):
        parts_of(Sku("H"), by_sku(heavy, inner))


def test_a_component_that_is_no_product_is_refused_by_the_catalog() -> None:
    with pytest.raises(InvalidData, match="SKU K contains GONE, which is no product"):
        StaticCatalog([product("K", Component(Sku("GONE")))])


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_MAX + 1, True, 1.0])
def test_a_component_has_a_whole_quantity_above_nothing(quantity: int) -> None:
    with pytest.raises(InvalidData, match="quantity"):
        Component(Sku("A"), quantity)


def test_a_component_has_a_sound_sku_and_price() -> None:
    with pytest.raises(InvalidData, match=r"sku: .*list_price_minor: -1 is below 0"):
        Component(Sku(" A"), 1, -1)
