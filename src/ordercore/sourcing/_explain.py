"""
The reasons of a plan, in words that a buyer or an agent in customer care can follow.

"""

from typing import NamedTuple

from ordercore.money import Money
from ordercore.sourcing._kernel import Kernel, evaluate, indices, unscaled
from ordercore.sourcing._plan import SourcingPlan

__all__ = ["Alone", "alone_by_place", "explain_single", "explain_split"]

#: Exchanges of one place that are priced to name a runner-up; beyond, none is named.
_EXCHANGES_MAX = 256


class Alone(NamedTuple):
    """
    What one place could do without any other.

    Attributes:
        units: How many of the units that can be filled at all it has.
        total: The scaled total of using it alone, or None if it lacks something.
    """

    units: int
    total: int | None


def alone_by_place(kernel: Kernel) -> list[Alone]:
    """
    Return for each place, by number, what it could do alone. Cost: `kernel.size` steps.

    """
    units = [0] * len(kernel.places)
    covered = [0] * len(kernel.places)
    totals = list(kernel.open_costs)
    for _, need, offers in kernel.lines:
        for cost, n, has in offers:
            units[n] += has
            if has == need:
                covered[n] += 1
                totals[n] += cost * need
    complete = len(kernel.lines)
    return [
        Alone(units[n], totals[n] if covered[n] == complete else None)
        for n in range(len(kernel.places))
    ]


def explain_single(
    cost_minor: int,
    place: str,
    split_bound_minor: int | None,
    second: tuple[int, str] | None,
    currency: str,
) -> tuple[str, ...]:
    """
    Explain why one place sends everything when no split could be cheaper.

    Args:
        cost_minor: What it costs.
        place: The place.
        split_bound_minor: Less than this no split can cost; None if there is nobody to split with.
        second: Cost and id of the next cheapest place that has everything, if there is one.
        currency: The currency of all amounts.
    """
    verdict = f"{place} alone: {Money(cost_minor, currency)}"
    if split_bound_minor is None:
        return (verdict, "no other place has any of it")
    bound = f"any split costs at least {Money(split_bound_minor, currency)}"
    if second is None:
        return (verdict, bound, "no other place has everything")
    return (verdict, bound, f"runner-up: {second[1]} alone, {Money(second[0], currency)}")


def explain_split(
    kernel: Kernel, plan: SourcingPlan, opened: int, alone: list[Alone]
) -> tuple[str, ...]:
    """
    Explain a plan that was searched for.

    Cost: at most `_EXCHANGES_MAX` fills, to name a runner-up.
    """
    reasons: list[str] = []
    if plan.opened:
        together = "together" if plan.split_count > 1 else "alone"
        reasons.append(f"{_listed(plan.places)} {together}: {_money(plan, plan.cost_minor)}")
    reasons += [
        f"{short.quantity} {short.sku} cannot be filled: the places have no more of it"
        for short in plan.shortfalls
    ]
    if plan.split_count > 1:
        reasons.append(_why_no_single_place(kernel, plan, alone))
    runner_up = _runner_up(kernel, opened, alone)
    if runner_up is not None:
        total, other = runner_up
        names = tuple(kernel.places[n].place for n in indices(other))
        together = "together" if len(names) > 1 else "alone"
        amount = _money(plan, unscaled(kernel, total))
        reasons.append(f"runner-up: {_listed(names)} {together}, {amount}")
    if not plan.proven:
        reasons.append(
            f"not proven cheapest within the budget: no plan costs less than "
            f"{_money(plan, plan.lower_bound_minor)}"
        )
    return tuple(reasons)


def _why_no_single_place(kernel: Kernel, plan: SourcingPlan, alone: list[Alone]) -> str:
    totals = [(a.total, n) for n, a in enumerate(alone) if a.total is not None]
    if totals:
        total, n = min(totals)
        amount = _money(plan, unscaled(kernel, total))
        return f"the cheapest single place, {kernel.places[n].place}, would cost {amount}"
    # The place that comes closest shows best what a single place lacks.
    closest = max(range(len(alone)), key=lambda n: (alone[n].units, -n))
    lacking: list[str] = []
    for sku, need, offers in kernel.lines:
        has = sum(units for _, n, units in offers if n == closest)
        if has < need:
            lacking.append(f"{has} of {need} {sku}")
    more = f", and lacks other SKUs too ({len(lacking) - 1})" if len(lacking) > 1 else ""
    place = kernel.places[closest].place
    return f"no single place has everything: {place} alone has {lacking[0]}{more}"


def _runner_up(kernel: Kernel, opened: int, alone: list[Alone]) -> tuple[int, int] | None:
    """
    Return the next best choice among single places and those that exchange one place.

    """
    choices = [
        (a.total, 1 << n) for n, a in enumerate(alone) if a.total is not None and 1 << n != opened
    ]
    inside = indices(opened & ~kernel.forced)
    outside = indices(((1 << len(kernel.places)) - 1) & ~opened)
    if len(inside) * len(outside) <= _EXCHANGES_MAX:
        for n in inside:
            for m in outside:
                other = (opened | 1 << m) & ~(1 << n)
                total = evaluate(kernel, other)
                if total is not None:
                    choices.append((total, other))
    return min(choices, default=None)


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _money(plan: SourcingPlan, amount_minor: int) -> str:
    return str(Money(amount_minor, plan.currency))
