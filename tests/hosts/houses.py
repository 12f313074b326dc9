"""
Hosts with a database that is theirs: a table of notes, a shop beside it, transactions of their own.

A host speaks blocking code here whatever its engine is; an asynchronous one is driven by a loop.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from os import getpid
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from ordercore import (
    AsyncEngine,
    AsyncPostgresStore,
    Destination,
    Engine,
    LineRequest,
    Place,
    PlaceOrder,
    PostgresStore,
    Prepared,
    Product,
    ReceiveStock,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
    Submitted,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate
from ordercore.grammar import Command
from ordercore.ports import AsyncEffectRunner, EffectRunner
from ordercore.testing import FakeCarrier, FakePaymentGateway, FakeTax, VirtualClock

__all__ = ["AT", "House", "PostgresHouse", "SQLiteHouse", "Undone", "engine_over", "order"]

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOME = Destination(country="DE", postal_area="10")
_NUMBERS = count(1)


class Undone(Exception):
    """What a host raises that wants its transaction rolled back."""


class Forbidden(Exception):
    """A port was called where none may be."""


class Guarded:
    """A port that can be forbidden to be called."""

    def __init__(self, port: Any) -> None:
        self.port = port
        self.forbidden = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.port, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            if self.forbidden:
                raise Forbidden(name)
            return found(*args, **kwargs)

        return call


class Ports:
    """What stands around a shop, forbidden or not."""

    def __init__(self) -> None:
        self.clock = VirtualClock(AT)
        self.payments = FakePaymentGateway(self.clock)
        rate = ShippingRate(place="berlin", package_minor=400)
        self.guarded: dict[str, Any] = {
            "catalog": Guarded(StaticCatalog([Product(sku="MUG", name="Mug")])),
            "places": Guarded(StaticPlaces([Place(id="berlin", name="Berlin")])),
            "payments": Guarded(self.payments),
            "tax": Guarded(FakeTax({})),
            "carrier": Guarded(FakeCarrier({"berlin": rate})),
        }

    @contextmanager
    def forbidden(self) -> Iterator[None]:
        for port in self.guarded.values():
            port.forbidden = True
        yield
        for port in self.guarded.values():
            port.forbidden = False


def engine_over(store: Any, ports: Ports, **more: Any) -> Engine:
    return Engine(store=store, clock=ports.clock, **ports.guarded, **more)


def order(order_id: str, quantity: int = 1) -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id,
        currency="EUR",
        destination=HOME,
        lines=(LineRequest(sku="MUG", quantity=quantity, unit_price=UnitPrice(1000)),),
        tenders=(Tender(method="card", token_ref="vault:1"),),
    )


class House(Protocol):
    """A host, its database and its shop."""

    ports: Ports
    engine: Engine
    """Works in blocking code over the same store, whatever the host's engine is."""

    def prepare(self, command: Command, **more: Any) -> Prepared: ...

    def transaction(self) -> Any:
        """Open a transaction of the host's: what is given can be asked to note, read and submit."""
        ...

    def notes(self) -> list[str]: ...

    def close(self) -> None: ...


#: Rows of dictionaries, as a host may have them: to the driver's types they are none of its own.
connect: Any = psycopg.connect
connect_async: Any = psycopg.AsyncConnection.connect


def stocked(house: House, quantity: int = 5) -> House:
    house.engine.submit(ReceiveStock(place="berlin", lines={"MUG": quantity}))
    return house


class SQLiteHouse:
    def __init__(self, path: Path, runner: EffectRunner | None = None) -> None:
        self.path, self.ports = path, Ports()
        self.store = SQLiteStore(path, durability="normal", runner=runner, lock_timeout_ms=2_000)
        self.engine = engine_over(self.store, self.ports)
        with self.connected() as connection:
            connection.execute("CREATE TABLE notes (text TEXT NOT NULL)")

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.row_factory = sqlite3.Row  # a host has its own ways
        try:
            yield connection
        finally:
            connection.close()

    def prepare(self, command: Command, **more: Any) -> Prepared:
        return self.engine.prepare(command, **more)

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        with self.connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(connection, self.engine.submit_joined)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def notes(self) -> list[str]:
        with self.connected() as connection:
            return [row["text"] for row in connection.execute("SELECT text FROM notes")]

    def close(self) -> None:
        self.store.close()


class PostgresHouse:
    def __init__(
        self,
        dsn: str,
        *,
        awaited: bool = False,
        runner: EffectRunner | None = None,
        async_runner: AsyncEffectRunner | None = None,
    ) -> None:
        self.dsn, self.ports = dsn, Ports()
        self.runner: object = runner
        self.schema = f"oc_house_{getpid()}_{next(_NUMBERS)}"
        self.store = PostgresStore(dsn, schema=self.schema, runner=runner)
        self.engine = engine_over(self.store, self.ports)
        self.loop = asyncio.new_event_loop() if awaited else None
        self.awaited_store = AsyncPostgresStore(dsn, schema=self.schema, runner=async_runner)
        self.awaited = AsyncEngine(
            store=self.awaited_store, clock=self.ports.clock, **self.ports.guarded
        )
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS oc_house_notes (house text, text text)")

    def prepare(self, command: Command, **more: Any) -> Prepared:
        if self.loop is None:
            return self.engine.prepare(command, **more)
        return self.loop.run_until_complete(self.awaited.prepare(command, **more))

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        if self.loop is None:
            with connect(self.dsn, row_factory=dict_row) as connection:
                yield Transaction(connection, self.engine.submit_joined, self.schema)
            return
        run = self.loop.run_until_complete
        link = run(connect_async(self.dsn, row_factory=dict_row))
        try:
            yield Transaction(
                _Blocking(link, run),
                lambda prepared, _: run(self.awaited.submit_joined(prepared, link)),
                self.schema,
            )
            run(link.commit())
        finally:
            run(link.close())

    def notes(self) -> list[str]:
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(
                "SELECT text FROM oc_house_notes WHERE house = %s", (self.schema,)
            )
            return [text for (text,) in rows]

    def close(self) -> None:
        self.store.close()
        if self.loop is not None:
            self.loop.run_until_complete(self.awaited_store.close())
            self.loop.close()
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f'DROP SCHEMA "{self.schema}" CASCADE'.encode())


class _Blocking:
    """An awaited connection, for a host that waits."""

    def __init__(self, connection: Any, run: Callable[[Any], Any]) -> None:
        self._connection, self._run = connection, run

    def execute(self, *args: Any) -> Any:
        return self._run(self._connection.execute(*args))


class Transaction:
    """A host's transaction."""

    def __init__(
        self,
        connection: Any,
        submit: Callable[[Prepared, Any], Submitted],
        house: str | None = None,
    ) -> None:
        self.connection, self._submit, self._house = connection, submit, house

    def note(self, text: str) -> None:
        if self._house is None:
            self.connection.execute("INSERT INTO notes VALUES (?)", (text,))
        else:
            self.connection.execute(
                "INSERT INTO oc_house_notes VALUES (%s, %s)", (self._house, text)
            )

    def submit(self, prepared: Prepared) -> Submitted:
        return self._submit(prepared, self.connection)
