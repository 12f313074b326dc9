"""
The replay of purchase orders: every unit that the source tells of is where the source says it is.
"""

import json
import os
from pathlib import Path

import pytest

from examples.purchase_replay.main import main
from examples.purchase_replay.replay import replay
from examples.purchase_replay.sample import write_sample
from examples.purchase_replay.source import HEADERS, LINES, purchases
from ordercore import InvalidData, MemoryStore

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(
    os.environ.get("ORDERCORE_ADVENTUREWORKS", ROOT.parent / "shared" / "data" / "adventureworks")
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    write_sample(tmp_path / "sample")
    return tmp_path / "sample"


def test_every_line_of_the_sample_and_every_product_reconciles(sample: Path) -> None:
    result, audit = replay(purchases(sample), MemoryStore())

    assert result["reconciled"]
    assert (result["purchases"], result["line_differs"], result["sku_differs"]) == (60, 0, 0)
    assert result["received_units"] - result["rejected_units"] == result["stocked_units"]
    assert result["on_hand_units"] == result["source_stocked_units"] > 0
    assert result["in_quality_units"] == result["rejected_units"] > 0
    assert min(result["under_received_lines"], result["rejected_lines"]) > 0
    assert audit.endswith("balanced, no leaks")


def test_a_source_whose_numbers_do_not_add_up_is_told_line_by_line(sample: Path) -> None:
    told = purchases(sample)
    wrong = told[0].lines[0]._replace(stocked=told[0].lines[0].stocked + 1)
    rows = (told[0]._replace(lines=(wrong, *told[0].lines[1:])), *told[1:])

    result, _ = replay(rows, MemoryStore())

    assert (result["reconciled"], result["line_differs"], result["sku_differs"]) == (False, 1, 1)


def test_the_last_line_is_json_and_an_absent_folder_means_the_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "replay.db"
    absent = str(tmp_path / "absent")
    code = main(["--data", absent, "--limit", "20", "--json", "--store", str(store)])
    printed = capsys.readouterr()

    assert code == 0
    assert "replaying the seeded sample" in printed.err
    (line,) = printed.out.splitlines()
    assert json.loads(line)["purchases"] == 20


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [(LINES, ".00\n", ".50\n"), (HEADERS, "Status", "State"), (HEADERS, "\n1,", "\n999,")],
)
def test_broken_tables_are_refused_with_their_place(
    sample: Path, file: str, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (sample / file).read_text(encoding="utf-8")
    (sample / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    assert main(["--data", str(sample)]) == 2
    assert "PurchaseOrder" in capsys.readouterr().err
    with pytest.raises(InvalidData):
        purchases(sample)


@pytest.mark.skipif(not REAL.exists(), reason="the tables are not part of the project")
def test_the_real_purchase_orders_reconcile() -> None:
    result, _ = replay(purchases(REAL), MemoryStore())

    assert (result["purchases"], result["lines"]) == (4012, 8845)
    assert (result["under_received_lines"], result["rejected_lines"]) == (380, 563)
    assert result["reconciled"]
