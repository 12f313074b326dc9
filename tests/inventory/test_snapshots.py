"""
Synchronizing with a warehouse: the fewest corrections, and no promise is ever lost.

"""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.ids import Sku, snapshot_stream
from ordercore.inventory import (
    AdjustedLine,
    AdjustReason,
    AdjustStock,
    Bucket,
    OnHandAsOf,
    StockRecord,
    bucket_account,
    supplier_account,
)
from ordercore.inventory.documents import (
    SNAPSHOT_BUCKETS,
    ApplySnapshot,
    Correction,
    PlaceStatements,
    SnapshotLine,
    reconcile,
)
from ordercore.ledger import Post
from tests.inventory.depot import BERLIN, MUG, NOW, TEE, Depot, hour, short


def applied(depot: Depot, command: ApplySnapshot) -> Any:
    """Apply a list; None where nothing was new."""
    events = depot.do(command).events
    return events[0] if events else None


def stated(quantity: int, as_of: datetime, **more: Any) -> ApplySnapshot:
    return ApplySnapshot(place=BERLIN, as_of=as_of, lines={MUG: quantity}, **more)


def record(depot: Depot, as_of: datetime) -> StockRecord:
    return depot.record(OnHandAsOf((), BERLIN, as_of))


def put(depot: Depot, sku: Sku, bucket: Bucket, quantity: int) -> None:
    """Let units lie in a bucket that is not for sale."""
    depot.batches += 1
    there = bucket_account(bucket, sku, BERLIN)
    step = Post(f"p-{depot.batches}", supplier_account(sku), there, quantity, "put", "x", depot.at)
    depot.ledger.apply([step], depot.at)


def test_a_list_is_compared_with_its_own_moment_and_later_movements_stay() -> None:
    depot = Depot(MUG=10)
    depot.at = hour(3)
    depot.sell(MUG, BERLIN, 4)
    depot.receive(MUG, BERLIN, 1)
    event = applied(depot, stated(8, hour(1)))
    assert event.corrections == (
        Correction(sku=MUG, place=BERLIN, bucket=Bucket.ON_HAND, lot="", recorded=10, stated=8),
    )
    assert (depot.on_hand(), depot.shrinkage()) == (5, 2)
    assert reconcile(record(depot, hour(1)), stated(8, hour(1))) == ()


def test_promises_survive_and_a_shortage_becomes_visible() -> None:
    depot = Depot(MUG=5)
    depot.promise(MUG, BERLIN, 3)
    move = depot.move()
    move.reserve(MUG, BERLIN, 2, hour(9))
    depot.apply(move)
    event = applied(depot, stated(1, NOW))
    assert event.uncovered == short(MUG, BERLIN, 4)
    level = depot.level()
    assert (level.on_hand, level.reserved, level.allocated, level.net) == (1, 2, 3, -4)


def test_an_older_list_is_refused_and_the_same_moment_is_compared_again() -> None:
    depot = Depot(MUG=5)
    depot.at = hour(3)
    assert applied(depot, stated(5, hour(2))).corrections == ()
    with pytest.raises(Rejected) as refused:
        applied(depot, stated(9, hour(1)))
    assert refused.value.code == "snapshot_outdated"
    assert refused.value.data["applied"] == hour(2).isoformat()
    assert refused.value.legal == (f"lists as of {hour(2).isoformat()} or later",)
    assert applied(depot, stated(5, hour(2))) is None
    depot.receive(MUG, BERLIN, 2, occurred_at=hour(1))
    assert applied(depot, stated(5, hour(2))).corrections[0].delta == -2
    assert depot.on_hand() == 5
    state = depot.states[snapshot_stream(BERLIN)]
    assert isinstance(state, PlaceStatements)
    assert state.as_of == hour(2)


def test_what_a_complete_list_does_not_name_is_not_there() -> None:
    depot = Depot(MUG=5, TEE=2)
    put(depot, TEE, Bucket.DAMAGED, 1)
    depot.promise(TEE, BERLIN, 2)
    part = applied(depot, stated(5, NOW))
    assert part.corrections == ()
    depot.at = hour(1)
    whole = applied(depot, stated(5, hour(1), complete=(Bucket.ON_HAND,)))
    assert [(x.sku, x.bucket, x.delta) for x in whole.corrections] == [(TEE, Bucket.ON_HAND, -2)]
    assert whole.uncovered == short(TEE, BERLIN, 2)
    assert (depot.on_hand(TEE), depot.bucket(Bucket.DAMAGED, TEE)) == (0, 1)


def test_a_discrepancy_is_explained_by_a_list_as_by_a_count() -> None:
    depot = Depot(MUG=3)
    depot.force(MUG, BERLIN, 2)
    assert applied(depot, stated(1, NOW)).corrections == ()
    assert (depot.on_hand(), depot.bucket(Bucket.DISCREPANCY)) == (3, -2)
    depot.at = hour(1)
    assert applied(depot, stated(2, hour(1))).corrections[0].delta == 1
    assert (depot.on_hand(), depot.bucket(Bucket.DISCREPANCY)) == (2, 0)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (stated(1, hour(1)), "in_the_future"),
        (ApplySnapshot(place=BERLIN, as_of=NOW, lines={"CAP": 1}), "unknown_sku"),
        (ApplySnapshot(place="oslo", as_of=NOW, lines={MUG: 1}), "unknown_place"),
        (ApplySnapshot(place=BERLIN, as_of=NOW, lines={TEE: 1}), "lot_needed"),
    ],
)
def test_what_can_not_be_applied_is_refused(command: ApplySnapshot, code: str) -> None:
    depot = Depot(MUG=3)
    found = [AdjustedLine(sku=TEE, delta=2, lot="A")]
    depot.do(AdjustStock(place=BERLIN, lines=found, reason=AdjustReason.FOUND))
    with pytest.raises(Rejected) as refused:
        applied(depot, command)
    assert refused.value.code == code
    assert refused.value.legal


