"""
What can be seen of a store from outside, and what is said where nothing can be seen.
"""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import accumulate
from pathlib import Path

import pytest

import ordercore
from ordercore.catalog import LotQuantity
from ordercore.cli import main
from ordercore.cli._books import stock_rows, stock_table
from ordercore.grammar import Actor, ActorKind
from ordercore.ids import CommandId, PlaceId, Sku, TenantId
from ordercore.inventory import Bucket, Movements, ReceiveStock
from ordercore.ports import Commit, Receipt
from ordercore.stores import MemoryStore
from tests.cli.command import Run


def change(store: Path, *statements: str) -> None:
    with closing(sqlite3.connect(store)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code = main(arguments)
    out, err = capsys.readouterr()

    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    return err


def test_a_sound_store_is_found_balanced_and_without_leaks(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(store)]) == 0
    assert "+ 3 orders, 83 ledger steps: balanced, no leaks" in capsys.readouterr().out


def test_a_machine_is_told_the_audit_as_one_line(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "orders": 3,
        "steps": 83,
        "balanced": True,
        "trial_balance": [],
        "differences": [],
        "leaks": [],
        "waiting": [],
    }


def test_a_balance_changed_by_hand_is_named_and_the_exit_code_says_so(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(
        store,
        "UPDATE oc_balances SET posted = 5 WHERE account = 'promise|available|CUP|utrecht|'",
    )
    code = main(["verify", str(store), "--json"])
    found = json.loads(capsys.readouterr().out)

    assert (code, found["balanced"]) == (1, False)
    assert found["trial_balance"] == ["promise of CUP sums to 1"]
    assert "promise|available|CUP|utrecht|: recorded posted 5" in found["differences"][0]
    assert main(["verify", str(store)]) == 1
    assert "x promise of CUP sums to 1" in capsys.readouterr().out


def test_a_store_of_a_newer_version_is_refused_in_one_line(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(store, "UPDATE oc_meta SET value = 99 WHERE key = 'schema_version'")

    assert "its schema has version 99" in failure(capsys, "verify", str(store))
    assert "its schema has version 99" in failure(capsys, "timeline", str(store), "A-1001")


def test_a_missing_file_is_named_and_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "shop.db"

    assert f"no_store: there is no file {missing}" in failure(capsys, "verify", str(missing))
    assert not missing.exists()


def test_a_database_of_somebody_else_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.db"
    change(other, "CREATE TABLE notes (text TEXT)")
    before = other.read_bytes()

    assert "holds no store" in failure(capsys, "stock", str(other))
    assert other.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "shop.db"
    text.write_text("these are only words, though many of them" * 40, encoding="utf-8")

    assert "file is not a database" in failure(capsys, "verify", str(text))


def test_an_unknown_order_is_answered_with_orders_that_are_there(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = failure(capsys, "timeline", str(store), "A-9")

    assert told == (
        f"ordercore: unknown_order: there is no order 'A-9' in {store}; "
        "legal now: A-1001, A-1002, A-1003\n"
    )


def test_an_unknown_tenant_is_answered_with_tenants_that_are_there(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = failure(capsys, "stock", str(store), "--tenant", "elsewhere")

    assert told.endswith(
        f"unknown_tenant: there is no tenant 'elsewhere' in {store}; legal now: main\n"
    )


def test_an_event_that_cannot_be_read_ends_in_one_line(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(store, "UPDATE oc_events SET body = '{' WHERE version = 1")

    assert failure(capsys, "timeline", str(store), "A-1001").startswith("ordercore: ")


def test_a_timeline_tells_each_fact_with_its_time_and_reasons(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timeline", str(store), "A-1003", "--json"]) == 0
    first, *others = json.loads(capsys.readouterr().out)

    assert first["at"] == "2026-03-02T10:05:00.000000Z"
    assert first["actor"] == "system/host"
    assert first["why"][0] == "amsterdam and delft together: 14.21 EUR"
    assert [fact["text"] for fact in others][-2:] == ["delivered A-1003/package-1", "completed"]


def test_the_stock_book_names_every_number(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stock", str(store), "--json"]) == 0
    rows = {(row["sku"], row["place"]): row for row in json.loads(capsys.readouterr().out)}

    assert rows["CUP", "rotterdam"] == {
        "sku": "CUP",
        "place": "rotterdam",
        "on_hand": 2,
        "reserved": 0,
        "allocated": 0,
        "available": 2,
        "picked": 0,
        "packed": 0,
        "in_transit": 0,
        "quality": 0,
        "quarantine": 0,
        "damaged": 0,
        "missing": 1,
        "discrepancy": 0,
    }


def test_the_stock_book_sums_lots_and_owners_and_shows_a_column_where_there_is_something() -> None:
    noon, lots = datetime(2026, 3, 2, 12, tzinfo=UTC), (LotQuantity("A", 2), LotQuantity("B", 3))
    store, tenant, tea = MemoryStore(), TenantId("main"), Sku("TEA")
    delft, gouda = PlaceId("delft"), PlaceId("gouda")
    moves = Movements("m", "delivery/1", noon)
    moves.receive(tea, delft, 5, lots=lots)
    moves.receive(tea, delft, 4, owner="farm")
    moves.shift(tea, delft, 1, Bucket.ON_HAND, Bucket.QUARANTINE, owner="farm")
    moves.send(tea, delft, gouda, 2, date(2026, 3, 4), lots=lots[:1])
    moves.unheal(tea, gouda, 1)
    receipt = Receipt(
        command_id=CommandId("m"), command=ReceiveStock(place=delft, lines={tea: 1}), at=noon
    )
    actor = Actor(ActorKind.SYSTEM, "test")
    steps = tuple(moves.batch())
    store.commit(Commit(tenant=tenant, receipt=receipt, steps=steps, actor=actor))

    rows = stock_rows(store, tenant, noon)
    table = stock_table(rows)

    told = {row.level.place: (row.level.on_hand, row.level.available) for row in rows}
    assert told == {"delft": (6, 6), "gouda": (1, 1)}
    assert [c.title for c in table.columns][6:] == ["in transit", "quarantine", "discrepancy"]
    assert [row[6:] for row in table.rows] == [("0", "1", "0"), ("2", "0", "-1")]


# --- why -------------------------------------------------------------------------------------


def test_why_so_much_is_available_is_told_step_by_step(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stock", str(store), "--why", "CUP@rotterdam", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)
    assert main(["stock", str(store), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    (cups,) = (r for r in rows if (r["sku"], r["place"]) == ("CUP", "rotterdam"))

    assert sum(line["change"] for line in lines) == lines[-1]["available"] == cups["available"]
    assert [line["available"] for line in lines] == list(
        accumulate(line["change"] for line in lines)
    )
    assert lines[0]["reason"] == "receive"
    assert [line["position"] for line in lines] == sorted(line["position"] for line in lines)


def test_why_is_told_to_people_in_80_columns(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stock", str(store), "--why", "CUP@rotterdam", "--plain"]) == 0
    out = capsys.readouterr().out

    table = out[out.index("step") :]
    assert "recorded (UTC)" in table
    assert max(map(len, table.splitlines())) <= 80


def test_why_of_what_was_never_there_is_answered_with_what_is(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = failure(capsys, "stock", str(store), "--why", "CUP@nowhere")

    assert "unknown_stock: nothing was ever available as 'CUP@nowhere'" in told
    assert "CUP@" in told.partition("legal now")[2]


def test_the_version_is_the_librarys(run: Run) -> None:
    ended = run("--version")

    assert (ended.returncode, ended.stdout) == (0, f"ordercore {ordercore.__version__}\n")


def test_arguments_that_make_no_sense_are_refused_without_a_traceback(run: Run) -> None:
    ended = run("verify")

    assert ended.returncode == 2
    assert "the following arguments are required: STORE" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_letters_that_an_encoding_lacks_are_escaped(run: Run, store: Path) -> None:
    change(
        store,
        "UPDATE oc_events SET body = replace(body, 'Iron teapot', 'Th\u00e9i\u00e8re \u9244')",
    )
    ended = run("timeline", str(store), "A-1001", PYTHONIOENCODING="ascii")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "2 x Th\\xe9i\\xe8re \\u9244" in ended.stdout


def test_nothing_of_the_colors_is_loaded_where_nobody_sees_them(run: Run, store: Path) -> None:
    ended = run("stock", str(store), PYTHONPROFILEIMPORTTIME="1")

    assert ended.returncode == 0
    assert "ordercore.cli._narrator" in ended.stderr
    assert "rich" not in ended.stderr
