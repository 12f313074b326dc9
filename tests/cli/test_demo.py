"""
The demonstration tells one true day, to people and to machines.
"""

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from ordercore.cli import _demo, _rich
from ordercore.cli._narrator import PlainNarrator
from tests.cli.command import Run

SCENES = (
    "1. Stock arrives at five places (08:00)",
    "2. A cart holds its units (09:10)",
    "3. An order is split over two places (09:25)",
    "4. A card is declined (10:05)",
    "5. One cup is not on its shelf (11:30)",
    "6. A process dies in the middle of a capture (13:00)",
    "7. A change of mind before the package leaves (15:20)",
    "8. Delivered, and two pieces come back (17:45)",
    "9. The books of the day (20:00)",
)


def test_the_last_line_of_the_json_demo_is_the_day_in_figures(run: Run) -> None:
    ended = run("demo", "--json")
    figures = json.loads(ended.stdout.splitlines()[-1])
    seconds = figures.pop("seconds")

    assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (0, "", 1)
    assert 0 < seconds < 60
    assert figures == {
        "orders": 3,
        "packages": 5,
        "captured_minor": 433_95,
        "refunded_minor": 74_68,
        "provider_captures": {
            "A-1001/capture-1": 1,
            "A-1001/capture-2": 1,
            "A-1001/capture-3": 1,
            "A-1001/capture-4": 1,
            "A-1002/capture-1": 1,
            "A-1003/capture-1": 1,
        },
        "captures_at_most_once": True,
        "splits": 2,
        "short_picks": 1,
        "declines": 1,
        "resumed": 1,
        "canceled_units": 1,
        "returned_units": 2,
        "ledger_balanced": True,
        "leaks": 0,
    }


def test_the_scenes_are_told_in_the_order_of_the_day(told: tuple[Path, str]) -> None:
    lines = told[1].splitlines()

    assert tuple(line for line in lines if line in SCENES) == SCENES


@pytest.mark.parametrize(
    "claim",
    [
        "amsterdam and rotterdam together: 13.22 EUR",
        "the cheapest single place, antwerp, would cost 16.06 EUR",
        "runner-up: amsterdam and utrecht together, 15.57 EUR",
        "x shortage: not available anywhere: 1 of TEAPOT",
        "x A-1003: payment declined",
        "the short pick costs the shop 7.80 EUR more, the customer nothing",
        "A-1001/capture-2 104.28 captured once nothing",
        "all that the provider was asked: lookup A-1001/capture-2.",
        "207.25 EUR of 207.25 EUR is captured",
        "18.50 EUR of the authorization given back",
        "A-1001/refund-5 voucher 50.00",
        "A-1001/refund-6 card 24.68",
        "captured 104.28 EUR from card",
        "refunded 50.00 EUR to voucher",
        "inspected 1 x Iron teapot, 1 x Stoneware cup: 1 back in stock, 1 damaged",
        "value EUR 2 359.27 359.27 0.00",
        "balanced, no leaks",
    ],
)
def test_what_happened_is_told_in_amounts_and_quantities(
    claim: str, told: tuple[Path, str]
) -> None:
    assert claim in re.sub(r"\s+", " ", told[1])


def test_a_pipe_gets_plain_words_of_at_most_eighty_columns(told: tuple[Path, str]) -> None:
    story, _, hint = told[1].rpartition("The day is kept.")

    assert story.isascii()
    assert "\x1b" not in told[1]
    assert max(len(line) for line in story.splitlines()) <= 80
    assert f"   $ ordercore timeline {told[0]} A-1001\n" in hint


@pytest.mark.parametrize("width", [80, 120])
def test_colors_say_the_same_words_and_cut_none_short(
    width: int, told: tuple[Path, str], tmp_path: Path
) -> None:
    out = io.StringIO()
    narrator = _rich.RichNarrator(out, width=width)
    narrator._console = Console(
        file=out, width=width, highlight=False, force_terminal=True, color_system="truecolor"
    )
    _demo.run_demo(narrator, tmp_path / "shop.db")
    shown = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    words = {word for word in re.findall(r"[A-Za-z]{4,}", told[1]) if word not in str(told[0])}

    assert "\x1b[1m" in out.getvalue()
    assert words <= {*re.findall(r"[A-Za-z]+", shown)}
    assert "\u2026" not in shown
    story = [line for line in shown.splitlines() if "$ ordercore" not in line]
    assert max(len(line) for line in story) <= min(width, 100)
    assert f"$ ordercore verify {tmp_path / 'shop.db'}\n" in shown


def test_a_day_is_never_written_into_a_file_that_exists(run: Run, store: Path) -> None:
    before = store.read_bytes()
    ended = run("demo", "--store", str(store))

    assert ended.returncode == 2
    assert ended.stderr == (
        f"ordercore: store_exists: {store} exists; legal now: the name of a new file\n"
    )
    assert store.read_bytes() == before


@pytest.mark.slow
def test_plain_telling_is_the_same_in_every_run() -> None:
    def once() -> str:
        out = io.StringIO()
        _demo.run_demo(PlainNarrator(out))
        return re.sub(r"[0-9.]+ s$", "", out.getvalue().strip())

    assert once() == once()
