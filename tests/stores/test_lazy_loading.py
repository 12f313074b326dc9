"""A host that stays in memory never loads the database."""

import subprocess
import sys

import pytest

from ordercore import stores


@pytest.mark.parametrize(
    ("work", "loaded"),
    [
        ("import ordercore.stores", False),
        ("from ordercore.stores import MemoryStore; MemoryStore()", False),
        ("from ordercore.engine import audit_ledger", False),
        ("from ordercore.stores import SQLiteStore", True),
    ],
)
def test_only_the_sqlite_store_loads_sqlite(work: str, loaded: bool) -> None:
    program = f"import sys; sys.path[:] = {sys.path!r}; {work}; print('sqlite3' in sys.modules)"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert ran.stdout.strip() == str(loaded)


def test_every_public_name_is_there_and_no_other() -> None:
    assert [getattr(stores, name).__name__ for name in stores.__all__] == stores.__all__
    assert set(stores.__all__) <= set(dir(stores))
    with pytest.raises(AttributeError, match="OracleStore"):
        _ = stores.OracleStore  # type: ignore[attr-defined]  # the claim: it is not there
