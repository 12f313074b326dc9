"""Threads and processes at one store: one winner each, nothing lost, nothing half done."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from ordercore.engine import audit_ledger
from ordercore.errors import Conflict, PortUnavailable, Rejected
from ordercore.ids import CommandId, StreamId
from ordercore.ledger import VoidPending
from ordercore.ports import LeaseState, Store
from ordercore.stores import SQLiteStore
from tests.stores._toys import (
    AVAILABLE,
    SHOP,
    START,
    ToyCodec,
    available,
    minutes,
    promise,
    says,
    supply,
    told,
)

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """Let threads do the same at the same moment."""
    start = threading.Barrier(count)

    def begin(n: int) -> T:
        start.wait(timeout=30)
        return work(n)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def worker(path: Path, mode: str, name: str, number: int) -> "subprocess.Popen[str]":
    arguments = [str(path), mode, name, str(number)]
    program = (
        f"import sys, runpy; sys.path[:] = {[str(ROOT), *sys.path]!r}; "
        f"sys.argv[1:] = {arguments!r}; runpy.run_module('tests.stores._worker', None, '__main__')"
    )
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> tuple[int, str]:
    printed, _ = process.communicate(timeout=120)
    return process.returncode, printed.strip()


def test_of_eight_threads_at_one_version_exactly_one_wins_each_time(store: Store) -> None:
    def compete(n: int) -> int:
        won = 0
        for version in range(25):
            try:
                store.commit(says(f"c-{n}-{version}", "s-1", f"{n}", version=version))
                won += 1
            except Conflict as conflict:
                assert conflict.actual > version  # noqa: PT017 - a loser is told who was faster
        return won

    wins = at_once(8, compete)

    recorded = list(store.load(SHOP, StreamId("s-1")))
    assert sum(wins) == 25
    assert [r.version for r in recorded] == list(range(1, 26))
    assert [r.position for r in store.feed(SHOP, 0, 100)] == list(range(1, 26))


def test_of_sixteen_buyers_of_the_last_unit_exactly_one_gets_it(store: Store) -> None:
    store.commit(says("c-0", None, steps=(supply("t-0", 1),)))

    def buy(n: int) -> str:
        try:
            store.commit(says(f"c-{n}-buy", f"s-{n}", "bought", steps=(promise(f"h-{n}", 1),)))
        except Rejected as refusal:
            return refusal.code
        return "bought"

    assert sorted(at_once(16, buy)) == ["bought", *["shortage"] * 15]
    assert available(store) == 0
    assert len(list(store.streams(SHOP))) == 1


def test_the_same_command_sent_by_eight_threads_is_written_once(store: Store) -> None:
    receipts = at_once(
        8, lambda _: store.commit(says("c-1", "s-1", "a", steps=(supply("t-1", 1),)))
    )

    assert all(receipt == receipts[0] for receipt in receipts)
    assert told(store) == ["a"]
    assert len(list(store.entries(SHOP))) == 1


def test_of_eight_holders_asking_at_once_one_gets_the_lease(store: Store) -> None:
    def ask(n: int) -> LeaseState:
        return store.lease(
            SHOP, StreamId("s-1"), "e-1", holder=f"w-{n}", at=minutes(0), until=minutes(5)
        ).state

    assert sorted(at_once(8, ask)) == ["fresh", *["held"] * 7]


def test_a_hold_keeps_every_other_writer_out(store: Store) -> None:
    store.commit(says("c-start", None, steps=(supply("t-0", 40),)))

    def take_five(n: int) -> None:
        with store.hold(SHOP):
            before = available(store)
            steps = tuple(promise(f"h-{n}-{k}", 1) for k in range(5))
            store.commit(
                says(f"c-{n}", "s-1", f"{before}", version=(40 - before) // 5, steps=steps)
            )
            assert available(store) == before - 5

    at_once(8, take_five)

    assert told(store) == [str(n) for n in range(40, 0, -5)]


def test_readers_never_see_half_a_commit(store: Store) -> None:
    store.commit(says("c-0", None, steps=(supply("t-0", 10),)))
    done = threading.Event()
    other = AVAILABLE.replace("available", "allocated")

    def write() -> None:
        for n in range(60):
            steps = (promise(f"h-{n}", 1), promise(f"g-{n}", 1))
            store.commit(says(f"c-{n}-a", None, steps=steps))
            voids = tuple(
                VoidPending(f"v-{p}-{n}", f"{p}-{n}", "x", "y", START) for p in ("h", "g")
            )
            store.commit(says(f"c-{n}-b", None, steps=voids))
        done.set()

    def read() -> set[tuple[int, int]]:
        seen: set[tuple[int, int]] = set()
        while not done.is_set():
            balances = list(
                store.balances(SHOP, (AVAILABLE, type(AVAILABLE)(other)), START).values()
            )
            seen.add((balances[0].pending_out, balances[1].pending_in))
        return seen

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        pool.submit(write).result(timeout=60)

        assert set().union(*(r.result(timeout=60) for r in readers)) <= {(0, 0), (2, 2)}


# ---------------------------------------------------------------- processes at one file


def test_two_processes_at_one_stream_lose_nothing(path: Path) -> None:
    with SQLiteClosing(path) as store:
        workers = [worker(path, "append", name, 40) for name in ("left", "right")]
        assert [finished(process)[0] for process in workers] == [0, 0]

        words = told(store, stream="shared")
        assert sorted(words) == sorted(f"{n} {k}" for n in ("left", "right") for k in range(40))
        for name in ("left", "right"):
            assert [w for w in words if w.startswith(name)] == [f"{name} {k}" for k in range(40)]
        assert [r.position for r in store.feed(SHOP, 0, 100)] == list(range(1, 81))


def test_two_processes_never_sell_more_than_there_is(path: Path) -> None:
    with SQLiteClosing(path) as store:
        store.commit(says("c-0", None, steps=(supply("t-0", 30),)))
        workers = [worker(path, "take", name, 25) for name in ("left", "right")]
        given = [int(finished(process)[1]) for process in workers]

        assert sum(given) == 30
        assert available(store) == 0
        assert audit_ledger(store, SHOP) == ()


def test_processes_that_create_one_file_at_the_same_moment_both_succeed(path: Path) -> None:
    workers = [worker(path, "append", name, 3) for name in ("left", "right")]

    assert [finished(process)[0] for process in workers] == [0, 0]
    with SQLiteClosing(path) as store:
        assert len(told(store, stream="shared")) == 6


@pytest.mark.parametrize(
    ("mode", "words"),
    [("die", ["a", "b", "c"]), ("die-together", ["a", "b", "c", "d"])],
    ids=["a commit", "a group"],
)
def test_a_process_that_dies_at_any_write_of_a_commit_leaves_all_of_it_or_nothing(
    path: Path, mode: str, words: list[str]
) -> None:
    """
    The commit or group is cut before its first, second ... last write, until one survives.

    """
    with SQLiteClosing(path) as store:
        store.commit(says("c-0", "s-1", "a", steps=(supply("t-0", 5), promise("h-1", 2)), due=3))
        store.lease(SHOP, StreamId("s-1"), "e-1", holder="w", at=START, until=minutes(5))
        before = everything(store)
        at_write = 0
        for at_write in range(1, 40):
            process = worker(path, mode, "x", at_write)
            code, printed = finished(process)
            if printed == "survived":
                break
            assert code == 9
            assert everything(store) == before
            assert audit_ledger(store, SHOP) == ()

        assert at_write == 12  # begin, ten tables' writes, commit: the eleven before were cut
        assert told(store) == words
        assert audit_ledger(store, SHOP) == ()


def test_a_commit_waits_for_another_process_no_longer_than_it_was_told(path: Path) -> None:
    with SQLiteClosing(path) as first, SQLiteClosing(path, lock_timeout_ms=20) as second:
        with first.hold(SHOP), pytest.raises(PortUnavailable, match="locked"):
            second.commit(says("c-1", "s-1", "a"))
        with first.hold(SHOP), pytest.raises(PortUnavailable, match="locked"), second.hold(SHOP):
            pytest.fail("two holds at one file")

        assert told(second) == []
        second.commit(says("c-1", "s-1", "a"))
        assert told(first) == ["a"]


def everything(store: Store) -> tuple[object, ...]:
    return (
        tuple(store.feed(SHOP, 0, 1_000)),
        tuple(store.accounts(SHOP)),
        tuple(store.pendings(SHOP)),
        tuple(store.entries(SHOP)),
        tuple(store.due(SHOP, minutes(10_000), 1_000)),
        store.find(SHOP, "pay:9"),
        *(store.recall(SHOP, CommandId(f"c-{name}")) for name in ("before", "full", "after")),
    )


class SQLiteClosing:
    """A store on disk that is closed at the end of a block."""

    def __init__(self, path: Path, lock_timeout_ms: int = 10_000) -> None:
        self._store = SQLiteStore(path, codec=ToyCodec(), lock_timeout_ms=lock_timeout_ms)

    def __enter__(self) -> SQLiteStore:
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()
