"""
Units of measure: how people count, against how the library does.

Inside, every quantity is a whole number of the product's base unit: a piece, a millimeter, a gram.
At the edge people say ``2.5 m`` or ``3 boxes``; what comes to a whole number of base units is
legal, and nothing is ever rounded. A ``float`` is refused by name: 0.1 of it is not 0.1.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

import attrs

from ordercore.errors import InvalidData
from ordercore.money import QUANTITY_MAX, range_faults

__all__ = ["UnitOfMeasure", "units_faults"]

_NAME_MAX: Final = 20
#: ASCII digits, at most 12 before and after the point; no signs, exponents, groups or blanks.
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_EXPONENT_MAX: Final = 12
_DIGITS_MAX: Final = 24


@attrs.frozen
class UnitOfMeasure:
    """
    A word by which people count a product.

    Attributes:
        name: As they say it (``"box"``, ``"m"``), 1 to 20 printable characters.
        base_units: How many of the product's base units one of it is.

    Raises:
        InvalidData: When made with a malformed name or number.

    >>> UnitOfMeasure("m", 1000).in_base_units("2.5")
    2500
    """

    name: str
    base_units: int

    def __attrs_post_init__(self) -> None:
        """
        Refuse a word that nobody can say and a number that is none.
        """
        faults = range_faults("base_units", self.base_units, 1, QUANTITY_MAX)
        sayable = self.name == self.name.strip() and self.name.isprintable()
        if not (0 < len(self.name) <= _NAME_MAX and sayable):
            faults += (f"name: {self.name[:30]!r} is not 1 to {_NAME_MAX} printable characters",)
        if faults:
            raise InvalidData("UnitOfMeasure", faults)

    @property
    def step(self) -> str:
        """
        The smallest quantity that there is, in this unit (``"0.001"``, ``"1/12"``).

        """
        if self.base_units == 1:
            return "1"
        for decimals in range(1, _EXPONENT_MAX + 1):
            if 10**decimals % self.base_units == 0:
                return f"0.{10**decimals // self.base_units:0{decimals}d}"
        return f"1/{self.base_units}"

    def in_base_units(self, quantity: int | Decimal | str) -> int:
        """
        Tell how many base units a quantity in this unit is, exactly.

        Args:
            quantity: Above 0; text is digits with at most one point.

        Returns:
            1 to ``QUANTITY_MAX``.

        Raises:
            InvalidData: It is no such number (a ``float`` never is), it is no whole number of base
                units, or out of range; the message names the smallest step.
        """
        exact = self._exact(quantity)
        units = exact * self.base_units
        if units.denominator != 1:
            raise self._fault(quantity, f"is no whole number of base units: legal are {self._step}")
        if not 1 <= units <= QUANTITY_MAX:
            raise self._fault(
                quantity,
                f"is not 1 to {QUANTITY_MAX} base units of {self.step} {self.name}",
            )
        return int(units)

    @property
    def _step(self) -> str:
        return f"steps of {self.step} {self.name}"

    def _exact(self, quantity: object) -> Fraction:
        if type(quantity) is int:
            # More digits than this are out of range anyway and cost time to show.
            return Fraction(min(max(quantity, -1), QUANTITY_MAX + 1))
        if type(quantity) is str and _NUMBER.fullmatch(quantity):
            return Fraction(quantity)
        if type(quantity) is Decimal and quantity.is_finite():
            _, digits, exponent = quantity.as_tuple()
            small = isinstance(exponent, int) and abs(exponent) <= _EXPONENT_MAX
            if small and len(digits) <= _DIGITS_MAX:
                return Fraction(quantity)
        kind = type(quantity).__name__
        if isinstance(quantity, float):
            kind = "float, which is not exact,"
        raise self._fault(
            quantity,
            f"({kind}) is no quantity: legal are int, Decimal and text of digits with a point, in"
            f" {self._step}",
        )

    def _fault(self, quantity: object, fault: str) -> InvalidData:
        shown = repr(quantity) if isinstance(quantity, float | str | Decimal) else "the number"
        return InvalidData(f"quantity in {self.name}", (f"{shown:.40} {fault}",))


def units_faults(units: Iterable[UnitOfMeasure]) -> tuple[str, ...]:
    """
    List the names that occur twice among a product's units.

    """
    names = [unit.name for unit in units]
    return tuple(sorted({f"unit {name} is there twice" for name in names if names.count(name) > 1}))
