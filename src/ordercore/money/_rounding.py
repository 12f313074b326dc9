"""
Rounding as explicit data: five modes, each symmetric about zero, in exact integer arithmetic.

Symmetry is what makes a reversal exact: the share of -100 is minus the share of 100, so a refund,
a credit note and a negative adjustment mirror what they reverse.
"""

from enum import StrEnum
from typing import assert_never

from ordercore.errors import InvalidData

__all__ = ["Rounding", "divide"]


class Rounding(StrEnum):
    """
    Where an amount goes that lies between two minor units.

    Attributes:
        HALF_EVEN: To the nearest; a half to the even neighbor (bankers' rounding). No drift over
            many amounts, hence the default.
        HALF_UP: To the nearest; a half away from zero ("kaufmännisch", most tax offices).
        HALF_DOWN: To the nearest; a half toward zero.
        UP: Away from zero.
        DOWN: Toward zero (truncation).
    """

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    HALF_DOWN = "half_down"
    UP = "up"
    DOWN = "down"


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """
    Divide exactly and round once.

    Args:
        numerator: Any integer, either sign.
        denominator: A positive integer.
        rounding: Where a fraction goes.

    Returns:
        The rounded quotient; ``divide(-n, d, r) == -divide(n, d, r)`` for every mode.

    Raises:
        InvalidData: The denominator is not positive.

    >>> [divide(n, 2, Rounding.HALF_EVEN) for n in (1, 3, 5, -1, -3)]
    [0, 2, 2, 0, -2]
    """
    if denominator <= 0:
        raise InvalidData("divide", (f"denominator: {denominator} is below 1",))
    quotient, remainder = divmod(abs(numerator), denominator)
    if remainder and _rounds_away(quotient, 2 * remainder - denominator, rounding):
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def _rounds_away(quotient: int, beyond_half: int, rounding: Rounding) -> bool:
    """
    Decide for a fraction above zero; ``beyond_half`` has the sign of (fraction - one half).
    """
    match rounding:
        case Rounding.HALF_EVEN:
            return beyond_half > 0 or (beyond_half == 0 and quotient % 2 == 1)
        case Rounding.HALF_UP:
            return beyond_half >= 0
        case Rounding.HALF_DOWN:
            return beyond_half > 0
        case Rounding.UP:
            return True
        case Rounding.DOWN:
            return False
        case _:
            assert_never(rounding)
