"""
Opening a store that somebody names: a file, or the URL of a database.

A store is only opened where there is one; a mistyped name never makes a new file or new tables, and
a database of somebody else is left as it is.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs

from ordercore.errors import PortUnavailable, Rejected
from ordercore.ids import TenantId
from ordercore.ports import Store
from ordercore.stores import SQLiteStore

__all__ = ["NAMED_MAX", "Where", "opened"]

#: How many orders or tenants are named to somebody who asked for one that is not there.
NAMED_MAX: Final = 5

_SCHEMES: Final = ("postgresql://", "postgres://")


@attrs.frozen
class Where:
    """
    Where a store is, as it was typed.

    """

    name: str

    @property
    def is_database(self) -> bool:
        """
        Whether it is the URL of a database, and no file.

        """
        return self.name.startswith(_SCHEMES)

    def __str__(self) -> str:
        """
        Return what is shown of it: no password, and no options, which may hold one.

        """
        if not self.is_database:
            return self.name
        parts = urlsplit(self.name)
        user, _, host = parts.netloc.rpartition("@")
        user = user.partition(":")[0]
        return f"{parts.scheme}://{user}{'@' if user else ''}{host}{parts.path}"


@contextmanager
def opened(where: Where, tenant: str) -> Generator[tuple[Store, TenantId], None, None]:
    """
    Open a store for as long as it is looked into.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``.
        InvalidData: A newer ordercore has written it.
        PortUnavailable: The database can't be reached.
    """
    store = _database(where) if where.is_database else _file(Path(where.name))
    try:
        known = store.tenants()
        if known and tenant not in known:
            raise Rejected(
                "unknown_tenant",
                f"there is no tenant {tenant!r} in {where}",
                data={"tenant": tenant},
                legal=tuple(sorted(known)[:NAMED_MAX]),
            )
        yield store, TenantId(tenant)
    finally:
        store.close()


def _file(path: Path) -> Store:
    """
    Open a file, unless it is no store.

    Raises:
        Rejected: ``no_store``: no file, no database, or a database without a store in it.
    """
    if not path.is_file():
        raise _no_store(f"there is no file {path}")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            found = file.execute("SELECT 1 FROM sqlite_master WHERE name = 'oc_meta'").fetchone()
    except sqlite3.Error as error:
        raise _no_store(f"{path} can't be read: {error}") from error
    if found is None:
        raise _no_store(f"{path} is a database that holds no store")
    return SQLiteStore(path)


def _database(where: Where) -> Store:
    """
    Open a store in PostgreSQL, unless there is none.

    Raises:
        Rejected: ``no_store``: the driver is missing, or no store lies in the search path.
        PortUnavailable: The database can't be reached.
    """
    try:
        # An extra, which who keeps a shop in a file has not installed.
        import psycopg  # noqa: PLC0415

        from ordercore.stores import PostgresStore  # noqa: PLC0415
    except ImportError as error:
        reason = "for a store in PostgreSQL install ordercore[postgres]"
        raise _no_store(reason) from error
    try:
        with psycopg.connect(where.name, connect_timeout=10) as connection:
            found = connection.execute("SELECT to_regclass('oc_meta') IS NOT NULL").fetchone()
    except psycopg.Error as error:
        raise PortUnavailable("store", f"{where}: {error}") from error
    if found is None or not found[0]:
        raise _no_store(f"{where} is a database that holds no store in its search path")
    return PostgresStore(where.name, connections_max=2)


def _no_store(reason: str) -> Rejected:
    return Rejected(
        "no_store", reason, legal=("a file written by SQLiteStore", "the URL of a PostgresStore")
    )
