"""
Plain psycopg writers: what a careful author writes without ordercore.

**Reserve**: one transaction that locks the balance of a hot SKU (``SELECT ... FOR UPDATE``), checks
it, writes the same rows as ordercore does for a reservation (the transfer, the hold, the receipt of
the command) and updates the balance. As many callers as asked for share a pool of connections;
pools of different sizes are different ways, and the quickest counts for the peer.

**Append**: one transaction of a statement a table, that keeps the same facts as ordercore: the
event with who did it, the version of its stream, which is compared, and the receipt of the command,
so that a repeat is found; **append, narrow**: the event and the version alone, as a program does
that can't tell a repeat, nor who acted.

Statements are prepared by psycopg after a few uses. The tables have fewer indexes than ordercore's:
the primary keys, one to find holds by, and one to read new events by.
"""

# pyright: reportMissingImports=false

import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import psycopg

from bench.peers.callers import in_flight
from bench.peers.line_protocol import Life, serve

__all__: list[str] = []

SOURCE: Final = "promise|available|MUG|place-0|"
TARGET: Final = "promise|reserved|MUG|place-0|"
POOLS: Final = (1, 4)
CALLERS: Final = (1, 10, 40)
TABLES: Final = """
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
CREATE TABLE peer.transfers (
    tenant text NOT NULL, id text NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY,
    recorded_at bigint NOT NULL, kind text NOT NULL, source text NOT NULL, target text NOT NULL,
    amount bigint NOT NULL, leave_at_least bigint, expires_at bigint, reason text, reference text,
    occurred_at bigint NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE peer.pendings (
    tenant text NOT NULL, id text NOT NULL, made bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL, target text NOT NULL, amount bigint NOT NULL CHECK (amount > 0),
    reference text NOT NULL, expires_at bigint, promised_at bigint NOT NULL,
    PRIMARY KEY (tenant, id));
CREATE INDEX pendings_source ON peer.pendings (tenant, source, expires_at, id);
CREATE TABLE peer.receipts (
    tenant text NOT NULL, command_id text NOT NULL, recorded_at bigint NOT NULL,
    stream text, from_version bigint NOT NULL DEFAULT 0, to_version bigint NOT NULL DEFAULT 0,
    command_name text NOT NULL, command text NOT NULL, reply_name text, reply text, rejected text,
    PRIMARY KEY (tenant, command_id));
CREATE TABLE peer.balances (
    tenant text NOT NULL, account text NOT NULL, posted bigint NOT NULL,
    pending_out bigint NOT NULL CHECK (pending_out >= 0),
    PRIMARY KEY (tenant, account)) WITH (fillfactor = 50);
CREATE TABLE peer.streams (
    tenant text NOT NULL, stream text NOT NULL, version bigint NOT NULL, not_before bigint,
    waits bigint NOT NULL DEFAULT 0, PRIMARY KEY (tenant, stream)) WITH (fillfactor = 80);
CREATE TABLE peer.events (
    tenant text NOT NULL, stream text NOT NULL, version bigint NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY, recorded_at bigint NOT NULL, command_id text NOT NULL,
    actor_kind text, actor_id text, on_behalf_of text, name text NOT NULL, body text NOT NULL,
    PRIMARY KEY (tenant, stream, version));
CREATE INDEX events_seq ON peer.events (tenant, seq);
"""
BODY: Final = '{"carrier":"post","package_id":"O-1/package-1","tracking":"O-1","occurred_at":null}'


class Pool:
    """A few connections that callers take in turns."""

    def __init__(self, dsn: str, size: int) -> None:
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(psycopg.connect(dsn, autocommit=True))
        self._size = size

    @contextmanager
    def lent(self) -> Iterator[Any]:
        connection = self._idle.get()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        for _ in range(self._size):
            self._idle.get().close()


def _now_us() -> int:
    return time.time_ns() // 1_000


def _reserve(pool: Pool, key: str) -> bool:
    with pool.lent() as connection, connection.transaction():
        at = _now_us()
        posted, pending = connection.execute(
            "SELECT posted, pending_out FROM peer.balances WHERE tenant = %s AND account = %s"
            " FOR UPDATE",
            ("main", SOURCE),
        ).fetchone()
        if posted - pending < 1:
            return False
        connection.execute(
            "INSERT INTO peer.transfers (tenant, id, recorded_at, kind, source, target, amount,"
            " leave_at_least, expires_at, reason, reference, occurred_at)"
            " VALUES (%s, %s, %s, 'pend', %s, %s, 1, 0, %s, 'reserve', %s, %s)",
            ("main", f"{key}/stock-1", at, SOURCE, TARGET, at + 900_000_000, f"cart/{key}", at),
        )
        connection.execute(
            "INSERT INTO peer.pendings (tenant, id, source, target, amount, reference, expires_at,"
            " promised_at) VALUES (%s, %s, %s, %s, 1, %s, %s, %s)",
            ("main", f"{key}/stock-1", SOURCE, TARGET, f"cart/{key}", at + 900_000_000, at),
        )
        connection.execute(
            "INSERT INTO peer.receipts (tenant, command_id, recorded_at, command_name, command)"
            " VALUES (%s, %s, %s, 'reserve', %s)",
            ("main", key, at, BODY),
        )
        connection.execute(
            "UPDATE peer.balances SET pending_out = pending_out + 1"
            " WHERE tenant = %s AND account = %s",
            ("main", SOURCE),
        )
        return True


