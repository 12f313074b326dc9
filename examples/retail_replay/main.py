"""
Replay the sales of a shop as movements of its stock; see the page beside this file.

"""

import argparse
import json
import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # this file is run as a script; its modules are found from the top

from examples.retail_replay.books import Books, LedgerBooks, StoreBooks  # noqa: E402
from examples.retail_replay.reconcile import Reconciliation, reconcile  # noqa: E402
from examples.retail_replay.replay import replay  # noqa: E402
from examples.retail_replay.sample import write_sample  # noqa: E402
from examples.retail_replay.source import read_source  # noqa: E402
from examples.retail_replay.sums import sum_up  # noqa: E402
from ordercore.errors import InvalidData, OrderCoreError, PortUnavailable  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    with TemporaryDirectory(prefix="retail-replay-") as scratch:
        data = options.data
        if not data.exists():
            print(f"{data} is not there: replaying the seeded sample", file=sys.stderr)
            data = Path(scratch)
            write_sample(data)
        try:
            result = _replay(data, options)
        except OrderCoreError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2 if isinstance(error, InvalidData | PortUnavailable) else 1
        except (OSError, sqlite3.Error) as error:
            print(f"error: {options.store} can't be written: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("\nstopped", file=sys.stderr)
            return 130
    print(_table(result))
    if options.json:
        print(json.dumps(result))
    return 0 if result["reconciled"] else 1


def _replay(data: Path, options: argparse.Namespace) -> Reconciliation:
    source = read_source(data, options.limit)
    sums = sum_up(source.facts)
    skus = set(sums.opening)
    books: Books = StoreBooks(options.store, skus) if options.store else LedgerBooks()
    try:
        told = replay(source, sums, books)
        return reconcile(source, sums, told, books, audit=options.audit)
    finally:
        books.close()


def _table(result: Reconciliation) -> str:
    """
    Write the result for people: a line a number, a line below it for each part of it.

    """
    rows: list[tuple[str, str]] = []
    for name, value in result.items():
        label = name.replace("_", " ")
        if isinstance(value, dict):
            parts = {str(key): int(n) for key, n in value.items()}
            rows.append((label, f"{sum(parts.values()):,}"))
            rows.extend((f"  {key}", f"{n:,}") for key, n in parts.items())
        elif isinstance(value, list):
            rows.append((label, "none" if not value else ""))
            rows.extend((f"  {sentence}", "") for sentence in value[:20])
        elif isinstance(value, bool):
            rows.append((label, "yes" if value else "NO"))
        elif value is None:
            rows.append((label, "not asked"))
        else:
            rows.append((label, f"{value:,}"))
    return "\n".join(f"{label:<28}{number:>14}".rstrip() for label, number in rows)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="retail_replay", description="Replay the sales of a shop as movements of its stock."
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data" / "online_retail",
        help="file of invoice lines or its folder; where it is absent, a seeded sample is replayed",
    )
    parser.add_argument(
        "--store",
        type=Path,
        help="replay through an engine into this SQLite file; default: a ledger in memory",
    )
    parser.add_argument("--limit", type=_positive, help="only the first LIMIT invoices")
    parser.add_argument(
        "--audit", action="store_true", help="recompute every kept number from the log as well"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the result as one line of JSON last"
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r:.40} is no number of invoices: legal are 1 and more")


if __name__ == "__main__":
    sys.exit(main())
