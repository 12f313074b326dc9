"""
Stock as it is read: what is available, every number with its name.

One function, :func:`ordercore.inventory.availability`, reads one SKU at some places from balances,
under the shop's rules, on behalf of an asker. The terms at a place, in units:

    on_hand         there and sellable, promised or not
    reserved        held for carts
    allocated       promised to orders, at this place
    movable         promised to orders, and may still move to another place
    own             of these three, the asker's own promise
    net             on_hand - reserved - allocated - movable + own; may be below zero
    kept            safety + buffer, what the rules keep back
    available       net - kept, never below zero: what may be promised now, from the shelf
    backorder_room  what may be promised beyond that, to wait for a receipt
    shortage        by how much promises exceed what is on hand; to be seen inside only
    picked          taken from the shelf for orders, not dispatched; no longer on hand
    preordered      promised against supply that is expected

Over several places each term is summed; ``available`` is clamped at zero at each place first. A
promise is made at a place, so a shortage in Berlin takes nothing from what Lyon can promise, and
what Lyon has too much does not cover Berlin until somebody moves it.

*Available to promise* by a day is the cumulative ATP of the ASCM (APICS) dictionary, with
lookahead. With C(d) = net - kept + the supply due up to d - the promises against that supply,

    ATP(d) = the least C(e) over all e >= d, never below zero

so promises against earlier supply are subtracted, shortages and backorders come first, and where
a later supply is promised beyond what it brings, earlier units are held for it. Supply whose day
has passed counts for nothing until it is received or expected anew; promises against it count. ATP
holds no backorders: it says what can be promised with a day and kept.
"""

from datetime import date
from typing import NamedTuple

import attrs

from ordercore.ids import PlaceId, Sku
from ordercore.inventory._rules import NO_TERMS, StockTerms

__all__ = ["Availability", "DatedSupply", "StockLevel"]


class DatedSupply(NamedTuple):
    """
    Units that are expected at a place on a day.

    Attributes:
        day: When.
        expected: How many.
        promised: How many of them are promised already.
    """

    day: date
    expected: int
    promised: int


class StockLevel(NamedTuple):
    """
    One SKU at one place, in units, at one instant, for one asker; the terms are named above.

    A tuple, because availability over many places makes one of them a place.

    Attributes:
        sku: What.
        place: Where.
        on_hand: Physically there and sellable, promised or not.
        reserved: Held for carts; ends by itself.
        allocated: Promised to placed orders at this place and not yet picked.
        movable: Promised to placed orders, not yet picked, and may move to another place.
        picked: Taken from the shelf for orders and not yet dispatched.
        preordered: Promised against expected supply.
        own: Of ``reserved``, ``allocated`` and ``movable``, what the asker holds itself.
        terms: What the rules say.
        supply: What is expected, by day; empty where it was not asked for.
    """

    sku: Sku
    place: PlaceId
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    movable: int = 0
    picked: int = 0
    preordered: int = 0
    own: int = 0
    terms: StockTerms = NO_TERMS
    supply: tuple[DatedSupply, ...] = ()

    @property
    def net(self) -> int:
        """
        On hand less every promise to others; negative is a shortage, to be seen inside only.

        """
        return self.on_hand - self.reserved - self.allocated - self.movable + self.own

    @property
    def kept(self) -> int:
        """
        What is kept back, from everybody and from this channel.

        """
        return self.terms.kept

    @property
    def available(self) -> int:
        """
        What may be promised to the asker from the shelf; never negative.

        Untracked units are not counted; ask :meth:`can_promise` where there may be such.
        """
        return max(self.net - self.terms.kept, 0)

    @property
    def backorder_room(self) -> int:
        """
        What may be promised beyond ``available``, to wait for a receipt.

        """
        cap = self.terms.backorder_cap
        return max(self.net + cap, 0) - self.available if cap else 0

    @property
    def shortage(self) -> int:
        """
        By how much all promises, the asker's too, exceed what is on hand.

        """
        return max(self.own - self.net, 0)

    @property
    def preorder_room(self) -> int:
        """
        What may still be promised against expected supply, by the day ``terms.ships_by``.

        """
        return max(self.terms.preorder_limit - self.preordered, 0)

    def preorderable(self, on: date) -> tuple[DatedSupply, ...]:
        """
        List the supply that may be promised before it comes, the earliest first.

        It is due by ``terms.ships_by``: the promise of later supply could not be kept. Supply that
        was due before today is late: nobody knows when it will come.

        Args:
            on: Today.
        """
        last = self.terms.ships_by
        if last is None or not self.preorder_room:
            return ()
        return tuple(
            row
            for row in sorted(self.supply)
            if on <= row.day <= last and row.expected > row.promised
        )

    def can_promise(self, quantity: int) -> bool:
        """
        Say whether so many units may be promised now, waiting ones included.

        """
        return not self.terms.tracked or quantity <= self.available + self.backorder_room

    def available_to_promise(self, by: date, *, on: date | None = None) -> int:
        """
        Say what can be promised for a day, supply that is due by then included.

        Args:
            by: The day.
            on: Today: supply that was due before is late and counts for nothing. None takes
                nothing for late.
        """
        level = self.net - self.terms.kept
        least: int | None = None
        for supply in sorted(self.supply):
            if supply.day > by and (least is None or level < least):
                least = level  # the cumulative of the days before this supply
            late = on is not None and supply.day < on
            level += (0 if late else supply.expected) - supply.promised
        return max(level if least is None else min(least, level), 0)


