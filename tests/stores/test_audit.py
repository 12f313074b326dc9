"""The audit finds what was changed behind the ledger's back, and names it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ordercore.engine import audit_ledger
from ordercore.ledger import Divide, VoidPending
from ordercore.ports import Store
from ordercore.stores import SQLiteStore
from tests.stores._toys import (
    AVAILABLE,
    OTHER,
    SHOP,
    START,
    SUPPLY,
    ToyCodec,
    carry_out,
    promise,
    says,
    supply,
)


def trade(store: Store) -> None:
    """Let a ledger live a little: every kind of step, a guard, and a hold that fell due."""
    store.commit(
        says(
            "c-1",
            None,
            steps=(
                supply("t-1", 9),
                promise("h-1", 4),
                promise("h-2", 2, until=5),
                promise("h-3", 1),
            ),
        )
    )
    divide = Divide("t-2", "h-1", (1, 3), "split", "o", START)
    store.commit(says("c-2", None, steps=(divide, carry_out("t-3", "h-1/part-1"))))
    store.commit(says("c-3", None, steps=(VoidPending("t-4", "h-3", "x", "o", START),)))
    store.commit(says("c-4", None, steps=(promise("h-4", 5),), at=6))


@pytest.fixture
def traded(path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(path, codec=ToyCodec(), durability="normal")
    trade(store)
    yield store
    store.close()


def tamper(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        changed = connection.execute(statement).rowcount
    assert changed == 1


def test_a_ledger_that_only_its_rules_have_written_has_no_differences(store: Store) -> None:
    trade(store)

    assert audit_ledger(store, SHOP) == ()
    assert audit_ledger(store, OTHER) == ()


def test_holds_that_are_due_and_not_yet_recorded_as_expired_are_no_difference(
    store: Store,
) -> None:
    store.commit(says("c-1", None, steps=(supply("t-1", 2), promise("h-1", 2, until=1)), at=0))
    store.commit(says("c-2", None, at=99))

    assert audit_ledger(store, SHOP) == ()


@pytest.mark.parametrize(
    ("statement", "account", "recorded", "recomputed"),
    [
        (
            "UPDATE oc_balances SET posted = posted + 1 WHERE account LIKE 'promise|available|%'",
            AVAILABLE,
            "posted 9 pending_out 8 pending_in 0",
            "posted 8 pending_out 8 pending_in 0",
        ),
        (
            "DELETE FROM oc_balances WHERE account LIKE 'promise|supply|%'",
            SUPPLY,
            "nothing",
            "posted -9 pending_out 0 pending_in 0",
        ),
        (
            "INSERT INTO oc_balances VALUES ('shop', 'promise|ghost|MUG||', 3, 0, 0, NULL)",
            "promise|ghost|MUG||",
            "posted 3 pending_out 0 pending_in 0",
            "nothing",
        ),
    ],
    ids=["changed", "removed", "invented"],
)
def test_a_balance_that_was_touched_is_named_with_both_numbers(
    traded: SQLiteStore, path: Path, statement: str, account: str, recorded: str, recomputed: str
) -> None:
    tamper(path, statement)

    assert audit_ledger(traded, SHOP) == (
        f"{account}: recorded {recorded}, recomputed {recomputed}",
    )
    assert audit_ledger(traded, OTHER) == ()


@pytest.mark.parametrize(
    ("statement", "begins", "tells"),
    [
        ("UPDATE oc_pendings SET amount = 4 WHERE id = 'h-4'", "hold h-4:", "amount=4"),
        ("DELETE FROM oc_pendings WHERE id = 'h-4'", "hold h-4:", "recorded not open"),
        (
            """INSERT INTO oc_pendings (tenant, id, source, target, amount, reference, promised_at)
            SELECT tenant, 'h-9', source, target, 1, 'x', 0 FROM oc_pendings WHERE id = 'h-4'""",
            "hold h-9:",
            "recomputed not open",
        ),
    ],
    ids=["changed", "removed", "invented"],
)
def test_a_hold_that_was_touched_is_named(
    traded: SQLiteStore, path: Path, statement: str, begins: str, tells: str
) -> None:
    tamper(path, statement)

    (difference,) = audit_ledger(traded, SHOP)

    assert difference.startswith(begins)
    assert tells in difference


def test_a_changed_amount_in_the_log_shows_in_every_account_it_moved(
    traded: SQLiteStore, path: Path
) -> None:
    tamper(path, "UPDATE oc_transfers SET amount = 7 WHERE id = 't-1'")

    assert [line.partition(":")[0] for line in audit_ledger(traded, SHOP)] == [AVAILABLE, SUPPLY]


def test_a_missing_step_shows_as_a_gap_and_in_what_followed_from_it(
    traded: SQLiteStore, path: Path
) -> None:
    tamper(path, "DELETE FROM oc_transfers WHERE id = 'h-3'")

    gap, end_of_it, *_ = audit_ledger(traded, SHOP)

    assert gap == "log position 4: missing, the next one found is 5"
    assert end_of_it.startswith("log position 7: pending_not_found")
