"""
Deterministic simulation: one seed is one replayable incident.

"""

from ordercore.testing.simulation.auditor import Auditor, Violation

__all__ = ["Auditor", "Violation"]
