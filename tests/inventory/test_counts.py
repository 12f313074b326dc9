"""
Stock counts and adjustments: what was there when, and what it does to promises.

"""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.ids import CountId, count_stream
from ordercore.inventory import AdjustedLine, AdjustReason, AdjustStock, Bucket, StockAdjusted
from ordercore.inventory.documents import (
    CancelCount,
    CloseCount,
    CountedLine,
    OpenCount,
    RecordCount,
    StockCount,
    late_movements,
)
from tests.inventory.depot import BERLIN, MUG, NOW, TEE, Depot, hour, short

CT = CountId("CT-1")


def opened(depot: Depot, *skus: str) -> None:
    depot.do(OpenCount(count_id=CT, place=BERLIN, skus=skus))


def counted(depot: Depot, quantity: int, at: datetime | None = None) -> Any:
    """Record a count; None where nothing was new."""
    command = RecordCount(count_id=CT, lines={MUG: quantity}, counted_at=at or depot.at)
    events = depot.do(command).events
    return events[0] if events else None


def count(depot: Depot) -> StockCount:
    state = depot.states[count_stream(CT)]
    assert isinstance(state, StockCount)
    return state


def late(depot: Depot) -> list[tuple[str, int]]:
    found = late_movements(count(depot), depot.ledger.entries())
    return [(movement.reason, movement.delta) for movement in found]


def adjust(depot: Depot, delta: int) -> StockAdjusted:
    command = AdjustStock(
        place=BERLIN,
        lines={MUG: delta},
        reason=AdjustReason.FOUND if delta > 0 else AdjustReason.DAMAGE,
    )
    reply = depot.do(command).reply
    assert isinstance(reply, StockAdjusted)
    return reply


def test_setting_what_is_on_hand_posts_the_difference_and_nothing_for_none() -> None:
    depot = Depot(MUG=3)
    opened(depot)
    posted: list[int] = []
    for n, quantity in enumerate((3, 8, 6)):
        depot.at = hour(n)
        before, entries = depot.on_hand(), len(list(depot.ledger.entries()))
        assert counted(depot, quantity).lines[0].delta == quantity - before
        posted.append(depot.on_hand() - before)
        assert (len(list(depot.ledger.entries())) > entries) == (quantity != before)
    assert (posted, depot.on_hand(), depot.shrinkage()) == ([0, 5, -2], 6, -3)


def test_what_was_sold_after_the_count_stays_sold() -> None:
    depot = Depot(MUG=10)
    opened(depot)
    depot.at = hour(2)
    depot.sell(MUG, BERLIN, 4)
    event = counted(depot, 9, hour(1))
    assert (event.lines[0].recorded, event.lines[0].delta) == (10, -1)
    assert depot.on_hand() == 5


def test_what_is_picked_is_not_on_the_shelf() -> None:
    depot = Depot(MUG=5)
    hold = depot.promise(MUG, BERLIN, 2)
    move = depot.move()
    move.pick(hold, 2, MUG, BERLIN, 2)
    depot.apply(move)
    opened(depot)
    assert counted(depot, 3).lines[0].delta == 0


def test_a_count_that_leaves_promises_uncovered_is_a_fact_with_numbers() -> None:
    depot = Depot(MUG=5)
    depot.promise(MUG, BERLIN, 4)
    opened(depot)
    event = counted(depot, 1)
    assert event.uncovered == short(MUG, BERLIN, 3)
    level = depot.level()
    assert (level.on_hand, level.allocated, level.net, level.available) == (1, 4, -3, 0)
    depot.at = hour(1)
    assert counted(depot, 4).uncovered == ()


def test_a_count_explains_a_discrepancy_before_it_finds_or_loses_anything() -> None:
    depot = Depot(MUG=3)
    depot.force(MUG, BERLIN, 2)
    opened(depot)
    event = counted(depot, 1)
    assert (event.lines[0].recorded, event.lines[0].delta, event.lines[0].healed) == (1, 0, 2)
    assert (depot.on_hand(), depot.bucket(Bucket.DISCREPANCY), depot.shrinkage()) == (1, 0, 0)


