"""Plain tables for the terminal, and the statistics that all benchmarks share."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

__all__ = ["call_us", "medians", "print_table"]


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print aligned columns: words to the left, everything else to the right."""
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(header), *cells]) for i in range(len(header))]
    print(f"\n{title}")
    for row, values in [(list(header), None), *zip(cells, rows, strict=True)]:
        print("  " + "  ".join(_aligned(row, values, widths)).rstrip())


def medians(samples: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the median of each series."""
    return {name: statistics.median(values) for name, values in samples.items()}


def call_us(work: Callable[[], object], rounds: int, repeat: int) -> float:
    """Return the median over the rounds of the mean microseconds of one call."""
    means: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        for _ in range(repeat):
            work()
        means.append((time.perf_counter_ns() - start) / 1_000 / repeat)
    return statistics.median(means)


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.2f}" if abs(cell) < 10 else f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _aligned(
    row: Sequence[str], values: Sequence[object] | None, widths: Sequence[int]
) -> list[str]:
    words = [True] + [False] * (len(row) - 1)
    if values is not None:
        words = [isinstance(value, str) for value in values]
    return [
        cell.ljust(width) if word else cell.rjust(width)
        for cell, word, width in zip(row, words, widths, strict=True)
    ]
