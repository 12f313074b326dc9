"""
Replay the orders of a marketplace through ordercore; see the page beside this file.

"""

import argparse
import json
import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # this file is run as a script; its modules are found from the top

from examples.marketplace_replay.replay import Wanted, replay  # noqa: E402
from examples.marketplace_replay.sample import write_sample  # noqa: E402
from ordercore.errors import InvalidData, OrderCoreError  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    with TemporaryDirectory(prefix="marketplace-replay-") as scratch:
        data = options.data
        if not data.exists():
            print(f"{data} is not there: replaying the seeded sample", file=sys.stderr)
            data = Path(scratch) / "sample"
            write_sample(data)
        wanted = Wanted(
            data=data,
            store=options.store or Path(scratch) / "replay.db",
            limit=options.limit,
            durability=options.durability,
        )
        try:
            result, audit = replay(wanted)
        except OrderCoreError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2 if isinstance(error, InvalidData) else 1
        except (OSError, sqlite3.Error) as error:
            print(f"error: {wanted.store} can't be written: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("\nstopped; the same command goes on from here", file=sys.stderr)
            return 130
    print(audit)
    print(json.dumps(result))
    return 0 if result["reconciled"] else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="marketplace_replay", description="Replay the orders of a marketplace."
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data" / "olist",
        help="folder of tables; where it is absent, a small seeded sample is replayed",
    )
    parser.add_argument(
        "--store",
        type=Path,
        help="file of the store; the same again resumes; default: a scratch file",
    )
    parser.add_argument(
        "--limit", type=_positive, help="only the first LIMIT orders by time of purchase"
    )
    parser.add_argument(
        "--durability",
        choices=("normal", "full"),
        default="normal",
        help="what a commit waits for; full also survives a power cut (default: normal)",
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r:.40} is no number of orders: legal are 1 and more")


if __name__ == "__main__":
    sys.exit(main())
