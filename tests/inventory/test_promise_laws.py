"""
Laws of promises: what undoes itself, what is never for sale, what no promise may do to the others.

"""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import Rejected
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory import AdjustReason, Bucket, Movements, available_account
from ordercore.ledger import AccountId, Balance, Divide, Ledger
from tests.inventory.books import BERLIN, FRIDAY, LATER, LID, LYON, MUG, NOW, Books

few = st.integers(1, 5)
kinds = st.sampled_from(["reserved", "allocated", "movable", "preordered"])


def promise(move: Movements, kind: str, quantity: int, since: Instant | None = None) -> str:
    """A promise of mugs in Berlin, or of Friday's supply."""
    if kind == "reserved":
        return move.reserve(MUG, BERLIN, quantity, LATER, promised_at=since)
    if kind == "preordered":
        return move.preorder(MUG, BERLIN, FRIDAY, quantity, promised_at=since)
    movable = kind == "movable"
    return move.allocate(MUG, BERLIN, quantity, movable=movable, promised_at=since)


def stocked(quantity: int) -> Books:
    """Books with so many mugs in Berlin, and as many to come on Friday."""
    books = Books(quantity)
    books.do(lambda m: m.expect(MUG, BERLIN, FRIDAY, quantity))
    return books


@given(few, st.integers(0, 3), kinds)
def test_a_promise_that_is_given_back_was_never_made(quantity: int, spare: int, kind: str) -> None:
    books = stocked(quantity + spare)
    before = books.state()
    hold = books.do(lambda m: promise(m, kind, quantity))
    assert books.state() != before
    books.do(lambda m: m.release(hold, "canceled"))
    assert books.state() == before


@given(st.lists(few, min_size=2, max_size=4), st.integers(0, 3), kinds)
def test_a_promise_that_is_divided_and_merged_is_the_promise_again(
    parts: list[int], spare: int, kind: str
) -> None:
    books = stocked(sum(parts) + spare)
    whole = books.hold(books.do(lambda m: promise(m, kind, sum(parts))))
    before, start = books.state(), books.ledger.position
    divide = Divide("cut", whole.id, tuple(parts), "cut", "order/O-1", NOW)
    books.do(lambda m: m.steps.append(divide))
    assert books.state() == before
    again = books.hold(books.do(lambda m: m.merge(divide.part_ids, "merge")))
    assert books.state() == before
    assert (again.amount, again.source, again.target, again.expires_at, again.promised_at) == (
        whole.amount, whole.source, whole.target, whole.expires_at, whole.promised_at,
    )  # fmt: skip
    assert all(free == [spare] for free in books.offered([whole.source])[start:])


@given(st.permutations([0, 1, 2]), st.lists(few, min_size=3, max_size=3))
def test_a_merged_promise_keeps_the_earliest_place_in_the_queue(
    order: list[int], amounts: list[int]
) -> None:
    books = stocked(sum(amounts))
    instants = [NOW.replace(hour=1 + n) for n in order]
    made = [
        books.do(lambda m, n=n, at=at: promise(m, "allocated", n, at))  # type: ignore[misc]
        for n, at in zip(amounts, instants, strict=True)
    ]
    merged = books.hold(books.do(lambda m: m.merge(made, "merge")))
    assert (merged.amount, merged.promised_at) == (sum(amounts), min(instants))
    assert [hold.id for hold in books.ledger.pendings()] == [merged.id]


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("pendings_too_few", ["one"]),
        ("pendings_too_few", ["one", "one"]),
        ("pendings_differ", ["one", "cart"]),
        ("pendings_differ", ["one", "elsewhere"]),
        ("pending_already_voided", ["one", "gone"]),
    ],
)
def test_only_open_promises_that_are_alike_are_merged(code: str, parts: list[str]) -> None:
    books = Books(9)
    books.do(lambda m: m.receive(MUG, LYON, 9))
    holds = {
        "one": books.do(lambda m: m.allocate(MUG, BERLIN, 1)),
        "cart": books.do(lambda m: m.reserve(MUG, BERLIN, 1, LATER)),
        "elsewhere": books.do(lambda m: m.allocate(MUG, LYON, 1)),
        "gone": books.do(lambda m: m.allocate(MUG, BERLIN, 1)),
    }
    books.do(lambda m: m.release(holds["gone"], "canceled"))
    assert books.refused(lambda m: m.merge([holds[part] for part in parts], "merge")).code == code


