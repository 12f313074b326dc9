"""
How many decimals a currency has: the minor units of ISO 4217.

Source: ISO 4217 list one (current currency and funds codes), published 2026-01-01 by the
maintenance agency, SIX. Generated from its XML; the thirteen codes to which the list gives "N.A."
(metals, bond units, test and "no currency" codes such as ``XAU``, ``XTS``, ``XXX``) are left out,
because an amount in them has no minor unit to count.

A code never leaves this file. Orders outlive currencies: what was sold in levs in 2025 is still
read, audited and refunded later. A code that ISO withdraws moves to ``_WITHDRAWN``.
"""

from types import MappingProxyType
from typing import Final

from ordercore.errors import InvalidData

__all__ = ["CURRENCIES", "exponent"]

_ACTIVE: Final = MappingProxyType(
    {
        0: """
            BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
            """,
        2: """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
            CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
            GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
            LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO
            NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS
            SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST
            XAD XCD XCG YER ZAR ZMW ZWG
            """,
        3: """
            BHD IQD JOD KWD LYD OMR TND
            """,
        4: """
            CLF UYW
            """,
    }
)

#: Withdrawn since 2020, with the minor unit of their last list one.
_WITHDRAWN: Final = MappingProxyType({2: "ANG BGN CUC HRK SLL ZWL"})

#: The active codes that have a minor unit, in alphabetical order.
CURRENCIES: Final = tuple(sorted(code for codes in _ACTIVE.values() for code in codes.split()))

_EXPONENTS: Final = {
    code: decimals
    for table in (_ACTIVE, _WITHDRAWN)
    for decimals, codes in table.items()
    for code in codes.split()
}


def exponent(currency: str) -> int:
    """
    Tell how many decimals the amounts of a currency have.

    Args:
        currency: An ISO 4217 code in capitals, active, or withdrawn since 2020.

    Returns:
        0 (``JPY``), 2 (``EUR``), 3 (``KWD``) or 4 (``CLF``).

    Raises:
        InvalidData: The code is unknown or names nothing that has a minor unit.

    >>> exponent("JPY"), exponent("EUR"), exponent("KWD")
    (0, 2, 3)
    """
    decimals = _EXPONENTS.get(currency)
    if decimals is None:
        shown = repr(currency)[:20]
        fault = f"{shown} is no ISO 4217 code with a minor unit; legal are codes such as 'EUR'"
        raise InvalidData("currency", (fault,))
    return decimals
