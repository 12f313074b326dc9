"""
Reading the books of a store: stock by SKU and place, and the trial balance.

"""

from collections.abc import Iterable

import attrs

from ordercore.cli._narrator import Column, Table
from ordercore.cli._words import amount
from ordercore.ids import PlaceId, Sku, TenantId
from ordercore.instants import Instant
from ordercore.inventory import (
    Bucket,
    StockLevel,
    bucket_account,
    stock_level,
)
from ordercore.ledger import NOTHING, AccountId, Balance, account, account_parts
from ordercore.ports import Store

__all__ = ["StockRow", "TrialRow", "stock_rows", "stock_table", "trial_rows", "trial_table"]

#: The buckets that are told beside the terms of availability.
_ASIDE = (
    Bucket.PICKED,
    Bucket.PACKED,
    Bucket.IN_TRANSIT,
    Bucket.QUALITY,
    Bucket.QUARANTINE,
    Bucket.DAMAGED,
    Bucket.MISSING,
    Bucket.DISCREPANCY,
)


@attrs.frozen
class StockRow:
    """
    One SKU at one place: the terms of what is available, and what lies aside.

    """

    level: StockLevel
    aside: tuple[tuple[Bucket, int], ...]


@attrs.frozen(kw_only=True)
class TrialRow:
    """
    One unit of one book.

    Attributes:
        book: Which book.
        unit: A SKU, or a currency in minor units.
        accounts: How many accounts were touched.
        received: The sum of all accounts that have more in than out.
        given: The sum of all others, as a positive number.
    """

    book: str
    unit: str
    accounts: int
    received: int
    given: int

    @property
    def balance(self) -> int:
        """
        What remains; 0 in a book that balances.

        """
        return self.received - self.given


def stock_rows(store: Store, tenant: TenantId, at: Instant) -> tuple[StockRow, ...]:
    """
    Read all stock as of an instant, in order of SKU and place; lots and owners are summed.

    Cost: O(accounts).
    """
    asked: list[AccountId] = []
    for account_id, _ in store.accounts(tenant):
        parts = account_parts(account_id)
        if parts.book in {"promise", "physical"} and parts.place:
            asked.append(account_id)
    sums: dict[AccountId, Balance] = {}
    pairs: set[tuple[Sku, PlaceId]] = set()
    for account_id, balance in store.balances(tenant, asked, at).items():
        parts = account_parts(account_id)
        pairs.add((Sku(parts.unit), PlaceId(parts.place)))
        if parts.code == "incoming":
            continue  # its days are no lots: what is expected is not there
        whole = account(parts.book, parts.code, parts.unit, parts.place)
        known = sums.get(whole, NOTHING)
        sums[whole] = Balance(
            known.posted + balance.posted,
            known.pending_out + balance.pending_out,
            known.pending_in + balance.pending_in,
        )
    return tuple(
        StockRow(
            stock_level(*pair, sums),
            tuple((b, sums.get(bucket_account(b, *pair), NOTHING).posted) for b in _ASIDE),
        )
        for pair in sorted(pairs)
    )


def stock_table(rows: Iterable[StockRow]) -> Table:
    """
    Lay stock out; what lies aside gets a column only where there is some.

    """
    rows = tuple(rows)
    shown = [b for n, b in enumerate(_ASIDE) if any(row.aside[n][1] for row in rows)]
    cells: list[tuple[str, ...]] = []
    before = ""
    for row in rows:
        level = row.level
        aside = dict(row.aside)
        numbers = (level.on_hand, level.reserved, level.allocated, level.available)
        cells.append(
            (
                "" if level.sku == before else level.sku,
                level.place,
                *(str(number) for number in numbers),
                *(str(aside[bucket]) for bucket in shown),
            )
        )
        before = level.sku
    return Table(
        columns=(
            Column("SKU"),
            Column("place"),
            Column("on hand", number=True),
            Column("reserved", number=True),
            Column("allocated", number=True),
            Column("available", number=True),
            *(Column(bucket.value.replace("_", " "), number=True) for bucket in shown),
        ),
        rows=tuple(cells),
    )


def trial_rows(store: Store, tenant: TenantId) -> tuple[TrialRow, ...]:
    """
    Sum every book by unit. Cost: O(accounts).

    """
    posted: dict[tuple[str, str], list[int]] = {}
    for account_id, balance in store.accounts(tenant):
        parts = account_parts(account_id)
        posted.setdefault((parts.book, parts.unit), []).append(balance.posted)
    return tuple(
        TrialRow(
            book=book,
            unit=unit,
            accounts=len(numbers),
            received=sum(n for n in numbers if n > 0),
            given=-sum(n for n in numbers if n < 0),
        )
        for (book, unit), numbers in sorted(posted.items())
    )


def trial_table(rows: Iterable[TrialRow]) -> Table:
    """
    Lay the trial balance out, money in major units.

    """
    cells: list[tuple[str, ...]] = []
    before = ""
    for row in rows:
        numbers = (row.received, row.given, row.balance)
        money = row.book == "value"
        cells.append(
            (
                "" if row.book == before else row.book,
                row.unit,
                str(row.accounts),
                *(amount(n, row.unit) if money else str(n) for n in numbers),
            )
        )
        before = row.book
    return Table(
        columns=(
            Column("book"),
            Column("unit"),
            Column("accounts", number=True, faint=True),
            Column("received", number=True),
            Column("given", number=True),
            Column("balance", number=True),
        ),
        rows=tuple(cells),
    )
