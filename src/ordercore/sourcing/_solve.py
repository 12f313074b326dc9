"""
From a problem to its plan: the cheapest proof that is good enough comes first.

1. One pass over the offers: if the best place that has everything costs no more than any two places
   must cost, it is the answer. Most orders end here.
2. Few lines and no offer that covers only part of one: dynamic programming over sets of lines.
3. Else local search and branch and bound, within a budget of steps.

Ways 1 and 2 are always exact and are not cut short by the budget: their work is bounded by the
size of the problem and by `LINES_MAX`.
"""

from operator import attrgetter
from typing import Final

import attrs

from ordercore.sourcing._explain import alone_by_place, explain_single, explain_split
from ordercore.sourcing._kernel import build, fill, unscaled
from ordercore.sourcing._plan import OpenedPlace, Sourced, SourcingPlan
from ordercore.sourcing._problem import PlaceOffer, SourcingProblem
from ordercore.sourcing._search import cheapest_set
from ordercore.sourcing._subsets import applies, cheapest_partition

__all__ = ["DEFAULT_BUDGET", "solve"]

#: Steps; one took 0.04 us where it was measured, so this is some tenths of a second at the worst.
DEFAULT_BUDGET: Final = 3_000_000


def solve(problem: SourcingProblem, *, budget: int = DEFAULT_BUDGET) -> SourcingPlan:
    """
    Return the plan that fills as many units as possible at the least cost.

    First as much as possible is filled: a shortfall is exactly what all places together lack. Among
    the plans that do so, the cheapest is chosen (opening costs of the places in use plus unit
    costs); among equally cheap ones the one with the fewest places; among those the one whose
    sorted place ids come first. Within a plan, equal unit costs are taken from the smaller id.

    Deterministic: the same problem, its demands, places and offers in any order, gives an equal
    plan in every process. Where the budget ends the search, the plan is the best found, still
    deterministic, and `gap_minor` says how much a better one could save at most; the order of
    ties is then not promised.

    Args:
        problem: What is needed and what is offered.
        budget: Steps that branch and bound may take; below 1 it only makes a start. Up to nine
            lines without partial offers the answer is exact at any budget.

    Returns:
        A plan that passes `check_plan`, with its reasons.
    """
    plan = _single_place_proof(problem)
    return _searched(problem, budget) if plan is None else plan


def _single_place_proof(problem: SourcingProblem) -> SourcingPlan | None:
    """
    Return the plan of one place if one pass proves it best, else None.

    Any plan with two or more places pays at least the two smallest opening costs and, for each
    unit, the cheapest unit cost on offer. A single place that costs no more wins, on a tie too.
    """
    need = {demand.sku: demand.quantity for demand in problem.demands}
    if not need:
        return None
    cheapest: dict[str, int] = {}
    openings: list[int] = []
    complete: list[tuple[int, str, PlaceOffer]] = []
    steps = 0
    for place in problem.places:
        cost = place.open_cost_minor
        missing = len(need)
        useful = False
        for offer in place.offers:
            steps += 1
            quantity = need.get(offer.sku)
            available = offer.available
            if quantity is None or available <= 0:
                continue
            useful = True
            unit_cost = offer.unit_cost_minor
            if offer.sku not in cheapest or unit_cost < cheapest[offer.sku]:
                cheapest[offer.sku] = unit_cost
            if available >= quantity:
                missing -= 1
                cost += unit_cost * quantity
        if useful:
            openings.append(place.open_cost_minor)
            if not missing:
                complete.append((cost, place.place, place))
    if not complete:
        return None
    complete.sort()  # ids are unique, so places themselves are never compared
    best_cost, _, best = complete[0]
    split_bound: int | None = None
    if len(openings) > 1:
        openings.sort()
        split_bound = openings[0] + openings[1]
        split_bound += sum(cheapest[sku] * quantity for sku, quantity in need.items())
        if split_bound < best_cost:
            return None
    second = complete[1][:2] if len(complete) > 1 else None
    reasons = explain_single(best_cost, best.place, split_bound, second, problem.currency)
    return _single_place_plan(problem, best, best_cost, steps, reasons)


def _single_place_plan(
    problem: SourcingProblem,
    place: PlaceOffer,
    cost_minor: int,
    steps: int,
    reasons: tuple[str, ...],
) -> SourcingPlan:
    unit_costs = {offer.sku: offer.unit_cost_minor for offer in place.offers}
    sourced = [
        Sourced(
            sku=demand.sku,
            place=place.place,
            quantity=demand.quantity,
            unit_cost_minor=unit_costs[demand.sku],
        )
        for demand in problem.demands
    ]
    if len(sourced) > 1:
        sourced.sort(key=attrgetter("sku"))
    return SourcingPlan(
        currency=problem.currency,
        sourced=tuple(sourced),
        opened=(OpenedPlace(place=place.place, open_cost_minor=place.open_cost_minor),),
        shortfalls=(),
        cost_minor=cost_minor,
        lower_bound_minor=cost_minor,
        operations=steps,
        reasons=reasons,
    )


def _searched(problem: SourcingProblem, budget: int) -> SourcingPlan:
    kernel = build(problem)
    alone = alone_by_place(kernel)
    single = min(
        ((a.total, 1 << n) for n, a in enumerate(alone) if a.total is not None), default=None
    )
    bound: int | None = None
    if not kernel.lines:
        opened, steps = 0, 0
    elif applies(kernel):
        opened, steps = cheapest_partition(kernel)
    else:
        found = cheapest_set(kernel, None if single is None else single[1], budget)
        opened, bound, steps = found.opened, found.bound, found.steps
    sourced, places = fill(kernel, opened)
    cost = sum(s.quantity * s.unit_cost_minor for s in sourced)
    cost += sum(place.open_cost_minor for place in places)
    plan = SourcingPlan(
        currency=problem.currency,
        sourced=sourced,
        opened=places,
        shortfalls=kernel.shortfalls,
        cost_minor=cost,
        lower_bound_minor=cost if bound is None else min(cost, unscaled(kernel, bound)),
        operations=steps + kernel.size,
        reasons=(),
    )
    return attrs.evolve(plan, reasons=explain_split(kernel, plan, opened, alone))
