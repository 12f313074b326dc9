"""
An amount with its currency, and the strict door through which text becomes one.

Amounts are integers in minor units. Within the library most sums are plain integers beside one
currency field; :class:`Money` is for where an amount travels alone: ports, reports, messages.
"""

import re
from typing import Final, Self

import attrs

from ordercore.errors import InvalidData, Rejected
from ordercore.money._currencies import exponent
from ordercore.money._limits import AMOUNT_MAX

__all__ = ["Money", "parse_money"]

#: ASCII digits only: int() and Decimal() would also take other scripts' digits, underscores,
#: blanks and exponents, and spend half a minute on "1e1000000".
_AMOUNT: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")


@attrs.frozen
class Money:
    """
    An amount of one currency; immutable, exact, and never mixed with another currency.

    Equality compares both fields and never raises: 0 EUR is not 0 USD. Order, ``+`` and ``-`` ask
    for one currency. To add up many, give the start, which names the currency of an empty sum:
    ``sum(amounts, Money.zero("EUR"))``.

    Attributes:
        amount_minor: In minor units of the currency: 1240 is 12.40 EUR, 1240 JPY, 1.240 KWD.
        currency: An ISO 4217 code.

    Raises:
        InvalidData: When made of anything but an integer and a code that ``exponent`` knows.

    >>> str(Money(1240, "EUR") - Money(1245, "EUR"))
    '-0.05 EUR'
    """

    amount_minor: int
    currency: str

    def __attrs_post_init__(self) -> None:
        """
        Refuse floats and truth values where they enter, not where a sum is off by a cent.
        """
        if type(self.amount_minor) is not int:
            fault = f"amount_minor: {type(self.amount_minor).__name__} is not an integer"
            raise InvalidData("Money", (fault,))
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """
        Return nothing, of a currency.
        """
        return cls(0, currency)

    @property
    def is_zero(self) -> bool:
        """
        Whether the amount is 0.
        """
        return self.amount_minor == 0

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._same_currency(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._same_currency(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount_minor < self._same_currency(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount_minor <= self._same_currency(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount_minor > self._same_currency(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount_minor >= self._same_currency(other)

    def __str__(self) -> str:
        """
        Show the amount with exactly the decimals of its currency, and the code.
        """
        decimals = exponent(self.currency)
        sign = "-" if self.amount_minor < 0 else ""
        if decimals == 0:
            return f"{self.amount_minor} {self.currency}"
        major, minor = divmod(abs(self.amount_minor), 10**decimals)
        return f"{sign}{major}.{minor:0{decimals}d} {self.currency}"

    def _same_currency(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise Rejected(
                "currency_differs",
                f"{self} and {other} are of two currencies",
                data={"currency": self.currency, "other_currency": other.currency},
                legal=(f"an amount in {self.currency}",),
            )
        return other.amount_minor


def parse_money(text: str, currency: str) -> Money:
    """
    Read an amount that people or other systems wrote in major units.

    Fewer decimals than the currency has are legal (``"12.4"`` and ``"12"`` EUR); more are not,
    not even zeros: a second reading of ``"705.00"`` yen would be a guess.

    Args:
        text: ``-?`` 1 to 18 digits, then at most a point and the currency's decimals; ASCII only,
            no blanks, signs, groups or exponents. ``"-0.00"`` is 0.
        currency: An ISO 4217 code.

    Returns:
        The amount in minor units.

    Raises:
        InvalidData: The text is no such string, has too many decimals, or exceeds ``AMOUNT_MAX``;
            or the currency is unknown.

    >>> parse_money("12.40", "EUR")
    Money(amount_minor=1240, currency='EUR')
    """
    decimals = exponent(currency)
    legal = f"legal are {f'at most {decimals}' if decimals else 'no'} decimals in {currency}"
    if type(text) is not str:
        raise InvalidData("amount", (f"{type(text).__name__} is not text; {legal}",))
    if _AMOUNT.fullmatch(text) is None:
        fault = f"{text[:30]!r} is not a plain decimal number such as '12' or '-12.40'; {legal}"
        raise InvalidData("amount", (fault,))
    major, _, fraction = text.partition(".")
    if len(fraction) > decimals:
        raise InvalidData("amount", (f"{text!r} has {len(fraction)} decimals; {legal}",))
    amount_minor = int(major + fraction.ljust(decimals, "0"))
    if abs(amount_minor) > AMOUNT_MAX:
        fault = f"{text!r} {currency} is beyond {Money(AMOUNT_MAX, currency)}"
        raise InvalidData("amount", (fault,))
    return Money(amount_minor, currency)
