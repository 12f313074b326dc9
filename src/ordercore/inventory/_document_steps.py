"""
The movements of stock documents, as the linked ledger steps that they are.

Both books in one batch: whatever changes what is on hand changes what is available by the same
amount. Physical movements are facts without a guard; sending stock away to another place is the
one that leaves at least zero available, since promised units are not sent away.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import attrs

from ordercore.ids import PlaceId, Sku, child
from ordercore.instants import Instant
from ordercore.inventory._accounts import (
    Bucket,
    available_account,
    bucket_account,
    incoming_account,
    outside_account,
    shrinkage_account,
    supplier_account,
)
from ordercore.ledger import AccountId, Post, Step

__all__ = ["DocumentSteps", "ExpectedUnits", "Shelf"]


@attrs.frozen
class ExpectedUnits:
    """
    So many units on a day.

    """

    day: date
    quantity: int


@attrs.frozen
class Shelf:
    """
    One SKU, or one lot of it, at one place.

    Attributes:
        sku: What.
        place: Where.
        lot: Which of it, or empty.
    """

    sku: Sku
    place: PlaceId
    lot: str = ""

    def account(self, bucket: Bucket) -> AccountId:
        """
        Name the account of a bucket.

        """
        return bucket_account(bucket, self.sku, self.place, lot=self.lot)


@attrs.define
class DocumentSteps:
    """
    Collects the steps of one command into one linked batch.

    Attributes:
        parent: The id under which the steps are numbered, used by no other batch.
        reference: The document.
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

    # --- from suppliers --------------------------------------------------------------------

    def expect(self, sku: Sku, place: PlaceId, expected: Iterable[ExpectedUnits]) -> None:
        """
        Expect supply on days.

        """
        for each in expected:
            incoming = incoming_account(sku, place, each.day)
            self._post(outside_account(sku), incoming, each.quantity, "expect")

    def unexpect(self, sku: Sku, place: PlaceId, expected: Iterable[ExpectedUnits]) -> None:
        """
        Expect supply no longer.

        """
        for each in expected:
            incoming = incoming_account(sku, place, each.day)
            self._post(incoming, outside_account(sku), each.quantity, "unexpect")

    def receive(
        self, shelf: Shelf, quantity: int, expected: Iterable[ExpectedUnits], heals: int
    ) -> None:
        """
        Take units from a supplier onto the shelf; they are for sale at once.

        Args:
            shelf: Where they come to lie.
            quantity: How many.
            expected: What of them was expected, and when; no longer, then.
            heals: How many of them had left the place before anybody recorded their arrival.
        """
        supplier = supplier_account(shelf.sku)
        self._post(supplier, _discrepancy(shelf.sku, shelf.place), heals, "receive")
        self._post(supplier, shelf.account(Bucket.ON_HAND), quantity - heals, "receive")
        self._make_available(shelf, quantity - heals, expected, "receive")

    def reject(self, shelf: Shelf, quantity: int, bucket: Bucket | None) -> None:
        """
        Take units from a supplier that are not for sale; None for what goes straight back.

        """
        if bucket is not None:
            self._post(supplier_account(shelf.sku), shelf.account(bucket), quantity, "reject")

    # --- between places --------------------------------------------------------------------

    def send(self, shelf: Shelf, target: PlaceId, day: date, quantity: int) -> None:
        """
        Send units that nobody was promised on their way to another place.

        """
        there = attrs.evolve(shelf, place=target).account(Bucket.IN_TRANSIT)
        self._post(shelf.account(Bucket.ON_HAND), there, quantity, "send")
        available = available_account(shelf.sku, shelf.place)
        self._post(available, incoming_account(shelf.sku, target, day), quantity, "send", guard=0)

    def explain(self, shelf: Shelf, quantity: int) -> None:
        """
        Record that units had been sent before, which have arrived already.

        """
        self._post(
            shelf.account(Bucket.ON_HAND),
            _discrepancy(shelf.sku, shelf.place),
            quantity,
            "send",
        )
        available = available_account(shelf.sku, shelf.place)
        self._post(available, outside_account(shelf.sku), quantity, "send")

    def arrive(self, shelf: Shelf, day: date, quantity: int, heals: int) -> None:
        """
        Take units from their way onto the shelf.

        """
        transit = shelf.account(Bucket.IN_TRANSIT)
        self._post(transit, _discrepancy(shelf.sku, shelf.place), heals, "arrive")
        self._post(transit, shelf.account(Bucket.ON_HAND), quantity - heals, "arrive")
        expected = [ExpectedUnits(day, quantity)]
        self._make_available(shelf, quantity - heals, expected, "arrive")

    def arrive_beyond(self, shelf: Shelf, source: PlaceId, quantity: int) -> None:
        """
        Take units onto the shelf of which nobody recorded that they were sent.

        """
        there = _discrepancy(shelf.sku, source)
        self._post(there, shelf.account(Bucket.ON_HAND), quantity, "arrive_beyond")
        self._make_available(shelf, quantity, (), "arrive_beyond")

    def lose_in_transit(self, shelf: Shelf, day: date, quantity: int) -> None:
        """
        Write off units that never arrived.

        """
        gone = shrinkage_account(shelf.sku)
        self._post(shelf.account(Bucket.IN_TRANSIT), gone, quantity, "lost_in_transit")
        incoming = incoming_account(shelf.sku, shelf.place, day)
        self._post(incoming, outside_account(shelf.sku), quantity, "lost_in_transit")

    def return_from_transit(self, shelf: Shelf, source: PlaceId, day: date, quantity: int) -> None:
        """
        Put units that came back from their way onto the shelf that they had left.

        """
        home = attrs.evolve(shelf, place=source)
        transit = shelf.account(Bucket.IN_TRANSIT)
        self._post(transit, home.account(Bucket.ON_HAND), quantity, "return_from_transit")
        incoming = incoming_account(shelf.sku, shelf.place, day)
        available = available_account(shelf.sku, source)
        self._post(incoming, available, quantity, "return_from_transit")

    # --- corrections -----------------------------------------------------------------------

    def shrink(self, shelf: Shelf, on_hand: int, beyond: int, reason: str) -> None:
        """
        Take units off the shelf for good, and ``beyond`` what is recorded there.

        """
        gone = shrinkage_account(shelf.sku)
        self._post(shelf.account(Bucket.ON_HAND), gone, on_hand, reason)
        self._post(shelf.account(Bucket.DISCREPANCY), gone, beyond, reason)
        self._make_unavailable(shelf, on_hand, reason)

    def find(self, shelf: Shelf, quantity: int, reason: str) -> None:
        """
        Put units on the shelf that nobody knew of.

        """
        gone = shrinkage_account(shelf.sku)
        self._post(gone, shelf.account(Bucket.ON_HAND), quantity, reason)
        self._make_available(shelf, quantity, (), reason)

    def correct(self, shelf: Shelf, bucket: Bucket, delta: int, reason: str) -> None:
        """
        Find or lose units in a bucket that nothing is promised from.

        """
        gone, there = shrinkage_account(shelf.sku), shelf.account(bucket)
        self._post(gone, there, delta, reason)
        self._post(there, gone, -delta, reason)

    def settle(
        self, shelf: Shelf, on_hand: int, discrepancy: int, correction: int, reason: str
    ) -> tuple[int, int]:
        """
        Correct what must be on the shelf; a discrepancy is explained before anything is lost.

        Args:
            shelf: Which.
            on_hand: Recorded there now.
            discrepancy: Recorded now beside it; below zero for what left beyond the record.
            correction: What is to be added to the sum of both.
            reason: Why.

        Returns:
            By how much what is available changes, and how much discrepancy was explained.
        """
        total = on_hand + discrepancy + correction
        shelved, healed = max(total, 0) - on_hand, min(total, 0) - discrepancy
        there, beyond = shelf.account(Bucket.ON_HAND), shelf.account(Bucket.DISCREPANCY)
        gone = shrinkage_account(shelf.sku)
        explained = max(0, min(-shelved, healed))  # units off the shelf that had left before
        recovered = max(0, min(shelved, -healed))
        self._post(there, beyond, explained, reason)
        self._post(beyond, there, recovered, reason)
        found = shelved + explained - recovered
        self._post(gone, there, found, reason)
        self._post(there, gone, -found, reason)
        made_up = healed - explained + recovered
        self._post(gone, beyond, made_up, reason)
        self._post(beyond, gone, -made_up, reason)
        self._make_available(shelf, shelved, (), reason)
        self._make_unavailable(shelf, -shelved, reason)
        return shelved, max(healed, 0)

    # --- inside ----------------------------------------------------------------------------

    def _make_available(
        self, shelf: Shelf, quantity: int, expected: Iterable[ExpectedUnits], reason: str
    ) -> None:
        """
        Put units up for sale, those that were expected from where they stood.

        """
        available, outside = available_account(shelf.sku, shelf.place), outside_account(shelf.sku)
        left = max(quantity, 0)
        for each in expected:
            incoming = incoming_account(shelf.sku, shelf.place, each.day)
            taken = min(left, each.quantity)
            self._post(incoming, available, taken, reason)
            self._post(incoming, outside, each.quantity - taken, reason)
            left -= taken
        self._post(outside, available, left, reason)

    def _make_unavailable(self, shelf: Shelf, quantity: int, reason: str) -> None:
        available = available_account(shelf.sku, shelf.place)
        self._post(available, outside_account(shelf.sku), quantity, reason)

    def _post(
        self,
        source: AccountId,
        target: AccountId,
        quantity: int,
        reason: str,
        *,
        guard: int | None = None,
    ) -> None:
        if quantity <= 0:
            return
        step_id = child(self.parent, "stock", len(self.steps) + 1)
        self.steps.append(
            Post(step_id, source, target, quantity, reason, self.reference, self.occurred_at, guard)
        )


def _discrepancy(sku: Sku, place: PlaceId) -> AccountId:
    return bucket_account(Bucket.DISCREPANCY, sku, place)
