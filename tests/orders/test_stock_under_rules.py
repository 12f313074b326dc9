"""
Orders and carts under rules of stock: what is kept back, who serves whom, who may wait.

"""

from datetime import date, timedelta
from typing import Any

import pytest

from ordercore.catalog import Product, SkuQuantity, StaticCatalog
from ordercore.errors import InvalidData, Rejected
from ordercore.ids import CartId, OrderId, PlaceId, ReturnId, Sku
from ordercore.inventory import (
    Crossing,
    CrossingKind,
    StockRule,
    StockRules,
    incoming_account,
    outside_account,
)
from ordercore.ledger import Pend, Post
from ordercore.orders import (
    AuthorizeReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    ReleaseCart,
    ReportMissing,
    ReserveCart,
    Rules,
    SetCapacity,
    UnpackPackage,
)
from ordercore.places import CapacityMeasure, Place
from tests.orders.builders import GERMANY, START, Shop, line_of, order_of

OUT, BACK = CrossingKind.OUT_OF_STOCK, CrossingKind.BACK_IN_STOCK


def shop_under(*rules: StockRule, **channels: list[str]) -> Shop:
    stock = StockRules(rules=rules, channels=channels)
    return Shop(rules=Rules(buy_labels=False, stock=stock))


def hold(quantity: int, cart: str = "C-1", place: str | None = None, channel: str = "") -> Any:
    where = None if place is None else PlaceId(place)
    return ReserveCart(
        cart_id=CartId(cart),
        currency="EUR",
        destination=GERMANY,
        lines=(SkuQuantity(Sku("MUG"), quantity, where),),
        channel=channel,
    )


def buy(quantity: int, order_id: str = "O-1", **more: Any) -> Any:
    place = more.pop("place", None)
    line = line_of("MUG", quantity, place=place and PlaceId(place))
    return order_of(order_id, lines=[line], **more)


def refused(shop: Shop, command: Any) -> Rejected:
    before = shop.state()
    with pytest.raises(Rejected) as caught:
        shop.do(command)
    assert shop.state() == before
    return caught.value


def allocated(shop: Shop, order_id: str = "O-1") -> dict[str, int]:
    return {
        work.place: sum(line.quantity for line in work.lines)
        for work in shop.order(order_id).fulfillment.orders
    }


def waiting(shop: Shop, place: str = "berlin") -> list[tuple[str, int]]:
    return [(row.hold.reference, row.waiting) for row in shop.engine.waiting("MUG", place)]


# --- kept back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [hold, buy])
def test_the_safety_stock_is_promised_to_nobody(command: Any) -> None:
    shop = shop_under(StockRule(safety=2))
    shop.receive({"MUG": 5})

    refusal = refused(shop, command(4))

    assert (refusal.code, refusal.data["missing"]) == ("shortage", 1)
    shop.do(command(3))
    assert shop.stock()[2] == 0


def test_a_buffer_is_kept_back_from_its_channel_alone() -> None:
    shop = shop_under(StockRule(channel="web", buffer=3))
    shop.receive({"MUG": 5})

    assert refused(shop, buy(3, channel="web")).data["missing"] == 1
    shop.do(buy(5, channel="till"))
    assert shop.stock() == (5, 5, 0)


def test_a_rule_of_a_category_holds_for_its_products() -> None:
    shop = shop_under(StockRule(category="cups", safety=1))
    catalog = StaticCatalog([Product(sku=Sku("MUG"), name="Mug", category="cups")])
    shop.engine._reader.catalog = catalog
    shop.receive({"MUG": 2})

    assert refused(shop, buy(2)).data["missing"] == 1


def test_a_guard_holds_the_safety_stock_against_a_decision_on_old_facts() -> None:
    shop = shop_under(StockRule(safety=2))
    shop.receive({"MUG": 5})
    shop.do(buy(1))

    promise = [e.step for e in shop.store.entries(shop.engine.tenant)][-1]

    assert isinstance(promise, Pend)
    assert promise.leave_at_least == 2


