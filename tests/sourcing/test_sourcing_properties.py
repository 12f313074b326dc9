"""
Laws of sourcing, held against a brute force over all sets of places on tiny problems.
"""

import itertools
import random

import attrs
import cattrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.errors import OrderCoreError
from ordercore.sourcing import (
    Demand,
    Offer,
    PlaceOffer,
    SourcingPlan,
    SourcingProblem,
    check_plan,
    problem_key,
    solve,
)
from ordercore.sourcing._kernel import build
from ordercore.sourcing._search import cheapest_set
from ordercore.sourcing._subsets import applies, cheapest_partition

SKUS = ("CUP", "HAT", "MUG", "PEN")
PLACES = ("Aachen", "Berlin", "Celle", "Dresden", "Essen", "Fulda")

#: Few distinct values, zero among them, so that ties are the rule.
open_costs = st.sampled_from((0, 1, 2, 3, 5, 8, 13))
unit_costs = st.integers(0, 4)


@st.composite
def problems(draw: st.DrawFn, places_max: int = 5) -> SourcingProblem:
    quantities = draw(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1))
    offer = st.tuples(st.integers(-1, 5), unit_costs)
    offers = st.dictionaries(st.sampled_from(SKUS), offer)
    places = draw(
        st.dictionaries(st.sampled_from(PLACES), st.tuples(open_costs, offers), max_size=places_max)
    )
    return SourcingProblem(
        currency="EUR",
        demands=tuple(Demand(sku=sku, quantity=q) for sku, q in quantities.items()),
        places=tuple(
            PlaceOffer(
                place=place,
                open_cost_minor=opening,
                offers=tuple(
                    Offer(sku=sku, available=available, unit_cost_minor=cost)
                    for sku, (available, cost) in offered.items()
                ),
            )
            for place, (opening, offered) in places.items()
        ),
    )


@st.composite
def problems_in_two_orders(draw: st.DrawFn) -> tuple[SourcingProblem, SourcingProblem]:
    problem = draw(problems())
    places = draw(st.permutations(problem.places))
    shuffled = attrs.evolve(
        problem,
        demands=tuple(draw(st.permutations(problem.demands))),
        places=tuple(
            attrs.evolve(place, offers=tuple(draw(st.permutations(place.offers))))
            for place in places
        ),
    )
    return problem, shuffled


def tiny_problem(rng: random.Random) -> SourcingProblem:
    """
    Return an order of up to four lines over up to six places, from few distinct costs.

    """
    skus = rng.sample(SKUS, rng.randint(1, 4))
    whole = rng.random() < 0.3
    dear = rng.choice((1, 4, 40))
    return SourcingProblem(
        currency="EUR",
        demands=tuple(Demand(sku=sku, quantity=rng.randint(1, 5)) for sku in skus),
        places=tuple(
            PlaceOffer(
                place=place,
                open_cost_minor=rng.randint(0, dear),
                offers=tuple(
                    Offer(
                        sku=sku,
                        available=9 if whole else rng.randint(0, 5),
                        unit_cost_minor=rng.randint(0, 4),
                    )
                    for sku in SKUS
                    if rng.random() < 0.6
                ),
            )
            for place in rng.sample(PLACES, rng.randint(1, 6))
        ),
    )


def brute_force(problem: SourcingProblem) -> tuple[int, tuple[str, ...]]:
    """
    Return the least cost and its places, by trying every set from small to large, by id.

    """
    fillable = {
        demand.sku: min(demand.quantity, len(_units(demand.sku, problem.places)))
        for demand in problem.demands
    }
    best: tuple[int, tuple[str, ...]] | None = None
    by_id = sorted(problem.places, key=lambda place: place.place)
    for size in range(len(by_id) + 1):
        for chosen in itertools.combinations(by_id, size):
            cost = sum(place.open_cost_minor for place in chosen)
            for sku, quantity in fillable.items():
                units = _units(sku, chosen)
                if len(units) < quantity:
                    break
                cost += sum(units[:quantity])
            else:
                if best is None or cost < best[0]:
                    best = cost, tuple(place.place for place in chosen)
    assert best is not None
    return best


