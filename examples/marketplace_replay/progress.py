"""
A progress bar, drawn only where somebody watches.

"""

import sys
from time import monotonic
from typing import Final

__all__ = ["Progress"]

_WIDTH: Final = 30


class Progress:
    """
    How far a stage is, on one line of standard error that is drawn at most ten times a second.

    """

    def __init__(self, stage: str, total: int) -> None:
        self._stage = stage
        self._total = max(total, 1)
        self._done = 0
        self._drawn_at = 0.0
        self._shown = sys.stderr.isatty()

    def at(self, done: int) -> None:
        self._done = done
        now = monotonic()
        if self._shown and now - self._drawn_at >= 0.1:
            self._drawn_at = now
            self._draw("")

    def end(self) -> None:
        if self._shown:
            self._draw("\n")

    def _draw(self, tail: str) -> None:
        filled = min(self._done, self._total) * _WIDTH // self._total
        bar = "#" * filled + "." * (_WIDTH - filled)
        sys.stderr.write(f"\r{self._stage:<12} [{bar}] {self._done:>7,} of {self._total:,}{tail}")
        sys.stderr.flush()
