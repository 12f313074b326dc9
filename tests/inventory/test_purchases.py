"""
Inbound purchases: what is expected, what comes, and what never does.

"""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.ids import PurchaseId, purchase_stream
from ordercore.inventory import Bucket, ExpectedUnits, incoming_account, preordered_account
from ordercore.inventory.documents import (
    CancelPurchase,
    ChangeExpectation,
    ClosePurchase,
    LineExpectation,
    OpenPurchase,
    Purchase,
    PurchaseLine,
    PurchaseLineRequest,
    ReceivedLine,
    ReceivePurchase,
    RejectedTo,
)
from ordercore.ledger import Pend
from tests.inventory.depot import BERLIN, FRIDAY, MONDAY, MUG, TEE, TUESDAY, Depot, hour

PO = PurchaseId("PO-1")


def opened(depot: Depot, *, tolerance: int = 0, mugs: int = 10) -> None:
    depot.do(
        OpenPurchase(
            purchase_id=PO,
            supplier="acme",
            place=BERLIN,
            tolerance_percent=tolerance,
            lines=(
                PurchaseLineRequest(line_id="m", sku=MUG, quantity=mugs, expected_on=MONDAY),
                PurchaseLineRequest(line_id="t", sku=TEE, quantity=4, expected_on=TUESDAY),
            ),
        )
    )


def came(depot: Depot, *lines: ReceivedLine) -> Any:
    return depot.do(ReceivePurchase(purchase_id=PO, lines=lines)).events[0]


def mugs(received: int, rejected: int = 0, **more: Any) -> ReceivedLine:
    return ReceivedLine(line_id="m", received=received, rejected=rejected, **more)


def purchase(depot: Depot) -> Purchase:
    state = depot.states[purchase_stream(PO)]
    assert isinstance(state, Purchase)
    return state


def line(depot: Depot, line_id: str = "m") -> PurchaseLine:
    found = purchase(depot).line(line_id)
    assert found is not None
    return found


def numbers(depot: Depot) -> tuple[int, int, int, int]:
    found = line(depot)
    return found.ordered, found.received, found.rejected, found.open


def test_what_is_ordered_is_expected_on_its_day_and_not_for_sale() -> None:
    depot = Depot()
    opened(depot)
    assert (depot.incoming(MONDAY), depot.incoming(TUESDAY, TEE)) == (10, 4)
    assert depot.level().available == 0
    assert purchase(depot).status == "open"


def test_a_purchase_comes_in_parts_until_all_of_it_is_there() -> None:
    depot = Depot()
    opened(depot)
    came(depot, mugs(4))
    assert (depot.on_hand(), depot.incoming(MONDAY), purchase(depot).status) == (
        4,
        6,
        "partly_received",
    )
    came(depot, mugs(6), ReceivedLine(line_id="t", received=4))
    assert (depot.on_hand(), depot.incoming(MONDAY), purchase(depot).status) == (10, 0, "received")
    assert depot.incoming(TUESDAY, TEE) == 0


def test_rejected_units_have_come_and_are_not_for_sale() -> None:
    depot = Depot()
    opened(depot)
    came(depot, mugs(3, 1), mugs(2, 2, rejected_to=RejectedTo.DAMAGED, lot="L"))
    came(depot, mugs(2, 1, rejected_to=RejectedTo.SUPPLIER))
    assert numbers(depot) == (10, 7, 4, 3)
    assert (depot.on_hand(), depot.incoming(MONDAY), line(depot).stocked) == (3, 3, 3)
    assert depot.bucket(Bucket.QUALITY) == 1
    assert depot.bucket(Bucket.DAMAGED, lot="L") == 2


def test_more_than_was_ordered_is_taken_up_to_the_tolerance_and_refused_beyond_it() -> None:
    depot = Depot()
    opened(depot, tolerance=10)
    came(depot, mugs(8))
    with pytest.raises(Rejected) as refused:
        came(depot, mugs(4))
    assert refused.value.code == "over_receipt"
    assert dict(refused.value.data) == {
        "purchase": PO,
        "line": "m",
        "received": 4,
        "ordered": 10,
        "received_before": 8,
        "at_most": 3,
    }
    assert refused.value.legal == ("at most 3",)
    event = came(depot, mugs(3))
    assert event.lines[0].expected == (ExpectedUnits(MONDAY, 2),)
    assert (depot.on_hand(), depot.incoming(MONDAY)) == (11, 0)
    with pytest.raises(Rejected) as again:
        came(depot, mugs(1))
    assert again.value.legal == ("nothing more of this line",)


