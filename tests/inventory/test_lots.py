"""
Lots: which units go first, by laws that hold for any shelf.

"""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.inventory import (
    Bucket,
    Lot,
    LotQuantity,
    LotRecord,
    LotStrategy,
    choose_lots,
    lots_at,
    lots_prefix,
)
from tests.inventory.books import BERLIN, LYON, MUG, NOW, PILL, Books, serials, units

TODAY = date(2026, 5, 1)
CAME = datetime(2026, 1, 1, tzinfo=UTC)


def lot(
    name: str, quantity: int, *, good_days: int | None = None, came: int = 0, serial: str = ""
) -> Lot:
    """A lot that is good for so many days from today and came in on that day of the year."""
    return Lot(
        lot=name,
        serial=serial,
        quantity=quantity,
        expires_on=None if good_days is None else TODAY + timedelta(days=good_days),
        received_at=CAME + timedelta(days=came),
    )


@st.composite
def shelves(draw: st.DrawFn) -> list[Lot]:
    names = draw(st.lists(st.sampled_from("ABCDEFG"), unique=True, max_size=7))
    return [
        lot(
            name,
            draw(st.integers(0, 6)),
            good_days=draw(st.none() | st.integers(-2, 5)),
            came=draw(st.integers(0, 3)),
        )
        for name in names
    ]


lives = st.integers(0, 3)
strategies = st.sampled_from(LotStrategy)


def usable(shelf: list[Lot], life: int) -> dict[str, Lot]:
    least = TODAY + timedelta(days=life)
    return {
        each.lot: each
        for each in shelf
        if each.quantity > 0 and (each.expires_on is None or each.expires_on >= least)
    }


@given(shelves(), st.integers(1, 12), strategies, lives)
def test_the_choice_is_exact_usable_and_blind_to_the_order_of_the_shelf(
    shelf: list[Lot], quantity: int, strategy: LotStrategy, life: int
) -> None:
    there = usable(shelf, life)
    total = sum(each.quantity for each in there.values())
    if total < quantity:
        with pytest.raises(Rejected) as refusal:
            choose_lots(shelf, quantity, strategy, on=TODAY, min_life_days=life)
        assert refusal.value.data == {
            "asked": quantity,
            "available": total,
            "missing": quantity - total,
            "too_old": sum(each.quantity for each in shelf) - total,
        }
        return
    chosen = choose_lots(shelf, quantity, strategy, on=TODAY, min_life_days=life)
    assert sum(part.quantity for part in chosen) == quantity
    assert len({part.lot for part in chosen}) == len(chosen)
    assert all(0 < part.quantity <= there[part.lot].quantity for part in chosen)
    again = choose_lots(reversed(shelf), quantity, strategy, on=TODAY, min_life_days=life)
    assert again == chosen


@given(shelves(), st.integers(1, 12), st.sampled_from(["fefo", "fifo", "lifo"]))
def test_nothing_that_goes_first_is_left_while_something_later_is_taken(
    shelf: list[Lot], quantity: int, word: str
) -> None:
    there = usable(shelf, 0)
    if sum(each.quantity for each in there.values()) < quantity:
        return
    chosen = choose_lots(shelf, quantity, LotStrategy(word), on=TODAY)
    left = {name: each.quantity for name, each in there.items()}
    for part in chosen:
        left[part.lot] -= part.quantity
    for part in chosen:
        for name, rest in left.items():
            if not rest:
                continue
            taken, kept = there[part.lot], there[name]
            if word == "fefo":
                assert (taken.expires_on or date.max) <= (kept.expires_on or date.max)
            elif word == "fifo":
                assert taken.received_at <= kept.received_at
            else:
                assert taken.received_at >= kept.received_at


@given(shelves(), st.integers(1, 20))
def test_the_closest_fit_needs_as_few_lots_as_any_choice(shelf: list[Lot], quantity: int) -> None:
    sizes = [each.quantity for each in usable(shelf, 0).values()]
    if sum(sizes) < quantity:
        return
    chosen = choose_lots(shelf, quantity, LotStrategy.CLOSEST, on=TODAY)
    fewest = next(
        n
        for n in range(1, len(sizes) + 1)
        if any(sum(some) >= quantity for some in combinations(sizes, n))
    )
    assert len(chosen) == fewest
    last = chosen[-1]
    opened = usable(shelf, 0)[last.lot].quantity
    others = usable(shelf, 0)
    for part in chosen[:-1]:
        del others[part.lot]
    assert opened == min(e.quantity for e in others.values() if e.quantity >= last.quantity)