@given(st.integers(0, 9), st.lists(st.tuples(few, st.integers(-3, 3), kinds), max_size=8))
def test_no_promise_leaves_less_than_its_own_guard(
    on_hand: int, asked: list[tuple[int, int, str]]
) -> None:
    books = stocked(on_hand + 1)
    for quantity, least, kind in asked:
        move = books.begin()
        if kind == "reserved":
            hold = move.reserve(MUG, BERLIN, quantity, LATER, leave_at_least=least)
        elif kind == "preordered":
            hold = move.preorder(MUG, BERLIN, FRIDAY, quantity, leave_at_least=least)
        else:
            movable = kind == "movable"
            hold = move.allocate(MUG, BERLIN, quantity, movable=movable, leave_at_least=least)
        source = available_account(MUG, BERLIN)
        before = books.due_in(FRIDAY) if kind == "preordered" else books.ledger.balance(source)
        if before.available - quantity < least:
            with pytest.raises(Rejected, match="can be had"):
                books.ledger.apply(move.batch(), NOW)
        else:
            books.ledger.apply(move.batch(), NOW)
            after = books.ledger.balance(books.hold(hold).source)
            assert after.available == before.available - quantity >= least


# --- the order of commands that do not know of each other ----------------------------------------

Work = Callable[[Movements], object]


def in_order(batches: list[tuple[str, Work]], prepared: list[Work]) -> dict[AccountId, Balance]:
    """Every balance after these batches, in this order."""
    ledger = Ledger()
    named = [(f"before-{n}", work) for n, work in enumerate(prepared)] + batches
    for name, work in named:
        move = Movements(name, name, NOW)
        work(move)
        ledger.apply(move.batch(), NOW)
    return dict(ledger.balances())


@given(
    st.lists(st.tuples(st.sampled_from([MUG, LID]), st.sampled_from([BERLIN, LYON]), few)),
    st.randoms(use_true_random=False),
)
def test_receipts_come_in_any_order(drawn: list[tuple[Sku, PlaceId, int]], random: Random) -> None:
    batches: list[tuple[str, Work]] = [
        (f"r-{n}", lambda m, at=at: m.receive(*at))  # type: ignore[misc]
        for n, at in enumerate(drawn)
    ]
    shuffled = random.sample(batches, len(batches))
    assert in_order(batches, []) == in_order(shuffled, [])


def at_a_shelf(sku: Sku, place: PlaceId, quantity: int, word: str) -> list[Work]:
    """What happens at one shelf, one batch after the other."""

    def sell(m: Movements) -> None:
        hold = m.allocate(sku, place, quantity)
        m.pick(hold, quantity, sku, place, quantity)

    ways: dict[str, list[Work]] = {
        "sell": [
            sell,
            lambda m: m.pack(sku, place, quantity),
            lambda m: m.dispatch(sku, place, quantity),
        ],
        "hold": [lambda m: m.reserve(sku, place, quantity, LATER)],
        "lose": [lambda m: m.adjust(sku, place, -quantity, AdjustReason.LOSS)],
        "check": [
            lambda m: m.shift(sku, place, quantity, Bucket.ON_HAND, Bucket.QUALITY),
            lambda m: m.restock(sku, place, quantity),
        ],
    }
    return ways[word]


words = st.sampled_from(["sell", "hold", "lose", "check"])


@given(few, few, words, words, st.booleans(), st.randoms(use_true_random=False))
def test_commands_at_different_shelves_come_in_any_order(
    one: int, two: int, here: str, there: str, other_sku: bool, random: Random
) -> None:
    """Of another SKU, or of the same at another place; each shelf keeps its own order."""
    sku, place = (LID, BERLIN) if other_sku else (MUG, LYON)
    prepared: list[Work] = [
        lambda m: m.receive(MUG, BERLIN, one),
        lambda m: m.receive(sku, place, two),
    ]
    first, second = at_a_shelf(MUG, BERLIN, one, here), at_a_shelf(sku, place, two, there)
    turns = random.sample(["first"] * len(first) + ["second"] * len(second), len(first + second))
    left = {
        "first": [(f"a-{n}", work) for n, work in enumerate(first)],
        "second": [(f"b-{n}", work) for n, work in enumerate(second)],
    }
    one_after_the_other = [*left["first"], *left["second"]]
    mixed = [left[turn].pop(0) for turn in turns]
    assert in_order(mixed, prepared) == in_order(one_after_the_other, prepared)
