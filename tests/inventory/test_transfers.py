"""
Stock transfers: a unit under way is in one place, and sold nowhere.

"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.ids import StockTransferId, transfer_stream
from ordercore.inventory import AdjustedLine, AdjustReason, AdjustStock, Bucket
from ordercore.inventory.documents import (
    CancelTransfer,
    CloseTransfer,
    OpenCount,
    OpenTransfer,
    ReceiveTransfer,
    RecordCount,
    RestOfTransfer,
    SendTransfer,
    StockTransfer,
    TransferLine,
    TransferLineRequest,
)
from tests.inventory.depot import BERLIN, LYON, MONDAY, MUG, Depot, short

TR = StockTransferId("TR-1")


def opened(depot: Depot, quantity: int = 5) -> None:
    depot.do(
        OpenTransfer(
            transfer_id=TR,
            source=BERLIN,
            target=LYON,
            lines={MUG: quantity},
            expected_on=MONDAY,
        )
    )


def send(depot: Depot, quantity: int) -> Any:
    return depot.do(SendTransfer(transfer_id=TR, lines={"line-1": quantity})).events[0]


def arrive(depot: Depot, quantity: int) -> Any:
    return depot.do(ReceiveTransfer(transfer_id=TR, lines={"line-1": quantity})).events[0]


def transfer(depot: Depot) -> StockTransfer:
    state = depot.states[transfer_stream(TR)]
    assert isinstance(state, StockTransfer)
    return state


def line(depot: Depot) -> TransferLine:
    return transfer(depot).lines[0]


def where(depot: Depot) -> tuple[int, int, int]:
    """On hand at the source, under way, on hand at the target."""
    transit = depot.bucket(Bucket.IN_TRANSIT, place=LYON)
    assert transit == depot.incoming(MONDAY, place=LYON) == line(depot).in_transit
    return depot.on_hand(), transit, depot.on_hand(place=LYON)


def test_opening_a_transfer_moves_and_holds_nothing() -> None:
    depot = Depot(MUG=10)
    opened(depot)
    assert (where(depot), depot.level().available) == ((10, 0, 0), 10)


def test_units_go_and_arrive_in_parts_and_the_transfer_ends_by_itself() -> None:
    depot = Depot(MUG=10)
    opened(depot)
    send(depot, 3)
    assert (where(depot), transfer(depot).status) == ((7, 3, 0), "under_way")
    assert depot.level(place=LYON).available == 0
    arrive(depot, 2)
    send(depot, 2)
    assert (where(depot), transfer(depot).status) == ((5, 3, 2), "under_way")
    arrive(depot, 3)
    assert (where(depot), transfer(depot).status) == ((5, 0, 5), "received")


def test_promised_units_are_not_sent_away() -> None:
    depot = Depot(MUG=5)
    depot.promise(MUG, BERLIN, 3)
    opened(depot)
    with pytest.raises(Rejected) as refused:
        send(depot, 3)
    assert (refused.value.code, refused.value.legal) == ("shortage", ("at most 2",))
    assert where(depot) == (5, 0, 0)
    send(depot, 2)
    assert (where(depot), depot.level().available) == ((3, 2, 0), 0)


def test_more_than_was_asked_for_is_not_sent() -> None:
    depot = Depot(MUG=9)
    opened(depot)
    send(depot, 4)
    with pytest.raises(Rejected) as refused:
        send(depot, 2)
    assert refused.value.code == "quantity_not_open"
    assert dict(refused.value.data) == {"line": "line-1", "asked": 2, "open": 1}
    assert refused.value.legal == ("1 to 1",)


def test_what_arrives_beyond_the_record_is_taken_in_and_stands_against_the_source() -> None:
    depot = Depot(MUG=10)
    opened(depot)
    send(depot, 3)
    event = arrive(depot, 5)
    assert (event.lines[0].beyond, event.status) == (2, "under_way")
    assert (where(depot), depot.bucket(Bucket.DISCREPANCY)) == ((7, 0, 5), -2)
    assert depot.level(place=LYON).available == 5


def test_recording_late_what_was_sent_explains_the_discrepancy_and_sends_nothing_twice() -> None:
    depot = Depot(MUG=10)
    opened(depot)
    send(depot, 3)
    arrive(depot, 5)
    event = send(depot, 2)
    assert (event.lines[0].arrived_before, event.status) == (2, "received")
    assert (where(depot), depot.bucket(Bucket.DISCREPANCY)) == ((5, 0, 5), 0)


def test_recording_late_what_was_sent_shows_which_promises_it_took() -> None:
    depot = Depot(MUG=5)
    opened(depot)
    send(depot, 1)
    arrive(depot, 3)
    depot.promise(MUG, BERLIN, 3)
    assert send(depot, 2).uncovered == short(MUG, BERLIN, 1)
    assert (depot.level().net, depot.level().available, depot.level().allocated) == (-1, 0, 3)


def test_a_count_at_the_source_explains_what_it_sent_without_a_record() -> None:
    depot = Depot(MUG=10)
    opened(depot)
    send(depot, 3)
    arrive(depot, 5)
    depot.do(OpenCount(count_id="C-1", place=BERLIN))
    event = depot.do(RecordCount(count_id="C-1", lines={MUG: 5}, counted_at=depot.at)).events[0]
    assert (event.lines[0].delta, event.lines[0].healed) == (0, 2)
    assert (where(depot), depot.bucket(Bucket.DISCREPANCY), depot.shrinkage()) == ((5, 0, 5), 0, 0)
    send(depot, 2)
    assert (where(depot), depot.bucket(Bucket.DISCREPANCY)) == ((5, 0, 5), 0)


@pytest.mark.parametrize(
    ("rest", "source", "shrinkage"), [(RestOfTransfer.LOST, 6, 3), (RestOfTransfer.RETURNED, 9, 0)]
)
def test_closing_says_what_became_of_the_rest(
    rest: RestOfTransfer, source: int, shrinkage: int
) -> None:
    depot = Depot(MUG=10)
    opened(depot)
    send(depot, 4)
    arrive(depot, 1)
    event = depot.do(CloseTransfer(transfer_id=TR, rest=rest)).events[0]
    assert [units.quantity for units in event.lines] == [3]
    assert (where(depot), depot.shrinkage()) == ((source, 0, 1), shrinkage)
    assert transfer(depot).status == "closed"
    with pytest.raises(Rejected, match="not_legal_now"):
        arrive(depot, 1)


def test_an_arrival_explains_what_left_the_target_before() -> None:
    depot = Depot(MUG=10)
    opened(depot)
    depot.force(MUG, LYON, 2)
    send(depot, 5)
    event = arrive(depot, 5)
    assert event.lines[0].healed == 2
    assert (where(depot), depot.bucket(Bucket.DISCREPANCY, place=LYON)) == ((5, 0, 3), 0)


def test_a_lot_stays_its_lot_on_its_way() -> None:
    depot = Depot()
    found = AdjustedLine(sku=MUG, delta=4, lot="L7")
    depot.do(AdjustStock(place=BERLIN, lines=[found], reason=AdjustReason.FOUND))
    request = TransferLineRequest(line_id="line-1", sku=MUG, quantity=4, lot="L7")
    depot.do(
        OpenTransfer(
            transfer_id=TR, source=BERLIN, target=LYON, lines=[request], expected_on=MONDAY
        )
    )
    send(depot, 3)
    assert depot.bucket(Bucket.IN_TRANSIT, place=LYON, lot="L7") == 3
    arrive(depot, 3)
    assert depot.bucket(Bucket.ON_HAND, place=LYON, lot="L7") == 3
    assert depot.bucket(Bucket.ON_HAND, lot="L7") == 1


def test_a_transfer_is_canceled_only_while_nothing_was_sent() -> None:
    depot = Depot(MUG=5)
    opened(depot)
    depot.do(CancelTransfer(transfer_id=TR))
    assert transfer(depot).status == "canceled"
    with pytest.raises(Rejected) as refused:
        send(depot, 1)
    assert refused.value.legal == ("nothing: it has ended",)
    other = Depot(MUG=5)
    opened(other)
    send(other, 1)
    with pytest.raises(Rejected) as refused:
        other.do(CancelTransfer(transfer_id=TR))
    assert refused.value.legal == ("send", "receive", "complete", "close")


def test_nothing_is_received_or_closed_before_something_was_sent() -> None:
    depot = Depot(MUG=5)
    opened(depot)
    for command in (
        ReceiveTransfer(transfer_id=TR, lines={"line-1": 1}),
        CloseTransfer(transfer_id=TR, rest=RestOfTransfer.LOST),
    ):
        with pytest.raises(Rejected, match="not_legal_now"):
            depot.do(command)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (SendTransfer(transfer_id="TR-2", lines={"line-1": 1}), "unknown_transfer"),
        (SendTransfer(transfer_id=TR, lines={"line-2": 1}), "unknown_line"),
        (
            OpenTransfer(
                transfer_id=TR, source=BERLIN, target=LYON, lines={MUG: 1}, expected_on=MONDAY
            ),
            "transfer_exists",
        ),
        (
            OpenTransfer(
                transfer_id="T", source=BERLIN, target="oslo", lines={MUG: 1}, expected_on=MONDAY
            ),
            "unknown_place",
        ),
        (
            OpenTransfer(
                transfer_id="T", source=BERLIN, target=LYON, lines={"CAP": 1}, expected_on=MONDAY
            ),
            "unknown_sku",
        ),
    ],
)
def test_what_can_not_be_done_is_refused(command: Any, code: str) -> None:
    depot = Depot(MUG=5)
    opened(depot)
    with pytest.raises(Rejected) as refused:
        depot.do(command)
    assert refused.value.code == code
    assert refused.value.legal


def test_every_fault_of_a_command_is_named_with_its_path() -> None:
    request = TransferLineRequest(line_id="?", sku="|", quantity=0, lot=" ")
    with pytest.raises(InvalidData) as invalid:
        OpenTransfer(
            transfer_id="",
            source=BERLIN,
            target=BERLIN,
            lines=[request, request],
            expected_on=MONDAY,
            note="x" * 501,
        )
    assert [fault.partition(":")[0] for fault in invalid.value.faults] == [
        "transfer_id",
        "target",
        *(f"lines[{n}].{part}" for n in (0, 1) for part in ("line_id", "sku", "quantity", "lot")),
        "lines[1].line_id",
        "note",
    ]
    with pytest.raises(InvalidData, match=r"lines: 0 lines"):
        SendTransfer(transfer_id=TR, lines={})


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 4)),
        st.tuples(st.just("arrive"), st.integers(1, 5)),
        st.tuples(st.just("promise"), st.integers(1, 3)),
        st.tuples(st.sampled_from(["lost", "returned"]), st.just(0)),
    ),
    max_size=12,
)


@given(steps=STEPS)
def test_no_unit_is_lost_or_made_on_the_way(steps: list[tuple[str, int]]) -> None:
    depot = Depot(MUG=8)
    opened(depot, 6)
    gone = 0
    for word, quantity in steps:
        before, unexplained = line(depot).in_transit, line(depot).unexplained
        try:
            if word == "send":
                send(depot, quantity)
            elif word == "arrive":
                arrive(depot, quantity)
            elif word == "promise":
                depot.promise(MUG, BERLIN, quantity)
            else:
                depot.do(CloseTransfer(transfer_id=TR, rest=RestOfTransfer(word)))
                gone = before
        except Rejected:
            continue
        now = line(depot)
        assert now.sent + now.unexplained == now.received + now.in_transit + gone
        assert 0 <= now.sent <= now.quantity
        assert min(now.in_transit, now.unexplained) >= 0
        assert depot.bucket(Bucket.DISCREPANCY) == -now.unexplained
        assert sum(where(depot)) - now.unexplained + depot.shrinkage() == 8
        if word == "send" and not unexplained:
            assert depot.level().net >= 0
