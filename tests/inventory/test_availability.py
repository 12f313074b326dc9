"""
Availability: one function, and numbers that mean what they are called.

"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.ids import PlaceId, Sku
from ordercore.inventory import (
    DatedSupply,
    StockLevel,
    StockTerms,
    TermsByPlace,
    allocated_account,
    availability,
    available_account,
    dated_supply,
    incoming_account,
    movable_account,
    outside_account,
    preordered_account,
    reserved_account,
    stock_accounts,
)
from ordercore.ledger import AccountId, Balance, Ledger, Pend, Post, PostPending, Step

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
MUG, BERLIN, LYON = Sku("MUG"), PlaceId("berlin"), PlaceId("lyon")
SHELF = available_account(MUG, BERLIN)
DAY = date(2026, 3, 1)


def in_days(n: int) -> date:
    return DAY + timedelta(days=n)


def supply(amount: int, target: AccountId = SHELF) -> Step:
    return Post(f"in/{target}", outside_account(MUG), target, amount, "receive", "r", NOW)


def promise(name: str, amount: int, target: AccountId, source: AccountId = SHELF) -> Pend:
    return Pend(name, source, target, amount, "promise", f"order/{name}", NOW, None)


def book(*steps: Step) -> Ledger:
    ledger = Ledger()
    ledger.apply(steps, NOW)
    return ledger


def level_of(ledger: Ledger, **more: object) -> StockLevel:
    balances = dict(ledger.balances())
    return availability(MUG, (BERLIN,), balances, **more).levels[0]  # type: ignore[arg-type]


def test_each_promise_is_counted_under_its_own_name_and_once() -> None:
    ledger = book(
        supply(20),
        promise("cart", 2, reserved_account(MUG, BERLIN)),
        promise("order", 3, allocated_account(MUG, BERLIN)),
        promise("anywhere", 4, movable_account(MUG, BERLIN)),
        promise("taken", 5, allocated_account(MUG, BERLIN)),
        PostPending("pick", "taken", None, "pick", "order/taken", NOW),
    )

    level = level_of(ledger)

    assert (level.on_hand, level.reserved, level.allocated) == (15, 2, 3)
    assert (level.movable, level.picked, level.available) == (4, 5, 6)


def test_a_promise_that_may_move_is_no_reservation() -> None:
    level = level_of(book(supply(5), promise("anywhere", 4, movable_account(MUG, BERLIN))))

    assert (level.reserved, level.movable, level.available) == (0, 4, 1)


def test_safety_and_buffer_are_kept_back_and_nothing_is_available_below_zero() -> None:
    told = [
        StockLevel(MUG, BERLIN, on_hand, terms=StockTerms(safety=2, buffer=1)).available
        for on_hand in (-4, 0, 3, 5)
    ]

    assert told == [0, 0, 0, 2]


def test_a_backorder_cap_leaves_room_below_zero_and_not_below_itself() -> None:
    terms = StockTerms(safety=2, backorder_cap=3)
    told = [
        (level.available, level.backorder_room, level.shortage)
        for level in (StockLevel(MUG, BERLIN, 5, allocated=n, terms=terms) for n in (0, 4, 6, 8, 9))
    ]

    assert told == [(3, 5, 0), (0, 4, 0), (0, 2, 1), (0, 0, 3), (0, 0, 4)]


@pytest.mark.parametrize(
    ("terms", "quantity", "may"),
    [
        (StockTerms(), 2, True),
        (StockTerms(), 3, False),
        (StockTerms(backorder_cap=1), 3, True),
        (StockTerms(backorder_cap=1), 4, False),
        (StockTerms(tracked=False), 10_000, True),
    ],
)
def test_what_can_be_promised_counts_what_may_wait(
    terms: StockTerms, quantity: int, *, may: bool
) -> None:
    assert StockLevel(MUG, BERLIN, 2, terms=terms).can_promise(quantity) is may


def test_a_shortage_here_takes_nothing_from_what_lies_there() -> None:
    ledger = book(
        supply(2),
        supply(7, available_account(MUG, LYON)),
        promise("much", 5, allocated_account(MUG, BERLIN)),
    )

    both = availability(MUG, (BERLIN, LYON), dict(ledger.balances()))

    assert (both.available, both.shortage, both.on_hand) == (7, 3, 9)
    assert (both.at("berlin").available, both.at("berlin").net) == (0, -3)
    assert both.at("turin") == StockLevel(MUG, PlaceId("turin"))


def test_places_have_their_own_terms() -> None:
    balances = {available_account(MUG, place): Balance(5) for place in (BERLIN, LYON)}
    terms = TermsByPlace(StockTerms(safety=1), {"lyon": StockTerms(safety=4)})

    both = availability(MUG, (BERLIN, LYON), balances, terms=terms)

    assert [level.available for level in both.levels] == [4, 1]
    assert (both.available, both.kept) == (5, 5)


def test_an_order_does_not_stand_in_its_own_way() -> None:
    ledger = book(
        supply(5),
        promise("mine", 3, allocated_account(MUG, BERLIN)),
        promise("theirs", 2, movable_account(MUG, BERLIN)),
    )

    mine = level_of(ledger, own=[p for p in ledger.pendings() if p.id == "mine"])

    assert (level_of(ledger).available, mine.available, mine.own) == (0, 3, 3)


def test_what_is_expected_is_read_by_place_and_day() -> None:
    late, soon = (incoming_account(MUG, BERLIN, in_days(n)) for n in (9, 2))
    ledger = book(
        supply(8, late),
        supply(5, soon),
        supply(1, incoming_account(MUG, LYON, DAY)),
        promise("pre", 3, preordered_account(MUG, BERLIN), soon),
    )

    told = dated_supply(MUG, ledger.balances())

    assert told == {
        BERLIN: (DatedSupply(in_days(2), 5, 3), DatedSupply(in_days(9), 8, 0)),
        LYON: (DatedSupply(DAY, 1, 0),),
    }
    assert level_of(ledger, supply=told).preordered == 3


def expecting(on_hand: int, *supply: tuple[int, int, int], safety: int = 0) -> StockLevel:
    rows = tuple(
        DatedSupply(in_days(day), expected, promised) for day, expected, promised in supply
    )
    return StockLevel(MUG, BERLIN, on_hand, terms=StockTerms(safety=safety), supply=rows)


def test_what_can_be_promised_grows_with_supply_less_what_is_promised_of_it() -> None:
    level = expecting(2, (3, 5, 4), (7, 10, 0), safety=1)

    told = [level.available_to_promise(in_days(n)) for n in (0, 3, 7)]

    assert told == [1, 2, 12]


def test_supply_fills_what_is_short_first() -> None:
    level = expecting(-4, (3, 5, 0))

    assert [level.available_to_promise(in_days(n)) for n in (0, 3)] == [0, 1]


def test_earlier_units_are_held_for_a_later_supply_that_is_promised_beyond_what_it_brings() -> None:
    level = expecting(5, (3, 2, 6), (9, 8, 0))

    assert [level.available_to_promise(in_days(n)) for n in (0, 3, 9)] == [1, 1, 9]


def test_supply_that_is_late_counts_for_nothing_and_its_promises_still_do() -> None:
    level = expecting(5, (3, 10, 4))

    assert level.available_to_promise(in_days(4)) == 11
    assert level.available_to_promise(in_days(4), on=in_days(3)) == 11
    assert level.available_to_promise(in_days(4), on=in_days(4)) == 1


SUPPLY = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    max_size=5,
    unique_by=lambda row: row[0],
)


@given(on_hand=st.integers(-5, 9), supply=SUPPLY, by=st.integers(0, 10))
def test_a_unit_promised_for_a_day_leaves_no_later_day_short(
    on_hand: int, supply: list[tuple[int, int, int]], by: int
) -> None:
    """As it is defined: the least cumulative of the day and all later ones."""

    def cumulative(day: int) -> int:
        return on_hand + sum(e - p for d, e, p in supply if d <= day)

    told = expecting(on_hand, *supply).available_to_promise(in_days(by))

    assert told == max(0, min(cumulative(day) for day in range(by, 11)))


@given(on_hand=st.integers(0, 9), supply=SUPPLY)
def test_what_can_be_promised_never_falls_with_a_later_day(
    on_hand: int, supply: list[tuple[int, int, int]]
) -> None:
    level = expecting(on_hand, *supply)

    told = [level.available_to_promise(in_days(day)) for day in range(11)]

    assert told == sorted(told)


PROMISES = st.lists(
    st.tuples(
        st.sampled_from([BERLIN, LYON]),
        st.sampled_from(["reserved", "allocated", "movable"]),
        st.integers(1, 9),
    ),
    max_size=8,
)
TARGETS = {
    "reserved": reserved_account,
    "allocated": allocated_account,
    "movable": movable_account,
}


@given(stock=st.tuples(st.integers(0, 20), st.integers(0, 20)), promises=PROMISES)
def test_terms_add_up_at_each_place_and_over_all(
    stock: tuple[int, int], promises: list[tuple[PlaceId, str, int]]
) -> None:
    places = (BERLIN, LYON)
    steps: list[Step] = [
        supply(n, available_account(MUG, p)) for p, n in zip(places, stock, strict=True) if n
    ]
    steps += [
        promise(f"h{n}", amount, TARGETS[kind](MUG, place), available_account(MUG, place))
        for n, (place, kind, amount) in enumerate(promises)
    ]
    ledger = book(*steps)
    balances = {
        a: ledger.balance_at(a, NOW) for place in places for a in stock_accounts(MUG, place)
    }

    both = availability(MUG, places, balances)

    for level, on_hand in zip(both.levels, stock, strict=True):
        sums = {
            kind: sum(n for p, k, n in promises if (p, k) == (level.place, kind))
            for kind in TARGETS
        }
        assert (level.reserved, level.allocated, level.movable) == tuple(sums.values())
        assert level.available - level.shortage == level.net == on_hand - sum(sums.values())
    assert both.available == sum(level.available for level in both.levels)
