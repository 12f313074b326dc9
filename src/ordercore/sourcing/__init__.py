"""
Sourcing: which places send which units, so that an order costs least.

One pure function from a :class:`SourcingProblem` to a :class:`SourcingPlan`. It knows no stock
ledger, no carrier and no clock: the caller says what each place can promise and what using it
costs, and gets the cheapest split, the proof that none is cheaper, and the reasons in words.
"""

from ordercore.sourcing._check import check_plan
from ordercore.sourcing._plan import OpenedPlace, Shortfall, Sourced, SourcingPlan
from ordercore.sourcing._problem import Demand, Offer, PlaceOffer, SourcingProblem, problem_key
from ordercore.sourcing._solve import DEFAULT_BUDGET, solve

__all__ = [
    "DEFAULT_BUDGET",
    "Demand",
    "Offer",
    "OpenedPlace",
    "PlaceOffer",
    "Shortfall",
    "Sourced",
    "SourcingPlan",
    "SourcingProblem",
    "check_plan",
    "problem_key",
    "solve",
]
