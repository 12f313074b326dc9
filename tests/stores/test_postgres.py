"""What is particular to a store in PostgreSQL: opening, versions, locks, lost connections."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from ordercore.engine import audit_ledger
from ordercore.errors import (
    InvalidData,
    InvalidDefinition,
    InvariantViolated,
    OutcomeUnknown,
    PortUnavailable,
)
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.ledger import Balance, Post, Reverse, account
from ordercore.stores import AsyncPostgresStore, PostgresStore
from ordercore.stores import _postgres_schema as schema_module
from ordercore.stores import _postgres_threads as threads
from ordercore.stores._postgres_work import Statement
from tests.stores._toys import (
    AVAILABLE,
    OTHER,
    SHOP,
    START,
    SUPPLY,
    ToyCodec,
    available,
    promise,
    says,
    supply,
    told,
)


@pytest.fixture
def place(dsn: str, new_schema: Callable[[], str]) -> dict[str, Any]:
    """Say where an empty store is, as options."""
    return {"dsn": dsn, "schema": new_schema(), "codec": ToyCodec()}


@pytest.fixture
def sql(dsn: str, place: dict[str, Any]) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Run statements in the store's schema, each for itself."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{place["schema"]}"'.encode())

        def run(text: str) -> list[tuple[Any, ...]]:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

        yield run


def test_what_was_committed_is_there_when_the_store_is_opened_again(place: dict[str, Any]) -> None:
    with closing(PostgresStore(**place)) as store:
        store.commit(says("c-1", "s-1", "a", steps=(supply("t-1", 3), promise("h-1", 1))))

    with closing(PostgresStore(**place)) as again:
        assert told(again) == ["a"]
        assert available(again) == 2
        assert again.recall(SHOP, CommandId("c-1")) == says("c-1", "s-1", "a").receipt


def test_a_store_of_a_newer_version_is_refused_and_left_alone(
    place: dict[str, Any], sql: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    sql("UPDATE oc_meta SET value = 99")
    try:
        with pytest.raises(InvalidData, match=r"has version 99.*versions 1 to 1"):
            PostgresStore(**place)

        assert sql("SELECT value FROM oc_meta") == [(99,)]
    finally:
        sql("UPDATE oc_meta SET value = 1")


def test_an_older_store_is_brought_forward_with_all_it_holds(
    dsn: str, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"dsn": dsn, "schema": f"{schema}_older", "codec": ToyCodec()}
    with closing(PostgresStore(**options)) as store:
        store.commit(says("c-1", "s-1", "a"))
    newer = (*schema_module.MIGRATIONS, ("ALTER TABLE oc_streams ADD COLUMN note text",))
    monkeypatch.setattr(schema_module, "MIGRATIONS", newer)

    with closing(PostgresStore(**options)) as store:
        assert told(store) == ["a"]
        store.commit(says("c-2", "s-1", "b", version=1))


def test_eight_that_open_a_new_store_at_the_same_moment_all_succeed(dsn: str, schema: str) -> None:
    start = threading.Barrier(8)

    def open_one(n: int) -> None:
        start.wait(timeout=30)
        with closing(PostgresStore(dsn, schema=f"{schema}_at once", codec=ToyCodec())) as store:
            store.commit(says(f"c-{n}", f"s-{n}", "a"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_one, range(8)))

    with closing(PostgresStore(dsn, schema=f"{schema}_at once", codec=ToyCodec())) as store:
        assert len(list(store.streams(SHOP))) == 8


@pytest.mark.parametrize("named", [True, False], ids=["a schema", "the search path"])
def test_who_has_waited_for_another_to_make_the_tables_finds_them_made(
    dsn: str, schema: str, named: bool
) -> None:
    """
    Both look before they wait, and what PostgreSQL then remembers must not be what they see later.

    """
    name = f"{schema}_{'named' if named else 'found'}"
    if not named:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA "{name}"'.encode())
    here: dict[str, Any] = (
        {"dsn": dsn, "schema": name} if named else {"dsn": f"{dsn} options='-c search_path={name}'"}
    )
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))"
    with psycopg.connect(dsn) as first, psycopg.connect(dsn, autocommit=True) as watch:
        first.execute(schema_module._LOCK)
        with ThreadPoolExecutor(2) as pool:
            opening = [pool.submit(PostgresStore, codec=ToyCodec(), **here) for _ in range(2)]
            ends = time.monotonic() + 30
            while time.monotonic() < ends:
                found = psycopg.RawCursor(watch).execute(waiting, (first.info.backend_pid,))
                if found.fetchone() == (2,):
                    break
            first.rollback()
            for store in [opened.result(timeout=30) for opened in opening]:
                store.close()


def test_a_server_that_is_not_there_is_an_unavailable_store() -> None:
    with pytest.raises(PortUnavailable):
        PostgresStore("host=/nowhere dbname=x", connect_timeout_ms=1_000)


@pytest.mark.parametrize("sizes", [(2, 1), (-1, 1), (0, 0)])
def test_a_pool_that_cant_be_is_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(InvalidDefinition, match="a pool can't have"):
        PostgresStore("host=/nowhere", connections_min=sizes[0], connections_max=sizes[1])


def test_a_pool_of_the_host_is_used_and_stays_open(place: dict[str, Any]) -> None:
    with ConnectionPool[Any](place.pop("dsn"), min_size=1, max_size=2, open=False) as pool:
        with pytest.raises(InvalidDefinition, match="not both"):
            PostgresStore("host=/nowhere", pool=pool)
        with closing(PostgresStore(pool=pool, **place)) as store:
            store.commit(says("c-1", "s-1", "a", steps=(supply("t-1", 1),)))
            assert told(store) == ["a"]

        assert not pool.closed


def test_a_closed_store_says_that_it_was_closed(postgres: PostgresStore) -> None:
    postgres.commit(says("c-1", "s-1", "a"))
    postgres.close()

    for work in (
        lambda: postgres.commit(says("c-2", "s-2", "a")),
        lambda: postgres.load(SHOP, StreamId("s-1")),
        lambda: postgres.hold(SHOP).__enter__(),
    ):
        with pytest.raises(PortUnavailable, match="was closed"):
            work()


@pytest.mark.parametrize(
    ("amount", "words"),
    [(2**63, "a"), (1, "\ud800"), (1, "half\0half")],
    ids=["an amount beyond 64 bits", "half a character", "a NUL"],
)
def test_what_no_database_can_hold_is_refused_as_data_and_its_neighbors_are_written(
    postgres: PostgresStore, amount: int, words: str
) -> None:
    bad = says("c-1", f"s-{words}", "a", steps=(supply("t-1", amount),))
    with pytest.raises(InvalidData):
        postgres.commit(bad)
    assert list(postgres.tenants()) == []

    answers = postgres.commit_many([says("c-0", "s-0", "x"), bad, says("c-2", "s-0", "y")])

    assert isinstance(answers[1], InvalidData)
    assert told(postgres, stream="s-0") == ["x"]


# ---------------------------------------------------------------- who waits for whom


REVENUE = account("promise", "revenue", "MUG", "berlin")


@contextmanager
def open_transaction(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch, step: Post
) -> Iterator[None]:
    """Commit in a thread that stops before its COMMIT until the block ends."""
    answers, reached, go = threads._answers, threading.Event(), threading.Event()
    mine: list[int] = []

    def stopping(connection: Any, batch: Any) -> Any:
        alone = len(batch) == 1 and batch[0].text.startswith("WITH held")
        if threading.get_ident() not in mine or not (alone or batch[-1].text == "COMMIT"):
            return answers(connection, batch)
        if alone:  # a transaction of one statement is made one of three
            batch = (Statement("BEGIN"), *batch, Statement("COMMIT"))
        *most, commit = batch
        result = answers(connection, most)
        if alone and not result[1]:  # nothing was written
            return [*result[1:], *answers(connection, (commit,))][:1]
        reached.set()
        assert go.wait(timeout=30)
        answers(connection, (commit,))
        return result[1:] if alone else [*result, ()]

    def work() -> None:
        mine.append(threading.get_ident())
        store.commit(says(f"c-{step.id}", None, steps=(step,)))

    monkeypatch.setattr(threads, "_answers", stopping)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work)
        try:
            assert reached.wait(timeout=30)
            yield
        finally:
            go.set()
        done.result(timeout=30)


def test_two_open_transactions_at_an_account_that_nobody_guards_dont_wait_for_each_other(
    place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cup = account("promise", "cups", "MUG", "paris")
    with closing(PostgresStore(lock_timeout_ms=200, **place)) as store:
        store.commit(says("c-0", "s-0", "the tenant is known"))
        sale = Post("t-1", SUPPLY, REVENUE, 5, "sale", "o-1", START)
        with open_transaction(store, monkeypatch, sale):
            other = Post("t-2", cup, REVENUE, 7, "sale", "o-2", START)
            store.commit(says("c-2", None, steps=(other,)))
            assert store.balances(SHOP, (REVENUE,), START) == {REVENUE: Balance(7)}
            assert [e.step.id for e in store.entries(SHOP)] == ["t-2"]

        assert store.balances(SHOP, (REVENUE,), START) == {REVENUE: Balance(12)}
        assert [e.step.id for e in store.entries(SHOP)] == ["t-2", "t-1"]
        assert audit_ledger(store, SHOP) == ()


def test_a_judged_account_is_waited_for_no_longer_than_was_told(
    place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(PostgresStore(lock_timeout_ms=100, **place)) as store:
        store.commit(says("c-0", None, steps=(supply("t-0", 5),)))
        guarded = Post("t-1", AVAILABLE, REVENUE, 1, "sale", "o-1", START, 0)
        with open_transaction(store, monkeypatch, guarded):
            with pytest.raises(PortUnavailable, match="locked for too long"):
                store.commit(says("c-2", None, steps=(promise("h-1", 1),)))
            # Whoever brings goods there, and another tenant, does not notice.
            store.commit(says("c-2", None, steps=(supply("t-2", 1),)))
            steps = (supply("t-2", 1), promise("h-1", 1))
            store.commit(says("c-2", None, tenant=OTHER, steps=steps))

        assert available(store) == 5
        assert audit_ledger(store, SHOP) == ()


def test_a_hold_keeps_its_tenant_and_no_other(place: dict[str, Any]) -> None:
    with (
        closing(PostgresStore(**place)) as store,
        closing(PostgresStore(lock_timeout_ms=50, **place)) as second,
    ):
        with store.hold(SHOP):
            for refused in (
                lambda: second.commit(says("c-1", "s-1", "a")),
                lambda: second.commit(says("c-1", None, steps=(supply("t-1", 1),))),
                lambda: second.hold(SHOP).__enter__(),
            ):
                with pytest.raises(PortUnavailable, match="locked for too long"):
                    refused()
            second.commit(says("c-1", "s-1", "a", tenant=OTHER))
            assert list(second.tenants()) == [OTHER]

        second.commit(says("c-1", "s-1", "a"))


def test_tails_are_folded_where_an_account_is_judged_and_by_upkeep(
    postgres: PostgresStore,
) -> None:
    for n in range(6):
        postgres.commit(says(f"c-{n}", None, steps=(supply(f"t-{n}", n + 1),)))
    before = dict(postgres.accounts(SHOP))

    assert postgres.maintain(SHOP, tail_rows=7) == 0
    assert postgres.maintain(SHOP, tail_rows=6, limit=1) == 1
    assert postgres.maintain(SHOP, tail_rows=6) == 1
    assert postgres.maintain(SHOP, tail_rows=1) == 0

    assert dict(postgres.accounts(SHOP)) == before
    assert before[AVAILABLE] == Balance(21)
    postgres.commit(says("c-h", None, steps=(promise("h-1", 21),)))
    assert available(postgres) == 0
    assert audit_ledger(postgres, SHOP) == ()


def test_a_reversal_locks_the_account_that_it_judges(postgres: PostgresStore) -> None:
    postgres.commit(says("c-1", None, steps=(supply("t-1", 5),)))
    postgres.commit(says("c-2", None, steps=(promise("h-1", 4),)))
    back = Reverse("t-1/reversed", "t-1", "mistake", "d", START)

    with pytest.raises(Exception, match="shortage"):
        postgres.commit(says("c-3", None, steps=(back,)))

    postgres.commit(says("c-4", None, steps=(supply("t-2", 4),)))
    postgres.commit(says("c-5", None, steps=(back,)))
    assert available(postgres) == 0
    assert audit_ledger(postgres, SHOP) == ()


def test_a_tenant_that_a_group_refused_leaves_no_trace_and_is_listed_when_it_writes(
    postgres: PostgresStore,
) -> None:
    postgres.commit(says("c-0", None, tenant=OTHER, steps=(supply("t-0", 3),)))
    cup = account("promise", "cups", "MUG", "paris")
    nothing_there = Post("t-1", cup, REVENUE, 1, "sale", "o-1", START, 0)
    too_much = promise("h-1", 4)

    answers = postgres.commit_many(
        [
            says("c-1", "s-1", "a", steps=(nothing_there,)),
            says("c-1", "s-1", "a", tenant=OTHER, steps=(too_much,)),
            says("c-2", "s-2", "b", tenant=TenantId("third")),
        ]
    )

    assert [type(answer).__name__ for answer in answers] == ["Rejected", "Rejected", "Receipt"]
    assert list(postgres.tenants()) == [OTHER, "third"]
    assert list(postgres.accounts(SHOP)) == []
    assert dict(postgres.accounts(OTHER)) == {SUPPLY: Balance(-3), AVAILABLE: Balance(3)}
    postgres.commit(says("c-3", "s-1", "a"))
    assert list(postgres.tenants()) == [OTHER, SHOP, "third"]


# ---------------------------------------------------------------- lost connections


def cut_after(monkeypatch: pytest.MonkeyPatch, *, through: bool, times: int = 1) -> list[int]:
    """Cut the connection at the next commits: before they reach the server, or after."""
    answers, cut = threads._answers, list[int]()

    def cutting(connection: Any, batch: Any) -> Any:
        is_commit = batch[-1].text == "COMMIT" or "oc_receipts (" in batch[0].text
        if not is_commit or len(cut) >= times:
            return answers(connection, batch)
        cut.append(1)
        if through:
            answers(connection, batch)
        connection.close()
        raise psycopg.OperationalError("the connection was cut")

    monkeypatch.setattr(threads, "_answers", cutting)
    return cut


@pytest.mark.parametrize("through", [False, True], ids=["lost", "through"])
@pytest.mark.parametrize(
    "steps", [(), (supply("t-1", 3), promise("h-1", 1))], ids=["plain", "steps"]
)
def test_a_connection_cut_during_a_commit_is_found_out_about(
    postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch, steps: Any, *, through: bool
) -> None:
    commit = says("c-1", "s-1", "a", steps=steps)
    cut = cut_after(monkeypatch, through=through)

    receipt = postgres.commit(commit)

    assert receipt is commit.receipt
    assert cut == [1]
    assert told(postgres) == ["a"]
    assert len(list(postgres.entries(SHOP))) == len(steps)


def test_a_commit_that_cant_be_asked_about_has_an_unknown_outcome(
    postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_after(monkeypatch, through=True, times=99)

    with pytest.raises(OutcomeUnknown, match="commit c-1"):
        postgres.commit(says("c-1", "s-1", "a"))

    monkeypatch.undo()
    assert told(postgres) == ["a"]
    assert postgres.commit(says("c-1", "s-1", "a")) == says("c-1", "s-1", "a").receipt


def test_idle_connections_that_the_server_has_ended_are_replaced_unnoticed(
    place: dict[str, Any], dsn: str
) -> None:
    place["dsn"] = make_conninfo(dsn, application_name="oc_idle")
    with closing(PostgresStore(**place)) as store:
        store.commit(says("c-1", "s-1", "a"))
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'oc_idle'"
            )

        assert told(store) == ["a"]
        store.commit(says("c-2", "s-1", "b", version=1))


def test_an_awaited_commit_that_is_canceled_is_whole_or_undone(place: dict[str, Any]) -> None:
    async def play() -> list[bool]:
        store, written = AsyncPostgresStore(**place), list[bool]()
        await store.open()
        for n in range(30):
            steps = (supply(f"t-{n}", 1), promise(f"h-{n}", 1))
            task = asyncio.create_task(store.commit(says(f"c-{n}", f"s-{n}", "a", steps=steps)))
            for _ in range(n):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            receipt = await store.recall(SHOP, CommandId(f"c-{n}"))
            events = await store.load(SHOP, StreamId(f"s-{n}"))
            made = await store.pendings_made(SHOP, (f"h-{n}",))
            assert (receipt is not None) == (len(events) == 1) == (f"h-{n}" in made)
            written.append(receipt is not None)
        await store.close()
        return written

    assert not all(asyncio.run(play()))


def test_a_tenant_named_like_another_tenants_row_stays_apart(postgres: PostgresStore) -> None:
    strange = TenantId("shop'; DROP TABLE oc_events; --")
    postgres.commit(says("c-1", "s-1", "a", tenant=strange))

    assert told(postgres, strange) == ["a"]
    assert told(postgres) == []


def test_a_damaged_table_is_a_broken_law(
    postgres: PostgresStore, place: dict[str, Any], dsn: str, schema: str
) -> None:
    options: dict[str, Any] = {"dsn": dsn, "schema": f"{schema}_damaged", "codec": ToyCodec()}
    with closing(PostgresStore(**options)) as store:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f'DROP TABLE "{options["schema"]}".oc_events'.encode())

        with pytest.raises(InvariantViolated, match="oc_events"):
            store.load(SHOP, StreamId("s-1"))
        with pytest.raises(InvariantViolated, match="oc_events"):
            store.commit(says("c-1", "s-1", "a"))
