"""
How a command checks its own shape.

Faults are collected, not raised one by one: whoever sends a wrong command learns all of it at
once, each fault with its path. Rooms whose commands hold more than is known here extend
:class:`Faults`.
"""

from typing import Final

from ordercore.errors import InvalidData
from ordercore.ids import card_number_fault
from ordercore.instants import Instant
from ordercore.money import AMOUNT_MAX, QUANTITY_MAX, exponent

__all__ = ["LINES_MAX", "Faults", "amount_fault", "quantity_fault"]

#: The most lines that one order may have; a cart or a delivery too.
LINES_MAX: Final = 1_000


def quantity_fault(value: object, least: int = 1) -> str | None:
    """
    Say what is wrong with a quantity, or None where it is fine.

    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= QUANTITY_MAX:
        return None
    return f"{value!r:.40} is no quantity: legal is a whole number from {least} to {QUANTITY_MAX}"


def amount_fault(value: object, least: int = 0) -> str | None:
    """
    Say what is wrong with an amount in minor units, or None where it is fine.

    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= AMOUNT_MAX:
        return None
    return f"{value!r:.40} is no amount: legal are whole minor units from {least} to {AMOUNT_MAX}"


class Faults:
    """
    Collects what is wrong with a command, each fault with its path.

    """

    __slots__ = ("_faults", "_subject")

    def __init__(self, command: object) -> None:
        self._subject = type(command).__name__
        self._faults: list[str] = []

    def note(self, path: str, fault: str | None) -> None:
        """
        Note a fault; None is none.

        """
        if fault is not None:
            self._faults.append(f"{path}: {fault}")

    def count(self, number: int, path: str, least: int = 1) -> None:
        """
        Check how many lines there are.

        """
        if not least <= number <= LINES_MAX:
            self.note(path, f"{number} lines: legal are {least} to {LINES_MAX}")

    def currency(self, currency: str) -> None:
        """
        Check that a currency is one of ISO 4217.

        """
        try:
            exponent(currency)
        except InvalidData as error:
            self.note("currency", "; ".join(error.faults))

    def aware(self, instant: Instant | None, path: str = "occurred_at") -> None:
        """
        Check that an instant knows its time zone.

        """
        if instant is not None and instant.utcoffset() is None:
            self.note(path, f"{instant} has no time zone: give it one")

    def text(self, path: str, text: str) -> None:
        """
        Check a text that people write: its length, and that no card number is in it.

        """
        self.length(path, text)
        self.note(path, card_number_fault(text))

    def length(self, path: str, text: str, longest: int = 500) -> None:
        """
        Check that a text is no longer than stores keep, and that they can keep it.

        """
        if len(text) > longest:
            self.note(path, f"{len(text)} characters: legal are {longest}")
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text[:longest]):
            self.note(path, "half a character (a lone surrogate), which no store can keep")

    def check(self) -> None:
        """
        Raise all faults that were noted.

        Raises:
            InvalidData: There are any.
        """
        if self._faults:
            raise InvalidData(self._subject, tuple(self._faults))
