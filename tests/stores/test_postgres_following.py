"""Who claims and who follows the feed in PostgreSQL: S9, F1, F2, and connections that are lost."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from ordercore.errors import OutcomeUnknown
from ordercore.grammar import Recorded
from ordercore.ids import StreamId
from ordercore.ports import Store
from ordercore.stores import AsyncPostgresStore, MemoryStore, PostgresStore
from ordercore.stores import _postgres_threads as threads
from tests.stores._toys import SHOP, ToyCodec, minutes, says, told
from tests.stores.test_consumers import Listener, fill
from tests.stores.test_work import play_claims, walks_of_claims

Table = Callable[[], list[int]]


@pytest.fixture
def place(dsn: str, new_schema: Callable[[], str]) -> dict[str, Any]:
    """Say where an empty store is, as options."""
    return {"dsn": dsn, "schema": new_schema(), "codec": ToyCodec()}


@pytest.fixture
def written(place: dict[str, Any]) -> Table:
    """Make a host's table of words in the store's schema, and return what reads it."""
    name = f'"{place["schema"]}".words'
    with psycopg.connect(place["dsn"], autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {name}".encode())
        connection.execute(f"CREATE TABLE {name} (position integer PRIMARY KEY, s text)".encode())

    def read() -> list[int]:
        with psycopg.connect(place["dsn"]) as connection:
            text = f"SELECT position FROM {name} ORDER BY position"  # noqa: S608
            return [row[0] for row in connection.execute(text.encode())]

    return read


def project(events: Sequence[Recorded], connection: "psycopg.Connection[Any]") -> None:
    with connection.cursor() as cursor, connection.transaction():
        rows = [(event.position, event.stream) for event in events]
        cursor.executemany("INSERT INTO words VALUES (%s, %s)", rows)


# ---------------------------------------------------------------- F2, in one database


def test_a_projection_in_the_same_database_stands_or_falls_with_its_position(
    place: dict[str, Any], written: Table
) -> None:
    with closing(PostgresStore(**place)) as store:
        fill(store, 3)

        def failing(events: Sequence[Recorded], connection: "psycopg.Connection[Any]") -> None:
            project(events, connection)
            raise RuntimeError("the power fails")

        assert store.consume(SHOP, "words", project, limit=2) == 2
        with pytest.raises(RuntimeError):
            store.consume(SHOP, "words", failing)

        assert written() == [1, 2]
        assert store.consumed(SHOP, "words") == 2
        assert store.consume(SHOP, "words", project) == 1
        assert store.consume(SHOP, "words", project) == 0
    assert written() == [1, 2, 3]


def test_an_awaited_projection_stands_or_falls_with_its_position(
    place: dict[str, Any], written: Table
) -> None:
    async def play() -> None:
        store, fails = AsyncPostgresStore(**place), True
        for n in range(3):
            await store.commit(says(f"c-{n}", f"s-{n}", "a"))

        async def project(
            events: Sequence[Recorded], connection: "psycopg.AsyncConnection[Any]"
        ) -> None:
            for event in events:
                row = (event.position, event.stream)
                await connection.execute("INSERT INTO words VALUES (%s, %s)", row)
            if fails:
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await store.consume(SHOP, "words", project)
        assert await store.consumed(SHOP, "words") == 0
        fails = False
        counts = [await store.consume(SHOP, "words", project, limit=2) for _ in range(3)]
        assert counts == [2, 1, 0]
        await store.close()

    asyncio.run(play())
    assert written() == [1, 2, 3]


def test_a_statement_of_the_handlers_own_that_fails_is_raised_as_it_is(
    place: dict[str, Any], written: Table
) -> None:
    with closing(PostgresStore(**place)) as store:
        fill(store, 2)
        store.consume(SHOP, "words", project, limit=1)
        store.advance(SHOP, "words", after=1, to=0)

        with pytest.raises(psycopg.errors.UniqueViolation):
            store.consume(SHOP, "words", project)

        assert store.consumed(SHOP, "words") == 0
        assert told(store, stream="s-1") == ["word 1"]
    assert written() == [1]


def test_a_handler_may_ask_the_store_and_its_commit_stands_by_itself(
    place: dict[str, Any],
) -> None:
    with closing(PostgresStore(**place)) as store:
        fill(store, 1)

        def answer(events: Sequence[Recorded], _: Any) -> None:
            store.commit(says(f"a-{events[0].position}", f"a-{events[0].position}", "yes"))
            raise RuntimeError("too late")

        with store.hold(SHOP), pytest.raises(RuntimeError):
            store.consume(SHOP, "answers", lambda _, __: answer(store.feed(SHOP, 0, 1), None))

        assert [event.stream for event in store.feed(SHOP, 0, 9)] == ["s-0", "a-1"]
        assert store.consumed(SHOP, "answers") == 0


def test_processes_under_one_name_share_the_feed_while_others_append(
    place: dict[str, Any], written: Table
) -> None:
    with (
        closing(PostgresStore(**place)) as first,
        closing(PostgresStore(**place)) as second,
        closing(PostgresStore(**place)) as writer,
    ):
        done = threading.Event()
        failures: list[Exception] = []

        def follow(store: Store) -> None:
            try:
                for _ in range(10_000):
                    last = done.is_set()
                    if not store.consume(SHOP, "words", project, limit=3) and last:
                        return
            except Exception as error:  # noqa: BLE001 - looked at below
                failures.append(error)

        followers = [
            threading.Thread(target=follow, args=(store,)) for store in (first, second) * 2
        ]
        for follower in followers:
            follower.start()
        fill(writer, 40)
        done.set()
        for follower in followers:
            follower.join(timeout=60)
        assert failures == []
        assert first.consumed(SHOP, "words") == 40
    assert written() == list(range(1, 41))


def cut(monkeypatch: pytest.MonkeyPatch, moves: str, *, through: bool, times: int = 1) -> list[str]:
    """Lose the connection at the commit of a movement: before the server has it, or after."""
    answers, lost = threads._answers, list[str]()

    def cutting(connection: Any, batch: Any) -> Any:
        if moves not in batch[0].text or len(lost) >= times:
            return answers(connection, batch)
        lost.append(batch[0].text)
        if through:
            answers(connection, batch)
        connection.close()
        raise psycopg.OperationalError("the connection was cut")

    monkeypatch.setattr(threads, "_answers", cutting)
    return lost


@pytest.mark.parametrize("through", [False, True], ids=["lost", "through"])
def test_a_connection_lost_while_a_consumer_moves_neither_loses_nor_repeats(
    place: dict[str, Any], written: Table, monkeypatch: pytest.MonkeyPatch, *, through: bool
) -> None:
    with closing(PostgresStore(**place)) as store:
        fill(store, 5)
        lost = cut(monkeypatch, "UPDATE oc_consumers", through=through)

        assert [store.consume(SHOP, "words", project, limit=3) for _ in range(3)] == [3, 2, 0]

        assert len(lost) == 1
        assert written() == [1, 2, 3, 4, 5]
        cut(monkeypatch, "UPDATE oc_consumers", through=through)
        assert store.advance(SHOP, "words", after=5, to=2)
        assert store.consumed(SHOP, "words") == 2


def test_a_movement_that_cant_be_asked_about_has_an_unknown_outcome(
    place: dict[str, Any], written: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(PostgresStore(**place)) as store:
        fill(store, 2)
        cut(monkeypatch, "UPDATE oc_consumers", through=False, times=99)

        with pytest.raises(OutcomeUnknown, match="consumer words"):
            store.consume(SHOP, "words", project)

        monkeypatch.undo()
        assert written() == []
        assert store.consume(SHOP, "words", project) == 2


def test_whoever_finds_nothing_new_has_only_read(
    place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(PostgresStore(**place)) as store:
        fill(store, 1)
        store.consume(SHOP, "words", Listener())
        answers, asked = threads._answers, list[str]()

        def listening(connection: Any, batch: Any) -> Any:
            asked.extend(statement.text.split()[0] for statement in batch)
            return answers(connection, batch)

        monkeypatch.setattr(threads, "_answers", listening)
        assert store.consume(SHOP, "words", Listener()) == 0
        assert list(store.claim_due(SHOP, minutes(9), 9, holder="w", until=minutes(9))) == []
        assert set(asked) == {"SELECT"}


# ---------------------------------------------------------------- S9


@given(walks_of_claims)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example opens a new store
)
def test_claims_are_given_out_as_by_the_store_in_memory(
    dsn: str, new_schema: Callable[[], str], walk: list[tuple[str, str, str, int, int]]
) -> None:
    with closing(PostgresStore(dsn, schema=new_schema(), codec=ToyCodec())) as store:
        assert play_claims(store, walk) == play_claims(MemoryStore(), walk)


def test_a_worker_passes_over_what_a_commit_is_writing(place: dict[str, Any]) -> None:
    with closing(PostgresStore(**place)) as store:
        for name in ("s-1", "s-2"):
            store.commit(says(f"c-{name}", name, "x", due=0))
        with psycopg.connect(place["dsn"]) as other:
            text = (
                f"""SELECT 1 FROM "{place["schema"]}".oc_streams WHERE stream = 's-1' FOR UPDATE"""  # noqa: S608
            )
            other.execute(text.encode())

            found = store.claim_due(SHOP, minutes(1), 9, holder="w-1", until=minutes(9))

        assert list(found) == [StreamId("s-2")]
