"""What peers are measured against: the equal life, the talk with workers, their environment."""

import sys
from pathlib import Path

import pytest

from bench.peers import compare, environment
from bench.peers.callers import in_flight
from bench.peers.equal_life import LINES, PLACES, end_of, package_minor, stocked, total_minor
from bench.peers.line_protocol import Worker, WorkerFailed

PYTHON = Path(sys.executable)


def test_a_missing_environment_of_peers_without_uv_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "peers.txt").write_text("eventsourcing==9.5.6\n")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(environment.PeersMissing) as told:
        environment.python_of_peers(tmp_path)

    assert "the peers are not installed" in str(told.value)
    assert "make bench-engine" in str(told.value)
    assert "--small" in str(told.value)


def test_an_installation_of_peers_that_fails_is_not_taken_for_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "peers.txt").write_text("eventsourcing==9.5.6\n")
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\nexit 2\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    for _ in range(2):
        with pytest.raises(environment.PeersMissing, match="uv venv failed"):
            environment.python_of_peers(tmp_path)


def test_stock_suffices_wherever_the_lives_send_their_boxes() -> None:
    for lives in (1, 9, 10, 65):
        sent = max(len(range(place, lives, len(PLACES))) for place in range(len(PLACES)))
        assert all(stocked(lives)[sku] >= sent * quantity for sku, quantity, _ in LINES)


def test_the_place_of_the_destination_ships_cheapest() -> None:
    for area in range(len(PLACES)):
        costs = [package_minor(place, area) for place in range(len(PLACES))]
        assert costs.index(min(costs)) == area
        assert costs.count(min(costs)) == 1


@pytest.mark.slow
def test_ordercore_leads_the_equal_life_to_its_end_in_a_worker(tmp_path: Path) -> None:
    with Worker(PYTHON, compare.MODULES["ordercore"]) as worker:
        seconds, end = worker.lead("whole", 2, str(tmp_path))

        assert seconds > 0
        assert end == end_of(2 + 5)
        assert end["captured_minor"] == 7 * total_minor()

        with pytest.raises(WorkerFailed, match="KeyError"):
            worker.lead("backwards", 1, str(tmp_path))
        assert worker.lead("whole", 1, "-")[1] == end_of(1 + 5)  # it lives on


@pytest.mark.slow
def test_a_worker_that_can_not_start_is_told_by_name() -> None:
    with pytest.raises(WorkerFailed, match=r"bench\.peers\.nobody"):
        Worker(PYTHON, "bench.peers.nobody")


def test_callers_stop_when_they_are_refused_and_every_act_is_counted() -> None:
    left = [None] * 25

    def take(key: str) -> bool:
        try:
            left.pop()
        except IndexError:
            return False
        return True

    _, end = in_flight(4, 60_000, take, "t")

    assert end["done"] == 25
    assert end["refused"] == 4
    assert end["p50_us"] <= end["p99_us"]


def test_an_error_of_a_caller_is_told() -> None:
    def fail(key: str) -> bool:
        raise ValueError(key)

    with pytest.raises(ValueError, match="t-0-1"):
        in_flight(1, 60_000, fail, "t")
