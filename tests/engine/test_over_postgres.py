"""
Both engines over PostgreSQL: an order's whole life, and the crash drill.

A process that dies leaves its connections behind; the server undoes what was open on them.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from ordercore import AsyncEngine, AsyncPostgresStore, Engine, MemoryStore, PostgresStore
from ordercore.ids import StreamId, TenantId
from ordercore.ports import AsyncPaymentGateway, Commit, Lease, Receipt
from tests.engine.whole_way import (
    AwaitedPort,
    Boundaries,
    Crash,
    World,
    _awaited,
    arrival,
    settle,
    walk,
)

#: In the quick run the process dies at every so many-th boundary.
SAMPLED = 12


class AwaitedMortalStore:
    """A store that is awaited, in front of which and behind which the process may die."""

    def __init__(self, store: AsyncPostgresStore, boundaries: Boundaries) -> None:
        self._store = store
        self._boundaries = boundaries

    async def commit(self, commit: Commit) -> Receipt:
        with self._boundaries.around(f"append of {type(commit.receipt.command).__name__}"):
            return await self._store.commit(commit)

    async def lease(
        self, tenant: TenantId, stream: StreamId, effect_key: str, **when: Any
    ) -> Lease:
        with self._boundaries.around(f"lease of {effect_key}"):
            return await self._store.lease(tenant, stream, effect_key, **when)

    async def unlease(self, tenant: TenantId, effect_key: str) -> None:
        with self._boundaries.around(f"return of the lease of {effect_key}"):
            await self._store.unlease(tenant, effect_key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class BlockingLife:
    """A process with the engine that blocks."""

    def __init__(self, world: World, options: dict[str, Any], boundaries: Boundaries) -> None:
        self._kept = PostgresStore(**options, connections_max=3)
        self.engine = world.engine(self._kept, boundaries)

    def end(self) -> None:
        self._kept.close()


class AwaitedLife:
    """A process with the engine that is awaited, over the store that is awaited."""

    def __init__(self, world: World, options: dict[str, Any], boundaries: Boundaries) -> None:
        self._runner = asyncio.Runner()
        self._kept = AsyncPostgresStore(**options, connections_max=3)
        self._store = PostgresStore(**options, connections_max=1)  # for whoever looks from outside
        acting = ("authorize", "capture", "void", "refund")
        settings = world.settings(self._store, boundaries)
        settings["store"] = AwaitedMortalStore(self._kept, boundaries)
        payments = cast("AsyncPaymentGateway", AwaitedPort(world.payments, boundaries, acting))
        self._engine = AsyncEngine(**settings, payments=payments, threads=2)
        self._tenant = self._engine.tenant
        self.engine = cast("Engine", self)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)
        return lambda *args, **kwargs: self._runner.run(_awaited(method(*args, **kwargs)))

    def end(self) -> None:
        self._runner.run(self._kept.close())
        self._runner.close()
        self._store.close()


Life = BlockingLife | AwaitedLife
Live = Callable[[World, Boundaries | None], Life]


@pytest.fixture(params=[BlockingLife, AwaitedLife], ids=["blocking", "awaited"])
def new_world(
    request: pytest.FixtureRequest, dsn: str, emptied: Callable[[str], str], schema: str
) -> Iterator[Callable[[], Live]]:
    """Make empty tables, and return what starts one process after the other over them."""
    lives: list[Life] = []

    def end() -> None:
        while lives:
            lives.pop().end()

    def new() -> Live:
        end()
        options = {"dsn": dsn, "schema": emptied(f"{schema}_drill")}

        def live(world: World, boundaries: Boundaries | None) -> Life:
            end()
            lives.append(request.param(world, options, boundaries or Boundaries()))
            return lives[-1]

        return live

    yield new
    end()


def undisturbed(live: Live) -> tuple[dict[str, object], list[str]]:
    world, boundaries = World(), Boundaries()
    engine = live(world, boundaries).engine
    walk(engine)
    names = list(boundaries.passed)
    settle(world, engine)
    assert str(engine.verify()).endswith("balanced, no leaks")
    return arrival(world, engine), names


def dies_and_recovers(live: Live, die_at: int, name: str, expected: dict[str, object]) -> None:
    world = World()
    with pytest.raises(Crash):
        walk(live(world, Boundaries(die_at)).engine)
    survivor = live(world, None).engine
    settle(world, survivor)
    walk(survivor)
    settle(world, survivor)

    assert arrival(world, survivor) == expected, name
    assert max(world.payments.actions.values()) == 1, name
    assert max(world.carrier.actions.values()) == 1, name
    assert str(survivor.verify()).endswith("balanced, no leaks"), name


def test_an_order_lives_its_whole_life_and_ends_where_it_ends_in_memory(
    new_world: Callable[[], Live],
) -> None:
    end, names = undisturbed(new_world())

    world = World()
    memory = world.engine(MemoryStore())
    walk(memory)
    settle(world, memory)
    assert end == arrival(world, memory)
    assert end["status"] == ("completed", "partially_returned")
    for act in ("authorize", "capture", "refund", "buy_label", "append", "lease"):
        assert any(f"before {act}" in name for name in names), act


def test_a_crash_at_some_boundaries_ends_where_no_crash_does(
    new_world: Callable[[], Live],
) -> None:
    expected, names = undisturbed(new_world())

    for die_at in range(3, len(names) + 1, SAMPLED):
        dies_and_recovers(new_world(), die_at, names[die_at - 1], expected)


@pytest.mark.slow
def test_a_crash_at_any_boundary_ends_where_no_crash_does(
    new_world: Callable[[], Live], capsys: pytest.CaptureFixture[str]
) -> None:
    expected, names = undisturbed(new_world())

    for die_at, name in enumerate(names, start=1):
        dies_and_recovers(new_world(), die_at, name, expected)

    with capsys.disabled():
        print(f" {len(names)} boundaries", end="")  # noqa: T201 - the drill reports
