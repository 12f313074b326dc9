"""
The replay of a shop's sales: every SKU's book comes to the sums of the source, and would not if a
unit were lost; what was never bought does not come back.
"""

import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from examples.retail_replay.books import Books, LedgerBooks, StoreBooks
from examples.retail_replay.main import main
from examples.retail_replay.reconcile import Reconciliation, reconcile
from examples.retail_replay.replay import replay
from examples.retail_replay.sample import write_sample
from examples.retail_replay.source import (
    Fact,
    Kind,
    Line,
    Source,
    is_product,
    read_source,
    typed_reason,
)
from examples.retail_replay.stock import Purchase, TellFact, bought_account
from examples.retail_replay.sums import Sums, sum_up
from ordercore.errors import InvalidData, Rejected
from ordercore.ids import Sku
from ordercore.inventory import AdjustReason
from ordercore.ledger import Post

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "examples" / "retail_replay" / "main.py"
REAL = Path(
    os.environ.get("ORDERCORE_ONLINE_RETAIL", ROOT.parent / "shared" / "data" / "online_retail")
)

NOON = datetime(2011, 6, 1, 12, tzinfo=UTC)
TIMES = {"seconds", "movements_per_s", "steps_per_s"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="module")
def whole(folder: Path) -> Reconciliation:
    return lived(read_source(folder), LedgerBooks(), audit=True)


def lived(
    source: Source, books: Books, sums: Sums | None = None, *, audit: bool = False
) -> Reconciliation:
    sums = sums or sum_up(source.facts)
    return reconcile(source, sums, replay(source, sums, books), books, audit=audit)


def timeless(result: Reconciliation) -> dict[str, object]:
    return {key: value for key, value in result.items() if key not in TIMES}


def told(*facts: tuple[Kind, str, str, int]) -> Source:
    """Facts about one SKU: kind, invoice, customer, quantity."""
    source = Source()
    for kind, invoice, customer, quantity in facts:
        line = Line(Sku("85123A"), quantity, AdjustReason.LOSS if quantity < 0 else None)
        source.facts.append(Fact(f"{invoice}-1", kind, invoice, customer, NOON, (line,)))
    return source


# --- the whole sample ------------------------------------------------------------------------


def test_every_book_of_the_sample_comes_to_the_sums_of_the_source(whole: Reconciliation) -> None:
    assert whole["trial_balance"] == []
    assert whole["book_differences"] == []
    assert whole["source_differences"] == []
    assert whole["audit"] == []
    assert whole["reconciled"]
    assert whole["units_sold"] > whole["units_returned"] > 74_215
    assert whole["units_left"] == (
        whole["opening_units"]
        + sum(whole["found"].values())
        + whole["units_returned"]
        - whole["units_sold"]
        - sum(whole["written_off"].values())
    )


def test_every_quirk_of_the_source_is_in_the_sample(whole: Reconciliation, folder: Path) -> None:
    assert whole["returns_refused_units_by"].keys() == {
        "more_than_bought",
        "never_bought",
        "no_customer",
    }
    assert whole["written_off"].keys() == {"damage", "loss", "sample", "count", "correction"}
    assert whole["found"].keys() == {"found", "count", "correction"}
    assert whole["without_stock"].keys() == {
        "POST", "DOT", "M", "D", "BANK CHARGES", "GIFT_0001_20", "bad debt",
    }  # fmt: skip
    by_invoice: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in read_source(folder).facts:
        by_invoice[fact.invoice].append(fact)
    two_instants = [f for f in by_invoice.values() if len({fact.at for fact in f}) > 1]
    assert two_instants
    sales = [f for facts in by_invoice.values() for f in facts if f.kind is Kind.SALE]
    assert any(len(f.lines) > len({line.sku for line in f.lines}) for f in sales)


def test_the_same_seed_writes_the_same_sample(folder: Path, tmp_path: Path) -> None:
    write_sample(tmp_path)

    name = "online_retail.csv"
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


# --- what comes back -------------------------------------------------------------------------


def test_a_mistake_of_tens_of_thousands_comes_back_whole() -> None:
    source = told((Kind.SALE, "541431", "12346", 74_215), (Kind.RETURN, "C541433", "12346", 74_215))
    result = lived(source, LedgerBooks())

    assert result["reconciled"]
    assert result["opening_units"] == result["units_left"] == 74_215
    assert result["returns_refused"] == 0


