"""
How quick and how good sourcing is on typical orders, beside a MILP solver when one is installed.

Orders of 1 to 5 lines over 5 to 20 places on a small map: a fifth of the places, at least two, are
distribution centers with broad and deep stock, the rest stores with a few units of a few SKUs.
Opening a place costs handling and a label by zone; units cost by weight and zone. Quantities are
mostly 1. Generated from a seed, so every run measures the same orders.

Absolute times depend on the machine; the ratio is taken from runs that alternate order by order.
"""

import gc
import importlib
import math
import random
import statistics
import time
from typing import Any

from bench.report import print_table
from ordercore.sourcing import Demand, Offer, PlaceOffer, SourcingProblem, check_plan, solve

__all__ = ["run", "typical_orders"]

SEED = 20_240_501
ORDERS = 1_000
ORDERS_AGAINST_MILP = 200
REPEATS = 5


def typical_orders(count: int, seed: int = SEED) -> list[SourcingProblem]:
    """
    Return `count` orders of the typical family; the same for the same seed.

    """
    rng = random.Random(seed)
    return [_order(rng, rng.randint(1, 5), rng.randint(5, 20)) for _ in range(count)]


def run(*, rounds: int = REPEATS, small: bool = False) -> dict[str, Any]:
    """
    Measure, print, and return the figures; times in microseconds, ratios of equal work.

    """
    orders = typical_orders(20 if small else ORDERS)
    plans = [solve(order) for order in orders]
    for order, plan in zip(orders, plans, strict=True):
        check_plan(order, plan)
    times = _times_us(orders, rounds)
    found: dict[str, Any] = {
        "orders": len(orders),
        "median_us": round(statistics.median(times), 1),
        "mean_us": round(statistics.fmean(times), 1),
        "p99_us": round(sorted(times)[len(times) * 99 // 100], 1),
        "max_us": round(max(times), 1),
        "proven_share": sum(plan.proven for plan in plans) / len(plans),
        "split_share": sum(plan.split_count > 1 for plan in plans) / len(plans),
        "short_share": sum(bool(plan.shortfalls) for plan in plans) / len(plans),
    }
    print_table(
        f"sourcing: {len(orders)} typical orders, the best of {rounds} rounds each",
        ("figure", "value"),
        list(found.items()),
    )
    found["highspy"] = against = _against_highs(orders[:ORDERS_AGAINST_MILP])
    rows = [("highspy is not installed", 0)] if against is None else list(against.items())
    print_table("beside HiGHS, order by order, gap 0", ("figure", "value"), rows)
    return found


def _order(rng: random.Random, n_lines: int, n_places: int) -> SourcingProblem:
    home = rng.random(), rng.random()
    demands = tuple(
        Demand(sku=f"SKU-{i}", quantity=1 if rng.random() < 0.8 else rng.randint(2, 3))
        for i in range(n_lines)
    )
    weights = [rng.lognormvariate(0.0, 0.8) for _ in demands]
    places: list[PlaceOffer] = []
    for n in range(n_places):
        center = n < max(2, n_places // 5)
        stocked = rng.uniform(0.6, 0.95) if center else rng.uniform(0.15, 0.4)
        distance = math.dist(home, (rng.random(), rng.random()))
        zone = 2 + min(6, int(distance * 6))
        offers = tuple(
            Offer(
                sku=demand.sku,
                available=rng.randint(3, 60) if center else rng.randint(1, 5),
                unit_cost_minor=int(weight * (20 + 12 * zone)),
            )
            for demand, weight in zip(demands, weights, strict=True)
            if rng.random() < stocked
        )
        handling = rng.randint(80, 140) if center else rng.randint(150, 300)
        places.append(
            PlaceOffer(place=f"P-{n:02}", open_cost_minor=handling + 350 + 45 * zone, offers=offers)
        )
    return SourcingProblem(currency="EUR", demands=demands, places=tuple(places))


def _times_us(orders: list[SourcingProblem], rounds: int) -> list[float]:
    best = [math.inf] * len(orders)
    for _ in range(rounds):
        for i, order in enumerate(orders):
            best[i] = min(best[i], _timed(order))
    return best


def _timed(order: SourcingProblem) -> float:
    start = time.perf_counter_ns()
    solve(order)
    return (time.perf_counter_ns() - start) / 1_000


def _against_highs(orders: list[SourcingProblem]) -> dict[str, Any] | None:
    """
    Solve the same orders by HiGHS (one thread, gap 0), alternating; None without highspy.

    """
    try:
        highspy = importlib.import_module("highspy")
    except ImportError:
        return None
    solver = _HighsModel(highspy)
    ours: list[float] = []
    theirs: list[float] = []
    differing = 0
    gc.collect()
    for order in orders:
        ours.append(min(_timed(order) for _ in range(3)))
        start = time.perf_counter_ns()
        cost = solver.cost(order)
        theirs.append((time.perf_counter_ns() - start) / 1_000)
        differing += cost != solve(order).cost_minor
    at_99 = len(orders) * 99 // 100
    return {
        "orders": len(orders),
        "median_us": round(statistics.median(theirs), 1),
        "ratio_median": round(statistics.median(theirs) / statistics.median(ours), 1),
        "ratio_mean": round(statistics.fmean(theirs) / statistics.fmean(ours), 1),
        "ratio_p99": round(sorted(theirs)[at_99] / sorted(ours)[at_99], 1),
        "ratio_per_order_median": round(
            statistics.median(b / a for a, b in zip(ours, theirs, strict=True)), 1
        ),
        "costs_that_differ": differing,
    }


class _HighsModel:
    """
    The strong MILP form (units <= available * opened), handed over in one call.

    """

    def __init__(self, highspy: Any) -> None:  # noqa: ANN401  # untyped
        self._highspy = highspy

    def cost(self, order: SourcingProblem) -> int:
        """
        Return the least cost of filling as much of `order` as can be filled.

        """
        highspy = self._highspy
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)  # noqa: FBT003
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", 0.0)
        solver.passModel(self._model(order))
        solver.run()
        cost: float = solver.getInfo().objective_function_value
        return round(cost)

    def _model(self, order: SourcingProblem) -> Any:  # noqa: ANN401  # untyped
        highspy = self._highspy
        need = {demand.sku: demand.quantity for demand in order.demands}
        offers = [
            (n, offer.sku, min(offer.available, need[offer.sku]), offer.unit_cost_minor)
            for n, place in enumerate(order.places)
            for offer in place.offers
            if offer.sku in need and offer.available > 0
        ]
        n_places = len(order.places)
        total = dict.fromkeys(need, 0)
        for _, sku, units, _ in offers:
            total[sku] += units
        skus = sorted(need)
        rows: list[list[tuple[int, float]]] = [[] for _ in skus]
        lower = [float(min(need[sku], total[sku])) for sku in skus]
        upper = list(lower)
        for i, (n, sku, units, _) in enumerate(offers):
            rows[skus.index(sku)].append((n_places + i, 1.0))
            rows.append([(n_places + i, 1.0), (n, -float(units))])
            lower.append(-highspy.kHighsInf)
            upper.append(0.0)
        lp = highspy.HighsLp()
        lp.num_col_ = n_places + len(offers)
        lp.num_row_ = len(rows)
        lp.col_cost_ = [float(p.open_cost_minor) for p in order.places] + [
            float(cost) for *_, cost in offers
        ]
        lp.col_lower_ = [0.0] * lp.num_col_
        lp.col_upper_ = [1.0] * n_places + [float(units) for _, _, units, _ in offers]
        lp.row_lower_ = lower
        lp.row_upper_ = upper
        # Units would be integer by themselves; declared so because the presolve of HiGHS 1.14.0
        # loses optima of mixed models with continuous columns (its issue 3043, mended in 1.15).
        lp.integrality_ = [highspy.HighsVarType.kInteger] * lp.num_col_
        starts = [0]
        for row in rows:
            starts.append(starts[-1] + len(row))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = starts
        lp.a_matrix_.index_ = [column for row in rows for column, _ in row]
        lp.a_matrix_.value_ = [value for row in rows for _, value in row]
        return lp
