"""
Group commit: how many submits share one flush of the disk, and what that is worth on the clock.

Full durability on the real disk, where a commit waits for the disk; what one flush of this disk
takes is measured in the same rounds, since the ratio means nothing without it. Three ways in turns:

- *single*: one thread commits receipts of stock one after the other to the plain store;
- *store*: as many threads as submitters, each with its share of the same commits, over
  ``GroupCommit``: what the store makes of submitters that have nothing else to do;
- *engine*: the same threads submit the commands through an engine, so what a command costs in
  Python, under one interpreter lock, decides how many are ready when a flush begins.

A flush is counted where it happens: at each ``COMMIT`` that SQLite's writing connection executes.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from bench.peers.compare import DISK
from bench.peers.equal_life import PLACES
from bench.peers.worker_ordercore import engine_on
from bench.report import print_table
from ordercore import MemoryStore, ReceiveStock, SQLiteStore, stores
from ordercore.ports import Commit, Receipt, Store

__all__ = ["run"]

SUBMITTERS: Final = (20, 40)
EACH: Final = 10
FLUSHES: Final = 100

Grouping = Callable[..., Store]


def run(*, rounds: int, small: bool) -> dict[str, Any]:
    """Measure, print, and return the figures; nothing where the store has no group commit."""
    grouping = cast("Grouping | None", getattr(stores, "GroupCommit", None))
    if grouping is None:
        print("\ngroup commit: left out, this version has none")
        return {}
    each = 2 if small else EACH
    found: dict[str, Any] = {"flush_ms": round(_flush_ms(), 3)}
    rows: list[tuple[object, ...]] = []
    for submitters in SUBMITTERS:
        turns = [_round(grouping, submitters, each) for _ in range(rounds)]
        for way in ("store", "engine"):
            times = [turn["single"][0] / turn[way][0] for turn in turns]
            shared = [submitters * each / turn[way][1] for turn in turns]
            found[f"{way}_{submitters}"] = {
                "submits_per_flush": round(statistics.median(shared), 2),
                "submits_per_flush_least": round(min(shared), 2),
                "over_single_commits": round(statistics.median(times), 2),
            }
            rows.append((way, submitters, *found[f"{way}_{submitters}"].values()))
        flushes = [turn["single"][1] for turn in turns]
        assert all(count >= submitters * each for count in flushes), flushes
    found["flush_ms_after"] = round(_flush_ms(), 3)
    print_table(
        f"group commit on the disk, full durability; one flush of 4 KiB takes {found['flush_ms']}"
        f" ms before and {found['flush_ms_after']} ms after",
        ("way", "submitters", "submits a flush", "least", "x single commits"),
        rows,
    )
    return {
        "submits_per_flush": found["store_20"]["submits_per_flush"],
        "group_commit": found,
    }


def _flush_ms() -> float:
    """Return how long the disk takes to flush one page, the median of many."""
    with tempfile.NamedTemporaryFile(prefix=".ordercore-bench-", dir=DISK) as file:
        taken: list[float] = []
        for _ in range(FLUSHES):
            os.write(file.fileno(), b"x" * 4_096)
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - start) * 1_000)
    return statistics.median(taken)


class _Listening:
    """A store in memory that remembers what it was asked to commit."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self.commits: list[Commit] = []

    def commit(self, commit: Commit) -> Receipt:
        self.commits.append(commit)
        return self._store.commit(commit)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # everything else as it is
        return getattr(self._store, name)


def _receive(number: int) -> ReceiveStock:
    return ReceiveStock(place=PLACES[number % len(PLACES)], lines={"MUG": 1})


def _commits(count: int) -> list[Commit]:
    """Return commits that an engine would make for so many receipts."""
    store = _Listening()
    engine = engine_on(cast("Store", store), 1)
    before = len(store.commits)
    for number in range(count):
        engine.submit(_receive(number))
    return store.commits[before:]


@contextmanager
def _counted() -> Iterator[tuple[SQLiteStore, list[str]]]:
    """Yield a fresh store on the disk and a list that grows with each of its flushes."""
    with tempfile.TemporaryDirectory(prefix=".ordercore-bench-", dir=DISK) as folder:
        store = SQLiteStore(Path(folder, "grouped.db"), durability="full")
        flushes: list[str] = []
        writer = store._connections._writer  # noqa: SLF001  # what it executes is to be counted
        writer.set_trace_callback(
            lambda statement: flushes.append(statement) if statement == "COMMIT" else None
        )
        try:
            yield store, flushes
        finally:
            writer.set_trace_callback(None)
            store.close()


def _round(grouping: Grouping, submitters: int, each: int) -> dict[str, tuple[float, int]]:
    """Return seconds and flushes of the three ways."""
    commits = _commits(submitters * each)
    shares = [commits[n::submitters] for n in range(submitters)]
    found: dict[str, tuple[float, int]] = {}
    with _counted() as (store, flushes):
        seconds = _together([partial(_each, store.commit, commits)])
        found["single"] = seconds, len(flushes)
    with _counted() as (store, flushes):
        group = grouping(store)
        seconds = _together([partial(_each, group.commit, share) for share in shares])
        found["store"] = seconds, len(flushes)
    with _counted() as (store, flushes):
        engine = engine_on(grouping(store), 1)
        flushes.clear()  # what was received at the opening
        commands = [_receive(number) for number in range(submitters * each)]
        mine = [commands[n::submitters] for n in range(submitters)]
        seconds = _together([partial(_each, engine.submit, share) for share in mine])
        found["engine"] = seconds, len(flushes)
        assert engine.verify().balanced
    return found


def _each(act: Callable[[Any], object], share: Sequence[object]) -> None:
    for one in share:
        act(one)


def _together(works: Sequence[Callable[[], None]]) -> float:
    """Do all works at once, a thread each; return the seconds until the last has ended."""
    errors: list[BaseException] = []
    ready = threading.Barrier(len(works) + 1)

    def work(do: Callable[[], None]) -> None:
        ready.wait()
        try:
            do()
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            errors.append(error)

    threads = [threading.Thread(target=work, args=(do,)) for do in works]
    for thread in threads:
        thread.start()
    ready.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if errors:
        raise errors[0]
    return seconds
