"""
The one way in which units move, so that both books always move together.

A movement goes from one :class:`Spot` to another: a bucket at a place, or a part of the world
without a place. Every spot has its counterpart in the promise book:

    on hand              available      may be promised
    picked, packed       allocated      promised, and taken for the order
    in transit           incoming       of the day on which it is expected
    everything else      outside        not for sale

A movement posts its units from spot to spot in the physical book and, where the counterparts
differ, the same quantity from counterpart to counterpart in the promise book. There is no other
way to write a physical step, except ``_take_units`` for a pick, whose promise side
is the hold that it carries out. So the books agree after every batch, whatever is in it.

Two kinds of guard, never mixed. The promise side of a physical movement has none: what has
happened has happened, and if the units were promised, available falls below zero inside, which is
the shortage. The physical side may not leave a bucket below zero: what is not on record cannot
have left by this record. If it has nevertheless, the caller says so (``forced``), and the place's
discrepancy account, which alone may be below zero, names the difference until it is explained.

A serial number names one unit. Its accounts sum to nothing like all others; its supplier gives it
once (leaves -1 at least), and every other account of it stays at zero or above. So at any position
at most one account holds it: it is on hand at one place at most. A unit that was moved by force is
the exception until its discrepancy is explained.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

import attrs

from ordercore.catalog import LotQuantity
from ordercore.errors import InvalidData
from ordercore.ids import PlaceId, Sku, child
from ordercore.instants import Instant
from ordercore.inventory._accounts import (
    Bucket,
    allocated_account,
    available_account,
    bucket_account,
    customer_account,
    incoming_account,
    outside_account,
    production_account,
    shrinkage_account,
    supplier_account,
)
from ordercore.ledger import AccountId, Post, Step

__all__ = ["SHELVES", "LinkedSteps", "Lots", "Spot", "World", "at_bucket", "last_units", "refuse"]

#: Which units a movement moves; empty where the SKU's units are not told apart.
Lots = tuple[LotQuantity, ...]


class World(StrEnum):
    """
    Where units come from and go to beyond all places.

    """

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SHRINKAGE = "shrinkage"
    PRODUCTION = "production"


class Spot(NamedTuple):
    """
    Where units are.

    Attributes:
        code: A bucket, or a part of the world.
        place: Of the bucket; "" in the world.
        day: When units in transit are expected.
    """

    code: Bucket | World
    place: PlaceId = PlaceId("")
    day: date | None = None


_WORLD_ACCOUNT: Final = {
    World.SUPPLIER: supplier_account,
    World.CUSTOMER: customer_account,
    World.SHRINKAGE: shrinkage_account,
    World.PRODUCTION: production_account,
}
#: Between these buckets of a place units may be moved by name; the others have their own words.
SHELVES: Final = frozenset(
    {Bucket.ON_HAND, Bucket.QUALITY, Bucket.QUARANTINE, Bucket.DAMAGED, Bucket.MISSING}
)

_AT_WORK: Final = frozenset({Bucket.PICKED, Bucket.PACKED})


def at_bucket(bucket: Bucket, place: PlaceId) -> Spot:
    """
    Name a bucket at a place.

    """
    return Spot(bucket, place)


def last_units(lots: Lots, quantity: int) -> Lots:
    """
    Name the last units of some lots; none where the units are not told apart.

    """
    chosen: list[LotQuantity] = []
    left = quantity
    for units in reversed(lots):
        if not left:
            break
        taken = min(left, units.quantity)
        chosen.append(attrs.evolve(units, quantity=taken))
        left -= taken
    return tuple(reversed(chosen))


def refuse(*faults: str) -> None:
    """
    Refuse a movement that means nothing; the batch must not be used.

    Raises:
        InvalidData: With the faults that are not empty, if any.
    """
    found = tuple(fault for fault in faults if fault)
    if found:
        raise InvalidData("stock movement", found)


@attrs.define
class LinkedSteps:
    """
    Collects the steps of one command into one linked batch.

    Attributes:
        parent: The id under which the steps are numbered, used by no other batch.
        reference: For what: a cart, an order, a delivery.
        occurred_at: When it happened, as claimed.
        steps: The batch so far.
    """

    parent: str
    reference: str
    occurred_at: Instant
    steps: list[Step] = attrs.Factory(list[Step])

    def batch(self) -> Sequence[Step]:
        """
        Return the steps so far, in order.

        """
        return tuple(self.steps)

    def _move_units(
        self,
        sku: Sku,
        quantity: int,
        source: Spot,
        target: Spot,
        reason: str,
        *,
        owner: str = "",
        lots: Lots = (),
        leave_at_least: int | None = None,
    ) -> None:
        """
        Move units from spot to spot in both books.

        Args:
            sku: What.
            quantity: How many units.
            source: Whence.
            target: Whither.
            reason: Why.
            owner: Whose units; "" for the shop's own.
            lots: Which units, summing to the quantity; empty where they are not told apart.
            leave_at_least: What must be left available in the promise book; None asks nothing.

        Raises:
            InvalidData: The lots do not sum to the quantity, or a serial number stands for more
                than one unit.
        """
        self._take_units(sku, quantity, source, target, reason, owner=owner, lots=lots)
        gives, takes = _counterpart(source, sku, owner), _counterpart(target, sku, owner)
        if gives != takes:
            self._post(gives, takes, quantity, reason, leave_at_least)

    def _take_units(
        self,
        sku: Sku,
        quantity: int,
        source: Spot,
        target: Spot,
        reason: str,
        *,
        owner: str = "",
        lots: Lots = (),
    ) -> None:
        """
        Move units from spot to spot in the physical book alone.

        Raises:
            InvalidData: As :meth:`_move_units`.
        """
        refuse(*_lot_faults(quantity, lots))
        for units in lots or (LotQuantity("", quantity),):
            born = source.code is World.PRODUCTION and units.serial
            if born:  # a serial number comes into the world once, made or bought
                supplier = supplier_account(sku, serial=units.serial)
                made = production_account(sku, serial=units.serial)
                self._post(supplier, made, 1, reason, -1)
            self._post(
                _account(source, sku, owner, units),
                _account(target, sku, owner, units),
                units.quantity,
                reason,
                _least(source, units),
            )

    def _post(
        self,
        source: AccountId,
        target: AccountId,
        quantity: int,
        reason: str,
        leave_at_least: int | None = None,
    ) -> None:
        """
        Add one posted step.

        """
        self.steps.append(
            Post(
                self._next_id(),
                source,
                target,
                quantity,
                reason,
                self.reference,
                self.occurred_at,
                leave_at_least,
            )
        )

    def _next_id(self) -> str:
        """
        Name the next step.

        """
        return child(self.parent, "stock", len(self.steps) + 1)


def _account(spot: Spot, sku: Sku, owner: str, units: LotQuantity) -> AccountId:
    if isinstance(spot.code, World):
        return _WORLD_ACCOUNT[spot.code](sku, serial=units.serial)
    return bucket_account(
        spot.code, sku, spot.place, owner=owner, lot=units.lot, serial=units.serial
    )


def _counterpart(spot: Spot, sku: Sku, owner: str) -> AccountId:
    if spot.code is Bucket.ON_HAND:
        return available_account(sku, spot.place, owner)
    if spot.code in _AT_WORK:
        return allocated_account(sku, spot.place, owner)
    if spot.code is Bucket.IN_TRANSIT and spot.day is not None:
        return incoming_account(sku, spot.place, spot.day, owner)
    return outside_account(sku)


def _least(spot: Spot, units: LotQuantity) -> int | None:
    if isinstance(spot.code, Bucket) and spot.code is not Bucket.DISCREPANCY:
        return 0
    if not units.serial:
        return None
    return -1 if spot.code in {World.SUPPLIER, Bucket.DISCREPANCY} else 0


def _lot_faults(quantity: int, lots: Lots) -> list[str]:
    if not lots:
        return []
    faults: list[str] = []
    total = sum(units.quantity for units in lots)
    if total != quantity:
        faults.append(f"lots: they sum to {total}, and {quantity} units are moved")
    for n, units in enumerate(lots):
        if units.serial and units.quantity != 1:
            faults.append(f"lots[{n}].quantity: serial number {units.serial} is one unit")
        if units.quantity < 1:
            faults.append(f"lots[{n}].quantity: {units.quantity} is below 1")
        if "|" in units.lot or "|" in units.serial:
            faults.append(f"lots[{n}]: lots and serial numbers hold no |")
    return faults
