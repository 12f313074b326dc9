"""
Replay purchase orders through ordercore; see the page beside this file.

"""

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # this file is run as a script; its modules are found from the top

from examples.purchase_replay.replay import replay  # noqa: E402
from examples.purchase_replay.sample import write_sample  # noqa: E402
from examples.purchase_replay.source import purchases  # noqa: E402
from ordercore import MemoryStore, OrderCoreError, SQLiteStore  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    with TemporaryDirectory(prefix="purchase-replay-") as scratch:
        data = options.data
        if not data.exists():
            print(f"{data} is not there: replaying the seeded sample", file=sys.stderr)
            data = Path(scratch) / "sample"
            write_sample(data)
        try:
            rows = purchases(data)[: options.limit]
            store = SQLiteStore(options.store) if options.store else MemoryStore()
            with closing(store):
                result, audit = replay(rows, store)
        except (OrderCoreError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    if not options.json:
        print(audit)
        for name, value in result.items():
            print(f"{name:>22}  {value}")
    print(json.dumps(result))
    return 0 if result["reconciled"] else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="purchase_replay", description="Replay purchase orders as receipts."
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data" / "adventureworks",
        help="folder of tables; where it is absent, a small seeded sample is replayed",
    )
    parser.add_argument("--store", type=Path, help="file of the store; default: in memory")
    parser.add_argument("--limit", type=_positive, help="only the first LIMIT orders by number")
    parser.add_argument("--json", action="store_true", help="print the line of JSON alone")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r:.40} is no number of orders: legal are 1 and more")


if __name__ == "__main__":
    sys.exit(main())
