"""
What a simulation came to.

"""

from collections.abc import Mapping
from typing import Any

import attrs

from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.testing.simulation._faults import FaultKind

__all__ = ["Findings", "Incident", "Sample"]


@attrs.frozen(kw_only=True)
class Incident:
    """
    Something that must never be.

    Attributes:
        act: In which act of the run; -1 while it came to rest.
        step: After how many steps.
        at: When, by the simulation's clock.
        tenant: Whose.
        invariant: Which promise is broken (``"I1 no oversell"``, ``"reply"``).
        subject: What it is about: an order, an account, a key.
        sentence: What was expected and what was found.
    """

    act: int
    step: int
    at: Instant
    tenant: TenantId
    invariant: str
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.sentence} ({self.tenant}, {self.subject or 'the run'})"


@attrs.frozen(kw_only=True)
class Sample:
    """
    How things stood at one moment.

    Attributes:
        step: After how many steps.
        at: When, by the simulation's clock.
        orders: How many orders there were, by status.
        stock: How many units of the SKUs that are wanted most could be promised.
        faults: How many faults had struck.
    """

    step: int
    at: Instant
    orders: Mapping[str, int]
    stock: Mapping[str, int]
    faults: int


@attrs.frozen(kw_only=True)
class Findings:
    """
    What a run came to.

    Attributes:
        seed: Of which seed.
        acts: The acts that were played, where not all were; see :func:`simulate`.
        acts_played: How many.
        steps: How many commands and answers of ports reached an engine.
        steps_to_rest: How many more it took until all had come to rest.
        accepted: How many of all of them were accepted.
        refused: How many commands were refused, by code.
        commands: How many commands were submitted, by name.
        orders: How many orders were placed.
        ended: By status, once all came to rest.
        waiting: How many orders wait for a person, with the reason told.
        lost: Sentences about what was acknowledged and is not there.
        stuck: Orders that neither ended nor wait for anybody.
        faults_fired: How often each fault struck.
        faults_rates: In 1,000 occasions, how often it was to strike.
        recovery_s: For each fault, after how many seconds what it befell was settled.
        invariants_checked: How often each was checked; empty where nothing was.
        samples: How things stood in between.
        simulated_s: How much time has passed in it, in seconds.
        wall_s: How long the run took, without coming to rest.
        digest: Of all events of all tenants.
        incident: What went wrong; None where all is well.
        story: What has happened, line by line; None where that was not asked for.
    """

    seed: int
    acts: tuple[int, ...] | None
    acts_played: int
    steps: int
    steps_to_rest: int
    accepted: int
    refused: Mapping[str, int]
    commands: Mapping[str, int]
    orders: int
    ended: Mapping[str, int]
    waiting: int
    lost: tuple[str, ...]
    stuck: tuple[str, ...]
    faults_fired: Mapping[FaultKind, int]
    faults_rates: Mapping[FaultKind, int]
    recovery_s: Mapping[FaultKind, tuple[int, ...]]
    invariants_checked: Mapping[str, int]
    samples: tuple[Sample, ...]
    simulated_s: int
    wall_s: float
    digest: str
    incident: Incident | None
    story: tuple[str, ...] | None = None

    @property
    def passed(self) -> bool:
        """
        Whether nothing was found that must never be.

        """
        return self.incident is None

    @property
    def steps_per_s(self) -> float:
        """
        Steps a second of real time.

        """
        return self.steps / self.wall_s if self.wall_s else 0.0

    @property
    def unfired(self) -> tuple[FaultKind, ...]:
        """
        Faults that never struck, so that the run has not tested them.

        """
        return tuple(kind for kind in FaultKind if not self.faults_fired.get(kind))

    def as_data(self) -> dict[str, Any]:
        """
        Return the figures as plain data.

        """
        return {
            "seed": self.seed,
            "steps": self.steps,
            "steps_to_rest": self.steps_to_rest,
            "accepted": self.accepted,
            "steps_per_s": round(self.steps_per_s, 1),
            "orders": self.orders,
            "ended": dict(self.ended),
            "waiting": self.waiting,
            "faults_fired": {str(kind): count for kind, count in self.faults_fired.items()},
            "invariants_checked": dict(self.invariants_checked),
            "lost": len(self.lost),
            "stuck": len(self.stuck),
            "simulated_days": round(self.simulated_s / 86_400, 1),
            "digest": self.digest,
            "incident": None if self.incident is None else str(self.incident),
        }
