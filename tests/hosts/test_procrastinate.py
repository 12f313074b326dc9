"""
Procrastinate carries what orders owe, on a real server: killed workers, wiped tables, late jobs.
"""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import procrastinate
import psycopg
import pytest

from ordercore import Engine, InvariantViolated, ReceiveStock
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant, seconds_after
from tests.hosts._carrier_process import LEASE_S, Provider, blocking, jobs_dsn, work
from tests.hosts.houses import Undone, order

ROOT = Path(__file__).parents[2]
KINDS = ("blocking", "awaited")
WAITING = """SELECT args ->> 'stream', scheduled_at FROM procrastinate_jobs
    WHERE status = 'todo' AND args ->> 'stream' IS NOT NULL"""


class Office:
    """A shop whose orders procrastinate carries, and what its tables say."""

    def __init__(self, dsn: str, schema: str, jobs: str) -> None:
        self.dsn, self.schema, self.jobs = dsn, schema, jobs
        self.jobs_dsn = jobs_dsn(dsn, jobs)
        self.provider = Provider(dsn, schema)
        self.engine: Engine
        self.engine, self.runner = blocking(dsn, schema, jobs, self.provider)
        self.engine.submit(ReceiveStock(place="berlin", lines={"MUG": 50}))

    def ask(self, text: str, *keys: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.jobs_dsn, autocommit=True) as connection:
            done = connection.execute(text.encode(), keys or None)
            return done.fetchall() if done.description else []

    def waiting(self) -> list[str]:
        return sorted(
            stream for stream, _ in self.ask(f"{WAITING} AND queue_name = %s", self.schema)
        )

    def status(self) -> Counter[str]:
        text = "SELECT status::text FROM procrastinate_jobs WHERE task_name = %s"
        return Counter(status for (status,) in self.ask(text, f"{self.schema}:perform"))

    def work(self, kind: str = "blocking") -> None:
        """Let a worker serve what waits."""
        asyncio.run(work(self.dsn, self.schema, self.jobs, kind, self.provider))

    def die(self, kind: str) -> None:
        """Let a worker be killed in the middle of its first call."""
        program = (
            f"import sys, runpy; sys.path[:] = {[str(ROOT), *sys.path]!r}; "
            f"sys.argv[1:] = {[self.dsn, self.schema, self.jobs, kind, 'die']!r}; "
            "runpy.run_module('tests.hosts._carrier_process', None, '__main__')"
        )
        ended = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
        assert ended.returncode == 9

    def take_over(self) -> int:
        async def go() -> int:
            connector = procrastinate.PsycopgConnector(conninfo=self.jobs_dsn)
            async with procrastinate.App(connector=connector).open_async() as app:
                return await self.runner.take_over(app, stalled_s=0)

        return asyncio.run(go())

    def settle(self, kind: str = "blocking") -> None:
        """Let workers serve until nobody owes anything but what lies in the future."""
        for _ in range(20):
            self.engine.enqueue_due(within_s=0)
            if not self.waiting_now():
                return
            self.ask("SELECT pg_sleep(0.1)")
            self.work(kind)
        raise AssertionError(self.ask(WAITING))

    def waiting_now(self) -> list[tuple[Any, ...]]:
        return self.ask(
            f"{WAITING} AND queue_name = %s AND scheduled_at <= now() + interval '10 s'",
            self.schema,
        )

    def once_each(self, *names: str) -> None:
        """Everything was authorized, and asked of the provider once."""
        acts = Counter(key for key, _ in self.provider.acts())
        assert set(acts.values()) == {1}, acts
        for name in names:
            assert any(name in key for key in acts), (name, acts)
        assert not self.engine.verify().differences


@pytest.fixture(scope="session")
def jobs(dsn: str, schema: str) -> str:
    """Name the schema in which procrastinate's own tables lie."""
    name = f"{schema}_jobs"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"'.encode())
    connector = procrastinate.SyncPsycopgConnector(conninfo=jobs_dsn(dsn, name))
    with closing(procrastinate.App(connector=connector).open()) as app:
        app.schema_manager.apply_schema()
    return name


@pytest.fixture
def office(dsn: str, jobs: str, new_schema: Callable[[], str]) -> Iterator[Office]:
    here = Office(dsn, new_schema(), jobs)
    here.ask("TRUNCATE procrastinate_jobs CASCADE")
    yield here
    here.engine._store.close()
    here.ask(f'DROP TABLE "{here.schema}".provider')


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_serves_what_falls_due_and_comes_back_for_the_rest(
    office: Office, kind: str
) -> None:
    for n in range(3):
        office.engine.submit(order(f"O-{n}"), perform=False)
    assert office.waiting() == ["order/O-0", "order/O-1", "order/O-2"]

    office.work(kind)

    office.once_each("O-0", "O-1", "O-2")
    assert office.status()["failed"] == 0


