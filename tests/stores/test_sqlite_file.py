"""What is particular to a store in a file: opening, versions, durability, damage."""

import re
import sqlite3
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, cast

import pytest

from ordercore.engine import audit_ledger
from ordercore.errors import (
    Conflict,
    InvalidData,
    InvalidDefinition,
    InvariantViolated,
    PortUnavailable,
)
from ordercore.ids import CommandId, StreamId
from ordercore.ledger import Ledger
from ordercore.ports import Receipt
from ordercore.stores import SQLiteStore
from ordercore.stores import _schema as schema
from ordercore.stores import _sql as sql
from tests.stores._toys import SHOP, START, ToyCodec, available, promise, says, supply, told


def opened(path: Path, **options: Any) -> SQLiteStore:
    return SQLiteStore(path, codec=ToyCodec(), **options)


def with_sql(path: Path, *statements: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [row for statement in statements for row in connection.execute(statement)]


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_what_was_committed_is_there_when_the_file_is_opened_again(
    path: Path, durability: str
) -> None:
    with closing(opened(path, durability=durability)) as store:
        store.commit(says("c-1", "s-1", "a", steps=(supply("t-1", 3), promise("h-1", 1))))

    with closing(opened(path)) as again:
        assert told(again) == ["a"]
        assert available(again) == 2
        assert again.recall(SHOP, CommandId("c-1")) == says("c-1", "s-1", "a").receipt


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1)])
def test_durability_is_the_drivers_synchronous_level_over_a_write_ahead_log(
    path: Path, durability: str, level: int
) -> None:
    with closing(opened(path, durability=durability)) as store:
        writer = store._connections._writer

        assert writer.execute("PRAGMA synchronous").fetchone() == (level,)
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_unknown_durability_is_refused_before_a_file_is_made(path: Path) -> None:
    with pytest.raises(InvalidDefinition, match="'safe' is unknown: full or normal"):
        opened(path, durability=cast("Any", "safe"))

    assert not path.exists()


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    opened(path).close()

    assert with_sql(path, "SELECT * FROM oc_meta") == [("schema_version", 1)]


def test_a_store_may_share_its_file_with_its_host(path: Path) -> None:
    with_sql(path, "CREATE TABLE events (id)", "INSERT INTO events VALUES (7)")

    with closing(opened(path)) as store:
        store.commit(says("c-1", "s-1", "a"))

    assert with_sql(path, "SELECT * FROM events") == [(7,)]


@pytest.mark.parametrize(
    "content", [b"order;sku;quantity\n" * 100, b"SQLite format 3\0" + b"x" * 999]
)
def test_a_file_that_is_no_database_is_named_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(InvalidData, match=r"shop\.db is invalid: the file is no SQLite database"):
        opened(path)

    assert path.read_bytes() == content


@pytest.mark.parametrize("version", [2, 99])
def test_a_store_of_a_newer_version_is_refused_and_left_alone(path: Path, version: int) -> None:
    opened(path).close()
    newer = "UPDATE oc_meta SET value = {}"
    with_sql(path, newer.format(version), "PRAGMA journal_mode = DELETE")
    before = path.read_bytes()

    with pytest.raises(InvalidData) as caught:
        opened(path)

    assert caught.value.subject == f"store {path}"
    assert f"has version {version}" in str(caught.value)
    assert "versions 1 to 1" in str(caught.value)
    assert path.read_bytes() == before


