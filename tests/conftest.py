"""
What every suite shares: how Hypothesis searches, and a PostgreSQL server for those who ask for one.

The gate runs the same examples every time, so that a red run is red again at the next desk; the
thorough profile (`make test-slow`) searches anew on each run and prints how to repeat what it
found. No profile has a deadline: a slow machine is not a failed claim.
"""

import os
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import settings

settings.register_profile("gate", deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", deadline=None, max_examples=1_000, print_blob=True)
settings.load_profile(os.environ.get("ORDERCORE_HYPOTHESIS", "gate"))

TABLES = (
    "tenants", "streams", "snapshots", "events", "consumers", "references", "receipts", "leases",
    "transfers", "merged", "pendings", "balances", "balance_tail",
)  # fmt: skip


@pytest.fixture(scope="session")
def schema() -> str:
    """Name the first schema of this process of the test run; others begin with its name."""
    return f"oc_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture(scope="session")
def dsn(schema: str) -> Iterator[str]:
    """Return where a server is; what is made in it is gone in the end."""
    import psycopg  # for those who need it alone

    from tests.postgres import server_dsn

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
    import psycopg

    from ordercore.stores import PostgresStore

    made: set[str] = set()
    with psycopg.connect(dsn, autocommit=True) as connection:

        def empty(name: str) -> str:
            if name in made:
                texts = [f'DELETE FROM "{name}".oc_{table}' for table in TABLES]  # noqa: S608
                try:
                    connection.execute("; ".join(texts).encode())
                except psycopg.errors.UndefinedTable:  # a test has dropped it
                    made.remove(name)
            if name not in made:
                PostgresStore(dsn, schema=name).close()
                made.add(name)
            return name

        yield empty


@pytest.fixture
def new_schema(emptied: Callable[[str], str], schema: str) -> Callable[[], str]:
    """Return what names a schema with empty tables, another at each call."""
    names = (f"{schema}_{n}" for n in count(1))
    return lambda: emptied(next(names))
