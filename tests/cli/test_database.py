"""
A store in PostgreSQL is named by its URL.
"""

import json
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from psycopg.conninfo import conninfo_to_dict

from ordercore import PostgresStore
from ordercore.cli import main
from ordercore.cli._opening import Where
from tests.engine.whole_way import ORDER, World, settle, walk


def url_of(dsn: str, schema: str) -> str:
    """Write a DSN as a URL with a search path."""
    given: dict[str, Any] = dict(conninfo_to_dict(dsn))
    name = quote(given.pop("dbname", ""))
    options = {**given, "options": f"-csearch_path={schema}"}
    return f"postgresql:///{name}?{urlencode(options, quote_via=quote)}"


def test_a_shop_in_a_database_is_looked_into_by_its_url(
    dsn: str, new_schema: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    schema, world = new_schema(), World()
    with closing(PostgresStore(dsn, schema=schema)) as store:
        engine = world.engine(store)
        walk(engine)
        settle(world, engine)
    url = url_of(dsn, schema)

    assert main(["verify", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["balanced"] is True
    assert main(["timeline", url, ORDER]) == 0
    assert "captured" in capsys.readouterr().out
    assert main(["stock", url]) == 0
    assert main(["stock", url, "--why", "MUG@lyon"]) == 0
    assert "postgresql://" in capsys.readouterr().out


def test_a_database_without_a_store_is_left_as_it_is(
    dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", url_of(dsn, "pg_catalog")]) == 2
    assert "holds no store" in capsys.readouterr().err


def test_a_database_that_is_not_there_is_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "postgresql:///x?host=/nowhere"]) == 2
    assert "postgresql:///x" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("postgresql://ann:secret@db:5433/shop?password=secret", "postgresql://ann@db:5433/shop"),
        ("postgres://db/shop", "postgres://db/shop"),
        ("shop.db", "shop.db"),
    ],
)
def test_no_password_is_shown(typed: str, shown: str) -> None:
    assert str(Where(typed)) == shown
