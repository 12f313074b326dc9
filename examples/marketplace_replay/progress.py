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
        self._drawn_at = 0.0
        self._shown = sys.stderr.isatty()

    def at(self, done: int) -> None:
        now = monotonic()
        if not self._shown or (now - self._drawn_at < 0.1 and done < self._total):
            return
        self._drawn_at = now
        filled = min(done, self._total) * _WIDTH // self._total
        bar = "#" * filled + "." * (_WIDTH - filled)
        sys.stderr.write(f"\r{self._stage:<12} [{bar}] {done:>7,} of {self._total:,}")
        sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\n")
