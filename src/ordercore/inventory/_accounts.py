"""
The chart of accounts of stock.

Promise book, by SKU, place and owner: the only book that is sold against.

    outside ──receive──> available ──pend──> reserved     a cart's hold, ends by itself
       │                     │
       │                     ├──────pend──> allocated     an order's promise; posted at pick,
       │                     │                  │         left to ``outside`` at dispatch
       │                     └──────pend──> movable       the same, and may be moved to another
       │                                                  place of its group until it is worked on
       └──expect──> incoming (by day) ──receive──> available
                        └──────pend──> preordered         a promise against supply of that day

Physical book, by SKU, place, owner, and by lot and serial number where units are told apart:

    supplier ──> on_hand ──> picked ──> packed ──> customer ──> quality ──> on_hand | damaged
       │            │ ^                                            ^
       │            │ └── in_transit <── on_hand of another place  │
       └────────────┼───> quarantine, quality, damaged ────────────┘
                    ├───> missing, damaged, quarantine ──> shrinkage
                    ├───> production ──> on_hand of what was made
                    └─ <─> discrepancy                    more was moved than was on record

The discrepancy account of a place is below zero by what has left it beyond the record, until a
receipt or a count explains it.
"""

from datetime import date
from enum import StrEnum

from ordercore.ids import PlaceId, Sku
from ordercore.ledger import AccountId, account

__all__ = [
    "Bucket",
    "allocated_account",
    "available_account",
    "bucket_account",
    "customer_account",
    "incoming_account",
    "incoming_prefix",
    "movable_account",
    "outside_account",
    "preordered_account",
    "production_account",
    "reserved_account",
    "shrinkage_account",
    "supplier_account",
]


class Bucket(StrEnum):
    """
    In which state units lie at a place; only those on hand may be promised.

    """

    ON_HAND = "on_hand"  #: on the shelf
    PICKED = "picked"  #: taken from the shelf for an order
    PACKED = "packed"  #: in a box that has not left
    IN_TRANSIT = "in_transit"  #: on the way to this place from another
    QUALITY = "quality"  #: waiting for inspection
    QUARANTINE = "quarantine"  #: held back until somebody decides
    DAMAGED = "damaged"  #: here and not for sale
    MISSING = "missing"  #: looked for and not found, not written off yet
    DISCREPANCY = "discrepancy"  #: below zero: moved beyond the record; heals on receipt or count


# --- promise book ----------------------------------------------------------------------------


def available_account(sku: Sku | str, place: PlaceId | str, owner: str = "") -> AccountId:
    """
    Name the account that promises are taken from; its posted balance is what is sellable.

    """
    return account("promise", "available", sku, place, owner)


def reserved_account(sku: Sku | str, place: PlaceId | str, owner: str = "") -> AccountId:
    """
    Name the account that carts' holds point at.

    """
    return account("promise", "reserved", sku, place, owner)


def allocated_account(sku: Sku | str, place: PlaceId | str, owner: str = "") -> AccountId:
    """
    Name the account that orders' promises point at; posted are units picked and not dispatched.

    """
    return account("promise", "allocated", sku, place, owner)


def movable_account(sku: Sku | str, place: PlaceId | str, owner: str = "") -> AccountId:
    """
    Name the account that orders' promises point at which may still move to another place.

    """
    return account("promise", "movable", sku, place, owner)


def preordered_account(sku: Sku | str, place: PlaceId | str, owner: str = "") -> AccountId:
    """
    Name the account that promises against expected supply point at.

    """
    return account("promise", "preordered", sku, place, owner)


def incoming_account(sku: Sku | str, place: PlaceId | str, day: date, owner: str = "") -> AccountId:
    """
    Name the account of supply that is expected at a place on a day.

    """
    return account("promise", "incoming", sku, place, owner, lot=day.isoformat())


def incoming_prefix(sku: Sku | str, place: PlaceId | str) -> str:
    """
    Name what the accounts of a SKU's expected supply at a place begin with, the shop's own.

    """
    return f"{account('promise', 'incoming', sku, place)}|"


def outside_account(sku: Sku | str) -> AccountId:
    """
    Name the world beyond the promise book.

    """
    return account("promise", "outside", sku)


# --- physical book ---------------------------------------------------------------------------


def bucket_account(
    bucket: Bucket,
    sku: Sku | str,
    place: PlaceId | str,
    *,
    owner: str = "",
    lot: str = "",
    serial: str = "",
) -> AccountId:
    """
    Name the account of units that lie in a bucket at a place.

    """
    return account("physical", bucket.value, sku, place, owner, lot=lot, serial=serial)


def supplier_account(sku: Sku | str, *, serial: str = "") -> AccountId:
    """
    Name where received units come from; a unit with a serial number comes from an own one, once.

    """
    return account("physical", "supplier", sku, serial=serial)


def customer_account(sku: Sku | str, *, serial: str = "") -> AccountId:
    """
    Name where dispatched units go, and returns come from.

    """
    return account("physical", "customer", sku, serial=serial)


def shrinkage_account(sku: Sku | str, *, serial: str = "") -> AccountId:
    """
    Name where units go that are lost, scrapped or given away, and come from when found.

    """
    return account("physical", "shrinkage", sku, serial=serial)


def production_account(sku: Sku | str, *, serial: str = "") -> AccountId:
    """
    Name where components go when something is made of them, and what was made comes from.

    """
    return account("physical", "production", sku, serial=serial)