def test_what_left_beyond_the_record_after_the_count_is_given_by_what_it_found() -> None:
    depot = Depot(MUG=3)
    opened(depot)
    depot.at = hour(2)
    depot.sell(MUG, BERLIN, 3)
    depot.force(MUG, BERLIN, 1)
    event = counted(depot, 5, hour(1))
    assert (event.lines[0].delta, event.lines[0].healed) == (2, 1)
    assert (depot.on_hand(), depot.bucket(Bucket.DISCREPANCY)) == (1, 0)


def test_fewer_counted_than_have_left_since_is_a_discrepancy_and_never_less_than_nothing() -> None:
    depot = Depot(MUG=5)
    opened(depot)
    depot.at = hour(2)
    depot.sell(MUG, BERLIN, 3)
    counted(depot, 1, hour(1))
    assert (depot.on_hand(), depot.bucket(Bucket.DISCREPANCY)) == (0, -2)


def test_a_late_movement_is_listed_and_compensated_when_the_count_is_recorded_again() -> None:
    depot = Depot(MUG=3)
    opened(depot)
    depot.at = hour(2)
    counted(depot, 5, hour(1))
    assert (depot.on_hand(), late(depot)) == (5, [])
    depot.at = hour(3)
    depot.receive(MUG, BERLIN, 2, occurred_at=NOW)
    depot.sell(MUG, BERLIN, 1)
    assert (depot.on_hand(), late(depot)) == (6, [("receive", 2)])
    event = counted(depot, 5, hour(1))
    (movement,) = event.lines[0].late
    step = depot.ledger.step(movement)
    assert step is not None
    assert (step.occurred_at, event.lines[0].delta) == (NOW, -2)
    assert (depot.on_hand(), depot.shrinkage(), late(depot)) == (4, 0, [])
    assert counted(depot, 5, hour(1)) is None


def test_a_movement_at_the_instant_of_the_count_was_before_it() -> None:
    depot = Depot()
    opened(depot)
    depot.at = hour(1)
    counted(depot, 4, hour(1))
    depot.receive(MUG, BERLIN, 4, occurred_at=hour(1))
    assert late(depot) == [("receive", 4)]


def test_what_goes_from_the_shelf_to_the_discrepancy_is_not_late() -> None:
    depot = Depot(MUG=3)
    opened(depot, MUG, TEE)
    depot.force(MUG, BERLIN, 1)
    counted(depot, 2)
    other = OpenCount(count_id="CT-2", place=BERLIN)
    depot.do(other)
    depot.force(MUG, BERLIN, 1)
    depot.do(RecordCount(count_id="CT-2", lines={MUG: 1}, counted_at=depot.at))
    assert late(depot) == [("forced", -1)]


def test_nothing_is_late_for_a_count_that_has_counted_nothing() -> None:
    depot = Depot(MUG=3)
    opened(depot)
    assert late(depot) == []


def test_lots_are_counted_lot_by_lot() -> None:
    depot = Depot()
    found = [AdjustedLine(sku=MUG, delta=n, lot=lot) for lot, n in (("A", 4), ("B", 2))]
    depot.do(AdjustStock(place=BERLIN, lines=found, reason=AdjustReason.FOUND))
    opened(depot)
    with pytest.raises(Rejected) as refused:
        counted(depot, 6)
    assert (refused.value.code, refused.value.legal) == ("lot_needed", ("A", "B"))
    lines = [CountedLine(sku=MUG, counted=3, lot="A"), CountedLine(sku=MUG, counted=1)]
    depot.do(RecordCount(count_id=CT, lines=lines, counted_at=depot.at))
    assert [depot.bucket(Bucket.ON_HAND, lot=lot) for lot in ("A", "B", "")] == [3, 2, 1]
    assert depot.on_hand() == 6