@attrs.frozen(kw_only=True)
class Availability:
    """
    One SKU over some places: each term is the sum of the places' own.

    Attributes:
        sku: What.
        levels: Place by place, in the order asked.
        tracked: Whether its units are counted at all.
    """

    sku: Sku
    levels: tuple[StockLevel, ...]
    tracked: bool = True

    def at(self, place: str) -> StockLevel:
        """
        Return the level at a place; one without stock where the place was not asked.

        """
        known = next((level for level in self.levels if level.place == place), None)
        return known or StockLevel(self.sku, PlaceId(place))

    @property
    def on_hand(self) -> int:
        """
        Physically there and sellable, promised or not.

        """
        return sum(level.on_hand for level in self.levels)

    @property
    def reserved(self) -> int:
        """
        Held for carts.

        """
        return sum(level.reserved for level in self.levels)

    @property
    def allocated(self) -> int:
        """
        Promised to orders at their places.

        """
        return sum(level.allocated for level in self.levels)

    @property
    def movable(self) -> int:
        """
        Promised to orders and free to move between places.

        """
        return sum(level.movable for level in self.levels)

    @property
    def picked(self) -> int:
        """
        Taken from shelves for orders and not dispatched.

        """
        return sum(level.picked for level in self.levels)

    @property
    def preordered(self) -> int:
        """
        Promised against expected supply.

        """
        return sum(level.preordered for level in self.levels)

    @property
    def own(self) -> int:
        """
        What the asker holds itself.

        """
        return sum(level.own for level in self.levels)

    @property
    def kept(self) -> int:
        """
        What is kept back.

        """
        return sum(level.terms.kept for level in self.levels)

    @property
    def available(self) -> int:
        """
        What may be promised now, from the shelves.

        """
        return sum(level.available for level in self.levels)

    @property
    def backorder_room(self) -> int:
        """
        What may be promised beyond that, to wait for receipts.

        """
        return sum(level.backorder_room for level in self.levels)

    @property
    def shortage(self) -> int:
        """
        By how much promises exceed what is on hand, place by place.

        """
        return sum(level.shortage for level in self.levels)

    def can_promise(self, quantity: int) -> bool:
        """
        Say whether so many units may be promised now, from these places together.

        """
        return not self.tracked or quantity <= self.available + self.backorder_room

    def available_to_promise(self, by: date, *, on: date | None = None) -> int:
        """
        Say what can be promised for a day, place by place; see the level's method.

        """
        return sum(level.available_to_promise(by, on=on) for level in self.levels)