def test_the_lines_of_one_delivery_are_summed_before_the_tolerance_is_judged() -> None:
    depot = Depot()
    opened(depot)
    with pytest.raises(Rejected, match="over_receipt"):
        came(depot, mugs(6, lot="A"), mugs(5, lot="B"))
    assert depot.on_hand() == 0


def test_open_units_move_to_other_days_and_the_earliest_comes_first() -> None:
    depot = Depot()
    opened(depot)
    came(depot, mugs(4))
    anew = (ExpectedUnits(FRIDAY, 5), ExpectedUnits(TUESDAY, 3))
    change = ChangeExpectation(purchase_id=PO, lines=(LineExpectation(line_id="m", expected=anew),))
    depot.do(change)
    assert numbers(depot) == (12, 4, 0, 8)
    assert [depot.incoming(day) for day in (MONDAY, TUESDAY, FRIDAY)] == [0, 3, 5]
    assert depot.do(change).events == ()
    event = came(depot, mugs(4))
    assert event.lines[0].expected == (ExpectedUnits(TUESDAY, 3), ExpectedUnits(FRIDAY, 1))
    assert line(depot).expected == (ExpectedUnits(FRIDAY, 4),)


def test_expecting_nothing_more_completes_what_has_come() -> None:
    depot = Depot()
    opened(depot)
    came(depot, mugs(4), ReceivedLine(line_id="t", received=4))
    nothing = LineExpectation(line_id="m", expected=())
    depot.do(ChangeExpectation(purchase_id=PO, lines=(nothing,)))
    assert (purchase(depot).status, numbers(depot)) == ("received", (4, 4, 0, 0))
    more = LineExpectation(line_id="m", expected=(ExpectedUnits(FRIDAY, 1),))
    depot.do(ChangeExpectation(purchase_id=PO, lines=(more,)))
    assert (purchase(depot).status, depot.incoming(FRIDAY)) == ("partly_received", 1)


def test_closing_takes_what_never_came_off_what_is_expected() -> None:
    depot = Depot()
    opened(depot)
    came(depot, mugs(4))
    event = depot.do(ClosePurchase(purchase_id=PO, reason="sold out")).events[0]
    assert [(u.line_id, u.quantity) for u in event.unreceived] == [("m", 6), ("t", 4)]
    assert (depot.incoming(MONDAY), depot.incoming(TUESDAY, TEE)) == (0, 0)
    assert (purchase(depot).status, numbers(depot)) == ("closed", (4, 4, 0, 0))
    with pytest.raises(Rejected, match="not_legal_now"):
        came(depot, mugs(1))


def test_a_purchase_is_canceled_only_while_nothing_has_come() -> None:
    depot = Depot()
    opened(depot)
    depot.do(CancelPurchase(purchase_id=PO))
    assert (purchase(depot).status, depot.incoming(MONDAY)) == ("canceled", 0)
    other = Depot()
    opened(other)
    came(other, mugs(1))
    with pytest.raises(Rejected) as refused:
        other.do(CancelPurchase(purchase_id=PO))
    assert refused.value.legal == ("receive", "complete", "change", "close")


def preorder(depot: Depot, quantity: int, order: str, day: date = MONDAY) -> None:
    supply, buyers = incoming_account(MUG, BERLIN, day), preordered_account(MUG, BERLIN)
    name = f"pre-{order}"
    step = Pend(name, supply, buyers, quantity, "preorder", f"order/{order}", depot.at)
    depot.ledger.apply([step], depot.at)
    depot.at += timedelta(minutes=1)


def promised(depot: Depot, day: date) -> list[tuple[str, int]]:
    supply = incoming_account(MUG, BERLIN, day)
    holds = [hold for hold in depot.ledger.pendings() if hold.source == supply]
    holds.sort(key=lambda hold: (hold.promised_at, hold.id))
    return [(hold.reference, hold.amount) for hold in holds]


def expect(depot: Depot, *expected: tuple[date, int]) -> Any:
    units = tuple(ExpectedUnits(*each) for each in expected)
    lines = (LineExpectation(line_id="m", expected=units),)
    return depot.do(ChangeExpectation(purchase_id=PO, lines=lines)).events[0]


