"""
Looking into a store from outside: the audit, an order's timeline, the stock book.

A store is only opened where there is one; a mistyped name never makes a new file, and a database
of somebody else is left as it is.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import attrs

from ordercore.cli._books import stock_rows, stock_table, trial_rows, trial_table
from ordercore.cli._dead_letters import all_letters, letters_data, tell_letters
from ordercore.cli._narrator import Mark, Narrator
from ordercore.cli._why import why_available, why_data, why_table
from ordercore.cli._words import counted
from ordercore.engine import verify
from ordercore.errors import Rejected
from ordercore.ids import TenantId, order_stream
from ordercore.instants import format_instant
from ordercore.ports import Store
from ordercore.stores import SQLiteStore
from ordercore.views import timeline

__all__ = [
    "Report",
    "report_dead_letters",
    "report_stock",
    "report_timeline",
    "report_verification",
    "report_why",
]

#: How many orders are named to somebody who asked for one that is not there.
_NAMED_MAX: Final = 5


@attrs.frozen
class Report:
    """
    What a machine is told, and whether all is well.

    """

    data: object
    well: bool = True


def report_verification(path: Path, tenant: str, tell: Narrator) -> Report:
    """
    Recompute everything that a store keeps and name every difference and leak.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``.
        InvalidData: A newer ordercore has written it.
    """
    with _opened(path, tenant) as (store, whose):
        found = verify(store, whose)
        tell.title(str(path), f"The audit of {_whose(whose)}.")
        tell.table(trial_table(trial_rows(store, whose)))
    problems = (*found.trial_balance, *found.differences, *found.leaks)
    for problem in problems:
        tell.note(Mark.REFUSED, problem)
    for request in found.waiting:
        tell.note(Mark.OPEN, request)
    if not problems:
        tell.note(
            Mark.DONE,
            f"{counted(found.orders, 'order')}, {counted(found.steps, 'ledger step')}: "
            "balanced, no leaks",
        )
    data = {
        "orders": found.orders,
        "steps": found.steps,
        "balanced": found.balanced,
        "trial_balance": found.trial_balance,
        "differences": found.differences,
        "leaks": found.leaks,
        "waiting": found.waiting,
    }
    return Report(data, not problems)


def report_timeline(path: Path, tenant: str, order_id: str, tell: Narrator) -> Report:
    """
    Tell an order's history.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``, ``unknown_order``.
        InvalidData: A newer ordercore has written it.
    """
    with _opened(path, tenant) as (store, whose):
        history = store.load(whose, order_stream(order_id))
        if not history:
            raise _unknown_order(path, store, whose, order_id)
        entries = timeline(history)
    tell.title(f"Order {order_id}", f"Its history, times in UTC, from {path}.")
    tell.timeline(order_id, entries)
    return Report(
        [
            {
                "at": format_instant(entry.at),
                "version": entry.version,
                "actor": f"{entry.actor.kind}/{entry.actor.id}",
                "text": entry.text,
                "why": list(entry.why),
            }
            for entry in entries
        ]
    )


def report_dead_letters(path: Path, tenant: str, tell: Narrator) -> Report:
    """
    Show what waits for a person; well is only a store where nothing does.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``.
        InvalidData: A newer ordercore has written it.
    """
    with _opened(path, tenant) as (store, whose):
        letters = all_letters(store, whose)
    tell.title(str(path), f"What waits for a person at {_whose(whose)}.")
    if letters:
        tell_letters(letters, tell)
    else:
        tell.note(Mark.DONE, "Nothing waits for a person.")
    return Report(letters_data(letters), not letters)


def report_stock(path: Path, tenant: str, tell: Narrator) -> Report:
    """
    Show the stock book as of now.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``.
        InvalidData: A newer ordercore has written it.
    """
    with _opened(path, tenant) as (store, whose):
        rows = stock_rows(store, whose, datetime.now(UTC))
    tell.title(str(path), f"The stock of {_whose(whose)}, in units.")
    if rows:
        tell.table(stock_table(rows))
    else:
        tell.say("There has never been any.")
    return Report(
        [
            {
                "sku": row.level.sku,
                "place": row.level.place,
                "on_hand": row.level.on_hand,
                "reserved": row.level.reserved,
                "allocated": row.level.allocated,
                "available": row.level.available,
                **{bucket.value: units for bucket, units in row.aside},
            }
            for row in rows
        ]
    )


def report_why(path: Path, tenant: str, asked: str, tell: Narrator) -> Report:
    """
    Show the statement of what is available of a SKU at a place, ``SKU@PLACE``.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``, ``unknown_stock``.
        InvalidData: A newer ordercore has written it.
    """
    with _opened(path, tenant) as (store, whose):
        sku, place, lines = why_available(store, whose, asked)
    tell.title(f"{sku} at {place}", f"What made it available or took it, from {path}.")
    tell.table(why_table(lines))
    return Report(why_data(lines))


@contextmanager
def _opened(path: Path, tenant: str) -> Generator[tuple[SQLiteStore, TenantId], None, None]:
    _require_store(path)
    store = SQLiteStore(path)
    try:
        known = store.tenants()
        if known and tenant not in known:
            raise Rejected(
                "unknown_tenant",
                f"there is no tenant {tenant!r} in {path}",
                data={"tenant": tenant},
                legal=tuple(sorted(known)[:_NAMED_MAX]),
            )
        yield store, TenantId(tenant)
    finally:
        store.close()


def _require_store(path: Path) -> None:
    """
    Refuse what is no store before it is opened as one.

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


def _no_store(reason: str) -> Rejected:
    return Rejected("no_store", reason, legal=("a file written by SQLiteStore",))


def _unknown_order(path: Path, store: Store, tenant: TenantId, order_id: str) -> Rejected:
    streams = islice(store.streams(tenant), _NAMED_MAX)
    return Rejected(
        "unknown_order",
        f"there is no order {order_id!r} in {path}",
        data={"order": order_id},
        legal=tuple(stream.partition("/")[2] for stream in streams),
    )


def _whose(tenant: TenantId) -> str:
    return f"tenant {tenant}"
