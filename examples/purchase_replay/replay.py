"""
The replay: purchase orders are opened, received and closed at their own times, then compared.

"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from enum import IntEnum
from time import perf_counter
from typing import Final, NamedTuple, TypedDict

from examples.purchase_replay.source import LineRow, PurchaseRow, SourceStatus
from ordercore import (
    ClosePurchase,
    Engine,
    OpenPurchase,
    Place,
    Product,
    PurchaseLineRequest,
    ReceivedLine,
    ReceivePurchase,
    StaticCatalog,
    StaticPlaces,
)
from ordercore.grammar import Command
from ordercore.ids import LineId, TenantId
from ordercore.instants import Instant
from ordercore.inventory import Bucket, bucket_account
from ordercore.inventory.documents import PURCHASES, PurchaseOpened
from ordercore.ports import Store
from ordercore.testing import FakeCarrier, FakePaymentGateway, NoTax

__all__ = ["DOCK", "Comparison", "replay"]

#: The one place; the source does not say where units came to lie.
DOCK: Final = "dock"

_ENDED: Final = frozenset({SourceStatus.COMPLETE, SourceStatus.REJECTED})
_LEGAL: Final = {
    True: frozenset({"closed"}),
    False: frozenset({"partly_received", "received"}),
}


class Comparison(TypedDict):
    """
    What came of the replay, beside the sums of the source.

    """

    purchases: int
    lines: int
    under_received_lines: int
    rejected_lines: int
    ordered_units: int
    received_units: int
    rejected_units: int
    stocked_units: int
    source_stocked_units: int
    on_hand_units: int
    in_quality_units: int
    statuses: dict[str, int]
    status_differs: int
    line_differs: int
    sku_differs: int
    books_agree: bool
    purchases_per_s: float
    reconciled: bool


class _Step(IntEnum):
    OPEN = 1
    RECEIVE = 2
    CLOSE = 3


class _Fact(NamedTuple):
    at: Instant
    step: _Step
    number: int
    row: PurchaseRow


class _Clock:
    """
    A clock that stands at the recorded time of the fact that is being told.

    """

    def __init__(self, now: Instant) -> None:
        self.now = now

    def __call__(self) -> Instant:
        return self.now


def replay(rows: tuple[PurchaseRow, ...], store: Store) -> tuple[Comparison, str]:
    """
    Tell a shop all purchase orders, and compare every line with the source.

    Returns:
        The comparison, and what the shop's own audit says.
    """
    facts = sorted(_facts(rows))
    clock = _Clock(facts[0].at)
    engine = Engine(
        store=store,
        catalog=StaticCatalog(
            Product(sku=sku, name=f"Product {sku}")
            for sku in sorted({line.sku for row in rows for line in row.lines})
        ),
        places=StaticPlaces([Place(id=DOCK, name="Dock")]),
        payments=FakePaymentGateway(clock),
        tax=NoTax(),
        carrier=FakeCarrier({}),
        clock=clock,
    )
    began = perf_counter()
    for fact in facts:
        clock.now = max(clock.now, fact.at)
        key = f"{fact.row.purchase_id}:{fact.step.name.lower()}"
        engine.submit(_command(fact), key=key, perform=False)
    seconds = perf_counter() - began
    audit = engine.verify()
    compared = _compare(engine, store, rows, len(rows) / seconds)
    compared["books_agree"] = audit.balanced and not audit.leaks
    compared["reconciled"] = compared["books_agree"] and not (
        compared["status_differs"] or compared["line_differs"] or compared["sku_differs"]
    )
    return compared, str(audit)


def _facts(rows: Iterable[PurchaseRow]) -> Iterable[_Fact]:
    for row in rows:
        number = int(row.purchase_id)
        came = max(row.shipped_at, row.ordered_at)
        yield _Fact(row.ordered_at, _Step.OPEN, number, row)
        yield _Fact(came, _Step.RECEIVE, number, row)
        if row.status in _ENDED:
            yield _Fact(came + timedelta(days=1), _Step.CLOSE, number, row)


def _command(fact: _Fact) -> Command:
    row = fact.row
    if fact.step is _Step.OPEN:
        return OpenPurchase(
            purchase_id=row.purchase_id,
            supplier=row.vendor,
            place=DOCK,
            lines=tuple(
                PurchaseLineRequest(
                    line_id=line.line_id, sku=line.sku, quantity=line.ordered, expected_on=line.due
                )
                for line in row.lines
            ),
        )
    if fact.step is _Step.CLOSE:
        return ClosePurchase(purchase_id=row.purchase_id, reason=row.status.name.lower())
    return ReceivePurchase(
        purchase_id=row.purchase_id,
        lines=tuple(
            ReceivedLine(line_id=line.line_id, received=line.received, rejected=line.rejected)
            for line in row.lines
            if line.received
        ),
    )


def _compare(
    engine: Engine, store: Store, rows: tuple[PurchaseRow, ...], per_s: float
) -> Comparison:
    statuses: Counter[str] = Counter()
    ordered = received = rejected = stocked = line_differs = status_differs = 0
    for row in rows:
        told = _told(engine, row)
        line_differs += sum(told.get(line.line_id) != line for line in row.lines)
        ordered += sum(line.ordered for line in told.values())
        received += sum(line.received for line in told.values())
        rejected += sum(line.rejected for line in told.values())
        stocked += sum(line.stocked for line in told.values())
        status = engine.state(row.purchase_id, of=PURCHASES).status
        statuses[f"{row.status.name.lower()} is {status}"] += 1
        status_differs += status not in _LEGAL[row.status in _ENDED]
    lines = [line for row in rows for line in row.lines]
    at = max(row.shipped_at for row in rows)
    shelves = _lying(store, lines, Bucket.ON_HAND, at)
    desks = _lying(store, lines, Bucket.QUALITY, at)
    return Comparison(
        purchases=len(rows),
        lines=len(lines),
        under_received_lines=sum(line.received < line.ordered for line in lines),
        rejected_lines=sum(line.rejected > 0 for line in lines),
        ordered_units=ordered,
        received_units=received,
        rejected_units=rejected,
        stocked_units=stocked,
        source_stocked_units=sum(line.stocked for line in lines),
        on_hand_units=shelves.total(),
        in_quality_units=desks.total(),
        statuses=dict(sorted(statuses.items())),
        status_differs=status_differs,
        line_differs=line_differs,
        sku_differs=sum(
            shelves[sku] != sum(line.stocked for line in of_sku)
            or desks[sku] != sum(line.rejected for line in of_sku)
            for sku, of_sku in _by_sku(lines).items()
        ),
        books_agree=False,
        purchases_per_s=round(per_s, 1),
        reconciled=False,
    )


def _told(engine: Engine, row: PurchaseRow) -> dict[str, LineRow]:
    """
    Return the lines of a purchase as the shop tells them; what was ordered, as it was at first.

    """
    opened = engine.history(row.purchase_id, of=PURCHASES)[0].event
    if not isinstance(opened, PurchaseOpened):
        return {}
    state = engine.state(row.purchase_id, of=PURCHASES)
    found: dict[str, LineRow] = {}
    for line in opened.lines:
        now = state.line(LineId(line.line_id))
        if now is not None:
            found[line.line_id] = LineRow(
                line_id=line.line_id,
                sku=line.sku,
                due=line.expected[0].day,
                ordered=sum(each.quantity for each in line.expected),
                received=now.received,
                rejected=now.rejected,
                stocked=now.stocked,
            )
    return found


def _by_sku(lines: Iterable[LineRow]) -> dict[str, list[LineRow]]:
    found: dict[str, list[LineRow]] = {}
    for line in lines:
        found.setdefault(line.sku, []).append(line)
    return found


def _lying(store: Store, lines: Iterable[LineRow], bucket: Bucket, at: Instant) -> Counter[str]:
    accounts = {bucket_account(bucket, line.sku, DOCK): line.sku for line in lines}
    balances = store.balances(TenantId("main"), accounts, at)
    return Counter({accounts[account]: each.posted for account, each in balances.items()})