def _append_narrow(connection: Any, stream: str, version: int) -> None:  # noqa: ANN401
    with connection.transaction():
        moved = connection.execute(
            "INSERT INTO peer.streams AS s (tenant, stream, version) VALUES (%s, %s, %s)"
            " ON CONFLICT (tenant, stream) DO UPDATE SET version = excluded.version"
            " WHERE s.version = excluded.version - 1",
            ("main", stream, version),
        )
        assert moved.rowcount == 1
        connection.execute(
            "INSERT INTO peer.events (tenant, stream, version, recorded_at, command_id, name, body)"
            " VALUES (%s, %s, %s, %s, %s, 'package-shipped', %s)",
            ("main", stream, version, _now_us(), f"{stream}-{version}", BODY),
        )


def _append(connection: Any, stream: str, version: int) -> None:  # noqa: ANN401
    at, key = _now_us(), f"{stream}-{version}"
    with connection.transaction():
        moved = connection.execute(
            "INSERT INTO peer.streams AS s (tenant, stream, version, not_before, waits)"
            " VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (tenant, stream) DO UPDATE SET version = excluded.version,"
            " not_before = excluded.not_before, waits = excluded.waits"
            " WHERE s.version = excluded.version - 1",
            ("main", stream, version, None, 0),
        )
        assert moved.rowcount == 1
        connection.execute(
            "INSERT INTO peer.events (tenant, stream, version, recorded_at, command_id, actor_kind,"
            " actor_id, on_behalf_of, name, body) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            ("main", stream, version, at, key, "system", "bench", None, "package-delivered", BODY),
        )
        connection.execute(
            "INSERT INTO peer.receipts (tenant, command_id, recorded_at, stream, from_version,"
            " to_version, command_name, command, reply_name, reply, rejected)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            ("main", key, at, stream, version - 1, version, "ship", BODY, None, None, None),
        )


RUNS: Final = count()


def _prepare(stock: int, dsn: str) -> tuple[float, dict[str, int]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(TABLES)
        connection.execute("INSERT INTO peer.balances VALUES ('main', %s, %s, 0)", (SOURCE, stock))
    return 0.0, {}


def _audit(_: int, dsn: str) -> tuple[float, dict[str, int]]:
    """Say what lies there, what is reserved by the rows, and what by the balance."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT posted, pending_out FROM peer.balances").fetchone()
        held = connection.execute("SELECT sum(amount), count(*) FROM peer.pendings").fetchone()
        assert row is not None
        assert held is not None
    return 0.0, {"stock": row[0], "reserved": row[1], "held": int(held[0] or 0)}


def _hot(pool_size: int, callers: int) -> Life:
    def life(milliseconds: int, dsn: str) -> tuple[float, dict[str, int]]:
        pool = Pool(dsn, min(pool_size, callers))
        try:
            reserve: Callable[[str], bool] = lambda key: _reserve(pool, key)  # noqa: E731
            return in_flight(callers, milliseconds, reserve, f"{os.getpid()}-{next(RUNS)}")
        finally:
            pool.close()

    return life


def _appending(append: Callable[[Any, str, int], None]) -> Life:
    def life(milliseconds: int, dsn: str) -> tuple[float, dict[str, int]]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            prefix = f"{os.getpid()}-{next(RUNS)}"
            numbers = count()

            def act(_: str) -> bool:
                n = next(numbers)  # ten events a stream, as an order has
                append(connection, f"order/{prefix}-{n // 10}", n % 10 + 1)
                return True

            return in_flight(1, milliseconds, act, prefix)

    return life


if __name__ == "__main__":
    serve(
        ("psycopg",),
        {
            "prepare": _prepare,
            "audit": _audit,
            "append": _appending(_append),
            "append-narrow": _appending(_append_narrow),
            **{
                f"hot-{callers}-pool-{size}": _hot(size, callers)
                for callers in CALLERS
                for size in POOLS
            },
        },
    )
