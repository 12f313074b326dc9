"""
Stock: what is there, what of it may be promised, and how promises become movements.

Two linked books. The *promise book* is the only thing sold against: one account a SKU and place,
from which reservations and allocations are pended. The *physical book* says in which bucket each
unit lies. Whatever changes the sellable bucket changes the promise account by the same amount in
the same batch, so both can be compared at any moment (:func:`book_differences`).
"""

from ordercore.inventory._accounts import (
    Bucket,
    allocated_account,
    available_account,
    bucket_account,
    customer_account,
    incoming_account,
    movable_account,
    outside_account,
    preordered_account,
    production_account,
    reserved_account,
    shrinkage_account,
    supplier_account,
)
from ordercore.inventory._agreement import book_differences
from ordercore.inventory._availability import (
    CartHolds,
    StockAt,
    StockLevel,
    stock_accounts,
    stock_level,
)
from ordercore.inventory._commands import ReceiveStock
from ordercore.inventory._corrections import AdjustReason, Corrections
from ordercore.inventory._decide import STOCK, decide, needs
from ordercore.inventory._handling import Handling
from ordercore.inventory._kits import buildable, kit_available
from ordercore.inventory._linked import LinkedSteps
from ordercore.inventory._lots import (
    Lot,
    LotQuantity,
    LotRecord,
    LotStrategy,
    choose_lots,
    lots_at,
    lots_prefix,
)
from ordercore.inventory._making import MakeUnits
from ordercore.inventory._movements import Movements
from ordercore.inventory._promises import Promises

__all__ = [
    "STOCK",
    "AdjustReason",
    "Bucket",
    "CartHolds",
    "Corrections",
    "Handling",
    "LinkedSteps",
    "Lot",
    "LotQuantity",
    "LotRecord",
    "LotStrategy",
    "MakeUnits",
    "Movements",
    "Promises",
    "ReceiveStock",
    "StockAt",
    "StockLevel",
    "allocated_account",
    "available_account",
    "book_differences",
    "bucket_account",
    "buildable",
    "choose_lots",
    "customer_account",
    "decide",
    "incoming_account",
    "kit_available",
    "lots_at",
    "lots_prefix",
    "movable_account",
    "needs",
    "outside_account",
    "preordered_account",
    "production_account",
    "reserved_account",
    "shrinkage_account",
    "stock_accounts",
    "stock_level",
    "supplier_account",
]
