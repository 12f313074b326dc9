"""
The replay of a marketplace: it reconciles, resumes after being cut off, and refuses broken data.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from examples.marketplace_replay import source
from examples.marketplace_replay.main import main
from examples.marketplace_replay.reconcile import Reconciliation
from examples.marketplace_replay.replay import Wanted, replay
from examples.marketplace_replay.sample import write_sample
from ordercore import SQLiteStore
from ordercore.errors import InvalidData
from ordercore.ids import TenantId, order_stream
from ordercore.ports import Store

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "examples" / "marketplace_replay" / "main.py"
REAL = Path(os.environ.get("ORDERCORE_OLIST", ROOT.parent / "shared" / "data" / "olist"))

#: Enough orders for each quirk of the sample to come up.
ORDERS = 40

KEYS = {
    "orders", "placed", "not_placed", "anomalies", "status_differs",
    "items_total_minor", "source_items_total_minor",
    "freight_total_minor", "source_freight_total_minor",
    "payments_total_minor", "source_payments_total_minor",
    "ledger_balanced", "leaks", "orders_per_s",
}  # fmt: skip


class Cut(BaseException):
    """Ends a replay the way a kill does: nothing in the program is told."""


class CutOff:
    """A store that is cut off at its n-th write, just before or just after it."""

    def __init__(self, store: Store, at: int, *, after: bool) -> None:
        self._store = store
        self._left = at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._cut(found) if name in {"commit", "lease"} else found

    def _cut(self, write: Callable[..., object]) -> Callable[..., object]:
        def writing(*args: Any, **kwargs: Any) -> object:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Cut
            written = write(*args, **kwargs)
            if self._left == 0:
                raise Cut
            return written

        return writing


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, orders=ORDERS)
    return folder


@pytest.fixture(scope="module")
def whole(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Reconciliation:
    store = tmp_path_factory.mktemp("whole") / "replay.db"
    return replay(Wanted(data=sample, store=store))[0]


def timeless(result: Reconciliation) -> dict[str, object]:
    return {key: value for key, value in result.items() if key != "orders_per_s"}


def test_the_sample_reconciles_to_the_cent(whole: Reconciliation) -> None:
    assert set(whole) >= KEYS
    assert whole["orders"] == ORDERS
    assert whole["placed"] == ORDERS - 2
    assert whole["not_placed"] == {"no_lines": 2}
    assert whole["items_total_minor"] == whole["source_items_total_minor"] > 0
    assert whole["freight_total_minor"] == whole["source_freight_total_minor"] > 0
    assert whole["payments_total_minor"] == whole["source_payments_total_minor"] > 0
    assert whole["ledger_balanced"]
    assert whole["leaks"] == 0
    assert whole["reconciled"]


def test_every_oddity_of_the_source_is_counted_by_kind(whole: Reconciliation) -> None:
    assert whole["anomalies"].keys() == {
        "cancellation:nothing_to_cancel",
        "cancellation:unknown_order",
        "delivered_before_dispatch",
        "dispatch:unknown_order",
        "payment:after_dispatch",
        "payment:invalid_data",
        "payment:unknown_order",
        "shortage:unknown_order",
    }
    assert whole["status_differs"] == {"canceled is shipped": 1, "delivered is processing": 1}


def test_money_that_differs_from_the_order_is_named(whole: Reconciliation) -> None:
    assert whole["settlements"]["overpaid"] == 1
    assert whole["settlements"]["underpaid"] == 2  # one paid too little, one not at all


def test_the_last_line_is_json_and_an_absent_folder_means_the_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "replay.db"
    code = main(["--data", str(tmp_path / "absent"), "--limit", "30", "--store", str(store)])
    printed = capsys.readouterr()

    assert code == 0
    assert "replaying the seeded sample" in printed.err
    result = json.loads(printed.out.splitlines()[-1])
    assert result.keys() >= KEYS
    assert result["orders"] == 30


def test_an_early_delivery_counts_once_its_dispatch_is_told(sample: Path, tmp_path: Path) -> None:
    early = [
        row.order_id
        for row in source.orders(sample)
        if row.delivered and row.dispatched and row.purchased < row.delivered < row.dispatched
    ]
    replay(Wanted(data=sample, store=tmp_path / "replay.db"))
    store = SQLiteStore(tmp_path / "replay.db")

    assert len(early) == 1
    events = [recorded.event for recorded in store.load(TenantId("main"), order_stream(early[0]))]
    told = [type(event).__name__ for event in events]
    assert told.index("AnomalyRecorded") < told.index("PackageShipped")
    assert told.index("PackageShipped") < told.index("PackageDelivered")
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_replay_cut_off_at_any_write_ends_as_if_it_had_not_been(
    sample: Path, whole: Reconciliation, tmp_path: Path, *, after: bool
) -> None:
    for at in range(1, 400, 43):
        wanted = Wanted(data=sample, store=tmp_path / f"{at}.db")
        try:
            replay(wanted, lambda store, n=at: CutOff(store, n, after=after))  # type: ignore[misc]
        except Cut:
            result, _ = replay(wanted)
        else:
            assert at > 200  # beyond the last write
            break

        assert timeless(result) == timeless(whole)


@pytest.mark.slow
def test_a_killed_process_resumes(sample: Path, whole: Reconciliation, tmp_path: Path) -> None:
    store = tmp_path / "replay.db"
    killed = subprocess.run(
        [sys.executable, "-c", _DIES, str(ROOT), str(sample), str(store)],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    assert killed.returncode == -9
    result, _ = replay(Wanted(data=sample, store=store))
    assert timeless(result) == timeless(whole)


_DIES = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from examples.marketplace_replay.replay import Wanted, replay
from tests.examples.test_marketplace_replay import Cut, CutOff

class Killed(CutOff):
    def _cut(self, write):
        cut = super()._cut(write)
        def writing(*args, **kwargs):
            try:
                return cut(*args, **kwargs)
            except Cut:
                os.kill(os.getpid(), signal.SIGKILL)
        return writing

replay(Wanted(data=Path(sys.argv[2]), store=Path(sys.argv[3])),
       lambda store: Killed(store, 120, after=True))
"""


