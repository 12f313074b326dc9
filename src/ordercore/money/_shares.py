"""
Two ways to share an amount so that not a cent is lost or made.

- :func:`apportion` shares among *members with weights*, all at once: a discount over lines.
- :func:`share` shares along *a row of equal units*, piece by piece: a line's amount over its
  captures and refunds. It is the difference of two rounded positions, F(stop) - F(start), so any
  cuts whatever add up to the whole, in any order, with nothing remembered between calls. Rounding
  each piece alone would not add up; carrying a remainder along would have to be stored.

Both are exact, deterministic, and mirror themselves for negative totals.
"""

from collections.abc import Sequence

from ordercore.errors import InvalidData
from ordercore.money._rounding import Rounding, divide

__all__ = ["apportion", "share"]


def apportion(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """
    Share an amount among members by weight, by the method of the largest remainder.

    Each member gets its exact share rounded toward zero; the minor units left over go one each to
    the largest fractions, among equal fractions to the earlier member. So the shares sum to the
    total, each lies less than 1 from its exact share, a member of weight 0 gets nothing beside
    others, and no share exceeds its weight while the total does not exceed their sum.

    Weights that are all zero count as equal weights: a discount on lines that cost nothing has to
    go somewhere, and dividing by zero is no answer.

    Args:
        total: The amount, either sign; ``apportion(-t, w)`` is minus ``apportion(t, w)``.
        weights: Integers of 0 and more, one for each member.

    Returns:
        One share for each weight, in their order. Cost: O(n log n).

    Raises:
        InvalidData: A weight is negative, or there is an amount and nobody to bear it.

    >>> apportion(1000, (1, 1, 1)), apportion(10, (0, 0)), apportion(-5, (3, 1))
    ((334, 333, 333), (5, 5), (-4, -1))
    """
    faults = tuple(f"weights[{i}]: {w} is below 0" for i, w in enumerate(weights) if w < 0)
    if not weights and total:
        faults = (f"weights: empty, nobody bears {total}",)
    if faults:
        raise InvalidData("apportion", faults)
    if not weights:
        return ()

    whole = sum(weights)
    if whole == 0:
        weights = (1,) * len(weights)
        whole = len(weights)
    parts = [divmod(abs(total) * weight, whole) for weight in weights]
    shares = [floor for floor, _ in parts]
    left_over = abs(total) - sum(shares)
    by_fraction = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))
    for i in by_fraction[:left_over]:
        shares[i] += 1
    return tuple(shares) if total >= 0 else tuple(-s for s in shares)


def share(
    total: int,
    quantity: int,
    start: int,
    stop: int,
    rounding: Rounding = Rounding.HALF_EVEN,
) -> int:
    """
    Tell what part of an amount falls on the units ``[start, stop)`` of ``quantity`` equal units.

    F(stop) - F(start) with F(k) = total x k / quantity, rounded. Pieces that meet without gap or
    overlap add up to the total exactly, however they are cut. The units may be pieces of goods, or
    the minor units of an amount already paid: then the parts of a refund by amount are
    ``share(part, paid, refunded, refunded + amount)``.

    Args:
        total: The amount on all units, either sign.
        quantity: How many units there are, at least 1.
        start: The first unit, counted from 0.
        stop: The unit after the last; ``start == stop`` is the empty piece and gets 0.
        rounding: Of the positions F(k); the same for all pieces of one amount.

    Returns:
        The share, at most 1 from the exact one, and of the total's sign or 0. Cost: O(1).

    Raises:
        InvalidData: ``quantity`` is below 1 or the units do not lie within ``[0, quantity]``.

    >>> [share(1000, 3, k, k + 1) for k in range(3)]
    [333, 334, 333]
    """
    if quantity < 1:
        raise InvalidData("share", (f"quantity: {quantity} is below 1",))
    if not 0 <= start <= stop <= quantity:
        fault = f"units [{start}, {stop}) do not lie within the {quantity} units from 0"
        raise InvalidData("share", (fault,))
    return divide(total * stop, quantity, rounding) - divide(total * start, quantity, rounding)
