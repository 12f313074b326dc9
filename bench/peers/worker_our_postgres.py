"""
Reservations and appends by ordercore's PostgreSQL store, for the runs beside plain psycopg.

One commit a reservation: the hold with its guard, the receipt of the command, the balance; one
commit an append: an event, its stream's version, the receipt. Everything is written against the
port of a store; :func:`open_store` alone knows how a fresh one is made, and how it is opened so
that it coalesces or keeps sub-counters.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import psycopg

from bench.peers.callers import in_flight
from bench.peers.equal_life import PLACES
from bench.peers.line_protocol import Life, serve
from ordercore import Actor, ActorKind, ReceiveStock, RecordDelivery, stores
from ordercore.errors import Rejected
from ordercore.fulfillment import PackageDelivered
from ordercore.ids import CommandId, OrderId, PackageId, PlaceId, Sku, StreamId, TenantId
from ordercore.inventory import available_account, outside_account, reserved_account
from ordercore.ledger import Pend, Post
from ordercore.orders import ReserveCart
from ordercore.parties import Destination
from ordercore.ports import Commit, Receipt, Store

__all__ = ["HOT_WAYS", "missing", "open_store"]

#: How hot stock is written: coalesced within the process, or by sub-counters of uncoordinated ones.
HOT_WAYS: Final = ("coalesced", "sub_counters")
CALLERS: Final = (1, 10, 40)
SCHEMA: Final = "ours"
TENANT: Final = TenantId("main")
ACTOR: Final = Actor(ActorKind.SYSTEM, "bench")
MUG: Final = Sku("MUG")
PLACE: Final = PlaceId(PLACES[0])
SOURCE: Final = available_account(MUG, PLACE)
TARGET: Final = reserved_account(MUG, PLACE)
RUNS: Final = count()


def missing() -> str:
    """Return why nothing can be measured here, or an empty text."""
    return "" if hasattr(stores, "PostgresStore") else "this version has no PostgreSQL store"


def open_store(dsn: str, way: str, *, fresh: bool = False) -> Store:
    """
    Open the store on a database, in a way of :data:`HOT_WAYS` or ``plain``; fresh: emptied first.

    """
    if fresh:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    store = stores.PostgresStore(dsn, schema=SCHEMA, connections_max=4)
    if way == "coalesced":
        return stores.GroupCommit(store, streams=False)
    if way == "sub_counters":
        store.split_account(TENANT, SOURCE)
    return store


def _commit(key: str, command: Any, at: datetime, **rest: Any) -> Commit:  # noqa: ANN401
    receipt: dict[str, Any] = rest.pop("receipt", {})
    return Commit(
        tenant=TENANT,
        receipt=Receipt(command_id=CommandId(key), command=command, at=at, **receipt),
        actor=ACTOR,
        **rest,
    )


def _prepare(stock: int, dsn: str) -> tuple[float, dict[str, int]]:
    store = open_store(dsn, "plain", fresh=True)
    at = datetime.now(UTC)
    step = Post("received", outside_account(MUG), SOURCE, stock, "receive", "receipt/1", at)
    store.commit(_commit("receive", ReceiveStock(place=PLACE, lines={"MUG": 1}), at, steps=(step,)))
    store.close()
    return 0.0, {}


def _audit(_: int, dsn: str) -> tuple[float, dict[str, int]]:
    """Say what lies there, what is reserved by the holds, and what by the balance."""
    store = open_store(dsn, "plain")
    balance = store.balances(TENANT, [SOURCE], datetime.now(UTC))[SOURCE]
    held = sum(pending.amount for pending in store.pendings(TENANT, source=SOURCE))
    store.close()
    return 0.0, {"stock": balance.posted, "reserved": balance.pending_out, "held": held}


def _hot(way: str, callers: int) -> Life:
    def life(milliseconds: int, dsn: str) -> tuple[float, dict[str, int]]:
        store = open_store(dsn, way)
        command = ReserveCart(
            cart_id="cart", currency="EUR", destination=Destination(country="DE"), lines={"MUG": 1}
        )

        def reserve(key: str) -> bool:
            at = datetime.now(UTC)
            step = Pend(
                f"{key}/stock-1", SOURCE, TARGET, 1, "reserve", f"cart/{key}", at,
                leave_at_least=0, expires_at=at + timedelta(minutes=15),
            )  # fmt: skip
            try:
                store.commit(_commit(key, command, at, steps=(step,)))
            except Rejected:
                return False
            return True

        try:
            return in_flight(callers, milliseconds, reserve, f"{os.getpid()}-{next(RUNS)}")
        finally:
            store.close()

    return life


def _append(milliseconds: int, dsn: str) -> tuple[float, dict[str, int]]:
    store = open_store(dsn, "plain")
    prefix, numbers = f"{os.getpid()}-{next(RUNS)}", count()
    package = PackageId("O-1/package-1")
    command = RecordDelivery(order_id=OrderId("O-1"), package_id=package)

    def append(key: str) -> bool:
        n, at = next(numbers), datetime.now(UTC)  # ten events a stream, as an order has
        version = n % 10
        event = PackageDelivered(package_id=package, occurred_at=at, status="delivered")
        stream = StreamId(f"order/{prefix}-{n // 10}")
        written = {"stream": stream, "from_version": version, "to_version": version + 1}
        store.commit(_commit(key, command, at, receipt=written, events=(event,)))
        return True

    try:
        return in_flight(1, milliseconds, append, prefix)
    finally:
        store.close()


WAYS: Final[dict[str, Callable[[int, str], tuple[float, dict[str, int]]]]] = {
    "prepare": _prepare,
    "audit": _audit,
    "append": _append,
    **{f"{way}-{callers}": _hot(way, callers) for way in HOT_WAYS for callers in CALLERS},
}

if __name__ == "__main__":
    serve((), WAYS)
