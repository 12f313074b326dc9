"""
Whether a plan may be acted on: the check that a decision makes before it trusts a plan.

A plan is made outside the decision, perhaps a moment earlier, perhaps by a host's own planner.
Two kinds of trouble are kept apart because different people act on them:

- the plan and the problem disagree (stock or prices moved on): ``Rejected``, plan again;
- the plan contradicts itself (a sum is wrong, something is listed twice): ``InvariantViolated``,
  a defect of whoever made it.

Whether the plan is cheapest is not judged here; that would be solving again.
"""

from ordercore.errors import InvariantViolated, Rejected
from ordercore.sourcing._plan import Sourced, SourcingPlan
from ordercore.sourcing._problem import Offer, SourcingProblem

__all__ = ["check_plan"]


def check_plan(problem: SourcingProblem, plan: SourcingPlan) -> None:
    """
    Make sure that `plan` answers `problem`: nothing oversold, nothing missed, all sums right.

    Checked in this order: the plan against itself, the currency, each offer used, each demand,
    each opening cost. Cost: one pass over the problem and the plan.

    Raises:
        InvariantViolated: The plan contradicts itself.
        Rejected: The plan does not fit the problem. Codes: ``plan_in_other_currency``,
            ``plan_uses_unknown_offer``, ``plan_oversells``, ``plan_priced_differently``,
            ``plan_misses_demand``, ``plan_exceeds_demand``.
    """
    _check_consistent(plan)
    if plan.currency != problem.currency:
        raise Rejected(
            "plan_in_other_currency",
            f"the plan is priced in {plan.currency}, the problem in {problem.currency}",
            data={"plan": plan.currency, "problem": problem.currency},
        )
    offers = {(p.place, offer.sku): offer for p in problem.places for offer in p.offers}
    for sourced in plan.sourced:
        _check_offer(sourced, offers.get((sourced.place, sourced.sku)))
    _check_demand(problem, plan)
    opening = {place.place: place.open_cost_minor for place in problem.places}
    for opened in plan.opened:
        if opened.open_cost_minor != opening[opened.place]:
            raise _priced_differently(
                f"opening {opened.place}", opened.open_cost_minor, opening[opened.place]
            )


def _check_consistent(plan: SourcingPlan) -> None:
    keys = [(s.place, s.sku) for s in plan.sourced]
    places = [opened.place for opened in plan.opened]
    short = [shortfall.sku for shortfall in plan.shortfalls]
    for name, listed, in_order in (
        ("sourced", keys, keys == sorted(set(keys))),
        ("opened", places, places == sorted(set(places))),
        ("shortfalls", short, short == sorted(set(short))),
    ):
        if not in_order:
            msg = f"plan.{name} is not sorted or lists something twice: {listed}"
            raise InvariantViolated(msg)
    if places != sorted({s.place for s in plan.sourced}):
        msg = f"plan.opened {places} are not exactly the places that plan.sourced uses"
        raise InvariantViolated(msg)
    for sku, quantity in _quantities(plan):
        if quantity < 1:
            msg = f"the plan lists {quantity} units of {sku}; at least 1 is legal"
            raise InvariantViolated(msg)
    cost = sum(s.quantity * s.unit_cost_minor for s in plan.sourced)
    cost += sum(opened.open_cost_minor for opened in plan.opened)
    if plan.cost_minor != cost:
        msg = f"plan.cost_minor is {plan.cost_minor}, but its parts sum to {cost}"
        raise InvariantViolated(msg)
    if not 0 <= plan.lower_bound_minor <= plan.cost_minor:
        bound = plan.lower_bound_minor
        msg = f"plan.lower_bound_minor is {bound}; 0 to its cost {cost} is legal"
        raise InvariantViolated(msg)


def _quantities(plan: SourcingPlan) -> list[tuple[str, int]]:
    sent = [(sourced.sku, sourced.quantity) for sourced in plan.sourced]
    return sent + [(short.sku, short.quantity) for short in plan.shortfalls]


def _check_offer(sourced: Sourced, offer: Offer | None) -> None:
    data: dict[str, str | int] = {
        "place": sourced.place,
        "sku": sourced.sku,
        "quantity": sourced.quantity,
    }
    if offer is None:
        raise Rejected(
            "plan_uses_unknown_offer",
            f"the plan takes {sourced.quantity} {sourced.sku} from {sourced.place}, "
            "which does not offer it",
            data=data,
        )
    if sourced.quantity > offer.available:
        raise Rejected(
            "plan_oversells",
            f"the plan takes {sourced.quantity} {sourced.sku} from {sourced.place}, "
            f"which has {offer.available}",
            data={**data, "available": offer.available},
            legal=(f"at most {max(0, offer.available)} units",),
        )
    if sourced.unit_cost_minor != offer.unit_cost_minor:
        subject = f"a unit of {sourced.sku} from {sourced.place}"
        raise _priced_differently(subject, sourced.unit_cost_minor, offer.unit_cost_minor)


def _check_demand(problem: SourcingProblem, plan: SourcingPlan) -> None:
    missing = {demand.sku: demand.quantity for demand in problem.demands}
    available = dict.fromkeys(missing, 0)
    for place in problem.places:
        for offer in place.offers:
            if offer.sku in available:
                available[offer.sku] += max(0, offer.available)
    for sku, quantity in _quantities(plan):
        missing[sku] = missing.get(sku, 0) - quantity
    short = {shortfall.sku: shortfall.quantity for shortfall in plan.shortfalls}
    for demand in problem.demands:
        # Units declared short although a place has them are as much missed as forgotten ones.
        unfillable = max(0, demand.quantity - available[demand.sku])
        missed = max(missing[demand.sku], short.get(demand.sku, 0) - unfillable)
        if missed > 0:
            raise Rejected(
                "plan_misses_demand",
                f"the plan leaves {missed} of {demand.quantity} {demand.sku} unfilled, "
                f"although the places have {available[demand.sku]}",
                data={"sku": demand.sku, "quantity": demand.quantity, "missed": missed},
            )
    for sku in sorted(missing):
        if missing[sku] < 0:
            raise Rejected(
                "plan_exceeds_demand",
                f"the plan lists {-missing[sku]} more {sku} than the order needs",
                data={"sku": sku, "excess": -missing[sku]},
            )


def _priced_differently(subject: str, planned: int, offered: int) -> Rejected:
    return Rejected(
        "plan_priced_differently",
        f"{subject} costs {planned} in the plan and {offered} in the problem",
        data={"planned": planned, "offered": offered},
    )