def test_promises_move_with_their_supply_the_latest_first_and_keep_their_rank() -> None:
    depot = Depot()
    opened(depot)
    preorder(depot, 4, "O-1")
    preorder(depot, 5, "O-2")
    event = expect(depot, (MONDAY, 5), (TUESDAY, 2), (FRIDAY, 3))
    assert promised(depot, MONDAY) == [("order/O-1", 4), ("order/O-2", 1)]
    assert (promised(depot, TUESDAY), promised(depot, FRIDAY)) == (
        [("order/O-2", 2)],
        [("order/O-2", 2)],
    )
    assert event.uncovered == ()
    assert [(m.holder, m.quantity, m.day, m.to_day) for m in event.moved] == [
        ("order/O-2", 2, MONDAY, TUESDAY),
        ("order/O-2", 2, MONDAY, FRIDAY),
    ]
    assert all(m.rest for m in event.moved)


def test_promises_never_take_the_room_that_others_have_on_the_new_day() -> None:
    depot = Depot()
    opened(depot)
    preorder(depot, 7, "O-1")
    expect(depot, (MONDAY, 10), (FRIDAY, 2))
    preorder(depot, 2, "O-2", FRIDAY)
    event = expect(depot, (FRIDAY, 6))
    assert promised(depot, FRIDAY) == [("order/O-1", 4), ("order/O-2", 2)]
    assert promised(depot, MONDAY) == [("order/O-1", 3)]
    assert [u.expected for u in event.uncovered] == [ExpectedUnits(MONDAY, 3)]


def test_a_moved_promise_is_served_by_the_receipt_of_its_new_day() -> None:
    depot = Depot()
    opened(depot)
    preorder(depot, 7, "O-1")
    expect(depot, (FRIDAY, 10))
    event = came(depot, mugs(10))
    assert [(each.holder, each.quantity) for each in event.allocated] == [("order/O-1", 7)]
    assert (depot.level().allocated, depot.level().available) == (7, 3)


def test_what_a_day_does_not_need_serves_who_waits_for_an_earlier_one_in_vain() -> None:
    depot = Depot()
    opened(depot)
    preorder(depot, 3, "O-1")
    expect(depot)
    assert promised(depot, MONDAY) == [("order/O-1", 3)]
    expect(depot, (FRIDAY, 4))
    preorder(depot, 2, "O-2", FRIDAY)
    event = came(depot, mugs(4))
    assert [(each.holder, each.quantity) for each in event.allocated] == [
        ("order/O-2", 2),
        ("order/O-1", 2),
    ]
    assert promised(depot, MONDAY) == [("order/O-1", 1)]


def test_promises_against_supply_that_will_not_come_stand_and_are_named() -> None:
    depot = Depot()
    opened(depot)
    preorder(depot, 7, "O-9")
    event = expect(depot, (MONDAY, 4))
    assert [(u.sku, u.expected) for u in event.uncovered] == [(MUG, ExpectedUnits(MONDAY, 3))]
    assert event.moved == ()
    event = depot.do(CancelPurchase(purchase_id=PO)).events[0]
    assert [(u.sku, u.expected) for u in event.uncovered] == [(MUG, ExpectedUnits(MONDAY, 7))]
    assert depot.ledger.open_pending("pre-O-9") is not None


def test_a_receipt_explains_what_left_before_it_was_recorded() -> None:
    depot = Depot()
    opened(depot)
    depot.force(MUG, BERLIN, 3)
    event = came(depot, mugs(5, 1), mugs(1, lot="L"))
    assert [units.healed for units in event.lines] == [3, 0]
    assert (depot.bucket(Bucket.DISCREPANCY), depot.level().on_hand) == (0, 2)
    assert depot.incoming(MONDAY) == 4


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ClosePurchase(purchase_id="PO-2"), "unknown_purchase"),
        (ReceivePurchase(purchase_id="PO-2", lines=(mugs(1),)), "unknown_purchase"),
        (
            ReceivePurchase(purchase_id=PO, lines=(ReceivedLine(line_id="x", received=1),)),
            "unknown_line",
        ),
        (ClosePurchase(purchase_id=PO), "not_legal_now"),
        (
            ChangeExpectation(purchase_id=PO, lines=(LineExpectation(line_id="x", expected=()),)),
            "unknown_line",
        ),
    ],
)
def test_what_can_not_be_done_is_refused_and_nothing_has_happened(command: Any, code: str) -> None:
    depot = Depot()
    opened(depot)
    before = (dict(depot.states), list(depot.ledger.entries()))
    with pytest.raises(Rejected) as refused:
        depot.do(command)
    assert refused.value.code == code
    assert refused.value.legal
    assert (dict(depot.states), list(depot.ledger.entries())) == before


