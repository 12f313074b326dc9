"""
Writing stock: every movement as the linked ledger steps that it is.

"""

from collections.abc import Sequence

import attrs

from ordercore.ids import PlaceId, Sku, child
from ordercore.instants import Instant
from ordercore.inventory._accounts import (
    Bucket,
    allocated_account,
    available_account,
    bucket_account,
    customer_account,
    outside_account,
    reserved_account,
    supplier_account,
)
from ordercore.ledger import AccountId, Divide, Pend, Post, PostPending, Step, VoidPending

__all__ = ["Movements"]


@attrs.define
class Movements:
    """
    Collects the steps of one command into one linked batch.

    Methods add steps and return what later movements need to know: the name of the hold that
    they made or left. Physical movements are facts and carry no guard; promises leave at least
    zero available.

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

    def receive(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """
        Take units from a supplier into stock; they are for sale at once.

        """
        self._post(supplier_account(sku), _on_hand(sku, place), quantity, "receive")
        self._post(outside_account(sku), available_account(sku, place), quantity, "receive")

    def reserve(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        expires_at: Instant,
        *,
        leave_at_least: int = 0,
    ) -> str:
        """
        Hold units for a cart until an instant; returns the hold.

        """
        target = reserved_account(sku, place)
        return self._pend(sku, place, target, quantity, expires_at, leave_at_least=leave_at_least)

    def allocate(self, sku: Sku, place: PlaceId, quantity: int, *, leave_at_least: int = 0) -> str:
        """
        Promise units to a placed order; returns the hold.

        """
        target = allocated_account(sku, place)
        return self._pend(sku, place, target, quantity, None, leave_at_least=leave_at_least)

    def release(self, hold: str, reason: str) -> None:
        """
        Give a hold back; its units are for sale again.

        """
        self.steps.append(
            VoidPending(self._next_id(), hold, reason, self.reference, self.occurred_at)
        )

    def release_part(self, hold: str, held: int, quantity: int, reason: str) -> str:
        """
        Give back part of a hold; returns the hold of the rest, or "" where nothing is left.

        """
        part, rest = self._split(hold, held, quantity, reason)
        self.release(part, reason)
        return rest

    def pick(self, hold: str, held: int, sku: Sku, place: PlaceId, quantity: int) -> str:
        """
        Take promised units from the shelf; returns the hold of the rest, or "".

        The rest is never for sale for a moment: the hold is divided, and only a part is posted.
        """
        part, rest = self._split(hold, held, quantity, "pick")
        self.steps.append(
            PostPending(self._next_id(), part, None, "pick", self.reference, self.occurred_at)
        )
        self._post(
            _on_hand(sku, place), bucket_account(Bucket.PICKED, sku, place), quantity, "pick"
        )
        return rest

    def put_back(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """
        Return picked units to the shelf; they are for sale again.

        """
        self._post(
            bucket_account(Bucket.PICKED, sku, place), _on_hand(sku, place), quantity, "put_back"
        )
        self._post(
            allocated_account(sku, place), available_account(sku, place), quantity, "put_back"
        )

    def miss(self, hold: str, held: int, sku: Sku, place: PlaceId, quantity: int) -> str:
        """
        Record that promised units were not found; returns the hold of the rest, or "".

        The units leave the shelf and what can be promised in the same batch as the promise ends,
        so nobody is sold them in between.
        """
        rest = self.release_part(hold, held, quantity, "short_pick")
        missing = bucket_account(Bucket.MISSING, sku, place)
        self._post(_on_hand(sku, place), missing, quantity, "short_pick")
        self._post(available_account(sku, place), outside_account(sku), quantity, "short_pick")
        return rest

    def pack(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """
        Put picked units into a package.

        """
        picked = bucket_account(Bucket.PICKED, sku, place)
        self._post(picked, bucket_account(Bucket.PACKED, sku, place), quantity, "pack")

    def unpack(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """
        Take units out of a package that has not left.

        """
        packed = bucket_account(Bucket.PACKED, sku, place)
        self._post(packed, bucket_account(Bucket.PICKED, sku, place), quantity, "unpack")

    def dispatch(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """
        Hand packed units to the carrier.

        """
        packed = bucket_account(Bucket.PACKED, sku, place)
        self._post(packed, customer_account(sku), quantity, "dispatch")
        self._post(allocated_account(sku, place), outside_account(sku), quantity, "dispatch")

    def take_back(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """
        Receive returned units; they wait for inspection and are not for sale.

        """
        quality = bucket_account(Bucket.QUALITY, sku, place)
        self._post(customer_account(sku), quality, quantity, "return")

    def restock(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """
        Put inspected units back on the shelf; they are for sale again.

        """
        quality = bucket_account(Bucket.QUALITY, sku, place)
        self._post(quality, _on_hand(sku, place), quantity, "restock")
        self._post(outside_account(sku), available_account(sku, place), quantity, "restock")

    def set_aside(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """
        Put inspected units among the damaged ones.

        """
        quality = bucket_account(Bucket.QUALITY, sku, place)
        self._post(quality, bucket_account(Bucket.DAMAGED, sku, place), quantity, "damaged")

    def batch(self) -> Sequence[Step]:
        """
        Return the steps so far, in order.

        """
        return tuple(self.steps)

    def _split(self, hold: str, held: int, quantity: int, reason: str) -> tuple[str, str]:
        if quantity == held:
            return hold, ""
        parts = (quantity, held - quantity)
        step = Divide(self._next_id(), hold, parts, reason, self.reference, self.occurred_at)
        self.steps.append(step)
        return step.part_ids[0], step.part_ids[1]

    def _pend(
        self,
        sku: Sku,
        place: PlaceId,
        target: AccountId,
        quantity: int,
        until: Instant | None,
        *,
        leave_at_least: int,
    ) -> str:
        step = Pend(
            self._next_id(),
            available_account(sku, place),
            target,
            quantity,
            "reserve" if until else "allocate",
            self.reference,
            self.occurred_at,
            leave_at_least,
            until,
        )
        self.steps.append(step)
        return step.id

    def _post(self, source: AccountId, target: AccountId, quantity: int, reason: str) -> None:
        self.steps.append(
            Post(
                self._next_id(),
                source,
                target,
                quantity,
                reason,
                self.reference,
                self.occurred_at,
            )
        )

    def _next_id(self) -> str:
        return child(self.parent, "stock", len(self.steps) + 1)


def _on_hand(sku: Sku, place: PlaceId) -> AccountId:
    return bucket_account(Bucket.ON_HAND, sku, place)
