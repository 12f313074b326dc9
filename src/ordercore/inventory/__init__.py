"""
Stock: what is there, what of it may be promised, and how promises become movements.

Two linked books. The *promise book* is the only thing sold against: one account a SKU and place,
from which reservations and allocations are pended. The *physical book* says in which bucket each
unit lies. Whatever changes the sellable bucket changes the promise account by the same amount in
the same batch, so both can be compared at any moment (:func:`book_differences`).

Beside them stand the stock documents, each a stream of its own in the house's grammar: inbound
purchases, transfers between places, counts, and what a place's own system states
(:func:`document_needs`, :func:`decide_document`, :func:`evolve_document`).
"""

from ordercore.catalog import LotQuantity
from ordercore.inventory._accounts import (
    Bucket,
    allocated_account,
    available_account,
    bucket_account,
    customer_account,
    incoming_account,
    incoming_prefix,
    movable_account,
    outside_account,
    preordered_account,
    production_account,
    reserved_account,
    shrinkage_account,
    supplier_account,
)
from ordercore.inventory._adjustments import StockAdjusted
from ordercore.inventory._aggregates import (
    COUNTS,
    PURCHASES,
    SNAPSHOTS,
    TRANSFERS,
    CountCommand,
    DocumentEvent,
    PurchaseCommand,
    TransferCommand,
)
from ordercore.inventory._agreement import (
    book_differences,
)
from ordercore.inventory._availability import (
    CartHolds,
    StockAt,
    availability,
    dated_supply,
    stock_accounts,
    stock_accounts_at,
    stock_level,
)
from ordercore.inventory._commands import (
    ReceiveStock,
)
from ordercore.inventory._corrections import (
    AdjustReason,
    Corrections,
)
from ordercore.inventory._count_commands import (
    AdjustedLine,
    AdjustStock,
    CancelCount,
    CloseCount,
    CountedLine,
    OpenCount,
    RecordCount,
)
from ordercore.inventory._count_state import (
    CountCanceled,
    CountClosed,
    CountedUnits,
    CountEvent,
    CountOpened,
    CountRecorded,
    ShelfCount,
    StockCount,
)
from ordercore.inventory._counts import late_movements
from ordercore.inventory._coverage import (
    Covered,
    GivesWay,
    coverage,
    who_gives_way,
    who_waits,
)
from ordercore.inventory._crossings import (
    Crossing,
    CrossingKind,
    Crossings,
    available_changes,
    batches,
    crossings,
    holds_ended,
    reversed_before,
)
from ordercore.inventory._decide import (
    STOCK,
    decide,
    needs,
)
from ordercore.inventory._document_shape import ExpectedUnits, LineUnits
from ordercore.inventory._handling import (
    Handling,
)
from ordercore.inventory._kits import (
    KitAvailability,
    PartAvailability,
    buildable,
    kit_available,
)
from ordercore.inventory._levels import (
    Availability,
    DatedSupply,
    StockLevel,
)
from ordercore.inventory._lifecycles import COUNT_LIFECYCLE, PURCHASE_LIFECYCLE, TRANSFER_LIFECYCLE
from ordercore.inventory._linked import (
    LinkedSteps,
)
from ordercore.inventory._lots import (
    Lot,
    LotRecord,
    LotStrategy,
    choose_lots,
    lots_at,
    lots_prefix,
)
from ordercore.inventory._making import (
    MakeUnits,
)
from ordercore.inventory._movements import (
    Movements,
)
from ordercore.inventory._preorders import AllocatedPreorder, OpenPreorders
from ordercore.inventory._promises import (
    Promises,
)
from ordercore.inventory._purchase_commands import (
    CancelPurchase,
    ChangeExpectation,
    ClosePurchase,
    LineExpectation,
    OpenPurchase,
    PurchaseLineRequest,
    ReceivedLine,
    ReceivePurchase,
    RejectedTo,
)
from ordercore.inventory._purchase_state import (
    ExpectationChanged,
    Purchase,
    PurchaseCanceled,
    PurchaseClosed,
    PurchasedUnits,
    PurchaseEvent,
    PurchaseLine,
    PurchaseOpened,
    PurchaseReceived,
    ReceivedUnits,
    UncoveredSupply,
    UnreceivedUnits,
)
from ordercore.inventory._recorded_stock import (
    AccountBalances,
    LateMovement,
    OnHandAsOf,
    StockKey,
    StockRecord,
    Uncovered,
    recorded_prefixes,
    recorded_stock,
)
from ordercore.inventory._rules import (
    NO_TERMS,
    ChannelPlaces,
    StockRule,
    StockRules,
    StockTerms,
    TermsByPlace,
)
from ordercore.inventory._shelf import Shelf, ShelfUnits, shelf_units
from ordercore.inventory._snapshot import (
    SNAPSHOT_BUCKETS,
    ApplySnapshot,
    Correction,
    PlaceStatements,
    SnapshotApplied,
    SnapshotLine,
    reconcile,
)
from ordercore.inventory._transfer_commands import (
    CancelTransfer,
    CloseTransfer,
    OpenTransfer,
    ReceiveTransfer,
    RestOfTransfer,
    SendTransfer,
    TransferLineRequest,
)
from ordercore.inventory._transfer_state import (
    ArrivedUnits,
    RestUnits,
    SentUnits,
    StockTransfer,
    TransferCanceled,
    TransferClosed,
    TransferEvent,
    TransferLine,
    TransferOpened,
    TransferReceived,
    TransferSent,
    TransferUnits,
)

