"""
What an operator sees of the effects that wait for a person.
"""

import json
from io import StringIO
from pathlib import Path

import attrs
import pytest

from ordercore.cli import main
from ordercore.cli._dead_letters import all_letters, tell_letters
from ordercore.cli._rich import RichNarrator
from ordercore.ids import TenantId
from ordercore.ports import ActingCapabilities
from ordercore.stores import SQLiteStore
from ordercore.testing import Fault
from tests.engine.test_promises import Shop, order
from tests.intake.shops import Shop as ToldShop


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """A file in which three orders wait, for two reasons."""
    path = tmp_path / "shop.db"
    store = SQLiteStore(path, durability="normal")
    shop = Shop(store, capabilities=ActingCapabilities()).stocked(MUG=9)
    for n in (1, 2):
        shop.payments.plan("authorize", Fault.TIMEOUT_AFTER)
        shop.engine.submit(order(f"A-100{n}", quantity=n))
    shop.clock.advance(minutes=5)
    shop.engine.run_pending()
    for _ in range(20):
        shop.payments.plan("authorize", Fault.UNAVAILABLE)
    shop.engine.submit(order("A-1003"))
    for _ in range(20):
        shop.clock.advance(days=1)
        shop.engine.run_pending()
    store.close()
    return path


def test_letters_stand_under_their_reason_within_eighty_columns(
    waiting: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dead-letters", str(waiting), "--plain"]) == 1
    out = capsys.readouterr().out

    assert "? 2 effects: the outcome is unknown and can't be asked for" in out
    assert "? 1 effect: authorize" in out
    assert "A-1002/payment-1  authorize  20.00 EUR  2026-03-02 09:05      2  perhaps" in out
    assert out.index("A-1001/") < out.index("A-1002/") < out.index("A-1003/")
    assert "What ends the waiting: RetryEffect and RecordOutcome." in out
    body = out.partition("\n\n")[2]
    assert max(len(line) for line in body.splitlines()) <= 80


@pytest.mark.parametrize("width", [80, 120])
def test_in_colors_no_letter_is_broken(waiting: Path, width: int) -> None:
    store, out = SQLiteStore(waiting), StringIO()
    tell_letters(all_letters(store, TenantId("main")), RichNarrator(out, width))
    store.close()

    lines = out.getvalue().splitlines()
    assert sum("authorize" in line and "A-100" in line for line in lines) == 3
    assert max(len(line.rstrip()) for line in lines) <= width


def test_a_machine_is_told_each_letter(waiting: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dead-letters", str(waiting), "--json"]) == 1
    first, *others = json.loads(capsys.readouterr().out)

    assert len(others) == 2
    assert first == {
        "stream": "order/A-1001",
        "effect": "A-1001/payment-1",
        "what": "authorize",
        "port": "payments",
        "amount_minor": 1000,
        "currency": "EUR",
        "reason": "the outcome is unknown and can't be asked for",
        "attempts": 2,
        "since": "2026-03-02T09:05:00.000000Z",
        "perhaps_done": True,
        "may": ["RetryEffect", "RecordOutcome"],
    }
    assert [letter["perhaps_done"] for letter in others] == [True, False]


def test_a_message_that_was_set_aside_stands_beside_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "told.db"
    store = SQLiteStore(path)
    shop = ToldShop(store).stocked()
    shop.place(token="vault:challenge")
    (asked,) = shop.webhooks.messages
    shop.receive(attrs.evolve(asked, id="cent", outcome="succeeded", amount_minor=1))
    shop.settle()
    store.close()

    assert main(["dead-letters", str(path), "--plain"]) == 1
    out = capsys.readouterr().out
    assert "? 1 message: amount_differs" in out
    assert "notice/fakepay:cent/1  webhook authorization  0.01 EUR" in out
    assert "What ends the waiting: ReopenNotice and DismissNotice." in out
    assert max(len(line) for line in out.partition("\n\n")[2].splitlines()) <= 80

    assert main(["dead-letters", str(path), "--json"]) == 1
    (letter,) = json.loads(capsys.readouterr().out)
    assert letter["effect"] == "notice/fakepay:cent/1"
    assert letter["stream"] == "notice/fakepay:cent"
    assert letter["may"] == ["ReopenNotice", "DismissNotice"]
    assert letter["perhaps_done"] is False


def test_where_nothing_waits_that_is_said(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dead-letters", str(store)]) == 0
    assert "+ Nothing waits for a person." in capsys.readouterr().out
    assert main(["dead-letters", str(store), "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_letters_of_many_pages_are_all_told(tmp_path: Path) -> None:
    store = SQLiteStore(":memory:")
    shop = Shop(store, capabilities=ActingCapabilities()).stocked(MUG=300)
    for n in range(230):
        shop.payments.plan("authorize", Fault.TIMEOUT_AFTER)
        shop.engine.submit(order(f"A-{n:03}"))
    shop.clock.advance(minutes=5)
    shop.engine.run_pending(limit=300)

    letters = all_letters(store, TenantId("main"))

    assert [letter.own_id for letter in letters] == [f"A-{n:03}" for n in range(230)]
    store.close()
