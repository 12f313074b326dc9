"""
The capacity book: no day promises more than it holds, and no promise is ever dropped.

"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from ordercore.errors import Rejected
from ordercore.fulfillment import (
    CapacityLevel,
    CapacityMovements,
    PromisedWork,
    capacity_accounts,
    capacity_level,
    open_account,
    promised_account,
    work_of,
)
from ordercore.ids import PlaceId
from ordercore.ledger import Ledger
from ordercore.places import CapacityMeasure

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
BERLIN = PlaceId("berlin")
ORDERS, UNITS, MINUTES = CapacityMeasure.ORDERS, CapacityMeasure.UNITS, CapacityMeasure.MINUTES
SUNDAY, MONDAY = date(2026, 3, 1), date(2026, 3, 2)


class Planner:
    """
    The days of one place over a ledger.

    """

    def __init__(self, amount: int = 0) -> None:
        self.ledger = Ledger()
        self.batches = 0
        if amount:
            self.set(amount)

    def begin(self) -> CapacityMovements:
        self.batches += 1
        return CapacityMovements(f"c-{self.batches}", "order/O-1", NOW)

    def end(self, movements: CapacityMovements) -> None:
        self.ledger.apply(movements.batch(), NOW)

    def set(self, amount: int, day: date = SUNDAY) -> None:
        movements = self.begin()
        movements.set_open(self.level(day), amount)
        self.end(movements)

    def promise(self, amount: int, day: date = SUNDAY) -> str:
        movements = self.begin()
        hold = movements.promise(UNITS, BERLIN, day, amount)
        self.end(movements)
        return hold

    def level(self, day: date = SUNDAY) -> CapacityLevel:
        accounts = capacity_accounts(UNITS, BERLIN, day)
        return capacity_level(UNITS, BERLIN, day, {a: self.ledger.balance(a) for a in accounts})

    def balances(self) -> dict[str, object]:
        return dict(self.ledger.balances())


def numbers(level: CapacityLevel) -> tuple[int, int, int, int, int]:
    return level.open, level.promised, level.done, level.left, level.overbooked


def test_accounts_are_named_by_measure_place_and_day() -> None:
    assert open_account(ORDERS, "berlin", SUNDAY) == "capacity|open|orders|berlin||2026-03-01"
    assert promised_account(MINUTES, "lyon", MONDAY) == "capacity|promised|minutes|lyon||2026-03-02"


@pytest.mark.parametrize(
    ("units", "measure", "minutes", "amount"),
    [(3, ORDERS, 20, 1), (0, ORDERS, 20, 0), (3, UNITS, 20, 3), (3, MINUTES, 20, 60)],
)
def test_work_is_counted_as_the_place_counts(
    units: int, measure: CapacityMeasure, minutes: int, amount: int
) -> None:
    assert work_of(units, measure, minutes) == amount


def test_a_day_that_nobody_has_set_holds_nothing() -> None:
    planner = Planner()

    assert numbers(planner.level()) == (0, 0, 0, 0, 0)
    with pytest.raises(Rejected, match="shortage"):
        planner.promise(1)


def test_a_promise_takes_its_part_and_done_work_stays_counted() -> None:
    planner = Planner(10)
    hold = planner.promise(4)
    assert numbers(planner.level()) == (10, 4, 0, 6, 0)

    movements = planner.begin()
    movements.done(hold)
    planner.end(movements)
    assert numbers(planner.level()) == (10, 0, 4, 6, 0)


def test_a_day_set_below_what_is_promised_is_overbooked_and_keeps_its_promises() -> None:
    planner = Planner(10)
    planner.promise(8)

    planner.set(5)

    assert numbers(planner.level()) == (5, 8, 0, 0, 3)
    assert [hold.amount for hold in planner.ledger.pendings()] == [8]
    with pytest.raises(Rejected, match="shortage"):
        planner.promise(1)
    planner.set(9)
    assert numbers(planner.level()) == (9, 8, 0, 1, 0)


def test_setting_what_is_set_posts_nothing() -> None:
    planner = Planner(10)
    movements = planner.begin()

    movements.set_open(planner.level(), 10)

    assert movements.batch() == ()


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_of_two_who_set_a_day_at_once_the_second_is_refused(
    before: int, first: int, second: int
) -> None:
    planner = Planner(before)
    seen = planner.level()
    planner.set(first)
    late = planner.begin()
    late.set_open(seen, second)

    if second == before:  # nothing to do, as it seemed
        assert late.batch() == ()
    elif first == before:
        planner.end(late)
        assert planner.level().open == second
    else:
        with pytest.raises(Rejected, match="shortage"):
            planner.end(late)
        assert planner.level().open == first


@given(st.integers(1, 20), st.data())
def test_a_promise_given_back_in_parts_leaves_no_trace_in_any_balance(
    amount: int, data: st.DataObject
) -> None:
    planner = Planner(20)
    before = planner.balances() | {promised_account(UNITS, BERLIN, SUNDAY): (0, 0, 0)}
    hold, held = planner.promise(amount), amount
    while held > 1 and data.draw(st.booleans()):
        part = data.draw(st.integers(1, held - 1))
        movements = planner.begin()
        hold = movements.release_part(hold, held, part, "canceled")
        planner.end(movements)
        held -= part
        assert planner.level().promised == held

    movements = planner.begin()
    movements.release(hold, "canceled")
    planner.end(movements)

    assert planner.balances() == before
    assert not list(planner.ledger.pendings())


@given(st.integers(1, 9), st.integers(1, 9))
def test_less_work_needs_less_of_a_day_and_an_order_remains_an_order(units: int, left: int) -> None:
    def promised(amount: int, per_unit: int) -> PromisedWork:
        return PromisedWork(
            place=BERLIN, day=SUNDAY, measure=UNITS, amount=amount, per_unit=per_unit, hold="h"
        )

    left = min(left, units)
    assert promised(1, 0).needed(left) == 1
    assert promised(1, 0).needed(0) == 0
    assert promised(units * 20, 20).needed(left) == left * 20
    assert promised(units, 1).needed(units + 5) == units


class Days(RuleBasedStateMachine):
    """
    Two days of a place against two dictionaries.

    """

    holds = Bundle("holds")
    days = st.sampled_from([SUNDAY, MONDAY])

    def __init__(self) -> None:
        super().__init__()
        self.planner = Planner()
        self.open: Counter[date] = Counter()
        self.promised: Counter[date] = Counter()
        self.done_: Counter[date] = Counter()

    @rule(day=days, amount=st.integers(0, 12))
    def set(self, day: date, amount: int) -> None:
        self.planner.set(amount, day)
        self.open[day] = amount

    @rule(target=holds, day=days, amount=st.integers(1, 6))
    def promise(self, day: date, amount: int) -> tuple[str, date, int] | None:
        if amount > self.open[day] - self.promised[day] - self.done_[day]:
            with pytest.raises(Rejected, match="shortage"):
                self.planner.promise(amount, day)
            return None
        hold = self.planner.promise(amount, day)
        self.promised[day] += amount
        return hold, day, amount

    @rule(promised=consumes(holds), done=st.booleans())
    def end(self, promised: tuple[str, date, int] | None, done: bool) -> None:
        if promised is None:
            return
        hold, day, amount = promised
        movements = self.planner.begin()
        if done:
            movements.done(hold)
            self.done_[day] += amount
        else:
            movements.release(hold, "canceled")
        self.planner.end(movements)
        self.promised[day] -= amount

    @invariant()
    def every_day_is_as_told_and_no_other_has_a_say(self) -> None:
        for day in (SUNDAY, MONDAY):
            level = self.planner.level(day)
            told = self.open[day], self.promised[day], self.done_[day]
            assert (level.open, level.promised, level.done) == told
            assert level.left - level.overbooked == told[0] - told[1] - told[2]
            assert min(level.left, level.overbooked) == 0
        assert set(self.planner.ledger.trial_balance().values()) <= {0}


TestDays = Days.TestCase
TestDays.settings = settings(max_examples=60, stateful_step_count=30, deadline=timedelta(seconds=2))