def test_a_finished_replay_only_reconciles_again(sample: Path, tmp_path: Path) -> None:
    wanted = Wanted(data=sample, store=tmp_path / "replay.db", limit=10)
    first, _ = replay(wanted)

    again, _ = replay(wanted, lambda store: cast("Store", CutOff(store, 1, after=False)))

    assert again == first


def _without_column(text: str) -> str:
    return text.replace("payment_value", "value", 1)


def _bad_amount(text: str) -> str:
    lines = text.splitlines()
    lines[4] = lines[4].rpartition(",")[0] + ",12,5"
    return "\n".join(lines)


def _bad_money(text: str) -> str:
    lines = text.splitlines()
    lines[4] = lines[4].rpartition(",")[0] + ",12.345"
    return "\n".join(lines)


def _twice(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:3], lines[2], *lines[3:]])


def _stranger(text: str) -> str:
    lines = text.splitlines()
    lines[2] = "nobody," + lines[2].partition(",")[2]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("file", "edit", "message"),
    [
        ("payments", _without_column, "payments.csv line 1 is invalid: column payment_value is"),
        ("payments", _bad_amount, "payments.csv line 5 is invalid: 6 cells; legal are 5"),
        ("payments", _bad_money, "payments.csv line 5 is invalid: payment_value: "),
        ("payments", _twice, "payments.csv line 4 is invalid: "),
        ("payments", _stranger, "payments.csv line 3 is invalid: nobody is not among the orders"),
        (
            "orders",
            lambda text: text.replace(",delivered,", ",lost,", 1),
            "order_status: 'lost'; legal are created, approved",
        ),
        (
            "orders",
            lambda text: text.replace("2017-10-01", "2017-13-01", 1),
            "orders.csv line 2 is invalid: order_purchase_timestamp: '2017-13-01",
        ),
        ("order_items", lambda text: text.replace("\n", '\n"', 1), "order_items.csv"),
    ],
)
def test_a_broken_file_is_refused_with_its_place_and_leaves_nothing(
    file: str,
    edit: Callable[[str], str],
    message: str,
    sample: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    shutil.copytree(sample, data)
    out.mkdir()
    broken = data / f"{file}.csv"
    broken.write_text(edit(broken.read_text(encoding="utf-8")), encoding="utf-8")

    code = main(["--data", str(data), "--store", str(out / "replay.db")])
    printed = capsys.readouterr()

    assert code == 2
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert printed.out == ""
    assert list(out.iterdir()) == []


def test_a_truncated_archive_is_refused_by_name(tmp_path: Path, sample: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(sample, data)
    whole_file = gzip.compress((data / "orders.csv").read_bytes())
    (data / "orders.csv.gz").write_bytes(whole_file[: len(whole_file) // 2])

    with pytest.raises(InvalidData, match=r"orders\.csv\.gz after line \d+ is invalid"):
        replay(Wanted(data=data, store=tmp_path / "replay.db"))


def test_a_missing_table_is_refused_by_name(tmp_path: Path, sample: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(sample, data)
    (data / "sellers.csv").unlink()

    with pytest.raises(InvalidData, match=r"there is no sellers\.csv\.gz; legal are"):
        replay(Wanted(data=data, store=tmp_path / "replay.db"))


def test_a_store_is_never_resumed_over_something_else(sample: Path, tmp_path: Path) -> None:
    store = tmp_path / "replay.db"
    replay(Wanted(data=sample, store=store, limit=5))

    with pytest.raises(InvalidData, match="other data or another --limit"):
        replay(Wanted(data=sample, store=store, limit=6))
    store.with_name("replay.db.replay").unlink()
    with pytest.raises(InvalidData, match="exists without"):
        replay(Wanted(data=sample, store=store, limit=5))


def test_times_are_brazilian_with_the_summer_time_of_the_day(sample: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(sample, data)
    header, *_ = (data / "orders.csv").read_text(encoding="utf-8").splitlines()
    rows = [
        "o1,c1,delivered,2018-01-10 12:00:00,,,,",
        "o2,c1,delivered,2018-07-10 12:00:00,,,,",
    ]
    (data / "orders.csv").write_text("\n".join([header, *rows]), encoding="utf-8")

    assert [row.purchased for row in source.orders(data)] == [
        datetime(2018, 1, 10, 14, tzinfo=UTC),
        datetime(2018, 7, 10, 15, tzinfo=UTC),
    ]


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real data is not there")
def test_real_orders_reconcile(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(MAIN), "--data", str(REAL), "--limit", "300",
         "--store", str(tmp_path / "replay.db")],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result.keys() >= KEYS
    assert result["orders"] == 300
    assert result["items_total_minor"] == result["source_items_total_minor"]
    assert result["payments_total_minor"] == result["source_payments_total_minor"]
    assert result["ledger_balanced"]
    assert result["leaks"] == 0
