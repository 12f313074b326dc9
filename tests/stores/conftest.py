"""Every store, under one name."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from ordercore.ports import Store
from ordercore.stores import AsyncPostgresStore, MemoryStore, PostgresStore, SQLiteStore
from tests.postgres import server_dsn
from tests.stores._blocking import Blocking
from tests.stores._toys import ToyCodec

TABLES = (
    "tenants", "streams", "snapshots", "events", "consumers", "references", "receipts", "leases",
    "transfers", "merged", "pendings", "balances", "balance_tail",
)  # fmt: skip


@pytest.fixture(
    params=["memory", "sqlite in memory", "sqlite in a file", "postgres", "postgres awaited"]
)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Return what opens a new and empty store, as often as it is called."""
    names = count(1)

    def here() -> dict[str, Any]:
        schema = request.getfixturevalue("new_schema")()
        return {"dsn": request.getfixturevalue("dsn"), "schema": schema}

    factories: dict[str, Callable[[], Store]] = {
        "memory": MemoryStore,
        "sqlite in memory": lambda: SQLiteStore(":memory:", codec=ToyCodec()),
        "sqlite in a file": lambda: SQLiteStore(
            tmp_path / f"shop-{next(names)}.db", codec=ToyCodec(), durability="normal"
        ),
        "postgres": lambda: PostgresStore(codec=ToyCodec(), **here()),
        "postgres awaited": lambda: cast(
            "Store", Blocking(AsyncPostgresStore(codec=ToyCodec(), **here()))
        ),
    }
    opened: list[Store] = []

    def new() -> Store:
        opened.append(factories[request.param]())
        return opened[-1]

    yield new
    for store in opened:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture(scope="session")
def schema() -> str:
    """Name the first schema of this process of the test run; others begin with its name."""
    return f"oc_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture(scope="session")
def dsn(schema: str) -> Iterator[str]:
    """Return where a server is; what is made in it is gone in the end."""
    dsn = server_dsn()
    yield dsn
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace").fetchall()
        for (name,) in found:
            if name.startswith(schema):
                connection.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())


@pytest.fixture(scope="session")
def emptied(dsn: str) -> Iterator[Callable[[str], str]]:
    """Return what makes a schema with empty tables, or empties the one that a test has left."""
    made: set[str] = set()
    with psycopg.connect(dsn, autocommit=True) as connection:

        def empty(name: str) -> str:
            if name in made:
                texts = [f'DELETE FROM "{name}".oc_{table}' for table in TABLES]  # noqa: S608
                connection.execute("; ".join(texts).encode())
            else:
                PostgresStore(dsn, schema=name).close()
                made.add(name)
            return name

        yield empty


@pytest.fixture
def new_schema(emptied: Callable[[str], str], schema: str) -> Callable[[], str]:
    """Return what names a schema with empty tables, another at each call."""
    names = (f"{schema}_{n}" for n in count(1))
    return lambda: emptied(next(names))


@pytest.fixture
def postgres(dsn: str, new_schema: Callable[[], str]) -> Iterator[PostgresStore]:
    """A store whose tables are empty."""
    store = PostgresStore(dsn, schema=new_schema(), codec=ToyCodec())
    yield store
    store.close()
