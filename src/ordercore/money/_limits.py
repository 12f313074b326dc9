"""
The caps on quantities and amounts, and the one check that enforces them.

A cap refuses what no shop means (a quantity typed twice, an attack by enormous numbers) before it
outgrows what databases and other systems hold: an amount fits the 2**53 up to which a JSON number
is exact everywhere, and a thousand times that fits a signed 64-bit column.
"""

from typing import Final

__all__ = ["AMOUNT_MAX", "QUANTITY_MAX", "range_faults"]

#: The most units that one line may hold.
QUANTITY_MAX: Final = 1_000_000

#: The largest amount of a line or of an order, in minor units, either sign.
AMOUNT_MAX: Final = 10**15


def range_faults(path: str, value: int, least: int, most: int) -> tuple[str, ...]:
    """
    Name what is wrong with an integer that came in: its type or its range.

    ``True`` and ``2.0`` are refused although Python would count with them: a quantity that is a
    truth value or a float is a mistake of the sender.

    Args:
        path: Where the value stands (``"lines[0].quantity"``), to open the message.
        value: What came in.
        least: The smallest legal value.
        most: The largest legal value.

    Returns:
        No fault, or one, to be added to the faults of an ``InvalidData``.
    """
    if type(value) is not int:
        return (f"{path}: {type(value).__name__} is not an integer of {least} to {most}",)
    if value < least:
        return (f"{path}: {_shown(value)} is below {least}",)
    if value > most:
        return (f"{path}: {_shown(value)} is above {most}",)
    return ()


def _shown(value: int) -> str:
    """
    Show an integer, but never thousands of digits of it.
    """
    digits_max = 40
    if value.bit_length() > 3 * digits_max:
        return "a number of more than 36 digits"
    return str(value)
