"""
Coverage: what is there goes to whoever was promised it first.

"""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ordercore.inventory import (
    allocated_account,
    available_account,
    coverage,
    movable_account,
    reserved_account,
    who_gives_way,
    who_waits,
)
from ordercore.ledger import OpenPending

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
TARGETS = {
    "cart": reserved_account("MUG", "berlin"),
    "movable": movable_account("MUG", "berlin"),
    "order": allocated_account("MUG", "berlin"),
}


def hold(name: str, amount: int, minute: int = 0, kind: str = "order") -> OpenPending:
    at = NOW + timedelta(minutes=minute)
    source = available_account("MUG", "berlin")
    return OpenPending(name, source, TARGETS[kind], amount, f"{kind}/{name}", None, at)


HOLDS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 5), st.sampled_from(sorted(TARGETS))), max_size=8
).map(lambda rows: [hold(f"h{n}", *row) for n, row in enumerate(rows)])
COUNT = st.integers(-3, 40)


def covered(on_hand: int, holds: list[OpenPending]) -> dict[str, int]:
    return {row.hold.id: row.covered for row in coverage(on_hand, holds)}


def test_the_worked_table_comes_out() -> None:
    holds = [hold("o2", 1, 20), hold("o1", 2, 0), hold("c7", 2, 10, "cart")]

    told = [(row.hold.id, row.covered, row.waiting) for row in coverage(3, holds)]

    assert told == [("o1", 2, 0), ("c7", 1, 1), ("o2", 0, 1)]
    assert [(row.hold.id, row.since.minute) for row in who_waits(3, holds)] == [
        ("c7", 10),
        ("o2", 20),
    ]


@given(on_hand=COUNT, holds=HOLDS)
def test_all_that_is_there_is_handed_out_and_no_more(
    on_hand: int, holds: list[OpenPending]
) -> None:
    rows = coverage(on_hand, holds)

    promised = sum(h.amount for h in holds)
    assert sum(row.covered for row in rows) == min(max(on_hand, 0), promised)
    assert sum(row.waiting for row in rows) == promised - min(max(on_hand, 0), promised)
    assert sorted(row.hold.id for row in rows) == sorted(h.id for h in holds)
    assert all(0 <= row.covered <= row.hold.amount for row in rows)


@given(on_hand=COUNT, holds=HOLDS, amount=st.integers(1, 9), kind=st.sampled_from(sorted(TARGETS)))
def test_a_newcomer_never_takes_from_an_earlier_promise(
    on_hand: int, holds: list[OpenPending], amount: int, kind: str
) -> None:
    with_newcomer = covered(on_hand, [hold("new", amount, 6, kind), *holds])

    assert covered(on_hand, holds) == {k: n for k, n in with_newcomer.items() if k != "new"}


@given(on_hand=COUNT, holds=HOLDS, received=st.integers(1, 9))
def test_a_receipt_covers_the_oldest_first(
    on_hand: int, holds: list[OpenPending], received: int
) -> None:
    before, after = covered(on_hand, holds), covered(on_hand + received, holds)

    assert all(after[name] >= before[name] for name in before)
    waiting = [row.hold.id for row in who_waits(on_hand, holds)]
    gained = [name for name in waiting if after[name] > before[name]]
    assert gained == waiting[: len(gained)]
    for name in gained[:-1]:
        assert after[name] == next(h.amount for h in holds if h.id == name)


@given(on_hand=COUNT, holds=HOLDS, seed=st.randoms(use_true_random=False))
def test_the_order_of_reading_means_nothing(
    on_hand: int, holds: list[OpenPending], seed: object
) -> None:
    shuffled = list(holds)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]

    assert coverage(on_hand, shuffled) == coverage(on_hand, holds)


def test_carts_give_way_first_then_what_may_move_then_the_latest_order() -> None:
    holds = [
        hold("c1", 1, 0, "cart"),
        hold("o1", 2, 1),
        hold("m1", 2, 2, "movable"),
        hold("m2", 1, 3, "movable"),
        hold("o2", 2, 4),
    ]

    told = [[(row.hold.id, row.quantity) for row in who_gives_way(8, n, holds)] for n in (7, 5, 1)]

    assert told == [
        [("c1", 1)],
        [("c1", 1), ("m2", 1), ("m1", 1)],
        [("c1", 1), ("m2", 1), ("m1", 2), ("o2", 2), ("o1", 1)],
    ]


def test_who_waited_already_has_nothing_to_lose() -> None:
    holds = [hold("old", 2, 0), hold("waits", 5, 1, "cart")]

    assert [row.hold.id for row in who_gives_way(2, 1, holds)] == ["old"]


@given(before=COUNT, fewer=st.integers(0, 20), holds=HOLDS)
def test_what_is_lost_is_what_was_covered_and_is_no_more(
    before: int, fewer: int, holds: list[OpenPending]
) -> None:
    had, has = covered(before, holds), covered(before - fewer, holds)

    lost = who_gives_way(before, before - fewer, holds)

    assert sum(row.quantity for row in lost) == sum(had.values()) - sum(has.values())
    assert all(0 < row.quantity <= had[row.hold.id] for row in lost)
    kinds = [row.hold.target for row in lost]
    assert kinds == sorted(kinds, key=[TARGETS[k] for k in ("cart", "movable", "order")].index)
