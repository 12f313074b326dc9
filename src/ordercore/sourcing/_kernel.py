"""
The problem in the form that the search works on: integers and bit masks.

Theory of operation
-------------------
*Once the open places are known, the rest is easy.* SKUs do not compete for anything, so each is
filled from the cheapest open offers upwards. The search is therefore over sets of places only; a
set is an `int` with bit `n` for place `n`.

*Canonical.* Places are numbered in the order of their ids, lines in the order of their SKUs.
Whatever the caller's order was, the search sees the same kernel, and it uses neither clock nor
randomness: the same problem takes the same steps. Availability is clamped to the demand, and a
demand beyond all that is available is clamped to that: the rest is the shortfall, which no choice
can change. Places without anything useful are left out.

*Ties are part of the cost.* "Cheapest, then fewest places, then the smallest ids" is made one
number. With N places, every amount is shifted left beyond N * 2**N, and into the room below goes a
charge of ``2**N - 2**(N-1-n)`` for opening place `n`. The charges of a set sum to
``places * 2**N - (its ids as a binary number, first place highest)``, so fewer places win before
anything else, and among equally many the set that has the smallest id where two sets differ.
Distinct sets have distinct sums, hence the best set is unique, and a search that drops whatever
cannot be *strictly* better in this number cannot lose it. Python's integers make this exact at any
size. As every charge is positive, the best set has no idle place.
"""

from typing import NamedTuple

from ordercore.sourcing._plan import OpenedPlace, Shortfall, Sourced
from ordercore.sourcing._problem import PlaceOffer, SourcingProblem

__all__ = ["Kernel", "KernelOffer", "Line", "build", "evaluate", "fill", "indices", "unscaled"]

#: Scaled unit cost, place number, units it has (at least 1, at most the line's need).
KernelOffer = tuple[int, int, int]


class Line(NamedTuple):
    """
    One SKU to fill: `need` units from `offers`, which are sorted from cheap to dear.

    A NamedTuple because bounds and fills take it apart in their innermost loops.
    """

    sku: str
    need: int
    offers: tuple[KernelOffer, ...]


class Kernel(NamedTuple):
    """
    The canonical problem; see the module's theory for numbering and scale.

    Attributes:
        places: The useful places in the order of their numbers.
        lines: What can be filled, in the order of SKUs.
        open_costs: By place number, scaled, with the charge that breaks ties.
        forced: The set of places without which some line cannot be filled.
        scale_bits: How far amounts are shifted.
        shortfalls: What no place can fill.
        size: The number of offers in all lines.
    """

    places: tuple[PlaceOffer, ...]
    lines: tuple[Line, ...]
    open_costs: tuple[int, ...]
    forced: int
    scale_bits: int
    shortfalls: tuple[Shortfall, ...]
    size: int


def build(problem: SourcingProblem) -> Kernel:
    """
    Return the canonical kernel of `problem`. Cost: one sort over all offers.

    """
    need = {demand.sku: demand.quantity for demand in problem.demands}
    places = sorted((p for p in problem.places if _useful(p, need)), key=lambda p: p.place)
    n_places = len(places)
    scale_bits = n_places + n_places.bit_length()
    raw: dict[str, list[KernelOffer]] = {sku: [] for sku in sorted(need)}
    for n, place in enumerate(places):
        for offer in place.offers:
            if offer.available > 0 and offer.sku in need:
                units = min(offer.available, need[offer.sku])
                raw[offer.sku].append((offer.unit_cost_minor << scale_bits, n, units))
    lines: list[Line] = []
    shortfalls: list[Shortfall] = []
    forced = 0
    for sku, offers in raw.items():
        total = sum(units for _, _, units in offers)
        fillable = min(need[sku], total)
        if fillable < need[sku]:
            shortfalls.append(Shortfall(sku=sku, quantity=need[sku] - fillable))
        if fillable:
            lines.append(Line(sku, fillable, tuple(sorted(offers))))
            for _, n, units in offers:
                if total - units < fillable:
                    forced |= 1 << n
    return Kernel(
        places=tuple(places),
        lines=tuple(lines),
        open_costs=tuple(
            (place.open_cost_minor << scale_bits) + (1 << n_places) - (1 << (n_places - 1 - n))
            for n, place in enumerate(places)
        ),
        forced=forced,
        scale_bits=scale_bits,
        shortfalls=tuple(shortfalls),
        size=sum(len(line.offers) for line in lines),
    )


def unscaled(kernel: Kernel, total: int) -> int:
    """
    Return the minor units in a scaled total or bound, rounded down.

    The charges of any set stay below one shifted minor unit. So for the total of a set this is its
    exact cost, and for a lower bound on totals it is a lower bound on costs.
    """
    return total >> kernel.scale_bits


def evaluate(kernel: Kernel, opened: int) -> int | None:
    """
    Return the scaled total of opening exactly the set `opened`, or None if it cannot fill a line.

    Idle places of the set are charged too. Cost: at most `kernel.size` steps.
    """
    total = 0
    for _, need, offers in kernel.lines:
        left = need
        for cost, n, units in offers:
            if opened >> n & 1:
                if units >= left:
                    total += cost * left
                    break
                total += cost * units
                left -= units
        else:
            return None
    open_costs = kernel.open_costs
    for n in indices(opened):
        total += open_costs[n]
    return total


def fill(kernel: Kernel, opened: int) -> tuple[tuple[Sourced, ...], tuple[OpenedPlace, ...]]:
    """
    Return who sends what when `opened` is open, and the places of it that send something.

    Among equal unit costs the place with the smaller id sends first.
    """
    sourced: list[Sourced] = []
    used = 0
    for sku, need, offers in kernel.lines:
        left = need
        for cost, n, units in offers:
            if not left:
                break
            if opened >> n & 1:
                quantity = min(units, left)
                left -= quantity
                used |= 1 << n
                sourced.append(
                    Sourced(
                        sku=sku,
                        place=kernel.places[n].place,
                        quantity=quantity,
                        unit_cost_minor=unscaled(kernel, cost),
                    )
                )
    sourced.sort(key=lambda entry: (entry.place, entry.sku))
    return tuple(sourced), tuple(
        OpenedPlace(
            place=kernel.places[n].place,
            open_cost_minor=kernel.places[n].open_cost_minor,
        )
        for n in indices(used)
    )


def indices(members: int) -> list[int]:
    """
    Return the place numbers in a set, ascending.

    """
    found: list[int] = []
    while members:  # each turn clears one bit
        low = members & -members
        found.append(low.bit_length() - 1)
        members ^= low
    return found


def _useful(place: PlaceOffer, need: dict[str, int]) -> bool:
    return any(offer.available > 0 and offer.sku in need for offer in place.offers)
