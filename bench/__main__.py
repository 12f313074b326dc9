"""
Runs the benchmarks: ``python -m bench [imports] [sourcing] [ledger] [engine]``, all without a name.

``postgres`` names the part of ``engine`` that needs a server, to be run alone.

The last line is one JSON object with every figure. Absolute times belong to this machine and this
moment; the ratios are measured side by side in one run and are what goals are stated in.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from typing import Any, Final

from bench import engine, imports, ledger, postgres, sourcing
from bench.peers.environment import PeersMissing

RUNS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "imports": imports.run,
    "sourcing": sourcing.run,
    "ledger": ledger.run,
    "engine": engine.run,
    "postgres": postgres.run,
}
PARTS: Final = ("postgres",)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure ordercore.")
    parser.add_argument(
        "which", nargs="*", metavar="which", help=f"any of {', '.join(RUNS)}; default: all"
    )
    parser.add_argument("--rounds", type=int, help="how many interleaved rounds")
    parser.add_argument("--small", action="store_true", help="little work: does it run at all?")
    asked = parser.parse_args()
    unknown = [name for name in asked.which if name not in RUNS]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; legal are {', '.join(RUNS)}")
    if asked.rounds is not None and asked.rounds < 1:
        parser.error(f"--rounds is {asked.rounds}, least is 1")
    given = {} if asked.rounds is None else {"rounds": asked.rounds}
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    for name in asked.which or [name for name in RUNS if name not in PARTS]:
        try:
            found[name] = RUNS[name](small=asked.small, **given)
        except PeersMissing as missing:
            sys.exit(f"{name}: {missing}")
    if len(asked.which) == 1:
        found |= found[asked.which[0]]  # asked for alone, its figures are found at the top too
    print()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
