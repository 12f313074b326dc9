"""
Lots and serial numbers: which units lie where, and which of them go first.

The promise book knows quantities only; a lot is named when units are taken from the shelf, by
whoever takes them, or as :func:`choose_lots` tells them to. What a lot *is* (until when it is
good, when it came in) is no matter of the ledger: the host keeps that beside its goods receipts
and brings it as :class:`LotRecord`. Nothing here is remembered between calls.

Each strategy is an order in which nothing ties: expiry, receipt, lot, serial number, in the
sequence that the strategy asks for. ``CLOSEST`` chooses by quantity and breaks ties by the order
of ``FEFO``.

Odoo's removal strategies are the best known words for this
(https://www.odoo.com/documentation/17.0/applications/inventory_and_mrp/inventory/warehouses_storage/removal_strategies.html).
``FEFO``, ``FIFO`` and ``LIFO`` mean the same here. ``CLOSEST`` is the closest *fit*, near to what
is called "least packages" there, and not "closest location": a place here has no aisles.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs
from sortedcontainers import SortedKeyList

from ordercore.catalog import LotQuantity
from ordercore.errors import InvalidData, Rejected
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._accounts import Bucket, bucket_account
from ordercore.ledger import AccountId, Balance, account_parts

__all__ = [
    "Lot",
    "LotRecord",
    "LotStrategy",
    "choose_lots",
    "lots_at",
    "lots_prefix",
]


@attrs.frozen(kw_only=True)
class LotRecord:
    """
    What the host knows about a lot of one SKU, or about one serial number.

    Attributes:
        lot: The lot, or "" for a serial number outside any.
        serial: The serial number, where units of the lot differ; "" for the whole lot.
        expires_on: The last day on which it may be used; None where it does not expire.
        received_at: When it came in first.
    """

    lot: str
    serial: str = ""
    expires_on: date | None = None
    received_at: Instant


@attrs.frozen(kw_only=True)
class Lot:
    """
    Units of one lot, or of one serial number, in one bucket at one place.

    Attributes:
        lot: The lot, or "".
        serial: The serial number, or "".
        owner: Whose; "" for the shop itself.
        quantity: How many units lie there.
        expires_on: The last day on which they may be used; None where they do not expire.
        received_at: When they came in first.
    """

    lot: str
    serial: str = ""
    owner: str = ""
    quantity: int
    expires_on: date | None = None
    received_at: Instant

    def lives(self, on: date, days: int = 0) -> bool:
        """
        Say whether the units may be used on a day and for so many days after it.

        """
        return self.expires_on is None or self.expires_on - on >= timedelta(days=days)


class LotStrategy(StrEnum):
    """
    Which units go first.

    """

    FEFO = "fefo"  #: first expired, first out; what never expires goes last
    FIFO = "fifo"  #: first in, first out
    LIFO = "lifo"  #: last in, first out
    #: As few lots as can be: while no lot suffices, the largest is taken whole; the rest comes
    #: from the smallest lot that suffices, so that the least is left over in it.
    CLOSEST = "closest"


_Key = tuple[date, int, str, str] | tuple[int, date, str, str]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: Before every lot of an equal quantity.
_FIRST: Final[_Key] = (date.min, 0, "", "")


def _age(lot: Lot) -> int:
    return (lot.received_at - _EPOCH) // _MICROSECOND


def _good_until(lot: Lot) -> date:
    return lot.expires_on or date.max


def _by_expiry(lot: Lot) -> _Key:
    return _good_until(lot), _age(lot), lot.lot, lot.serial


def _by_receipt(lot: Lot) -> _Key:
    return _age(lot), _good_until(lot), lot.lot, lot.serial


def _by_receipt_last(lot: Lot) -> _Key:
    return -_age(lot), _good_until(lot), lot.lot, lot.serial


def _by_quantity(lot: Lot) -> tuple[int, _Key]:
    return lot.quantity, _by_expiry(lot)


_ORDER: Final[dict[LotStrategy, Callable[[Lot], _Key]]] = {
    LotStrategy.FEFO: _by_expiry,
    LotStrategy.FIFO: _by_receipt,
    LotStrategy.LIFO: _by_receipt_last,
}


def choose_lots(
    lots: Iterable[Lot],
    quantity: int,
    strategy: LotStrategy,
    *,
    on: date,
    min_life_days: int = 0,
) -> tuple[LotQuantity, ...]:
    """
    Choose which units to take; the same lots in any order give the same answer.

    A lot that has expired by ``on``, or would within ``min_life_days`` after it, is never chosen.

    >>> from datetime import date, datetime, UTC
    >>> came = datetime(2026, 3, 1, tzinfo=UTC)
    >>> shelf = [
    ...     Lot(lot="A", quantity=4, expires_on=date(2026, 9, 1), received_at=came),
    ...     Lot(lot="B", quantity=4, expires_on=date(2026, 6, 1), received_at=came),
    ... ]
    >>> choose_lots(shelf, 5, LotStrategy.FEFO, on=date(2026, 5, 1))
    (LotQuantity(lot='B', quantity=4, serial=''), LotQuantity(lot='A', quantity=1, serial=''))

    Args:
        lots: Of one SKU, bucket, place and owner; those without units are passed over.
        quantity: How many units.
        strategy: Which go first.
        on: The day of use, at the place.
        min_life_days: How many days after that the units must still be good.

    Returns:
        What to take, in the order in which the strategy takes it.

    Raises:
        Rejected: ``shortage`` where the usable lots hold less; ``data`` has what was asked, what
            is available, how much is missing, and how many units are too old.
        InvalidData: A quantity below 1, a negative life, lots of several owners, or one lot
            (with its serial number) twice.

    Cost: O(n log n) in the number of lots.
    """
    known = tuple(lots)
    _require_sound(known, quantity, min_life_days)
    there = [lot for lot in known if lot.quantity > 0]
    usable = [lot for lot in there if lot.lives(on, min_life_days)]
    total = sum(lot.quantity for lot in usable)
    if total < quantity:
        too_old = sum(lot.quantity for lot in there) - total
        raise Rejected(
            "shortage",
            f"{quantity} asked, {total} lie there that are good for {min_life_days} days "
            f"from {on}, {too_old} are too old",
            data={
                "asked": quantity,
                "available": total,
                "missing": quantity - total,
                "too_old": too_old,
            },
            legal=(f"at most {total}" if total else "nothing now",),
        )
    if strategy is LotStrategy.CLOSEST:
        return _closest(usable, quantity)
    return _in_turn(SortedKeyList(usable, key=_ORDER[strategy]), quantity)


def _require_sound(lots: tuple[Lot, ...], quantity: int, min_life_days: int) -> None:
    faults: list[str] = []
    if quantity < 1:
        faults.append(f"quantity: {quantity} is below 1")
    if min_life_days < 0:
        faults.append(f"min_life_days: {min_life_days} is below 0")
    owners = sorted({lot.owner for lot in lots})
    if len(owners) > 1:
        faults.append(f"lots: they belong to {owners}, and one owner's are chosen at a time")
    names = {(lot.lot, lot.serial) for lot in lots}
    if len(names) < len(lots):
        faults.append("lots: a lot with its serial number is named twice")
    if faults:
        raise InvalidData("choice of lots", tuple(faults))


def _in_turn(lots: Iterable[Lot], quantity: int) -> tuple[LotQuantity, ...]:
    chosen: list[LotQuantity] = []
    left = quantity
    for lot in lots:
        taken = min(left, lot.quantity)
        chosen.append(LotQuantity(lot.lot, taken, lot.serial))
        left -= taken
        if not left:
            break
    return tuple(chosen)


def _closest(lots: list[Lot], quantity: int) -> tuple[LotQuantity, ...]:
    """
    Take the largest lots whole until one suffices for the rest, and of those the smallest.

    No fewer lots can do: with the k largest taken the rest is as small as k lots can leave it.
    """
    by_size = SortedKeyList(lots, key=_by_quantity)
    chosen: list[LotQuantity] = []
    left = quantity
    for _ in range(len(lots)):
        enough = by_size.bisect_key_left((left, _FIRST))
        if enough < len(by_size):
            lot = by_size[enough]
            chosen.append(LotQuantity(lot.lot, left, lot.serial))
            break
        lot = by_size.pop(by_size.bisect_key_left((by_size[-1].quantity, _FIRST)))
        chosen.append(LotQuantity(lot.lot, lot.quantity, lot.serial))
        left -= lot.quantity
    return tuple(chosen)


def lots_prefix(
    sku: Sku | str, place: PlaceId | str, bucket: Bucket = Bucket.ON_HAND, *, owner: str = ""
) -> str:
    """
    Name the beginning of the accounts that :func:`lots_at` reads.

    """
    return bucket_account(bucket, sku, place, owner=owner)


def lots_at(
    balances: Iterable[tuple[AccountId, Balance]],
    records: Iterable[LotRecord],
    sku: Sku | str,
    place: PlaceId | str,
    bucket: Bucket = Bucket.ON_HAND,
    *,
    owner: str = "",
) -> tuple[Lot, ...]:
    """
    Read the lots that lie in a bucket at a place.

    Args:
        balances: The accounts that begin with :func:`lots_prefix`; others are passed over, so a
            whole ledger may be given.
        records: What the host knows of the lots of this SKU; that of a serial number goes before
            that of its lot.
        sku: What.
        place: Where.
        bucket: In which state.
        owner: Whose.

    Returns:
        The lots with at least one unit there, in order of lot and serial number. Units that were
        booked without lot and serial number are not among them.

    Raises:
        InvalidData: Lots lie there of which there is no record. Silence would let units go that
            have expired.
    """
    known = {(record.lot, record.serial): record for record in records}
    lots: list[Lot] = []
    faults: list[str] = []
    for account, balance in balances:
        parts = account_parts(account)
        if bucket_account(bucket, sku, place, owner=owner, lot=parts.lot, serial=parts.serial) != (
            account
        ):
            continue
        if balance.posted < 1 or not (parts.lot or parts.serial):
            continue
        record = known.get((parts.lot, parts.serial)) or known.get((parts.lot, ""))
        if record is None:
            faults.append(f"no record of lot {parts.lot!r}, serial number {parts.serial!r}")
            continue
        lots.append(
            Lot(
                lot=parts.lot,
                serial=parts.serial,
                owner=owner,
                quantity=balance.posted,
                expires_on=record.expires_on,
                received_at=record.received_at,
            )
        )
    if faults:
        raise InvalidData(f"lots of {sku} at {place}", tuple(sorted(faults)))
    return tuple(sorted(lots, key=lambda lot: (lot.lot, lot.serial)))
