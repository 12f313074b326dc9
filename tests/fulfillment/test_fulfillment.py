"""
Fulfillment alone: where every unit is, and what a place may do with it.

"""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import Rejected
from ordercore.fulfillment import (
    EMPTY,
    AllocatedUnits,
    Fulfillment,
    FulfillmentEvent,
    cancel_units,
    deliver,
    evolve,
    open_fulfillment_order,
    outstanding,
    pack,
    pick,
    record_label,
    report_missing,
    require_order,
    require_package,
    ship,
    unpack,
    wrap_up,
)
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.ids import LineId, PlaceId, Sku
from ordercore.parties import Destination

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
A, B = LineId("line-1"), LineId("line-2")
LABEL = Succeeded(reference="T-1", account="post")


def fold(state: Fulfillment, *events: FulfillmentEvent) -> Fulfillment:
    for event in events:
        state = evolve(state, event)
    return state


def opened(a: int = 3, b: int = 2) -> Fulfillment:
    units = tuple(
        AllocatedUnits(
            line_id=line, sku=Sku(line), place=PlaceId("berlin"), quantity=n, hold=f"h-{line}"
        )
        for line, n in ((A, a), (B, b))
    )
    return fold(EMPTY, open_fulfillment_order(EMPTY, "O-1", PlaceId("berlin"), units))


def packed(state: Fulfillment, quantities: Mapping[LineId, int], *, label: bool) -> Fulfillment:
    work = state.orders[0]
    state = fold(state, pick(work, quantities))
    box = pack(state, state.orders[0], quantities, weight_g=1, label_wanted=label)
    return fold(state, box)


def test_a_place_is_given_its_units_under_one_name() -> None:
    state = opened()
    (work,) = state.orders
    assert (work.id, work.status, work.place) == ("O-1/fo-1", "open", "berlin")
    assert [(ln.waiting, ln.hold) for ln in work.lines] == [(3, "h-line-1"), (2, "h-line-2")]
    again = open_fulfillment_order(state, "O-1", PlaceId("lyon"), ())
    assert again.fulfillment_order_id == "O-1/fo-2"


@pytest.mark.parametrize("quantity", [0, -1, 4])
def test_no_more_is_picked_or_missed_than_waits(quantity: int) -> None:
    work = opened().orders[0]
    for step in (pick, report_missing, cancel_units):
        with pytest.raises(Rejected, match="quantity_not_there") as caught:
            step(work, {A: quantity})
        assert caught.value.data["there"] == 3
        assert caught.value.legal == ("1 to 3",)


def test_nothing_and_unknown_lines_are_refused_by_every_step() -> None:
    work = opened().orders[0]
    for step in (pick, report_missing, cancel_units):
        with pytest.raises(Rejected, match="nothing_asked"):
            step(work, {})
        with pytest.raises(Rejected, match="unknown_line"):
            step(work, {LineId("line-9"): 1})


def test_only_what_was_picked_is_packed() -> None:
    state = opened()
    state = fold(state, pick(state.orders[0], {A: 2}))
    with pytest.raises(Rejected, match="2 of 3 are there to pack"):
        pack(state, state.orders[0], {A: 3}, weight_g=1, label_wanted=False)
    with pytest.raises(Rejected, match="nothing to pack"):
        pack(state, state.orders[0], {B: 1}, weight_g=1, label_wanted=False)


def test_an_unpacked_box_gives_its_units_back_to_be_packed_again() -> None:
    state = packed(opened(), {A: 2}, label=False)
    state = fold(state, unpack(state.packages[0]))
    line = state.orders[0].line(A)
    assert line is not None
    assert (line.waiting, line.picked, line.packed) == (1, 2, 0)
    for step in (unpack, lambda p: ship(p, carrier="", tracking="", occurred_at=NOW)):
        with pytest.raises(Rejected, match="it is unpacked"):
            step(state.packages[0])


def test_a_box_that_wants_a_label_asks_for_one_until_there_is_an_answer() -> None:
    there = Destination(country="DE", address_ref="v-1")
    state = packed(opened(), {A: 1}, label=True)
    (ask,) = outstanding(state, there)
    assert (ask.key, ask.destination, ask.place) == ("O-1/package-1/label", there, "berlin")
    (box,) = state.packages
    with pytest.raises(Rejected, match="label_missing"):
        ship(box, carrier="", tracking="", occurred_at=NOW)
    own = ship(box, carrier="own", tracking="X-1", occurred_at=NOW)
    assert own.references == ("own:X-1",)
    events = record_label(box, LABEL)
    assert not isinstance(events, str)
    state = fold(state, *events)
    (box,) = state.packages
    assert (box.status, box.carrier, box.tracking) == ("labeled", "post", "T-1")
    assert outstanding(state, there) == ()
    assert record_label(box, LABEL) == ()
    with pytest.raises(Rejected, match="can't unpack"):
        unpack(box)
    left = ship(box, carrier="", tracking="", occurred_at=NOW)
    assert (left.carrier, left.tracking) == ("post", "T-1")


