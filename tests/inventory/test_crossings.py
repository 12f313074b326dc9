"""
Crossings: each belongs to the one batch that caused it, whoever reads, from wherever.

"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.ids import PlaceId, Sku
from ordercore.inventory import (
    NO_TERMS,
    Crossing,
    CrossingKind,
    StockTerms,
    allocated_account,
    available_account,
    available_changes,
    batches,
    crossings,
    holds_ended,
    outside_account,
    reserved_account,
    reversed_before,
)
from ordercore.ledger import (
    Divide,
    Entry,
    ExpirePending,
    Ledger,
    Merge,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
    reversal_id,
)

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
MUG, BERLIN = Sku("MUG"), PlaceId("berlin")
SHELF = available_account(MUG, BERLIN)
CART, ORDER = reserved_account(MUG, BERLIN), allocated_account(MUG, BERLIN)
OUT, LOW, BACK = CrossingKind.OUT_OF_STOCK, CrossingKind.LOW, CrossingKind.BACK_IN_STOCK


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


def receive(name: str, amount: int) -> Step:
    return Post(name, outside_account(MUG), SHELF, amount, "receive", "r", NOW)


def lose(name: str, amount: int) -> Step:
    return Post(name, SHELF, outside_account(MUG), amount, "count", "r", NOW)


def reserve(name: str, amount: int, until: int | None = None) -> Step:
    expires = None if until is None else at(until)
    return Pend(name, SHELF, CART, amount, "reserve", "cart/C", NOW, None, expires)


def allocate(name: str, amount: int, leave: int | None = None) -> Step:
    return Pend(name, SHELF, ORDER, amount, "allocate", "order/O", NOW, leave)


def free(name: str, hold: str) -> Step:
    return VoidPending(name, hold, "released", "r", NOW)


def take(name: str, hold: str, amount: int | None = None) -> Step:
    return PostPending(name, hold, amount, "pick", "r", NOW)


def found(
    ledger: Ledger, after: int = 0, upto: int | None = None, terms: StockTerms = NO_TERMS
) -> tuple[Crossing, ...]:
    """
    Read a stretch as the engine does: what stood before is what stands now less what came since.

    """
    tail = list(ledger.entries(after=after))
    wanted = reversed_before(tail)
    earlier = [entry for entry in ledger.entries() if entry.step.id in wanted]
    holds = ledger.pendings_made(holds_ended((*earlier, *tail)))
    before = {
        account: ledger.balance(account).available - change
        for account, change in available_changes(tail, holds, earlier).items()
    }
    stretch = tail if upto is None else [entry for entry in tail if entry.position <= upto]
    return crossings(stretch, before=before, holds=holds, earlier=earlier, terms=lambda *_: terms)


def told(ledger: Ledger, terms: StockTerms = NO_TERMS) -> list[tuple[CrossingKind, str]]:
    return [(crossing.kind, crossing.step_id) for crossing in found(ledger, terms=terms)]


def book(*batches_of: Sequence[Step]) -> Ledger:
    ledger = Ledger()
    for minute, steps in enumerate(batches_of):
        ledger.apply(steps, at(minute))
    return ledger


def test_the_last_unit_goes_out_and_comes_back_once_each() -> None:
    ledger = book(
        [receive("in", 2)],
        [allocate("h1", 1)],
        [allocate("h2", 1)],
        [allocate("h3", 1)],
        [free("v3", "h3")],
        [free("v2", "h2")],
        [free("v1", "h1")],
    )

    assert told(ledger) == [(BACK, "in"), (OUT, "h2"), (BACK, "v2")]


def test_a_crossing_names_what_when_and_where() -> None:
    ledger = book([receive("in", 2)], [allocate("h1", 3)])

    assert found(ledger)[-1] == Crossing(OUT, MUG, BERLIN, 0, 2, at(1), "h1")


def test_a_hold_that_becomes_a_promise_in_one_batch_crosses_nothing() -> None:
    ledger = book(
        [receive("c-1/stock-1", 1)],
        [reserve("c-2/stock-1", 1)],
        [free("c-3/stock-1", "c-2/stock-1"), allocate("c-3/stock-2", 1, 0)],
    )

    assert [kind for kind, _ in told(ledger)] == [BACK, OUT]


def test_what_is_picked_was_not_available_before() -> None:
    ledger = book(
        [receive("in", 1)],
        [allocate("h", 1)],
        [take("p", "h")],
        [receive("in2", 1)],
    )

    assert told(ledger) == [(BACK, "in"), (OUT, "h"), (BACK, "in2")]


def test_the_rest_of_a_short_pick_is_back_for_sale() -> None:
    ledger = book([receive("in", 3)], [allocate("h", 3)], [take("p", "h", 2)])

    assert told(ledger) == [(BACK, "in"), (OUT, "h"), (BACK, "p")]


def test_dividing_crosses_nothing_and_each_part_counts_for_itself() -> None:
    ledger = book(
        [receive("in", 3)],
        [allocate("h", 3)],
        [Divide("d", "h", (1, 2), "split", "r", NOW)],
        [Divide("e", "h/part-2", (1, 1), "split", "r", NOW)],
        [free("v", "h/part-2/part-1")],
    )

    assert told(ledger) == [(BACK, "in"), (OUT, "h"), (BACK, "v")]
    assert found(ledger, after=4)[0].available == 1


def test_a_hold_that_has_run_out_crosses_when_its_end_is_recorded() -> None:
    ledger = book([receive("in", 1)], [reserve("h", 1, until=10)])
    before = told(ledger)
    ledger.apply([ExpirePending("h/expired", "h", at(10))], at(30))

    assert before == [(BACK, "in"), (OUT, "h")]
    assert told(ledger) == [*before, (BACK, "h/expired")]
    assert found(ledger)[-1].at == at(30)


def test_low_is_told_on_the_way_down_once_and_not_where_nothing_is_left() -> None:
    terms = StockTerms(low_at=3)
    ledger = book(
        [receive("in", 5)],
        [allocate("h1", 2)],
        [allocate("h2", 1)],
        [free("v2", "h2")],
        [receive("in2", 1)],
        [allocate("h3", 4)],
        [free("v3", "h3")],
    )

    assert told(ledger, terms) == [
        (BACK, "in"),
        (LOW, "h1"),
        (OUT, "h3"),
        (BACK, "v3"),
    ]


def test_what_is_kept_back_is_not_available() -> None:
    terms = StockTerms(safety=2)
    ledger = book([receive("in", 2)], [receive("in2", 1)], [lose("gone", 1)])

    assert told(ledger, terms) == [(BACK, "in2"), (OUT, "gone")]


def test_rules_are_those_of_the_day_of_recording() -> None:
    ledger = Ledger()
    ledger.apply([receive("in", 3)], NOW)
    ledger.apply([lose("a", 1)], NOW + timedelta(days=1))
    asked: list[date] = []

    def terms(sku: Sku, place: PlaceId, on: date) -> StockTerms:
        assert (sku, place) == (MUG, BERLIN)
        asked.append(on)
        return NO_TERMS

    crossings(ledger.entries(), before={}, holds={}, terms=terms)

    assert asked == [date(2026, 3, 1), date(2026, 3, 2)]


def test_an_expiry_between_two_steps_of_a_batch_belongs_to_it() -> None:
    ledger = book([receive("c-1/stock-1", 2)], [reserve("c-2/stock-1", 1, until=5)])
    ledger.apply([allocate("c-3/stock-1", 1)], at(3))
    ledger.apply([free("c-4/stock-1", "c-3/stock-1"), allocate("c-4/stock-2", 2, 0)], at(9))

    cut = [[entry.step.id for entry in batch] for batch in batches(ledger.entries())]

    assert cut[-1] == ["c-4/stock-1", "c-2/stock-1/expired", "c-4/stock-2"]
    assert [kind for kind, _ in told(ledger)] == [BACK, OUT]


KINDS = ("receive", "lose", "reserve", "allocate", "free", "take", "divide", "swap")
MOVES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(1, 4),
        st.integers(0, 7),
    ),
    max_size=14,
)


def played(moves: list[tuple[str, int, int]]) -> tuple[Ledger, list[tuple[int, int]]]:
    """
    Play moves, a batch each; tell what is available at the end of each, by its last position.

    """
    ledger, levels = Ledger(), [(0, 0)]
    for n, (kind, amount, pick) in enumerate(moves):
        holds = list(ledger.pendings())
        hold = holds[pick % len(holds)] if holds else None
        name = f"c-{n}/stock-"
        steps: list[Step]
        if kind == "receive":
            steps = [receive(f"{name}1", amount)]
        elif kind == "lose":
            steps = [lose(f"{name}1", amount)]
        elif kind == "reserve":
            steps = [reserve(f"{name}1", amount, until=1_000)]
        elif kind == "allocate" or hold is None:
            steps = [allocate(f"{name}1", amount)]
        elif kind == "free":
            steps = [free(f"{name}1", hold.id)]
        elif kind == "take":
            steps = [take(f"{name}1", hold.id, min(amount, hold.amount))]
        elif kind == "divide" and hold.amount > 1:
            steps = [Divide(f"{name}1", hold.id, (1, hold.amount - 1), "split", "r", NOW)]
        else:
            steps = [free(f"{name}1", hold.id), allocate(f"{name}2", amount)]
        ledger.apply(steps, NOW)
        levels.append((levels[-1][0] + len(steps), ledger.balance(SHELF).available))
    return ledger, levels


@given(moves=MOVES, safety=st.integers(0, 3), low_at=st.integers(0, 3))
def test_crossings_are_the_changes_of_sign_between_batches(
    moves: list[tuple[str, int, int]], safety: int, low_at: int
) -> None:
    ledger, levels = played(moves)
    expected: list[tuple[CrossingKind, int]] = []
    for (_, old), (position, new) in pairwise(levels):
        before, after = old - safety, new - safety
        if (before > 0) != (after > 0):
            expected.append((OUT if before > 0 else BACK, position))
        elif before > low_at >= after > 0:
            expected.append((LOW, position))

    all_found = found(ledger, terms=StockTerms(safety=safety, low_at=low_at))

    assert [(crossing.kind, crossing.position) for crossing in all_found] == expected


@given(moves=MOVES, cuts=st.sets(st.integers(0, 13)))
def test_a_reader_that_starts_again_is_told_of_each_crossing_exactly_once(
    moves: list[tuple[str, int, int]], cuts: set[int]
) -> None:
    ledger, levels = played(moves)
    stops = sorted({levels[cut][0] for cut in cuts if cut < len(levels)} | {0, levels[-1][0]})

    pieces = [
        crossing for start, stop in pairwise(stops) for crossing in found(ledger, start, stop)
    ]

    assert pieces == list(found(ledger))


@given(moves=MOVES)
def test_every_batch_is_cut_as_it_was_recorded(moves: list[tuple[str, int, int]]) -> None:
    ledger, levels = played(moves)

    cut: list[list[Entry]] = [list(batch) for batch in batches(ledger.entries())]

    assert [batch[-1].position for batch in cut] == [position for position, _ in levels[1:]]


def test_holds_that_are_merged_cross_nothing_and_end_as_one() -> None:
    ledger = book(
        [receive("in", 5)],
        [allocate("a/1", 2), allocate("a/2", 3)],
        [Merge("b/1", ("a/1", "a/2"), "merge", "order/O", NOW)],
        [free("c/1", "b/1")],
    )

    assert told(ledger) == [(BACK, "in"), (OUT, "a/2"), (BACK, "c/1")]
    assert [crossing.step_id for crossing in found(ledger, after=3)] == ["c/1"]


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
def test_a_reversal_crosses_by_what_the_step_had_moved_wherever_one_begins_to_read(
    after: int,
) -> None:
    ledger = book(
        [receive("in", 2)],
        [allocate("h1", 1)],
        [take("t1", "h1")],
        [Reverse(reversal_id("in"), "in", "wrong", "r", NOW, None)],
        [Reverse(reversal_id("t1"), "t1", "wrong", "r", NOW, None)],
        [receive("in-again", 1)],
    )
    whole = [(BACK, 1), (OUT, 4), (BACK, 6)]

    read = found(ledger, after=after)

    assert [(crossing.kind, crossing.position) for crossing in read] == [
        row for row in whole if row[1] > after
    ]
