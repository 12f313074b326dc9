"""
Corrections of what is on record at a place: adjusted, written off, shifted, explained.

"""

from enum import StrEnum
from typing import Final

import attrs

from ordercore.ids import PlaceId, Sku
from ordercore.inventory._accounts import Bucket
from ordercore.inventory._handling import Handling
from ordercore.inventory._linked import SHELVES, Lots, Spot, World, at_bucket, refuse

__all__ = ["AdjustReason", "Corrections"]


class AdjustReason(StrEnum):
    """
    Why the record of a bucket is changed without a movement that anybody saw.

    There is no free text: the ledger keeps no personal data, and ``reference`` names the report.
    """

    DAMAGE = "damage"  #: broken or spoiled, and thrown away
    LOSS = "loss"  #: looked for and given up
    THEFT = "theft"  #: stolen
    EXPIRED = "expired"  #: past its date
    SAMPLE = "sample"  #: given away or used for tests
    OWN_USE = "own_use"  #: taken by the shop for itself
    RECALL = "recall"  #: destroyed after a recall
    FOUND = "found"  #: turned up again
    COUNT = "count"  #: another number was counted; up or down
    CORRECTION = "correction"  #: an earlier entry was wrong; up or down

    def fits(self, quantity_delta: int) -> bool:
        """
        Say whether a change has the direction of the reason: damage adds no units.

        """
        if self in _EITHER_WAY:
            return True
        return (quantity_delta < 0) == (self is not AdjustReason.FOUND)


_EITHER_WAY: Final = frozenset({AdjustReason.COUNT, AdjustReason.CORRECTION})


@attrs.define
class Corrections(Handling):
    """
    What changes the record of a place without anything coming or going.

    """

    def adjust(
        self,
        sku: Sku,
        place: PlaceId,
        quantity_delta: int,
        reason: AdjustReason,
        bucket: Bucket = Bucket.ON_HAND,
        *,
        owner: str = "",
        lots: Lots = (),
        forced: int = 0,
    ) -> None:
        """
        Change how much is on record in a bucket, against shrinkage.

        Args:
            sku: What.
            place: Where.
            quantity_delta: By how many units; negative where units are gone.
            reason: Why.
            bucket: Which; an excess in ``DISCREPANCY`` explains units that were moved by force.
            owner: Whose units.
            lots: Which units; their quantities are positive either way.
            forced: How many of the units that are gone were not on record on the shelf.

        Raises:
            InvalidData: A change of nothing; a reason that has the other direction (damage adds
                no units); units of a discrepancy taken away, or of transit; units forced that
                are found, or in another bucket than the shelf.
        """
        gone = quantity_delta < 0
        fits = reason.fits(quantity_delta)
        legal = bucket is not Bucket.IN_TRANSIT and not (gone and bucket is Bucket.DISCREPANCY)
        forcing = forced == 0 or (gone and bucket is Bucket.ON_HAND)
        refuse(
            "" if quantity_delta else "quantity_delta: 0 changes nothing",
            "" if fits else f"reason: {quantity_delta} units are not {reason}",
            "" if legal else f"bucket: {bucket} is not adjusted by {quantity_delta}",
            "" if forcing else f"forced: {forced} of {quantity_delta} units in {bucket}",
        )
        here, away = at_bucket(bucket, place), Spot(World.SHRINKAGE)
        quantity = abs(quantity_delta)
        if gone:
            self._force(sku, place, quantity, forced, owner=owner, lots=lots)
            self._move_units(sku, quantity, here, away, reason.value, owner=owner, lots=lots)
        else:
            self._move_units(sku, quantity, away, here, reason.value, owner=owner, lots=lots)

    def write_off(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        reason: AdjustReason,
        bucket: Bucket = Bucket.DAMAGED,
        *,
        owner: str = "",
        lots: Lots = (),
    ) -> None:
        """
        Give units of a bucket up for good.

        Raises:
            InvalidData: As :meth:`adjust`.
        """
        self.adjust(sku, place, -quantity, reason, bucket, owner=owner, lots=lots)

    def shift(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        from_bucket: Bucket,
        to_bucket: Bucket,
        *,
        owner: str = "",
        lots: Lots = (),
    ) -> None:
        """
        Move units between shelf, quality, quarantine, damaged and missing at one place.

        What leaves the shelf is no longer for sale, what comes onto it is.

        Raises:
            InvalidData: Another bucket than these, or one twice.
        """
        apart = from_bucket is not to_bucket
        refuse(
            "" if from_bucket in SHELVES else f"from_bucket: nothing is shifted from {from_bucket}",
            "" if to_bucket in SHELVES else f"to_bucket: nothing is shifted to {to_bucket}",
            "" if apart else f"to_bucket: {to_bucket} is where the units are",
        )
        source, target = at_bucket(from_bucket, place), at_bucket(to_bucket, place)
        self._move_units(sku, quantity, source, target, "shift", owner=owner, lots=lots)

    def heal(
        self, sku: Sku, place: PlaceId, quantity: int, *, owner: str = "", lots: Lots = ()
    ) -> None:
        """
        Say that units on record on the shelf are those that have left beyond the record.

        They are off the shelf's record and no longer for sale; the discrepancy is nearer to zero.
        ``quantity`` is at most what the discrepancy lacks, as the caller has read it.
        """
        shelf, gap = at_bucket(Bucket.ON_HAND, place), at_bucket(Bucket.DISCREPANCY, place)
        self._move_units(sku, quantity, shelf, gap, "heal", owner=owner, lots=lots)

    def unheal(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        bucket: Bucket = Bucket.ON_HAND,
        *,
        owner: str = "",
        lots: Lots = (),
    ) -> None:
        """
        Book units in from the place's discrepancy: the opposite of :meth:`heal`.

        For units that have left a bucket beyond its record, before their leaving is recorded; and
        for what was healed twice.

        Raises:
            InvalidData: Units do not lie in that bucket to be moved.
        """
        refuse("" if bucket in SHELVES else f"bucket: nothing is booked into {bucket}")
        gap, here = at_bucket(Bucket.DISCREPANCY, place), at_bucket(bucket, place)
        self._move_units(sku, quantity, gap, here, "unheal", owner=owner, lots=lots)
