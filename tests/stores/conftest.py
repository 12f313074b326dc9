"""Both stores, under one name."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ordercore.ports import Store
from ordercore.stores import MemoryStore, SQLiteStore
from tests.stores._toys import ToyCodec


@pytest.fixture(params=["memory", "sqlite in memory", "sqlite in a file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    factories: dict[str, Callable[[], Store]] = {
        "memory": MemoryStore,
        "sqlite in memory": lambda: SQLiteStore(":memory:", codec=ToyCodec()),
        "sqlite in a file": lambda: SQLiteStore(
            tmp_path / "shop.db", codec=ToyCodec(), durability="normal"
        ),
    }
    store = factories[request.param]()
    yield store
    store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"
