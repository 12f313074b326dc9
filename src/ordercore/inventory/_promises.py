"""
The promise book's own movements: holds on what is there and on what is expected.

A hold that takes the place of another (at another place, or on the shelf instead of on expected
supply) is made right before the other is released, in one batch, for the same holder, and keeps
the instant since when it has been promised. So its units are for sale at no position of the log,
and its holder keeps the place in the queue.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import attrs

from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._accounts import (
    allocated_account,
    available_account,
    incoming_account,
    movable_account,
    outside_account,
    preordered_account,
    reserved_account,
)
from ordercore.inventory._linked import LinkedSteps, refuse
from ordercore.ledger import (
    AccountId,
    AccountParts,
    Divide,
    Merge,
    OpenPending,
    Pend,
    VoidPending,
    account,
    account_parts,
)

__all__ = ["Promises"]

_PROMISED_HERE: Final = frozenset({"reserved", "allocated", "movable"})


@attrs.define
class Promises(LinkedSteps):
    """
    Reservations, allocations and preorders.

    ``leave_at_least`` says what a promise must leave available: 0 sells what is there, a positive
    number keeps a safety stock, a negative one allows so many units of backorder, None asks
    nothing. The ledger refuses what would leave less, with ``shortage``, and then the whole batch
    has not happened.
    """

    def reserve(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        expires_at: Instant,
        *,
        owner: str = "",
        leave_at_least: int | None = 0,
        promised_at: Instant | None = None,
    ) -> str:
        """
        Hold units for a cart until an instant; returns the hold.

        """
        return self._pend(
            available_account(sku, place, owner),
            reserved_account(sku, place, owner),
            quantity,
            "reserve",
            leave_at_least=leave_at_least,
            expires_at=expires_at,
            promised_at=promised_at,
        )

    def allocate(
        self,
        sku: Sku,
        place: PlaceId,
        quantity: int,
        *,
        owner: str = "",
        leave_at_least: int | None = 0,
        promised_at: Instant | None = None,
        movable: bool = False,
    ) -> str:
        """
        Promise units to a placed order; returns the hold.

        Args:
            sku: What.
            place: Where.
            quantity: How many units.
            owner: Whose units; "" for the shop's own.
            leave_at_least: The guard, see the class.
            promised_at: Since when they have been promised, where that is before this movement.
            movable: Whether another place of the group may still serve it. It must be fixed
                before it is picked, see :meth:`fix`.
        """
        to = movable_account if movable else allocated_account
        return self._pend(
            available_account(sku, place, owner),
            to(sku, place, owner),
            quantity,
            "allocate",
            leave_at_least=leave_at_least,
            promised_at=promised_at,
        )

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
        part, rest = self.divide(hold, held, quantity, reason)
        self.release(part, reason)
        return rest

    def divide(self, hold: str, held: int, quantity: int, reason: str) -> tuple[str, str]:
        """
        Make two holds of one, with nothing for sale in between.

        Returns:
            The holds of the quantity and of the rest; where that is all, the hold itself and "".
        """
        if quantity == held:
            return hold, ""
        parts = (quantity, held - quantity)
        step = Divide(self._next_id(), hold, parts, reason, self.reference, self.occurred_at)
        self.steps.append(step)
        return step.part_ids[0], step.part_ids[1]

    def merge(self, holds: Sequence[str], reason: str) -> str:
        """
        Make one hold of several, as of what is left of a divided one; returns it.

        Nothing is for sale in between. The new hold has been promised since the earliest of them.

        Args:
            holds: Two or more open holds of one holder and kind, on the same stock, that end at
                one instant. The ledger refuses others with ``pendings_differ`` or
                ``pendings_too_few``.
            reason: Why.
        """
        step = Merge(self._next_id(), tuple(holds), reason, self.reference, self.occurred_at)
        self.steps.append(step)
        return step.id

    def move_promise(
        self, hold: OpenPending, to_place: PlaceId, *, leave_at_least: int | None = 0
    ) -> str:
        """
        Let another place serve a promise; returns the hold there.

        Holder, kind, quantity, expiry and the instant of the promise stay. Rules of the business
        move only what was promised as movable; a person may move any.

        Args:
            hold: The open hold.
            to_place: Which place is to serve it.
            leave_at_least: What must be left available there.

        Raises:
            InvalidData: The hold does not stand on stock that is there, or stands at that place.
        """
        source, target = account_parts(hold.source), account_parts(hold.target)
        sound = source.code == "available" and target.code in _PROMISED_HERE
        refuse(
            "" if sound else f"{hold.id}: {hold.source} to {hold.target} is no promise of stock",
            "" if source.place != to_place else f"to_place: {hold.id} stands at {to_place}",
        )
        return self._instead_of(
            hold,
            available_account(source.unit, to_place, source.owner),
            account("promise", target.code, target.unit, to_place, target.owner),
            "move",
            leave_at_least=leave_at_least,
        )

    def fix(self, hold: OpenPending) -> str:
        """
        Bind a movable promise to the place where it stands, before work begins; returns the hold.

        Nothing is judged again: the units have been promised there already.

        Raises:
            InvalidData: The hold is not movable.
        """
        parts = account_parts(hold.target)
        refuse("" if parts.code == "movable" else f"{hold.id}: {hold.target} is not movable")
        fixed = allocated_account(parts.unit, parts.place, parts.owner)
        return self._instead_of(hold, hold.source, fixed, "fix", leave_at_least=None)

    # --- expected supply ---------------------------------------------------------------------

    def expect(
        self, sku: Sku, place: PlaceId, day: date, quantity: int, *, owner: str = ""
    ) -> None:
        """
        Announce units from outside for a day; they can be preordered.

        """
        incoming = incoming_account(sku, place, day, owner)
        self._post(outside_account(sku), incoming, quantity, "expect")

    def unexpect(
        self,
        sku: Sku,
        place: PlaceId,
        day: date,
        quantity: int,
        *,
        owner: str = "",
        leave_at_least: int | None = None,
    ) -> None:
        """
        Take an announcement back: canceled, refused at the door, or expected on another day.

        It is not refused where units of that day are promised; the day's account then has less
        than nothing available, which is the shortage. ``leave_at_least`` refuses where less is left
        than was known, below zero as well.
        """
        incoming = incoming_account(sku, place, day, owner)
        self._post(incoming, outside_account(sku), quantity, "unexpect", leave_at_least)

    def preorder(
        self,
        sku: Sku,
        place: PlaceId,
        day: date,
        quantity: int,
        *,
        owner: str = "",
        leave_at_least: int | None = 0,
        promised_at: Instant | None = None,
    ) -> str:
        """
        Promise units of the supply of a day; returns the hold.

        """
        return self._pend(
            incoming_account(sku, place, day, owner),
            preordered_account(sku, place, owner),
            quantity,
            "preorder",
            leave_at_least=leave_at_least,
            promised_at=promised_at,
        )

    def fulfill_preorder(self, hold: OpenPending) -> str:
        """
        Let a preorder stand on stock instead of on expected supply; returns the hold.

        In the batch of the receipt nobody can come in between. No guard is asked: who was
        promised before is served before, and what is then lacking is a shortage to be seen.

        Raises:
            InvalidData: The hold is no preorder.
        """
        source = _preordered_from(hold)
        return self._instead_of(
            hold,
            available_account(source.unit, source.place, source.owner),
            allocated_account(source.unit, source.place, source.owner),
            "fulfill_preorder",
            leave_at_least=None,
        )

    def fulfill_part(self, hold: OpenPending, quantity: int) -> tuple[str, str]:
        """
        Let some units of a preorder stand on stock; the rest goes on waiting for its day.

        Args:
            hold: The preorder.
            quantity: How many of its units; all of them will do.

        Returns:
            The hold of these units, and that of the rest or "" where nothing is left.

        Raises:
            InvalidData: The hold is no preorder.
        """
        part, rest = self.divide(hold.id, hold.amount, quantity, "fulfill_preorder")
        return self.fulfill_preorder(attrs.evolve(hold, id=part, amount=quantity)), rest

    def move_preorder(self, hold: OpenPending, day: date, quantity: int) -> tuple[str, str]:
        """
        Let some units of a preorder wait for the supply of another day, guarded as a new one.

        Args:
            hold: The preorder.
            day: When its supply is expected now.
            quantity: How many of its units; all of them will do.

        Returns:
            The hold of these units, and that of the rest or "" where nothing is left.

        Raises:
            InvalidData: The hold is no preorder.
        """
        source = _preordered_from(hold)
        part, rest = self.divide(hold.id, hold.amount, quantity, "expected_anew")
        instead = self._instead_of(
            attrs.evolve(hold, id=part, amount=quantity),
            incoming_account(source.unit, source.place, day, source.owner),
            hold.target,
            "expected_anew",
            leave_at_least=0,
        )
        return instead, rest

    def _instead_of(
        self,
        hold: OpenPending,
        source: AccountId,
        target: AccountId,
        reason: str,
        *,
        leave_at_least: int | None,
    ) -> str:
        # Held anew first and released then, so that not even between two steps it is for sale.
        instead = self._pend(
            source,
            target,
            hold.amount,
            reason,
            leave_at_least=leave_at_least,
            expires_at=hold.expires_at,
            promised_at=hold.promised_at,
            holder=hold.reference,
        )
        self.release(hold.id, reason)
        return instead

    def _pend(
        self,
        source: AccountId,
        target: AccountId,
        quantity: int,
        reason: str,
        *,
        leave_at_least: int | None,
        expires_at: Instant | None = None,
        promised_at: Instant | None = None,
        holder: str = "",
    ) -> str:
        step = Pend(
            self._next_id(),
            source,
            target,
            quantity,
            reason,
            holder or self.reference,
            self.occurred_at,
            leave_at_least,
            expires_at,
            promised_at,
        )
        self.steps.append(step)
        return step.id


def _preordered_from(hold: OpenPending) -> AccountParts:
    """
    Return of what a preorder was promised.

    Raises:
        InvalidData: The hold is no preorder.
    """
    source, target = account_parts(hold.source), account_parts(hold.target)
    sound = (source.code, target.code) == ("incoming", "preordered")
    refuse("" if sound else f"{hold.id}: {hold.source} to {hold.target} is no preorder")
    return source
