"""
Amounts in minor units, currencies, rounding, and sharing without losing a cent.

Everything is an integer: no float and no ``Decimal`` takes part. Rounding is an argument, never a
setting somewhere. :class:`Money` carries a currency; :func:`divide`, :func:`apportion` and
:func:`share` count plain minor units and know none.
"""

from ordercore.money._currencies import CURRENCIES, exponent
from ordercore.money._limits import AMOUNT_MAX, QUANTITY_MAX, range_faults
from ordercore.money._money import Money, parse_money
from ordercore.money._prices import UnitPrice
from ordercore.money._rounding import Rounding, divide
from ordercore.money._shares import apportion, share

__all__ = [
    "AMOUNT_MAX",
    "CURRENCIES",
    "QUANTITY_MAX",
    "Money",
    "Rounding",
    "UnitPrice",
    "apportion",
    "divide",
    "exponent",
    "parse_money",
    "range_faults",
    "share",
]
