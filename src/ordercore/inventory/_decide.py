"""
The table of stock and its documents: which rules each command is decided by.

"""

from collections.abc import Callable
from typing import Any, Final

from ordercore.errors import InvalidDefinition
from ordercore.grammar import Command, CommandFamily, Context, Decision, Facts, Need
from ordercore.inventory import (
    _adjustments,
    _commands,
    _counts,
    _making,
    _purchase_receipts,
    _purchases,
    _receipts,
    _snapshot,
    _transfers,
)
from ordercore.inventory import _count_commands as c
from ordercore.inventory import _purchase_commands as p
from ordercore.inventory import _transfer_commands as t
from ordercore.inventory._document_rules import no_needs
from ordercore.inventory._preorders import OpenPreorders
from ordercore.inventory._recorded_stock import AccountBalances, OnHandAsOf
from ordercore.ledger import Step

__all__ = ["CONTESTED", "STOCK", "decide", "needs"]

_Needs = Callable[[Any, Any, Facts, Context[Any]], frozenset[Need[Any]]]
_Decide = Callable[[Any, Any, Facts, Context[Any]], Decision[Any, Step]]

_RULES: Final[dict[type[Command], tuple[_Needs, _Decide]]] = {
    _commands.ReceiveStock: (_receipts.receipt_needs, _receipts.decide_receipt),
    _making.MakeUnits: (_making.making_needs, _making.decide_making),
    c.AdjustStock: (_adjustments.adjustment_needs, _adjustments.decide_adjustment),
    p.OpenPurchase: (_purchases.opening_needs, _purchases.decide_open_purchase),
    p.ChangeExpectation: (_purchases.expectation_needs, _purchases.decide_change_expectation),
    p.ReceivePurchase: (
        _purchase_receipts.receiving_needs,
        _purchase_receipts.decide_receive_purchase,
    ),
    p.ClosePurchase: (_purchases.ending_needs, _purchases.decide_close_purchase),
    p.CancelPurchase: (_purchases.ending_needs, _purchases.decide_cancel_purchase),
    t.OpenTransfer: (_transfers.opening_needs, _transfers.decide_open_transfer),
    t.SendTransfer: (_transfers.sending_needs, _transfers.decide_send_transfer),
    t.ReceiveTransfer: (_transfers.receiving_needs, _transfers.decide_receive_transfer),
    t.CloseTransfer: (no_needs, _transfers.decide_close_transfer),
    t.CancelTransfer: (no_needs, _transfers.decide_cancel_transfer),
    c.OpenCount: (_counts.opening_needs, _counts.decide_open_count),
    c.RecordCount: (_counts.recording_needs, _counts.decide_record_count),
    c.CloseCount: (no_needs, _counts.decide_close_count),
    c.CancelCount: (no_needs, _counts.decide_cancel_count),
    _snapshot.ApplySnapshot: (_snapshot.snapshot_needs, _snapshot.decide_snapshot),
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


#: What others may have changed when a guard of the ledger fails.
CONTESTED: Final = (AccountBalances, OnHandAsOf, OpenPreorders)

#: What moves stock at once: transfers alone, for stock has no second history.
STOCK: Final = CommandFamily(
    commands=(_commands.ReceiveStock, _making.MakeUnits, c.AdjustStock),
    needs=needs,
    decide=decide,
    contested=CONTESTED,
)
