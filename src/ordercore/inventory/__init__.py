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
from ordercore.inventory._availability import (
    CartHolds,
    StockAt,
    StockLevel,
    book_differences,
    stock_accounts,
    stock_level,
)
from ordercore.inventory._commands import ReceiveStock
from ordercore.inventory._decide import STOCK, decide, needs
from ordercore.inventory._movements import Movements

__all__ = [
    "STOCK",
    "Bucket",
    "CartHolds",
    "Movements",
    "ReceiveStock",
    "StockAt",
    "StockLevel",
    "allocated_account",
    "available_account",
    "book_differences",
    "bucket_account",
    "customer_account",
    "decide",
    "incoming_account",
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