def test_the_rule_of_the_day_counts() -> None:
    shop = shop_under(StockRule(since=date(2026, 3, 2), safety=5))
    shop.receive({"MUG": 5})
    shop.do(buy(1))
    shop.clock.advance(days=1)

    assert refused(shop, buy(1, "O-2")).code == "shortage"


# --- channels ----------------------------------------------------------------------------------


def test_a_channel_is_served_by_its_places_alone() -> None:
    shop = shop_under(till=["lyon"])
    shop.receive({"MUG": 5})
    shop.receive({"MUG": 2}, "lyon")

    assert refused(shop, buy(3, channel="till")).data["missing"] == 1
    shop.do(buy(2, channel="till"))
    assert allocated(shop) == {"lyon": 2}
    assert [level.place for level in shop.engine.availability("MUG", channel="till")] == ["lyon"]


def test_a_line_that_names_a_place_outside_of_its_channel_is_refused() -> None:
    shop = shop_under(till=["lyon"])
    shop.receive({"MUG": 5})

    assert refused(shop, buy(1, channel="till", place="berlin")).code == "place_not_in_channel"


# --- ones own promise --------------------------------------------------------------------------


def test_a_shopper_is_never_blocked_by_their_own_hold() -> None:
    shop = shop_under(StockRule(safety=1))
    shop.receive({"MUG": 4})
    shop.do(hold(3))

    assert shop.engine.availability("MUG")[0].available == 0
    assert shop.engine.availability("MUG", cart_id="C-1")[0].available == 3
    shop.do(hold(3))
    shop.do(buy(3, cart_id=CartId("C-1")))
    assert shop.stock() == (4, 3, 0)


def test_an_order_sees_what_is_available_beside_its_own_promise() -> None:
    shop = shop_under()
    shop.receive({"MUG": 5})
    shop.do(buy(4))

    (level,) = shop.engine.availability("MUG", order_id="O-1")

    assert (level.available, level.own, level.allocated) == (5, 4, 4)


# --- backorders --------------------------------------------------------------------------------


def test_what_is_short_waits_where_the_rules_leave_room() -> None:
    shop = shop_under(StockRule(backorder_cap=3))
    shop.receive({"MUG": 2})

    shop.do(buy(4))

    assert allocated(shop) == {"berlin": 4}
    assert waiting(shop) == [("order/O-1", 2)]
    (level,) = shop.engine.availability("MUG")
    assert (level.available, level.backorder_room, level.shortage, level.net) == (0, 1, 2, -2)
    assert "2 of MUG wait at berlin for a receipt" in placed_reasons(shop)


def placed_reasons(shop: Shop) -> tuple[str, ...]:
    event: Any = shop.engine.history("O-1")[0].event
    return tuple(event.plan.reasons)


def test_beyond_the_cap_an_order_is_refused_whole_with_what_is_missing() -> None:
    shop = shop_under(StockRule(place="berlin", backorder_cap=3))
    shop.receive({"MUG": 2})

    refusal = refused(shop, buy(6))

    assert (refusal.code, refusal.data["missing"]) == ("shortage", 1)


def test_a_receipt_lifts_whoever_has_waited_longest() -> None:
    shop = shop_under(StockRule(place="berlin", backorder_cap=9))
    shop.do(buy(2, "O-1"))
    shop.do(hold(2))
    shop.do(buy(2, "O-2"))
    assert waiting(shop) == [("order/O-1", 2), ("cart/C-1", 2), ("order/O-2", 2)]

    shop.receive({"MUG": 3})

    assert waiting(shop) == [("cart/C-1", 1), ("order/O-2", 2)]
    assert shop.engine.availability("MUG")[0].available == 0
    shop.receive({"MUG": 5})
    assert (waiting(shop), shop.stock()[2]) == ([], 2)


def test_all_that_is_available_anywhere_is_taken_before_anything_waits() -> None:
    shop = shop_under(StockRule(place="lyon", backorder_cap=9))
    shop.receive({"MUG": 2})
    shop.receive({"MUG": 1}, "lyon")

    shop.do(buy(5))

    assert allocated(shop) == {"berlin": 2, "lyon": 3}
    assert (waiting(shop), waiting(shop, "lyon")) == ([], [("order/O-1", 2)])


