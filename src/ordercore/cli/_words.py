"""
Amounts and counts as people read them.

"""

from collections.abc import Sequence

from ordercore.money import Money

__all__ = ["amount", "counted", "listed", "money", "told"]


def money(amount_minor: int, currency: str) -> str:
    """
    Write an amount with its currency.

    >>> money(1240, "EUR")
    '12.40 EUR'
    """
    return str(Money(amount_minor, currency))


def amount(amount_minor: int, currency: str) -> str:
    """
    Write an amount for a column that names the currency.

    >>> amount(1240, "EUR")
    '12.40'
    """
    return money(amount_minor, currency).partition(" ")[0]


def told(order_id: str, text: str) -> str:
    """
    Tell a sentence about an order to somebody who knows which order it is.

    >>> told("A-1001", "shipped A-1001/package-1")
    'shipped package-1'
    """
    return text.replace(f"{order_id}/", "")


def counted(number: int, noun: str) -> str:
    """
    Count regular nouns.

    >>> counted(1, "order"), counted(3, "order")
    ('1 order', '3 orders')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(words: Sequence[str]) -> str:
    """
    Join words as a sentence does.

    >>> listed(("cups", "pots", "tea"))
    'cups, pots and tea'
    """
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
