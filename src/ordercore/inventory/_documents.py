"""
The table of the stock documents: which rules each command is decided by, and each fact folded.

Documents are streams of their own, beside those of orders; an adjustment is about stock alone and
has none. None of them waits for the outside world, so nothing is ever outstanding: a supplier is
not asked by this library, and whoever counts or carries tells it by a command.
"""

from collections.abc import Callable
from typing import Any, Final

from ordercore.errors import InvalidDefinition
from ordercore.grammar import Command, Effect, Event, Facts, Need
from ordercore.ids import (
    StreamId,
    count_stream,
    place_stream,
    purchase_stream,
    require_id,
    transfer_stream,
)
from ordercore.inventory import _adjustments, _counts, _purchases, _snapshot, _transfers
from ordercore.inventory import _count_commands as c
from ordercore.inventory import _count_state as cs
from ordercore.inventory import _purchase_commands as p
from ordercore.inventory import _purchase_state as ps
from ordercore.inventory import _transfer_commands as t
from ordercore.inventory import _transfer_state as ts
from ordercore.inventory._document_rules import DocumentContext, DocumentDecision, no_needs

__all__ = [
    "DocumentCommand",
    "DocumentEvent",
    "DocumentState",
    "decide_document",
    "document_needs",
    "document_stream",
    "evolve_document",
    "outstanding_of_document",
]

DocumentCommand = (
    p.OpenPurchase
    | p.ChangeExpectation
    | p.ReceivePurchase
    | p.ClosePurchase
    | p.CancelPurchase
    | t.OpenTransfer
    | t.SendTransfer
    | t.ReceiveTransfer
    | t.CloseTransfer
    | t.CancelTransfer
    | c.OpenCount
    | c.RecordCount
    | c.CloseCount
    | c.CancelCount
    | c.AdjustStock
    | _snapshot.ApplySnapshot
)
DocumentEvent = ps.PurchaseEvent | ts.TransferEvent | cs.CountEvent | _snapshot.SnapshotApplied
DocumentState = ps.Purchase | ts.StockTransfer | cs.StockCount | _snapshot.PlaceStatements

_Needs = Callable[[Any, Any, Facts, DocumentContext], frozenset[Need[Any]]]
_Decide = Callable[[Any, Any, Facts, DocumentContext], DocumentDecision]

_RULES: Final[dict[type, tuple[_Needs, _Decide]]] = {
    p.OpenPurchase: (_purchases.opening_needs, _purchases.decide_open_purchase),
    p.ChangeExpectation: (_purchases.expectation_needs, _purchases.decide_change_expectation),
    p.ReceivePurchase: (_purchases.receiving_needs, _purchases.decide_receive_purchase),
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
    c.AdjustStock: (_adjustments.adjustment_needs, _adjustments.decide_adjustment),
    _snapshot.ApplySnapshot: (_snapshot.snapshot_needs, _snapshot.decide_snapshot),
}

_FOLDS: Final[dict[type, Callable[[Any, Any], DocumentState]]] = {
    ps.PurchaseOpened: ps.evolve_purchase,
    ps.ExpectationChanged: ps.evolve_purchase,
    ps.PurchaseReceived: ps.evolve_purchase,
    ps.PurchaseClosed: ps.evolve_purchase,
    ps.PurchaseCanceled: ps.evolve_purchase,
    ts.TransferOpened: ts.evolve_transfer,
    ts.TransferSent: ts.evolve_transfer,
    ts.TransferReceived: ts.evolve_transfer,
    ts.TransferClosed: ts.evolve_transfer,
    ts.TransferCanceled: ts.evolve_transfer,
    cs.CountOpened: cs.evolve_count,
    cs.CountRecorded: cs.evolve_count,
    cs.CountClosed: cs.evolve_count,
    cs.CountCanceled: cs.evolve_count,
    _snapshot.SnapshotApplied: _snapshot.evolve_statements,
}

#: Which field of a command names its stream, and how; a command with none is about stock alone.
_STREAMS: Final[tuple[tuple[str, Callable[[str], StreamId]], ...]] = (
    ("purchase_id", purchase_stream),
    ("transfer_id", transfer_stream),
    ("count_id", count_stream),
)


def _rules_for(command: Command) -> tuple[_Needs, _Decide]:
    rules = _RULES.get(type(command))
    if rules is None:
        raise InvalidDefinition(f"{type(command).__name__} is no command of a stock document")
    return rules


def document_stream(command: Command) -> StreamId | None:
    """
    Return the stream that a command is about; None where it is about stock alone.

    Raises:
        InvalidData: The document's id is none that a host may choose.
        InvalidDefinition: It is no command of a stock document.
    """
    _rules_for(command)
    if isinstance(command, _snapshot.ApplySnapshot):
        return place_stream(command.place)
    for field, stream in _STREAMS:
        document_id = getattr(command, field, None)
        if document_id is not None:
            require_id(document_id, f"{type(command).__name__}.{field}")
            return stream(document_id)
    return None


def document_needs(
    command: Command, state: DocumentState | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Return what must be known to decide a command; ask again with the answers, at most 2 times.

    Raises:
        InvalidDefinition: It is no command of a stock document.
    """
    return _rules_for(command)[0](command, state, facts, context)


def decide_document(
    command: Command, state: DocumentState | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Decide a command: the events and transfers that it leads to, or a refusal.

    An empty decision says that it is already so.

    Raises:
        Rejected: A rule of the business; nothing has happened.
        InvalidDefinition: It is no command of a stock document.
    """
    return _rules_for(command)[1](command, state, facts, context)


def evolve_document(state: DocumentState | None, event: Event) -> DocumentState:
    """
    Fold one event into its document; the first makes it.

    Raises:
        InvalidDefinition: It is no fact of a stock document.
    """
    fold = _FOLDS.get(type(event))
    if fold is None:
        raise InvalidDefinition(f"{type(event).__name__} is no fact of a stock document")
    return fold(state, event)


def outstanding_of_document(state: DocumentState) -> tuple[Effect, ...]:
    """
    List what a document owes to the world: nothing, see the head of this module.

    """
    del state
    return ()
