"""A job engine of the host's: told in each commit what falls due, and holding nothing of ours."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from ordercore import (
    AsyncPostgresStore,
    InvalidDefinition,
    PortUnavailable,
    PostgresStore,
    ReceiveStock,
    Rejected,
    SQLiteStore,
)
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from tests.hosts.houses import House, PostgresHouse, SQLiteHouse, Undone, order, stocked


class Jobs:
    """A job engine that is a table of the host's."""

    def __init__(self, text: str, wipe: Callable[[str], list[str]]) -> None:
        self._text, self._query = text, wipe
        self.broken = False

    def enqueue(
        self, connection: Any, tenant: TenantId, stream: StreamId, not_before: Instant
    ) -> None:
        if self.broken:
            raise PortUnavailable("runner", "its table is locked")
        connection.execute(self._text, (stream,))

    def waiting(self) -> list[str]:
        return sorted(set(self._query("SELECT stream FROM jobs")))

    def wipe(self) -> None:
        self._query("DELETE FROM jobs RETURNING stream")


class AsyncJobs(Jobs):
    async def enqueue(  # type: ignore[override]  # the twin
        self, connection: Any, tenant: TenantId, stream: StreamId, not_before: Instant
    ) -> None:
        if self.broken:
            raise PortUnavailable("runner", "its table is locked")
        await connection.execute(self._text, (stream,))


@pytest.fixture(params=["sqlite", "postgres"])
def carried(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[SQLiteHouse | PostgresHouse, Jobs]]:
    if request.param == "sqlite":
        path = tmp_path / "shop.db"

        def ask(text: str) -> list[str]:
            with here.connected() as connection:
                return [row[0] for row in connection.execute(text).fetchall()]

        jobs = Jobs("INSERT INTO jobs VALUES (?)", ask)
        here = SQLiteHouse(path, runner=jobs)
        with here.connected() as connection:
            connection.execute("CREATE TABLE jobs (stream TEXT NOT NULL)")
        with closing(here):
            yield here, jobs
        return
    dsn: str = request.getfixturevalue("dsn")
    with closing(postgres_house(dsn)) as house:
        yield house, cast("Jobs", house.runner)


def postgres_house(dsn: str) -> PostgresHouse:
    def ask(text: str) -> list[str]:
        with psycopg.connect(dsn) as connection:
            name = f'"{house.schema}_jobs"'
            return [row[0] for row in connection.execute(text.replace("jobs", name).encode())]

    jobs = Jobs("", ask)
    house = PostgresHouse(dsn, runner=jobs)
    house.runner = jobs
    jobs._text = f'INSERT INTO public."{house.schema}_jobs" VALUES (%s)'  # noqa: S608 - its own name
    with psycopg.connect(dsn) as connection:
        connection.execute(f'CREATE TABLE "{house.schema}_jobs" (stream text)'.encode())
    return house


Carried = tuple[House, Jobs]


def test_each_commit_that_leaves_something_due_enqueues_a_job_with_it(carried: Carried) -> None:
    house, jobs = carried
    stocked(house, 2)
    assert jobs.waiting() == []

    house.engine.submit(order("O-1"), perform=False)
    assert jobs.waiting() == ["order/O-1"]

    with pytest.raises(Rejected):
        house.engine.submit(order("O-2", 9), perform=False)
    results = house.engine.submit_many((order("O-3"), order("O-4")), perform=False)
    assert jobs.waiting() == ["order/O-1", "order/O-3"]
    assert isinstance(results[1], Rejected)


def test_a_job_of_a_hosts_transaction_stands_or_falls_with_it(carried: Carried) -> None:
    house, jobs = carried
    stocked(house)
    with suppress(Undone), house.transaction() as transaction:
        transaction.submit(house.prepare(order("O-1")))
        raise Undone
    assert jobs.waiting() == []

    with house.transaction() as transaction:
        transaction.submit(house.prepare(order("O-1")))
        with pytest.raises(Rejected):
            transaction.submit(house.prepare(order("O-2", 99)))
    assert jobs.waiting() == ["order/O-1"]


def test_a_job_that_can_not_be_enqueued_undoes_the_commit(carried: Carried) -> None:
    house, jobs = carried
    stocked(house)
    jobs.broken = True
    with pytest.raises(PortUnavailable, match="its table is locked"):
        house.engine.submit(order("O-1"), key="k-1", perform=False)
    with house.transaction() as transaction:
        transaction.note("before")
        with pytest.raises(PortUnavailable, match="its table is locked"):
            transaction.submit(house.prepare(order("O-1"), key="k-1"))
        transaction.note("after")
    assert list(house.engine.order_ids()) == []
    assert house.notes() == ["before", "after"]

    jobs.broken = False
    assert not house.engine.submit(order("O-1"), key="k-1", perform=False).repeated
    assert jobs.waiting() == ["order/O-1"]


def test_what_is_due_is_enqueued_again_when_the_jobs_are_gone(carried: Carried) -> None:
    house, jobs = carried
    stocked(house)
    names = [f"O-{n}" for n in range(4)]
    for name in names:
        house.engine.submit(order(name), perform=False)
    jobs.wipe()

    assert house.engine.enqueue_due(within_s=0) == 4
    assert jobs.waiting() == [f"order/{name}" for name in names]

    for stream in jobs.waiting():
        wait = house.engine.perform(stream)
        assert wait is None or wait > 0
    jobs.wipe()
    assert house.engine.enqueue_due(within_s=0) == 0
    assert jobs.waiting() == []
    assert len(house.ports.payments.calls) == 4


def test_who_comes_early_late_or_twice_changes_nothing(carried: Carried) -> None:
    house, _ = carried
    stocked(house)
    house.engine.submit(order("O-1"), perform=False)
    other = type(house.engine)(
        store=house.engine._store, clock=house.ports.clock, **house.ports.guarded
    )
    for engine in (house.engine, other, house.engine):
        engine.perform("order/O-1")
    assert len(house.ports.payments.calls) == 1


def test_a_runner_is_of_its_stores_kind(tmp_path: Path, dsn: str) -> None:
    blocking, awaited = Jobs("", list), AsyncJobs("", list)
    with pytest.raises(InvalidDefinition, match="asynchronous"):
        SQLiteStore(tmp_path / "a.db", runner=cast("Any", awaited))
    with pytest.raises(InvalidDefinition, match="asynchronous"):
        PostgresStore(dsn, runner=cast("Any", awaited))
    with pytest.raises(InvalidDefinition, match="plain calls"):
        AsyncPostgresStore(dsn, runner=cast("Any", blocking))


def test_a_store_without_a_runner_says_so(tmp_path: Path) -> None:
    with closing(SQLiteHouse(tmp_path / "shop.db")) as house:
        house.engine.submit(ReceiveStock(place="berlin", lines={"MUG": 1}))
        with pytest.raises(InvalidDefinition, match="no runner"):
            house.engine.enqueue_due()
