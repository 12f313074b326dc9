"""
A backup that is taken while a shop sells holds all that was acknowledged before, and goes on.
"""

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol, Self

import psycopg
import pytest

from ordercore import PostgresStore, Rejected, SQLiteStore
from tests.engine.test_promises import Shop, order
from tests.postgres import QUICK, own_server, wheel_binaries

SCHEMA = "shop"
#: How many orders the backup has at least, and how many are sold after it.
BEFORE, AFTER = 20, 5
#: How often a backup is taken anew that was through before anything was sold.
TRIES = 200


class Kept(Protocol):
    """A place where a shop is kept, with the means of its database."""

    def store(self) -> SQLiteStore | PostgresStore: ...

    def back_up(self) -> None: ...

    def restored(self) -> SQLiteStore | PostgresStore: ...


class InFile:
    """A SQLite file."""

    def __init__(self, folder: Path) -> None:
        self._file, self._copy = folder / "shop.db", folder / "backup.db"

    def store(self) -> SQLiteStore:
        return SQLiteStore(self._file, durability="normal")

    def back_up(self) -> None:
        self._copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(self._file)) as running:
            running.execute(f"VACUUM INTO '{self._copy}'")

    def restored(self) -> SQLiteStore:
        return SQLiteStore(self._copy)


class InDatabase:
    """A schema of a PostgreSQL database, beside which the host has tables of its own."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self._dsn, self._dump = dsn, folder / "shop.dump"

    def store(self) -> PostgresStore:
        return PostgresStore(self._dsn, schema=SCHEMA)

    def back_up(self) -> None:
        self._run("pg_dump", "--format=custom", f"--schema={SCHEMA}", f"--file={self._dump}")

    def restored(self) -> PostgresStore:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute("CREATE DATABASE restored")
        self._run("pg_restore", "--exit-on-error", "--single-transaction", str(self._dump))
        return PostgresStore(f"{self._dsn} dbname=restored", schema=SCHEMA)

    def _run(self, program: str, *arguments: str) -> None:
        where = f"{self._dsn} dbname=restored" if program == "pg_restore" else self._dsn
        subprocess.run(
            [wheel_binaries() / program, *arguments, f"--dbname={where}"],
            check=True,
            capture_output=True,
            text=True,
        )


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    if request.param == "sqlite":
        yield InFile(tmp_path)
        return
    server = own_server(*QUICK)
    try:
        yield InDatabase(tmp_path, server.dsn)
    finally:
        server.stop()


class Till:
    """Sells one order after the other in a thread, and notes what was acknowledged."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._thread = threading.Thread(target=self._sell)
        self._closing = threading.Event()
        self._sold = threading.Condition()
        self.acknowledged: list[str] = []
        self.failure: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(timeout=60)

    def wait_for(self, number: int) -> None:
        with self._sold:
            enough = self._sold.wait_for(lambda: len(self.acknowledged) >= number, timeout=60)
        assert enough, self.failure

    def _sell(self) -> None:
        try:
            for n in range(100_000):
                if self._closing.is_set():
                    return
                self._shop.engine.submit(order(f"O-{n}"), key=f"place-{n}")
                with self._sold:
                    self.acknowledged.append(f"O-{n}")
                    self._sold.notify()
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            self.failure = error


def backed_up_under_load(kept: Kept, till: Till) -> list[str]:
    """Take a backup while something is sold; return what was acknowledged before it was begun."""
    for _ in range(TRIES):
        before = list(till.acknowledged)
        kept.back_up()
        if len(till.acknowledged) > len(before):
            return before
    raise AssertionError(f"in {TRIES} backups nothing was sold: {till.failure}")


def test_a_backup_under_load_holds_what_was_acknowledged_and_its_shop_goes_on(kept: Kept) -> None:
    running = kept.store()
    shop = Shop(running).stocked(MUG=100_000)
    with Till(shop) as till:
        till.wait_for(BEFORE)
        before = backed_up_under_load(kept, till)
        till.wait_for(len(till.acknowledged) + AFTER)
    assert till.failure is None

    copy = kept.restored()
    restored = shop.another_engine(copy)
    found = [stream.partition("/")[2] for stream in copy.streams(restored.tenant)]
    assert set(before) <= {*found} <= {*till.acknowledged}
    assert all(restored.submit(order(o), key=o.replace("O-", "place-")).repeated for o in before)
    audit = restored.verify()
    assert (audit.trial_balance, audit.differences, audit.leaks, audit.waiting) == ((),) * 4
    positions = [recorded.position for recorded in copy.feed(restored.tenant, 0, 1_000_000)]
    assert positions == [*range(1, len(positions) + 1)]

    # What was under way at that moment is asked again, under its key.
    shop.clock.advance(minutes=10)
    while restored.run_pending():
        pass
    assert {restored.order(order_id).status for order_id in found} == {"released"}
    assert {*shop.payments.actions.values()} == {1}
    assert not restored.submit(order("O-new"), key="place-new").repeated
    assert restored.order("O-new").status == "released"
    with pytest.raises(Rejected, match="unknown_order"):
        restored.order(till.acknowledged[-1])
    assert str(restored.verify()).endswith("balanced, no leaks")
    assert str(shop.engine.verify()).endswith("balanced, no leaks"), "the one that runs is unharmed"
    copy.close()
    running.close()
