"""
Reading stock for people and shops, with plain calls.

"""

from collections.abc import Iterable
from datetime import date

from ordercore.engine._driver import Driver
from ordercore.engine._stock_loops import Asker, StockLoops
from ordercore.inventory import (
    Availability,
    AwaitedSupply,
    Covered,
    Crossings,
    Lot,
    LotRecord,
    StockLevel,
)
from ordercore.ledger import Line, Number

__all__ = ["StockReading"]


class StockReading:
    """
    The part of an engine that reads stock.

    """

    def __init__(self, driver: Driver, stock: StockLoops) -> None:
        self._drive = driver.drive
        self._stock = stock

    def availability(
        self,
        *skus: str,
        places: tuple[str, ...] | None = None,
        channel: str = "",
        by: date | None = None,
        cart_id: str | None = None,
        order_id: str | None = None,
    ) -> tuple[StockLevel, ...]:
        """
        Read stock place by place, each number by its name, under the shop's rules of today.

        Args:
            skus: Which SKUs.
            places: Where; None for wherever the SKU ever lay or is expected.
            channel: For which channel: its buffer is kept back, and only places that serve it
                are in the answer. Empty for nobody in particular.
            by: Read what is expected, too; ``available_to_promise(by)`` of a level counts it.
            cart_id: On whose behalf: its own hold does not count against it.
            order_id: On whose behalf: the order's own promise does not count against it.

        Returns:
            One level a SKU and place, in order of both; none for a kit, which lies nowhere.
        """
        asker = Asker(places=places, channel=channel, by=by, cart_id=cart_id, order_id=order_id)
        return self._drive(self._stock.availability(skus, asker))

    def availability_of(
        self,
        sku: str,
        *,
        places: tuple[str, ...] | None = None,
        channel: str = "",
        by: date | None = None,
        cart_id: str | None = None,
        order_id: str | None = None,
    ) -> Availability:
        """
        Read stock of one SKU over places together; arguments as for :meth:`availability`.

        Of a kit, say how many its parts come to (:class:`~ordercore.inventory.KitAvailability`).

        Raises:
            InvalidData: A kit that the catalog tells cannot be taken apart.
        """
        asker = Asker(places=places, channel=channel, by=by, cart_id=cart_id, order_id=order_id)
        return self._drive(self._stock.availability_of(sku, asker))

    def lots(
        self, sku: str, place: str, records: Iterable[LotRecord], *, owner: str = ""
    ) -> tuple[Lot, ...]:
        """
        Read which lots lie on the shelf of a place, to choose of them what to pick.

        Args:
            sku: What.
            place: Where.
            records: What the host knows of the SKU's lots: until when they are good, when they
                came in.
            owner: Whose; empty for the shop's own.

        Returns:
            The lots with units there, in order of lot and serial number. What was received
            without a lot is not among them.

        Raises:
            InvalidData: Lots lie there of which there is no record.

        Cost: O(lots of the SKU that ever lay there).
        """
        return self._drive(self._stock.lots(sku, place, records, owner))

    def waiting(self, sku: str, place: str) -> tuple[Covered, ...]:
        """
        Say who waits for a SKU at a place, since when and for how many; the longest first.

        Cost: O(open promises of the SKU at the place), sorted.
        """
        return self._drive(self._stock.waiting(sku, place))

    def explain(
        self, sku: str, place: str, number: Number = "available", *, owner: str = ""
    ) -> tuple[Line, ...]:
        """
        Say why a number of stock is what it is: the steps that changed it, whose changes sum to it.

        The numbers are those of the account that is sold against: ``posted`` is what is on hand,
        ``pending_out`` what is promised of it, ``available`` the one less the other.

        Cost: O(steps that touched the account).
        """
        return self._drive(self._stock.explain(sku, place, number, owner))

    def preordered(self, sku: str, place: str) -> tuple[AwaitedSupply, ...]:
        """
        Say who waits at a place for supply that is expected, by day and in promise order.

        Promises of a day that has passed, and those that nothing is expected for, are among them.

        Cost: O(days on which the SKU was ever expected there + open promises), sorted.
        """
        return self._drive(self._stock.preordered(sku, place))

    def crossings(self, after: int = 0, limit: int = 1_000) -> Crossings:
        """
        Find where SKUs ran out, ran low or came back in a stretch of the ledger's log.

        Each crossing belongs to one position, so whoever goes on from the position returned is
        told of each exactly once.

        Args:
            after: The position to read on from: 0, or what an earlier call has returned.
            limit: How many steps to read; the last batch is always read whole.

        Raises:
            InvalidData: ``after`` is below 0 or ``limit`` below 1.

        Cost: O(steps after ``after``), however few of them are told: what stood before them is
            what stands now less what they changed. Where one of them reverses an earlier step,
            the whole log is read once.
        """
        return self._drive(self._stock.crossings(after, limit))