def test_every_fault_of_a_list_is_named_with_its_path() -> None:
    line = SnapshotLine(sku="|", quantity=-1, bucket=Bucket.PICKED, lot="|")
    with pytest.raises(InvalidData) as invalid:
        ApplySnapshot(
            place="", as_of=NOW.replace(tzinfo=None), lines=[line, line], complete=(Bucket.PACKED,)
        )
    assert sorted({fault.partition(":")[0] for fault in invalid.value.faults}) == [
        "as_of",
        "complete[0]",
        "lines[0].bucket",
        "lines[0].lot",
        "lines[0].quantity",
        "lines[0].sku",
        "lines[1]",
        "lines[1].bucket",
        "lines[1].lot",
        "lines[1].quantity",
        "lines[1].sku",
        "place",
    ]
    with pytest.raises(InvalidData, match="lines: 0 lines"):
        ApplySnapshot(place=BERLIN, as_of=NOW, lines={})


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["receive", "sell", "promise", "force", "damaged", "quality"]),
        st.sampled_from([MUG, TEE]),
        st.integers(1, 5),
        st.integers(0, 9),
    ),
    max_size=8,
)
LINES = st.dictionaries(
    st.tuples(st.sampled_from([MUG, TEE]), st.sampled_from(SNAPSHOT_BUCKETS)),
    st.integers(0, 9),
    max_size=5,
)


def happen(depot: Depot, happenings: list[tuple[str, Sku, int, int]]) -> None:
    for word, sku, quantity, when in happenings:
        if word == "receive":
            depot.receive(sku, BERLIN, quantity, occurred_at=hour(when))
        elif word == "force":
            depot.force(sku, BERLIN, quantity)
        elif word in {"damaged", "quality"}:
            put(depot, sku, Bucket(word), quantity)
        elif quantity <= depot.level(sku).available:
            if word == "sell":
                depot.sell(sku, BERLIN, quantity, occurred_at=hour(when))
            else:
                depot.promise(sku, BERLIN, quantity)


@given(
    happenings=HAPPENINGS,
    lines=LINES,
    complete=st.sets(st.sampled_from(SNAPSHOT_BUCKETS)),
    when=st.integers(0, 20),
)
def test_the_fewest_corrections_make_the_record_equal_the_list_and_drop_no_promise(
    happenings: list[tuple[str, Sku, int, int]],
    lines: dict[tuple[Sku, Bucket], int],
    complete: set[Bucket],
    when: int,
) -> None:
    if not lines and not complete:
        return
    depot = Depot(MUG=6, TEE=4)
    depot.at = hour(20)
    happen(depot, happenings)
    command = ApplySnapshot(
        place=BERLIN,
        as_of=hour(when),
        lines=[SnapshotLine(sku=s, bucket=b, quantity=n) for (s, b), n in lines.items()],
        complete=tuple(sorted(complete)),
    )
    before, holds = record(depot, hour(when)), list(depot.ledger.pendings())
    later = shelves(record(depot, hour(99))) - shelves(before)

    event = applied(depot, command)

    differing = {key: n for key, n in wanted(command, before).items() if shelves(before)[key] != n}
    found = {(x.sku, x.bucket): x.stated for x in event.corrections}
    assert found == differing
    assert len(event.corrections) == len(differing)
    after = record(depot, hour(when))
    assert reconcile(after, command) == ()
    for key, quantity in wanted(command, before).items():
        assert shelves(after)[key] == quantity
    assert shelves(record(depot, hour(99))) - shelves(after) == later
    assert list(depot.ledger.pendings()) == holds
    assert applied(depot, command) is None
    shortages = {x.sku: x.shortage for x in event.uncovered}
    for sku in {x.sku for x in event.corrections}:
        assert shortages.get(sku, 0) == max(-depot.level(sku).net, 0)


class Signed(Counter[tuple[Sku, Bucket]]):
    """Differences of numbers that may be below zero."""

    def __sub__(self, other: Counter[tuple[Sku, Bucket]]) -> "Signed":
        return Signed({key: self[key] - other[key] for key in {*self, *other}})


def shelves(known: StockRecord) -> Signed:
    """What must lie in each bucket by the record, a discrepancy with the shelf."""
    found = Signed()
    for key, units in known.as_of.items():
        shelf = key.bucket is Bucket.DISCREPANCY
        found[key.sku, Bucket.ON_HAND if shelf else key.bucket] += units
    return found


def wanted(command: ApplySnapshot, known: StockRecord) -> dict[tuple[Sku, Bucket], int]:
    named = {(line.sku, line.bucket): line.quantity for line in command.lines}
    rest = {key: 0 for key in shelves(known) if key[1] in command.complete}
    return {**rest, **named}
