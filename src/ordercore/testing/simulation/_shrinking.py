"""
The shortest story of a failing run.

A run is a row of acts that do not depend on each other's dice, so any of them can be left out.
First the end is cut off, by halves, as far as the beginning still fails. Then acts are left out in
ever smaller pieces as long as what is left fails in the same way (delta debugging: Zeller and
Hildebrandt, "Simplifying and isolating failure-inducing input", 2002). The work is bounded by the
number of acts that are played, not by time, so the same run is made short in the same way
everywhere.
"""

from collections.abc import Callable
from typing import Final

__all__ = ["ACTS_MAX", "shortest"]

#: How many acts may be played to make a run short.
ACTS_MAX: Final = 200_000


def shortest(
    acts: tuple[int, ...], fails: Callable[[tuple[int, ...]], bool], budget: int = ACTS_MAX
) -> tuple[int, ...]:
    """
    Leave out acts as long as what is left fails.

    Args:
        acts: Those of a run that fails.
        fails: Whether a run of some of them fails in the same way.
        budget: How many acts may be played.

    Returns:
        Acts that fail together; where the budget lasted, none of them can be left out alone.

    >>> shortest(tuple(range(100)), lambda some: {7, 42} <= set(some))
    (7, 42)
    """
    acts, budget = _beginning(acts, fails, budget)
    pieces = 2
    while len(acts) > 1 and budget > 0:
        size = -(-len(acts) // pieces)
        for start in range(0, len(acts), size):
            left = acts[:start] + acts[start + size :]
            budget -= len(left)
            if left and fails(left):
                acts, pieces = left, max(pieces - 1, 2)
                break
            if budget <= 0:
                break
        else:
            if size == 1:
                break
            pieces = min(pieces * 2, len(acts))
    return acts


def _beginning(
    acts: tuple[int, ...], fails: Callable[[tuple[int, ...]], bool], budget: int
) -> tuple[tuple[int, ...], int]:
    """
    Find a short beginning that fails; returns it and what is left of the budget.

    """
    well, bad = 0, len(acts)
    while bad - well > 1 and budget > 0:
        middle = (well + bad) // 2
        budget -= middle
        if fails(acts[:middle]):
            bad = middle
        else:
            well = middle
    return acts[:bad], budget
