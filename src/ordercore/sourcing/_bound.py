"""
A lower bound on what any set of places can cost, by prices on lines (dual ascent).

Theory of operation
-------------------
Give every unit of line `l` a price ``v[l]``. A place that is opened can then earn, over all lines,
``units * (v[l] - its unit cost)`` wherever that is positive, and must pay its opening cost. What is
left to pay is its *slack*. For any prices at all,

    sum(need * v)  +  sum over places of min(0, slack)

is at most the cost of every plan (Lagrangian duality: the demand constraints are relaxed). So a
mistake in choosing prices costs strength, never validity.

Good prices come from raising them in turn, each to the next point where something changes
(Erlenkotter's dual ascent, 1978, here with limited units per offer): raising a line's price gains
its need and loses the units of those offers whose place has no slack left, so it pays as long as
these *blocked* units are fewer than the need. Places that are already open have no slack from the
start.

The slacks also say what each place is worth: a place whose slack lifts the bound to the best known
total cannot be in a better plan, and one whose negative slack does so cannot be missing.
"""

from typing import NamedTuple

from ordercore.sourcing._kernel import Kernel, KernelOffer, indices

__all__ = ["Relaxation", "relax"]


class Relaxation(NamedTuple):
    """
    What the prices say about all plans with some places open and some closed.

    Attributes:
        bound: No plan among them has a smaller scaled total.
        slack: By place number; meaningless for closed places.
        forced: The open places, and those that have become indispensable by what is closed.
        steps: The work done.
    """

    bound: int
    slack: list[int]
    forced: int
    steps: int


def relax(kernel: Kernel, opened: int, closed: int) -> Relaxation | None:
    """
    Bound all plans that open `opened` and nothing of `closed`; None if there is no such plan.

    Cost: at most one turn for each offer and place, each over the offers of one line.
    """
    lines = _lines_left(kernel, closed)
    if lines is None:
        return None
    for _, spare, offers in lines:
        for _, n, units in offers:
            if units > spare:
                opened |= 1 << n
    slack = list(kernel.open_costs)
    bound = 0
    for n in indices(opened):
        bound += slack[n]
        slack[n] = 0
    price = [offers[0][0] for _, _, offers in lines]
    steps = kernel.size
    rising = list(range(len(lines)))
    while rising:  # a line leaves for good once it is blocked: slack never grows
        still: list[int] = []
        for i in rising:
            need, _, offers = lines[i]
            step, touched = _headroom(price[i], need, offers, slack)
            steps += touched
            if step:
                price[i] += step
                for _, n, units in offers[:touched]:
                    slack[n] -= units * step
                still.append(i)
        rising = still
    bound += sum(need * price[i] for i, (need, _, _) in enumerate(lines))
    bound += sum(left for n, left in enumerate(slack) if left < 0 and not closed >> n & 1)
    return Relaxation(bound, slack, opened, steps)


def _lines_left(kernel: Kernel, closed: int) -> list[tuple[int, int, list[KernelOffer]]] | None:
    """
    Return for each line its need, the units to spare and the offers not closed; None if short.

    """
    lines: list[tuple[int, int, list[KernelOffer]]] = []
    for _, need, all_offers in kernel.lines:
        offers = [offer for offer in all_offers if not closed >> offer[1] & 1]
        spare = -need
        for _, _, units in offers:
            spare += units
        if spare < 0:
            return None
        lines.append((need, spare, offers))
    return lines


def _headroom(
    price: int, need: int, offers: list[KernelOffer], slack: list[int]
) -> tuple[int, int]:
    """
    Return how far the price may rise before something changes (0: blocked), and who pays for it.

    The second number counts the offers, from the cheapest, that are at or below the price.
    """
    blocked = 0
    room = -1
    for touched, (cost, n, units) in enumerate(offers):
        if cost > price:
            step = cost - price
            return (step if room < 0 else min(step, room)), touched
        left = slack[n]
        if left < units:
            blocked += units
            if blocked >= need:
                return 0, touched
        else:
            possible = left // units
            if room < 0 or possible < room:
                room = possible
    # Here all offers together exceed what is blocked, so at least one still has slack.
    return room, len(offers)
