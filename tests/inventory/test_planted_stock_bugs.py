"""
The walk is worth its time: it finds each of these bugs when it is put into the books.

A bug is planted by exchanging one function; the same walks find nothing without it.
"""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from ordercore.errors import InvariantViolated
from ordercore.instants import Instant
from ordercore.inventory import (
    Bucket,
    Lot,
    LotStrategy,
    Movements,
    available_account,
    outside_account,
)
from ordercore.inventory import _linked as linked
from ordercore.inventory import _lots as lots
from ordercore.ledger import AccountId, OpenPending, PostPending, Reverse, VoidPending
from ordercore.ledger import _rules as rules
from ordercore.ledger._holds import Hold, merged, promised_at
from ordercore.ledger._table import Table
from tests.inventory.stock_walk import StockWalk

#: So many walks of so many steps; a bug that outlives them is not found.
WALKS, STEPS = 4, 400

Patch = pytest.MonkeyPatch


def half_movement(reason: str) -> Callable[[Patch], None]:
    """A movement writes the physical book alone."""

    def plant(patch: Patch) -> None:
        whole = Movements._move_units

        def move(self: Movements, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("leave_at_least", None) if args[4] == reason else None
            (Movements._take_units if args[4] == reason else whole)(self, *args, **kwargs)

        patch.setattr(Movements, "_move_units", move)

    return plant


def counterpart(of: Bucket, instead: Callable[[str, str, str], AccountId]) -> Callable[..., None]:
    """A bucket has another counterpart in the promise book."""

    def plant(patch: Patch) -> None:
        right = linked._counterpart

        def wrong(spot: linked.Spot, sku: Any, owner: str) -> AccountId:
            if spot.code is of:
                return instead(sku, spot.place, owner)
            return right(spot, sku, owner)

        patch.setattr(linked, "_counterpart", wrong)

    return plant


def guard_off_by_one(patch: Patch) -> None:
    right = rules._guard

    def wrong(step: Any, source: Any, amount: int, least: int, *rest: Any) -> None:
        right(step, source, amount, least - 1, *rest)

    patch.setattr(rules, "_guard", wrong)


def guard_of(change: Callable[[int], int | None]) -> Callable[[Patch], None]:
    """Promises are made under another guard than was asked."""

    def plant(patch: Patch) -> None:
        right = Movements._pend

        def wrong(self: Movements, *args: Any, leave_at_least: int | None, **rest: Any) -> str:
            least = None if leave_at_least is None else change(leave_at_least)
            return right(self, *args, leave_at_least=least, **rest)

        patch.setattr(Movements, "_pend", wrong)

    return plant


def release_restores_twice(patch: Patch) -> None:
    right = rules._RULES[VoidPending]

    def wrong(step: Any, table: Table, at: Instant) -> None:
        right(step, table, at)
        hold = table.closed[step.pending]
        table.account(hold.source).pending_out -= hold.amount

    patch.setitem(rules._RULES, VoidPending, wrong)


def expiry_is_ignored_by_guards(patch: Patch) -> None:
    patch.setattr(Table, "expire_due", lambda *_: None)


def a_hold_can_be_used_after_its_time(patch: Patch) -> None:
    patch.setattr(rules, "_is_due", lambda *_: False)


def merging_changes(**change: Callable[[list[Hold]], object]) -> Callable[[Patch], None]:
    def plant(patch: Patch) -> None:
        right = merged

        def wrong(step: Any, holds: list[Hold]) -> OpenPending:
            changed: dict[str, Any] = {name: of(holds) for name, of in change.items()}
            return attrs.evolve(right(step, holds), **changed)

        patch.setattr(rules, "merged", wrong)

    return plant


def a_moved_promise_is_released_first(patch: Patch) -> None:
    right = Movements._instead_of

    def wrong(self: Movements, *args: Any, **kwargs: Any) -> str:
        made = right(self, *args, **kwargs)
        self.steps[-2:] = reversed(self.steps[-2:])
        return made

    patch.setattr(Movements, "_instead_of", wrong)


def a_partial_pick_lets_the_rest_go(patch: Patch) -> None:
    def wrong(self: Movements, hold: str, held: int, quantity: int, reason: str) -> tuple[str, str]:
        self.steps.append(
            PostPending(f"{hold}/short", hold, quantity, reason, "", self.occurred_at)
        )
        return hold, ""

    patch.setattr(Movements, "divide", wrong)


def the_last_to_expire_goes_first(patch: Patch) -> None:
    patch.setitem(lots._ORDER, LotStrategy.FEFO, lambda lot: (-lots._good_until(lot).toordinal(),))


def expired_lots_are_picked(patch: Patch) -> None:
    patch.setattr(Lot, "lives", lambda *_: True)


def half_a_batch_may_be_repeated(patch: Patch) -> None:
    patch.setattr(rules, "require_all_repeated", lambda *_: None)


def a_repeat_is_not_compared(patch: Patch) -> None:
    patch.setattr(rules, "require_same", lambda *_: None)


def a_refused_batch_leaves_its_first_steps(patch: Patch) -> None:
    patch.setattr(Table, "unwind", Table.finish)


def a_reversal_asks_for_nothing(patch: Patch) -> None:
    right = rules._RULES[Reverse]

    def wrong(step: Any, table: Table, at: Instant) -> None:
        right(attrs.evolve(step, leave_at_least=None), table, at)

    patch.setitem(rules._RULES, Reverse, wrong)


def a_receipt_heals_nothing(patch: Patch) -> None:
    right = Movements.receive
    patch.setattr(Movements, "receive", lambda self, *a, **k: right(self, *a, **{**k, "heals": 0}))


BUGS: dict[str, Callable[[Patch], None]] = {
    "a receipt writes no promise side": half_movement("receive"),
    "what is put back is not for sale again": half_movement("put_back"),
    "sending ignores what is promised": half_movement("send"),
    "arriving leaves its announcement": counterpart(
        Bucket.IN_TRANSIT, lambda sku, *_: outside_account(sku)
    ),
    "damaged units are for sale": counterpart(Bucket.DAMAGED, available_account),
    "a guard is off by one": guard_off_by_one,
    "a safety stock is sold": guard_of(lambda least: min(least, 0)),
    "a cap of backorders is no cap": guard_of(lambda least: None if least < 0 else least),
    "a release restores twice": release_restores_twice,
    "expiry is ignored by guards": expiry_is_ignored_by_guards,
    "a hold can be used after its time": a_hold_can_be_used_after_its_time,
    "a merger loses a unit": merging_changes(
        amount=lambda holds: sum(hold.amount for hold in holds) - 1
    ),
    "a merger forgets the earliest": merging_changes(
        promised_at=lambda holds: max(promised_at(hold) for hold in holds)
    ),
    "a moved promise is released first": a_moved_promise_is_released_first,
    "a partial pick lets the rest go": a_partial_pick_lets_the_rest_go,
    "the last to expire goes first": the_last_to_expire_goes_first,
    "expired lots are picked": expired_lots_are_picked,
    "half a batch may be repeated": half_a_batch_may_be_repeated,
    "a repeat is not compared": a_repeat_is_not_compared,
    "a refused batch leaves its first steps": a_refused_batch_leaves_its_first_steps,
    "a reversal asks for nothing": a_reversal_asks_for_nothing,
    "a receipt heals nothing": a_receipt_heals_nothing,
}


def steps_until_found() -> int | None:
    """How many steps it takes; None where all walks come to their end."""
    done = 0
    for seed in range(WALKS):
        walk = StockWalk(seed)
        try:
            walk.walk(STEPS, whole_every=100)
        except (AssertionError, InvariantViolated):
            return done + walk.steps
        done += walk.steps
    return None


def test_where_nothing_is_planted_nothing_is_found() -> None:
    assert steps_until_found() is None


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[bug](monkeypatch)
    assert steps_until_found() is not None
