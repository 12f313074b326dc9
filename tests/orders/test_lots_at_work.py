"""
Lots and serial numbers keep their name from the shelf to the customer and back.
"""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.ids import FulfillmentOrderId, PackageId, PlaceId, ReturnId
from ordercore.inventory import Bucket, LotQuantity, LotRecord, LotStrategy, choose_lots
from ordercore.orders import (
    AuthorizeReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    ReportMissing,
    ShipPackage,
    UnpackPackage,
)
from tests.orders.builders import START, Shop, line_of
from tests.orders.lots import ORDER, lots, lying, ordered, sound, stocked, words
from tests.orders.test_kits import kit_shop

AT: dict[str, Any] = {
    "order_id": ORDER,
    "fulfillment_order_id": FulfillmentOrderId("O-1/fo-1"),
}


def pick(made: Shop, text: str, **more: Any) -> None:
    units = lots(text)
    total = sum(each.quantity for each in units)
    made.do(PickUnits(**AT, lines={"line-1": total}, lots={"line-1": units}, **more))


def pack(made: Shop, quantity: int) -> PackageId:
    made.do(PackUnits(**AT, lines={"line-1": quantity}))
    return made.package().id


def ship(made: Shop, package: PackageId) -> None:
    made.do(ShipPackage(order_id=ORDER, package_id=package))


def boxes(made: Shop) -> list[str]:
    return [words(p.lines[0].lots) for p in made.order().fulfillment.packages]


def trolley(made: Shop) -> str:
    return words(made.work().lines[0].picked_lots)


# --- the whole way ---------------------------------------------------------------------------


def test_units_of_lots_are_packed_in_two_boxes_sent_and_one_comes_back_as_its_lot() -> None:
    made = ordered("A3 B4", 5)
    pick(made, "B2 A3")
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.PICKED)) == ("B2", "A3 B2")
    first = pack(made, 3)
    assert (boxes(made), trolley(made)) == (["B2 A1"], "A2")
    assert lying(made, Bucket.PACKED) == "A1 B2"
    second = pack(made, 2)
    for box in (first, second):
        ship(made, box)
    assert (lying(made, Bucket.PACKED), lying(made, Bucket.PICKED)) == ("", "")
    back = ReturnId("O-1/return-1")
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
    made.do(ReceiveReturn(order_id=ORDER, return_id=back, place=PlaceId("berlin")))
    assert lying(made, Bucket.QUALITY) == "B1"
    made.do(InspectReturn(order_id=ORDER, return_id=back))
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.QUALITY)) == ("B3", "")
    assert made.stock() == (3, 0, 3)
    assert sound(made)


def test_a_box_that_is_opened_again_gives_its_lots_back_to_the_trolley() -> None:
    made = ordered("A2 B2", 4)
    pick(made, "A2 B2")
    box = pack(made, 3)
    made.do(UnpackPackage(order_id=ORDER, package_id=box))
    assert (trolley(made), lying(made, Bucket.PICKED)) == ("B2 A2", "A2 B2")
    ship(made, pack(made, 3))
    assert boxes(made) == ["A2 B1", "B2 A1"]
    assert sound(made)


def test_units_that_are_canceled_go_back_to_their_shelf_the_last_lot_first() -> None:
    made = ordered("A2 B2", 4)
    pick(made, "A2 B2")
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 3}))
    assert (trolley(made), lying(made, Bucket.ON_HAND)) == ("A1", "A1 B2")
    assert sound(made)


def test_units_without_a_lot_stand_among_those_with_one() -> None:
    made = stocked("A1")
    made.receive({"MUG": 2})
    made.place(lines=[line_of(quantity=3)])
    made.do(PickUnits(**AT, lines={"line-1": 1}))
    pick(made, "A1 -1")
    assert trolley(made) == "-2 A1"
    ship(made, pack(made, 2))
    assert boxes(made) == [""]
    ship(made, pack(made, 1))
    assert boxes(made) == ["", "A1"]
    assert sound(made)


def test_a_serial_number_is_sent_and_comes_back_as_itself() -> None:
    made = ordered("#S1 #S2 #S3", 2)
    made.do(FulfillUnits(**AT, lots={"line-1": lots("#S3 #S1")}))
    assert (boxes(made), lying(made, Bucket.ON_HAND)) == (["#S3 #S1"], "#S2")
    back = ReturnId("O-1/return-1")
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
    come = ReceiveReturn(
        order_id=ORDER, return_id=back, place=PlaceId("lyon"), lots={"line-1": lots("#S1")}
    )
    made.do(come)
    made.do(InspectReturn(order_id=ORDER, return_id=back, damaged={"line-1": 1}))
    assert lying(made, Bucket.DAMAGED, "lyon") == "#S1"
    assert sound(made)


