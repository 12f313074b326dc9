"""
The price of a unit, where a unit may cost less than the smallest coin.

Screws cost 3.19 a hundred. A price kept as a rounded amount for one piece would be wrong by 6 %
for a thousand, so a price is an integer amount *for an integer quantity*, and only totals round.
"""

import attrs

from ordercore.errors import InvalidData
from ordercore.money._limits import AMOUNT_MAX, QUANTITY_MAX, range_faults
from ordercore.money._rounding import Rounding, divide

__all__ = ["UnitPrice"]


@attrs.frozen
class UnitPrice:
    """
    What ``per`` units cost.

    Attributes:
        amount_minor: Minor units, 0 to ``AMOUNT_MAX``. What is given back is a discount, never a
            negative price.
        per: For how many units, 1 to ``QUANTITY_MAX``.

    Raises:
        InvalidData: When made with a value outside these ranges.

    >>> UnitPrice(319, per=100).total(1000, Rounding.HALF_EVEN)
    3190
    """

    amount_minor: int
    per: int = 1

    def __attrs_post_init__(self) -> None:
        """
        Refuse what is outside the ranges.
        """
        faults = (
            *range_faults("amount_minor", self.amount_minor, 0, AMOUNT_MAX),
            *range_faults("per", self.per, 1, QUANTITY_MAX),
        )
        if faults:
            raise InvalidData("UnitPrice", faults)

    def total(self, quantity: int, rounding: Rounding) -> int:
        """
        Tell what a quantity costs, in minor units, rounded once.

        Args:
            quantity: 0 to ``QUANTITY_MAX`` units.
            rounding: Where a fraction of a minor unit goes.

        Raises:
            InvalidData: The quantity is out of range, or the total exceeds ``AMOUNT_MAX``.
        """
        faults = range_faults("quantity", quantity, 0, QUANTITY_MAX)
        if not faults:
            amount_minor = divide(self.amount_minor * quantity, self.per, rounding)
            faults = range_faults("total", amount_minor, 0, AMOUNT_MAX)
            if not faults:
                return amount_minor
        raise InvalidData("UnitPrice", faults)
