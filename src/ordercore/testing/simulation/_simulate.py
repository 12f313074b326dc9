"""
Running a simulation, and finding the shortest story of one that failed.

"""

from collections.abc import Callable
from typing import Final

import attrs

from ordercore.ids import TenantId
from ordercore.ports import Store
from ordercore.stores import MemoryStore
from ordercore.testing.simulation._findings import Findings, Incident
from ordercore.testing.simulation._shrinking import ACTS_MAX, shortest
from ordercore.testing.simulation._simulation import Simulation
from ordercore.testing.simulation._tally import Witness
from ordercore.testing.simulation._world import World, drawn_world
from ordercore.testing.simulation.auditor import Auditor

__all__ = ["ALL_FAULTS_FROM", "shrink", "simulate"]

#: From how many steps on a run in which a kind of fault never struck counts as failed.
ALL_FAULTS_FROM: Final = 5_000


def audited(tenant: TenantId, store: Store, world: World) -> Witness:
    """
    Make the auditor of a tenant.

    """
    stocked = world.assortment
    return Auditor(tenant, store, world.rules, stocked.catalog, stocked.places, rate=stocked.rate)


def simulate(
    *,
    seed: int,
    steps: int = 10_000,
    tenants: int = 2,
    world: World | None = None,
    store: Store | None = None,
    checked: bool = True,
    acts: tuple[int, ...] | None = None,
    progress: Callable[[int], object] | None = None,
    told: bool = False,
) -> Findings:
    """
    Simulate a shop, with everything that can go wrong, and let it come to rest.

    The same arguments give the same findings, to the digest of every event, on every machine.

    Args:
        seed: Everything is drawn from it.
        steps: How many commands and answers of ports are to reach an engine, at least.
        tenants: How many shops share the store, with identical ids.
        world: What is simulated; None for a shop drawn from the seed.
        store: An empty store; None for one in memory.
        checked: Whether an auditor predicts every reply; without one only the end is looked at.
        acts: Only these acts, to replay what :func:`shrink` has found.
        progress: Told, now and then, how many steps are done.
        told: Whether the findings tell the story, line by line.

    Returns:
        What it came to; ``incident`` says what went wrong.
    """
    findings = Simulation(
        seed=seed,
        steps=steps,
        world=world or drawn_world(seed),
        store=store or MemoryStore(),
        tenants=tenants,
        witness=audited if checked else None,
        acts=acts,
        progress=progress,
        told=told,
    ).run()
    if findings.passed and acts is None and steps >= ALL_FAULTS_FROM and findings.unfired:
        return attrs.evolve(findings, incident=_untested(findings))
    return findings


def _untested(findings: Findings) -> Incident:
    last = findings.samples[-1]
    return Incident(
        act=-1,
        step=findings.steps,
        at=last.at,
        tenant=TenantId(""),
        invariant="all faults strike",
        subject="",
        sentence=f"never struck, hence not tested: {', '.join(findings.unfired)}",
    )


def shrink(
    findings: Findings,
    *,
    tenants: int = 2,
    world: World | None = None,
    checked: bool = True,
    budget: int = ACTS_MAX,
) -> Findings:
    """
    Find the fewest acts that fail as a run did, and tell their story.

    Args:
        findings: Of a run that failed.
        tenants: As in that run.
        world: As in that run.
        checked: As in that run.
        budget: How many acts may be played to find them; the bound of the work.

    Returns:
        The findings of the shortest run found, with its story; those given where they passed.
    """
    first = findings.incident
    if first is None:
        return findings

    def played(acts: tuple[int, ...], *, told: bool = False) -> Findings:
        return simulate(
            seed=findings.seed,
            steps=findings.steps,
            tenants=tenants,
            world=world,
            checked=checked,
            acts=acts,
            told=told,
        )

    def fails(acts: tuple[int, ...]) -> bool:
        again = played(acts).incident
        return again is not None and again.invariant == first.invariant

    everything = findings.acts or tuple(range(findings.acts_played))
    return played(shortest(everything, fails, budget), told=True)