def test_ties_go_by_receipt_then_by_name() -> None:
    shelf = [lot("B", 1, came=1), lot("C", 1), lot("A", 1, came=1)]
    chosen = choose_lots(shelf, 3, LotStrategy.FEFO, on=TODAY)
    assert [part.lot for part in chosen] == ["C", "A", "B"]
    chosen = choose_lots(shelf, 3, LotStrategy.LIFO, on=TODAY)
    assert [part.lot for part in chosen] == ["A", "B", "C"]
    chosen = choose_lots(shelf, 2, LotStrategy.CLOSEST, on=TODAY)
    assert [part.lot for part in chosen] == ["C", "A"]


def test_the_last_day_is_still_good_and_the_day_after_is_not() -> None:
    shelf = [lot("A", 1, good_days=0)]
    assert choose_lots(shelf, 1, LotStrategy.FEFO, on=TODAY) == (LotQuantity("A", 1),)
    with pytest.raises(Rejected, match="nothing now"):
        choose_lots(shelf, 1, LotStrategy.FEFO, on=TODAY + timedelta(days=1))
    with pytest.raises(Rejected, match="1 are too old"):
        choose_lots(shelf, 1, LotStrategy.FEFO, on=TODAY, min_life_days=1)


def test_serial_numbers_are_chosen_one_by_one() -> None:
    shelf = [lot("A", 1, serial=name) for name in ("S3", "S1", "S2")]
    assert choose_lots(shelf, 2, LotStrategy.FIFO, on=TODAY) == (
        LotQuantity("A", 1, "S1"),
        LotQuantity("A", 1, "S2"),
    )


@pytest.mark.parametrize(
    ("shelf", "quantity", "life", "words"),
    [
        ([lot("A", 1)], 0, 0, "quantity: 0 is below 1"),
        ([lot("A", 1)], 1, -1, "min_life_days: -1"),
        ([lot("A", 1), lot("A", 2)], 1, 0, "named twice"),
        (
            [lot("A", 1), Lot(lot="B", owner="acme", quantity=1, received_at=CAME)],
            1,
            0,
            r"\['', 'acme'\]",
        ),
    ],
)
def test_a_choice_that_means_nothing_is_refused(
    shelf: list[Lot], quantity: int, life: int, words: str
) -> None:
    with pytest.raises(InvalidData, match=words):
        choose_lots(shelf, quantity, LotStrategy.FIFO, on=TODAY, min_life_days=life)


def test_lots_are_read_from_the_book_with_what_the_host_knows_of_them() -> None:
    books = Books(5, PILL)
    books.do(lambda m: m.receive(PILL, BERLIN, 4, lots=units("B", "A", quantity=2)))
    books.do(lambda m: m.receive(PILL, BERLIN, 1, lots=(LotQuantity("A", 1, "S-1"),)))
    books.do(lambda m: m.receive(PILL, BERLIN, 1, lots=units("X"), owner="acme"))
    books.do(lambda m: m.receive(PILL, LYON, 1, lots=units("Y")))
    books.do(lambda m: m.receive(PILL, BERLIN, 1, lots=units("Z"), into=Bucket.QUALITY))
    books.do(
        lambda m: m.return_to_supplier(PILL, BERLIN, 2, Bucket.ON_HAND, lots=units("B", quantity=2))
    )
    records = [
        LotRecord(lot="A", expires_on=TODAY, received_at=CAME),
        LotRecord(lot="A", serial="S-1", received_at=NOW),
        LotRecord(lot="X", received_at=NOW),
    ]
    near = list(books.ledger.balances(lots_prefix(PILL, BERLIN)))
    found = lots_at(near, records, PILL, BERLIN)
    assert found == (
        Lot(lot="A", quantity=2, expires_on=TODAY, received_at=CAME),
        Lot(lot="A", serial="S-1", quantity=1, received_at=NOW),
    )
    assert lots_at(books.ledger.balances(), records, PILL, BERLIN) == found
    (theirs,) = lots_at(near, records, PILL, BERLIN, owner="acme")
    assert (theirs.lot, theirs.owner) == ("X", "acme")


def test_a_lot_without_a_record_is_not_taken_for_one_that_never_expires() -> None:
    books = Books()
    books.do(lambda m: m.receive(MUG, BERLIN, 2, lots=units("A") + serials("S-1")))
    with pytest.raises(InvalidData) as refusal:
        lots_at(books.ledger.balances(), [], MUG, BERLIN)
    assert refusal.value.faults == (
        "no record of lot '', serial number 'S-1'",
        "no record of lot 'A', serial number ''",
    )
