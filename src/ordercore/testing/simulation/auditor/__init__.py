"""
The auditor: a naive model of a shop that predicts every reply and checks every commit.

It is written apart from the engine and on purpose in the plainest way: a unit is an entry with one
state, stock is a dictionary, money is a list of integers. It uses none of the engine's rules, only
its commands and events, and its fold, which is what is compared.
"""

from ordercore.testing.simulation.auditor._auditor import Auditor
from ordercore.testing.simulation.auditor._shapes import (
    ShadowAmounts,
    ShadowAttempt,
    ShadowGrant,
    ShadowLine,
    ShadowOrder,
    ShadowPackage,
    ShadowPayment,
    ShadowRequest,
    ShadowReturn,
    ShadowUnit,
    ShadowWork,
)
from ordercore.testing.simulation.auditor._violation import Violation

__all__ = [
    "Auditor",
    "ShadowAmounts",
    "ShadowAttempt",
    "ShadowGrant",
    "ShadowLine",
    "ShadowOrder",
    "ShadowPackage",
    "ShadowPayment",
    "ShadowRequest",
    "ShadowReturn",
    "ShadowUnit",
    "ShadowWork",
    "Violation",
]
