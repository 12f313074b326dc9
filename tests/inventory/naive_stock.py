"""
A stock book that is obviously right: plain dictionaries, every number summed anew each time.

There is no promise book here. What is for sale is what lies on the shelf less what is promised,
both counted unit by unit when somebody asks. It knows nothing of batches either: a batch is tried
on a copy, and the copy is thrown away where one movement of it is refused.
"""

from collections import Counter
from datetime import date
from typing import NamedTuple

from ordercore.instants import Instant

#: So many units of each lot; lot "" where units are not told apart.
Units = tuple[tuple[str, int], ...]

#: Who asks for more than is there gets nothing, except here: beyond the record, and the world.
WITHOUT_END = {"discrepancy", "supplier", "customer", "shrinkage", "production"}


class No(Exception):
    """
    The model refuses, with the code that the books should give.

    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Spot(NamedTuple):
    """
    Where units are: a bucket at a place, or a part of the world; on the road until a day.

    """

    where: str
    place: str = ""
    day: date | None = None


class Promise(NamedTuple):
    """
    So many units promised to a holder: of what lies there, or of the supply of a day.

    """

    kind: str
    sku: str
    place: str
    day: date | None
    quantity: int
    holder: str
    since: Instant
    until: Instant | None = None


class NaiveStock:
    """
    What lies where, what is announced, and who has been promised what.

    """

    def __init__(self, now: Instant) -> None:
        self.now = now
        self.units: dict[tuple[str, str, str, str], int] = {}  # (where, sku, place, lot)
        self.announced: dict[tuple[str, str, date], int] = {}  # (sku, place, day)
        self.promises: dict[str, Promise] = {}
        self.ended: dict[str, str] = {}  # how each promise that is over has ended

    def copy(self) -> "NaiveStock":
        other = NaiveStock(self.now)
        other.units, other.announced = dict(self.units), dict(self.announced)
        other.promises, other.ended = dict(self.promises), dict(self.ended)
        return other

    # --- what is there -----------------------------------------------------------------------

    def lying(self, where: str, sku: str, place: str = "", lot: str | None = None) -> int:
        return sum(
            n
            for (w, s, p, its_lot), n in self.units.items()
            if (w, s, p) == (where, sku, place) and lot in {None, its_lot}
        )

    def lives(self, promise: Promise) -> bool:
        return promise.until is None or promise.until > self.now

    def promised(self, sku: str, place: str, day: date | None = None) -> int:
        return sum(
            p.quantity
            for p in self.promises.values()
            if (p.sku, p.place, p.day) == (sku, place, day) and self.lives(p)
        )

    def free(self, sku: str, place: str, day: date | None = None) -> int:
        if day is None:
            return self.lying("on_hand", sku, place) - self.promised(sku, place)
        return self.announced.get((sku, place, day), 0) - self.promised(sku, place, day)

    def first_expiring(
        self, sku: str, place: str, quantity: int, good_until: dict[str, date]
    ) -> Units | None:
        """The units that should go first, one by one; None where too few are good."""
        shelf = [
            lot
            for lot in sorted(good_until, key=lambda lot: (good_until[lot], lot))
            if good_until[lot] >= self.now.date()
            for _ in range(self.lying("on_hand", sku, place, lot))
        ]
        return tuple(Counter(shelf[:quantity]).items()) if len(shelf) >= quantity else None

    # --- units -------------------------------------------------------------------------------

    def move(
        self, sku: str, units: Units, source: Spot, target: Spot, leave: int | None = None
    ) -> None:
        """Move units; ``leave`` is what must be left for sale, where anybody asks for that."""
        for lot, n in units:
            if source.where not in WITHOUT_END and self.lying(*_of(source, sku, lot)) < n:
                raise No("shortage")
            for spot, change in ((source, -n), (target, n)):
                key = _of(spot, sku, lot)
                self.units[key] = self.units.get(key, 0) + change
                if spot.where == "in_transit" and spot.day is not None:
                    self.announce(sku, spot.place, spot.day, change)
        if leave is not None and self.free(sku, source.place) < leave:
            raise No("shortage")

    def force(self, sku: str, units: Units, target: Spot, forced: int) -> None:
        """Book the last of some units in, which are there though they are not on record."""
        self.move(sku, last(units, forced), Spot("discrepancy", target.place), target)

    def announce(self, sku: str, place: str, day: date, change: int) -> None:
        self.announced[sku, place, day] = self.announced.get((sku, place, day), 0) + change

    # --- promises ----------------------------------------------------------------------------

    def promise(self, name: str, promise: Promise, leave: int | None) -> None:
        if not self.lives(promise):
            raise No("expires_at_passed")
        self.promises[name] = promise
        if leave is not None and self.free(promise.sku, promise.place, promise.day) < leave:
            raise No("shortage")

    def open(self, name: str) -> Promise:
        if name in self.ended:
            raise No(f"pending_already_{self.ended[name]}")
        if name not in self.promises:
            raise No("pending_not_found")
        if not self.lives(self.promises[name]):
            raise No("pending_already_expired")
        return self.promises[name]

    def end(self, name: str, how: str) -> Promise:
        promise = self.open(name)
        self.ended[name] = how
        del self.promises[name]
        return promise

    def instead(self, old: str, name: str, new: Promise, leave: int | None) -> None:
        self.promise(name, new, leave)
        self.end(old, "voided")

    def divide(self, name: str, *parts: int) -> None:
        if sum(parts) != self.open(name).quantity:
            raise No("parts_differ")
        whole = self.end(name, "divided")
        for n, part in enumerate(parts, 1):
            self.promises[f"{name}/part-{n}"] = whole._replace(quantity=part)

    def part(self, name: str, held: int, quantity: int) -> str:
        """The promise of a part; the rest is a promise of its own."""
        if quantity == held:
            return name
        self.divide(name, quantity, held - quantity)
        return f"{name}/part-1"

    def merge(self, name: str, *parts: str) -> None:
        if len(set(parts)) < max(len(parts), 2):
            raise No("pendings_too_few")
        promises = [self.open(part) for part in parts]
        if len({p._replace(quantity=0, since=self.now) for p in promises}) > 1:
            raise No("pendings_differ")
        for part in parts:
            self.end(part, "merged")
        total, since = sum(p.quantity for p in promises), min(p.since for p in promises)
        self.promises[name] = promises[0]._replace(quantity=total, since=since)

    def sweep(self) -> None:
        """Forget the promises that are over by themselves."""
        for name in [name for name, p in self.promises.items() if not self.lives(p)]:
            self.ended[name] = "expired"
            del self.promises[name]


def last(units: Units, quantity: int) -> Units:
    """The last so many of some units."""
    one_by_one = [lot for lot, n in units for _ in range(n)]
    return tuple(Counter(one_by_one[len(one_by_one) - quantity :]).items())


def _of(spot: Spot, sku: str, lot: str) -> tuple[str, str, str, str]:
    return spot.where, sku, spot.place, lot if spot.place else ""  # the world tells none apart
