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
from ordercore.inventory._agreement import (
    book_differences,
)
from ordercore.inventory._availability import (
    CartHolds,
    OrderHolds,
    StockAt,
    availability,
    dated_supply,
    stock_accounts,
    stock_accounts_at,
    stock_level,
)
from ordercore.inventory._commands import AdjustedLine, AdjustStock, ReceiveStock
from ordercore.inventory._corrections import (
    AdjustReason,
    Corrections,
)
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
from ordercore.inventory._decide import STOCK
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
from ordercore.inventory._preorders import (
    AllocatedPreorder,
    AwaitedSupply,
    MovedPreorder,
    OpenPreorders,
    awaited_supply,
    open_preorders,
)
from ordercore.inventory._promises import (
    Promises,
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

__all__ = [
    "NO_TERMS",
    "STOCK",
    "AccountBalances",
    "AdjustReason",
    "AdjustStock",
    "AdjustedLine",
    "AllocatedPreorder",
    "Availability",
    "AwaitedSupply",
    "Bucket",
    "CartHolds",
    "ChannelPlaces",
    "Corrections",
    "Covered",
    "Crossing",
    "CrossingKind",
    "Crossings",
    "DatedSupply",
    "ExpectedUnits",
    "GivesWay",
    "Handling",
    "KitAvailability",
    "LateMovement",
    "LineUnits",
    "LinkedSteps",
    "Lot",
    "LotQuantity",
    "LotRecord",
    "LotStrategy",
    "MakeUnits",
    "MovedPreorder",
    "Movements",
    "OnHandAsOf",
    "OpenPreorders",
    "OrderHolds",
    "PartAvailability",
    "Promises",
    "ReceiveStock",
    "Shelf",
    "ShelfUnits",
    "StockAdjusted",
    "StockAt",
    "StockKey",
    "StockLevel",
    "StockRecord",
    "StockRule",
    "StockRules",
    "StockTerms",
    "TermsByPlace",
    "Uncovered",
    "allocated_account",
    "availability",
    "available_account",
    "available_changes",
    "awaited_supply",
    "batches",
    "book_differences",
    "bucket_account",
    "buildable",
    "choose_lots",
    "coverage",
    "crossings",
    "customer_account",
    "dated_supply",
    "holds_ended",
    "incoming_account",
    "incoming_prefix",
    "kit_available",
    "lots_at",
    "lots_prefix",
    "movable_account",
    "open_preorders",
    "outside_account",
    "preordered_account",
    "production_account",
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
