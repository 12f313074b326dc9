"""
Preorders: units promised of expected supply, with a day, from placement to the parcel.

"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.catalog import Component, Product, SkuQuantity, StaticCatalog
from ordercore.errors import Rejected
from ordercore.ids import CartId, LineId, OrderId, PlaceId, PurchaseId, Sku
from ordercore.inventory import ExpectedUnits, StockRule, StockRules, incoming_account
from ordercore.inventory.documents import (
    CancelPurchase,
    ChangeExpectation,
    LineExpectation,
    OpenPurchase,
    PurchaseLineRequest,
    ReceivedLine,
    ReceivePurchase,
)
from ordercore.ledger import account_parts
from ordercore.orders import (
    CancelUnits,
    FulfillUnits,
    PickUnits,
    ReportMissing,
    ReserveCart,
    Rules,
    SetCapacity,
    SourceAgain,
)
from ordercore.places import CapacityMeasure, Place
from ordercore.stores import MemoryStore, SQLiteStore
from ordercore.views import PublicStatus, awaited_units, public_status
from tests.engine.test_promises import RivalFirst
from tests.orders.builders import CARD, GERMANY, TENANT, Shop, line_of, order_of

MUG, TEE, BERLIN = Sku("MUG"), Sku("TEE"), PlaceId("berlin")
#: The shop opens on March 1.
EARLY, LATER, TOO_LATE = date(2026, 3, 9), date(2026, 3, 16), date(2026, 5, 1)
SHIPS_BY = date(2026, 3, 20)


def preorder_rule(limit: int = 100, **more: Any) -> StockRule:
    return StockRule(sku=MUG, preorder_limit=limit, ships_by=SHIPS_BY, **more)


def open_shop(*rules: StockRule, store: Any = None, **how: Any) -> Shop:
    stock = StockRules(rules=rules or (preorder_rule(),))
    return Shop(rules=Rules(buy_labels=False, stock=stock), store=store, **how)


def expect(
    shop: Shop, quantity: int, day: date = EARLY, po: str = "P-1", place: str = "berlin"
) -> None:
    line = PurchaseLineRequest(line_id=LineId("m"), sku=MUG, quantity=quantity, expected_on=day)
    shop.do(
        OpenPurchase(
            purchase_id=PurchaseId(po), supplier="S-1", place=PlaceId(place), lines=(line,)
        )
    )


def come(shop: Shop, quantity: int, po: str = "P-1") -> None:
    line = ReceivedLine(line_id=LineId("m"), received=quantity)
    shop.do(ReceivePurchase(purchase_id=PurchaseId(po), lines=(line,)))


def buy(quantity: int, order_id: str = "O-1", **more: Any) -> Any:
    return order_of(order_id, lines=[line_of("MUG", quantity, **more)])


def cancel(quantity: int | None = None, order_id: str = "O-1") -> CancelUnits:
    lines = None if quantity is None else {"line-1": quantity}
    return CancelUnits(order_id=OrderId(order_id), lines=lines)


def refused(shop: Shop, command: Any) -> Rejected:
    before = shop.state()
    with pytest.raises(Rejected) as caught:
        shop.do(command)
    assert shop.state() == before
    return caught.value


def work_of(shop: Shop, order_id: str = "O-1") -> list[tuple[str, int, date | None]]:
    return [
        (work.place, sum(line.waiting for line in work.lines), work.lines[0].ships_by)
        for work in shop.order(order_id).fulfillment.orders
    ]


def promised(shop: Shop, place: str = "berlin") -> list[tuple[str, int, date]]:
    rows = shop.engine.preordered("MUG", place)
    return [(row.hold.reference, row.hold.amount, row.day) for row in rows]


def is_clean(shop: Shop) -> bool:
    found = shop.engine.verify()
    return found.balanced and not found.leaks and not found.waiting


# --- placement ---------------------------------------------------------------------------------


def test_what_no_shelf_has_is_promised_of_the_earliest_supply_with_its_day() -> None:
    shop = open_shop()
    shop.receive({"MUG": 2})
    expect(shop, 3, LATER, "P-2")
    expect(shop, 4)

    order = shop.place(lines=[line_of("MUG", 8)])

    assert work_of(shop) == [("berlin", 2, None), ("berlin", 6, SHIPS_BY)]
    assert promised(shop) == [("order/O-1", 4, EARLY), ("order/O-1", 2, LATER)]
    (waiting,) = awaited_units(order)
    assert (waiting.quantity, waiting.ships_by) == (6, SHIPS_BY)
    assert is_clean(shop)


def test_a_known_day_is_preferred_to_an_unknown_one() -> None:
    shop = open_shop(preorder_rule(backorder_cap=5))
    expect(shop, 2)

    shop.place(lines=[line_of("MUG", 3)])

    assert work_of(shop) == [("berlin", 2, SHIPS_BY), ("berlin", 1, None)]
    assert shop.engine.waiting("MUG", "berlin")[0].waiting == 1


def test_supply_that_backorders_wait_for_is_not_promised_again() -> None:
    shop = open_shop(preorder_rule(backorder_cap=5))
    shop.place(lines=[line_of("MUG", 3)])
    expect(shop, 4)

    shop.place("O-2", lines=[line_of("MUG", 2, place=BERLIN)])

    assert work_of(shop, "O-2") == [("berlin", 1, SHIPS_BY), ("berlin", 1, None)]


@pytest.mark.parametrize("day", [TOO_LATE, date(2026, 2, 27)])
def test_supply_that_cannot_keep_the_promise_is_not_promised(day: date) -> None:
    shop = open_shop()
    expect(shop, 5, day)

    assert refused(shop, buy(1)).code == "shortage"


def test_without_a_rule_nothing_is_preordered() -> None:
    shop = open_shop(StockRule(sku=MUG, safety=0))
    expect(shop, 5)

    assert refused(shop, buy(1)).code == "shortage"


def test_the_limit_holds_at_each_place_by_itself() -> None:
    shop = open_shop(preorder_rule(3))
    expect(shop, 9)
    expect(shop, 9, po="P-2", place="lyon")

    assert refused(shop, buy(7)).data["missing"] == 1
    shop.do(buy(6))
    assert refused(shop, buy(1, "O-2")).code == "shortage"
    assert {place: units for place, units, _ in work_of(shop)} == {"berlin": 3, "lyon": 3}


def test_lines_of_one_sku_are_summed_against_supply_and_limit() -> None:
    shop = open_shop(preorder_rule(5))
    expect(shop, 9)

    two = order_of(lines=[line_of("MUG", 3), line_of("MUG", 3)])
    assert refused(shop, two).data["missing"] == 1
    shop.do(order_of(lines=[line_of("MUG", 3), line_of("MUG", 2)]))
    assert promised(shop) == [("order/O-1", 3, EARLY), ("order/O-1", 2, EARLY)]


def test_the_guard_of_a_preorder_holds_the_limit_against_old_facts() -> None:
    shop = open_shop(preorder_rule(3))
    expect(shop, 10)
    shop.do(buy(1))

    (promise,) = [
        entry.step
        for entry in shop.store.entries(TENANT)
        if getattr(entry.step, "reason", "") == "preorder"
    ]

    assert getattr(promise, "leave_at_least", None) == 7


def test_a_cart_holds_what_is_there_and_no_supply() -> None:
    shop = open_shop()
    expect(shop, 5)

    cart = ReserveCart(
        cart_id=CartId("C-1"),
        currency="EUR",
        destination=GERMANY,
        lines=(SkuQuantity(MUG, 1),),
    )
    assert refused(shop, cart).code == "shortage"


def test_preordered_units_take_no_day_of_a_limited_place() -> None:
    limited = Place(id=BERLIN, name="Berlin", capacity=CapacityMeasure.UNITS)
    shop = open_shop(places=[limited])
    shop.do(SetCapacity(place=BERLIN, day=date(2026, 3, 1), amount=2))
    shop.receive({"MUG": 2})
    expect(shop, 5)

    shop.place(lines=[line_of("MUG", 5)])

    works = shop.order().fulfillment.orders
    assert [(work.work_on, work.units) for work in works] == [(date(2026, 3, 1), 2), (None, 3)]
    shop.do(cancel())
    assert is_clean(shop)


def test_the_parts_of_kits_are_preordered_like_lines() -> None:
    shop = open_shop()
    shop.engine._reader.catalog = StaticCatalog(
        [
            Product(sku=Sku("SET"), name="Set", components=(Component(MUG, 2),)),
            Product(sku=MUG, name="Mug"),
        ]
    )
    shop.receive({"MUG": 1})
    expect(shop, 5)

    shop.do(order_of(lines=[line_of("SET", 2)]))
    assert work_of(shop) == [("berlin", 1, None), ("berlin", 3, SHIPS_BY)]
    come(shop, 5)
    shop.send(n=1)
    shop.do(cancel())
    assert is_clean(shop)


# --- the promise's way -------------------------------------------------------------------------


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Shop]:
    def made(*rules: StockRule) -> Shop:
        memory = request.param == "memory"
        return open_shop(*rules, store=MemoryStore() if memory else SQLiteStore(tmp_path / "s.db"))

    return made


def test_a_preorder_is_received_picked_and_shipped(make: Callable[..., Shop]) -> None:
    shop = make()
    expect(shop, 5)
    order = shop.place(lines=[line_of("MUG", 3)])
    assert public_status(order) is PublicStatus.PREORDERED
    early = refused(shop, FulfillUnits(order_id=order.id, fulfillment_order_id=shop.work().id))
    assert (early.code, early.data["there"]) == ("waits_for_supply", 0)

    come(shop, 5)
    shop.clock.advance(minutes=1)
    assert shop.stock() == (5, 3, 2)
    shop.send(deliver=True)

    assert public_status(shop.order()) is PublicStatus.DELIVERED
    assert awaited_units(shop.order()) == ()
    assert is_clean(shop)


def test_what_has_come_can_be_picked_while_the_rest_waits(make: Callable[..., Shop]) -> None:
    shop = make()
    expect(shop, 6)
    shop.place(lines=[line_of("MUG", 5)])
    come(shop, 1)
    come(shop, 2)

    pick = PickUnits(
        order_id=OrderId("O-1"), fulfillment_order_id=shop.work().id, lines={"line-1": 4}
    )
    assert refused(shop, pick).data["there"] == 3
    shop.send(lines={"line-1": 2})
    assert promised(shop) == [("order/O-1", 2, EARLY)]
    come(shop, 3)
    shop.send()
    assert is_clean(shop)


def test_two_lines_of_one_work_share_what_has_come() -> None:
    shop = open_shop()
    expect(shop, 6)
    shop.place(lines=[line_of("MUG", 2), line_of("MUG", 3)])
    come(shop, 4)

    shop.send(lines={"line-1": 1, "line-2": 3})
    come(shop, 2)
    shop.send()

    assert shop.stock() == (1, 0, 1)
    assert is_clean(shop)


def test_units_that_came_and_are_missing_are_looked_for_again() -> None:
    shop = open_shop()
    expect(shop, 3)
    expect(shop, 3, LATER, "P-2", "lyon")
    shop.place(lines=[line_of("MUG", 3)])
    come(shop, 3)

    shop.do(
        ReportMissing(
            order_id=OrderId("O-1"), fulfillment_order_id=shop.work().id, lines={"line-1": 2}
        )
    )
    shop.settle()

    assert shop.order().line("line-1") is not None
    assert work_of(shop) == [("berlin", 1, SHIPS_BY), ("lyon", 2, SHIPS_BY)]
    come(shop, 3, "P-2")
    shop.send(n=0)
    shop.send(n=1)
    assert shop.do(SourceAgain(order_id=OrderId("O-1"))).events == ()
    assert is_clean(shop)


@pytest.mark.parametrize("came", [0, 2, 5])
@pytest.mark.parametrize("canceled", [1, 3, None])
@pytest.mark.parametrize("tenders", [True, False])
def test_a_cancel_gives_back_what_has_not_come_first(
    came: int, canceled: int | None, tenders: bool
) -> None:
    shop = open_shop()
    expect(shop, 5)
    shop.do(order_of(lines=[line_of("MUG", 4)], tenders=[CARD] if tenders else []))
    if came:
        come(shop, came)
    arrived = min(came, 4)

    shop.do(cancel(canceled))

    left = 0 if canceled is None else 4 - canceled
    kept = min(arrived, left)
    assert shop.stock() == (came, kept, came - kept)
    assert sum(units for _, units, _ in promised(shop)) == left - kept
    assert is_clean(shop)


def test_a_cancel_after_a_preorder_is_identity_on_balances() -> None:
    shop = open_shop()
    shop.receive({"MUG": 1})
    expect(shop, 5)
    before = dict(shop.store.accounts(TENANT))

    shop.place(lines=[line_of("MUG", 4)])
    shop.do(cancel())

    after = {name: now for name, now in shop.store.accounts(TENANT) if name.startswith("promise")}
    assert {name: now for name, now in after.items() if now != before.get(name) and any(now)} == {}
    shop.do(buy(6, "O-2"))


# --- expectations that change ------------------------------------------------------------------


def test_a_preorder_moves_with_its_supply_and_is_picked_all_the_same() -> None:
    shop = open_shop()
    expect(shop, 5)
    shop.place(lines=[line_of("MUG", 3)])
    later = LineExpectation(line_id=LineId("m"), expected=(ExpectedUnits(TOO_LATE, 5),))
    shop.do(ChangeExpectation(purchase_id=PurchaseId("P-1"), lines=(later,)))

    (row,) = shop.engine.preordered("MUG", "berlin")
    assert (row.day, row.covered, row.is_late(TOO_LATE)) == (TOO_LATE, 3, False)
    (told,) = awaited_units(shop.order())
    assert told.ships_by == SHIPS_BY < row.day
    assert refused(shop, buy(1, "O-2")).code == "shortage"
    come(shop, 5)
    shop.send()
    assert is_clean(shop)


def test_supply_that_is_called_off_leaves_promises_that_are_seen_and_served_by_what_comes() -> None:
    shop = open_shop()
    expect(shop, 5)
    shop.place(lines=[line_of("MUG", 3)])
    shop.do(CancelPurchase(purchase_id=PurchaseId("P-1")))

    (row,) = shop.engine.preordered("MUG", "berlin")
    assert row.uncovered == 3
    expect(shop, 4, LATER, "P-2")
    assert refused(shop, buy(2, "O-2")).data["missing"] == 1
    come(shop, 4, "P-2")
    assert shop.stock() == (4, 3, 1)
    shop.send()
    assert is_clean(shop)


# --- races -------------------------------------------------------------------------------------


def rivaled(shop: Shop, *rivals: Callable[[], object]) -> Shop:
    """The same shop through an engine that somebody is always a moment ahead of."""
    other = Shop(rules=shop.rules, store=RivalFirst(shop.store, list(rivals)))
    other.clock, other.pay, other.post = shop.clock, shop.pay, shop.post
    other._keys = shop._keys
    other.engine = other.new_engine()
    return other


def test_of_two_that_want_the_last_of_a_limit_one_is_refused() -> None:
    shop = open_shop(preorder_rule(5))
    expect(shop, 50)
    late = rivaled(shop, lambda: shop.do(buy(4, "O-2")))

    with pytest.raises(Rejected) as refusal:
        late.do(buy(2))

    assert (refusal.value.code, refusal.value.data["missing"]) == ("shortage", 1)
    assert promised(shop) == [("order/O-2", 4, EARLY)]


def test_a_preorder_that_is_beaten_by_the_receipt_is_promised_of_the_shelf() -> None:
    shop = open_shop()
    expect(shop, 5)

    rivaled(shop, lambda: come(shop, 5)).do(buy(3))

    assert work_of(shop) == [("berlin", 3, None)]


@pytest.mark.parametrize("word", ["receive", "change"])
def test_a_preorder_that_comes_before_its_supply_changes_is_not_left_behind(word: str) -> None:
    shop = open_shop()
    expect(shop, 5)
    late = rivaled(shop, lambda: shop.do(buy(3)))
    if word == "receive":
        come(late, 5)
    else:
        anew = LineExpectation(line_id=LineId("m"), expected=(ExpectedUnits(LATER, 5),))
        late.do(ChangeExpectation(purchase_id=PurchaseId("P-1"), lines=(anew,)))
        assert promised(shop) == [("order/O-1", 3, LATER)]
        come(shop, 5)

    assert shop.stock() == (5, 3, 2)
    shop.send()
    assert is_clean(shop)


@pytest.mark.parametrize("quantity", [2, None])
def test_a_cancel_that_is_beaten_by_the_receipt_gives_back_what_came(quantity: int | None) -> None:
    shop = open_shop()
    expect(shop, 5)
    shop.place(lines=[line_of("MUG", 3)])

    rivaled(shop, lambda: come(shop, 5)).do(cancel(quantity))

    assert shop.stock() == (5, 3 - (quantity or 3), 2 + (quantity or 3))
    assert is_clean(shop)


# --- what is read ------------------------------------------------------------------------------


def test_preorders_leave_less_to_promise() -> None:
    shop = open_shop()
    expect(shop, 5)
    shop.place(lines=[line_of("MUG", 3)])

    found = shop.engine.availability_of("MUG", by=EARLY)

    assert (found.preordered, found.available) == (3, 0)
    assert found.available_to_promise(EARLY) == 2


# --- laws --------------------------------------------------------------------------------------


_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "buy", "come", "come-2", "cancel", "send"]),
        st.integers(1, 6),
        st.integers(1, 4),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(acts=_ACTS, limit=st.integers(1, 12))
def test_no_day_is_ever_promised_twice_and_nothing_is_lost(
    acts: list[tuple[str, int, int]], limit: int
) -> None:
    shop = open_shop(preorder_rule(limit))
    expect(shop, 6)
    expect(shop, 5, LATER, "P-2")
    placed: list[str] = []
    for word, quantity, which in acts:
        try:
            match word:
                case "buy":
                    shop.do(buy(quantity, f"O-{len(placed) + 1}"))
                    placed.append(f"O-{len(placed) + 1}")
                case "come":
                    come(shop, quantity)
                case "come-2":
                    come(shop, quantity, "P-2")
                case "cancel" if placed:
                    shop.do(cancel(quantity, placed[which % len(placed)]))
                case "send" if placed:
                    order_id = placed[which % len(placed)]
                    shop.send(order_id, {"line-1": quantity})
                case _:
                    continue
        except Rejected:
            continue
        (level,) = shop.engine.availability("MUG", places=("berlin",), by=LATER)
        assert level.preordered <= limit
        assert all(row.promised <= row.expected for row in level.supply)
        awaited = sum(row.quantity for o in placed for row in awaited_units(shop.order(o)))
        holds = shop.store.pendings(TENANT)
        stock = sum(h.amount for h in holds if account_parts(h.source).book == "promise")
        plain = sum(
            line.waiting
            for o in placed
            for work in shop.order(o).fulfillment.orders
            for line in work.lines
            if line.ships_by is None
        )
        assert stock == awaited + plain
        assert is_clean(shop)


@settings(max_examples=40, deadline=None)
@given(
    wishes=st.lists(st.integers(1, 4), min_size=1, max_size=5),
    receipts=st.lists(st.integers(1, 6), min_size=1, max_size=4),
)
def test_receipts_serve_in_the_order_of_the_promises(
    wishes: list[int], receipts: list[int]
) -> None:
    shop = open_shop()
    expect(shop, 20)
    for n, quantity in enumerate(wishes, 1):
        shop.do(buy(quantity, f"O-{n}"))
    came = 0
    for quantity in receipts:
        came += min(quantity, 20 - came)
        if came < 20:
            come(shop, quantity)
        left, expected = came, list[tuple[str, int, date]]()
        for n, wish in enumerate(wishes, 1):
            served = min(left, wish)
            left -= served
            if wish > served:
                expected.append((f"order/O-{n}", wish - served, EARLY))
        if came < 20:
            assert promised(shop) == expected
    assert shop.store.balances(TENANT, (incoming_account(MUG, BERLIN, EARLY),), shop.clock())
