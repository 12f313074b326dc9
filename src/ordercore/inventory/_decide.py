"""
The table of stock: which rules each command is decided by, and what of it has a stream.

"""

from collections.abc import Callable
from typing import Any, Final

from ordercore.errors import InvalidDefinition
from ordercore.grammar import Command, CommandFamily, Context, Decision, Facts, Need
from ordercore.inventory import _commands as c
from ordercore.inventory import _receipts
from ordercore.ledger import Step

__all__ = ["STOCK", "decide", "needs"]

_Needs = Callable[[Any, Any, Facts, Context[Any]], frozenset[Need[Any]]]
_Decide = Callable[[Any, Any, Facts, Context[Any]], Decision[Any, Step]]

_RULES: Final[dict[type[Command], tuple[_Needs, _Decide]]] = {
    c.ReceiveStock: (_receipts.receipt_needs, _receipts.decide_receipt),
}


def _rules_for(command: Command) -> tuple[_Needs, _Decide]:
    rules = _RULES.get(type(command))
    if rules is None:
        raise InvalidDefinition(f"{type(command).__name__} is no command of ordercore.inventory")
    return rules


def needs(
    command: Command, state: object, facts: Facts, context: Context[Any]
) -> frozenset[Need[Any]]:
    """
    Return what must be known to decide a command; ask again with the answers, at most 4 times.

    Raises:
        InvalidDefinition: It is no command of this room.
    """
    return _rules_for(command)[0](command, state, facts, context)


def decide(
    command: Command, state: object, facts: Facts, context: Context[Any]
) -> Decision[Any, Step]:
    """
    Decide a command: the transfers and events that it leads to, or a refusal.

    Raises:
        Rejected: A rule of the business; nothing has happened.
        InvalidDefinition: It is no command of this room.
    """
    return _rules_for(command)[1](command, state, facts, context)


#: What moves stock at once: transfers alone, for stock has no second history.
STOCK: Final = CommandFamily(commands=(c.ReceiveStock,), needs=needs, decide=decide)
