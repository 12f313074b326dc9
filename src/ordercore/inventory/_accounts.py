"""
The chart of accounts of stock.

Promise book, by SKU and place:

    outside ──receive──> available ──pend──> reserved     a cart's hold, ends by itself
                             │
                             └──────pend──> allocated     an order's promise; posted at pick,
                                                │         left to ``outside`` at dispatch

Physical book, by SKU (and place):

    supplier ──> on_hand ──> picked ──> packed ──> customer ──> quality ──> on_hand | damaged
                    └──> missing
"""

from enum import StrEnum

from ordercore.ids import PlaceId, Sku
from ordercore.ledger import AccountId, account

__all__ = [
    "Bucket",
    "allocated_account",
    "available_account",
    "bucket_account",
    "customer_account",
    "outside_account",
    "reserved_account",
    "supplier_account",
]


class Bucket(StrEnum):
    """
    In which state units lie at a place; only those on hand may be promised.

    """

    ON_HAND = "on_hand"
    PICKED = "picked"
    PACKED = "packed"
    QUALITY = "quality"
    DAMAGED = "damaged"
    MISSING = "missing"


def available_account(sku: Sku | str, place: PlaceId | str) -> AccountId:
    """
    Name the account that promises are taken from; its posted balance is what is sellable.

    """
    return account("promise", "available", sku, place)


def reserved_account(sku: Sku | str, place: PlaceId | str) -> AccountId:
    """
    Name the account that carts' holds point at.

    """
    return account("promise", "reserved", sku, place)


def allocated_account(sku: Sku | str, place: PlaceId | str) -> AccountId:
    """
    Name the account that orders' promises point at; posted are units picked and not dispatched.

    """
    return account("promise", "allocated", sku, place)


def outside_account(sku: Sku | str) -> AccountId:
    """
    Name the world beyond the promise book.

    """
    return account("promise", "outside", sku)


def bucket_account(bucket: Bucket, sku: Sku | str, place: PlaceId | str) -> AccountId:
    """
    Name the account of units that lie in a bucket at a place.

    """
    return account("physical", bucket.value, sku, place)


def supplier_account(sku: Sku | str) -> AccountId:
    """
    Name where received units come from.

    """
    return account("physical", "supplier", sku)


def customer_account(sku: Sku | str) -> AccountId:
    """
    Name where dispatched units go, and returns come from.

    """
    return account("physical", "customer", sku)
