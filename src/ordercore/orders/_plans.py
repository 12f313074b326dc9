"""
A plan of sourcing: how it is asked for, and what it says by line and together with named places.

"""

from collections.abc import Iterable
from typing import Any

import attrs

from ordercore.fulfillment import CapacityAt
from ordercore.grammar import Need
from ordercore.ids import PlaceId
from ordercore.inventory import CartHolds, OrderHolds, ShelfUnits, StockAt
from ordercore.orders._promises import NamedUnits, SourcedUnits, Want
from ordercore.sourcing import OpenedPlace, Shortfall, SourcingPlan, SourcingProblem

__all__ = ["STOCK_NEEDS", "PlanSourcing", "by_line", "united"]


@attrs.frozen(cache_hash=True)
class PlanSourcing(Need[SourcingPlan]):
    """
    The cheapest split of a problem. Answered by the pure solver, by whoever drives.

    """

    problem: SourcingProblem


#: What must be read again after somebody else took the stock or the day that a decision counted on.
STOCK_NEEDS: tuple[type[Need[Any]], ...] = (
    StockAt,
    CartHolds,
    OrderHolds,
    CapacityAt,
    PlanSourcing,
    ShelfUnits,
)


def by_line(wants: Iterable[Want], plan: SourcingPlan | None) -> list[SourcedUnits]:
    """
    Hand a plan's units to the lines that want them and name no place, in the order of both.

    """
    rows = plan.sourced if plan else ()
    left = [row.quantity for row in rows]
    units: list[SourcedUnits] = []
    for want in wants:
        unfilled = 0 if want.place is not None else want.quantity
        for n, row in enumerate(rows):
            taken = min(unfilled, left[n]) if row.sku == want.sku else 0
            if taken:
                left[n] -= taken
                unfilled -= taken
                units.append(SourcedUnits(want.line_id, want.sku, PlaceId(row.place), taken))
    return units


def united(currency: str, named: NamedUnits, plan: SourcingPlan | None) -> SourcingPlan:
    """
    Tell what lines have taken from the places they name and what was planned for the rest as one.

    """
    if plan is not None and not named.units and not named.shortfalls:
        return plan
    extra = sum(named.opened.values()) + sum(s.quantity * s.unit_cost_minor for s in named.rows)
    planned = {row.place: row.open_cost_minor for row in plan.opened} if plan else {}
    shortfalls = {s.sku: s.quantity for s in plan.shortfalls} if plan else {}
    for sku, quantity in named.shortfalls.items():
        shortfalls[sku] = shortfalls.get(sku, 0) + quantity
    rows = (*named.rows, *(plan.sourced if plan else ()))
    return SourcingPlan(
        currency=currency,
        sourced=tuple(sorted(rows, key=lambda row: (row.place, row.sku))),
        opened=tuple(
            OpenedPlace(place=place, open_cost_minor=cost)
            for place, cost in sorted({**planned, **named.opened}.items())
        ),
        shortfalls=tuple(Shortfall(sku=s, quantity=q) for s, q in sorted(shortfalls.items())),
        cost_minor=extra + (plan.cost_minor if plan else 0),
        lower_bound_minor=extra + (plan.lower_bound_minor if plan else 0),
        operations=plan.operations if plan else 0,
        reasons=(
            "lines that name their place come from there",
            *(plan.reasons if plan else ()),
        ),
    )
