"""
Looking into a store from outside: the audit, an order's timeline, the stock book.

"""

from datetime import UTC, datetime
from itertools import islice

import attrs

from ordercore.cli._books import stock_rows, stock_table, trial_rows, trial_table
from ordercore.cli._narrator import Mark, Narrator
from ordercore.cli._opening import NAMED_MAX, Where, opened
from ordercore.cli._why import why_available, why_data, why_table
from ordercore.cli._words import counted
from ordercore.engine import verify
from ordercore.errors import Rejected
from ordercore.ids import TenantId, order_stream
from ordercore.instants import format_instant
from ordercore.ports import Store
from ordercore.views import timeline

__all__ = ["Report", "report_stock", "report_timeline", "report_verification", "report_why"]


@attrs.frozen
class Report:
    """
    What a machine is told, and whether all is well.

    """

    data: object
    well: bool = True


def report_verification(where: Where, tenant: str, tell: Narrator) -> Report:
    """
    Recompute everything that a store keeps and name every difference and leak.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``.
        InvalidData: A newer ordercore has written it.
    """
    with opened(where, tenant) as (store, whose):
        found = verify(store, whose)
        tell.title(str(where), f"The audit of {_whose(whose)}.")
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


def report_timeline(where: Where, tenant: str, order_id: str, tell: Narrator) -> Report:
    """
    Tell an order's history.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``, ``unknown_order``.
        InvalidData: A newer ordercore has written it.
    """
    with opened(where, tenant) as (store, whose):
        history = store.load(whose, order_stream(order_id))
        if not history:
            raise _unknown_order(where, store, whose, order_id)
        entries = timeline(history)
    tell.title(f"Order {order_id}", f"Its history, times in UTC, from {where}.")
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


def report_stock(where: Where, tenant: str, tell: Narrator) -> Report:
    """
    Show the stock book as of now.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``.
        InvalidData: A newer ordercore has written it.
    """
    with opened(where, tenant) as (store, whose):
        rows = stock_rows(store, whose, datetime.now(UTC))
    tell.title(str(where), f"The stock of {_whose(whose)}, in units.")
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


def report_why(where: Where, tenant: str, asked: str, tell: Narrator) -> Report:
    """
    Show the statement of what is available of a SKU at a place, ``SKU@PLACE``.

    Raises:
        Rejected: ``no_store``, ``unknown_tenant``, ``unknown_stock``.
        InvalidData: A newer ordercore has written it.
    """
    with opened(where, tenant) as (store, whose):
        sku, place, lines = why_available(store, whose, asked)
    tell.title(f"{sku} at {place}", f"What made it available or took it, from {where}.")
    tell.table(why_table(lines))
    return Report(why_data(lines))


def _unknown_order(where: Where, store: Store, tenant: TenantId, order_id: str) -> Rejected:
    streams = islice(store.streams(tenant), NAMED_MAX)
    return Rejected(
        "unknown_order",
        f"there is no order {order_id!r} in {where}",
        data={"order": order_id},
        legal=tuple(stream.partition("/")[2] for stream in streams),
    )


def _whose(tenant: TenantId) -> str:
    return f"tenant {tenant}"