def _units(sku: str, places: tuple[PlaceOffer, ...]) -> list[int]:
    """
    Return the cost of each single unit of `sku` in `places`, cheapest first.

    """
    return sorted(
        offer.unit_cost_minor
        for place in places
        for offer in place.offers
        if offer.sku == sku
        for _ in range(offer.available)
    )


@settings(max_examples=300, deadline=None)
@given(problem=problems())
def test_no_set_of_places_is_better_than_the_plan(problem: SourcingProblem) -> None:
    """
    The cost is least, and ties fall to fewest places, then to the smallest ids.

    """
    plan = solve(problem)
    check_plan(problem, plan)

    assert brute_force(problem) == (plan.cost_minor, plan.places)
    assert plan.proven


def test_no_set_of_places_is_better_in_thousands_of_tiny_orders() -> None:
    """
    The same claim, and that branch and bound alone agrees, swept without the cost of shrinking.

    """
    rng = random.Random(1_709)
    for _ in range(4_000):
        problem = tiny_problem(rng)
        plan = solve(problem)
        check_plan(problem, plan)
        expected = brute_force(problem)

        assert expected == (plan.cost_minor, plan.places), problem

        kernel = build(problem)
        if kernel.lines:
            opened = cheapest_set(kernel, None, 1_000_000).opened
            places = tuple(p.place for n, p in enumerate(kernel.places) if opened >> n & 1)

            assert expected[1] == places, problem


@settings(max_examples=200, deadline=None)
@given(problem=problems())
def test_branch_and_bound_agrees_with_the_brute_force_where_shortcuts_would_apply(
    problem: SourcingProblem,
) -> None:
    kernel = build(problem)
    if not kernel.lines:
        return
    found = cheapest_set(kernel, None, 1_000_000)
    places = tuple(p.place for n, p in enumerate(kernel.places) if found.opened >> n & 1)

    assert brute_force(problem)[1] == places


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_both_exact_methods_choose_the_same_set_among_many_places(seed: int) -> None:
    rng = random.Random(seed)
    skus = [f"S{i}" for i in range(rng.randint(2, 5))]
    problem = SourcingProblem(
        currency="EUR",
        demands=tuple(Demand(sku=sku, quantity=2) for sku in skus),
        places=tuple(
            PlaceOffer(
                place=f"P{n}",
                open_cost_minor=rng.choice((3, 5, 8)),
                offers=tuple(
                    Offer(sku=sku, available=2, unit_cost_minor=rng.randint(0, 3))
                    for sku in skus
                    if rng.random() < 0.5
                ),
            )
            for n in range(rng.randint(2, 12))
        ),
    )
    kernel = build(problem)
    if not kernel.lines:
        return

    assert applies(kernel)
    assert cheapest_partition(kernel)[0] == cheapest_set(kernel, None, 10_000_000).opened


@settings(max_examples=150, deadline=None)
@given(orders=problems_in_two_orders())
def test_the_order_of_the_input_does_not_matter(
    orders: tuple[SourcingProblem, SourcingProblem],
) -> None:
    problem, shuffled = orders

    assert solve(problem) == solve(shuffled)
    assert problem_key(problem) == problem_key(shuffled)


@settings(max_examples=150, deadline=None)
@given(problem=problems(), opening=open_costs, cost=unit_costs)
def test_a_further_place_never_makes_a_filled_order_dearer(
    problem: SourcingProblem, opening: int, cost: int
) -> None:
    before = solve(problem)
    further = PlaceOffer(
        place="Zwickau",
        open_cost_minor=opening,
        offers=tuple(
            Offer(sku=demand.sku, available=demand.quantity, unit_cost_minor=cost)
            for demand in problem.demands
        ),
    )
    after = solve(attrs.evolve(problem, places=(*problem.places, further)))

    assert after.shortfalls == ()
    if not before.shortfalls:
        assert after.cost_minor <= before.cost_minor


