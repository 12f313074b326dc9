"""
Account ids: a path of book, code, unit, place and owner, written as one string.

One string is one dictionary key and one database column, and all accounts of a SKU in a bucket
are neighbors in an ordered index: ``promise|available|MUG|berlin|``.
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
    """

    book: str
    code: str
    unit: str
    place: str
    owner: str


def account(book: str, code: str, unit: str, place: str = "", owner: str = "") -> AccountId:
    """
    Name an account.

    >>> account("promise", "available", "MUG", "berlin")
    'promise|available|MUG|berlin|'
    """
    return AccountId(f"{book}|{code}|{unit}|{place}|{owner}")


def account_parts(account_id: AccountId) -> AccountParts:
    """
    Read an account id.

    Raises:
        InvalidData: It does not have five parts.
    """
    parts = account_id.split("|")
    if len(parts) != len(AccountParts._fields):
        raise InvalidData("account", (f"{account_id!r} is not book|code|unit|place|owner",))
    return AccountParts(*parts)