def test_a_return_undoes_the_purchases_that_were_first() -> None:
    source = told(
        (Kind.SALE, "1", "anna", 3),
        (Kind.SALE, "2", "anna", 4),
        (Kind.RETURN, "C3", "anna", 5),
        (Kind.RETURN, "C4", "anna", 2),
    )
    books = LedgerBooks()
    lived(source, books)

    undone = [
        (step.reference, step.amount)
        for entry in books.entries()
        if isinstance(step := entry.step, Post) and step.source.startswith("purchases|bought|")
    ]
    assert undone == [("1", 3), ("2", 2), ("2", 2)]


@pytest.mark.parametrize(
    ("customer", "quantity", "why"),
    [
        ("anna", 4, "more_than_bought"),
        ("bert", 1, "never_bought"),
        ("", 1, "no_customer"),
    ],
)
def test_the_book_refuses_what_was_never_bought_and_moves_nothing(
    customer: str, quantity: int, why: str
) -> None:
    source = told(
        (Kind.SALE, "1", "anna", 3),
        (Kind.SALE, "2", "", 9),
        (Kind.SALE, "3", "carl", 9),
        (Kind.RETURN, "C4", customer, quantity),
        (Kind.RETURN, "C5", "anna", 3),
    )
    result = lived(source, LedgerBooks())

    assert result["returns_refused_units_by"] == {why: quantity}
    assert result["units_returned"] == result["units_left"] == 3
    assert result["reconciled"]


def test_the_ledger_itself_refuses_an_over_return_whatever_the_host_believes() -> None:
    source = told((Kind.SALE, "1", "anna", 3), (Kind.RETURN, "C2", "anna", 4))
    books = LedgerBooks()
    lived(source, books)
    before = dict(books.accounts())
    (line,) = source.facts[1].lines

    with pytest.raises(Rejected) as refused:
        books.tell(TellFact(fact=source.facts[1], purchases=(Purchase("1", line.quantity),)))

    assert refused.value.code == "shortage"
    assert dict(books.accounts()) == before
    assert before[bought_account(line.sku, "anna")].posted == 3


# --- that the proof can fail -----------------------------------------------------------------


def test_with_one_unit_less_at_the_opening_a_sale_is_refused(folder: Path) -> None:
    source = read_source(folder)
    for sku in sorted(sum_up(source.facts).opening)[:2]:
        short = sum_up(source.facts)
        short.opening[sku] -= 1
        with pytest.raises(Rejected) as refused:
            replay(source, short, LedgerBooks())
        assert refused.value.code == "shortage"


class Forgetful(LedgerBooks):
    """Books that leave out the n-th fact of a kind."""

    def __init__(self, kind: Kind, nth: int) -> None:
        super().__init__()
        self._kind, self._left = kind, nth

    def tell(self, command: TellFact) -> None:
        self._left -= command.fact.kind is self._kind
        if command.fact.kind is self._kind and self._left == 0:
            return
        super().tell(command)


@pytest.mark.parametrize("kind", [Kind.SALE, Kind.CORRECTION])
def test_a_fact_that_is_not_in_the_books_is_named_by_sku(folder: Path, kind: Kind) -> None:
    source = read_source(folder)
    last = sum(fact.kind is kind for fact in source.facts)
    result = lived(source, Forgetful(kind, last))

    missing = [f for f in source.facts if f.kind is kind][-1]
    assert not result["reconciled"]
    assert result["book_differences"] == []  # both books lack it alike: only the source knows
    assert any(missing.lines[0].sku in found for found in result["source_differences"])


# --- through an engine -----------------------------------------------------------------------


@pytest.mark.slow
def test_a_store_on_disk_comes_to_the_same_and_twice_is_once(folder: Path, tmp_path: Path) -> None:
    source = read_source(folder, 120)
    skus = set(sum_up(source.facts).opening)
    in_memory = lived(source, LedgerBooks(), audit=True)
    results: list[Reconciliation] = []
    for _ in range(2):
        books = StoreBooks(tmp_path / "shop.db", skus)
        results.append(lived(source, books, audit=True))
        books.close()

    assert in_memory["reconciled"]
    assert in_memory["returns_refused"] > 0
    assert [timeless(result) for result in results] == [timeless(in_memory)] * 2


