"""
Everything that the stock book offers, as acts of a walk: what the books are told, and what the
model says to it.

Quantities are drawn around the limit (just what is there, and one more), because that is where a
guard is wrong.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Final, NamedTuple, NoReturn

from ordercore.errors import Rejected
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory import (
    AdjustReason,
    Bucket,
    LotQuantity,
    LotRecord,
    LotStrategy,
    Movements,
    choose_lots,
    lots_at,
    lots_prefix,
)
from ordercore.ledger import AccountId, Divide, Ledger, OpenPending, Step, account
from tests.inventory.naive_stock import NaiveStock, Promise, Spot, Units, last

__all__ = ["HOLDERS", "PLACES", "PLAIN", "SKUS", "START", "Act", "Acts", "accounts_of", "hold_of"]

START: Final = datetime(2026, 3, 1, 9, tzinfo=UTC)
MUG, LID, PILL = SKUS = (Sku("MUG"), Sku("LID"), Sku("PILL"))
PLACES: Final = (PlaceId("berlin"), PlaceId("lyon"), PlaceId("oslo"))
DAYS: Final = (date(2026, 3, 2), date(2026, 3, 6))
HOLDERS: Final = ("cart/1", "order/1", "order/2")
#: Pills are told apart by lots; nothing else is.
GOOD_UNTIL: Final = {"L1": date(2026, 2, 28), "L2": date(2026, 3, 1), "L3": date(2026, 9, 1)}
RECORDS: Final = tuple(
    LotRecord(lot=lot, expires_on=day, received_at=START) for lot, day in GOOD_UNTIL.items()
)
SHELVES: Final = (Bucket.ON_HAND, Bucket.QUALITY, Bucket.QUARANTINE, Bucket.DAMAGED, Bucket.MISSING)
FEFO: Final = LotStrategy.FEFO
ON_STOCK: Final = ("reserved", "allocated", "movable")
#: Movements with no number but the quantity: from where to where.
PLAIN: Final = {
    "put_back": ("picked", "on_hand"),
    "pack": ("picked", "packed"),
    "unpack": ("packed", "picked"),
    "dispatch": ("packed", "customer"),
    "take_back": ("customer", "quality"),
    "restock": ("quality", "on_hand"),
    "set_aside": ("quality", "damaged"),
}


class Act(NamedTuple):
    """
    One movement.

    """

    word: str
    #: Tells the books; returns the name of the hold that it makes or leaves, if any.
    do: Callable[[Movements], object]
    #: Tells the model, which is given that name.
    predict: Callable[[NaiveStock, str], object]
    #: What reversing its posts comes to, where the walk reverses it.
    undo: Callable[[NaiveStock], object] | None = None


def accounts_of(promise: Promise) -> tuple[AccountId, AccountId]:
    """The accounts between which a promise stands."""
    sku, place = promise.sku, promise.place
    if promise.day is None:
        source = account("promise", "available", sku, place)
    else:
        source = account("promise", "incoming", sku, place, lot=promise.day.isoformat())
    return source, account("promise", promise.kind, sku, place)


def hold_of(name: str, promise: Promise) -> OpenPending:
    """The hold that a promise is in the ledger."""
    source, target = accounts_of(promise)
    return OpenPending(
        name, source, target, promise.quantity, promise.holder, promise.until, promise.since
    )


def total(units: Units) -> int:
    return sum(n for _, n in units)


def lots_of(units: Units) -> tuple[LotQuantity, ...]:
    return tuple(LotQuantity(lot, n) for lot, n in units if lot)


class Acts:
    """
    Draws acts that fit what the model knows, and some that do not.

    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.steps = 0
        self.random = Random(seed)
        self.now: Instant = START
        self.ledger = Ledger()
        self.naive = NaiveStock(START)
        self.holder = HOLDERS[0]
        #: Some holds that have ended, to be used again.
        self.stale: list[tuple[str, Promise]] = []
        self.makers: dict[str, Callable[[], Act | None]] = {
            "receive": self.receive,
            "return_to_supplier": self.return_to_supplier,
            "reserve": self.reserve,
            "extend": self.extend,
            "hand_over": self.hand_over,
            "allocate": self.allocate,
            "fix": self.fix,
            "move_promise": self.move_promise,
            "expect": self.expect,
            "unexpect": self.unexpect,
            "preorder": self.preorder,
            "fulfill_preorder": self.fulfill_preorder,
            "pick": self.pick,
            "pick_forced": self.pick_forced,
            "pick_fefo": self.pick_fefo,
            "miss": self.miss,
            "shift": self.shift,
            "adjust": self.adjust,
            "write_off": self.write_off,
            "heal": self.heal,
            "send": self.send,
            "arrive": self.arrive,
            "lose_in_transit": self.lose_in_transit,
            "produce": self.produce,
            "divide": self.divide,
            "merge": self.merge,
            "release": self.release,
            "release_part": self.release_part,
            "unknown_hold": self.unknown_hold,
            **{word: partial(self.plain, word) for word in PLAIN},
        }

    def fail(self, what: str, steps: Sequence[Step] = ()) -> NoReturn:
        """Raise with the batch and the command that walks there again."""
        batch = "".join(f"\n    {step}" for step in steps)
        raise AssertionError(
            f"step {self.steps} of seed {self.seed}: {what}{batch}\n"
            f"  again: python -m tests.inventory.stock_walk {self.seed} {self.steps}"
        )

    # --- drawing -----------------------------------------------------------------------------

    def some(self, there: int) -> int:
        """A quantity, often just what is there, and now and then one more."""
        dice = self.random.random()
        if there > 0 and dice < 0.65:
            return self.random.randint(1, min(there, 6))
        if there > 0 and dice < 0.85:
            return there
        return max(there, 0) + 1 if dice < 0.95 else self.random.randint(1, 8)

    def somewhere(self) -> tuple[Sku, PlaceId]:
        sku = self.random.choice((*SKUS, PILL))
        return sku, self.random.choice(PLACES)

    def where_there_is(self, where: str) -> tuple[Sku, PlaceId]:
        """Mostly where something lies."""
        there = [
            (Sku(sku), PlaceId(place))
            for (w, sku, place, _), n in self.naive.units.items()
            if w == where and place and n > 0
        ]
        if not there or self.random.random() < 0.15:
            return self.somewhere()
        return self.random.choice(there)

    def some_units(self, where: str, sku: Sku, place: PlaceId, most: int = 99) -> Units:
        """Some units to be moved from there; of pills those of one lot or of two."""
        if sku != PILL:
            return (("", self.some(min(self.naive.lying(where, sku, place), most))),)
        lots = {lot: self.naive.lying(where, sku, place, lot) for lot in GOOD_UNTIL}
        drawn = self.some_lots(sku)
        filled = [lot for lot in drawn if lots[lot] > 0] or [lot for lot in lots if lots[lot] > 0]
        return tuple((lot, self.some(min(lots[lot], most))) for lot in (filled or drawn)[:2])

    def some_lots(self, sku: Sku) -> list[str]:
        count = self.random.choice((1, 1, 2))
        return self.random.sample([*GOOD_UNTIL], count) if sku == PILL else [""]

    def so_many_units(self, where: str, sku: Sku, place: PlaceId, quantity: int) -> Units:
        """So many units; of pills those of one lot, if there is one with enough of them."""
        if sku != PILL:
            return (("", quantity),)
        lots = sorted(GOOD_UNTIL, key=lambda lot: self.naive.lying(where, sku, place, lot))
        return ((lots[-1], quantity),)

    def some_hold(self, *kinds: str, skus: tuple[Sku, ...] = SKUS) -> tuple[str, Promise] | None:
        """An open hold of one of these kinds; now and then one that has ended or run out."""
        stale = [(name, p) for name, p in self.stale if p.kind in kinds and p.sku in skus]
        if stale and self.random.random() < 0.15:
            return self.random.choice(stale)
        promises = self.naive.promises.items()
        holds = [(name, p) for name, p in promises if p.kind in kinds and p.sku in skus]
        living = [(name, p) for name, p in holds if self.naive.lives(p)]
        if self.random.random() < 0.95:
            holds = living
        return self.random.choice(holds) if holds else None

    def some_guard(self) -> int | None:
        """Nothing more than is there, a safety stock, a cap of backorders, or no guard."""
        return self.random.choice((0, 0, 0, 2, -3, None))

    def some_until(self) -> Instant:
        return self.now + timedelta(minutes=self.random.choice((0, 2, 5, 10, 30, 60, 90)))

    # --- units: from and to the world --------------------------------------------------------

    def receive(self) -> Act:
        sku, place = self.somewhere()
        into = self.random.choice((Bucket.ON_HAND, Bucket.ON_HAND, Bucket.ON_HAND, *SHELVES))
        most = 9 if sku == MUG else 6
        units = tuple((lot, self.random.randint(1, most)) for lot in self.some_lots(sku))
        lack = -self.naive.lying("discrepancy", sku, place, units[-1][0])
        heals = min(lack, units[-1][1]) if into is Bucket.ON_HAND and lack > 0 else 0
        day = self.random.choice((None, *DAYS))
        announced = max(self.naive.announced.get((sku, place, day), 0), 0) if day else 0
        source, target, gap = Spot("supplier"), Spot(into, place), Spot("discrepancy", place)

        def predict(naive: NaiveStock, _: str) -> None:
            naive.move(sku, units, source, target)
            if day is not None:
                naive.announce(sku, place, day, -min(total(units), announced))
            naive.move(sku, last(units, heals), target, gap)

        def undo(naive: NaiveStock) -> None:
            naive.move(sku, units, target, source)

        return Act(
            "receive",
            lambda m: m.receive(
                sku, place, total(units), lots=lots_of(units), into=into, expected=day,
                expected_quantity=announced, heals=heals,
            ),
            predict,
            None if announced or heals else undo,
        )  # fmt: skip

    def return_to_supplier(self) -> Act:
        bucket = self.random.choice(SHELVES)
        sku, place = self.where_there_is(bucket)
        units = self.some_units(bucket, sku, place)
        return self._moving(
            "return_to_supplier", sku, units, Spot(bucket, place), Spot("supplier"),
            lambda m: m.return_to_supplier(sku, place, total(units), bucket, lots=lots_of(units)),
        )  # fmt: skip

    def plain(self, word: str) -> Act:
        source, target = PLAIN[word]
        sku, place = self.somewhere() if source == "customer" else self.where_there_is(source)
        if source == "customer":
            units = self.some_units("quality", sku, place, 3)
        else:
            units = self.some_units(source, sku, place)
        here, there = (Spot(name, "" if name == "customer" else place) for name in (source, target))
        return self._moving(
            word, sku, units, here, there,
            lambda m: getattr(m, word)(sku, place, total(units), lots=lots_of(units)),
        )  # fmt: skip

    def _moving(
        self,
        word: str,
        sku: Sku,
        units: Units,
        source: Spot,
        target: Spot,
        do: Callable[[Movements], object],
    ) -> Act:
        return Act(
            word,
            do,
            lambda naive, _: naive.move(sku, units, source, target),
            lambda naive: naive.move(sku, units, target, source),
        )

    # --- units: corrections ------------------------------------------------------------------

    def shift(self) -> Act:
        source, target = self.random.sample(SHELVES, 2)
        sku, place = self.where_there_is(source)
        units = self.some_units(source, sku, place)
        return self._moving(
            "shift", sku, units, Spot(source, place), Spot(target, place),
            lambda m: m.shift(sku, place, total(units), source, target, lots=lots_of(units)),
        )  # fmt: skip

    def adjust(self) -> Act:
        bucket = self.random.choice((Bucket.ON_HAND, Bucket.PICKED, Bucket.PACKED, *SHELVES))
        sku, place = self.where_there_is(bucket)
        here, away = Spot(bucket, place), Spot("shrinkage")
        if self.random.random() < 0.3:
            found = self.some_units(bucket, sku, place, 2)
            return self._moving(
                "adjust", sku, found, away, here,
                lambda m: m.adjust(
                    sku, place, total(found), AdjustReason.COUNT, bucket, lots=lots_of(found)
                ),
            )  # fmt: skip
        units = self.some_units(bucket, sku, place)
        forced = 0
        if bucket is Bucket.ON_HAND and len(units) == 1 and self.random.random() < 0.3:
            forced = max(total(units) - self.naive.lying("on_hand", sku, place, units[0][0]), 0)

        def predict(naive: NaiveStock, _: str) -> None:
            naive.force(sku, units, here, forced)
            naive.move(sku, units, here, away)

        return Act(
            "adjust",
            lambda m: m.adjust(
                sku, place, -total(units), AdjustReason.COUNT, bucket, lots=lots_of(units),
                forced=forced,
            ),
            predict,
        )  # fmt: skip

    def write_off(self) -> Act:
        bucket = self.random.choice((Bucket.DAMAGED, Bucket.MISSING, Bucket.QUARANTINE))
        sku, place = self.where_there_is(bucket)
        units = self.some_units(bucket, sku, place)
        return self._moving(
            "write_off", sku, units, Spot(bucket, place), Spot("shrinkage"),
            lambda m: m.write_off(
                sku, place, total(units), AdjustReason.DAMAGE, bucket, lots=lots_of(units)
            ),
        )  # fmt: skip

    def heal(self) -> Act | None:
        gaps = [at for at, n in self.naive.units.items() if at[0] == "discrepancy" and n < 0]
        if not gaps:
            return None
        _, sku, place, lot = self.random.choice(gaps)
        lack = -self.naive.lying("discrepancy", sku, place, lot)
        units = ((lot, self.random.choice((lack, self.random.randint(1, lack)))),)
        return self._moving(
            "heal", Sku(sku), units, Spot("on_hand", place), Spot("discrepancy", place),
            lambda m: m.heal(Sku(sku), PlaceId(place), total(units), lots=lots_of(units)),
        )  # fmt: skip

    # --- units: between places, and made -----------------------------------------------------

    def send(self) -> Act:
        sku, here = self.where_there_is("on_hand")
        there = self.random.choice([place for place in PLACES if place != here])
        leave, day = self.some_guard(), self.random.choice(DAYS)
        lying = self.naive.lying("on_hand", sku, here)
        most = lying if leave is None else min(lying, self.naive.free(sku, here) - leave)
        units = self.so_many_units("on_hand", sku, here, self.some(most))
        lacking = total(units) - self.naive.lying("on_hand", sku, here, units[0][0])
        forced = max(lacking, 0) if self.random.random() < 0.3 else 0
        shelf, road = Spot("on_hand", here), Spot("in_transit", there, day)

        def predict(naive: NaiveStock, _: str) -> None:
            naive.force(sku, units, shelf, forced)
            naive.move(sku, units, shelf, road, leave)

        return Act(
            "send",
            lambda m: m.send(
                sku, here, there, total(units), day, lots=lots_of(units), forced=forced,
                leave_at_least=leave,
            ),
            predict,
        )  # fmt: skip

    def arrive(self) -> Act:
        sku, place = self.where_there_is("in_transit")
        day, into = self.random.choice(DAYS), self.random.choice(SHELVES)
        units = self.some_units("in_transit", sku, place)
        forced = 0
        if len(units) == 1 and self.random.random() < 0.3:
            forced = max(total(units) - self.naive.lying("in_transit", sku, place, units[0][0]), 0)
        road, target = Spot("in_transit", place, day), Spot(into, place)

        def predict(naive: NaiveStock, _: str) -> None:
            naive.force(sku, units, road, forced)
            naive.move(sku, units, road, target)

        return Act(
            "arrive",
            lambda m: m.arrive(
                sku, place, total(units), day, lots=lots_of(units), into=into, forced=forced
            ),
            predict,
        )

    def lose_in_transit(self) -> Act:
        sku, place = self.where_there_is("in_transit")
        day = self.random.choice(DAYS)
        units = self.some_units("in_transit", sku, place)
        return self._moving(
            "lose_in_transit", sku, units, Spot("in_transit", place, day), Spot("shrinkage"),
            lambda m: m.lose_in_transit(sku, place, total(units), day, lots=lots_of(units)),
        )  # fmt: skip

    def produce(self) -> Act:
        place = self.random.choice(PLACES)
        leave = self.some_guard()
        made = self.some(min(self.naive.free(MUG, place) // 2, 3))
        parts: dict[Sku, Units] = {MUG: (("", 2 * made),)}
        if self.random.random() < 0.4:
            parts[PILL] = self.so_many_units("on_hand", PILL, place, made)
        shelf, bench = Spot("on_hand", place), Spot("production")

        def predict(naive: NaiveStock, _: str) -> None:
            for sku, units in parts.items():
                naive.move(sku, units, shelf, bench, leave)
            naive.move(LID, (("", made),), bench, shelf)

        return Act(
            "produce",
            lambda m: m.produce(
                LID, place, made, {sku: total(units) // made for sku, units in parts.items()},
                component_lots={sku: lots_of(units) for sku, units in parts.items()},
                leave_at_least=leave,
            ),
            predict,
        )  # fmt: skip

    # --- promises ----------------------------------------------------------------------------

    def reserve(self) -> Act:
        (sku, place), leave = self.where_there_is("on_hand"), self.some_guard()
        quantity = self.some(min(self.naive.free(sku, place) - (leave or 0), 9))
        until = self.some_until()
        new = Promise("reserved", sku, place, None, quantity, self.holder, self.now, until)
        return Act(
            "reserve",
            lambda m: m.reserve(sku, place, quantity, until, leave_at_least=leave),
            lambda naive, name: naive.promise(name, new, leave),
        )

    def extend(self) -> Act | None:
        """The cart is active again: its hold ends later, and keeps its place in the queue."""
        if (hold := self.some_hold("reserved")) is None:
            return None
        (name, old), until = hold, self.some_until()
        sku, place = Sku(old.sku), PlaceId(old.place)

        def do(m: Movements) -> str:
            m.release(name, "extend")
            return m.reserve(sku, place, old.quantity, until, promised_at=old.since)

        def predict(naive: NaiveStock, new: str) -> None:
            naive.end(name, "voided")
            naive.promise(new, old._replace(until=until, holder=self.holder), 0)

        return Act("extend", do, predict)

    def hand_over(self) -> Act | None:
        """The cart is an order now."""
        if (hold := self.some_hold("reserved")) is None:
            return None
        (name, old), leave = hold, self.some_guard()
        sku, place, movable = Sku(old.sku), PlaceId(old.place), self.random.random() < 0.3
        kind = "movable" if movable else "allocated"

        def do(m: Movements) -> str:
            m.release(name, "hand_over")
            return m.allocate(
                sku, place, old.quantity, promised_at=old.since, movable=movable,
                leave_at_least=leave,
            )  # fmt: skip

        def predict(naive: NaiveStock, new: str) -> None:
            naive.end(name, "voided")
            naive.promise(new, old._replace(kind=kind, until=None, holder=self.holder), leave)

        return Act("hand_over", do, predict)

    def allocate(self) -> Act:
        (sku, place), leave = self.where_there_is("on_hand"), self.some_guard()
        movable = self.random.random() < 0.4
        kind = "movable" if movable else "allocated"
        mine = [
            p for p in self.naive.promises.values() if (p.kind, p.holder) == (kind, self.holder)
        ]
        if mine and self.random.random() < 0.5:  # more of the same, so that they can be merged
            sku, place = Sku(mine[-1].sku), PlaceId(mine[-1].place)
        quantity = self.some(min(self.naive.free(sku, place) - (leave or 0), 9))
        new = Promise(kind, sku, place, None, quantity, self.holder, self.now)
        return Act(
            "allocate",
            lambda m: m.allocate(sku, place, quantity, movable=movable, leave_at_least=leave),
            lambda naive, name: naive.promise(name, new, leave),
        )

    def fix(self) -> Act | None:
        if (hold := self.some_hold("movable")) is None:
            return None
        name, old = hold
        new = old._replace(kind="allocated")
        return Act(
            "fix",
            lambda m: m.fix(hold_of(name, old)),
            lambda naive, made: naive.instead(name, made, new, None),
        )

    def move_promise(self) -> Act | None:
        if (hold := self.some_hold(*ON_STOCK)) is None:
            return None
        (name, old), leave = hold, self.some_guard()
        there = self.random.choice([place for place in PLACES if place != old.place])
        new = old._replace(place=there)
        return Act(
            "move_promise",
            lambda m: m.move_promise(hold_of(name, old), there, leave_at_least=leave),
            lambda naive, made: naive.instead(name, made, new, leave),
        )

    def divide(self) -> Act | None:
        hold = self.some_hold(*ON_STOCK, "preordered")
        if hold is None or hold[1].quantity < 2:
            return None
        name, old = hold
        cut = self.random.randint(1, old.quantity - 1)
        rest = old.quantity - cut + (self.random.random() < 0.1)
        return Act(
            "divide",
            lambda m: m.steps.append(
                Divide(f"{m.parent}/cut-{len(m.steps)}", name, (cut, rest), "", "", self.now)
            ),
            lambda naive, _: naive.divide(name, cut, rest),
        )

    def merge(self) -> Act:
        """Mostly holds that may be merged, as parts of a divided one."""
        alike: dict[Promise, list[str]] = {}
        for name, p in self.naive.promises.items():
            alike.setdefault(p._replace(quantity=0, since=START), []).append(name)
        groups = [names for names in alike.values() if len(names) > 1]
        since = [{self.naive.promises[name].since for name in names} for names in groups]
        groups = [names for names, s in zip(groups, since, strict=True) if len(s) > 1] or groups
        if groups and self.random.random() < 0.9:
            names = self.random.choice(groups)
        else:
            names = [*self.naive.promises, *(name for name, _ in self.stale)]
        parts = self.random.sample(names, min(self.random.choice((2, 2, 3)), len(names)))
        return Act(
            "merge",
            lambda m: m.merge(parts, "merge"),
            lambda naive, made: naive.merge(made, *parts),
        )

    def release(self) -> Act | None:
        if (hold := self.some_hold(*ON_STOCK, "preordered")) is None:
            return None
        return self.releasing("release", hold[0])

    def releasing(self, word: str, name: str) -> Act:
        return Act(
            word,
            lambda m: m.release(name, "canceled"),
            lambda naive, _: naive.end(name, "voided"),
        )

    def unknown_hold(self) -> Act:
        return self.releasing("unknown_hold", "nobody-made-this")

    def release_part(self) -> Act | None:
        if (hold := self.some_hold(*ON_STOCK, "preordered")) is None:
            return None
        name, old = hold
        quantity = self.random.randint(1, old.quantity)
        return Act(
            "release_part",
            lambda m: m.release_part(name, old.quantity, quantity, "canceled"),
            lambda naive, _: naive.end(naive.part(name, old.quantity, quantity), "voided"),
        )

    # --- promises of expected supply ---------------------------------------------------------

    def expect(self) -> Act:
        (sku, place), day, n = self.somewhere(), self.random.choice(DAYS), self.random.randint(1, 5)
        return Act(
            "expect",
            lambda m: m.expect(sku, place, day, n),
            lambda naive, _: naive.announce(sku, place, day, n),
            lambda naive: naive.announce(sku, place, day, -n),
        )

    def unexpect(self) -> Act:
        (sku, place), day = self.somewhere(), self.random.choice(DAYS)
        n = self.some(self.naive.announced.get((sku, place, day), 0))
        return Act(
            "unexpect",
            lambda m: m.unexpect(sku, place, day, n),
            lambda naive, _: naive.announce(sku, place, day, -n),
            lambda naive: naive.announce(sku, place, day, n),
        )

    def preorder(self) -> Act:
        there = [(at, n) for at, n in self.naive.announced.items() if n > 0]
        if there and self.random.random() < 0.9:
            (name, at, day), _ = self.random.choice(there)
            sku, place = Sku(name), PlaceId(at)
        else:
            (sku, place), day = self.somewhere(), self.random.choice(DAYS)
        leave = self.some_guard()
        quantity = self.some(min(self.naive.free(sku, place, day) - (leave or 0), 9))
        new = Promise("preordered", sku, place, day, quantity, self.holder, self.now)
        return Act(
            "preorder",
            lambda m: m.preorder(sku, place, day, quantity, leave_at_least=leave),
            lambda naive, name: naive.promise(name, new, leave),
        )

    def fulfill_preorder(self) -> Act | None:
        """Its supply has come, mostly in the batch of the receipt."""
        if (hold := self.some_hold("preordered")) is None:
            return None
        (name, old), comes = hold, self.random.random() < 0.7
        sku, place = Sku(old.sku), PlaceId(old.place)
        units: Units = (("L3" if sku == PILL else "", old.quantity),)
        new = old._replace(kind="allocated", day=None)

        def do(m: Movements) -> str:
            made = m.fulfill_preorder(hold_of(name, old))
            if comes:
                m.receive(
                    sku, place, old.quantity, lots=lots_of(units), expected=old.day,
                    expected_quantity=old.quantity,
                )  # fmt: skip
            return made

        def predict(naive: NaiveStock, made: str) -> None:
            naive.instead(name, made, new, None)
            if comes and old.day is not None:
                naive.move(sku, units, Spot("supplier"), Spot("on_hand", place))
                naive.announce(sku, place, old.day, -old.quantity)

        return Act("fulfill_preorder", do, predict)

    # --- units for orders --------------------------------------------------------------------

    def pick(self) -> Act | None:
        return self._picking("pick", forced=False)

    def pick_forced(self) -> Act | None:
        return self._picking("pick_forced", forced=True)

    def _picking(self, word: str, *, forced: bool) -> Act | None:
        if (hold := self.some_hold("allocated")) is None:
            return None
        name, old = hold
        sku, place = Sku(old.sku), PlaceId(old.place)
        units = self.so_many_units("on_hand", sku, place, self.random.randint(1, old.quantity))
        there = self.naive.lying("on_hand", sku, place, units[0][0])
        beyond = max(total(units) - there, 0) if forced else 0
        return self._taking(word, name, old, units, beyond)

    def pick_fefo(self) -> Act | None:
        """The lots that expire first, chosen by the library and by the model."""
        if (hold := self.some_hold("allocated", skus=(PILL,))) is None:
            return None
        name, old = hold
        place, quantity = PlaceId(old.place), self.random.randint(1, old.quantity)
        wanted = self.naive.first_expiring(PILL, place, quantity, GOOD_UNTIL)
        shelf = lots_at(self.ledger.balances(lots_prefix(PILL, place)), RECORDS, PILL, place)
        try:
            on = self.now.date()
            chosen = [(u.lot, u.quantity) for u in choose_lots(shelf, quantity, FEFO, on=on)]
        except Rejected:
            chosen = None
        if chosen != (None if wanted is None else list(wanted)):
            self.fail(f"{chosen} are chosen, and {wanted} should go first")
        if wanted is None:
            return None
        return self._taking("pick_fefo", name, old, wanted, 0)

    def _taking(self, word: str, name: str, old: Promise, units: Units, beyond: int) -> Act:
        sku, place, held, n = Sku(old.sku), PlaceId(old.place), old.quantity, total(units)
        shelf, trolley = Spot("on_hand", old.place), Spot("picked", old.place)

        def predict(naive: NaiveStock, _: str) -> None:
            naive.force(sku, units, shelf, beyond)
            naive.end(naive.part(name, held, n), "posted")
            naive.move(sku, units, shelf, trolley)

        def undo(naive: NaiveStock) -> None:
            naive.move(sku, units, trolley, shelf)  # it lies there again, and nobody holds it

        return Act(
            word,
            lambda m: m.pick(name, held, sku, place, n, lots=lots_of(units), forced=beyond),
            predict,
            None if beyond else undo,
        )

    def miss(self) -> Act | None:
        if (hold := self.some_hold("allocated")) is None:
            return None
        name, old = hold
        sku, place, held = Sku(old.sku), PlaceId(old.place), old.quantity
        missing = self.random.randint(1, held)
        off_record = self.random.choice((0, 0, self.random.randint(0, missing)))
        units: Units = ()
        if missing > off_record:
            units = self.so_many_units("on_hand", sku, place, missing - off_record)
        shelf, gone = Spot("on_hand", place), Spot("missing", place)

        def predict(naive: NaiveStock, _: str) -> None:
            part = naive.part(name, held, missing)
            naive.move(sku, units, shelf, gone)
            naive.end(part, "voided")

        return Act(
            "miss",
            lambda m: m.miss(
                name, held, sku, place, missing, lots=lots_of(units), off_record=off_record
            ),
            predict,
        )
