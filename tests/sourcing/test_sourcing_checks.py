"""
A plan is trusted only after it was compared with the facts: one test for each refusal.
"""

import attrs
import pytest

from ordercore.errors import InvariantViolated, Rejected
from ordercore.sourcing import (
    Demand,
    Offer,
    OpenedPlace,
    PlaceOffer,
    Shortfall,
    Sourced,
    SourcingPlan,
    SourcingProblem,
    check_plan,
    solve,
)


def place(name: str, opening: int, **stock: tuple[int, int]) -> PlaceOffer:
    return PlaceOffer(
        place=name,
        open_cost_minor=opening,
        offers=tuple(
            Offer(sku=sku, available=available, unit_cost_minor=cost)
            for sku, (available, cost) in stock.items()
        ),
    )


PROBLEM = SourcingProblem(
    currency="EUR",
    demands=(Demand(sku="HAT", quantity=9), Demand(sku="MUG", quantity=5)),
    places=(place("Berlin", 100, HAT=(4, 30), MUG=(2, 10)), place("Lyon", 120, MUG=(4, 12))),
)
PLAN = solve(PROBLEM)


def test_a_plan_of_our_own_is_accepted() -> None:
    check_plan(PROBLEM, PLAN)

    assert PLAN.shortfalls == (Shortfall(sku="HAT", quantity=5),)


def test_a_valid_plan_of_somebody_else_is_accepted_even_if_it_is_dearer() -> None:
    two = attrs.evolve(PROBLEM, demands=(Demand(sku="MUG", quantity=1),))
    dearer = _plan(sourced=(_sourced("Lyon", "MUG", 1, 12),), opened=(_opened("Lyon", 120),))

    check_plan(two, dearer)

    assert dearer.cost_minor > solve(two).cost_minor


def _sourced(name: str, sku: str, quantity: int, cost: int) -> Sourced:
    return Sourced(place=name, sku=sku, quantity=quantity, unit_cost_minor=cost)


def _opened(name: str, cost: int) -> OpenedPlace:
    return OpenedPlace(place=name, open_cost_minor=cost)


def _plan(
    sourced: tuple[Sourced, ...],
    opened: tuple[OpenedPlace, ...],
    shortfalls: tuple[Shortfall, ...] = (),
    currency: str = "EUR",
) -> SourcingPlan:
    cost = sum(s.quantity * s.unit_cost_minor for s in sourced)
    cost += sum(o.open_cost_minor for o in opened)
    return SourcingPlan(
        currency=currency,
        sourced=sourced,
        opened=opened,
        shortfalls=shortfalls,
        cost_minor=cost,
        lower_bound_minor=0,
        operations=0,
        reasons=(),
    )


BERLIN, LYON = _opened("Berlin", 100), _opened("Lyon", 120)
HATS, MUGS = _sourced("Berlin", "HAT", 4, 30), _sourced("Berlin", "MUG", 2, 10)
REST = _sourced("Lyon", "MUG", 3, 12)
SHORT = Shortfall(sku="HAT", quantity=5)


@pytest.mark.parametrize(
    ("code", "plan"),
    [
        ("plan_in_other_currency", _plan((HATS, MUGS, REST), (BERLIN, LYON), (SHORT,), "CHF")),
        (
            "plan_uses_unknown_offer",
            _plan((HATS, MUGS, _sourced("Paris", "MUG", 3, 12)), (BERLIN, _opened("Paris", 1))),
        ),
        (
            "plan_oversells",
            _plan((HATS, _sourced("Berlin", "MUG", 5, 10)), (BERLIN,), (SHORT,)),
        ),
        (
            "plan_priced_differently",
            _plan((HATS, MUGS, _sourced("Lyon", "MUG", 3, 11)), (BERLIN, LYON), (SHORT,)),
        ),
        ("plan_misses_demand", _plan((HATS, MUGS), (BERLIN,), (SHORT,))),
        (
            "plan_misses_demand",
            _plan((HATS, MUGS), (BERLIN,), (SHORT, Shortfall(sku="MUG", quantity=3))),
        ),
        (
            "plan_exceeds_demand",
            _plan((HATS, MUGS, _sourced("Lyon", "MUG", 4, 12)), (BERLIN, LYON), (SHORT,)),
        ),
        (
            "plan_exceeds_demand",
            _plan((HATS, MUGS, REST), (BERLIN, LYON), (SHORT, Shortfall(sku="PEN", quantity=1))),
        ),
        (
            "plan_priced_differently",
            _plan((HATS, MUGS, REST), (BERLIN, _opened("Lyon", 119)), (SHORT,)),
        ),
    ],
)
def test_a_plan_that_does_not_fit_the_facts_is_rejected_by_name(
    code: str, plan: SourcingPlan
) -> None:
    with pytest.raises(Rejected) as caught:
        check_plan(PROBLEM, plan)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("said", "plan"),
    [
        ("sourced is not sorted", attrs.evolve(PLAN, sourced=PLAN.sourced[::-1])),
        ("lists something twice", attrs.evolve(PLAN, opened=PLAN.opened * 2)),
        ("shortfalls is not sorted", attrs.evolve(PLAN, shortfalls=PLAN.shortfalls * 2)),
        ("not exactly the places", attrs.evolve(PLAN, opened=PLAN.opened[:1])),
        (
            "at least 1 is legal",
            attrs.evolve(PLAN, shortfalls=(Shortfall(sku="HAT", quantity=0),)),
        ),
        ("its parts sum to", attrs.evolve(PLAN, cost_minor=PLAN.cost_minor - 1)),
        ("lower_bound_minor", attrs.evolve(PLAN, lower_bound_minor=PLAN.cost_minor + 1)),
        ("lower_bound_minor", attrs.evolve(PLAN, lower_bound_minor=-1)),
    ],
)
def test_a_plan_that_contradicts_itself_is_a_defect(said: str, plan: SourcingPlan) -> None:
    with pytest.raises(InvariantViolated, match=said):
        check_plan(PROBLEM, plan)
