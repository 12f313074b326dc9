"""
A deterministic simulation of a shop: one seed is one incident that anybody can replay.

"""

from ordercore.testing.simulation._dice import Dice
from ordercore.testing.simulation._faults import FaultKind
from ordercore.testing.simulation._findings import Findings, Incident, Sample
from ordercore.testing.simulation._simulation import Simulation
from ordercore.testing.simulation._world import Assortment, World, drawn_world

__all__ = [
    "Assortment",
    "Dice",
    "FaultKind",
    "Findings",
    "Incident",
    "Sample",
    "Simulation",
    "World",
    "drawn_world",
]