def test_what_waits_waits_at_a_place_that_sends_something_anyway() -> None:
    shop = shop_under(StockRule(backorder_cap=1))
    shop.receive({"MUG": 1}, "turin")

    shop.do(buy(3))

    assert allocated(shop) == {"turin": 2, "berlin": 1}


def test_a_line_that_names_its_place_waits_there() -> None:
    shop = shop_under(StockRule(backorder_cap=9))
    shop.receive({"MUG": 5})
    shop.receive({"MUG": 1}, "lyon")

    shop.do(order_of(lines=[line_of("MUG", 2, place=PlaceId("lyon")), line_of("MUG", 5)]))

    assert allocated(shop) == {"lyon": 2, "berlin": 5}
    assert waiting(shop, "lyon") == [("order/O-1", 1)]


def test_what_waits_is_given_back_as_it_was_promised() -> None:
    shop = shop_under(StockRule(backorder_cap=9))
    shop.receive({"MUG": 2})
    shop.do(buy(5))

    shop.do(CancelUnits(order_id=OrderId("O-1"), lines={"line-1": 4}))

    assert (waiting(shop), shop.stock()) == ([], (2, 1, 1))
    assert shop.engine.verify().leaks == ()


def test_backorders_of_several_orders_share_one_cap() -> None:
    shop = shop_under(StockRule(place="berlin", backorder_cap=3))

    shop.do(buy(2, "O-1"))

    assert refused(shop, buy(2, "O-2")).data["missing"] == 1
    shop.do(buy(1, "O-2"))
    assert refused(shop, buy(1, "O-3")).code == "shortage"


def test_units_that_are_sourced_again_wait_since_the_order_was_placed() -> None:
    shop = shop_under(StockRule(place="lyon", backorder_cap=9))
    shop.receive({"MUG": 2})
    shop.do(buy(2))
    shop.clock.advance(minutes=5)
    shop.do(buy(1, "O-2"))
    assert waiting(shop, "lyon") == [("order/O-2", 1)]

    shop.do(
        ReportMissing(
            order_id=OrderId("O-1"), fulfillment_order_id=shop.work().id, lines={"line-1": 2}
        )
    )
    shop.settle()

    assert waiting(shop, "lyon") == [("order/O-1", 2), ("order/O-2", 1)]
    (first, _) = shop.engine.waiting("MUG", "lyon")
    assert first.since == shop.order().placed_at
    shop.receive({"MUG": 2}, "lyon")
    assert waiting(shop, "lyon") == [("order/O-2", 1)]


# --- work on what waits ------------------------------------------------------------------------


def pick(shop: Shop, quantity: int, order_id: str = "O-1") -> PickUnits:
    return PickUnits(
        order_id=OrderId(order_id),
        fulfillment_order_id=shop.work(order_id).id,
        lines={"line-1": quantity},
    )


def test_a_backorder_waits_is_lifted_by_a_receipt_and_is_then_picked() -> None:
    shop = shop_under(StockRule(place="berlin", backorder_cap=9))
    shop.do(buy(3))
    assert waiting(shop) == [("order/O-1", 3)]

    refusal = refused(shop, pick(shop, 2))
    assert refusal.code == "shortage"
    assert (refusal.data["available"], refusal.data["asked"]) == (0, 2)
    assert waiting(shop) == [("order/O-1", 3)]
    shop.receive({"MUG": 4})

    assert (waiting(shop), shop.stock()) == ([], (4, 3, 1))
    shop.do(pick(shop, 3))
    assert shop.stock() == (1, 0, 1)
    assert shop.engine.verify().balanced


