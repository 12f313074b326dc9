"""
The equal life, led in turns by ordercore and by its peers; see equal_life.py for what it is.

Every contestant is a process of its own that is started once. In each round each of them leads
the same number of lives on a fresh store, one after the other and never at once, in an order that
moves on from round to round. What is compared is the ratio of two of them within one round,
and of these the median over the rounds: a slow moment of the machine falls on both halves. All of
them must arrive at the same end state.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.peers.environment import python_of_peers
from bench.peers.equal_life import WARM_UP, end_of
from bench.peers.line_protocol import IN_MEMORY, Worker
from bench.peers.worker_ordercore import facts_of_one_life
from bench.report import print_table

__all__ = ["homes", "run", "where"]

ORDERS: Final = 60
ORDERS_OF_OSCAR: Final = 10
TMPFS: Final = Path("/dev/shm")  # noqa: S108  # present on Linux only, hence asked for
DISK: Final = Path.cwd()


class Contestant(NamedTuple):
    """Who leads lives, and how."""

    peer: str
    way: str
    lives: int
    #: Whether it runs in memory too.
    in_memory: bool
    does: str

    @property
    def name(self) -> str:
        return self.peer if self.way == "whole" else f"{self.peer}, {self.way}"


OURS: Final = Contestant(
    "ordercore", "whole", ORDERS, in_memory=True, does="5 commands, 7 commits, ledger"
)
_STOCK: Final = "5 commands, 5 saves, 30 stock items"
_ALONE: Final = "5 commands, 5 saves, no stock kept"
EVENTSOURCING: Final = tuple(
    Contestant(
        "eventsourcing", f"{variant}-{way}", ORDERS, in_memory=True, does=f"{does}; {reading}"
    )
    for variant, does in (("stock", _STOCK), ("alone", _ALONE))
    for way, reading in (
        ("stored", "reads the store"),
        ("forwarded", "its cache, brought up to date by reading"),
        ("cached", "its cache, one process only"),
    )
)
OSCAR: Final = Contestant(
    "django-oscar",
    "whole",
    ORDERS_OF_OSCAR,
    in_memory=False,
    does="4 commands, one place, no picking or packing",
)
MODULES: Final = {
    "ordercore": "bench.peers.worker_ordercore",
    "eventsourcing": "bench.peers.worker_eventsourcing",
    "django-oscar": "bench.peers.worker_oscar",
}

Series = dict[Contestant, list[float]]


def homes() -> tuple[str, ...]:
    """Return where stores are kept: in memory, on tmpfs where there is one, on the disk."""
    tmpfs = ("SQLite, tmpfs, full",) if TMPFS.is_dir() else ()
    return ("memory", *tmpfs, "SQLite, disk, full")


@contextmanager
def where(home: str) -> Iterator[str]:
    """Yield the path of a fresh folder there, or what stands for memory."""
    if home == "memory":
        yield IN_MEMORY
        return
    root = TMPFS if "tmpfs" in home else DISK
    with tempfile.TemporaryDirectory(prefix=".ordercore-bench-", dir=root) as folder:
        yield folder


def run(*, rounds: int, small: bool) -> dict[str, Any]:
    """
    Measure, print, and return the figures; small: ordercore alone, a few lives.

    Raises:
        PeersMissing: The peers are not installed and can't be.
    """
    contestants = (OURS,) if small else (OURS, *EVENTSOURCING, OSCAR)
    facts = facts_of_one_life()
    print(
        f"\none equal life: {facts['host_commands']} commands; ordercore: {facts['commits']}"
        f" commits, {facts['events']} events, {facts['steps']} ledger steps"
    )
    with ExitStack() as open_:
        workers = _workers(open_, contestants)
        found = {home: _rounds(home, workers, contestants, rounds, small) for home in homes()}
        versions = {
            name: number for each in workers.values() for name, number in each.versions.items()
        }
    for home, series in found.items():
        _print(home, series, rounds)
    print("\nwhat each does")
    for each in contestants:
        print(f"  {each.name:32}{each.does}")
    return {
        **_headlines(found),
        "equal_life": facts,
        "versions": versions,
        "equal_lives": {home: _figures(series) for home, series in found.items()},
    }


def _workers(open_: ExitStack, contestants: tuple[Contestant, ...]) -> dict[str, Worker]:
    workers: dict[str, Worker] = {}
    for peer in dict.fromkeys(contestant.peer for contestant in contestants):
        python = Path(sys.executable) if peer == "ordercore" else python_of_peers()
        workers[peer] = open_.enter_context(Worker(python, MODULES[peer]))
    return workers


def _rounds(
    home: str,
    workers: dict[str, Worker],
    contestants: tuple[Contestant, ...],
    rounds: int,
    small: bool,  # noqa: FBT001  # handed through
) -> Series:
    """Return milliseconds an order by contestant, one figure for each round."""
    there = [each for each in contestants if each.in_memory or home != "memory"]
    taken: Series = {each: [] for each in there}
    for turn in range(rounds):
        first = turn % len(there)
        for each in (*there[first:], *there[:first]):
            lives = 3 if small else each.lives
            with where(home) as path:
                seconds, end = workers[each.peer].lead(each.way, lives, path)
            expected = end_of(lives + WARM_UP)
            wrong = {name: value for name, value in end.items() if value != expected[name]}
            assert not wrong, f"{each.name} ended with {wrong}, not with {expected}"
            assert each.way.startswith("alone") or end.keys() == expected.keys()
            taken[each].append(seconds * 1_000 / lives)
    return taken


def _ratio(theirs: list[float], ours: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(theirs, ours, strict=True))


def _figures(series: Series) -> dict[str, dict[str, float]]:
    ours = series[OURS]
    return {
        each.name: {
            "ms_per_order": round(statistics.median(taken), 3),
            "least_ms": round(min(taken), 3),
            "most_ms": round(max(taken), 3),
            "orders_per_s": round(1_000 / statistics.median(taken), 1),
            "ordercore_is_times_as_fast": round(_ratio(taken, ours), 3),
            "by_medians": round(statistics.median(taken) / statistics.median(ours), 3),
        }
        for each, taken in series.items()
    }


def _print(home: str, series: Series, rounds: int) -> None:
    print_table(
        f"{home}: medians of {rounds} rounds in turns; x: how many times as fast ordercore is,"
        " median of the rounds' own ratios",
        ("who", "orders/s", "ms/order", "least", "most", "x", "x by medians"),
        [
            (
                name,
                row["orders_per_s"],
                row["ms_per_order"],
                row["least_ms"],
                row["most_ms"],
                row["ordercore_is_times_as_fast"],
                row["by_medians"],
            )
            for name, row in _figures(series).items()
        ],
    )


def _headlines(found: dict[str, Series]) -> dict[str, float]:
    """Return the ratios that goals are stated in: against the peer's quickest way there."""
    heads: dict[str, float] = {}
    for home, series in found.items():
        if home == "memory":
            kind = "memory"
        else:  # where there is no tmpfs, the disk has the plain names as well
            kind = "sqlite" if "tmpfs" in home or not TMPFS.is_dir() else "sqlite_disk"
        for variant, suffix in (("stock", ""), ("alone", "_order_alone")):
            ways = [taken for each, taken in series.items() if each.way.startswith(variant)]
            if ways:
                quickest = min(ways, key=statistics.median)
                heads[f"vs_eventsourcing_{kind}{suffix}"] = round(_ratio(quickest, series[OURS]), 3)
        if OSCAR in series:
            heads["vs_oscar" + kind.removeprefix("sqlite")] = round(
                _ratio(series[OSCAR], series[OURS]), 2
            )
    return heads