def test_one_stream_has_one_waiting_job_which_moves_forward(office: Office) -> None:
    at = seconds_after(office.engine._loops.env.clock(), 3600)
    tell(office, at)
    tell(office, seconds_after(at, 3600))
    assert office.ask(f"{WAITING} AND queue_name = %s", office.schema) == [("order/O-1", at)]

    tell(office, seconds_after(at, -60))
    assert office.ask(f"{WAITING} AND queue_name = %s", office.schema) == [
        ("order/O-1", seconds_after(at, -60))
    ]


def tell(office: Office, at: Instant) -> None:
    with psycopg.connect(office.dsn, options="-c search_path=pg_catalog") as connection:
        office.runner.enqueue(connection, TenantId("main"), StreamId("order/O-1"), at)
        path = connection.execute("SHOW search_path").fetchone()
        assert path == ("pg_catalog",)


def test_a_worker_never_takes_a_job_before_the_commit_that_asked_for_it(office: Office) -> None:
    tell(office, office.engine._loops.env.clock())
    with psycopg.connect(office.dsn) as connection:
        office.runner.enqueue(
            connection, TenantId("main"), StreamId("order/O-1"), office.engine._loops.env.clock()
        )
        office.work()
        assert office.waiting() == ["order/O-1"], "it was taken by a worker that can't see why"


def test_a_job_is_enqueued_in_the_hosts_transaction_and_rolled_back_with_it(
    office: Office,
) -> None:
    for end, waiting in ((Undone, []), (None, ["order/O-1"])):
        prepared = office.engine.prepare(order("O-1"))
        with suppress(Undone), psycopg.connect(office.dsn) as connection:
            office.engine.submit_joined(prepared, connection)
            if end is not None:
                raise end
        assert office.waiting() == waiting
    office.work()
    office.once_each("O-1")


@pytest.mark.parametrize("kind", KINDS)
def test_the_job_of_a_killed_worker_is_taken_over_and_the_provider_has_acted_once(
    office: Office, kind: str
) -> None:
    office.engine.submit(order("O-1"), perform=False)
    office.die(kind)
    assert office.status() == {"doing": 1}
    assert len(office.provider.acts()) == 1

    assert office.take_over() == 1
    assert office.status() == {"todo": 1}
    office.ask(f"SELECT pg_sleep({LEASE_S})")
    office.settle(kind)

    office.once_each("O-1")
    assert office.status()["doing"] == 0


def test_a_taken_over_job_that_is_no_longer_needed_just_ends(office: Office) -> None:
    office.engine.submit(order("O-1"), perform=False)
    office.die("blocking")
    office.engine.enqueue_due(within_s=0)
    assert office.status() == {"doing": 1, "todo": 1}

    assert office.take_over() == 1
    assert office.status() == {"failed": 1, "todo": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_with_all_its_tables_wiped_every_order_ends_all_the_same(office: Office, kind: str) -> None:
    names = [f"O-{n}" for n in range(5)]
    for name in names:
        office.engine.submit(order(name), perform=False)
    office.die(kind)
    office.ask(
        "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_workers, "
        "procrastinate_periodic_defers"
    )
    assert office.waiting() == []

    assert office.engine.enqueue_due() == 5
    office.ask(f"SELECT pg_sleep({LEASE_S})")
    office.settle(kind)

    office.once_each(*names)


def test_a_commit_whose_job_can_not_be_enqueued_is_undone(office: Office) -> None:
    office.ask("ALTER TABLE procrastinate_jobs RENAME TO hidden_jobs")
    try:
        with pytest.raises(InvariantViolated, match="procrastinate_jobs"):
            office.engine.submit(order("O-1"), perform=False)
    finally:
        office.ask("ALTER TABLE hidden_jobs RENAME TO procrastinate_jobs")
    assert list(office.engine.order_ids()) == []


def test_the_sweep_finds_what_was_lost_by_itself(office: Office) -> None:
    office.engine.submit(order("O-1"), perform=False)
    office.ask("TRUNCATE procrastinate_jobs CASCADE")
    connector = procrastinate.PsycopgConnector(conninfo=office.jobs_dsn)
    app = procrastinate.App(connector=connector)
    app.add_tasks_from(office.runner.tasks(office.engine, sweep="* * * * * *"), namespace="s")

    async def serve() -> None:
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[office.schema],
                    fetch_job_polling_interval=0.1,
                    install_signal_handlers=False,
                )
            )
            while not office.waiting():  # noqa: ASYNC110 - another process would not tell either
                await asyncio.sleep(0.05)
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker

    asyncio.run(asyncio.wait_for(serve(), 30))
    office.settle()
    office.once_each("O-1")