def test_a_count_goes_from_open_over_recorded_to_closed() -> None:
    depot = Depot(MUG=3)
    opened(depot)
    with pytest.raises(Rejected, match="not_legal_now"):
        depot.do(CloseCount(count_id=CT))
    counted(depot, 3)
    with pytest.raises(Rejected) as refused:
        depot.do(CancelCount(count_id=CT))
    assert refused.value.legal == ("record", "close")
    depot.do(CloseCount(count_id=CT))
    assert count(depot).status == "closed"
    with pytest.raises(Rejected, match="not_legal_now"):
        counted(depot, 2)
    other = Depot()
    opened(other)
    other.do(CancelCount(count_id=CT, reason="fire drill"))
    assert count(other).status == "canceled"


@pytest.mark.parametrize(
    ("command", "code", "legal"),
    [
        (CloseCount(count_id="CT-9"), "unknown_count", "OpenCount"),
        (RecordCount(count_id=CT, lines={MUG: 1}, counted_at=hour(9)), "in_the_future", "up to"),
        (RecordCount(count_id=CT, lines={TEE: 1}, counted_at=NOW), "not_in_count", "MUG"),
        (RecordCount(count_id=CT, lines={"CAP": 1}, counted_at=NOW), "unknown_sku", "SKUs"),
        (RecordCount(count_id=CT, lines={MUG: 1}, counted_at=NOW), "count_outdated", "counts of"),
        (OpenCount(count_id=CT, place=BERLIN), "count_exists", "another count id"),
        (OpenCount(count_id="CT-2", place="oslo"), "unknown_place", "places of the shop"),
        (OpenCount(count_id="CT-2", place=BERLIN, skus=["CAP"]), "unknown_sku", "SKUs"),
    ],
)
def test_what_can_not_be_done_is_refused(command: Any, code: str, legal: str) -> None:
    depot = Depot(MUG=3)
    opened(depot, MUG)
    depot.at = hour(1)
    counted(depot, 3)
    with pytest.raises(Rejected) as refused:
        depot.do(command)
    assert refused.value.code == code
    assert refused.value.legal[0].startswith(legal)
    assert refused.value.data


def test_every_fault_of_a_command_is_named_with_its_path() -> None:
    lines = [CountedLine(sku="|", counted=-1, lot="|"), CountedLine(sku="|", counted=1, lot="|")]
    with pytest.raises(InvalidData) as invalid:
        RecordCount(count_id="?", lines=lines, counted_at=NOW.replace(tzinfo=None), note="x" * 501)
    assert [fault.partition(":")[0] for fault in invalid.value.faults] == [
        "count_id",
        *("lines[0].sku", "lines[0].counted", "lines[0].lot"),
        *("lines[1].sku", "lines[1].lot", "lines[1]"),
        "counted_at",
        "note",
    ]
    with pytest.raises(InvalidData) as invalid:
        OpenCount(count_id=CT, place="", skus=("|", "|"))
    assert [fault.partition(":")[0] for fault in invalid.value.faults] == [
        "place",
        "skus[0]",
        "skus[1]",
        "skus[1]",
    ]
    with pytest.raises(InvalidData) as invalid:
        AdjustStock(place="", lines={MUG: 0, TEE: True, "CAP": 1}, reason=AdjustReason.LOSS)
    assert [fault.partition(":")[0] for fault in invalid.value.faults] == [
        "place",
        "lines[0].delta",
        "lines[1].delta",
        "lines[2].delta",
    ]
    assert invalid.value.faults[-1] == "lines[2].delta: 1 units are not loss"


# --- adjustments -----------------------------------------------------------------------------