@settings(max_examples=150, deadline=None)
@given(problem=problems(), factor=st.integers(2, 1000))
def test_scaling_all_costs_scales_the_cost_and_keeps_the_split(
    problem: SourcingProblem, factor: int
) -> None:
    scaled = attrs.evolve(
        problem,
        places=tuple(
            attrs.evolve(
                place,
                open_cost_minor=place.open_cost_minor * factor,
                offers=tuple(
                    attrs.evolve(offer, unit_cost_minor=offer.unit_cost_minor * factor)
                    for offer in place.offers
                ),
            )
            for place in problem.places
        ),
    )
    plan, scaled_plan = solve(problem), solve(scaled)

    assert scaled_plan.cost_minor == plan.cost_minor * factor
    assert scaled_plan.places == plan.places


@settings(max_examples=150, deadline=None)
@given(problem=problems(places_max=6), budget=st.integers(-1, 400))
def test_a_small_budget_gives_a_valid_plan_and_a_true_bound(
    problem: SourcingProblem, budget: int
) -> None:
    plan = solve(problem, budget=budget)
    check_plan(problem, plan)

    assert plan.lower_bound_minor <= brute_force(problem)[0] <= plan.cost_minor


@settings(max_examples=150, deadline=None)
@given(problem=problems(), data=st.data())
def test_a_plan_with_one_number_changed_is_refused(
    problem: SourcingProblem, data: st.DataObject
) -> None:
    plan = solve(problem)
    delta = data.draw(st.sampled_from((-1, 1)))
    numbers = ["cost_minor", *("sourced" for _ in plan.sourced), *("opened" for _ in plan.opened)]
    numbers += ["shortfalls" for _ in plan.shortfalls]
    i = data.draw(st.integers(0, len(numbers) - 1))
    entry = i - numbers.index(numbers[i])
    sourced, opened, shortfalls = list(plan.sourced), list(plan.opened), list(plan.shortfalls)
    if numbers[i] == "sourced":
        changed = sourced[entry].quantity + delta
        sourced[entry] = attrs.evolve(sourced[entry], quantity=changed)
    elif numbers[i] == "opened":
        changed = opened[entry].open_cost_minor + delta
        opened[entry] = attrs.evolve(opened[entry], open_cost_minor=changed)
    elif numbers[i] == "shortfalls":
        changed = shortfalls[entry].quantity + delta
        shortfalls[entry] = attrs.evolve(shortfalls[entry], quantity=changed)
    # The sum is made to agree again, so that only the comparison with the facts can tell.
    cost = sum(s.quantity * s.unit_cost_minor for s in sourced)
    cost += sum(o.open_cost_minor for o in opened)
    cost += delta if numbers[i] == "cost_minor" else 0
    tampered = attrs.evolve(
        plan,
        sourced=tuple(sourced),
        opened=tuple(opened),
        shortfalls=tuple(shortfalls),
        cost_minor=cost,
        lower_bound_minor=0,
    )

    with pytest.raises(OrderCoreError):
        check_plan(problem, tampered)


@settings(max_examples=200, deadline=None)
@given(problem=problems())
def test_problem_and_plan_survive_plain_data(problem: SourcingProblem) -> None:
    plan = solve(problem)
    converter = cattrs.Converter()

    assert converter.structure(converter.unstructure(plan), SourcingPlan) == plan
    assert converter.structure(converter.unstructure(problem), SourcingProblem) == problem


@settings(max_examples=100, deadline=None)
@given(one=problems(), other=problems())
def test_problems_with_different_content_have_different_keys(
    one: SourcingProblem, other: SourcingProblem
) -> None:
    assert (problem_key(one) == problem_key(other)) == (_content(one) == _content(other))


def _content(problem: SourcingProblem) -> object:
    return (
        problem.currency,
        frozenset(problem.demands),
        frozenset((p.place, p.open_cost_minor, frozenset(p.offers)) for p in problem.places),
    )
