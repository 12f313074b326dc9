"""
Account ids: a path of book, code, unit, place and owner, written as one string.

One string is one dictionary key and one database column, and all accounts of a SKU in a bucket
are neighbors in an ordered index: ``promise|available|MUG|berlin|``. Where the units are told
apart further, by lot or by serial number, that follows: ``physical|on_hand|PILL|berlin||LOT-7``.
An account has one spelling: what is empty at the end, after the owner, is left out.
"""

from typing import NamedTuple, NewType

from ordercore.errors import InvalidData

__all__ = ["AccountId", "AccountParts", "account", "account_parts"]

AccountId = NewType("AccountId", str)


class AccountParts(NamedTuple):
    """
    What an account id says.

    Attributes:
        book: Which of the linked books (``"promise"``, ``"physical"``, ``"value"``).
        code: What the account is in that book (``"available"``, ``"on_hand"``, ``"customer"``).
        unit: What is counted: a SKU, or a currency in minor units.
        place: Where, or empty where the account has no place.
        owner: Whose, or empty for the shop itself.
        lot: Which of them: the lot of physical units, the day of dated ones; or empty.
        serial: The one unit of that serial number, or empty.
    """

    book: str
    code: str
    unit: str
    place: str
    owner: str
    lot: str = ""
    serial: str = ""


def account(
    book: str,
    code: str,
    unit: str,
    place: str = "",
    owner: str = "",
    *,
    lot: str = "",
    serial: str = "",
) -> AccountId:
    """
    Name an account.

    >>> account("promise", "available", "MUG", "berlin")
    'promise|available|MUG|berlin|'
    >>> account("physical", "on_hand", "PILL", "berlin", lot="LOT-7")
    'physical|on_hand|PILL|berlin||LOT-7'
    """
    if serial:
        return AccountId(f"{book}|{code}|{unit}|{place}|{owner}|{lot}|{serial}")
    if lot:
        return AccountId(f"{book}|{code}|{unit}|{place}|{owner}|{lot}")
    return AccountId(f"{book}|{code}|{unit}|{place}|{owner}")


def account_parts(account_id: AccountId) -> AccountParts:
    """
    Read an account id.

    Raises:
        InvalidData: It has less than five parts or more than seven, or is not spelled as
            :func:`account` spells it.
    """
    parts = account_id.split("|")
    least, most = len(AccountParts._fields) - 2, len(AccountParts._fields)
    if not least <= len(parts) <= most or (len(parts) > least and not parts[-1]):
        form = "book|code|unit|place|owner, then lot and serial where there are any"
        raise InvalidData("account", (f"{account_id!r} is not {form}",))
    return AccountParts(*parts)
