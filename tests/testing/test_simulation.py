"""
The simulator: one seed is one run, every fault strikes, and what is wrong is found and made short.

"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ordercore import SQLiteStore
from ordercore.stores import PostgresStore
from ordercore.testing.simulation import FaultKind, Findings, drawn_world, shrink, simulate
from ordercore.testing.simulation._shrinking import shortest
from tests.testing.bugs import PLANTED, planted

_STEPS = 800


def well(findings: Findings) -> None:
    assert findings.passed, str(findings.incident)
    assert (findings.lost, findings.stuck) == ((), ())


# --- one seed, one run -----------------------------------------------------------------------


def test_the_same_seed_is_the_same_run_to_the_last_event() -> None:
    first, second = simulate(seed=5, steps=_STEPS), simulate(seed=5, steps=_STEPS)
    well(first)
    assert first.digest == second.digest
    assert first.as_data() | {"steps_per_s": 0} == second.as_data() | {"steps_per_s": 0}


def test_another_seed_is_another_run() -> None:
    assert simulate(seed=5, steps=200).digest != simulate(seed=6, steps=200).digest


def test_who_watches_changes_nothing() -> None:
    watched, alone = simulate(seed=8, steps=_STEPS), simulate(seed=8, steps=_STEPS, checked=False)
    assert watched.digest == alone.digest
    assert not alone.invariants_checked


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_a_run_does_not_depend_on_hashes(hash_seed: str) -> None:
    program = (
        "from ordercore.testing.simulation import simulate;"
        "print(simulate(seed=9, steps=200, checked=False).digest)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == simulate(seed=9, steps=200, checked=False).digest


def test_a_file_keeps_what_memory_keeps(tmp_path: Path) -> None:
    with_file = simulate(
        seed=11, steps=300, store=SQLiteStore(tmp_path / "shop.db", durability="normal")
    )
    well(with_file)
    assert with_file.digest == simulate(seed=11, steps=300).digest


def test_a_database_keeps_what_memory_keeps(dsn: str, new_schema: Callable[[], str]) -> None:
    store = PostgresStore(dsn, schema=new_schema(), connections_max=2)
    try:
        kept = simulate(seed=11, steps=150, store=store)
    finally:
        store.close()
    well(kept)
    assert kept.digest == simulate(seed=11, steps=150).digest


# --- what happens in it ----------------------------------------------------------------------


def test_every_fault_strikes_most_wishes_are_granted_and_nothing_is_lost() -> None:
    findings = simulate(seed=3, steps=5_000, checked=False)
    well(findings)
    assert findings.unfired == ()
    assert findings.accepted * 100 >= 60 * (findings.steps + findings.steps_to_rest)
    assert findings.orders > 200
    assert set(findings.ended) <= {"placed", "released", "completed", "canceled"}


@pytest.mark.parametrize("seed", range(20, 32))
def test_shops_of_any_seed_keep_their_promises(seed: int) -> None:
    findings = simulate(seed=seed, steps=2_500)
    well(findings)
    assert min(findings.invariants_checked.values()) > 0


@pytest.mark.slow
def test_in_a_million_steps_nothing_is_lost() -> None:
    steps = orders = 0
    seed = 1_000
    while steps < 1_000_000:  # at most 200 runs
        findings = simulate(seed=seed, steps=5_000)
        assert findings.passed, f"seed {seed}: {findings.incident}"
        steps, orders, seed = steps + findings.steps, orders + findings.orders, seed + 1
    print(f" {steps:,} steps, {orders:,} orders, nothing lost", end="")  # noqa: T201 - reports
    assert orders > 50_000


def test_faults_are_drawn_anew_for_each_seed() -> None:
    rates = [simulate(seed=seed, steps=20, checked=False).faults_rates for seed in (1, 2)]
    assert rates[0] != rates[1]


def test_a_run_in_which_a_fault_never_struck_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    from ordercore.testing.simulation import _simulate

    monkeypatch.setattr(_simulate, "ALL_FAULTS_FROM", 20)
    findings = simulate(seed=1, steps=20)
    assert findings.incident is not None
    assert findings.incident.invariant == "all faults strike"
    assert FaultKind.CLOCK_LEAP_DAY in findings.incident.sentence


# --- what is wrong ---------------------------------------------------------------------------


def test_what_is_wrong_is_found_and_told_as_a_short_story() -> None:
    bug = next(bug for bug in PLANTED if bug.name == "damaged units are sold again")
    with planted(bug):
        found = next(
            run for seed in range(1, 20) if not (run := simulate(seed=seed, steps=_STEPS)).passed
        )
        assert found.incident is not None
        short = shrink(found, budget=8_000)
        assert short.incident is not None
        assert short.incident.invariant == found.incident.invariant
        assert short.acts is not None
        assert len(short.acts) * 2 < found.acts_played
        assert short.story is not None
        assert "STOP" in short.story[-1]
        again = simulate(seed=short.seed, steps=_STEPS, acts=short.acts)
    assert str(again.incident) == str(short.incident)


def test_the_shortest_story_needs_each_of_its_acts() -> None:
    def fails(acts: tuple[int, ...]) -> bool:
        return {3, 50, 51} <= set(acts)

    assert shortest(tuple(range(100)), fails) == (3, 50, 51)


def test_the_search_for_a_short_story_is_bounded() -> None:
    played = 0

    def fails(acts: tuple[int, ...]) -> bool:
        nonlocal played
        played += len(acts)
        return len(acts) >= 99

    assert len(shortest(tuple(range(100)), fails, budget=100_000)) == 99
    whole, played = played, 0
    assert len(shortest(tuple(range(100)), fails, budget=300)) >= 99
    assert 300 <= played <= 400 < whole


def test_a_world_follows_from_its_seed() -> None:
    assert drawn_world(3).assortment == drawn_world(3).assortment
    assert drawn_world(3).assortment != drawn_world(4).assortment
