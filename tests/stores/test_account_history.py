"""
The history of an account in a file: each step names the one before it, and the balance the last.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ordercore import SQLiteStore
from ordercore.ledger import AccountId
from ordercore.stores._ledger_reading import PAGE_ROWS
from tests.stores._toys import (
    AVAILABLE,
    SHOP,
    ToyCodec,
    available,
    carry_out,
    promise,
    says,
    supply,
)


def changed_by_hand(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute(statement).rowcount > 0


def history(store: SQLiteStore, account: AccountId = AVAILABLE, after: int = 0) -> list[str]:
    return [entry.step.id for entry in store.entries(SHOP, account, after=after)]


@pytest.mark.parametrize(
    "by_hand",
    [
        "DELETE FROM oc_balances",
        "UPDATE oc_balances SET last_position = NULL",
        "UPDATE oc_transfers SET source_before = NULL, target_before = NULL",
        "UPDATE oc_balances SET last_position = 999",
    ],
)
def test_a_history_is_whole_though_somebody_has_broken_its_chain(
    by_hand: str, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with closing(SQLiteStore(path, codec=ToyCodec())) as store:
        store.commit(says("c-1", None, steps=(supply("t-1", 9), promise("h-1", 3))))
        store.commit(says("c-2", None, steps=(carry_out("t-2", "h-1"),)))
        changed_by_hand(path, by_hand)

        assert history(store) == ["t-1", "h-1", "t-2"]
        assert history(store, after=1) == ["h-1", "t-2"]


def test_a_chain_that_was_repaired_goes_on_from_there(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(SQLiteStore(path, codec=ToyCodec())) as store:
        store.commit(says("c-1", None, steps=(supply("t-1", 9),)))
        changed_by_hand(path, "UPDATE oc_balances SET last_position = NULL")
        store.commit(says("c-2", None, steps=(supply("t-2", 1), supply("t-3", 1))))

        assert history(store) == ["t-1", "t-2", "t-3"]
        assert history(store, after=1) == ["t-2", "t-3"]
        assert available(store) == 11


def test_a_history_of_several_pages_is_told_in_order_and_what_comes_meanwhile_with_it(
    tmp_path: Path,
) -> None:
    with closing(SQLiteStore(tmp_path / "shop.db", codec=ToyCodec())) as store:
        many = PAGE_ROWS * 2 + 1
        steps = tuple(supply(f"t-{n}", 1) for n in range(many))
        store.commit(says("c-1", None, steps=steps))
        entries = store.entries(SHOP, AVAILABLE)
        first = next(entries)

        store.commit(says("c-2", None, steps=(supply("late", 1),)))

        assert first.step.id == "t-0"
        assert [e.step.id for e in entries] == [*(f"t-{n}" for n in range(1, many)), "late"]
