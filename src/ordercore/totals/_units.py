"""
Which units of a line were captured, canceled and refunded: four counts, and every amount follows.

Theory of operation
===================
The units of a line stand in a row, numbered from 0:

    0        refunded         captured          quantity - canceled        quantity
    |  refunded  |  refundable    |     uncaptured       |      canceled       |

A capture takes units from the left end of the uncaptured, a cancellation from its right end, a
refund from the left end of what is captured and not yet refunded. An undone refund (the provider
reported it as failed after all) gives back the units refunded last. Units are equal, so it does
not matter which piece in a customer's hand has which number; it matters that each number is paid
out once. That the borders meet at exactly one place is the whole proof that no sequence of steps
pays out more than was taken, and that undoing everything leaves exactly nothing.

Two partial captures of one line differ by a cent where the amount does not divide: the first unit
of 10.00 on three may be 3.33 and the second 3.34. A refund gives the amounts of its own numbers,
so what is refunded for one unit may differ by a cent from what was captured for "it"; the sums
never differ.
"""

from typing import Self

import attrs

from ordercore.errors import InvalidData, Rejected
from ordercore.money import QUANTITY_MAX, Rounding, range_faults
from ordercore.totals._components import PricedLine

__all__ = [
    "LineAmounts",
    "LineUnits",
    "cancel_amount",
    "capture_amount",
    "line_amounts",
    "refund_amount",
    "unrefund_amount",
]


@attrs.frozen(kw_only=True)
class LineUnits:
    """
    How many units of a line were captured, canceled and refunded.

    Each step returns the units after it and the range of numbers that it took, for
    ``PricedLine.amount`` and ``breakdown``; a refused step changes nothing.

    Attributes:
        quantity: All units of the line, 1 to ``QUANTITY_MAX``.
        captured: Paid for, 0 to ``quantity - canceled``.
        canceled: Never to be paid for.
        refunded: Paid back, 0 to ``captured``.

    Raises:
        InvalidData: When made with counts that cannot be.
    """

    quantity: int
    captured: int = 0
    canceled: int = 0
    refunded: int = 0

    def __attrs_post_init__(self) -> None:
        """
        Refuse counts that no sequence of steps leads to.
        """
        faults = range_faults("quantity", self.quantity, 1, QUANTITY_MAX)
        if not faults:
            faults = (
                *range_faults("canceled", self.canceled, 0, self.quantity),
                *range_faults("captured", self.captured, 0, self.quantity),
                *range_faults("refunded", self.refunded, 0, self.quantity),
            )
        if not faults and self.captured + self.canceled > self.quantity:
            together = f"{self.captured} captured and {self.canceled} canceled"
            faults = (f"quantity: {together} are above {self.quantity}",)
        if not faults and self.refunded > self.captured:
            faults = (f"refunded: {self.refunded} is above the captured {self.captured}",)
        if faults:
            raise InvalidData("LineUnits", faults)

    @property
    def uncaptured(self) -> int:
        """
        Units still to be captured or canceled.
        """
        return self.quantity - self.captured - self.canceled

    @property
    def refundable(self) -> int:
        """
        Units paid for and not paid back.
        """
        return self.captured - self.refunded

    def capture(self, n: int) -> tuple[Self, int, int]:
        """
        Take payment for the next ``n`` units.

        Returns:
            The units afterwards, and the numbers ``[start, stop)`` captured.

        Raises:
            InvalidData: ``n`` is below 1.
            Rejected: ``nothing_left_to_capture``: fewer than ``n`` units are uncaptured.
        """
        self._require("capture", n, self.uncaptured, "nothing_left_to_capture")
        start, stop = self.captured, self.captured + n
        return attrs.evolve(self, captured=stop), start, stop

    def cancel(self, n: int) -> tuple[Self, int, int]:
        """
        Give up the last ``n`` units that are not captured.

        Returns:
            The units afterwards, and the numbers ``[start, stop)`` canceled.

        Raises:
            InvalidData: ``n`` is below 1.
            Rejected: ``nothing_left_to_cancel``: fewer than ``n`` units are uncaptured.
        """
        self._require("cancel", n, self.uncaptured, "nothing_left_to_cancel")
        stop = self.quantity - self.canceled
        return attrs.evolve(self, canceled=self.canceled + n), stop - n, stop

    def refund(self, n: int) -> tuple[Self, int, int]:
        """
        Pay the next ``n`` captured units back.

        Returns:
            The units afterwards, and the numbers ``[start, stop)`` refunded.

        Raises:
            InvalidData: ``n`` is below 1.
            Rejected: ``not_captured``: fewer than ``n`` units are captured and not refunded.
        """
        self._require("refund", n, self.refundable, "not_captured")
        start, stop = self.refunded, self.refunded + n
        return attrs.evolve(self, refunded=stop), start, stop

    def unrefund(self, n: int) -> tuple[Self, int, int]:
        """
        Take the last ``n`` refunded units back: their refund did not happen after all.

        Returns:
            The units afterwards, and the numbers ``[start, stop)`` that are refundable again.

        Raises:
            InvalidData: ``n`` is below 1.
            Rejected: ``not_refunded``: fewer than ``n`` units are refunded.
        """
        self._require("unrefund", n, self.refunded, "not_refunded")
        start, stop = self.refunded - n, self.refunded
        return attrs.evolve(self, refunded=start), start, stop

    def _require(self, step: str, n: int, possible: int, code: str) -> None:
        faults = range_faults("units", n, 1, QUANTITY_MAX)
        if faults:
            raise InvalidData(step, faults)
        if n > possible:
            raise Rejected(
                code,
                f"cannot {step} {n} of {self.quantity} units: {self.captured} are captured,"
                f" {self.canceled} canceled, {self.refunded} refunded",
                data={
                    "asked": n,
                    "possible": possible,
                    "quantity": self.quantity,
                    "captured": self.captured,
                    "canceled": self.canceled,
                    "refunded": self.refunded,
                },
                legal=(f"{step} 1 to {possible}",) if possible else (),
            )


