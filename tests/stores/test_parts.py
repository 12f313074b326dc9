"""Accounts in parts: nobody sees them, nothing is oversold, and nothing strands."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from random import Random
from typing import Any

import attrs
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ordercore.engine import audit_ledger
from ordercore.errors import InvalidData, InvalidDefinition, Rejected
from ordercore.ledger import Balance, Pend, Post, VoidPending
from ordercore.ports import Commit
from ordercore.stores import MemoryStore, PostgresStore
from ordercore.stores import _postgres_parts as parts_module
from ordercore.stores._postgres_ledger import columns
from ordercore.stores._postgres_parts import spread
from tests.stores._toys import (
    ALLOCATED,
    AVAILABLE,
    OTHER,
    SHOP,
    START,
    ToyCodec,
    available,
    promise,
    says,
    supply,
)
from tests.stores.test_agreement import ACCOUNTS, Walk, answer, readings

PARTS = 4


@pytest.fixture
def place(dsn: str, new_schema: Callable[[], str]) -> dict[str, Any]:
    """Say where an empty store is, as options."""
    return {"dsn": dsn, "schema": new_schema(), "codec": ToyCodec()}


@pytest.fixture
def rows(dsn: str, place: dict[str, Any]) -> Iterator[Callable[[], list[tuple[Any, ...]]]]:
    """Read the parts of what is available: (part, free)."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{place["schema"]}"'.encode())

        def read() -> list[tuple[Any, ...]]:
            text = "SELECT part, posted - pending_out FROM oc_balances WHERE account = %s"
            return connection.execute(text + " ORDER BY part", (AVAILABLE,)).fetchall()

        yield read


def of_the_ledger_alone(commit: Commit) -> Commit:
    """Leave out what belongs to a stream."""
    receipt = attrs.evolve(commit.receipt, stream=None, from_version=0, to_version=0)
    return attrs.evolve(
        commit, receipt=receipt, events=(), next_due=None, settles=(), waits=0, snapshot=None
    )


# ---------------------------------------------------------------- nobody sees them


@given(seed=st.integers(0, 2**32 - 1))
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_store_whose_accounts_are_split_answers_like_one_in_memory(
    emptied: Callable[[str], str], place: dict[str, Any], seed: int
) -> None:
    emptied(place["schema"])
    random, memory = Random(seed), MemoryStore()
    walk = Walk(random, memory)
    with pytest.MonkeyPatch.context() as patch, ExitStack() as opened:
        patch.setattr(parts_module, "SHARE_MIN", 1)  # what little the walk moves is spread too
        # Each has a connection of its own, and hence another part.
        stores = [opened.enter_context(closing(PostgresStore(**place))) for _ in range(3)]
        for _ in range(40):
            commit = walk.commit()
            if random.random() < 0.6:
                commit = of_the_ledger_alone(commit)
            assert answer(memory, commit) == answer(random.choice(stores), commit)
            if random.random() < 0.2:
                split_some(random, random.choice(stores), memory)
        assert readings(memory) == readings(random.choice(stores))
        for tenant in (SHOP, OTHER):
            assert audit_ledger(stores[0], tenant) == ()


def split_some(random: Random, store: PostgresStore, memory: MemoryStore) -> None:
    tenant, name = random.choice((SHOP, SHOP, OTHER)), random.choice(ACCOUNTS)
    if name in {touched for touched, _ in memory.accounts(tenant)}:
        store.split_account(tenant, name, random.choice((1, 2, 3)))
    if random.random() < 0.2:
        store.maintain(tenant, tail_rows=1)


def test_a_refusal_tells_what_all_parts_have(place: dict[str, Any]) -> None:
    with closing(PostgresStore(**place)) as store:
        store.commit(says("c-0", None, steps=(supply("t-0", 100),)))
        store.split_account(SHOP, AVAILABLE, PARTS)
        store.commit(says("c-1", None, steps=(promise("h-1", 1),)))

        with pytest.raises(Rejected, match="99 can be had"):
            store.commit(says("c-2", None, steps=(promise("h-2", 101),)))

        store.commit(says("c-3", None, steps=(promise("h-3", 99),)))
        assert available(store) == 0


