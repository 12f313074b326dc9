"""Every store, under one name."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from ordercore.ports import Store
from ordercore.stores import AsyncPostgresStore, MemoryStore, PostgresStore, SQLiteStore
from ordercore.testing._awaited import Driver
from tests.stores._toys import ToyCodec


@pytest.fixture(
    params=["memory", "sqlite in memory", "sqlite in a file", "postgres", "postgres awaited"]
)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Return what opens a new and empty store, as often as it is called."""
    names = count(1)

    def here() -> dict[str, Any]:
        schema = request.getfixturevalue("new_schema")()
        return {"dsn": request.getfixturevalue("dsn"), "schema": schema}

    def awaited() -> AsyncPostgresStore:
        return AsyncPostgresStore(codec=ToyCodec(), **here())

    factories: dict[str, Callable[[], Store]] = {
        "memory": MemoryStore,
        "sqlite in memory": lambda: SQLiteStore(":memory:", codec=ToyCodec()),
        "sqlite in a file": lambda: SQLiteStore(
            tmp_path / f"shop-{next(names)}.db", codec=ToyCodec(), durability="normal"
        ),
        "postgres": lambda: PostgresStore(codec=ToyCodec(), **here()),
        "postgres awaited": lambda: cast("Store", driver.asked(awaited).adapter),
    }
    opened: list[Store] = []

    def new() -> Store:
        opened.append(factories[request.param]())
        return opened[-1]

    with Driver(Store) as driver:
        yield new
        for store in opened:
            store.close()


@pytest.fixture
def examples(request: pytest.FixtureRequest, new_store: object) -> int:
    """Say how many random walks a store is put through: fewer where each asks a server."""
    del new_store
    return 8 if "postgres" in request.node.callspec.params["new_store"] else 60


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def postgres(dsn: str, new_schema: Callable[[], str]) -> Iterator[PostgresStore]:
    """A store whose tables are empty."""
    store = PostgresStore(dsn, schema=new_schema(), codec=ToyCodec())
    yield store
    store.close()
