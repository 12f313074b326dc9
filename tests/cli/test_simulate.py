"""
``ordercore simulate``: what people and machines are shown, and how a story is played again.

"""

import json
from pathlib import Path

import pytest

from ordercore.cli import main
from ordercore.cli._simulate import acts_of
from ordercore.errors import InvalidData
from tests.testing.bugs import PLANTED, planted

#: What the last line of the JSON holds, at least.
_FIGURES = {
    "seed", "steps", "accepted", "steps_per_s", "checked_over_unchecked", "orders", "faults_fired",
    "invariants_checked", "lost", "stuck", "digest",
}  # fmt: skip


def test_a_machine_is_told_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "4", "--steps", "150", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told.keys() >= _FIGURES
    assert (told["seed"], told["lost"], told["stuck"]) == (4, 0, 0)
    assert told["steps"] >= 150
    assert 0 < told["checked_over_unchecked"] < 2


def test_people_see_faults_checks_and_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "4", "--steps", "150", "--plain"]) == 0
    shown = capsys.readouterr().out
    assert "Simulation 4" in shown
    assert "crash_after_call" in shown
    assert "I1 no oversell" in shown
    assert "Every promise was kept." in shown


def test_a_page_about_it_is_one_file_that_needs_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    assert main(["simulate", "--seed", "4", "--steps", "200", "--json", "--report", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "All promises were kept" in text
    assert text.count("<svg") == 3
    assert "<script" not in text
    assert "src=" not in text


def test_it_runs_in_a_new_file_and_in_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = ["simulate", "--steps", "60", "--unchecked", "--store", str(tmp_path / "shop.db")]
    assert main([*about, "--json"]) == 0
    capsys.readouterr()
    assert main(about) == 2
    assert "store_in_use" in capsys.readouterr().err


def test_a_failing_run_is_told_short_and_can_be_played_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bug = next(b for b in PLANTED if b.name == "work begins before the payment is promised")
    with planted(bug):
        assert main(["simulate", "--seed", "1", "--steps", "300", "--plain"]) == 1
        shown = capsys.readouterr().out
        assert "I6 unit partition" in shown
        (again,) = [line for line in shown.splitlines() if "--acts" in line]
        words = again.split("ordercore ", 1)[1].split()
        assert main([*words, "--plain"]) == 1
        assert "I6 unit partition" in capsys.readouterr().out
    assert main([*words, "--plain"]) == 0


def test_acts_are_numbers_and_ranges() -> None:
    assert acts_of("3,7-9,12") == (3, 7, 8, 9, 12)
    for nonsense in ("", "a", "3-", "3-b", "-3", "1,,2"):
        with pytest.raises(InvalidData, match="acts"):
            acts_of(nonsense)
