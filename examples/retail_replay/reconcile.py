"""
The reconciliation: what the books hold against the source's own sums, SKU by SKU.

Every number on the side of the books is read from the ledger: balances of its accounts, and what
its log moved for each reason. The other side is :mod:`sums`, which never saw a ledger.
"""

from collections import Counter
from collections.abc import Mapping
from typing import TypedDict

from examples.retail_replay.books import Books
from examples.retail_replay.replay import Told
from examples.retail_replay.source import Kind, Source
from examples.retail_replay.stock import PLACE, bought_account, sold_account, unnamed_account
from examples.retail_replay.sums import NOBODY, Sums
from ordercore.inventory import (
    Bucket,
    available_account,
    bucket_account,
    customer_account,
    shrinkage_account,
    supplier_account,
)
from ordercore.ledger import AccountId, Post

__all__ = ["Reconciliation", "reconcile"]


class Reconciliation(TypedDict):
    """
    The result of a replay, as it is printed.

    """

    invoices: int
    lines: int
    without_stock: dict[str, int]
    sale_lines: int
    return_lines: int
    correction_lines: int
    skus: int
    customers: int
    opening_units: int
    units_sold: int
    units_returned: int
    units_left: int
    returns_refused: int
    returns_refused_units: int
    returns_refused_units_by: dict[str, int]
    written_off: dict[str, int]
    found: dict[str, int]
    movements: int
    steps: int
    accounts: int
    trial_balance: list[str]
    book_differences: list[str]
    source_differences: list[str]
    audit: list[str] | None
    reconciled: bool
    seconds: float
    movements_per_s: float
    steps_per_s: float


def reconcile(
    source: Source, sums: Sums, told: Told, books: Books, *, audit: bool = False
) -> Reconciliation:
    """
    Compare; with an audit, which replays the log, every number that the books keep as well.

    Cost: reads the whole log once, or twice.
    """
    audited = books.audit() if audit else None
    posted = {name: balance.posted for name, balance in books.accounts()}
    moved = _moved(books)
    trial_balance, between_books = books.trial_balance(), books.differences()
    steps = moved.pop("steps")
    differences = [
        *_stock_differences(sums, posted),
        *_holder_differences(sums, posted),
        *_told_differences(sums, told, moved),
    ]
    lines = Counter[Kind]()
    for fact in source.facts:
        lines[fact.kind] += len(fact.lines)
    return Reconciliation(
        invoices=source.invoices,
        lines=source.lines,
        without_stock=dict(source.without_stock.most_common()),
        sale_lines=lines[Kind.SALE],
        return_lines=lines[Kind.RETURN],
        correction_lines=lines[Kind.CORRECTION],
        skus=len(sums.opening),
        customers=len({fact.customer for fact in source.facts} - {NOBODY}),
        opening_units=-sum(posted.get(supplier_account(sku), 0) for sku in sums.opening),
        units_sold=moved["sale"],
        units_returned=moved["return"],
        units_left=sum(posted.get(_shelf(sku), 0) for sku in sums.opening),
        returns_refused=len(told.refused),
        returns_refused_units=sum(told.refused.values()),
        returns_refused_units_by=dict(told.why.most_common()),
        written_off=_of(moved, "gone "),
        found=_of(moved, "came "),
        movements=told.movements,
        steps=steps,
        accounts=len(posted),
        trial_balance=trial_balance,
        book_differences=between_books,
        source_differences=differences[:20],
        audit=audited,
        reconciled=not (trial_balance or between_books or differences or audited),
        seconds=round(told.seconds, 2),
        movements_per_s=_rate(told.movements, told.seconds),
        steps_per_s=_rate(steps, told.seconds),
    )


def _shelf(sku: str) -> AccountId:
    return bucket_account(Bucket.ON_HAND, sku, PLACE)


def _moved(books: Books) -> Counter[str]:
    """
    Sum what the log moved: between the shop and its buyers, and for each reason to correct.

    """
    moved: Counter[str] = Counter()
    shrinkage = shrinkage_account("")[:-2]
    for entry in books.entries():
        step = entry.step
        moved["steps"] += 1
        if not isinstance(step, Post):
            continue
        if step.source.startswith("purchases|") or step.target.startswith("purchases|"):
            moved[step.reason] += step.amount
        elif step.target.startswith(shrinkage):
            moved[f"gone {step.reason}"] += step.amount
        elif step.source.startswith(shrinkage):
            moved[f"came {step.reason}"] += step.amount
    return moved


def _of(moved: Counter[str], way: str) -> dict[str, int]:
    found = {key.removeprefix(way): n for key, n in moved.items() if key.startswith(way)}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _stock_differences(sums: Sums, posted: Mapping[AccountId, int]) -> list[str]:
    differences: list[str] = []
    for sku in sorted(sums.opening):
        with_customers = sums.sold[sku] - sums.returned[sku]
        expected = {
            _shelf(sku): sums.on_hand(sku),
            available_account(sku, PLACE): sums.on_hand(sku),
            supplier_account(sku): -sums.opening[sku],
            shrinkage_account(sku): sums.gone[sku] - sums.came[sku],
            customer_account(sku): with_customers,
            sold_account(sku): -with_customers,
            **{
                bucket_account(bucket, sku, PLACE): 0
                for bucket in Bucket
                if bucket is not Bucket.ON_HAND
            },
        }
        differences += _differences(expected, posted)
    return differences


def _holder_differences(sums: Sums, posted: Mapping[AccountId, int]) -> list[str]:
    expected = {
        (bought_account(sku, holder) if holder != NOBODY else unnamed_account(sku)): units
        for (holder, sku), units in sums.held.items()
    }
    strangers = [
        f"{name}: nobody of the source holds these {units} units"
        for name, units in sorted(posted.items())
        if name.startswith(("purchases|bought|", "purchases|unnamed|"))
        and units
        and name not in expected
    ]
    return [*_differences(expected, posted), *strangers]


def _differences(expected: Mapping[AccountId, int], posted: Mapping[AccountId, int]) -> list[str]:
    return [
        f"{name}: the book has {posted.get(name, 0)}, the source comes to {units}"
        for name, units in expected.items()
        if posted.get(name, 0) != units
    ]


def _told_differences(sums: Sums, told: Told, moved: Counter[str]) -> list[str]:
    pairs = {
        "sold": (moved["sale"], sums.sold.total()),
        "returned": (moved["return"], sums.returned.total()),
        "written off": (_of(moved, "gone "), dict(sums.gone_by_reason)),
        "found": (_of(moved, "came "), dict(sums.came_by_reason)),
        "returns refused": (told.refused, sums.refused),
    }
    return [
        f"{what}: the books say {book}, the source {own}"
        for what, (book, own) in pairs.items()
        if book != own
    ]


def _rate(count: int, seconds: float) -> float:
    return round(count / seconds, 1) if seconds else 0.0
