"""
What a promise costs in the ledger, beside the least that could do the same by hand.

The floor is one function a call: the same two-account, expiring, idempotent reserve over mutable
slots, dictionaries and one heap. It builds its key and its account names in the call, as ours does,
refuses a repeat and a shortage, expires what is due, and keeps what it did. It can do nothing else.

Both begin with the same accounts, each with stock and one open promise, and promise the same units
of the same SKUs in the same order. Rounds alternate, so a busy moment of the machine meets both.
The collector of cyclic garbage is off while a round is measured, as ``timeit`` has it; with it on
both are slower, which is reported beside.
"""

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from typing import Any

from bench.ledger_opening import opening
from bench.report import call_us, print_table
from bench.rounds import alternating, ratio
from ordercore.ids import PlaceId, Sku
from ordercore.inventory import (
    availability,
    available_account,
    reserved_account,
    stock_accounts_at,
)
from ordercore.ledger import AccountId, Balance, Checkpoint, Ledger, Pend, Post

__all__ = ["FloorLedger", "run"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
STOCK = 1_000_000_000
SEED = 20_260_301


class _Row:
    __slots__ = ("pending_in", "pending_out", "posted")

    def __init__(self, posted: int) -> None:
        self.posted, self.pending_out, self.pending_in = posted, 0, 0


class FloorLedger:
    """The least that reserves with expiry and without a double."""

    def __init__(self, accounts: int) -> None:
        self.rows: dict[str, _Row] = {}
        self.log: dict[str, tuple[Any, ...]] = {}
        self.open: dict[str, tuple[Any, ...]] = {}
        self.heap: list[tuple[datetime, str]] = []
        for n in range(accounts // 2):
            self.rows[f"promise|available|S{n}|p|"] = _Row(STOCK)
            self.rows[f"promise|reserved|S{n}|p|"] = _Row(0)

    def reserve(self, sku: int, amount: int, cart: int, at: datetime, until: datetime) -> None:
        key = f"cart/C-{cart}/stock-1"
        source, target = f"promise|available|S{sku}|p|", f"promise|reserved|S{sku}|p|"
        if key in self.log:
            return
        heap, rows = self.heap, self.rows
        while heap and heap[0][0] <= at:
            entry = self.open.pop(heappop(heap)[1], None)
            if entry is not None:
                rows[entry[1]].pending_out -= entry[3]
                rows[entry[2]].pending_in -= entry[3]
        row = rows[source]
        if row.posted - row.pending_out < amount:
            raise ValueError(f"shortage of S{sku}")
        row.pending_out += amount
        rows[target].pending_in += amount
        self.log[key] = self.open[key] = (key, source, target, amount, cart, at, until)
        heappush(heap, (until, key))


def _promise(sku: int, cart: int, at: datetime, until: datetime) -> Pend:
    return Pend(
        f"cart/C-{cart}/stock-1",
        AccountId(f"promise|available|S{sku}|p|"),
        AccountId(f"promise|reserved|S{sku}|p|"),
        1,
        "reserve",
        "cart",
        at,
        0,
        until,
    )


def _ledger(accounts: int) -> Ledger:
    """Return a ledger of so many accounts, two a SKU, with stock."""
    ledger = Ledger()
    for sku in range(accounts // 2):
        source, target = f"promise|outside|S{sku}||", f"promise|available|S{sku}|p|"
        ledger.apply(
            (
                Post(
                    f"in/{sku}",
                    AccountId(source),
                    AccountId(target),
                    STOCK,
                    "receive",
                    "opening",
                    NOW,
                ),
            ),
            NOW,
        )
    return ledger


class _Rounds:
    """The same promises for all who are measured: a warm one for each account, then at random."""

    def __init__(self, accounts: int, promises: int) -> None:
        self.accounts = accounts
        self.warm = range(accounts // 2)
        chance = random.Random(SEED)
        self.skus = [chance.randrange(accounts // 2) for _ in range(promises)]

    def floor(self, at: datetime = NOW, until: datetime = LATER) -> float:
        ledger = FloorLedger(self.accounts)
        for sku in self.warm:
            ledger.reserve(sku, 1, -sku - 1, NOW, LATER)
        return self._timed(lambda: self._floor(ledger, at, until))

    def ours(self, at: datetime = NOW, until: datetime = LATER) -> float:
        ledger = self._warm_ledger()
        return self._timed(lambda: self._ours(ledger, at, until))

    def batches(self) -> float:
        ledger = self._warm_ledger()
        return self._timed(lambda: self._batches(ledger))

    def _warm_ledger(self) -> Ledger:
        ledger = _ledger(self.accounts)
        for sku in self.warm:
            ledger.apply((_promise(sku, -sku - 1, NOW, LATER),), NOW)
        return ledger

    def _floor(self, ledger: FloorLedger, at: datetime, until: datetime) -> None:
        for cart, sku in enumerate(self.skus):
            ledger.reserve(sku, 1, cart, at, until)

    def _ours(self, ledger: Ledger, at: datetime, until: datetime) -> None:
        for cart, sku in enumerate(self.skus):
            ledger.apply((_promise(sku, cart, at, until),), at)

    def _batches(self, ledger: Ledger) -> None:
        for start in range(0, len(self.skus), 100):
            part = enumerate(self.skus[start : start + 100], start)
            ledger.apply([_promise(sku, cart, NOW, LATER) for cart, sku in part], NOW)

    def _timed(self, work: Callable[[], None]) -> float:
        """Return the microseconds of one promise."""
        gc.collect()
        start = time.perf_counter_ns()
        work()
        return (time.perf_counter_ns() - start) / 1_000 / len(self.skus)


def run(*, rounds: int = 9, small: bool = False) -> dict[str, Any]:
    """Measure, print, and return the figures; times in microseconds, ratios of equal work."""
    accounts, promises = (100, 1_000) if small else (10_000, 50_000)
    found: dict[str, Any] = {}
    found |= _reserve(accounts, promises, rounds)
    found |= _growth(1_000, 10_000 if small else 1_000_000, promises, min(rounds, 5))
    found |= _availability(50 if small else 500, 1_000 if small else 10_000, rounds)
    found |= _memory(accounts)
    found |= opening(10_000 if small else 1_000_000, 200 if small else 20_000, min(rounds, 5))
    return found


def _reserve(accounts: int, promises: int, rounds: int) -> dict[str, Any]:
    work = _Rounds(accounts, promises)
    # Nobody has come for half an hour: the one promise of each account is due.
    after, until = LATER + timedelta(seconds=1), LATER + timedelta(minutes=30)
    ways: dict[str, Callable[[], float]] = {
        "floor": work.floor,
        "reserve": work.ours,
        "batch of 100, an item": work.batches,
        "floor, expiries firing": lambda: work.floor(after, until),
        "reserve, expiries firing": lambda: work.ours(after, until),
    }
    times = alternating(ways, rounds)
    gc.enable()
    collected = alternating({k: ways[k] for k in list(ways)[:3]}, rounds, collect=True)
    pairs = {
        "reserve_over_floor": ("reserve", "floor", times),
        "batch_over_floor": ("batch of 100, an item", "floor", times),
        "reserve_over_floor_expiring": (
            "reserve, expiries firing",
            "floor, expiries firing",
            times,
        ),
        "reserve_over_floor_gc": ("reserve", "floor", collected),
        "batch_over_floor_gc": ("batch of 100, an item", "floor", collected),
    }
    ratios = {name: ratio(of[a], of[b]) for name, (a, b, of) in pairs.items()}
    print_table(
        f"ledger: {promises:,} promises over {accounts:,} accounts, {rounds} rounds in turn",
        ("way", "us a promise, median", "least"),
        [(name, statistics.median(values), min(values)) for name, values in times.items()],
    )
    print_table("beside the floor", ("figure", "ratio"), list(ratios.items()))
    found: dict[str, Any] = {name: round(ratio, 2) for name, ratio in ratios.items()}
    found["reserve_us"] = round(statistics.median(times["reserve"]), 2)
    found["floor_us"] = round(statistics.median(times["floor"]), 2)
    return found


def _growth(few: int, many: int, promises: int, rounds: int) -> dict[str, Any]:
    small, large = _Rounds(few, promises), _Rounds(many, promises)
    times = alternating(
        {
            "floor, few": small.floor,
            "floor, many": large.floor,
            "ours, few": small.ours,
            "ours, many": large.ours,
        },
        rounds,
    )
    floor = ratio(times["floor, many"], times["floor, few"])
    ours = ratio(times["ours, many"], times["ours, few"])
    rows = [("floor", floor), ("ours", ours), ("ours beside the floor", ours / floor)]
    print_table(f"growth in cost from {few:,} to {many:,} accounts", ("way", "ratio"), rows)
    return {
        "growth_over_floor_growth": round(ours / floor, 2),
        "growth": round(ours, 2),
        "floor_growth": round(floor, 2),
    }


def _memory(accounts: int) -> dict[str, Any]:
    gc.collect()
    tracemalloc.start()
    rows = Ledger.resume(Checkpoint(0, _untouched(accounts), ()), Ledger())
    empty = tracemalloc.get_traced_memory()[0]
    del rows
    ledger = _ledger(accounts)
    for sku in range(accounts // 2):  # the first of a SKU makes its second account
        ledger.apply((_promise(sku, -sku - 1, NOW, LATER),), NOW)
    warm = tracemalloc.get_traced_memory()[0]
    for cart in range(accounts):
        ledger.apply((_promise(cart % (accounts // 2), cart, NOW, LATER),), NOW)
    after_promises = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    found = {
        "bytes_per_account": round(empty / accounts),
        "bytes_per_promise": round((after_promises - warm) / accounts),
    }
    print_table(f"memory, {accounts:,} accounts", ("figure", "bytes"), list(found.items()))
    return found


def _availability(places: int, carts: int, rounds: int) -> dict[str, Any]:
    """Read one SKU over many places with many carts at it; look a dictionary up as often beside."""
    ledger, where = Ledger(), [PlaceId(f"place-{n}") for n in range(places)]
    sku = Sku("S")
    for n, place in enumerate(where):
        target = available_account(sku, place)
        source = AccountId("promise|outside|S||")
        post = Post(f"in/{n}", source, target, STOCK, "receive", "opening", NOW)
        ledger.apply((post,), NOW)
    for cart in range(carts):
        place = where[cart % places]
        source, target = available_account(sku, place), reserved_account(sku, place)
        hold = Pend(f"cart/{cart}", source, target, 1, "reserve", f"cart/{cart}", NOW, 0, LATER)
        ledger.apply((hold,), NOW)
    known = {place: n for n, place in enumerate(where)}

    def balances() -> dict[AccountId, Balance]:
        return ledger.balances_at(stock_accounts_at(sku, where), NOW)

    def look_up() -> None:
        for place in where:
            known[place]

    at_hand = balances()
    ways: dict[str, Callable[[], object]] = {
        "a dict lookup a place": look_up,
        "the terms, balances at hand": lambda: availability(sku, where, at_hand),
        "all of it, from the ledger": lambda: availability(sku, where, balances()),
    }
    times = alternating({k: partial(call_us, work, 1, 20) for k, work in ways.items()}, rounds)
    least, terms, whole = times.values()
    print_table(
        f"availability of a SKU over {places} places, {carts:,} open reservations",
        ("way", "us, median"),
        [(name, statistics.median(values)) for name, values in times.items()],
    )
    return {
        "availability_over_lookups": round(ratio(terms, least), 1),
        "availability_read_over_lookups": round(ratio(whole, least), 1),
    }


def _untouched(accounts: int) -> dict[AccountId, Balance]:
    return {AccountId(f"promise|available|S{n}|p|"): Balance() for n in range(accounts)}
