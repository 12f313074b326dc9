"""
The reconciliation: what the store holds against what the source says.

Every total is computed anew from the orders in the store, one order at a time; no counter that was
kept on the way is trusted. Anomalies are those that were noted beside the orders and those that
the orders themselves keep.
"""

from collections import Counter
from typing import Final, TypedDict

from examples.marketplace_replay.journal import Journal
from examples.marketplace_replay.progress import Progress
from ordercore import Engine
from ordercore.engine import Verification
from ordercore.orders import balance
from ordercore.totals import ComponentKind
from ordercore.views import PublicStatus, public_status

__all__ = ["Reconciliation", "reconcile"]

#: What a buyer should read, by the status that the source recorded. The shop releases at once, so
#: nothing waits for payment; an unavailable order waits for somebody to decide.
EXPECTED: Final = {
    "created": PublicStatus.PROCESSING,
    "approved": PublicStatus.PROCESSING,
    "invoiced": PublicStatus.PROCESSING,
    "processing": PublicStatus.PROCESSING,
    "unavailable": PublicStatus.PROCESSING,
    "shipped": PublicStatus.SHIPPED,
    "delivered": PublicStatus.DELIVERED,
    "canceled": PublicStatus.CANCELED,
}


class Reconciliation(TypedDict):
    """
    The result of a replay, as it is printed.

    """

    orders: int
    placed: int
    not_placed: dict[str, int]
    facts: int
    anomalies: dict[str, int]
    status_differs: dict[str, int]
    settlements: dict[str, int]
    items_total_minor: int
    source_items_total_minor: int
    freight_total_minor: int
    source_freight_total_minor: int
    payments_total_minor: int
    source_payments_total_minor: int
    payments_in_orders_minor: int
    payments_without_order_minor: int
    refunds_total_minor: int
    ledger_balanced: bool
    leaks: int
    waiting: int
    reconciled: bool
    orders_per_s: float


def reconcile(engine: Engine, journal: Journal) -> tuple[Reconciliation, Verification]:
    """
    Compare the store with the source. Cost: reads the whole store twice.

    """
    totals: Counter[str] = Counter()
    differs: Counter[str] = Counter()
    settlements: Counter[str] = Counter()
    anomalies = Counter(journal.counts("anomalies"))
    orders = journal.total("orders")
    not_placed = journal.counts("not_placed")
    progress = Progress("reconcile", orders - sum(not_placed.values()))
    for order_id in engine.order_ids():
        order = engine.order(order_id)
        totals["placed"] += 1
        for line in order.totals.lines:
            for component in line.components:
                totals[component.kind] += component.amount_minor
        totals["paid"] += order.payments.captured_minor
        totals["refunded"] += order.payments.refunded_minor
        settlements[balance(order).settlement] += 1
        anomalies.update(anomaly.kind for anomaly in order.anomalies)
        recorded, public = journal.recorded_status(order_id), public_status(order)
        if EXPECTED[recorded] is not public:
            differs[f"{recorded} is {public}"] += 1
        progress.at(totals["placed"])
    progress.end()
    audit = engine.verify()
    parked = journal.total("parked")
    elapsed_s = max(float(journal.get("elapsed_s", "0")), 1e-6)
    result = Reconciliation(
        orders=orders,
        placed=totals["placed"],
        not_placed=not_placed,
        facts=journal.total("facts"),
        anomalies=_sorted(anomalies),
        status_differs=_sorted(differs),
        settlements=_sorted(settlements),
        items_total_minor=totals[ComponentKind.GOODS],
        source_items_total_minor=journal.total("items"),
        freight_total_minor=totals[ComponentKind.SHIPPING],
        source_freight_total_minor=journal.total("freight"),
        payments_total_minor=totals["paid"] + parked,
        source_payments_total_minor=journal.total("payments"),
        payments_in_orders_minor=totals["paid"],
        payments_without_order_minor=parked,
        refunds_total_minor=totals["refunded"],
        ledger_balanced=audit.balanced,
        leaks=len(audit.leaks),
        waiting=len(audit.waiting),
        reconciled=False,
        orders_per_s=round(orders / elapsed_s, 1),
    )
    result["reconciled"] = _agrees(result)
    return result, audit


def _agrees(result: Reconciliation) -> bool:
    return (
        result["items_total_minor"] == result["source_items_total_minor"]
        and result["freight_total_minor"] == result["source_freight_total_minor"]
        and result["payments_total_minor"] == result["source_payments_total_minor"]
        and result["placed"] + sum(result["not_placed"].values()) == result["orders"]
        and result["ledger_balanced"]
        and not result["leaks"]
    )


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return {str(kind): counts[kind] for kind in sorted(counts)}