def test_an_older_store_is_brought_forward_with_all_it_holds(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(opened(path)) as store:
        store.commit(says("c-1", "s-1", "a"))
    newer = (*schema.MIGRATIONS, ("ALTER TABLE oc_streams ADD COLUMN note TEXT",))
    monkeypatch.setattr(schema, "MIGRATIONS", newer)

    with closing(opened(path)) as store:
        assert told(store) == ["a"]
        store.commit(says("c-2", "s-1", "b", version=1))

    assert with_sql(path, "SELECT value FROM oc_meta", "SELECT note FROM oc_streams") == [
        (2,),
        (None,),
    ]


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(path).close()
    newer = (
        *schema.MIGRATIONS,
        ("CREATE TABLE oc_new (x TEXT) STRICT", "CREATE TABLE oc_meta (x)"),
    )
    monkeypatch.setattr(schema, "MIGRATIONS", newer)

    with pytest.raises(InvariantViolated, match="oc_meta already exists"):
        opened(path)

    monkeypatch.undo()
    opened(path).close()
    assert with_sql(path, "SELECT name FROM sqlite_master WHERE name = 'oc_new'") == []


def test_a_folder_that_is_not_there_is_an_unavailable_store(tmp_path: Path) -> None:
    with pytest.raises(PortUnavailable, match=r"nowhere/shop\.db"):
        opened(tmp_path / "nowhere" / "shop.db")


def test_a_closed_store_says_that_it_was_closed(path: Path) -> None:
    store = opened(path)
    store.commit(says("c-1", "s-1", "a"))
    store.close()

    for work in (
        lambda: store.commit(says("c-2", "s-2", "a")),
        lambda: store.load(SHOP, StreamId("s-1")),
        lambda: store.hold(SHOP).__enter__(),
    ):
        with pytest.raises(PortUnavailable, match="was closed"):
            work()


def test_a_full_disk_refuses_the_commit_and_the_store_goes_on(path: Path) -> None:
    with closing(opened(path)) as store:
        store.commit(says("c-1", "s-1", "a"))
        writer = store._connections._writer
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(PortUnavailable, match="full"):
            store.commit(says("c-2", "s-2", "x" * 1_000_000, steps=(supply("t-1", 1),)))
        with pytest.raises(PortUnavailable, match="full"), store.hold(SHOP):
            store.commit(says("c-2", "s-2", "x" * 1_000_000, steps=(supply("t-1", 1),)))

        writer.execute("PRAGMA max_page_count = 1000000")
        assert told(store, stream="s-2") == []
        store.commit(says("c-2", "s-2", "b"))
        assert told(store, stream="s-2") == ["b"]


def test_a_damaged_file_is_a_broken_law_not_an_empty_answer(path: Path) -> None:
    with closing(opened(path)) as store:
        for n in range(200):
            store.commit(says(f"c-{n}", f"s-{n}", "x" * 200))
    content = bytearray(path.read_bytes())
    (root,) = with_sql(path, "SELECT rootpage FROM sqlite_master WHERE name = 'oc_events'")[0]
    content[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(content)

    with closing(opened(path)) as store:
        with pytest.raises(InvariantViolated, match="malformed"):
            store.load(SHOP, StreamId("s-1"))
        with pytest.raises(InvariantViolated, match="malformed"):
            store.commit(says("c-new", "s-new", "a"))


@pytest.mark.parametrize(
    ("amount", "words", "fault"),
    [(2**63, "a", "outside 64 bits"), (1, "\ud800", "no Unicode")],
    ids=["an amount beyond 64 bits", "half a character"],
)
def test_what_no_database_can_hold_is_refused_as_data(
    path: Path, amount: int, words: str, fault: str
) -> None:
    with closing(opened(path)) as store:
        with pytest.raises(InvalidData, match=fault):
            store.commit(says("c-1", f"s-{words}", "a", steps=(supply("t-1", amount),)))

        assert list(store.tenants()) == []


@pytest.mark.parametrize("held", [False, True], ids=["by itself", "inside a hold"])
def test_what_the_driver_cant_bind_is_refused_and_its_neighbors_in_the_group_are_written(
    path: Path, *, held: bool
) -> None:
    group = (
        says("c-1", "s-1", "a", steps=(supply("t-1", 2**63 - 1),)),
        says("c-2", "s-1", "b", version=1, steps=(supply("t-2", 1),)),
        says("c-3", "s-1", "x", version=1, on_behalf_of="\ud800"),
        says("c-4", "s-1", "c", version=1, steps=(promise("h-1", 2),)),
        says("c-5", "s-1", "late", version=1),
    )
    with closing(opened(path)) as store:
        with store.hold(SHOP) if held else nullcontext():
            answers = store.commit_many(group)

        assert [type(answer) for answer in answers] == [
            Receipt, InvalidData, InvalidData, Receipt, Conflict,
        ]  # fmt: skip
        assert told(store) == ["a", "c"]
        assert [entry.step.id for entry in store.entries(SHOP)] == ["t-1", "h-1"]
        assert audit_ledger(store, SHOP) == ()


def test_a_group_begins_and_ends_one_transaction(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_to_sqlite: list[str] = []
    connect = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_trace_callback(told_to_sqlite.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    with closing(opened(path)) as store:
        told_to_sqlite.clear()
        store.commit_many([says(f"c-{n}", f"s-{n % 7}", "a", version=n // 7) for n in range(50)])

        ends = [text for text in told_to_sqlite if text in {sql.BEGIN, sql.COMMIT, sql.ROLLBACK}]
        assert ends == [sql.BEGIN, sql.COMMIT]
        assert len(list(store.feed(SHOP, 0, 99))) == 50


def test_a_commit_that_fails_half_written_inside_a_hold_is_undone_alone(path: Path) -> None:
    """
    The sum of two amounts that each fit is found too large when the steps are written already.

    """
    with closing(opened(path)) as store:
        with store.hold(SHOP):
            store.commit(says("c-1", "s-1", "a", steps=(supply("t-1", 2**63 - 1),)))
            with pytest.raises(InvalidData, match="outside 64 bits"):
                store.commit(says("c-2", "s-1", "b", version=1, steps=(supply("t-2", 1),)))
            store.commit(says("c-3", "s-1", "c", version=1))

        assert told(store) == ["a", "c"]
        assert [entry.step.id for entry in store.entries(SHOP)] == ["t-1"]
        assert audit_ledger(store, SHOP) == ()


def test_a_second_end_of_one_hold_cant_be_written_even_past_the_rules(path: Path) -> None:
    with closing(opened(path)) as store:
        store.commit(says("c-1", None, steps=(supply("t-1", 3), promise("h-1", 1))))
    ending = """INSERT INTO oc_transfers (tenant, position, recorded_at, kind, id, source, target,
        pending, occurred_at)
        VALUES ('shop', {0}, 0, 'void_pending', 'v-{0}', 'a', 'b', 'h-1', 0)"""
    with_sql(path, ending.format(3))

    with pytest.raises(sqlite3.IntegrityError):
        with_sql(path, ending.format(4))


def _places(text: str) -> int:
    """How many values a statement takes, numbered or not."""
    return len(set(re.findall(r"\?\d+", text))) or text.count("?")


def test_every_statement_that_a_command_needs_finds_its_rows_by_a_key() -> None:
    statements = [
        text
        for name, text in vars(sql).items()
        if not name.startswith("_") and name != "TENANTS"
        if isinstance(text, str) and text.split()[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}
    ]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.bring_forward(connection, ":memory:")
        plans = [
            row[3]
            for text in statements
            for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", (1,) * _places(text))
        ]

    assert len(statements) > 20
    gone_through = {plan.split()[1] for plan in plans if plan.startswith("SCAN ")}
    assert {name for name in gone_through if not name.startswith("(subquery")} <= {
        "asked", "json_each", "chain", "CONSTANT"
    }  # fmt: skip


def test_the_memory_ledger_and_the_rows_agree_on_an_instant_to_the_microsecond(
    path: Path,
) -> None:
    """
    A hold is due at its instant, not a microsecond earlier.

    """
    steps = (supply("t-1", 1), promise("h-1", 1, until=0))
    ledger = Ledger()
    ledger.apply(steps, START.replace(year=2020))
    with closing(opened(path)) as store:
        store.commit(says("c-1", None, steps=steps, at=-9))
        just_before = START.replace(hour=8, minute=59, second=59, microsecond=999_999)
        for at in (just_before, START):
            account = steps[0].target

            assert store.balances(SHOP, (account,), at)[account] == ledger.balance_at(account, at)
