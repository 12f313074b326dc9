"""
Which holds stand for preordered units now: looked up when they are needed, never remembered.

A preorder's hold ends when its supply comes, for an allocation of as many units takes its place in
the same batch; a receipt of fewer divides it; a day that is expected later moves it. None of that
is a matter of the order's: it was promised units by a day, and that stands. So the order keeps no
name of such a hold. Its commands ask the ledger what is held in its name (``OrderHolds``), and take
from that what no row of its own knows: units of one SKU at one place are alike, whichever of its
lines wants them. Were the answer out of date, the ledger would refuse the batch, and it would be
decided again.
"""

from typing import Any

import attrs

from ordercore.errors import InvariantViolated, Rejected
from ordercore.fulfillment import FulfillmentLine, FulfillmentOrder, LineUnitsMoved
from ordercore.grammar import Command, Facts, Need, remembered
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory import Movements, OrderHolds
from ordercore.ledger import OpenPending, account_parts
from ordercore.orders._order import Order
from ordercore.orders._rules import OrderContext

__all__ = ["PreorderedHolds", "holds_needs"]


def holds_needs(
    command: Command, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    Ask what an order holds, if it waits for units that were preordered.

    """
    del command, facts, context
    if state is None or not _waits(state):
        return frozenset()
    return frozenset({OrderHolds(state.id)})


@remembered
def _waits(order: Order) -> bool:
    return any(units.ships_by is not None for units in order.allocations) or any(
        line.ships_by is not None and line.waiting
        for work in order.fulfillment.orders
        for line in work.lines
    )


def _from_the_shelf_first(hold: OpenPending) -> tuple[bool, str, Instant, str]:
    source = account_parts(hold.source)
    return source.code != "available", source.lot, hold.promised_at, hold.id


class PreorderedHolds:
    """
    What an order holds of preordered units, while one command uses it.

    """

    __slots__ = ("_holds", "_order", "_steps")

    def __init__(self, order: Order, facts: Facts, steps: Movements) -> None:
        self._order = order
        self._steps = steps
        self._holds: dict[tuple[str, str], list[OpenPending]] = {}
        need = OrderHolds(order.id)
        if not _waits(order) or facts.missing((need,)):
            return
        known = {units.hold for units in order.allocations}
        known |= {line.hold for work in order.fulfillment.orders for line in work.lines}
        held: tuple[OpenPending, ...] = facts[need]
        for hold in sorted(held, key=_from_the_shelf_first):
            source = account_parts(hold.source)
            if source.book == "promise" and hold.id not in known:
                self._holds.setdefault((source.unit, source.place), []).append(hold)

    def of(self, work: FulfillmentOrder, moved: LineUnitsMoved) -> tuple[str, int]:
        """
        Return the hold from which units are taken off the shelf, and how many it holds.

        Raises:
            Rejected: ``waits_for_supply``: fewer of preordered units have come.
        """
        line = work.line(moved.line_id)
        if line is None or line.ships_by is None:
            return moved.hold, line.waiting if line else 0
        return self._arrived(line, work.place, moved.quantity), moved.quantity

    def _arrived(self, line: FulfillmentLine, place: PlaceId, quantity: int) -> str:
        pool = self._holds.get((line.sku, place), [])
        there = [hold for hold in pool if account_parts(hold.source).code == "available"]
        come = sum(hold.amount for hold in there)
        if come < quantity:
            raise Rejected(
                "waits_for_supply",
                f"can't take {quantity} of {line.sku} at {place} for line {line.line_id}: of what "
                f"was preordered {come} have come, to leave by {line.ships_by}",
                data={"line": line.line_id, "asked": quantity, "there": come},
                legal=(f"1 to {come}",) if come else ("a receipt", "CancelUnits"),
            )
        names: list[str] = []
        left = quantity
        for hold in there:
            taken = min(left, hold.amount)
            if not taken:
                break
            left -= taken
            pool.remove(hold)
            part, rest = self._steps.divide(hold.id, hold.amount, taken, "preordered")
            names.append(part)
            if rest:
                pool.insert(0, attrs.evolve(hold, id=rest, amount=hold.amount - taken))
        return names[0] if len(names) == 1 else self._steps.merge(names, "preordered")

    def give_back(self, sku: Sku, place: PlaceId, quantity: int, reason: str) -> None:
        """
        Give units back: those that are farthest from coming first, so that what has come is left.

        Raises:
            InvariantViolated: The order holds fewer than it waits for; a defect.
        """
        pool = self._holds.get((sku, place), [])
        left = quantity
        while left:
            if not pool:
                raise InvariantViolated(
                    f"order {self._order.id} waits for {left} of {sku} at {place} without a hold"
                )
            hold = pool.pop()
            taken = min(left, hold.amount)
            left -= taken
            rest = self._steps.release_part(hold.id, hold.amount, taken, reason)
            if rest:
                pool.append(attrs.evolve(hold, id=rest, amount=hold.amount - taken))