def test_a_refused_label_is_not_asked_for_again_and_may_still_come() -> None:
    state = packed(opened(), {A: 1}, label=True)
    events = record_label(state.packages[0], Declined(code="too_heavy"))
    assert not isinstance(events, str)
    state = fold(state, *events)
    (box,) = state.packages
    assert outstanding(state, Destination(country="DE")) == ()
    assert record_label(box, Declined(code="too_heavy")) == ()
    assert not isinstance(record_label(box, LABEL), str)


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        (Succeeded(reference="T-2", account="post"), "label_purchased_late"),
        (Declined(code="no"), "label_declined_after_purchase"),
        (Unknown(reason="?"), ()),
        (ActionRequired(reference="x", action="y"), ()),
    ],
)
def test_an_answer_after_the_label_is_there_is_told_as_what_it_is(
    outcome: Outcome, found: object
) -> None:
    state = packed(opened(), {A: 1}, label=True)
    events = record_label(state.packages[0], LABEL)
    assert not isinstance(events, str)
    assert record_label(fold(state, *events).packages[0], outcome) == found


def test_a_refusal_after_the_box_left_with_a_number_of_its_own_contradicts_nothing() -> None:
    state = packed(opened(), {A: 1}, label=True)
    state = fold(state, ship(state.packages[0], carrier="own", tracking="X", occurred_at=NOW))
    events = record_label(state.packages[0], Declined(code="no"))
    assert not isinstance(events, str)


def test_a_box_is_delivered_once_and_only_after_it_left() -> None:
    state = packed(opened(), {A: 1}, label=False)
    with pytest.raises(Rejected, match="can't deliver"):
        deliver(state.packages[0], NOW)
    state = fold(state, ship(state.packages[0], carrier="", tracking="", occurred_at=NOW))
    assert state.packages[0].status == "shipped"
    state = fold(state, deliver(state.packages[0], NOW))
    assert state.delivered(A) == state.shipped(A) == 1
    with pytest.raises(Rejected, match="nothing: it has ended"):
        deliver(state.packages[0], NOW)


def test_units_that_wait_are_canceled_before_units_that_were_picked() -> None:
    state = opened()
    state = fold(state, pick(state.orders[0], {A: 2}))
    event = cancel_units(state.orders[0], {A: 2})
    assert [(m.quantity, m.hold) for m in event.waiting] == [(1, "h-line-1")]
    assert [m.quantity for m in event.picked] == [1]
    only_picked = cancel_units(fold(state, event).orders[0], {A: 1})
    assert only_picked.waiting == ()


def test_work_ends_as_closed_where_something_left_and_as_canceled_where_nothing_did() -> None:
    state = opened(1, 1)
    assert wrap_up(state) == ()
    gone = fold(state, cancel_units(state.orders[0], {A: 1, B: 1}))
    (ended,) = wrap_up(gone)
    assert fold(gone, ended).orders[0].status == "canceled"
    some = packed(state, {A: 1}, label=False)
    some = fold(some, ship(some.packages[0], carrier="", tracking="", occurred_at=NOW))
    some = fold(some, report_missing(some.orders[0], {B: 1}))
    (ended,) = wrap_up(some)
    some = fold(some, ended)
    assert some.orders[0].status == "closed"
    assert wrap_up(some) == ()


def test_what_is_not_there_is_refused_naming_what_is() -> None:
    state = packed(opened(), {A: 1}, label=False)
    with pytest.raises(Rejected, match="O-1/fo-1") as work:
        require_order(state, "O-1/fo-9")
    with pytest.raises(Rejected, match="O-1/package-1") as box:
        require_package(state, "O-1/package-9")
    assert (work.value.code, box.value.code) == ("unknown_fulfillment_order", "unknown_package")


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["pick", "miss", "pack", "ship", "unpack", "cancel"]),
            st.sampled_from([A, B]),
            st.integers(1, 3),
        ),
        max_size=20,
    )
)
def test_every_unit_is_in_exactly_one_state_after_every_step(
    steps: list[tuple[str, LineId, int]],
) -> None:
    state = opened(5, 4)
    for word, line, n in steps:
        work = state.orders[0]
        before = state
        try:
            if word == "pick":
                state = fold(state, pick(work, {line: n}))
            elif word == "miss":
                state = fold(state, report_missing(work, {line: n}))
            elif word == "cancel":
                state = fold(state, cancel_units(work, {line: n}))
            elif word == "pack":
                box = pack(state, work, {line: n}, weight_g=1, label_wanted=False)
                state = fold(state, box)
            elif state.packages and word == "ship":
                box_there = state.packages[n % len(state.packages)]
                state = fold(state, ship(box_there, carrier="", tracking="", occurred_at=NOW))
            elif state.packages:
                state = fold(state, unpack(state.packages[n % len(state.packages)]))
        except Rejected:
            assert state is before
        for ln in state.orders[0].lines:
            parts = (ln.waiting, ln.picked, ln.packed, ln.shipped, ln.missing, ln.canceled)
            assert min(parts) >= 0
            assert sum(parts) == ln.quantity
            in_boxes = sum(
                m.quantity
                for p in state.packages
                for m in p.lines
                if m.line_id == ln.line_id and p.status == "packed"
            )
            assert in_boxes == ln.packed