def test_lots_that_come_back_one_return_after_the_other_are_each_taken_once() -> None:
    made = ordered("A2 B1", 3)
    made.do(FulfillUnits(**AT, lots={"line-1": lots("A2 B1")}))
    for n, came in enumerate(("A1", "A1", "B1"), 1):
        back = ReturnId(f"O-1/return-{n}")
        made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
        made.do(ReceiveReturn(order_id=ORDER, return_id=back, place=PlaceId("berlin")))
        assert lying(made, Bucket.QUALITY) == came
        made.do(InspectReturn(order_id=ORDER, return_id=back))
    assert lying(made, Bucket.ON_HAND) == "A2 B1"
    assert sound(made)


def test_of_a_return_of_two_lots_the_last_units_are_the_damaged_ones() -> None:
    made = ordered("A1 B1", 2)
    made.do(FulfillUnits(**AT, lots={"line-1": lots("A1 B1")}))
    back = ReturnId("O-1/return-1")
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 2}))
    made.do(ReceiveReturn(order_id=ORDER, return_id=back, place=PlaceId("berlin")))
    made.do(InspectReturn(order_id=ORDER, return_id=back, damaged={"line-1": 1}))
    assert (lying(made, Bucket.ON_HAND), lying(made, Bucket.DAMAGED)) == ("A1", "B1")
    assert sound(made)


def test_fulfilling_in_one_names_the_lots_of_what_it_picks_and_keeps_those_picked_before() -> None:
    made = ordered("A2 B2", 3)
    pick(made, "A1")
    made.do(FulfillUnits(**AT, lots={"line-1": lots("B2")}))
    assert boxes(made) == ["A1 B2"]
    assert sound(made)


def test_lots_of_a_kit_are_named_by_the_lines_of_its_parts() -> None:
    made = stocked("A2 B1", made=kit_shop({"TEE": 4}))
    made.place(lines=[line_of("BOX", 2)])
    part = {"line-1/part-1": lots("B1 A1")}
    made.do(PickUnits(**AT, lines={"line-1": 2}, lots=part))
    assert lying(made, Bucket.PICKED) == "A1 B1"
    made.do(FulfillUnits(**AT))
    assert lying(made, Bucket.PICKED) == ""
    assert sound(made)


# --- refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "fault"),
    [
        (lots("A2"), "lots[0].lots: they sum to 2, and 3 units of line-1 are named"),
        ((), "lots[0].lots: 0 lines: legal are 1"),
        ((LotQuantity("", 3, "S"),), "lots[0].lots[0].quantity: serial number S is one unit"),
        ((LotQuantity("A|B", 3),), "lots[0].lots[0].lot: 'A|B' is no lot"),
        ((LotQuantity("A", 0), LotQuantity("B", 3)), "lots[0].lots[0].quantity: 0 is no quantity"),
        (lots("A1 A2"), "lots[0].lots[1]: lot 'A', serial '' is there twice"),
    ],
)
def test_lots_that_make_no_sense_are_refused_with_their_path(units: Any, fault: str) -> None:
    for kind in (PickUnits, ReportMissing):
        with pytest.raises(InvalidData) as refused:
            kind(**AT, lines={"line-1": 3}, lots={"line-1": units})
        assert any(told.startswith(fault) for told in refused.value.faults)


def test_lots_of_nothing_that_is_picked_are_refused_and_nothing_happens() -> None:
    made = ordered("A3", 3)
    pick(made, "A1")
    before = made.state()
    for command in (
        PickUnits(**AT, lines={"line-1": 1}, lots={"line-9": lots("A1")}),
        FulfillUnits(**AT, lots={"line-1": lots("A3")}),
        FulfillUnits(**AT, lines={"line-1": 1}, lots={"line-1": lots("A1")}),
    ):
        with pytest.raises(Rejected) as refused:
            made.do(command)
        assert refused.value.code in {"lots_differ", "nothing_asked"}
    assert made.state() == before


def test_a_lot_that_is_not_there_is_refused_as_a_shortage() -> None:
    made = ordered("A1 B2", 3)
    for text in ("A2 B1", "-3"):
        with pytest.raises(Rejected) as refused:
            pick(made, text)
        assert refused.value.code == "shortage"
    assert sound(made)