__all__ = [
    "COUNTS",
    "COUNT_LIFECYCLE",
    "NO_TERMS",
    "PURCHASES",
    "PURCHASE_LIFECYCLE",
    "SNAPSHOTS",
    "SNAPSHOT_BUCKETS",
    "STOCK",
    "TRANSFERS",
    "TRANSFER_LIFECYCLE",
    "AccountBalances",
    "AdjustReason",
    "AdjustStock",
    "AdjustedLine",
    "AllocatedPreorder",
    "ApplySnapshot",
    "ArrivedUnits",
    "Availability",
    "Bucket",
    "CancelCount",
    "CancelPurchase",
    "CancelTransfer",
    "CartHolds",
    "ChangeExpectation",
    "ChannelPlaces",
    "CloseCount",
    "ClosePurchase",
    "CloseTransfer",
    "Correction",
    "Corrections",
    "CountCanceled",
    "CountClosed",
    "CountCommand",
    "CountEvent",
    "CountOpened",
    "CountRecorded",
    "CountedLine",
    "CountedUnits",
    "Covered",
    "Crossing",
    "CrossingKind",
    "Crossings",
    "DatedSupply",
    "DocumentEvent",
    "ExpectationChanged",
    "ExpectedUnits",
    "GivesWay",
    "Handling",
    "KitAvailability",
    "LateMovement",
    "LineExpectation",
    "LineUnits",
    "LinkedSteps",
    "Lot",
    "LotQuantity",
    "LotRecord",
    "LotStrategy",
    "MakeUnits",
    "Movements",
    "OnHandAsOf",
    "OpenCount",
    "OpenPreorders",
    "OpenPurchase",
    "OpenTransfer",
    "PartAvailability",
    "PlaceStatements",
    "Promises",
    "Purchase",
    "PurchaseCanceled",
    "PurchaseClosed",
    "PurchaseCommand",
    "PurchaseEvent",
    "PurchaseLine",
    "PurchaseLineRequest",
    "PurchaseOpened",
    "PurchaseReceived",
    "PurchasedUnits",
    "ReceivePurchase",
    "ReceiveStock",
    "ReceiveTransfer",
    "ReceivedLine",
    "ReceivedUnits",
    "RecordCount",
    "RejectedTo",
    "RestOfTransfer",
    "RestUnits",
    "SendTransfer",
    "SentUnits",
    "Shelf",
    "ShelfCount",
    "ShelfUnits",
    "SnapshotApplied",
    "SnapshotLine",
    "StockAdjusted",
    "StockAt",
    "StockCount",
    "StockKey",
    "StockLevel",
    "StockRecord",
    "StockRule",
    "StockRules",
    "StockTerms",
    "StockTransfer",
    "TermsByPlace",
    "TransferCanceled",
    "TransferClosed",
    "TransferCommand",
    "TransferEvent",
    "TransferLine",
    "TransferLineRequest",
    "TransferOpened",
    "TransferReceived",
    "TransferSent",
    "TransferUnits",
    "Uncovered",
    "UncoveredSupply",
    "UnreceivedUnits",
    "allocated_account",
    "availability",
    "available_account",
    "available_changes",
    "batches",
    "book_differences",
    "bucket_account",
    "buildable",
    "choose_lots",
    "coverage",
    "crossings",
    "customer_account",
    "dated_supply",
    "decide",
    "holds_ended",
    "incoming_account",
    "incoming_prefix",
    "kit_available",
    "late_movements",
    "lots_at",
    "lots_prefix",
    "movable_account",
    "needs",
    "outside_account",
    "preordered_account",
    "production_account",
    "reconcile",
    "recorded_prefixes",
    "recorded_stock",
    "reserved_account",
    "reversed_before",
    "shelf_units",
    "shrinkage_account",
    "stock_accounts",
    "stock_accounts_at",
    "stock_level",
    "supplier_account",
    "who_gives_way",
    "who_waits",
]
