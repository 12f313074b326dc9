"""
What a process of the drill does until it is killed, and how another goes on where it died.

A worker writes a line to its file for each answer that it got: what stands there was acknowledged.
Its successor reads from the same file which orders were open.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import attrs

from ordercore import AsyncEngine, Conflict, Engine, OutcomeUnknown, PortUnavailable, Rejected
from tests.drill.shop import (
    FastClock,
    Step,
    opened,
    opened_to_await,
    order_of,
    plan_of,
    provider_of,
    settings,
    steps,
)
from tests.drill.shop import receipt as receipt_of

#: Orders at once, and how often one is looked at before it is left to the end of the drill.
OPEN_MAX: Final = 5
VISITS_MAX: Final = 40
RECEIPT_EVERY: Final = 12


@attrs.frozen(kw_only=True)
class Task:
    """What a worker is told: where everything lies, and who it is."""

    folder: Path
    location: str
    seed: int
    clock: FastClock
    slot: int
    slots: int
    life: int

    @property
    def acknowledged(self) -> Path:
        return self.folder / f"acknowledged-{self.slot}"


class Awaited:
    """An engine that awaits, each call run to its end."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._engine, name)
        return lambda *args, **kwargs: self._runner.run(method(*args, **kwargs))


def engine_of(task: Task) -> Engine:
    """Every third worker awaits, and asks for what is independent at the same time."""
    provider = provider_of(task.folder, task.clock, task.seed)
    if task.slot % 3 != 2:
        return Engine(**settings(opened(task.location), provider, task.clock))
    parts = settings(opened_to_await(task.location), provider, task.clock)
    return cast("Engine", Awaited(AsyncEngine(**parts, threads=4)))


class Memory:
    """What a worker's file says; one write a line, so a kill leaves whole lines."""

    def __init__(self, task: Task) -> None:
        self._file = os.open(task.acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self.open: dict[int, int] = {}
        self.next = task.slot
        self.receipts = 0
        for line in read(task.acknowledged):
            kind, what = line[0], line[1]
            if kind == "open":
                self.open[int(what)] = 0
                self.next = int(what) + task.slots
            elif kind == "closed":
                self.open.pop(int(what), None)
            elif kind == "receipt":
                self.receipts += 1

    def write(self, *words: object) -> None:
        os.write(self._file, ("\t".join(map(str, words)) + "\n").encode())


def read(path: Path) -> list[list[str]]:
    """Return the whole lines of a worker's file, word by word."""
    if not path.exists():
        return []
    whole, _, _ = path.read_text().rpartition("\n")
    return [line.split("\t") for line in whole.split("\n") if line]


def warm_up(folder: Path) -> None:
    """Do once, in a shop that nobody sees, what would cost each worker half of its life."""
    clock = FastClock(time.monotonic())
    provider = provider_of(folder, clock, 0, calm=True)
    store = opened(str(folder / "shop.db"))
    engine = Engine(**settings(store, provider, clock))
    for number in range(100):
        engine.submit(receipt_of(number)[1])
    for _ in range(15):
        for number in range(30):
            visit(engine, lambda *_: None, set(), 0, number)
    engine.run_pending()
    store.close()
    provider.close()


def work(task: Task) -> None:
    """Serve customers until one is killed, or nobody is there who would."""
    parent = os.getppid()
    chance = random.Random(f"{task.seed} {task.slot} {task.life}")
    memory = Memory(task)
    answered: set[str] = set()
    engine: Engine | None = None
    while os.getppid() == parent:
        try:
            engine = engine or engine_of(task)
            _one_thing(engine, memory, chance, task, answered)
        except (Conflict, PortUnavailable, OutcomeUnknown):
            time.sleep(0.01)  # the store is busy or away; the same is asked again


def _one_thing(
    engine: Engine, memory: Memory, chance: random.Random, task: Task, answered: set[str]
) -> None:
    drawn = chance.randrange(20)
    if drawn == 0 and memory.next > RECEIPT_EVERY * memory.receipts:
        number = task.slot + task.slots * memory.receipts
        memory.write("receipt", number)
        memory.receipts += 1
        submit(engine, memory.write, answered, receipt_of(number))
    elif drawn < 4:
        engine.run_pending(10)
    elif drawn == 4 and memory.next > task.slots:
        # Somebody else's order: two processes at one stream, often with the same command.
        visit(engine, memory.write, answered, task.seed, chance.randrange(memory.next))
    elif len(memory.open) < OPEN_MAX:
        memory.write("open", memory.next)
        memory.open[memory.next] = 0
        memory.next += task.slots
    else:
        number = chance.choice(sorted(memory.open))
        memory.open[number] += 1
        moved = visit(engine, memory.write, answered, task.seed, number)
        if memory.open[number] > VISITS_MAX or not (moved or is_alive(engine, number)):
            memory.write("closed", number)
            del memory.open[number]


def is_alive(engine: Engine, number: int) -> bool:
    order = order_of(engine, f"O-{number}")
    return order is not None and order.status not in {"completed", "canceled"}


def visit(
    engine: Engine, tell: Callable[..., None], answered: set[str], seed: int, number: int
) -> bool:
    """Take the next step of an order; False where there is none."""
    plan = plan_of(seed, number)
    for step in steps(plan, order_of(engine, plan.order_id)):
        if step[0] not in answered:
            submit(engine, tell, answered, step)
            return True
    return False


def submit(engine: Engine, tell: Callable[..., None], answered: set[str], step: Step) -> None:
    """Submit a command under its key and write down the answer; here it is not asked again."""
    key, command = step
    try:
        engine.submit(command, key=key)
    except Rejected as refusal:
        tell("answer", key, refusal.code)
    else:
        tell("answer", key, "")
    answered.add(key)