def test_a_lot_that_was_not_sent_does_not_come_back() -> None:
    made = ordered("A2 B2", 2)
    made.do(FulfillUnits(**AT, lots={"line-1": lots("A2")}))
    back = ReturnId("O-1/return-1")
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 2}))
    come: dict[str, Any] = {"order_id": ORDER, "return_id": back, "place": PlaceId("berlin")}
    with pytest.raises(Rejected) as refused:
        made.do(ReceiveReturn(**come, lots={"line-1": lots("B2")}))
    assert (refused.value.code, refused.value.legal) == ("lot_not_sent", ("2 of A",))
    with pytest.raises(Rejected, match="lots_differ"):
        made.do(ReceiveReturn(**come, lots={"line-1": lots("A1")}))
    assert sound(made)


# --- the law ---------------------------------------------------------------------------------


@st.composite
def acts(draw: st.DrawFn) -> list[tuple[str, int]]:
    words = st.sampled_from(["pick", "pick plain", "pack", "unpack", "ship", "cancel", "miss"])
    return draw(st.lists(st.tuples(words, st.integers(1, 4)), min_size=3, max_size=14))


@settings(max_examples=40, deadline=None)
@given(done=acts(), data=st.data())
def test_the_order_and_the_ledger_name_the_same_lots_wherever_units_are(
    done: list[tuple[str, int]], data: st.DataObject
) -> None:
    made = stocked("A3 B3")
    made.receive({"MUG": 3})
    made.place(lines=[line_of(quantity=8)])
    for act, quantity in done:
        try:
            _act(made, act, quantity, data)
        except Rejected as refused:
            if refused.code not in _EXPECTED:
                raise
        work = made.work().lines[0]
        packed = [
            units
            for p in made.order().fulfillment.packages
            if p.status == "packed"
            for units in p.lines[0].named
        ]
        assert lying(made, Bucket.PICKED) == _summed(work.named)
        assert lying(made, Bucket.PACKED) == _summed(packed)
    assert made.engine.verify().balanced


_EXPECTED = {
    "shortage",
    "quantity_not_there",
    "not_legal_now",
    "nothing_to_cancel",
    "lot_needed",
    "unknown_package",
}


def _act(made: Shop, act: str, quantity: int, data: st.DataObject) -> None:
    packages = made.order().fulfillment.packages
    box = packages[quantity % len(packages)].id if packages else PackageId("none")
    match act:
        case "pick":
            of_a = data.draw(st.integers(0, quantity))
            named = (("A", of_a), ("B", quantity - of_a))
            units = tuple(LotQuantity(lot, n) for lot, n in named if n)
            lines = {"line-1": quantity}
            made.do(PickUnits(**AT, lines=lines, lots={"line-1": units}))
        case "pick plain":
            made.do(PickUnits(**AT, lines={"line-1": quantity}))
        case "pack":
            pack(made, quantity)
        case "unpack":
            made.do(UnpackPackage(order_id=ORDER, package_id=box))
        case "ship":
            ship(made, box)
        case "miss":
            made.do(ReportMissing(**AT, lines={"line-1": 1}))
        case _:
            made.do(CancelUnits(order_id=ORDER, lines={"line-1": quantity}))


def _summed(units: Any) -> str:
    sums: dict[str, int] = {}
    for each in units:
        sums[each.lot or "-"] = sums.get(each.lot or "-", 0) + each.quantity
    return " ".join(sorted(f"{lot}{n}" for lot, n in sums.items()))


# --- which lots to take ----------------------------------------------------------------------


def test_the_host_reads_the_lots_of_a_shelf_and_takes_first_what_expires_first() -> None:
    made = ordered("A3 B2", 4)
    records = [
        LotRecord(lot="A", received_at=START, expires_on=date(2026, 9, 1)),
        LotRecord(lot="B", received_at=START, expires_on=date(2026, 6, 1)),
    ]
    shelf = made.engine.lots("MUG", "berlin", records)
    units = choose_lots(shelf, 4, LotStrategy.FEFO, on=date(2026, 3, 1))
    made.do(FulfillUnits(**AT, lots={"line-1": units}))
    assert boxes(made) == ["B2 A2"]
    assert [(lot.lot, lot.quantity) for lot in made.engine.lots("MUG", "berlin", records)] == [
        ("A", 1)
    ]
    with pytest.raises(InvalidData, match="no record of lot 'A'"):
        made.engine.lots("MUG", "berlin", records[1:])