def test_a_guard_above_zero_protects_the_sum_of_all_parts(place: dict[str, Any]) -> None:
    with closing(PostgresStore(**place)) as store:
        store.commit(says("c-0", None, steps=(supply("t-0", 100),)))
        store.split_account(SHOP, AVAILABLE, PARTS)

        store.commit(says("c-1", None, steps=(promise("h-1", 60, least=40),)))

        with pytest.raises(Rejected, match="0 can be had"):
            store.commit(says("c-2", None, steps=(promise("h-2", 1, least=40),)))


def test_a_guard_below_zero_lets_the_sum_fall_and_no_part_sell_on(place: dict[str, Any]) -> None:
    with closing(PostgresStore(**place)) as store:
        store.commit(says("c-0", None, steps=(supply("t-0", 100),)))
        store.split_account(SHOP, AVAILABLE, PARTS)

        store.commit(says("c-1", None, steps=(promise("h-1", 105, least=-5),)))

        assert available(store) == -5
        with pytest.raises(Rejected, match="0 can be had"):
            store.commit(says("c-2", None, steps=(promise("h-2", 1),)))


def test_what_is_found_missing_is_missing_from_every_part(place: dict[str, Any]) -> None:
    with closing(PostgresStore(**place)) as store:
        store.commit(says("c-0", None, steps=(supply("t-0", 100),)))
        store.split_account(SHOP, AVAILABLE, PARTS)
        lost = Post("t-1", AVAILABLE, ALLOCATED, 95, "count", "count-1", START)
        store.commit(says("c-1", None, steps=(lost,)))

        with pytest.raises(Rejected, match="5 can be had"):
            store.commit(says("c-2", None, steps=(promise("h-2", 6),)))
        store.commit(says("c-3", None, steps=(promise("h-3", 5),)))

        assert available(store) == 0
        assert audit_ledger(store, SHOP) == ()


def test_a_hold_that_is_due_goes_back_to_an_account_in_parts(place: dict[str, Any]) -> None:
    with closing(PostgresStore(**place)) as store:
        store.commit(says("c-0", None, steps=(supply("t-0", 40),)))
        store.split_account(SHOP, AVAILABLE, PARTS)
        store.commit(says("c-1", None, steps=(promise("h-1", 40, until=5),)))

        store.commit(says("c-2", None, steps=(promise("h-2", 40),), at=5))

        assert available(store, at=5) == 0
        assert [hold.id for hold in store.pendings(SHOP)] == ["h-2"]


def test_a_promise_is_taken_from_one_part_and_goods_are_spread_over_all(
    place: dict[str, Any], rows: Callable[[], list[tuple[Any, ...]]]
) -> None:
    with closing(PostgresStore(**place)) as store:
        store.commit(says("c-0", None, steps=(supply("t-0", 40),)))
        store.split_account(SHOP, AVAILABLE, PARTS)
        assert rows() == [(0, 10), (1, 10), (2, 10), (3, 10)]
        store.commit(says("c-1", None, steps=(promise("h-1", 1),)))  # learns of the parts

        store.commit(says("c-2", None, steps=(promise("h-2", 3),)))
        assert sorted(free for _, free in rows()) in ([6, 10, 10, 10], [7, 9, 10, 10])

        store.commit(says("c-3", None, steps=(promise("h-3", 12),)))
        assert rows() == [(0, 6), (1, 6), (2, 6), (3, 6)]

        store.join_account(SHOP, AVAILABLE)
        assert rows() == [(0, 24)]
        assert store.balances(SHOP, (AVAILABLE,), START) == {AVAILABLE: Balance(40, 16, 0)}


def test_an_account_that_nothing_has_touched_cannot_be_split(place: dict[str, Any]) -> None:
    with closing(PostgresStore(**place)) as store:
        with pytest.raises(InvalidData, match="nothing was ever recorded of it"):
            store.split_account(SHOP, AVAILABLE)
        with pytest.raises(InvalidDefinition, match="can't lie in 0 parts"):
            store.split_account(SHOP, AVAILABLE, 0)

        assert list(store.accounts(SHOP)) == []


@given(
    posted=st.integers(-50, 500),
    out=st.integers(0, 300),
    into=st.integers(0, 9),
    parts=st.integers(1, 9),
)
def test_parts_sum_to_their_account_and_none_owes_while_another_has(
    posted: int, out: int, into: int, parts: int
) -> None:
    lots = list(spread(posted, out, into, parts))

    assert [part for part, *_ in lots] == list(range(parts))
    assert [sum(column) for column in zip(*lots, strict=True)][1:] == [posted, out, into]
    frees = [had - held for _, had, held, _ in lots]
    assert all(free >= 0 for free in frees[1:])
    assert frees[0] >= 0 or not any(frees[1:])