def test_of_a_promise_that_waits_in_part_no_more_is_picked_than_is_there() -> None:
    shop = shop_under(StockRule(place="berlin", backorder_cap=9))
    shop.receive({"MUG": 2})
    shop.do(buy(3))

    refusal = refused(shop, pick(shop, 3))

    assert (refusal.data["available"], refusal.data["asked"]) == (2, 3)
    shop.do(pick(shop, 2))
    assert (waiting(shop), shop.stock()) == ([("order/O-1", 1)], (0, 1, 0))


# --- places with limited days -------------------------------------------------------------------


def backorders_at(*amounts: int, cap: int) -> Shop:
    rules = Rules(
        buy_labels=False,
        capacity_days_max=2,
        stock=StockRules(rules=(StockRule(place="berlin", backorder_cap=cap),)),
    )
    berlin = Place(id=PlaceId("berlin"), name="Berlin", capacity=CapacityMeasure.UNITS)
    shop = Shop(rules=rules, places=(berlin, Place(id=PlaceId("lyon"), name="Lyon")))
    for day, amount in zip((START, START + timedelta(days=1)), amounts, strict=False):
        shop.do(SetCapacity(place=berlin.id, day=day.date(), amount=amount))
    return shop


def test_units_that_wait_are_work_that_takes_room_on_a_day_of_the_place() -> None:
    shop = backorders_at(4, cap=9)
    shop.receive({"MUG": 1})

    assert refused(shop, buy(5)).code == "no_capacity"
    shop.do(buy(4))
    level = shop.engine.capacity("berlin", START.date())
    assert level is not None
    assert (waiting(shop), level.left) == ([("order/O-1", 3)], 0)


def test_what_could_not_wait_either_is_a_shortage_and_not_a_want_of_room() -> None:
    shop = backorders_at(4, cap=3)
    shop.receive({"MUG": 1})

    assert refused(shop, buy(5)).code == "shortage"


def test_lines_that_wait_at_one_place_share_its_day() -> None:
    shop = backorders_at(4, 3, cap=9)

    lines = [line_of("MUG", 2), line_of("TEE", 3)]
    assert refused(shop, order_of(lines=lines)).code == "no_capacity"
    shop.do(order_of(lines=[line_of("MUG", 2), line_of("TEE", 2)]))
    assert allocated(shop) == {"berlin": 4}


def test_a_cap_that_is_tightened_later_never_shows_less_than_nothing() -> None:
    shop = shop_under(StockRule(backorder_cap=20))
    shop.receive({"MUG": 5})
    shop.do(buy(25, place="berlin"))
    shop.rules = Rules(stock=StockRules(rules=(StockRule(backorder_cap=10),)))
    shop.engine = shop.new_engine()

    (level,) = shop.engine.availability("MUG")

    assert (level.available, level.backorder_room, level.shortage) == (0, 0, 20)
    assert refused(shop, buy(1, "O-2", place="berlin")).code == "shortage"


# --- untracked ---------------------------------------------------------------------------------


def untracked() -> Shop:
    return shop_under(StockRule(sku="MUG", tracked=False))


def steps_of_stock(shop: Shop) -> list[str]:
    return [e.step.id for e in shop.store.entries(shop.engine.tenant) if "/stock-" in e.step.id]


def test_untracked_units_move_no_stock_from_cart_to_return() -> None:
    shop = untracked()
    shop.do(hold(1_000))
    shop.do(buy(5, cart_id=CartId("C-1")))
    work = shop.work().id
    shop.do(PickUnits(order_id=OrderId("O-1"), fulfillment_order_id=work, lines={"line-1": 4}))
    shop.do(PackUnits(order_id=OrderId("O-1"), fulfillment_order_id=work, lines={"line-1": 3}))
    shop.do(UnpackPackage(order_id=OrderId("O-1"), package_id=shop.package().id))
    shop.send(lines={"line-1": 3}, deliver=True)
    shop.do(CancelUnits(order_id=OrderId("O-1"), lines={"line-1": 2}))
    shop.do(AuthorizeReturn(order_id=OrderId("O-1"), lines={"line-1": 2}))
    back = ReturnId("O-1/return-1")
    shop.do(ReceiveReturn(order_id=OrderId("O-1"), return_id=back, place=PlaceId("berlin")))
    shop.do(
        InspectReturn(order_id=OrderId("O-1"), return_id=back, damaged={"line-1": 1}),
    )

    assert steps_of_stock(shop) == []
    assert shop.engine.verify().balanced
    assert shop.order().fulfillment.shipped("line-1") == 3


