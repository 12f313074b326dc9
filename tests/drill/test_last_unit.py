"""
Two hundred buyers, one unit: exactly one gets it, every time, through the engine.

Over a store that processes share these are eight processes of twenty-five threads, with fewer
connections than threads; in memory, two hundred threads of one.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, cast

import psycopg
import pytest

from ordercore import MemoryStore, ReceiveStock
from ordercore.ports import Store
from tests.drill.buyers import BUYERS, PROCESSES, UNITS, at_once, buy, engine_over
from tests.drill.shop import opened
from tests.postgres import server_dsn

ROOT = Path(__file__).parents[2]
ALL = PROCESSES * BUYERS

Sell = Callable[[str], Counter[str]]


@contextmanager
def shared(location: str) -> Iterator[tuple[Store, Sell]]:
    """A store that eight processes have open."""
    program = (
        f"import sys, runpy; sys.path[:] = {[str(ROOT), *sys.path]!r}; "
        f"sys.argv[1:] = [{location!r}]; runpy.run_module('tests.drill.buyers', None, '__main__')"
    )
    with (
        closing(opened(location)) as store,
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as buyers,
    ):
        stdin, stdout = cast("IO[str]", buyers.stdin), cast("IO[str]", buyers.stdout)

        def sell(sku: str) -> Counter[str]:
            stdin.write(f"{sku}\n")
            stdin.flush()
            return Counter(json.loads(stdout.readline()))

        yield store, sell
        stdin.close()


@contextmanager
def in_memory() -> Iterator[tuple[Store, Sell]]:
    """A store that two hundred threads share."""
    store = MemoryStore()
    engine = engine_over(store)
    with ThreadPoolExecutor(ALL) as pool:
        yield store, lambda sku: at_once(pool, ALL, lambda n: buy(engine, f"p-{n}", sku))


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Sell]]:
    """A store, and what lets all buyers ask for one unit at once."""
    if request.param == "memory":
        with in_memory() as found:
            yield found
        return
    if not hasattr(os, "fork"):
        pytest.skip("the processes are forked")
    if request.param == "sqlite":
        with shared(str(tmp_path / "shop.db")) as found:
            yield found
        return
    dsn, schema = server_dsn(), f"oc_last_unit_{os.getpid()}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        try:
            with shared(f"{dsn} options='-c search_path={schema}'#") as found:
                yield found
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


def sell_one_by_one(market: tuple[Store, Sell], runs: int) -> None:
    store, sell = market
    engine = engine_over(store)
    for run, sku in enumerate(UNITS[:runs]):
        engine.submit(ReceiveStock(place=("berlin", "lyon")[run % 2], lines={sku: 1}))

        found = sell(sku)

        assert found == {"": 1, "shortage": ALL - 1}, sku
        (level,) = engine.availability(sku)
        assert level.available == 0
    assert engine.verify().balanced
    assert not engine.verify().leaks
    assert len(store.pendings(engine.tenant)) == runs


def test_of_two_hundred_buyers_exactly_one_gets_the_last_unit_ten_times(
    market: tuple[Store, Sell],
) -> None:
    sell_one_by_one(market, 10)


@pytest.mark.slow
def test_of_two_hundred_buyers_exactly_one_gets_the_last_unit_a_hundred_times(
    market: tuple[Store, Sell],
) -> None:
    sell_one_by_one(market, 100)
