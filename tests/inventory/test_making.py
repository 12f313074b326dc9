"""
Making to order at a workshop: components are used up, never those promised to others.

"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.catalog import Component, Composition, Product, StaticCatalog
from ordercore.errors import InvalidData, Rejected
from ordercore.ids import PlaceId, Sku
from ordercore.inventory import Bucket, MakeUnits, bucket_account, production_account
from ordercore.places import Place, PlaceKind
from ordercore.ports import Catalog
from tests.orders.builders import PRODUCTS, TENANT, Shop, line_of

SET = Product(
    sku=Sku("SET"),
    name="Engraved set",
    components=(Component(Sku("MUG"), 2), Component(Sku("TIN"), 1)),
    composition=Composition.MADE_TO_ORDER,
)
BENCH = Place(id=PlaceId("bench"), name="Bench", kind=PlaceKind.WORKSHOP)


class Workshop(Shop):
    """A shop with a workshop, which delivers too."""

    more_places = (BENCH,)

    def catalog(self) -> Catalog:
        return StaticCatalog([*PRODUCTS, SET])


def workshop(stock: dict[str, int]) -> Workshop:
    made = Workshop()
    made.post.serves = ("bench",)
    if stock:
        made.receive(stock, "bench")
    return made


def make(made: Shop, quantity: int, **how: Any) -> None:
    wish = {"place": "bench", "sku": "SET", **how}
    made.do(MakeUnits(quantity=quantity, **wish))


def posted(made: Shop, *accounts: Any) -> list[int]:
    balances = made.store.balances(TENANT, accounts, made.clock.now)
    return [balances[account].posted for account in accounts]


@given(st.integers(1, 12), st.integers(1, 6), st.integers(1, 5))
def test_making_uses_up_what_it_takes_or_nothing_at_all(mugs: int, tins: int, wanted: int) -> None:
    made = workshop({"MUG": mugs, "TIN": tins})
    possible = min(mugs // 2, tins)
    if wanted > possible:
        with pytest.raises(Rejected, match=f"can make {possible} of SET, not {wanted}") as refused:
            make(made, wanted)
        assert (refused.value.code, refused.value.data["possible"]) == ("shortage", possible)
        wanted = 0
    else:
        make(made, wanted)
    assert made.stock("SET", "bench") == (wanted, 0, wanted)
    assert made.stock("MUG", "bench") == (mugs - 2 * wanted, 0, mugs - 2 * wanted)
    assert made.stock("TIN", "bench") == (tins - wanted, 0, tins - wanted)
    assert str(made.engine.verify()).endswith("balanced, no leaks")


def test_the_physical_book_shows_what_went_into_production_and_what_came_of_it() -> None:
    made = workshop({"MUG": 4, "TIN": 2})
    make(made, 2, reference="job-7")
    used, came = production_account(Sku("MUG")), production_account(Sku("SET"))
    shelf = bucket_account(Bucket.ON_HAND, Sku("SET"), BENCH.id)
    assert posted(made, used, came, shelf) == [4, -2, 2]


def test_components_that_are_promised_to_orders_are_not_used_up() -> None:
    made = workshop({"MUG": 3, "TIN": 9})
    made.place(lines=[line_of("MUG", 2)])
    with pytest.raises(Rejected, match="can make 0 of SET, not 1: too little of MUG"):
        make(made, 1)
    assert made.stock("MUG", "bench") == (3, 2, 1)


def test_what_was_made_is_one_line_of_its_product_from_then_on() -> None:
    made = workshop({"MUG": 2, "TIN": 1})
    make(made, 1)
    order = made.place(lines=[line_of("SET", 1, 4900)])
    assert [(line.line_id, line.placed.sku) for line in order.lines] == [("line-1", "SET")]
    assert order.kits == ()
    made.send(deliver=True)
    assert made.pay.moved["capture"] == 4900
    assert str(made.engine.verify()).endswith("balanced, no leaks")


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"sku": "NONE"}, "unknown_sku"),
        ({"place": "nowhere"}, "unknown_place"),
        ({"sku": "MUG"}, "not_made_to_order"),
        ({"place": "berlin"}, "not_a_workshop"),
    ],
)
def test_making_is_refused_where_it_cannot_be(how: dict[str, str], code: str) -> None:
    made = workshop({"MUG": 9, "TIN": 9})
    before = made.state()
    with pytest.raises(Rejected) as refused:
        make(made, 1, **how)
    assert refused.value.code == code
    assert made.state() == before


def test_a_malformed_report_is_refused_with_every_fault() -> None:
    with pytest.raises(InvalidData, match=r"place: .*sku: .*quantity: 0"):
        MakeUnits(place=PlaceId("/"), sku=Sku(" "), quantity=0)
