"""
Stock at work for orders: from the shelf into a box to the customer, and back.

"""

import attrs

from ordercore.ids import PlaceId, Sku
from ordercore.inventory._accounts import Bucket
from ordercore.inventory._linked import Lots, Spot, World, at_bucket, last_units, refuse
from ordercore.inventory._promises import Promises
from ordercore.ledger import PostPending

__all__ = ["Handling"]


@attrs.define
class Handling(Promises):
    """
    What is done with units for an order, and with units that come back.

    ``owner`` says whose units they are, ``lots`` which of them; a SKU whose units lie there by lot
    or serial number is moved by lot or serial number. The ledger refuses with ``shortage`` what
    would leave a bucket below zero; then the whole batch has not happened.
    """

    def pick(
        self,
        hold: str,
        held: int,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        *,
        owner: str = "",
        lots: Lots = (),
        forced: int = 0,
    ) -> str:
        """
        Take promised units from the shelf; returns the hold of the rest, or "".

        The rest is never for sale for a moment: the hold is divided, and only a part is posted.

        Args:
            hold: An allocation of this SKU, place and owner.
            held: How many units it holds.
            sku: What.
            place: Where.
            quantity: How many units are taken.
            owner: Whose units; "" for the shop's own.
            lots: Which units.
            forced: How many of them lay there beyond the record. They are booked in from the
                place's discrepancy first, where a receipt, a count or :meth:`heal` finds them;
                with lots, they are the last units named. Without it, more than is on record is
                refused.

        Raises:
            InvalidData: More is forced than is picked, or the lots do not fit.
        """
        self._force(sku, place, quantity, forced, owner=owner, lots=lots)
        part, rest = self.divide(hold, held, quantity, "pick")
        # The quantity is said although it is all of the part: were ``held`` wrong, the ledger
        # would refuse, or release what was not picked, and the books would still agree.
        self.steps.append(
            PostPending(self._next_id(), part, quantity, "pick", self.reference, self.occurred_at)
        )
        shelf, trolley = at_bucket(Bucket.ON_HAND, place), at_bucket(Bucket.PICKED, place)
        self._take_units(sku, quantity, shelf, trolley, "pick", owner=owner, lots=lots)
        return rest

    def _force(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        forced: int,
        *,
        owner: str = "",
        lots: Lots = (),
        into: Spot | None = None,
    ) -> None:
        """
        Book units in that are there beyond the record, before they are moved.

        Args:
            sku: What.
            place: Whose discrepancy it is.
            quantity: How many units are about to be moved.
            forced: How many of them are not on record; 0 adds nothing.
            owner: Whose units.
            lots: Which units are about to be moved; the last of them are the forced ones.
            into: From where they are about to be moved; None for the shelf.

        Raises:
            InvalidData: ``forced`` is below zero or above the quantity.
        """
        in_range = 0 <= forced <= quantity
        refuse("" if in_range else f"forced: {forced} is not within 0 to {quantity}")
        if forced:
            self._move_units(
                sku,
                forced,
                at_bucket(Bucket.DISCREPANCY, place),
                into or at_bucket(Bucket.ON_HAND, place),
                "force",
                owner=owner,
                lots=last_units(lots, forced),
            )

    def put_back(
        self, sku: Sku, place: PlaceId, quantity: int, *, owner: str = "", lots: Lots = ()
    ) -> None:
        """
        Return picked units to the shelf; they are for sale again.

        """
        trolley, shelf = at_bucket(Bucket.PICKED, place), at_bucket(Bucket.ON_HAND, place)
        self._move_units(sku, quantity, trolley, shelf, "put_back", owner=owner, lots=lots)

    def miss(
        self,
        hold: str,
        held: int,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        *,
        owner: str = "",
        lots: Lots = (),
        off_record: int = 0,
    ) -> str:
        """
        Record that promised units were not found; returns the hold of the rest, or "".

        The units leave the shelf and what can be promised in the same batch as the promise ends,
        so nobody is sold them in between.

        Args:
            hold: An allocation of this SKU, place and owner.
            held: How many units it holds.
            sku: What.
            place: Where.
            quantity: How many units were not found.
            owner: Whose units; "" for the shop's own.
            lots: Which units, of those on record.
            off_record: How many of them the shelf's record does not have either (a count has
                come first); of these only the promise ends. Not one of them is in ``lots``.

        Raises:
            InvalidData: More is off record than is missing, or the lots do not fit.
        """
        in_range = 0 <= off_record <= quantity
        refuse("" if in_range else f"off_record: {off_record} is not within 0 to {quantity}")
        part, rest = self.divide(hold, held, quantity, "short_pick")
        if there := quantity - off_record:
            shelf, missing = at_bucket(Bucket.ON_HAND, place), at_bucket(Bucket.MISSING, place)
            self._move_units(sku, there, shelf, missing, "short_pick", owner=owner, lots=lots)
        self.release(part, "short_pick")
        return rest

    def pack(
        self, sku: Sku, place: PlaceId, quantity: int, *, owner: str = "", lots: Lots = ()
    ) -> None:
        """
        Put picked units into a package.

        """
        trolley, box = at_bucket(Bucket.PICKED, place), at_bucket(Bucket.PACKED, place)
        self._move_units(sku, quantity, trolley, box, "pack", owner=owner, lots=lots)

    def unpack(
        self, sku: Sku, place: PlaceId, quantity: int, *, owner: str = "", lots: Lots = ()
    ) -> None:
        """
        Take units out of a package that has not left.

        """
        box, trolley = at_bucket(Bucket.PACKED, place), at_bucket(Bucket.PICKED, place)
        self._move_units(sku, quantity, box, trolley, "unpack", owner=owner, lots=lots)

    def dispatch(
        self, sku: Sku, place: PlaceId, quantity: int, *, owner: str = "", lots: Lots = ()
    ) -> None:
        """
        Hand packed units to the carrier.

        """
        box = at_bucket(Bucket.PACKED, place)
        self._move_units(
            sku, quantity, box, Spot(World.CUSTOMER), "dispatch", owner=owner, lots=lots
        )

    def take_back(
        self, sku: Sku, place: PlaceId, quantity: int, *, owner: str = "", lots: Lots = ()
    ) -> None:
        """
        Receive returned units; they wait for inspection and are not for sale.

        """
        desk = at_bucket(Bucket.QUALITY, place)
        self._move_units(
            sku, quantity, Spot(World.CUSTOMER), desk, "return", owner=owner, lots=lots
        )

    def restock(
        self, sku: Sku, place: PlaceId, quantity: int, *, owner: str = "", lots: Lots = ()
    ) -> None:
        """
        Put inspected units back on the shelf; they are for sale again.

        """
        desk, shelf = at_bucket(Bucket.QUALITY, place), at_bucket(Bucket.ON_HAND, place)
        self._move_units(sku, quantity, desk, shelf, "restock", owner=owner, lots=lots)

    def set_aside(
        self, sku: Sku, place: PlaceId, quantity: int, *, owner: str = "", lots: Lots = ()
    ) -> None:
        """
        Put inspected units among the damaged ones.

        """
        desk, damaged = at_bucket(Bucket.QUALITY, place), at_bucket(Bucket.DAMAGED, place)
        self._move_units(sku, quantity, desk, damaged, "damaged", owner=owner, lots=lots)
