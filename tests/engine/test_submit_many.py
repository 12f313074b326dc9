"""
Many commands at once come to what one after the other comes to, in as few transactions as can be.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore import (
    CancelUnits,
    Conflict,
    InvalidData,
    InvalidDefinition,
    MemoryStore,
    OrderCoreError,
    PlaceOrder,
    PortUnavailable,
    ReceiveStock,
    Rejected,
    Submitted,
    Wish,
)
from ordercore.grammar import Command
from ordercore.ports import Commit, Store
from tests.engine.test_async import Shop as AsyncShop
from tests.engine.test_promises import Shop, order


class Counted:
    """A store that tells how its commits came."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.groups: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def commit(self, commit: Commit) -> object:
        self.groups.append(1)
        return self.store.commit(commit)

    def commit_many(self, commits: Sequence[Commit]) -> object:
        self.groups.append(len(commits))
        return self.store.commit_many(commits)


def told(result: Submitted | OrderCoreError) -> object:
    """A result as far as it does not name its key, which is another one each time."""
    if isinstance(result, Rejected):
        return (result.code, str(result))
    if isinstance(result, Submitted):
        return (result.stream, result.version, [type(event) for event in result.events])
    return repr(result)


WISHES = st.lists(
    st.one_of(
        st.builds(order, st.sampled_from(["O-1", "O-2", "O-3", "O-4"]), st.integers(1, 2)),
        st.builds(lambda n: CancelUnits(order_id=f"O-{n}"), st.integers(1, 5)),
        st.just(ReceiveStock(place="berlin", lines={"MUG": 2})),
        st.just(ReceiveStock(place="lyon", lines={"MUG": 2})),
    ),
    max_size=8,
)


@given(WISHES, st.integers(8, 20))
def test_many_at_once_come_to_what_one_after_the_other_comes_to(
    wishes: list[Command], units: int
) -> None:
    together, apart = Shop().stocked(MUG=units), Shop().stocked(MUG=units)

    found = together.engine.submit_many([Wish(w, key=f"k{n}") for n, w in enumerate(wishes)])

    alone: list[Submitted | OrderCoreError] = []
    for n, wish in enumerate(wishes):
        try:
            alone.append(apart.engine.submit(wish, key=f"k{n}", perform=False))
        except OrderCoreError as error:
            alone.append(error)
    for stream in apart.store.streams(apart.engine.tenant):
        apart.engine.resume(stream.partition("/")[2])
    assert [told(result) for result in found] == [told(result) for result in alone]
    assert together.engine.availability("MUG") == apart.engine.availability("MUG")
    assert str(together.engine.verify()) == str(apart.engine.verify())


def test_orders_of_one_moment_are_written_in_one_transaction() -> None:
    store = Counted()
    shop = Shop(cast("Store", store)).stocked(MUG=20)
    store.groups.clear()

    results = shop.engine.submit_many([order(f"O-{n}") for n in range(20)], perform=False)

    assert store.groups == [20]
    assert [cast("Submitted", r).stream for r in results] == [f"order/O-{n}" for n in range(20)]


def test_what_comes_then_is_performed_for_every_order() -> None:
    shop = Shop().stocked(MUG=3)

    shop.engine.submit_many([order("O-1"), order("O-2")])

    assert [shop.engine.order(name).status for name in ("O-1", "O-2")] == ["released", "released"]


def test_who_loses_the_last_unit_to_another_of_the_group_is_refused_and_nobody_else() -> None:
    store = Counted()
    shop = Shop(cast("Store", store)).stocked(MUG=2)
    store.groups.clear()

    first, second, third = shop.engine.submit_many(
        [order("O-1"), order("O-2"), order("O-3")], perform=False
    )

    assert isinstance(first, Submitted)
    assert isinstance(second, Submitted)
    assert isinstance(third, Rejected)
    assert third.code == "shortage"
    assert store.groups == [3, 1]  # the refusal is recorded by itself
    assert str(shop.engine.verify()).endswith("balanced, no leaks")


def test_two_commands_of_one_order_are_decided_one_after_the_other() -> None:
    shop = Shop().stocked(MUG=1)

    placed, canceled = shop.engine.submit_many([order(), CancelUnits(order_id="O-1")])

    assert cast("Submitted", canceled).version > cast("Submitted", placed).version
    assert shop.engine.order("O-1").status == "canceled"


def test_what_stands_behind_a_receipt_sees_it() -> None:
    shop = Shop()

    results = shop.engine.submit_many([ReceiveStock(place="berlin", lines={"MUG": 1}), order()])

    assert all(isinstance(result, Submitted) for result in results)


def test_a_key_that_comes_twice_is_answered_twice_and_done_once() -> None:
    shop = Shop().stocked(MUG=5)

    first, again, other = shop.engine.submit_many(
        [Wish(order(), key="k"), Wish(order(), key="k"), Wish(order("O-2"), key="k")]
    )

    assert isinstance(first, Submitted)
    assert isinstance(again, Submitted)
    assert (again.repeated, again.events) == (True, first.events)
    assert isinstance(other, Rejected)
    assert other.code == "key_reused"


def test_a_version_that_is_out_of_date_is_its_own_error() -> None:
    shop = Shop().stocked(MUG=5)
    shop.engine.submit(order())

    stale, fine = shop.engine.submit_many(
        [Wish(CancelUnits(order_id="O-1"), expected_version=1), order("O-2")]
    )

    assert isinstance(stale, Conflict)
    assert isinstance(fine, Submitted)


def test_a_malformed_key_stops_all_before_anything_is_done() -> None:
    shop = Shop().stocked(MUG=5)

    with pytest.raises(InvalidData, match="key"):
        shop.engine.submit_many([order("O-1"), Wish(order("O-2"), key="")])

    assert list(shop.engine.order_ids()) == []


def test_a_command_that_nobody_decides_is_its_own_error() -> None:
    shop = Shop().stocked(MUG=5)

    unknown, fine = shop.engine.submit_many([Command(), order()])

    assert isinstance(unknown, InvalidDefinition)
    assert isinstance(fine, Submitted)


def test_a_store_that_is_away_is_an_error_of_each_and_nothing_is_written() -> None:
    store = Counted()
    shop = Shop(cast("Store", store)).stocked(MUG=5)

    def away(commits: Sequence[Commit]) -> object:
        raise PortUnavailable("store", "away")

    store.commit_many = away  # type: ignore[method-assign]

    results = shop.engine.submit_many([order("O-1"), order("O-2")])

    assert [type(result) for result in results] == [PortUnavailable, PortUnavailable]
    assert list(shop.engine.order_ids()) == []


def test_nothing_is_wished_for_and_nothing_done() -> None:
    assert Shop().engine.submit_many([]) == ()


def test_the_awaited_engine_does_the_same() -> None:
    async def run() -> tuple[list[object], list[int]]:
        store = Counted()
        shop = await AsyncShop(store).stocked(2)
        store.groups.clear()
        wishes: list[PlaceOrder] = [order("O-1"), order("O-2"), order("O-3")]
        results = await shop.engine.submit_many(wishes)
        statuses: list[object] = [(await shop.engine.order(n)).status for n in ("O-1", "O-2")]
        return [*statuses, type(results[2])], store.groups[:2]

    assert asyncio.run(run()) == (["released", "released", Rejected], [3, 1])
