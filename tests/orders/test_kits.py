"""
Kits in orders: taken apart once at placement, sent and returned in parts, paid to the cent.

"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.catalog import Component, Product, StaticCatalog, parts_of
from ordercore.codec import JsonCodec
from ordercore.errors import InvalidData, Rejected
from ordercore.grammar import Command
from ordercore.ids import CartId, OrderId, PlaceId, ReturnId, Sku
from ordercore.inventory import (
    AdjustedLine,
    AdjustReason,
    AdjustStock,
    KitAvailability,
    ReceiveStock,
    StockRule,
    StockRules,
    buildable,
    incoming_account,
    kit_available,
    outside_account,
)
from ordercore.inventory.documents import (
    ApplySnapshot,
    OpenCount,
    OpenTransfer,
)
from ordercore.ledger import Post
from ordercore.money import QUANTITY_MAX, Rounding
from ordercore.orders import (
    AuthorizeReturn,
    CancelUnits,
    CaptureWhen,
    InspectReturn,
    Order,
    OrderPlaced,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    RecordDelivery,
    ReleaseWhen,
    ReserveCart,
    Rules,
)
from ordercore.places import Place
from ordercore.ports import Catalog
from ordercore.totals import Charge, ComponentKind, Discount
from ordercore.views import PublicStatus, kit_status, public_status, timeline
from tests.orders.builders import GERMANY, PRODUCTS, SKUS, START, Shop, line_of

ORDER = OrderId("O-1")
BOX = Product(
    sku=Sku("BOX"),
    name="Gift box",
    components=(Component(Sku("MUG"), 1, 700), Component(Sku("TEE"), 2, 300)),
)
HAMPER = Product(
    sku=Sku("HAMPER"),
    name="Hamper",
    components=(Component(Sku("BOX"), 2), Component(Sku("TIN"), 3), Component(Sku("MUG"), 1)),
)
PARTS = {"BOX": {"MUG": 1, "TEE": 2}, "HAMPER": {"MUG": 3, "TEE": 4, "TIN": 3}}


class KitShop(Shop):
    """A shop that sells boxes of other things too."""

    box = BOX

    def catalog(self) -> Catalog:
        return StaticCatalog([*PRODUCTS, self.box, HAMPER])


def kit_shop(stock: dict[str, int] | None = None, place: str = "berlin", **how: Any) -> KitShop:
    made = KitShop(**how)
    if stock:
        made.receive(stock, place)
    return made


def held(made: Shop) -> dict[str, int]:
    """What of each SKU is promised to orders, wherever."""
    return {sku: sum(level.allocated for level in made.engine.availability(sku)) for sku in SKUS}


def free(made: Shop) -> dict[str, int]:
    return {sku: sum(level.available for level in made.engine.availability(sku)) for sku in SKUS}


def units(order: Order) -> dict[str, int]:
    return {line.line_id: line.units.quantity for line in order.lines}


def bring_back(made: Shop, lines: dict[str, int], n: int = 1) -> int:
    """Return units, inspect them, and tell what was paid back for them."""
    before = made.pay.moved["refund"]
    return_id = ReturnId(f"O-1/return-{n}")
    made.do(AuthorizeReturn(order_id=ORDER, lines=lines))
    made.do(ReceiveReturn(order_id=ORDER, return_id=return_id, place=PlaceId("berlin")))
    made.do(InspectReturn(order_id=ORDER, return_id=return_id))
    return made.pay.moved["refund"] - before


# --- laws ------------------------------------------------------------------------------------

ORDERED = st.lists(
    st.tuples(
        st.sampled_from(["BOX", "HAMPER", "MUG"]),
        st.integers(1, 3),
        st.integers(0, 1999),
        st.integers(0, 300),
        st.integers(0, 90),
    ),
    min_size=1,
    max_size=3,
)


@given(ORDERED, st.sampled_from([0, 7, 19]), st.sampled_from(Rounding), st.integers(0, 300))
def test_sending_everything_and_returning_everything_pays_back_the_price_to_the_cent(
    ordered: list[tuple[str, int, int, int, int]], percent: int, rounding: Rounding, off: int
) -> None:
    rules = Rules(buy_labels=False, rounding=rounding)
    made = kit_shop(dict.fromkeys(SKUS, 60), rules=rules, percent=percent)
    lines, net = [], 0
    for sku, quantity, price, off_line, fee in ordered:
        taken = min(off_line, quantity * price)
        net += quantity * price - taken
        lines.append(
            line_of(
                sku,
                quantity,
                price,
                discounts=(Discount(code="d", amount_minor=taken),),
                charges=(Charge(code="c", kind=ComponentKind.FEE, amount_minor=fee),),
            )
        )
    off = min(off, net)
    fees = sum(fee for *_, fee in ordered)
    order = made.place(lines=lines, discounts=(Discount(code="o", amount_minor=off),))
    totals = order.totals
    assert totals.total_minor - totals.tax_minor == net - off + fees
    made.send(deliver=True)
    assert made.pay.moved["capture"] == order.total_minor
    paid_back = sum(
        bring_back(made, {f"line-{n}": quantity}, n)
        for n, (_, quantity, *_) in enumerate(ordered, 1)
    )
    assert paid_back == order.total_minor
    assert free(made) == dict.fromkeys(SKUS, 60)
    assert public_status(made.order()) is PublicStatus.RETURNED
    assert str(made.engine.verify()).endswith("balanced, no leaks")


@given(
    st.sampled_from(["BOX", "HAMPER"]),
    st.integers(1, 4),
    st.integers(0, 2999),
    st.lists(st.integers(0, 4), max_size=3),
    st.data(),
)
def test_each_kit_costs_its_price_and_canceling_or_returning_one_moves_exactly_its_parts(
    sku: str, quantity: int, price: int, steps: list[int], data: st.DataObject
) -> None:
    made = kit_shop(dict.fromkeys(SKUS, 20))
    made.place(lines=[line_of(sku, quantity, price)])
    before, canceled = held(made), min(sum(steps), quantity - 1)
    if canceled:
        made.do(CancelUnits(order_id=ORDER, lines={"line-1": canceled}))
    for part, per_kit in PARTS[sku].items():
        assert before[part] - held(made)[part] == per_kit * canceled
    left = quantity - canceled
    assert made.order().due_minor == price * left
    made.send(deliver=True)
    assert made.pay.moved["capture"] == price * left
    n = 0
    while left:
        some = data.draw(st.integers(1, left), label="kits returned")
        n, left, there = n + 1, left - some, free(made)
        assert bring_back(made, {"line-1": some}, n) == price * some
        for part, per_kit in PARTS[sku].items():
            assert free(made)[part] - there[part] == per_kit * some
    assert str(made.engine.verify()).endswith("balanced, no leaks")


@given(
    st.dictionaries(st.sampled_from(SKUS), st.integers(0, 9)), st.sampled_from(["BOX", "HAMPER"])
)
def test_as_many_kits_are_available_as_can_be_placed(stock: dict[str, int], sku: str) -> None:
    made = kit_shop()
    for n, (part, quantity) in enumerate(sorted(stock.items())):
        if quantity:
            made.receive({part: quantity}, ("berlin", "lyon", "turin")[n])
    parts = parts_of(Sku(sku), {kit.sku: kit for kit in (BOX, HAMPER)})
    levels = [level for part in SKUS for level in made.engine.availability(part)]
    there = kit_available(parts, levels)
    assert set(buildable(parts, levels).values()) <= {0}  # nowhere do all of them lie
    with pytest.raises(Rejected, match="not available anywhere"):
        made.place("O-2", lines=[line_of(sku, there + 1)])
    if there:
        made.place("O-1", lines=[line_of(sku, there)])
        assert str(made.engine.verify()).endswith("balanced, no leaks")


# --- the way of one kit ----------------------------------------------------------------------


def test_a_kit_comes_from_two_places_is_paid_by_parcel_and_one_of_it_comes_back() -> None:
    made = kit_shop({"MUG": 2})
    made.receive({"TEE": 4}, "lyon")
    order = made.place(lines=[line_of("BOX", 2, 1999)], shipping_minor=490)
    assert units(order) == {"line-1/part-1": 2, "line-1/part-2": 4}
    assert [work.place for work in order.fulfillment.orders] == ["berlin", "lyon"]

    made.send(n=0, deliver=True)
    mugs = made.pay.moved["capture"]
    (status,) = kit_status(made.order())
    assert (status.quantity, status.shipped, status.is_partly_shipped) == (2, 0, True)
    assert public_status(made.order()) is PublicStatus.PARTIALLY_DELIVERED
    made.send(n=1, deliver=True)
    assert made.pay.moved["capture"] - mugs == 2 * 1999 + 490 - mugs
    (status,) = kit_status(made.order())
    assert (status.shipped, status.delivered, status.is_partly_shipped) == (2, 2, False)

    assert bring_back(made, {"line-1": 1}) == 1999
    (status,) = kit_status(made.order())
    assert (status.name, status.returned) == ("Gift box", 1)
    assert free(made) == {"MUG": 1, "TEE": 2, "TIN": 0}
    assert str(made.engine.verify()).endswith("balanced, no leaks")


def test_a_single_part_may_be_canceled_or_returned_and_costs_its_share() -> None:
    made = kit_shop({"MUG": 5, "TEE": 10})
    order = made.place(lines=[line_of("BOX", 2, 1300)])
    assert order.amount("line-1/part-1", 0, 2) == 1400  # 700 to 2 x 300, as listed
    made.do(CancelUnits(order_id=ORDER, lines={"line-1/part-2": 1}))
    made.send(deliver=True)
    assert made.pay.moved["capture"] == 2600 - 300
    assert bring_back(made, {"line-1/part-1": 1}) == 700
    (status,) = kit_status(made.order())
    assert (status.shipped, status.returned, status.canceled) == (1, 0, 0)


def test_canceling_the_rest_of_some_kits_gives_back_no_part_twice() -> None:
    """CAN-07: 5 of a bundle on stock 100, 3 sent, the rest canceled: 97 are for sale, not 95."""
    made = KitShop()
    made.box = attrs.evolve(BOX, components=(Component(Sku("MUG"), 1),))
    made.engine = made.new_engine()
    made.receive({"MUG": 100})
    made.place(lines=[line_of("BOX", 5)])
    made.send(lines={"line-1": 3})
    assert free(made)["MUG"] == 95
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 2}))

    assert free(made) == {"MUG": 97, "TEE": 0, "TIN": 0}
    assert held(made) == {"MUG": 0, "TEE": 0, "TIN": 0}


def test_kits_and_parts_may_be_asked_for_side_by_side() -> None:
    made = kit_shop({"MUG": 5, "TEE": 10})
    made.place(lines=[line_of("BOX", 3)])
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1, "line-1/part-2": 1}))
    assert held(made) == {"MUG": 2, "TEE": 3, "TIN": 0}


@pytest.mark.parametrize(
    "command",
    [
        ReceiveStock(place=PlaceId("berlin"), lines={"BOX": 1}),
        AdjustStock(
            place=PlaceId("berlin"),
            lines=[AdjustedLine(sku=Sku("BOX"), delta=1)],
            reason=AdjustReason.FOUND,
        ),
        OpenCount(count_id="CT-1", place=PlaceId("berlin"), skus=["BOX"]),
        ApplySnapshot(place=PlaceId("berlin"), as_of=START, lines={"BOX": 1}),
        OpenTransfer(
            transfer_id="T-1",
            source=PlaceId("berlin"),
            target=PlaceId("lyon"),
            lines={"BOX": 1},
            expected_on=date(2026, 9, 1),
        ),
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_kit_lies_on_no_shelf(command: Command) -> None:
    """What is taken apart when ordered would never be sold from stock of its own."""
    made = kit_shop()
    before = made.state()
    with pytest.raises(Rejected, match="BOX") as refused:
        made.do(command)
    assert refused.value.code == "kit_has_no_stock"
    assert set(refused.value.legal) == {"MUG", "TEE"}
    assert made.state() == before


def test_places_count_in_kits_where_they_have_all_of_one() -> None:
    made = kit_shop({"MUG": 5, "TEE": 10})
    made.place(lines=[line_of("BOX", 3)])
    work = made.work().id
    made.do(PickUnits(order_id=ORDER, fulfillment_order_id=work, lines={"line-1": 2}))
    made.do(PackUnits(order_id=ORDER, fulfillment_order_id=work, lines={"line-1": 1}))
    assert {m.line_id: m.quantity for m in made.package().lines} == {
        "line-1/part-1": 1,
        "line-1/part-2": 2,
    }
    assert made.package().weight_g == 1 * 0 + 2 * 100  # its parts are weighed
    made.send(lines={"line-1": 2})
    assert kit_status(made.order())[0].shipped == 2
    with pytest.raises(Rejected, match="line-1/part-1") as refused:
        made.send(lines={"line-1": 2})
    assert refused.value.code == "quantity_not_there"


def test_damaged_kits_are_set_aside_part_by_part() -> None:
    made = kit_shop({"MUG": 2, "TEE": 4})
    made.place(lines=[line_of("BOX", 2)])
    made.send(deliver=True)
    return_id = ReturnId("O-1/return-1")
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 2}))
    made.do(
        ReceiveReturn(
            order_id=ORDER, return_id=return_id, place=PlaceId("berlin"), lines={"line-1": 2}
        )
    )
    made.do(InspectReturn(order_id=ORDER, return_id=return_id, damaged={"line-1": 1}))
    assert free(made) == {"MUG": 1, "TEE": 2, "TIN": 0}


def test_kits_within_kits_share_their_parts_lines() -> None:
    made = kit_shop({"MUG": 9, "TEE": 9, "TIN": 9})
    order = made.place(lines=[line_of("HAMPER", 1), line_of("MUG", 2)])
    assert {line.placed.sku: line.units.quantity for line in order.lines[:3]} == PARTS["HAMPER"]
    assert units(order)["line-2"] == 2
    assert [kit.line_id for kit in order.kits] == ["line-1"]


# --- shared components -----------------------------------------------------------------------


@pytest.mark.parametrize("other", ["MUG", "BOX"])
def test_two_lines_that_want_three_each_of_five_are_short_of_one(other: str) -> None:
    made = kit_shop({"MUG": 5, "TEE": 50})
    with pytest.raises(Rejected, match="1 of MUG") as refused:
        made.place(lines=[line_of("BOX", 3), line_of(other, 3)])
    assert (refused.value.code, refused.value.data["missing"]) == ("shortage", 1)
    cart = ReserveCart(
        cart_id=CartId("C-1"), currency="EUR", destination=GERMANY, lines={"BOX": 3, "MUG": 3}
    )
    with pytest.raises(Rejected, match="1 of MUG"):
        made.do(cart)
    made.place(lines=[line_of("BOX", 3), line_of(other, 2)])
    assert free(made)["MUG"] == 0


def test_a_cart_holds_the_parts_and_hands_them_over_to_its_order() -> None:
    made = kit_shop({"MUG": 2, "TEE": 4})
    made.do(
        ReserveCart(cart_id=CartId("C-1"), currency="EUR", destination=GERMANY, lines={"BOX": 2})
    )
    assert free(made) == {"MUG": 0, "TEE": 0, "TIN": 0}
    with pytest.raises(Rejected, match="2 of TEE"):
        made.place("O-2", lines=[line_of("BOX", 1)])
    made.place(lines=[line_of("BOX", 2)], cart_id=CartId("C-1"))
    assert held(made) == {"MUG": 2, "TEE": 4, "TIN": 0}
    assert str(made.engine.verify()).endswith("balanced, no leaks")


# --- what is kept ----------------------------------------------------------------------------


def test_what_one_kit_is_stays_with_the_order_whatever_the_catalog_says_later() -> None:
    made = kit_shop({"MUG": 9, "TEE": 9})
    made.place(lines=[line_of("BOX", 2)])
    made.box = attrs.evolve(BOX, components=(Component(Sku("TIN"), 7),))
    made.engine = made.new_engine()
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    assert held(made) == {"MUG": 1, "TEE": 2, "TIN": 0}


def test_an_order_that_was_stored_before_there_were_kits_reads_as_one_without() -> None:
    made = kit_shop({"MUG": 1})
    made.place()
    placed = made.engine.history(ORDER)[0].event
    codec = JsonCodec()
    text = codec.dumps(placed)
    assert "kits" not in text
    assert codec.loads(text, OrderPlaced) == placed


def test_a_kit_of_one_order_is_written_and_read_again() -> None:
    made = kit_shop({"MUG": 1, "TEE": 2})
    made.place(lines=[line_of("BOX")])
    placed = made.engine.history(ORDER)[0].event
    codec = JsonCodec()
    assert codec.loads(codec.dumps(placed), OrderPlaced) == placed


def test_the_history_speaks_of_kits_where_they_are_whole() -> None:
    made = kit_shop({"MUG": 2})
    made.receive({"TEE": 9}, "lyon")
    made.place(lines=[line_of("BOX", 2)])
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    texts = [entry.text for entry in timeline(made.engine.history(ORDER))]
    assert texts[0].startswith("placed: 2 x Gift box for ")
    assert any(text.startswith("canceled 1 x Gift box (") for text in texts)
    assert "lyon is to send 4 x Tee" in texts


# --- refusals --------------------------------------------------------------------------------


def test_a_kit_of_what_the_catalog_does_not_know_is_refused() -> None:
    class Forgetful(StaticCatalog):
        def products(self, skus: Collection[Sku]) -> Mapping[Sku, Product]:
            return super().products([sku for sku in skus if sku != "TEE"])

    class ForgetfulShop(Shop):
        def catalog(self) -> Catalog:
            return Forgetful([*PRODUCTS, BOX])

    made = ForgetfulShop()
    with pytest.raises(Rejected, match="does not know TEE") as refused:
        made.place(lines=[line_of("BOX")])
    assert refused.value.code == "unknown_sku"


def test_more_of_a_part_than_a_line_may_hold_is_refused() -> None:
    made = kit_shop()
    of_one = rf"lines\[0\].quantity: .* of TEE: legal are {QUANTITY_MAX}"
    with pytest.raises(InvalidData, match=of_one):
        made.place(lines=[line_of("BOX", QUANTITY_MAX)])


def test_kits_that_come_to_too_many_lines_are_refused() -> None:
    made = kit_shop()
    with pytest.raises(InvalidData, match="1002 with the parts of kits: legal are 1000"):
        made.place(lines=[line_of("HAMPER")] * 334)


def test_a_discount_beyond_the_kits_price_is_refused_in_its_name() -> None:
    made = kit_shop({"MUG": 9, "TEE": 9})
    off = (Discount(code="d", amount_minor=1001),)
    with pytest.raises(Rejected, match="off line line-1,") as refused:
        made.place(lines=[line_of("BOX", 1, 1000, discounts=off)])
    assert refused.value.code == "discount_exceeds_line"


def test_an_unknown_line_is_refused_with_kits_among_the_legal_ones() -> None:
    made = kit_shop({"MUG": 9, "TEE": 9})
    made.place(lines=[line_of("BOX")])
    with pytest.raises(Rejected) as refused:
        made.do(CancelUnits(order_id=ORDER, lines={"line-7": 1}))
    assert refused.value.legal == ("line-1", "line-1/part-1", "line-1/part-2")


def test_a_kit_whose_part_has_left_cannot_be_canceled_and_nothing_happens() -> None:
    made = kit_shop({"MUG": 1})
    made.receive({"TEE": 2}, "lyon")
    made.place(lines=[line_of("BOX")])
    made.send(n=0)
    before = made.state()
    with pytest.raises(Rejected, match="0 are in no box"):
        made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    assert made.state() == before


def test_rules_of_release_and_capture_hold_for_kits() -> None:
    rules = Rules(buy_labels=False, release=ReleaseWhen.IMMEDIATELY, capture=CaptureWhen.BY_COMMAND)
    made = kit_shop({"MUG": 1, "TEE": 2}, rules=rules)
    made.place(lines=[line_of("BOX")])
    made.send()
    made.do(RecordDelivery(order_id=ORDER, package_id=made.package().id))
    assert made.pay.moved["capture"] == 0
    assert made.order().status == "completed"


# --- what is available -----------------------------------------------------------------------


def under(*rules: StockRule) -> Rules:
    return Rules(buy_labels=False, stock=StockRules(rules=rules))


@given(
    st.fixed_dictionaries({sku: st.integers(0, 12) for sku in ("MUG", "TEE", "TIN")}),
    st.sampled_from(["BOX", "HAMPER"]),
    st.integers(0, 3),
    st.integers(0, 2),
)
def test_as_many_kits_as_are_available_or_may_wait_can_be_ordered_and_not_one_more(
    stock: dict[str, int], kit: str, cap: int, safety: int
) -> None:
    rules = under(StockRule(sku="MUG", safety=safety), StockRule(sku="TEE", backorder_cap=cap))
    made = kit_shop(rules=rules, places=(Place(id=PlaceId("berlin"), name="Berlin"),))
    for sku, quantity in stock.items():
        if quantity:
            made.receive({sku: quantity})
    found = made.engine.availability_of(kit, places=("berlin",))
    most = found.available + found.backorder_room

    assert (found.can_promise(most), found.can_promise(most + 1)) == (True, False)
    with pytest.raises(Rejected, match="not available anywhere"):
        made.place(lines=[line_of(kit, most + 1)])
    if most:
        made.place(lines=[line_of(kit, most)])
        assert not made.engine.availability_of(kit, places=("berlin",)).can_promise(1)


def test_a_kit_is_available_as_often_as_its_scarcest_part_wherever_the_parts_lie() -> None:
    made = kit_shop({"MUG": 5})
    made.receive({"TEE": 6}, "lyon")

    found = made.engine.availability_of("BOX")

    assert isinstance(found, KitAvailability)
    assert [(row.part.sku, row.there.available) for row in found.parts] == [("MUG", 5), ("TEE", 6)]
    assert (found.available, found.on_hand, found.shortage) == (3, 0, 0)
    assert made.engine.availability("BOX") == ()


def test_a_carts_own_kit_does_not_count_against_it() -> None:
    made = kit_shop({"MUG": 2, "TEE": 4})
    lines = {"BOX": 2}
    cart = CartId("C-1")
    made.do(ReserveCart(cart_id=cart, currency="EUR", destination=GERMANY, lines=lines))

    assert made.engine.availability_of("BOX").available == 0
    assert made.engine.availability_of("BOX", cart_id="C-1").available == 2


@pytest.mark.parametrize(("tracked", "promised"), [(True, 0), (False, 5)])
def test_a_part_that_is_not_counted_is_never_the_scarcest(tracked: bool, promised: int) -> None:
    made = kit_shop({"MUG": 5}, rules=under(StockRule(sku="TEE", tracked=tracked)))

    found = made.engine.availability_of("BOX")

    assert (found.available, found.can_promise(5), found.can_promise(6)) == (
        promised,
        promised == 5,
        False,
    )
    assert found.backorder_room == 0


def test_what_is_not_counted_can_be_promised_though_it_never_lay_anywhere() -> None:
    rules = under(*(StockRule(sku=sku, tracked=False) for sku in ("MUG", "TEE")))
    made = kit_shop(rules=rules)

    assert made.engine.availability_of("MUG").can_promise(1_000)
    assert made.engine.availability_of("BOX").can_promise(1_000)


def test_kits_can_be_promised_by_the_day_their_last_part_is_expected() -> None:
    made = kit_shop({"MUG": 5})
    day = date(2026, 3, 9)
    due = Post(
        "due", outside_account("TEE"), incoming_account("TEE", "berlin", day), 4, "", "r", START
    )
    made.store._of(made.engine.tenant).ledger.apply([due], START)

    found = made.engine.availability_of("BOX", by=day)

    assert found.available_to_promise(day) == 2
    assert found.available_to_promise(date(2026, 3, 8)) == 0