@pytest.mark.parametrize(
    ("sku", "place", "code"),
    [("CAP", BERLIN, "unknown_sku"), (MUG, "oslo", "unknown_place")],
)
def test_a_purchase_of_what_nobody_knows_is_refused(sku: str, place: str, code: str) -> None:
    request = PurchaseLineRequest(line_id="m", sku=sku, quantity=1, expected_on=MONDAY)
    command = OpenPurchase(purchase_id=PO, supplier="acme", place=place, lines=(request,))
    with pytest.raises(Rejected) as refused:
        Depot().do(command)
    assert refused.value.code == code


def test_a_purchase_is_opened_once() -> None:
    depot = Depot()
    opened(depot)
    with pytest.raises(Rejected, match="purchase_exists"):
        opened(depot)


def test_every_fault_of_a_command_is_named_with_its_path() -> None:
    request = PurchaseLineRequest(line_id="m", sku="|", quantity=0, expected_on=MONDAY)
    with pytest.raises(InvalidData) as invalid:
        OpenPurchase(
            purchase_id="?",
            supplier="",
            place="a b",
            lines=(request, request),
            tolerance_percent=-1,
            note="4111 1111 1111 1111",
            occurred_at=hour(0).replace(tzinfo=None),
        )
    assert [fault.partition(":")[0] for fault in invalid.value.faults] == [
        "purchase_id",
        "supplier",
        "place",
        "lines[0].sku",
        "lines[0].quantity",
        "lines[1].sku",
        "lines[1].quantity",
        "lines[1].line_id",
        "tolerance_percent",
        "note",
        "occurred_at",
    ]
    with pytest.raises(InvalidData) as invalid:
        ReceivePurchase(purchase_id=PO, lines=(mugs(1, 2, lot="a|b"), mugs(0), mugs(1)))
    assert [fault.partition(":")[0] for fault in invalid.value.faults] == [
        "lines[0].rejected",
        "lines[0].lot",
        "lines[1].received",
        "lines[2].line_id",
    ]
    twice = (ExpectedUnits(MONDAY, 1), ExpectedUnits(MONDAY, 0))
    with pytest.raises(InvalidData) as invalid:
        ChangeExpectation(purchase_id=PO, lines=(LineExpectation(line_id="m", expected=twice),))
    assert [fault.partition(":")[0] for fault in invalid.value.faults] == [
        "lines[0].expected[1].quantity",
        "lines[0].expected[1].day",
    ]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.integers(1, 6), st.integers(0, 6)),
        st.tuples(st.just("change"), st.integers(0, 6), st.integers(0, 6)),
        st.tuples(st.just("force"), st.integers(1, 3), st.just(0)),
        st.tuples(st.sampled_from(["close", "cancel"]), st.just(0), st.just(0)),
    ),
    max_size=12,
)


@given(steps=STEPS, tolerance=st.sampled_from([0, 20, 100]))
def test_whatever_comes_quantities_add_up_and_the_books_agree(
    steps: list[tuple[str, int, int]], tolerance: int
) -> None:
    depot = Depot()
    opened(depot, tolerance=tolerance)
    stocked = forced = 0
    for word, first, second in steps:
        try:
            if word == "come":
                came(depot, mugs(first, min(first, second)))
                stocked += first - min(first, second)
            elif word == "change":
                anew: list[tuple[date, int]] = [(FRIDAY, first), (MONDAY, second)]
                expected = tuple(ExpectedUnits(day, n) for day, n in anew if n)
                changed = (LineExpectation(line_id="m", expected=expected),)
                depot.do(ChangeExpectation(purchase_id=PO, lines=changed))
            elif word == "force":
                depot.force(MUG, BERLIN, first)
                forced += first
            elif word == "close":
                depot.do(ClosePurchase(purchase_id=PO))
            else:
                depot.do(CancelPurchase(purchase_id=PO))
        except Rejected:
            continue
        found = line(depot)
        assert found.open == max(found.ordered - found.received, 0)
        assert 0 <= found.rejected <= found.received
        assert found.stocked == stocked
        by_day = {each.day: each.quantity for each in found.expected}
        for day in (MONDAY, TUESDAY, FRIDAY):
            assert depot.incoming(day) == by_day.get(day, 0)
        assert depot.on_hand() + depot.bucket(Bucket.DISCREPANCY) == stocked - forced
        assert depot.on_hand() >= 0
        if purchase(depot).status in {"closed", "canceled"}:
            assert found.open == 0
