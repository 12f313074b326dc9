"""
Stores: where events, transfers and receipts are kept, together or not at all.

``MemoryStore`` keeps everything in the process, ``SQLiteStore`` in one file on one machine,
``PostgresStore`` in a database for many machines (install ``ordercore[postgres]``). All hold the
guarantees S1 to S11 of :mod:`ordercore.ports`, and all ask ``ordercore.ledger`` for the ledger's
rules, so they refuse the same batches with the same words. ``GroupCommit`` stands in front of one
and writes together what several threads commit at the same moment; ``AsyncGroupCommit`` does so
for tasks.

Each name loads its module on first use: a host that stays in memory never loads ``sqlite3``, and
none but a host of PostgreSQL needs its driver.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ordercore.stores._async_group_commit import AsyncGroupCommit
    from ordercore.stores._group_commit import GroupCommit
    from ordercore.stores._memory import MemoryStore
    from ordercore.stores._postgres import PostgresStore
    from ordercore.stores._postgres_async import AsyncPostgresStore
    from ordercore.stores._sqlite import SQLiteStore

__all__ = [
    "AsyncGroupCommit",
    "AsyncPostgresStore",
    "GroupCommit",
    "MemoryStore",
    "PostgresStore",
    "SQLiteStore",
]

_HOMES: Final = {
    "AsyncGroupCommit": "ordercore.stores._async_group_commit",
    "AsyncPostgresStore": "ordercore.stores._postgres_async",
    "GroupCommit": "ordercore.stores._group_commit",
    "MemoryStore": "ordercore.stores._memory",
    "PostgresStore": "ordercore.stores._postgres",
    "SQLiteStore": "ordercore.stores._sqlite",
}


if not TYPE_CHECKING:  # to type checkers a misspelled name stays unknown

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
