"""
What an order costs the engine: whole lives, beside the same life written by hand; and its parts.

Lives are led in rounds that alternate between the engine and the floor, each on fresh stores, so
that a slow moment of the machine falls on both; what counts is the median over the rounds. The
parts are microseconds of one call, the median of several series.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, cast

from bench import group_commit, postgres
from bench.cold_load import cold_loads
from bench.floor import FloorShop
from bench.floor_stores import Dicts, Rows
from bench.life import COMMANDS, START, live, place_order, ready_engine
from bench.peers import compare
from bench.report import call_us, medians, print_table
from ordercore import Actor, ActorKind, MemoryStore, ReceiveStock, Rules, SQLiteStore
from ordercore.codec import JsonCodec
from ordercore.engine import Engine
from ordercore.grammar import Context, Facts, Need, Succeeded
from ordercore.ids import CommandId, PlaceId
from ordercore.orders import (
    OrderEvent,
    OrderPlaced,
    RecordOutcome,
    decide,
    evolve,
    fold,
    needs,
    outstanding,
)
from ordercore.payments import PaymentCaptured

__all__ = ["run"]

ROUNDS: Final = 7
ORDERS: Final = 60
WARM_UP: Final = 5
#: Calls of a part in one series.
SERIES: Final = 200
#: Beside Berlin, where the mugs of every engine here lie.
MORE_PLACES: Final = tuple(PlaceId(f"place-{n:02}") for n in range(99))
TMPFS: Final = Path("/dev/shm")  # noqa: S108  # present on Linux only, hence asked for

Lead = Callable[[int], None]


def run(*, rounds: int = ROUNDS, small: bool = False) -> dict[str, Any]:
    """Measure, print, and return the figures."""
    orders = 3 if small else ORDERS
    facts = _facts_of_one_life()
    lives = {name: _compare(name, rounds, orders) for name in _homes()}
    answers = facts["commits"] - COMMANDS
    print_table(
        f"one order life: {COMMANDS} commands and {answers} recorded answers of providers; "
        f"{facts['commits']} commits, {facts['events']} events, {facts['steps']} ledger steps",
        ("store", "orders/s", "ms/order", "by hand, ms", "x by hand"),
        [(name, 1_000 / ms, ms, by_hand, ms / by_hand) for name, (ms, by_hand) in lives.items()],
    )
    parts = _parts(rounds, 5 if small else SERIES)
    print_table(
        "parts: microseconds, medians",
        ("call", "us"),
        list(parts.items()),
    )
    return {
        **compare.run(rounds=rounds, small=small),
        **group_commit.run(rounds=rounds, small=small),
        **postgres.run(rounds=rounds, small=small),
        "rounds": rounds,
        "orders_a_round": orders,
        "life": facts,
        "lives": {
            name: {
                "orders_per_s": round(1_000 / ours, 1),
                "ms_per_order": round(ours, 3),
                "by_hand_ms_per_order": round(floor, 3),
                "to_by_hand": round(ours / floor, 2),
            }
            for name, (ours, floor) in lives.items()
        },
        "parts_us": {name: round(value, 1) for name, value in parts.items()},
    }


# --- whole lives ---------------------------------------------------------------------------------


def _homes() -> tuple[str, ...]:
    tmpfs = ("SQLite, tmpfs",) if TMPFS.is_dir() else ()
    return ("memory", *tmpfs, "SQLite, disk, normal", "SQLite, disk, full")


@contextmanager
def _pair(home: str, orders: int) -> Iterator[tuple[Lead, Lead]]:
    """Yield what leads a life by the engine and what leads one by hand, each with its own store."""
    if home == "memory":
        engine = ready_engine(MemoryStore(), orders)
        yield (lambda n: live(engine, n)), FloorShop(Dicts(), orders).live
        return
    root = TMPFS if home == "SQLite, tmpfs" else Path.cwd()
    with tempfile.TemporaryDirectory(prefix=".ordercore-bench-", dir=root) as folder:
        durability: Literal["normal", "full"] = "normal" if home.endswith("normal") else "full"
        store = SQLiteStore(Path(folder, "ours.db"), durability=durability)
        rows = Rows(str(Path(folder, "floor.db")), durability)
        try:
            engine = ready_engine(store, orders)
            yield (lambda n: live(engine, n)), FloorShop(rows, orders).live
        finally:
            store.close()
            rows.close()


def _compare(home: str, rounds: int, orders: int) -> tuple[float, float]:
    """Return milliseconds an order: by the engine, and by hand."""
    taken: dict[str, list[float]] = {"ours": [], "floor": []}
    for _ in range(rounds):
        with _pair(home, orders + WARM_UP) as (ours, floor):
            for name, lead in (("ours", ours), ("floor", floor)):
                taken[name].append(_ms_an_order(lead, orders))
    at_median = medians(taken)
    return at_median["ours"], at_median["floor"]


def _ms_an_order(lead: Lead, orders: int) -> float:
    for number in range(WARM_UP):
        lead(number)
    gc.collect()
    start = time.perf_counter_ns()
    for number in range(WARM_UP, WARM_UP + orders):
        lead(number)
    return (time.perf_counter_ns() - start) / 1_000_000 / orders


def _facts_of_one_life() -> dict[str, int]:
    engine = ready_engine(MemoryStore(), 1)
    received = engine.verify().steps
    live(engine, 0)
    history = engine.history("O-0")
    found = engine.verify()
    faults = (*found.trial_balance, *found.differences, *found.leaks)
    assert not faults, f"the life does not add up: {faults}"
    assert str(engine.order("O-0").status) == "completed"
    return {
        "host_commands": COMMANDS,
        "commits": len({recorded.command_id for recorded in history}),
        "events": len(history),
        "steps": found.steps - received,
    }


# --- parts ---------------------------------------------------------------------------------------


def _parts(rounds: int, repeat: int) -> dict[str, float]:
    engine = ready_engine(MemoryStore(), 10)
    live(engine, 0)
    events = [recorded.event for recorded in engine.history("O-0")]
    placed = events[0]
    assert isinstance(placed, OrderPlaced)
    facts = cast("list[OrderEvent]", events)  # an order's stream holds nothing else
    before = fold(facts[:-1])
    codec = JsonCodec()
    name, text = codec.encode(placed)
    gather, placing = _placing(engine)
    wide = _wide_engine()

    def folding() -> object:
        return evolve(before, facts[-1])

    timed: dict[str, Callable[[], object]] = {
        "PlaceOrder: needs, all rounds, facts at hand": gather,
        "PlaceOrder: the same, and decide": placing,
        **_answering(codec, facts),
        "evolve of one event (PaymentRefunded)": folding,
        f"fold of all {len(events)} events": lambda: fold(facts),
        "encode OrderPlaced": lambda: codec.encode(placed),
        "decode OrderPlaced": lambda: codec.decode(name, text),
        f"timeline of {len(events)} events": lambda: engine.timeline("O-0"),
        "availability of a SKU at 5 places": lambda: wide.availability(
            "MUG", places=MORE_PLACES[:5]
        ),
        "availability of a SKU wherever it lies, 100 places": lambda: wide.availability("MUG"),
        **cold_loads(small=repeat < SERIES),
    }
    for call in timed.values():
        call()  # hooks of the codec are built on first use
    found: dict[str, list[float]] = {label: [] for label in timed}
    for _ in range(rounds):
        for label, call in timed.items():
            slow = label.endswith("all folded")  # some hundred times the others
            found[label].append(call_us(call, 1, max(1, repeat // 50) if slow else repeat))
    return medians(found)


def _placing(engine: Engine) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return calls that gather the needs of a placement, and that go on to decide it; no I/O."""
    command = place_order("O-9")
    context = Context(
        at=START,
        actor=Actor(ActorKind.SYSTEM, "bench"),
        command_id=CommandId("bench"),
        rules=Rules(),
    )
    reader, drive = engine._reader, engine._drive  # noqa: SLF001  # its answers are wanted, without the loop around them
    rounds: list[Mapping[Need[Any], object]] = []
    facts = Facts()
    while missing := facts.missing(needs(command, None, facts, context)):
        rounds.append(drive(reader.answer(missing, START)))
        facts = facts.and_also(rounds[-1])

    def gather() -> Facts:
        # Begun anew each time: facts remember what rules have made of them.
        known = Facts()
        for answers in rounds:
            known.missing(needs(command, None, known, context))
            known = known.and_also(answers)
        known.missing(needs(command, None, known, context))
        return known

    return gather, lambda: decide(command, None, gather(), context)


def _answering(codec: JsonCodec, events: list[OrderEvent]) -> dict[str, Callable[[], object]]:
    """
    Return calls on the order as it was when its first capture was answered.

    """
    n = next(n for n, event in enumerate(events) if isinstance(event, PaymentCaptured))
    captured, asked = events[n], fold(events[:n])
    assert isinstance(captured, PaymentCaptured)
    assert asked is not None
    command = RecordOutcome(
        order_id=asked.id,
        effect_key=captured.request_id,
        outcome=Succeeded(reference=captured.reference, account=captured.account),
    )
    actor = Actor(ActorKind.SYSTEM, "bench")
    context = Context(at=START, actor=actor, command_id=CommandId("bench"), rules=Rules())
    return {
        "RecordOutcome of a capture: decide": lambda: decide(command, asked, Facts(), context),
        "what the state after one more event owes": lambda: outstanding(evolve(asked, captured)),
        "encode PaymentCaptured": lambda: codec.encode(captured),
    }


def _wide_engine() -> Engine:
    engine = ready_engine(MemoryStore(), 1, MORE_PLACES)
    for place in MORE_PLACES:
        engine.submit(ReceiveStock(place=place, lines={"MUG": 3}))
    return engine
