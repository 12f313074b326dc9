"""
What starting costs, in fresh interpreters.

Every round starts each program once, one after the other, so a slow moment of the machine falls on
all of them; what counts is the median over the rounds, less the bare interpreter. Byte code is kept
in a folder of its own and warm, as it is for an installed library.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from bench.report import medians, print_table

__all__ = ["run"]

ROOT: Final = Path(__file__).resolve().parent.parent
ROUNDS: Final = 11
#: What must not be loaded by ``import ordercore``, and what the cold start should do without.
HEAVY: Final = ("asyncio", "ssl", "sqlite3", "statemachine", "cattrs", "attrs", "sortedcontainers")
NAMES: Final = "Engine, MemoryStore, PlaceOrder, ReceiveStock, StaticCatalog, StaticPlaces"

PROGRAMS: Final = {
    "bare interpreter": "pass",
    "import attrs": "import attrs",
    "the four dependencies": "import attrs, cattrs, statemachine, sortedcontainers",
    "import ordercore": "import ordercore",
    "and the main names": f"from ordercore import {NAMES}",
    "to the first order": "import bench.cold_start",
}
BARE, ATTRS, FOUR, OURS, MAIN, COLD = PROGRAMS
IMPORT_LINE: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


def run(*, rounds: int = ROUNDS, small: bool = False) -> dict[str, Any]:
    """Measure, print, and return the figures; milliseconds."""
    with tempfile.TemporaryDirectory() as compiled:
        environment = _environment(compiled)
        for program in PROGRAMS.values():
            _start(program, environment)
        taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
        for _ in range(rounds):
            for name, program in PROGRAMS.items():
                taken[name].append(_start(program, environment))
        loaded = _loaded(PROGRAMS[OURS], environment)
        loaded_cold = _loaded(PROGRAMS[COLD], environment)
        shares = _by_package(PROGRAMS[COLD], environment, 1 if small else 5)
    at_median = medians(taken)
    net = {name: at_median[name] - at_median[BARE] for name in PROGRAMS}
    print_table(
        f"starting: milliseconds, medians of {rounds} interleaved rounds",
        ("program", "median", "least", "over bare", "x attrs"),
        [
            (name, at_median[name], min(taken[name]), net[name], net[name] / net[ATTRS])
            for name in PROGRAMS
        ],
    )
    print_table(
        "where the cold start goes (python -X importtime, own time of modules, with its overhead)",
        ("package", "ms", "modules"),
        shares[:12],
    )
    print(f"\n  loaded by import ordercore: {', '.join(loaded) or 'nothing heavy'}")
    print(f"  loaded by the cold start: {', '.join(loaded_cold)}")
    return {
        "rounds": rounds,
        "bare_ms": round(at_median[BARE], 1),
        "attrs_over_bare_ms": round(net[ATTRS], 1),
        "four_over_bare_ms": round(net[FOUR], 1),
        "ordercore_over_bare_ms": round(net[OURS], 1),
        "ordercore_to_four": round(net[OURS] / net[FOUR], 2),
        "main_names_over_bare_ms": round(net[MAIN], 1),
        "main_names_to_four": round(net[MAIN] / net[FOUR], 2),
        "cold_start_over_bare_ms": round(net[COLD], 1),
        "cold_start_to_attrs": round(net[COLD] / net[ATTRS], 2),
        "loaded_by_ordercore": loaded,
        "loaded_by_cold_start": loaded_cold,
    }


def _environment(compiled: str) -> dict[str, str]:
    """Return this environment with warm byte code and the sources of this checkout."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COVERAGE", "COV_"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        "PYTHONPYCACHEPREFIX": compiled,
    }


def _start(program: str, environment: dict[str, str]) -> float:
    start = time.perf_counter_ns()
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)  # noqa: S603
    return (time.perf_counter_ns() - start) / 1_000_000


def _loaded(program: str, environment: dict[str, str]) -> list[str]:
    asked = f"{program}\nimport sys; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", asked], check=True, env=environment, capture_output=True, text=True
    )
    return done.stdout.split()


def _by_package(
    program: str, environment: dict[str, str], rounds: int
) -> list[tuple[str, float, int]]:
    """Sum the own time of modules by package, ordercore by room; the dearest first."""
    sums: list[Counter[str]] = []
    modules: Counter[str] = Counter()
    for _ in range(rounds):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-X", "importtime", "-c", program],
            check=True,
            env=environment,
            capture_output=True,
            text=True,
        )
        own: Counter[str] = Counter()
        modules.clear()
        for microseconds, module in IMPORT_LINE.findall(done.stderr):
            package = _package(module)
            own[package] += int(microseconds)
            modules[package] += 1
        sums.append(own)
    at_median = medians({name: [own[name] for own in sums] for name in modules})
    return sorted(
        ((name, micros / 1_000, modules[name]) for name, micros in at_median.items()),
        key=lambda row: (-row[1], row[0]),
    )


def _package(module: str) -> str:
    parts = module.split(".")
    if parts[0] == "ordercore":
        return ".".join(parts[:2])
    if parts[0] in {"attr", "attrs"}:
        return "attrs"
    if parts[0].lstrip("_") in sys.stdlib_module_names or parts[0] in sys.stdlib_module_names:
        return "asyncio, ssl" if parts[0] in {"asyncio", "ssl", "_ssl"} else "standard library"
    return parts[0]
