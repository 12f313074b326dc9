"""
Writing stock: every movement as the linked ledger steps that it is.

"""

from collections.abc import Mapping
from datetime import date
from typing import final

import attrs

from ordercore.ids import PlaceId, Sku
from ordercore.inventory._accounts import (
    Bucket,
    incoming_account,
    outside_account,
)
from ordercore.inventory._corrections import AdjustReason, Corrections
from ordercore.inventory._linked import SHELVES, Lots, Spot, World, at_bucket, last_units, refuse

__all__ = ["Movements"]


@final
@attrs.define
class Movements(Corrections):
    """
    Collects the steps of one command into one linked batch, in both books alike.

    Methods add steps and return what later movements need to know: the name of the hold that
    they made or left. Whatever changes what is for sale changes the promise book by as much in
    the same batch, so :func:`~ordercore.inventory.book_differences` stays empty.

    A physical movement is a fact: that its units are promised does not stop it, available may
    fall below zero inside. It may not take from a bucket what is not on record there (the ledger
    refuses with ``shortage``), unless it says how many units are ``forced``. A method that raises
    leaves a batch that must not be used.
    """

    # --- from and to suppliers ---------------------------------------------------------------

    def receive(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        *,
        owner: str = "",
        lots: Lots = (),
        into: Bucket = Bucket.ON_HAND,
        expected: date | None = None,
        expected_quantity: int = 0,
        leave_expected: int | None = None,
        heals: int = 0,
    ) -> None:
        """
        Take units from a supplier into stock; on the shelf they are for sale at once.

        Args:
            sku: What.
            place: Where.
            quantity: How many units came.
            owner: Whose units; "" for the shop's own.
            lots: Which units.
            into: The shelf, or quality, quarantine or damaged for units that are rejected.
            expected: The day for which they were announced.
            expected_quantity: How many are still announced for that day. What has come is taken
                off, at most this many: the rest stays announced, an excess was never announced.
            leave_expected: What must then be left of that day that is not promised; None asks
                nothing.
            heals: How many of the units have left the place before the receipt was written;
                with lots, the last units named. They explain the discrepancy and are not there.

        Raises:
            InvalidData: Another bucket than these; an announced quantity without a day or below
                zero; more is healed than has come, or into another bucket than the shelf.
        """
        healing = heals == 0 or (into is Bucket.ON_HAND and 0 < heals <= quantity)
        dated = expected is not None or expected_quantity == 0
        refuse(
            "" if into in SHELVES else f"into: nothing is received as {into}",
            "" if healing else f"heals: {heals} of {quantity} received into {into}",
            "" if dated else f"expected: {expected_quantity} units of no day",
            "" if expected_quantity >= 0 else f"expected_quantity: {expected_quantity} is below 0",
        )
        target = at_bucket(into, place)
        supplier = Spot(World.SUPPLIER)
        self._move_units(sku, quantity, supplier, target, "receive", owner=owner, lots=lots)
        come = min(quantity, expected_quantity)
        if come and expected is not None:
            incoming = incoming_account(sku, place, expected, owner)
            self._post(incoming, outside_account(sku), come, "receive", leave_expected)
        if heals:
            self.heal(sku, place, heals, owner=owner, lots=last_units(lots, heals))

    def return_to_supplier(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        bucket: Bucket = Bucket.DAMAGED,
        *,
        owner: str = "",
        lots: Lots = (),
    ) -> None:
        """
        Send units back to the supplier, rejected ones or, from another bucket, an excess.

        Raises:
            InvalidData: Units do not lie in that bucket to be sent back.
        """
        refuse("" if bucket in SHELVES else f"bucket: nothing is returned from {bucket}")
        source = at_bucket(bucket, place)
        supplier = Spot(World.SUPPLIER)
        reason = "return_to_supplier"
        self._move_units(sku, quantity, source, supplier, reason, owner=owner, lots=lots)

    # --- between places ----------------------------------------------------------------------

    def send(
        self,
        sku: Sku,
        from_place: PlaceId,
        to_place: PlaceId,
        quantity: int,
        expected_day: date,
        *,
        owner: str = "",
        lots: Lots = (),
        forced: int = 0,
        leave_at_least: int | None = 0,
    ) -> None:
        """
        Send units from the shelf of one place to another; they can be preordered there.

        Args:
            sku: What.
            from_place: Whence.
            to_place: Whither; from now on the units are on its record, as in transit.
            quantity: How many units leave.
            expected_day: When they should arrive.
            owner: Whose units.
            lots: Which units.
            forced: How many of them lay there beyond the record, as in :meth:`pick`.
            leave_at_least: What must be left available where they leave. A transfer is a choice,
                so by default it does not take what is promised; None where it has happened.

        Raises:
            InvalidData: Both places are one, or more is forced than is sent.
        """
        refuse("" if from_place != to_place else f"to_place: {to_place} is where the units are")
        self._force(sku, from_place, quantity, forced, owner=owner, lots=lots)
        self._move_units(
            sku,
            quantity,
            at_bucket(Bucket.ON_HAND, from_place),
            Spot(Bucket.IN_TRANSIT, to_place, expected_day),
            "send",
            owner=owner,
            lots=lots,
            leave_at_least=leave_at_least,
        )

    def arrive(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        expected_day: date,
        *,
        owner: str = "",
        lots: Lots = (),
        into: Bucket = Bucket.ON_HAND,
        forced: int = 0,
        sent_by: PlaceId | None = None,
        leave_expected: int | None = None,
    ) -> None:
        """
        Take units in that were in transit to this place; the rest stays in transit.

        Args:
            sku: What.
            place: Where.
            quantity: How many units arrived.
            expected_day: For which day they were sent.
            owner: Whose units.
            lots: Which units.
            into: The shelf, or quality, quarantine or damaged.
            forced: How many of them nobody had recorded as sent. They come from a discrepancy.
            sent_by: Of which place, where it is known who must have sent them; None for this one.
            leave_expected: What must then be left of that day that is not promised; None asks
                nothing.

        Raises:
            InvalidData: Another bucket than these, or more is forced than arrived.
        """
        refuse("" if into in SHELVES else f"into: nothing arrives as {into}")
        road = Spot(Bucket.IN_TRANSIT, place, expected_day)
        gap = sent_by or place
        self._force(sku, gap, quantity, forced, owner=owner, lots=lots, into=road)
        target = at_bucket(into, place)
        self._move_units(
            sku,
            quantity,
            road,
            target,
            "arrive",
            owner=owner,
            lots=lots,
            leave_at_least=leave_expected,
        )

    def lose_in_transit(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        expected_day: date,
        reason: AdjustReason = AdjustReason.LOSS,
        *,
        owner: str = "",
        lots: Lots = (),
    ) -> None:
        """
        Give units up that were sent to this place and will not arrive.

        Raises:
            InvalidData: Units that are found are not lost.
        """
        refuse("" if reason is not AdjustReason.FOUND else f"reason: lost units are not {reason}")
        road = Spot(Bucket.IN_TRANSIT, place, expected_day)
        away = Spot(World.SHRINKAGE)
        self._move_units(sku, quantity, road, away, reason.value, owner=owner, lots=lots)

    def turn_back(
        self,
        sku: Sku,
        place: PlaceId,
        to_place: PlaceId,
        quantity: int,
        expected_day: date,
        *,
        owner: str = "",
        lots: Lots = (),
    ) -> None:
        """
        Put units that were in transit to a place onto the shelf of the one they had left.

        Raises:
            InvalidData: Both places are one.
        """
        refuse("" if place != to_place else f"to_place: {place} is where the units were sent")
        road = Spot(Bucket.IN_TRANSIT, place, expected_day)
        shelf = at_bucket(Bucket.ON_HAND, to_place)
        self._move_units(sku, quantity, road, shelf, "turn_back", owner=owner, lots=lots)

    # --- production --------------------------------------------------------------------------

    def produce(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        components: Mapping[Sku, int],
        *,
        owner: str = "",
        lots: Lots = (),
        component_lots: Mapping[Sku, Lots] | None = None,
        leave_at_least: int | None = 0,
    ) -> None:
        """
        Make units from components that lie on the shelf of the place.

        Args:
            sku: What is made.
            place: Where.
            quantity: How many units are made.
            components: How many units of each are used for one unit made.
            owner: Whose components and units.
            lots: Which units are made.
            component_lots: Which units of a component are used.
            leave_at_least: What must be left available of each component, so that what is
                promised is not used; None where it has happened.

        Raises:
            InvalidData: Nothing is used, less than one of a component, the SKU for itself, or
                lots of what is no component.
        """
        pinned = component_lots or {}
        strangers = sorted(pinned.keys() - components.keys())
        refuse(
            "" if components else "components: something is made of something",
            "" if sku not in components else f"components: {sku} is not made of itself",
            f"component_lots: {', '.join(strangers)} are no components" if strangers else "",
            *(
                f"components[{part}]: {each} is below 1"
                for part, each in components.items()
                if each < 1
            ),
        )
        shelf, bench = at_bucket(Bucket.ON_HAND, place), Spot(World.PRODUCTION)
        for part in sorted(components):
            used = components[part] * quantity
            self._move_units(
                part,
                used,
                shelf,
                bench,
                "produce",
                owner=owner,
                lots=pinned.get(part, ()),
                leave_at_least=leave_at_least,
            )
        self._move_units(sku, quantity, bench, shelf, "produce", owner=owner, lots=lots)
