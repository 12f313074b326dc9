"""Rounds in turn: what is compared is measured side by side."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

__all__ = ["alternating", "ratio", "seconds"]


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternating(
    ways: Mapping[str, Callable[[], float]], rounds: int, *, collect: bool = False
) -> dict[str, list[float]]:
    """Measure several ways, one after the other, again and again."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    was_on = gc.isenabled()
    (gc.enable if collect else gc.disable)()
    try:
        for _ in range(rounds):
            for name, way in ways.items():
                times[name].append(way())
    finally:
        (gc.enable if was_on else gc.disable)()
    return times


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Return the median of the rounds' own ratios: both halves of one were measured together."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))