@attrs.frozen(kw_only=True)
class LineAmounts:
    """
    What a line's counts are worth, in minor units.

    Captured + uncaptured + canceled is the line's total; refunded + refundable is the captured.

    Attributes:
        captured_minor: Of all captured units, refunded ones too.
        uncaptured_minor: Of the units still to be captured or canceled.
        canceled_minor: Of the canceled units.
        refunded_minor: Of the refunded units.
    """

    captured_minor: int
    uncaptured_minor: int
    canceled_minor: int
    refunded_minor: int

    @property
    def refundable_minor(self) -> int:
        """
        What a refund of all captured units not yet refunded pays out.
        """
        return self.captured_minor - self.refunded_minor


def capture_amount(line: PricedLine, units: LineUnits, n: int, rounding: Rounding) -> int:
    """
    Tell what capturing ``n`` more units takes, in minor units.

    Raises:
        InvalidData: ``n`` is below 1, or line and units differ in quantity.
        Rejected: ``nothing_left_to_capture``.
    """
    _require_same_quantity(line, units)
    _, start, stop = units.capture(n)
    return line.amount(start, stop, rounding)


def cancel_amount(line: PricedLine, units: LineUnits, n: int, rounding: Rounding) -> int:
    """
    Tell by how much canceling ``n`` more units lowers what is to be paid, in minor units.

    Raises:
        InvalidData: ``n`` is below 1, or line and units differ in quantity.
        Rejected: ``nothing_left_to_cancel``.
    """
    _require_same_quantity(line, units)
    _, start, stop = units.cancel(n)
    return line.amount(start, stop, rounding)


def refund_amount(line: PricedLine, units: LineUnits, n: int, rounding: Rounding) -> int:
    """
    Tell what refunding ``n`` more units pays out, in minor units.

    Raises:
        InvalidData: ``n`` is below 1, or line and units differ in quantity.
        Rejected: ``not_captured``.
    """
    _require_same_quantity(line, units)
    _, start, stop = units.refund(n)
    return line.amount(start, stop, rounding)


def unrefund_amount(line: PricedLine, units: LineUnits, n: int, rounding: Rounding) -> int:
    """
    Tell what undoing the refund of the last ``n`` units makes refundable again, in minor units.

    Raises:
        InvalidData: ``n`` is below 1, or line and units differ in quantity.
        Rejected: ``not_refunded``.
    """
    _require_same_quantity(line, units)
    _, start, stop = units.unrefund(n)
    return line.amount(start, stop, rounding)


def line_amounts(line: PricedLine, units: LineUnits, rounding: Rounding) -> LineAmounts:
    """
    Tell what a line's captured, uncaptured, canceled and refunded units are worth.

    Raises:
        InvalidData: Line and units differ in quantity.
    """
    _require_same_quantity(line, units)
    open_stop = units.quantity - units.canceled
    return LineAmounts(
        captured_minor=line.amount(0, units.captured, rounding),
        uncaptured_minor=line.amount(units.captured, open_stop, rounding),
        canceled_minor=line.amount(open_stop, units.quantity, rounding),
        refunded_minor=line.amount(0, units.refunded, rounding),
    )


def _require_same_quantity(line: PricedLine, units: LineUnits) -> None:
    if line.quantity != units.quantity:
        fault = f"quantity: the line has {line.quantity} units, the counts are of {units.quantity}"
        raise InvalidData(f"line {line.line}", (fault,))