# --- the words of the source -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quantity", "reason"),
    [
        ("wet/rusty", -5, AdjustReason.DAMAGE),
        ("Unsaleable, destroyed.", -5, AdjustReason.DAMAGE),
        ("thrown away-can't sell", -5, AdjustReason.DAMAGE),
        ("samples/damages", -5, AdjustReason.DAMAGE),
        ("????missing", -5, AdjustReason.LOSS),
        ("MIA", -5, AdjustReason.LOSS),
        ("Show Samples", -5, AdjustReason.SAMPLE),
        ("stock check", -5, AdjustReason.COUNT),
        ("counted", 5, AdjustReason.COUNT),
        ("Found in w/hse", 5, AdjustReason.FOUND),
        ("had been put aside", 5, AdjustReason.FOUND),
        ("found some more on shelf", -5, AdjustReason.CORRECTION),
        ("damages?", 5, AdjustReason.CORRECTION),
        ("sold as set on dotcom", -5, AdjustReason.CORRECTION),
        ("", -5, AdjustReason.CORRECTION),
    ],
)
def test_free_text_becomes_a_typed_reason_that_has_the_direction(
    text: str, quantity: int, reason: AdjustReason
) -> None:
    assert typed_reason(text, quantity) is reason


def test_carriage_fees_and_vouchers_are_no_products() -> None:
    assert [code for code in ("POST", "C2", "M", "GIFT_0001_50") if is_product(code)] == []
    assert all(is_product(code) for code in ("85123A", "22423", "DCGSSGIRL"))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda text: text.replace("Quantity", "Number", 1), "column Quantity is not there once"),
        (lambda text: text.replace("2010-12-01", "2010-13-01", 1), "InvoiceDate: '2010-13-01"),
        (lambda text: text.replace("A THING,", "A THING,x", 1), "Quantity: 'x"),
        (lambda text: text.replace(",A THING,", ",A, THING,", 1), "line 2 is invalid: cells: 9"),
        (lambda text: text.replace("20", "2|0", 3), "invoices line 2 is invalid: "),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    edit: Callable[[str], str],
    message: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (folder / "online_retail.csv").read_text(encoding="utf-8")
    (tmp_path / "online_retail.csv").write_text(edit(text), encoding="utf-8")

    code = main(["--data", str(tmp_path), "--json"])
    printed = capsys.readouterr()

    assert code == 2
    assert message in printed.err
    assert printed.out == ""


def test_a_truncated_archive_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    packed = gzip.compress((folder / "online_retail.csv").read_bytes())
    (tmp_path / "online_retail.csv.gz").write_bytes(packed[: len(packed) // 2])

    with pytest.raises(InvalidData, match=r"online_retail\.csv\.gz after line \d+ is invalid"):
        read_source(tmp_path)


# --- the command -----------------------------------------------------------------------------


def test_the_last_line_is_json_and_an_absent_folder_means_the_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--data", str(tmp_path / "absent"), "--limit", "30", "--json"])
    printed = capsys.readouterr()

    assert code == 0
    assert "replaying the seeded sample" in printed.err
    result = json.loads(printed.out.splitlines()[-1])
    assert result.keys() == Reconciliation.__annotations__.keys()
    assert result["invoices"] == 30
    assert result["reconciled"] is True


@pytest.mark.skipif(not REAL.exists(), reason="the real data is not there")
def test_real_invoices_reconcile() -> None:
    result = lived(read_source(REAL, 100), LedgerBooks())

    assert result["reconciled"], result["source_differences"]
    assert result["invoices"] == 100
    assert result["units_sold"] > 0


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the real data is not there")
def test_all_real_invoices_reconcile() -> None:
    run = subprocess.run(
        [sys.executable, str(MAIN), "--data", str(REAL), "--json"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["reconciled"] is True
    assert result["returns_refused"] > 0
    skipped = sum(result["without_stock"].values())
    assert result["lines"] == skipped + sum(
        result[f"{kind}_lines"] for kind in ("sale", "return", "correction")
    )
