"""
A deterministic simulation of a shop: one seed is one incident that anybody can replay.

:func:`simulate` runs it: shoppers, agents, warehouses and providers in one thread and in virtual
time, with lost answers, crashes between any two calls, lies, late and doubled messages, full disks
and jumping clocks. An auditor, a naive model written apart from the engine, predicts every reply.
:func:`shrink` finds the shortest story of a run that failed.
"""

from ordercore.testing.simulation._dice import Dice
from ordercore.testing.simulation._faults import FaultKind
from ordercore.testing.simulation._findings import Findings, Incident, Sample
from ordercore.testing.simulation._report import report_page
from ordercore.testing.simulation._simulate import shrink, simulate
from ordercore.testing.simulation._simulation import Simulation
from ordercore.testing.simulation._tally import Witness
from ordercore.testing.simulation._world import Assortment, World, drawn_world

__all__ = [
    "Assortment",
    "Dice",
    "FaultKind",
    "Findings",
    "Incident",
    "Sample",
    "Simulation",
    "Witness",
    "World",
    "drawn_world",
    "report_page",
    "shrink",
    "simulate",
]
