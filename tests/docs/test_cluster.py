"""The page about PostgreSQL names every table to be spread over a cluster."""

import re

from tests.docs.pages import ROOT
from tests.postgres import tables


def test_every_table_is_distributed_by_its_tenant() -> None:
    page = (ROOT / "docs" / "guides" / "postgres.md").read_text(encoding="utf-8")
    assert set(re.findall(r"create_distributed_table\('(oc_\w+)', 'tenant'", page)) == set(tables())
