"""
PostgreSQL: appends beside a transaction of statements, and a hot SKU beside SELECT FOR UPDATE.

Peers are plain psycopg programs that keep the same facts (worker_psycopg.py): who appends writes
the event, its stream's version and the receipt, a statement each, and commits. A narrow peer, which
keeps neither receipt nor actor, is measured too. Appends are compared on a server that does not
wait for the disk, where they cost what they cost the processor; hot stock on one that does, since
there a row is locked until the disk has the commit.

The server is the one that ``ORDERCORE_TEST_DSN`` names, or one out of a wheel that lives as long as
the run. A named one is used as it is set up; the schemas ``peer`` and ``ours`` in it are emptied.
"""

import importlib
import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.hot_sku import PROCESSES, Side, Turn, measure, ratio, scarce
from bench.peers.environment import python_of_peers
from bench.peers.line_protocol import Worker
from bench.peers.worker_our_postgres import HOT_WAYS, missing
from bench.report import print_table

__all__ = ["run"]

ROUNDS: Final = 5
MILLISECONDS: Final = 2_000
#: Appends take turns more often: what else the machine does then falls on all of them.
APPEND_MS: Final = 500
APPEND_TURNS: Final = 4
IN_FLIGHT: Final = (10, 40)
PEER: Final = "bench.peers.worker_psycopg"
OURS: Final = "bench.peers.worker_our_postgres"
NOT_WAITING: Final = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


def run(*, rounds: int = ROUNDS, small: bool = False) -> dict[str, Any]:
    """Measure, print, and return the figures; nothing where the store can't be measured here."""
    why = "--small" if small else missing()
    if why:
        print(f"\nPostgreSQL: left out: {why}")
        return {}
    with _server(*NOT_WAITING) as dsn:
        appended = _appends(dsn, rounds)
    with _server() as dsn:
        hot = _hot(dsn, rounds)
    return {**appended, **hot}


@contextmanager
def _server(*settings: str) -> Iterator[str]:
    named = os.environ.get("ORDERCORE_TEST_DSN")
    if named:
        yield named
        return
    server = importlib.import_module("tests.postgres").Server(*settings)
    try:
        yield server.dsn
    finally:
        server.stop()


def _appends(dsn: str, rounds: int) -> dict[str, Any]:
    ways = {
        "ordercore": "append",
        "psycopg, same facts": "append",
        "psycopg, narrow": "append-narrow",
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with Worker(Path(sys.executable), OURS) as ours, Worker(python_of_peers(), PEER) as peer:
        ours.lead("prepare", 1, dsn)
        peer.lead("prepare", 1, dsn)
        for _ in range(rounds * APPEND_TURNS):
            for name, way in ways.items():
                worker = ours if name == "ordercore" else peer
                seconds, end = worker.lead(way, APPEND_MS, dsn)
                taken[name].append(end["done"] / seconds)
    mine, *theirs = taken.values()
    over = [
        round(statistics.median(a / b for a, b in zip(mine, each, strict=True)), 2)
        for each in theirs
    ]
    print_table(
        "PostgreSQL, one connection, not waiting for the disk: appends",
        ("who", "a second", "ordercore is x"),
        [
            (name, statistics.median(each), x)
            for (name, each), x in zip(taken.items(), [1.0, *over], strict=True)
        ],
    )
    return {"pg_append_over_two_statements": over[0], "pg_append_over_narrow_rows": over[1]}


def _hot(dsn: str, rounds: int) -> dict[str, Any]:
    ours = Side(
        "ordercore",
        Path(sys.executable),
        OURS,
        tuple(f"{way}-{n}" for way in HOT_WAYS for n in IN_FLIGHT),
    )
    peer = Side(
        "psycopg",
        python_of_peers(),
        PEER,
        tuple(f"hot-{n}-pool-{size}" for n in IN_FLIGHT for size in (1, 4)),
    )
    turns = measure((ours, peer), dsn, rounds=rounds, milliseconds=MILLISECONDS)
    ends = scarce((ours, peer), dsn)
    print_table(
        f"PostgreSQL, one hot SKU, {PROCESSES} processes, waiting for the disk",
        ("who", "way", "reservations/s", "least", "most", "p99 ms"),
        [(*key, *_row(each)) for key, each in turns.items()],
    )
    every = [turn for each in (*turns.values(), list(ends.values())) for turn in each]
    found: dict[str, Any] = {
        "oversold": max(turn.oversold for turn in every),
        "stranded": max(turn.stranded for turn in every),
    }
    for n in IN_FLIGHT:
        peers = {
            way: each
            for (side, way), each in turns.items()
            if side == "psycopg" and way.startswith(f"hot-{n}-")
        }
        found[f"hot_sku_coalesced_{n}"] = round(
            ratio(turns["ordercore", f"coalesced-{n}"], peers), 2
        )
        if n == IN_FLIGHT[0]:
            counted = turns["ordercore", f"sub_counters-{n}"]
            found["hot_sku_sub_counters"] = round(ratio(counted, peers), 2)
    found["hot_sku"] = {
        f"{side}, {way}": dict(zip(("per_s", "least", "most", "p99_ms"), _row(each), strict=True))
        for (side, way), each in turns.items()
    }
    return found


def _row(turns: list[Turn]) -> tuple[float, float, float, float]:
    rates = [turn.per_s for turn in turns]
    middle = statistics.median(rates)
    p99 = statistics.median(turn.p99_ms for turn in turns)
    return round(middle, 1), round(min(rates), 1), round(max(rates), 1), round(p99, 2)
