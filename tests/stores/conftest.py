"""Every store, under one name."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from ordercore.ports import Store
from ordercore.stores import MemoryStore, PostgresStore, SQLiteStore
from tests.postgres import server_dsn
from tests.stores._toys import ToyCodec

TABLES = (
    "tenants", "streams", "events", "references", "receipts", "leases", "transfers", "merged",
    "pendings", "balances", "balance_tail",
)  # fmt: skip


@pytest.fixture(params=["memory", "sqlite in memory", "sqlite in a file", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    factories: dict[str, Callable[[], Store]] = {
        "memory": MemoryStore,
        "sqlite in memory": lambda: SQLiteStore(":memory:", codec=ToyCodec()),
        "sqlite in a file": lambda: SQLiteStore(
            tmp_path / "shop.db", codec=ToyCodec(), durability="normal"
        ),
        "postgres": lambda: request.getfixturevalue("postgres"),
    }
    store = factories[request.param]()
    yield store
    store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture(scope="session")
def schema() -> str:
    """Name the schema of this process of the test run."""
    return f"oc_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture(scope="session")
def dsn(schema: str) -> Iterator[str]:
    """Return where a server is; what is made in it is gone in the end."""
    dsn = server_dsn()
    yield dsn
    with psycopg.connect(dsn) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())


@pytest.fixture
def postgres(dsn: str, schema: str) -> Iterator[PostgresStore]:
    """A store whose tables are empty."""
    store = PostgresStore(dsn, schema=schema, codec=ToyCodec())
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f'DELETE FROM "{schema}".oc_{table}'.encode())  # noqa: S608
    yield store
    store.close()
