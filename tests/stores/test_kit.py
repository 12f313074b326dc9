"""The claims about every store (:mod:`ordercore.testing`) hold of each of ours."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ordercore.codec import JsonCodec
from ordercore.stores import AsyncPostgresStore, MemoryStore, PostgresStore, SQLiteStore
from ordercore.testing import STORE_CASES, Case, StoreTrial, check_store

Opens = Callable[[], Any]


@pytest.fixture(
    params=["memory", "sqlite in memory", "sqlite in a file", "postgres", "postgres awaited"]
)
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Opens]:
    """Return what finds a new place and returns what opens it, as often as it is called."""
    names, codec = count(1), JsonCodec()

    def a_file() -> Opens:
        path = tmp_path / f"shop-{next(names)}.db"
        return lambda: SQLiteStore(path, codec=codec, durability="normal")

    def a_schema(kind: Any) -> Opens:
        dsn = request.getfixturevalue("dsn")
        schema = request.getfixturevalue("new_schema")()
        return lambda: kind(dsn, schema=schema, codec=codec)

    places: dict[str, Callable[[], Opens]] = {
        "memory": lambda: MemoryStore,
        "sqlite in memory": lambda: lambda: SQLiteStore(":memory:", codec=codec),
        "sqlite in a file": a_file,
        "postgres": lambda: a_schema(PostgresStore),
        "postgres awaited": lambda: a_schema(AsyncPostgresStore),
    }
    return places[request.param]


@pytest.fixture
def keeps(request: pytest.FixtureRequest, new_place: object) -> bool:
    """Say whether a store outlives its process."""
    del new_place
    return "memory" not in request.node.callspec.params["new_place"]


@pytest.mark.parametrize("case", STORE_CASES, ids=str)
def test_a_claim_about_every_store_holds(
    new_place: Callable[[], Opens], keeps: bool, case: Case[StoreTrial]
) -> None:
    opens = new_place()

    held = check_store(opens, cases=(case,), reopen=(lambda _: opens()) if keeps else None)

    assert held == ((case.name,) if keeps or "opened_again" not in case.name else ())
