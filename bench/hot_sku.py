"""
A hot SKU: eight processes reserve units of it, each with several callers in flight.

Whoever takes part is a kind of worker that knows the ways ``prepare`` (lives: the stock), ``audit``
and the ways of reserving (lives: for how many milliseconds). All of it in turns; before each turn
the tables are made anew. Rates are reservations a second over all processes.

After every turn the books are read: *oversold* is what was promised beyond the stock, or beyond
what the balance says. One turn of each way has less stock than demand and runs until every caller
was refused: *stranded* is what could then still have been promised.
"""

import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from bench.peers.line_protocol import Worker

__all__ = ["PROCESSES", "Side", "Turn", "measure", "ratio", "scarce"]

PROCESSES: Final = 8
PLENTY: Final = 10_000_000
SCARCE: Final = 500
SCARCE_MS: Final = 60_000


class Side(NamedTuple):
    """Who reserves: the program, in which environment, in which ways."""

    name: str
    python: Path
    module: str
    ways: tuple[str, ...]


class Turn(NamedTuple):
    """What one turn came to."""

    per_s: float
    p99_ms: float
    oversold: int
    stranded: int


def measure(
    sides: Sequence[Side], dsn: str, *, rounds: int, milliseconds: int
) -> dict[tuple[str, str], list[Turn]]:
    """Return the turns of each way of each side."""
    found: dict[tuple[str, str], list[Turn]] = {
        (side.name, way): [] for side in sides for way in side.ways
    }
    with ExitStack() as open_:
        crews = _crews(open_, sides)
        for turn in range(rounds):
            order = list(found)
            for side, way in (*order[turn % len(order) :], *order[: turn % len(order)]):
                found[side, way].append(_turn(crews[side], way, dsn, PLENTY, milliseconds))
    return found


def scarce(sides: Sequence[Side], dsn: str) -> dict[tuple[str, str], Turn]:
    """Return a turn of each way in which the stock ran out."""
    with ExitStack() as open_:
        crews = _crews(open_, sides)
        return {
            (side.name, way): _turn(crews[side.name], way, dsn, SCARCE, SCARCE_MS)
            for side in sides
            for way in side.ways
        }


def ratio(ours: Sequence[Turn], theirs: Mapping[str, Sequence[Turn]]) -> float:
    """Return how many times their quickest way ours is: the median of the rounds' own ratios."""
    quickest = max(theirs.values(), key=lambda turns: statistics.median(t.per_s for t in turns))
    return statistics.median(a.per_s / b.per_s for a, b in zip(ours, quickest, strict=True))


def _crews(open_: ExitStack, sides: Sequence[Side]) -> dict[str, list[Worker]]:
    return {
        side.name: [open_.enter_context(Worker(side.python, side.module)) for _ in range(PROCESSES)]
        for side in sides
    }


def _turn(crew: list[Worker], way: str, dsn: str, stock: int, milliseconds: int) -> Turn:
    crew[0].lead("prepare", stock, dsn)
    for worker in crew:
        worker.ask(way, milliseconds, dsn)
    answers = [worker.answer() for worker in crew]
    _, books = crew[0].lead("audit", 0, dsn)
    done = sum(end["done"] for _, end in answers)
    assert books["held"] == books["reserved"] == done, (books, done)
    ran_out = all(end["refused"] for _, end in answers)
    return Turn(
        per_s=done / max(seconds for seconds, _ in answers),
        p99_ms=max(end["p99_us"] for _, end in answers) / 1_000,
        oversold=max(0, books["held"] - books["stock"]),
        stranded=books["stock"] - books["held"] if ran_out else 0,
    )