def test_an_adjustment_says_why_and_changes_both_books() -> None:
    depot = Depot(MUG=5)
    assert adjust(depot, -2).beyond == 0
    assert (depot.on_hand(), depot.shrinkage()) == (3, 2)
    last = list(depot.ledger.entries())[-1].step
    assert (getattr(last, "reason", ""), getattr(last, "reference", "")) == (
        "damage",
        "adjustment/c-2",
    )
    adjust(depot, 4)
    assert (depot.on_hand(), depot.shrinkage()) == (7, -2)


def test_writing_off_more_than_is_on_record_is_balanced_from_the_discrepancy() -> None:
    depot = Depot(MUG=2)
    assert adjust(depot, -5).beyond == 3
    assert (depot.on_hand(), depot.bucket(Bucket.DISCREPANCY), depot.shrinkage()) == (0, -3, 5)


def test_an_adjustment_never_drops_a_promise() -> None:
    depot = Depot(MUG=5)
    depot.promise(MUG, BERLIN, 5)
    assert adjust(depot, -2).uncovered == short(MUG, BERLIN, 2)
    assert (depot.level().allocated, depot.level().net) == (5, -2)


@pytest.mark.parametrize(
    ("sku", "place", "code"), [("CAP", BERLIN, "unknown_sku"), (MUG, "oslo", "unknown_place")]
)
def test_an_adjustment_of_what_nobody_knows_is_refused(sku: str, place: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        Depot().do(AdjustStock(place=place, lines={sku: 1}, reason=AdjustReason.FOUND))
    assert refused.value.code == code


# --- laws ------------------------------------------------------------------------------------

HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["receive", "sell", "force", "adjust"]),
        st.integers(1, 5),
        st.integers(0, 9),  # when it occurred
    ),
    max_size=8,
)


def happen(depot: Depot, happenings: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Record movements in this order; returns when each occurred and what it did to the shelf."""
    told: list[tuple[int, int]] = []
    for word, quantity, when in happenings:
        if word == "receive":
            depot.receive(MUG, BERLIN, quantity, occurred_at=hour(when))
            told.append((when, quantity))
        elif word == "adjust":
            lines = {MUG: -quantity}
            lost = AdjustReason.LOSS
            depot.do(AdjustStock(place=BERLIN, lines=lines, reason=lost, occurred_at=hour(when)))
            told.append((when, -quantity))
        elif word == "sell" and quantity <= depot.level().available:
            depot.sell(MUG, BERLIN, quantity, occurred_at=hour(when))
            told.append((when, -quantity))
        elif word == "force":
            depot.force(MUG, BERLIN, quantity)
            told.append((20, -quantity))
    return told


@given(
    before=HAPPENINGS,
    after=HAPPENINGS,
    when=st.integers(0, 9),
    quantity=st.integers(0, 12),
)
def test_a_count_is_right_about_its_moment_whatever_is_recorded_in_which_order(
    before: list[tuple[str, int, int]],
    after: list[tuple[str, int, int]],
    when: int,
    quantity: int,
) -> None:
    depot = Depot(MUG=6)
    depot.at = hour(20)
    opened(depot)
    told = happen(depot, before)
    counted(depot, quantity, hour(when))

    def expected() -> int:
        return quantity + sum(delta for moment, delta in told if moment > when)

    assert depot.on_hand() + depot.bucket(Bucket.DISCREPANCY) == expected()
    assert depot.on_hand() >= 0
    more = happen(depot, after)
    told += more
    found = late(depot)
    by_hand = [delta for moment, delta in more if moment <= when]
    assert sum(delta for _, delta in found) == sum(by_hand)
    assert depot.on_hand() + depot.bucket(Bucket.DISCREPANCY) == expected() + sum(by_hand)
    again = counted(depot, quantity, hour(when))
    assert len(again.lines[0].late if again else ()) == len(found)
    assert depot.on_hand() + depot.bucket(Bucket.DISCREPANCY) == expected()
    assert late(depot) == []
    assert counted(depot, quantity, hour(when)) is None
