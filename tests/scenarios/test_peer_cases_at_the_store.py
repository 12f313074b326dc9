"""
Cases about many at once and about keys, told to an engine over every store.

Their ids are those of the neighbor modules. What comes first among threads is left to the machine;
what must hold is said of every order of things.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from ordercore.engine import Engine
from ordercore.errors import InvalidData, OrderCoreError, PortUnavailable, Rejected
from ordercore.grammar import Command
from ordercore.stores import MemoryStore, SQLiteStore
from ordercore.testing import Fault
from tests.orders.builders import line_of, order_of
from tests.scenarios.cases import buy, hold, levels, receive
from tests.scenarios.world import World

THREADS: Final = 8


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "shop.db")
    yield World(store)
    store.close()


def refused(engine: Engine, commands: Iterable[Command]) -> list[OrderCoreError]:
    """Submit everything from some threads, and return what was not done."""

    def submit(command: Command) -> OrderCoreError | None:
        try:
            engine.submit(command)
        except OrderCoreError as error:
            return error
        return None

    with ThreadPoolExecutor(THREADS) as threads:
        return [error for error in threads.map(submit, commands) if error is not None]


def crossed(n: int) -> Command:
    """An order of two SKUs, of which every second names them the other way round."""
    skus = ("MUG", "TEA") if n % 2 else ("TEA", "MUG")
    return order_of(f"O-{n}", lines=[line_of(sku) for sku in skus])


@pytest.mark.parametrize("buyers", [2, 10, 200])
def test_con_01_of_all_who_buy_the_last_unit_one_gets_it_and_no_loser_is_charged(
    world: World, buyers: int
) -> None:
    engine = world.engine()
    engine.submit(receive(1))

    losers = refused(engine, (buy(("MUG", 1), order_id=f"O-{n}") for n in range(buyers)))

    assert [e.code for e in losers if isinstance(e, Rejected)] == ["shortage"] * (buyers - 1)
    assert world.asked("authorize") == 1
    assert levels(engine) == {"L1": (1, 1, 0)}
    assert engine.verify().balanced


@pytest.mark.parametrize("orders", [20, pytest.param(1_000, marks=pytest.mark.slow)])
def test_con_05_orders_over_two_skus_in_opposite_order_all_go_through(
    world: World, orders: int
) -> None:
    engine = world.engine()
    engine.submit(receive(orders))
    engine.submit(receive(orders, sku="TEA"))

    assert refused(engine, map(crossed, range(orders))) == []
    assert levels(engine) == {"L1": (orders, orders, 0)} == levels(engine, "TEA")


def test_avl_12_of_two_carts_without_a_hold_the_second_is_stopped_before_any_payment(
    world: World,
) -> None:
    engine = world.engine()
    engine.submit(receive(1))
    engine.submit(buy(("MUG", 1), order_id="A"))

    with pytest.raises(Rejected, match="shortage"):
        engine.submit(buy(("MUG", 1), order_id="B"))

    assert world.asked("authorize") == 1
    assert levels(engine) == {"L1": (1, 1, 0)}


def test_idm_03_and_04_a_key_names_one_wish_of_one_tenant(world: World) -> None:
    engine, other = world.engine(), world.engine("other")
    wish = receive(100)
    engine.submit(wish, key="k")

    assert engine.submit(wish, key="k").repeated
    with pytest.raises(Rejected, match="key_reused"):
        engine.submit(receive(200), key="k")
    assert not other.submit(wish, key="k").repeated
    with pytest.raises(InvalidData, match="key"):
        engine.submit(wish, key="k" * 256)
    assert levels(engine) == {"L1": (100, 0, 100)} == levels(other)


def test_idm_05_a_key_of_a_run_that_failed_is_executed_again(world: World) -> None:
    engine = world.engine()
    engine.submit(receive(1))
    world.tax.plan("quote", Fault.UNAVAILABLE)
    with pytest.raises(PortUnavailable):
        engine.submit(buy(("MUG", 1)), key="k")

    assert not engine.submit(buy(("MUG", 1)), key="k").repeated


def test_idm_05_a_key_whose_effect_was_recorded_is_answered_and_asks_nobody_again(
    world: World,
) -> None:
    engine = world.engine()
    engine.submit(receive(1))
    world.payments.plan("authorize", Fault.TIMEOUT_AFTER)
    engine.submit(buy(("MUG", 1)), key="k")

    assert engine.submit(buy(("MUG", 1)), key="k").repeated
    assert world.asked("authorize") == 1


def test_idm_05_a_refusal_is_the_answer_of_its_key_whatever_comes_in_later(world: World) -> None:
    engine = world.engine()
    for stock in (1, 5):
        engine.submit(receive(stock))
        with pytest.raises(Rejected, match="shortage"):
            engine.submit(hold("C-1", ("MUG", 2)), key="k")

    assert not engine.submit(hold("C-1", ("MUG", 2)), key="another").repeated
