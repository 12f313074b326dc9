"""
Picks that the record did not expect: more than it has, and less.
"""

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.errors import Rejected
from ordercore.ids import FulfillmentOrderId
from ordercore.inventory import AdjustReason, AdjustStock, Bucket, StockRule, StockRules
from ordercore.orders import FulfillUnits, PackUnits, PickUnits, ReportMissing, Rules, ShipPackage
from ordercore.stores import MemoryStore
from tests.engine.test_promises import RivalFirst
from tests.orders.builders import Shop, line_of, shop
from tests.orders.lots import (
    BERLIN,
    MUG,
    ORDER,
    lots,
    lying,
    move,
    ordered,
    sound,
)

AT: dict[str, Any] = {
    "order_id": ORDER,
    "fulfillment_order_id": FulfillmentOrderId("O-1/fo-1"),
}


def short_counted(stock: int, quantity: int, counted: int) -> Shop:
    """An order for units of which a count then finds less."""
    made = shop({"MUG": stock})
    made.place(lines=[line_of(quantity=quantity)])
    made.do(AdjustStock(place=BERLIN, lines={MUG: counted - stock}, reason=AdjustReason.COUNT))
    return made


def picked(made: Shop, quantity: int, **more: Any) -> None:
    made.do(PickUnits(**AT, lines={"line-1": quantity}, **more))


def missed(made: Shop, quantity: int) -> None:
    made.do(ReportMissing(**AT, lines={"line-1": quantity}))


# --- more than is on record ------------------------------------------------------------------


def test_what_is_picked_beyond_the_record_heals_when_its_receipt_is_written() -> None:
    made = short_counted(5, 3, 1)
    with pytest.raises(Rejected, match="shortage"):
        picked(made, 3)
    picked(made, 3, beyond_record=True)
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.DISCREPANCY)) == ("", "--2")
    made.do(PackUnits(**AT, lines={"line-1": 3}))
    made.do(ShipPackage(order_id=ORDER, package_id=made.package().id))
    assert sound(made)
    made.receive({"MUG": 6})
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.DISCREPANCY)) == ("-4", "")
    assert made.stock() == (4, 0, 4)
    assert sound(made)


def test_within_the_record_nothing_is_forced() -> None:
    made = shop({"MUG": 5})
    made.place(lines=[line_of(quantity=3)])
    made.do(FulfillUnits(**AT, beyond_record=True))
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.DISCREPANCY)) == ("-2", "")
    assert sound(made)


def test_of_named_lots_just_those_units_are_forced_that_the_record_lacks() -> None:
    made = ordered("A1 B4", 4)
    picking = PickUnits(
        **AT, lines={"line-1": 4}, lots={"line-1": lots("A3 B1")}, beyond_record=True
    )
    made.do(picking)
    assert lying(made, Bucket.PICKED) == "A3 B1"
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.DISCREPANCY)) == ("B3", "A-2")
    assert made.work().lines[0].picked_lots == lots("A3 B1")
    assert sound(made)


def test_lines_of_one_sku_share_what_is_on_record() -> None:
    made = shop({"MUG": 4})
    made.place(lines=[line_of(quantity=2), line_of(quantity=2)])
    made.do(AdjustStock(place=BERLIN, lines={MUG: -1}, reason=AdjustReason.COUNT))
    made.do(FulfillUnits(**AT, beyond_record=True))
    assert lying(made, Bucket.DISCREPANCY) == "--1"
    assert sound(made)


def test_nothing_is_forced_while_lots_lie_there_that_nobody_named() -> None:
    made = ordered("A3", 2)
    before = made.state()
    for command in (
        PickUnits(**AT, lines={"line-1": 2}, beyond_record=True),
        ReportMissing(**AT, lines={"line-1": 1}),
    ):
        with pytest.raises(Rejected) as refused:
            made.do(command)
        assert (refused.value.code, refused.value.legal) == ("lot_needed", ("A",))
    assert made.state() == before


def test_what_waits_for_a_receipt_may_have_come_without_one() -> None:
    made = short_counted(2, 2, 0)
    made.do(FulfillUnits(**AT, beyond_record=True))
    made.receive({"MUG": 2})
    assert made.stock() == (0, 0, 0)
    assert sound(made)


