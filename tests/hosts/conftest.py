"""Both databases, each with a shop in it and with tables of a host's own."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.hosts.houses import House, PostgresHouse, SQLiteHouse


@pytest.fixture(params=["sqlite", "postgres", "postgres awaited"])
def new_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], House]]:
    """Return what makes a new and empty one, as often as it is called."""
    made: list[House] = []

    def new() -> House:
        if request.param == "sqlite":
            made.append(SQLiteHouse(tmp_path / f"shop-{len(made)}.db"))
        else:
            dsn: str = request.getfixturevalue("dsn")
            made.append(PostgresHouse(dsn, awaited=request.param == "postgres awaited"))
        return made[-1]

    yield new
    for house in made:
        with closing(house):
            pass


@pytest.fixture
def house(new_house: Callable[[], House]) -> House:
    return new_house()
