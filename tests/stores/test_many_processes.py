"""Many processes at one store: one last unit, nothing half done, nothing skipped."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, cast

import psycopg
import pytest

from ordercore.engine import audit_ledger
from ordercore.ids import CommandId, StreamId
from ordercore.ledger import Post, account
from ordercore.ports import Store
from tests.postgres import own_server
from tests.stores._shop_worker import SLOW_EVERY, STREAMS, opened, shelf
from tests.stores._toys import SHOP, START, Said, minutes, says, told

ROOT = Path(__file__).parents[2]
PROCESSES = 8
BUYERS = 25


def worker(location: str, mode: str, name: str, number: int) -> "subprocess.Popen[str]":
    arguments = [location, mode, name, str(number)]
    program = (
        f"import sys, runpy; sys.path[:] = {[str(ROOT), *sys.path]!r}; sys.argv[1:] = {arguments!r}"
        "; runpy.run_module('tests.stores._shop_worker', None, '__main__')"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@contextmanager
def workers(
    location: str, mode: str, number: int, processes: int = PROCESSES, prefix: str = "w"
) -> Iterator[list["subprocess.Popen[str]"]]:
    started = [worker(location, mode, f"{prefix}{n}", number) for n in range(processes)]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def answer(process: "subprocess.Popen[str]") -> str:
    return cast("IO[str]", process.stdout).readline().strip()


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, path: Path) -> str:
    """Say where a store lies that processes can share."""
    if request.param == "sqlite":
        return str(path)
    new_schema: Callable[[], str] = request.getfixturevalue("new_schema")
    return f"{request.getfixturevalue('dsn')}#{new_schema()}"


def sell_one_unit(location: str, runs: int) -> list[tuple[int, int]]:
    """Offer one unit of something new in each run; return how many were given and are left."""
    ends: list[tuple[int, int]] = []
    with closing(opened(location)) as store, workers(location, "buy", BUYERS) as processes:
        for run in range(runs):
            unit = f"MUG-{run}"
            supplier = account("promise", "supply", unit, "berlin")
            step = Post(f"in-{unit}", supplier, shelf(unit), 1, "receive", "d", START)
            store.commit(says(f"in-{unit}", None, steps=(step,)))
            for process in processes:
                stdin = cast("IO[str]", process.stdin)
                stdin.write(f"{unit}\n")
                stdin.flush()

            given = sum(int(answer(process)) for process in processes)
            left = store.balances(SHOP, (shelf(unit),), START)[shelf(unit)].available
            ends.append((given, left))
    return ends


def test_of_two_hundred_buyers_in_eight_processes_one_gets_the_last_unit(location: str) -> None:
    assert sell_one_unit(location, 10) == [(1, 0)] * 10
    with closing(opened(location)) as store:
        assert len(list(store.streams(SHOP))) == 10
        assert audit_ledger(store, SHOP) == ()


@pytest.mark.slow
def test_the_last_unit_is_sold_once_in_a_hundred_runs(location: str) -> None:
    assert sell_one_unit(location, 100) == [(1, 0)] * 100
    with closing(opened(location)) as store:
        assert len(list(store.streams(SHOP))) == 100
        assert audit_ledger(store, SHOP) == ()


def whole_commits(store: Store) -> set[str]:
    """Return the commits of which all is there; of no other one there is anything."""
    found = list(store.streams(SHOP))
    for key in found:
        assert told(store, stream=key) == ["a", "b"]
        assert store.recall(SHOP, CommandId(key)) is not None
        assert store.find(SHOP, f"pay:{key}") == key
    due = store.due(SHOP, minutes(100_000), 100_000)
    assert sorted(due) == found
    assert sorted(hold.id for hold in store.pendings(SHOP)) == sorted(f"h-{k}" for k in found)
    assert len(list(store.entries(SHOP))) == 2 * len(found)
    assert audit_ledger(store, SHOP) == ()
    return set(found)


def test_a_process_that_is_killed_leaves_each_commit_whole_or_undone(location: str) -> None:
    returned: list[str] = []
    with closing(opened(location)) as store:
        for run in range(3):
            with workers(location, "write", 0, 2, f"run-{run}-") as processes:
                returned += [answer(process) for process in processes for _ in range(5 + run)]

            assert set(returned) <= whole_commits(store)
    assert len(returned) == 2 * (5 + 6 + 7)


def follow(location: str, dsn: str, events: int) -> tuple[int, int]:
    """
    Read the feed while it is written; a slow commit draws its number and commits much later.

    Each event must be the next in position and the next of its stream. Returns how many were read,
    and of how many streams.
    """
    schema = location.rpartition("#")[2]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            f"""CREATE FUNCTION "{schema}".dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep(0.02); RETURN NULL; END $$""".encode()
        )
        connection.execute(
            f"""CREATE TRIGGER dawdle AFTER INSERT ON "{schema}".oc_receipts FOR EACH ROW
            WHEN (NEW.command_id LIKE 'slow%') EXECUTE FUNCTION "{schema}".dawdle()""".encode()
        )
    seen, versions = 0, Counter[StreamId]()
    with (
        closing(opened(location)) as store,
        workers(location, "append", events // PROCESSES) as processes,
    ):
        ends = time.monotonic() + 3600
        while seen < events and time.monotonic() < ends:
            for recorded in store.feed(SHOP, seen, 1_000):
                seen += 1
                versions[recorded.stream] += 1
                assert recorded.position == seen
                assert recorded.version == versions[recorded.stream]
                assert isinstance(recorded.event, Said)
            assert not any(process.poll() for process in processes)

        assert [answer(process) for process in processes] == ["done"] * PROCESSES
        assert store.feed(SHOP, seen, 10) == []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())
    assert events // PROCESSES > SLOW_EVERY
    return seen, len(versions)


def test_a_reader_of_the_feed_misses_nothing_however_slow_some_commits_are(
    dsn: str, new_schema: Callable[[], str]
) -> None:
    assert follow(f"{dsn}#{new_schema()}", dsn, 5_000) == (5_000, PROCESSES * STREAMS)


@pytest.mark.slow
def test_a_reader_follows_a_million_events_of_eight_writers(
    dsn: str, new_schema: Callable[[], str]
) -> None:
    assert follow(f"{dsn}#{new_schema()}", dsn, 1_000_000) == (1_000_000, PROCESSES * STREAMS)


def test_what_a_commit_returned_is_there_after_the_server_was_cut_off() -> None:
    server = own_server()
    try:
        location = f"{server.dsn}#public"
        returned: list[str] = []
        for run in range(2):
            opened(location).close()
            with workers(location, "write", 0, 2, f"run-{run}-") as processes:
                returned += [answer(process) for process in processes for _ in range(10)]
                server.crash()
                for process in processes:
                    process.kill()
                    returned += cast("IO[str]", process.stdout).read().split()
            server.restart()
            with closing(opened(location)) as store:
                assert set(returned) <= whole_commits(store)
        assert len(returned) > 20
    finally:
        server.stop()
