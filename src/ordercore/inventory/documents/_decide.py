"""
The table of the stock documents: which rules each command is decided by.

"""

from typing import Final

from ordercore.grammar import CommandTable
from ordercore.inventory._document_rules import no_needs
from ordercore.inventory.documents import _count_commands as c
from ordercore.inventory.documents import (
    _counts,
    _purchase_receipts,
    _purchases,
    _snapshot,
    _transfers,
)
from ordercore.inventory.documents import _purchase_commands as p
from ordercore.inventory.documents import _transfer_commands as t

__all__ = ["RULES"]

RULES: Final = CommandTable(
    "ordercore.inventory.documents",
    {
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
    },
)
