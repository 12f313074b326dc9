"""What the page on clusters says of the tables is so."""

import re
from collections.abc import Callable

import psycopg

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "guides" / "many-machines.md").read_text(encoding="utf-8")
UNIQUE = """
SELECT t.relname, array_agg(a.attname::text) FROM pg_index AS i
JOIN pg_class AS t ON t.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = ANY(i.indkey)
WHERE n.nspname = %s AND i.indisunique GROUP BY i.indexrelid, t.relname
"""


def test_each_table_is_distributed_by_the_tenant_and_each_unique_key_contains_it(
    dsn: str, new_schema: Callable[[], str]
) -> None:
    schema = new_schema()
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)
        ).fetchall()
        unique = connection.execute(UNIQUE, (schema,)).fetchall()

    spread = re.findall(r"create_distributed_table\('(\w+)', 'tenant'", PAGE)
    everywhere = re.findall(r"create_reference_table\('(\w+)'\)", PAGE)
    assert sorted(name for (name,) in tables) == sorted(spread + everywhere)
    assert unique
    for name, columns in unique:
        assert name in everywhere or "tenant" in columns, (name, columns)