# ---------------------------------------------------------------- all at once


def test_buyers_of_a_split_account_get_every_unit_and_no_more(place: dict[str, Any]) -> None:
    units, stores_open, buyers, delivered = 320, 6, 2, count(1)
    with ExitStack() as opened:
        stores = [
            opened.enter_context(closing(PostgresStore(connections_max=buyers, **place)))
            for _ in range(stores_open)
        ]
        stores[0].commit(says("c-0", None, steps=(supply("t-0", units // 2),)))
        stores[0].split_account(SHOP, AVAILABLE, PARTS)

        def buy(buyer: int) -> int:
            random, store, bought = Random(buyer), stores[buyer % stores_open], 0
            for n in count():
                name, size = f"{buyer}-{n}", random.randint(1, 4)
                try:
                    store.commit(says(f"c-{name}", None, steps=(promise(f"h-{name}", size),)))
                except Rejected as refusal:
                    left = refusal.data["available"]
                    if not left:
                        return bought
                    assert isinstance(left, int)
                    assert 0 < left < size
                    continue
                bought += size
                if not random.randrange(8):  # and some bring their units back
                    void = VoidPending(f"v-{name}", f"h-{name}", "no", "cart-1", START)
                    store.commit(says(f"cv-{name}", None, steps=(void,)))
                    bought -= size
            raise AssertionError

        def rearrange() -> None:
            for n in range(8):
                stores[n % stores_open].split_account(SHOP, AVAILABLE, (1, 3, 7, PARTS)[n % 4])
                for _ in range(5):
                    step = supply(f"t-{next(delivered)}", units // 80)
                    stores[0].commit(says(f"c-{step.id}", None, steps=(step,)))

        with ThreadPoolExecutor(stores_open * buyers + 1) as pool:
            rearranged = pool.submit(rearrange)
            bought = list(pool.map(buy, range(stores_open * buyers)))
            rearranged.result()
        left = available(stores[0])
        if left:  # brought back, or in, when the others had been refused
            stores[0].commit(says("c-last", None, steps=(promise("h-last", left),)))

        assert sum(bought) + left == units
        assert available(stores[0]) == 0
        assert sum(hold.amount for hold in stores[0].pendings(SHOP)) == units
        assert audit_ledger(stores[0], SHOP) == ()
        assert min(free_along_the_log(stores[0])) == 0


def free_along_the_log(store: PostgresStore) -> Iterator[int]:
    """Say what was free after each step, as the log tells it."""
    free, held = 0, dict[str, int]()
    for entry in store.entries(SHOP):
        step = entry.step
        if isinstance(step, Post):
            free += step.amount
        elif isinstance(step, VoidPending):
            free += held[step.pending]
        elif isinstance(step, Pend):
            held[step.id] = step.amount
            free -= step.amount
        yield free


def test_one_command_sent_both_ways_at_once_is_recorded_once(place: dict[str, Any]) -> None:
    with (
        closing(PostgresStore(**place)) as store,
        closing(PostgresStore(**place)) as second,
        ThreadPoolExecutor(2) as pool,
    ):
        store.commit(says("c-0", None, steps=(supply("t-0", 20),)))
        for n in range(10):
            commit = says(f"c-{n + 1}", None, steps=(promise(f"h-{n}", 1),))
            alone = pool.submit(store.commit, commit)
            group = says(f"x-{n}", None, steps=(promise(f"x-{n}", 1_000),))  # refused
            many = pool.submit(second.commit_many, (group, commit))

            assert alone.result() == many.result()[1] == commit.receipt

        assert available(store) == 10
        assert audit_ledger(store, SHOP) == ()


# ---------------------------------------------------------------- how rows are sent


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)


@given(st.lists(st.tuples(texts | st.none(), texts, st.integers(-(2**63), 2**63 - 1))))
@example([('"', "\\", 0), (None, "\x1f", 1), ("NULL", "", 2), ("{,}", " ", 3)])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rows_arrive_as_they_were_sent(
    connection: "psycopg.Connection[Any]", sent: list[tuple[str | None, str, int]]
) -> None:
    if sent:
        text = "SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])"
        assert connection.execute(text, list(columns(sent))).fetchall() == sent


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(dsn, autocommit=True) as connected:
        yield connected
