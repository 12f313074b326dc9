"""
Chance from a seed: the same draws on every machine, in every process, under every hash seed.

Only integers are drawn, by methods of ``random.Random`` whose results have not changed between
versions of Python.
"""

from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

__all__ = ["Dice"]

_T = TypeVar("_T")


class Dice:
    """
    A source of chance of its own for each thing that is named.

    Args:
        names: What it is for; the same names give the same draws.

    >>> Dice(7, "shop").below(100) == Dice(7, "shop").below(100)
    True
    """

    __slots__ = ("_bits",)

    def __init__(self, *names: object) -> None:
        # A text is hashed by SHA-512, so neighboring numbers give unrelated draws.
        self._bits: Final = Random("/".join(map(str, names))).getrandbits  # noqa: S311  # a test's chance

    def below(self, limit: int) -> int:
        """
        Draw an integer from 0 up to below a limit.

        """
        # The bias is below 1 in 2**32 of what is drawn here; what is gained is speed.
        return self._bits(53) % limit

    def between(self, least: int, most: int) -> int:
        """
        Draw an integer, both ends included.

        """
        return least + self.below(most - least + 1)

    def chance(self, per_mille: int) -> bool:
        """
        Say whether something that happens so often in a thousand happens now.

        """
        return self.below(1_000) < per_mille

    def pick(self, choices: Sequence[_T]) -> _T:
        """
        Draw one of several.

        """
        return choices[self.below(len(choices))]

    def weighted(self, choices: Sequence[tuple[int, _T]]) -> _T:
        """
        Draw one of several, each as often as its weight.

        """
        at = self.below(sum(weight for weight, _ in choices))
        for weight, choice in choices:
            at -= weight
            if at < 0:
                return choice
        raise AssertionError(choices)  # pragma: no cover - the weights were summed
