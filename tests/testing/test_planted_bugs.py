"""
The tester is tested: bugs that others have had are planted, and the simulator finds each.

"""

from statistics import median

import pytest

from ordercore.testing.simulation import Findings, simulate
from tests.testing.bugs import PLANTED, Bug, planted

#: How many steps a run takes, and how many runs a bug is given to be found.
_STEPS = 1_000
_RUNS = 12

#: In the ordinary suite: one of each kind, among those that are found soon.
_SOME = (
    "what was captured is captured again",
    "units in a box can be canceled",
    "damaged units are sold again",
    "two commands write the same version",
    "a cart's own hold is forgotten when it is replaced",
)


def hunt(bug: Bug) -> tuple[int, Findings]:
    """Return how many steps it took to find a planted bug, and the run that did."""
    steps = 0
    with planted(bug):
        for seed in range(1, _RUNS + 1):
            findings = simulate(seed=seed, steps=_STEPS)
            if not findings.passed:
                assert findings.incident is not None
                return steps + findings.incident.step, findings
            steps += findings.steps
    pytest.fail(f"{bug}: not found in {steps} steps")


@pytest.mark.parametrize("bug", [bug for bug in PLANTED if bug.name in _SOME], ids=str)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    steps, findings = hunt(bug)
    assert 0 < steps <= _STEPS * _RUNS
    assert not findings.passed


@pytest.mark.slow
def test_every_planted_bug_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    found = {bug.name: hunt(bug) for bug in PLANTED}
    with capsys.disabled():
        print()  # noqa: T201 - reports
        for name, (steps, findings) in found.items():
            print(f"{steps:7,} steps  {name}: {findings.incident and findings.incident.invariant}")  # noqa: T201
        count = f"{len(found)} of {len(PLANTED)} planted bugs found"
        print(f"{count}; median {median(steps for steps, _ in found.values()):,.0f} steps")  # noqa: T201
    assert len(found) == len(PLANTED) >= 30


def test_what_was_planted_is_gone_afterwards() -> None:
    with planted(PLANTED[0]):
        pass
    assert simulate(seed=1, steps=200).passed