def test_who_is_overtaken_at_the_shelf_forces_what_is_then_lacking() -> None:
    made = shop({"MUG": 3})
    made.place(lines=[line_of(quantity=3)])
    lost = AdjustStock(place=BERLIN, lines={MUG: -2}, reason=AdjustReason.COUNT)
    engine, real = made.engine, made.store
    made.store = cast("MemoryStore", RivalFirst(real, [lambda: engine.submit(lost)]))
    made.new_engine().submit(
        PickUnits(**AT, lines={"line-1": 3}, beyond_record=True), key="overtaken"
    )
    made.store = real
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.DISCREPANCY)) == ("", "--2")
    assert sound(made)


# --- less than is on record ------------------------------------------------------------------


def test_a_short_count_and_a_short_pick_are_one_loss_in_either_order() -> None:
    for first, then in (("miss", "pick"), ("pick", "miss")):
        made = short_counted(3, 3, 2)
        for step in (first, then):
            if step == "miss":
                missed(made, 1)
            else:
                picked(made, 2)
        assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.MISSING)) == ("", "")
        assert made.stock() == (0, 0, 0)
        assert sound(made)


def test_units_on_record_that_are_not_found_are_missing_there() -> None:
    made = short_counted(4, 3, 2)
    missed(made, 3)
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.MISSING)) == ("", "-2")
    assert sound(made)


def test_of_a_named_lot_the_record_loses_what_it_has_and_no_other_lot() -> None:
    made = ordered("A2 B2", 4)
    move(made, "gone", lambda m: m.adjust(MUG, BERLIN, -1, AdjustReason.COUNT, lots=lots("A1")))
    made.do(ReportMissing(**AT, lines={"line-1": 2}, lots={"line-1": lots("A2")}))
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.MISSING)) == ("B2", "A1")
    made.do(PickUnits(**AT, lines={"line-1": 2}, lots={"line-1": lots("B2")}))
    assert sound(made)


def test_a_serial_number_that_is_not_found_is_missing_by_its_name() -> None:
    made = ordered("#S1 #S2", 2)
    made.do(ReportMissing(**AT, lines={"line-1": 1}, lots={"line-1": lots("#S2")}))
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.MISSING)) == ("#S1", "#S2")
    assert sound(made)


def test_units_that_are_not_counted_keep_their_lots_and_move_no_stock() -> None:
    rules = StockRules(rules=(StockRule(sku="MUG", tracked=False),))
    made = shop(rules=Rules(buy_labels=False, stock=rules))
    made.place(lines=[line_of(quantity=2)])
    made.do(ReportMissing(**AT, lines={"line-1": 1}))
    units = lots("A1")
    made.do(FulfillUnits(**AT, lots={"line-1": units}, beyond_record=True))
    assert made.package().lines[0].lots == units
    assert (lying(made, Bucket.PACKED), lying(made, Bucket.DISCREPANCY)) == ("", "")


@settings(max_examples=40, deadline=None)
@given(
    stock=st.integers(1, 6),
    quantity=st.integers(1, 6),
    counted=st.integers(0, 6),
    steps=st.lists(
        st.tuples(st.sampled_from(["miss", "force"]), st.integers(1, 3)), min_size=1, max_size=6
    ),
)
def test_whatever_a_count_found_people_are_never_refused_what_they_did(
    stock: int, quantity: int, counted: int, steps: list[tuple[str, int]]
) -> None:
    quantity, counted = min(stock, quantity), min(stock - 1, counted)
    made = short_counted(stock, quantity, counted)
    for step, n in steps:
        line = made.work().lines[0]
        if not line.waiting:
            break
        if step == "miss":
            missed(made, min(n, line.waiting))
        else:
            picked(made, min(n, line.waiting), beyond_record=True)
    line = made.work().lines[0]
    gone = line.picked + line.missing
    assert made.engine.verify().balanced
    assert made.stock()[0] >= 0
    short = lying(made, Bucket.DISCREPANCY)
    assert not short or gone > counted
