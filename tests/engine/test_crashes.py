"""
The process dies before and after every single append, lease and port call of the whole way; a new
one over the same store arrives where an undisturbed one does, the provider having acted once.

For the engine that blocks and for the one that is awaited, over both stores. Each says how many
boundaries it has survived: "n of n".
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from ordercore import Engine, MemoryStore, SQLiteStore
from ordercore.ports import Lease, Store
from ordercore.testing import Fault
from tests.engine.whole_way import ORDER, Boundaries, Crash, World, arrival, settle, steps, walk

Reopen = Callable[[], Store]
Make = Callable[[World, Store, Boundaries | None], Engine]


@pytest.fixture(params=["memory", "sqlite"])
def new_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Reopen]]:
    """Make stores that a dead process leaves behind; opening one again is a new process."""
    files = iter(tmp_path / f"{n}.db" for n in range(10_000))
    opened: list[Store] = []

    def fresh() -> Reopen:
        if request.param == "memory":
            store = MemoryStore()
            return lambda: store
        path = next(files)

        def reopen() -> Store:
            opened.append(SQLiteStore(path, durability="normal"))
            return opened[-1]

        return reopen

    yield fresh
    for store in opened:
        store.close()


@pytest.fixture(params=["blocking", "awaited"])
def make(request: pytest.FixtureRequest) -> Make:
    """Make an engine of either kind."""
    return World.engine if request.param == "blocking" else World.async_engine


def undisturbed(reopen: Reopen, make: Make) -> tuple[dict[str, object], list[str]]:
    world, boundaries = World(), Boundaries()
    engine = make(world, reopen(), boundaries)
    walk(engine)
    names = list(boundaries.passed)
    settle(world, engine)
    assert str(engine.verify()).endswith("balanced, no leaks")
    return arrival(world, engine), names


def test_an_undisturbed_order_goes_the_whole_way(
    new_stores: Callable[[], Reopen], make: Make
) -> None:
    end, names = undisturbed(new_stores(), make)

    assert end["status"] == ("completed", "partially_returned")
    assert end["holds"] == 0
    assert sum(name.startswith("before") for name in names) * 2 == len(names)
    for act in ("authorize", "capture", "void", "refund", "buy_label", "append", "lease"):
        assert any(f"before {act}" in name for name in names), act


def test_a_crash_at_any_boundary_ends_where_no_crash_does(
    new_stores: Callable[[], Reopen], make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    expected, names = undisturbed(new_stores(), make)

    survived = 0
    for die_at, name in enumerate(names, start=1):
        reopen, world = new_stores(), World()
        with pytest.raises(Crash):
            walk(make(world, reopen(), Boundaries(die_at)))
        survivor = make(world, reopen(), None)
        settle(world, survivor)
        walk(survivor)
        settle(world, survivor)

        assert arrival(world, survivor) == expected, name
        assert max(world.payments.actions.values()) == 1, name
        assert max(world.carrier.actions.values()) == 1, name
        assert str(survivor.verify()).endswith("balanced, no leaks"), name
        survived += 1

    with capsys.disabled():
        print(f" {survived} of {len(names)} boundaries", end="")  # noqa: T201 - the drill reports
    assert survived == len(names)


@pytest.mark.slow
def test_a_second_crash_during_the_recovery_changes_nothing(
    new_stores: Callable[[], Reopen], make: Make
) -> None:
    expected, names = undisturbed(new_stores(), make)

    for die_at in range(1, len(names) + 1, 7):
        for again_at in range(1, 40, 5):
            reopen, world = new_stores(), World()
            with pytest.raises(Crash):
                walk(make(world, reopen(), Boundaries(die_at)))
            second = make(world, reopen(), Boundaries(again_at))
            try:
                settle(world, second)
                walk(second)
            except Crash:
                pass
            survivor = make(world, reopen(), None)
            settle(world, survivor)
            walk(survivor)
            settle(world, survivor)

            assert arrival(world, survivor) == expected, (die_at, again_at)
            assert max(world.payments.actions.values()) == 1, (die_at, again_at)


class LateStore:
    """A store whose next lease is asked for when another process has just been through."""

    def __init__(self, store: Store, meanwhile: Callable[[], object]) -> None:
        self._store = store
        self._meanwhile: list[Callable[[], object]] = [meanwhile]

    def lease(self, *what: Any, **when: Any) -> Lease:
        if self._meanwhile:
            self._meanwhile.pop()()
        self._store.lease(*what, **when)
        raise Crash("with the lease in hand")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_who_comes_late_and_dies_leaves_no_lease_of_what_is_done(
    new_stores: Callable[[], Reopen], make: Make
) -> None:
    world, store = World(), new_stores()()
    other = make(world, store, None)
    for step in itertools.islice(steps(other), 4):
        step()
    late = make(world, cast("Store", LateStore(store, lambda: other.resume(ORDER))), None)
    with pytest.raises(Crash):
        next(itertools.islice(steps(late), 4, None))()  # places the order and performs

    settle(world, other)

    assert store.leases(other._tenant, "", 10) == []
    assert max(world.payments.actions.values()) == 1


@pytest.mark.parametrize("fault", list(Fault), ids=str)
def test_a_lost_or_late_answer_to_any_call_ends_where_a_prompt_one_does(
    fault: Fault, new_stores: Callable[[], Reopen], make: Make
) -> None:
    expected, _ = undisturbed(new_stores(), make)

    for operation in ("authorize", "capture", "void", "refund", "buy_label"):
        reopen, world = new_stores(), World()
        port = world.carrier if operation == "buy_label" else world.payments
        port.plan(operation, fault)
        engine = make(world, reopen(), None)
        for step in _patient_steps(engine, world):
            step()
        settle(world, engine)

        assert arrival(world, engine) == expected, operation
        assert max(world.payments.actions.values()) == 1, operation
        assert port.faults_left == 0, operation
        assert str(engine.verify()).endswith("balanced, no leaks"), operation


def _patient_steps(engine: object, world: World) -> Iterator[Callable[[], object]]:
    """The steps of a host that lets what is open come to rest before it goes on."""
    for step in steps(engine):  # type: ignore[arg-type]
        yield step
        if any(stream for stream in engine._store.streams(engine._tenant)):  # type: ignore[attr-defined]
            yield lambda: settle(world, engine)  # type: ignore[arg-type]


def test_a_resumed_order_is_one_that_a_person_can_read(
    new_stores: Callable[[], Reopen], make: Make
) -> None:
    reopen, world = new_stores(), World()
    names = undisturbed(new_stores(), make)[1]
    die_at = next(n for n, name in enumerate(names, 1) if name.startswith("after capture"))
    with pytest.raises(Crash):
        walk(make(world, reopen(), Boundaries(die_at)))

    survivor = make(world, reopen(), None)
    world.clock.advance(minutes=2)
    survivor.resume(ORDER)

    texts = [entry.text for entry in survivor.timeline(ORDER)]
    assert sum(text.startswith("captured 10.00 EUR") for text in texts) == 1
