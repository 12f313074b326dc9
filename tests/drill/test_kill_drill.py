"""
Workers are killed with SIGKILL at random moments, under load, by the hundred; then one clean
process brings everything to its end, and every book is held against every other.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, cast

import pytest

from ordercore import Engine
from ordercore.ports import Store
from ordercore.testing import VirtualClock
from tests.drill.audit import MAIN, Findings, audit
from tests.drill.shop import LEASE_S, FastClock, opened, provider_of, settings
from tests.drill.worker import is_alive, read, visit
from tests.postgres import Server, own_server

ROOT = Path(__file__).parents[2]
SEED = 20_260_302
ROUNDS_MAX = 500

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")


def kill_workers(
    folder: Path,
    location: str,
    kills: int,
    *,
    crash: Callable[[], None] | None = None,
    crashes: int = 0,
) -> tuple[int, FastClock]:
    """Let the workers live and die, and return how many died, and the clock they had."""
    arguments = [str(folder), location, str(SEED), str(kills), str(crashes)]
    program = (
        f"import sys, runpy; sys.path[:] = {[str(ROOT), *sys.path]!r}; sys.argv[1:] = {arguments!r}"
        "; runpy.run_module('tests.drill.killer', None, '__main__')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killer:
        said = ""
        for line in cast("IO[str]", killer.stdout):
            if line != "crash\n":
                said = line
                continue
            assert crash is not None
            crash()
            stdin = cast("IO[str]", killer.stdin)
            stdin.write("again\n")
            stdin.flush()
    died = [path.read_text() for path in folder.glob("died-*")]
    assert not died, "\n".join(died)
    assert killer.returncode == 0
    told = json.loads(said)
    assert told["kills"] >= kills
    return told["kills"], FastClock(told["began"], told["ahead_s"])


def bring_to_rest(folder: Path, engine: Engine, store: Store, clock: VirtualClock) -> None:
    """One process takes up every order where it was left, until nobody has anything to do."""
    lines = [line for path in sorted(folder.glob("acknowledged-*")) for line in read(path)]
    begun = {int(line[1]) for line in lines if line[0] == "open"}
    unfinished = sorted(begun | {int(order_id[2:]) for order_id in engine.order_ids()})
    answered = {
        line[1] for line in lines if line[0] == "answer" and (line[2] or ":cart" in line[1])
    }
    with (folder / "acknowledged-rest").open("a") as answers:

        def tell(*words: object) -> None:
            answers.write("\t".join(map(str, words)) + "\n")

        for _ in range(ROUNDS_MAX):
            looked = engine.run_pending(10_000)
            moved = {n for n in unfinished if visit(engine, tell, answered, SEED, n)}
            unfinished = [n for n in unfinished if n in moved or is_alive(engine, n)]
            due = store.next_due(MAIN)
            if not (looked or moved or due):
                return
            clock.set(max(clock(), due or clock()))
            clock.advance(seconds=LEASE_S)
    pytest.fail(f"after {ROUNDS_MAX} rounds there is still something to do: {unfinished}")


def drill(folder: Path, location: str, kills: int, **crashing: Any) -> tuple[int, Findings]:
    """Kill, bring to rest, hold everything against everything."""
    killed, ended = kill_workers(folder, location, kills, **crashing)
    clock = VirtualClock(ended())
    with (
        closing(opened(location)) as store,
        closing(provider_of(folder, ended, SEED, calm=True)) as provider,
    ):
        engine = Engine(**settings(store, provider, clock))
        bring_to_rest(folder, engine, store, clock)
        return killed, audit(folder, engine, store, provider)


def passed(kills: int, killed: int, found: Findings, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f" {min(killed, kills)} of {kills} kills: {found}", end="")  # noqa: T201 - reports
    assert killed >= kills
    assert not found.faults, "\n".join(found.faults)
    assert found.orders["completed"] > kills // 10
    assert found.orders["canceled"] > 0
    assert len(found.waiting) < sum(found.orders.values())


def test_a_hundred_kills_of_workers_on_sqlite_leave_every_book_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passed(100, *drill(tmp_path, str(tmp_path / "shop.db"), 100), capsys)


@pytest.mark.slow
def test_two_thousand_kills_of_workers_on_sqlite_leave_every_book_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passed(2_000, *drill(tmp_path, str(tmp_path / "shop.db"), 2_000), capsys)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that waits for its disk, to be cut off while others use it."""
    server = own_server()
    yield server
    server.stop()


def drill_with_crashes(folder: Path, server: Server, kills: int, crashes: int) -> tuple[int, Any]:
    stopped: list[int] = []

    def crash() -> None:
        stopped.append(len(stopped))
        server.crash()
        time.sleep(0.2)  # the workers meet a database that is away
        server.restart()

    found = drill(folder, f"{server.dsn}#", kills, crash=crash, crashes=crashes)
    assert len(stopped) == crashes
    return found


def test_fifty_kills_of_workers_and_three_of_postgresql_leave_every_book_in_order(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    passed(50, *drill_with_crashes(tmp_path, server, 50, 3), capsys)


@pytest.mark.slow
def test_two_thousand_kills_of_workers_and_fifty_of_postgresql_leave_every_book_in_order(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    passed(2_000, *drill_with_crashes(tmp_path, server, 2_000, 50), capsys)
