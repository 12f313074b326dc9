"""
The table of stock: which rules each command is decided by that moves stock at once.

"""

from typing import Final

from ordercore.grammar import CommandFamily, CommandTable
from ordercore.inventory import _adjustments, _making, _receipts
from ordercore.inventory import _commands as c
from ordercore.inventory._preorders import OpenPreorders
from ordercore.inventory._recorded_stock import AccountBalances, OnHandAsOf

__all__ = ["CONTESTED", "STOCK"]

_RULES: Final = CommandTable(
    "ordercore.inventory",
    {
        c.ReceiveStock: (_receipts.receipt_needs, _receipts.decide_receipt),
        _making.MakeUnits: (_making.making_needs, _making.decide_making),
        c.AdjustStock: (_adjustments.adjustment_needs, _adjustments.decide_adjustment),
    },
)

#: What others may have changed when a guard of the ledger fails.
CONTESTED: Final = (AccountBalances, OnHandAsOf, OpenPreorders)

#: What moves stock at once: transfers alone, for stock has no second history.
STOCK: Final = CommandFamily(
    commands=_RULES.commands, needs=_RULES.needs, decide=_RULES.decide, contested=CONTESTED
)
