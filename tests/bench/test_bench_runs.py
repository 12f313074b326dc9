"""Every benchmark still runs, and its last line says what it found; no figure is judged here."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

KEYS = {
    "imports": {
        "rounds",
        "bare_ms",
        "attrs_over_bare_ms",
        "four_over_bare_ms",
        "ordercore_over_bare_ms",
        "ordercore_to_four",
        "main_names_over_bare_ms",
        "main_names_to_four",
        "cold_start_over_bare_ms",
        "cold_start_to_attrs",
        "loaded_by_ordercore",
        "loaded_by_cold_start",
    },
    "sourcing": {
        "orders",
        "median_us",
        "mean_us",
        "p99_us",
        "max_us",
        "proven_share",
        "split_share",
        "short_share",
        "highspy",
    },
    "ledger": {
        "reserve_over_floor",
        "batch_over_floor",
        "reserve_over_floor_expiring",
        "reserve_over_floor_gc",
        "batch_over_floor_gc",
        "reserve_us",
        "floor_us",
        "growth_over_floor_growth",
        "growth",
        "floor_growth",
        "availability_over_lookups",
        "availability_read_over_lookups",
        "bytes_per_account",
        "bytes_per_promise",
        "open_over_replay_10000",
        "open_file_over_replay_10000",
        "open_ms",
        "replay_10000_ms",
    },
    "engine": {
        "rounds",
        "orders_a_round",
        "life",
        "lives",
        "parts_us",
        "equal_life",
        "equal_lives",
        "versions",
    },
}

#: Left out where a store or a server is missing, and then the output says so.
WHERE_THE_STORE_CAN = {"submits_per_flush", "group_commit"}


def _bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
    )


def _numbers(found: Any) -> list[float]:
    if isinstance(found, dict):
        return [number for value in found.values() for number in _numbers(value)]
    return [float(found)] if isinstance(found, int | float) else []


@pytest.mark.slow
def test_all_benchmarks_run_and_say_what_they_found() -> None:
    done = _bench("--rounds", "1", "--small")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])

    assert {name: set(found[name]) - WHERE_THE_STORE_CAN for name in KEYS} == KEYS
    assert all(math.isfinite(number) for number in _numbers(found))
    assert all(
        figures["to_by_hand"] > 0 and figures["orders_per_s"] > 0
        for figures in found["engine"]["lives"].values()
    )
    assert found["engine"]["life"] == {"host_commands": 8, "commits": 12, "events": 29, "steps": 18}
    assert found["engine"]["equal_life"]["host_commands"] == 5


@pytest.mark.slow
def test_the_cold_start_loads_neither_an_event_loop_nor_a_database_nor_the_machine_library() -> (
    None
):
    done = _bench("imports", "--rounds", "1", "--small")
    found = json.loads(done.stdout.splitlines()[-1])["imports"]

    assert found["loaded_by_ordercore"] == []
    assert set(found["loaded_by_cold_start"]) == {"attrs", "sortedcontainers"}


def test_a_benchmark_that_runs_alone_tells_its_figures_at_the_top_too() -> None:
    done = _bench("ledger", "--rounds", "1", "--small")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])

    assert set(found["ledger"]) == KEYS["ledger"] <= set(found)
    assert all(number > 0 for number in _numbers(found["ledger"]))


def test_an_unknown_benchmark_is_refused_with_the_legal_names() -> None:
    done = _bench("speed")

    assert done.returncode != 0
    assert "there is no speed; legal are imports, sourcing, ledger, engine" in done.stderr