def test_untracked_units_that_are_missing_are_looked_for_elsewhere() -> None:
    shop = untracked()
    shop.do(buy(2))
    (place,) = allocated(shop)
    shop.do(
        ReportMissing(
            order_id=OrderId("O-1"), fulfillment_order_id=shop.work().id, lines={"line-1": 1}
        )
    )
    shop.settle()

    assert steps_of_stock(shop) == []
    assert sum(n for p, n in allocated(shop).items() if p != place) == 1


def test_what_was_placed_untracked_stays_so_when_the_rule_goes() -> None:
    shop = untracked()
    shop.do(buy(2))
    shop.rules = Rules(buy_labels=False)
    shop.engine = shop.new_engine()

    shop.send()

    assert steps_of_stock(shop) == []


def test_tracked_lines_beside_untracked_ones_keep_their_promises() -> None:
    shop = untracked()
    shop.receive({"TEE": 3})
    shop.do(order_of(lines=[line_of("MUG", 7), line_of("TEE", 2)]))
    shop.do(FulfillUnits(order_id=OrderId("O-1"), fulfillment_order_id=shop.work().id))

    assert shop.stock("TEE") == (1, 0, 1)
    assert shop.engine.verify().balanced


# --- supply that is expected -------------------------------------------------------------------


def test_supply_that_is_expected_can_be_promised_by_its_day() -> None:
    shop = shop_under()
    shop.receive({"MUG": 1})
    day = date(2026, 3, 9)
    ledger = shop.store._of(shop.engine.tenant).ledger
    steps = [
        Post("due", outside_account("MUG"), incoming_account("MUG", place, day), 5, "e", "r", START)
        for place in ("lyon",)
    ]
    ledger.apply(steps, START)

    found = shop.engine.availability_of("MUG", by=day)

    assert [level.place for level in found.levels] == ["berlin", "lyon"]
    assert (found.available, found.available_to_promise(day)) == (1, 6)
    assert found.available_to_promise(date(2026, 3, 8)) == 1


# --- crossings ---------------------------------------------------------------------------------


def kinds(shop: Shop, after: int = 0, limit: int = 1_000) -> list[CrossingKind]:
    return [crossing.kind for crossing in shop.engine.crossings(after, limit).found]


def test_an_order_that_takes_over_a_cart_crosses_nothing_twice() -> None:
    shop = shop_under()
    shop.receive({"MUG": 1})
    shop.do(hold(1))
    shop.do(buy(1, cart_id=CartId("C-1")))
    shop.do(CancelUnits(order_id=OrderId("O-1")))

    assert kinds(shop) == [BACK, OUT, BACK]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_reading_on_tells_each_crossing_once_in_steps_of_any_size(limit: int) -> None:
    shop = shop_under(StockRule(safety=1, low_at=1))
    shop.receive({"MUG": 4})
    shop.do(hold(2))
    shop.do(hold(3))
    shop.do(ReleaseCart(cart_id=CartId("C-1")))
    shop.do(buy(3))
    shop.send()
    whole = shop.engine.crossings()

    after, told = 0, list[Crossing]()
    for _ in range(100):
        page = shop.new_engine().crossings(after, limit)
        told.extend(page.found)
        if page.position == after:
            break
        after = page.position

    assert (tuple(told), after) == (whole.found, whole.position)
    assert [crossing.kind.value for crossing in told] == [
        *("back_in_stock", "low", "out_of_stock"),
        *("back_in_stock", "out_of_stock"),
    ]


def test_a_position_that_cannot_be_is_refused() -> None:
    for wrong in ((-1, 1), (0, 0)):
        with pytest.raises(InvalidData, match="legal"):
            shop_under().engine.crossings(*wrong)
