"""
The exact answer by dynamic programming over sets of lines.

When every offer covers its whole line, each line comes from one place, and an order is cut into
groups of lines, each group served by one place. With L lines and N places: the cheapest place of
every group costs N * 2**L steps, the cheapest partition 3**L / 2, because the group that holds the
lowest open line is chosen first. Up to nine lines this is quicker than any search.
"""

from ordercore.sourcing._kernel import Kernel

__all__ = ["LINES_MAX", "applies", "cheapest_partition"]

#: Beyond this, 3**L overtakes branch and bound (measured: equal at ten lines).
LINES_MAX = 9


def applies(kernel: Kernel) -> bool:
    """
    Return whether the kernel has few enough lines and no offer that covers only part of one.

    """
    if len(kernel.lines) > LINES_MAX:
        return False
    return all(units == need for _, need, offers in kernel.lines for _, _, units in offers)


def cheapest_partition(kernel: Kernel) -> tuple[int, int]:
    """
    Return the best set of places and the steps taken; `applies` must hold.

    """
    group_cost, group_place, steps = _cheapest_groups(kernel)
    everything = (1 << len(kernel.lines)) - 1
    best = [0] * (everything + 1)
    choice = [0] * (everything + 1)
    for lines in range(1, everything + 1):
        lowest = lines & -lines
        rest = lines ^ lowest
        cheapest: int | None = None
        part = rest
        while True:  # over all subsets of `rest`, from itself down to the empty one
            group = part | lowest
            cost = group_cost[group]
            if cost is not None:
                cost += best[rest ^ part]
                if cheapest is None or cost < cheapest:
                    cheapest = cost
                    choice[lines] = group
            steps += 1
            if not part:
                break
            part = (part - 1) & rest
        # Every line has an offer, so groups of one line make every set of lines reachable.
        best[lines] = 0 if cheapest is None else cheapest
    opened = 0
    left = everything
    while left:  # each turn removes a non-empty group
        opened |= 1 << group_place[choice[left]]
        left ^= choice[left]
    return opened, steps


def _cheapest_groups(kernel: Kernel) -> tuple[list[int | None], list[int], int]:
    """
    Return by set of lines the cost of its cheapest single place, that place, and the steps taken.

    """
    by_place: list[list[tuple[int, int]]] = [[] for _ in kernel.places]
    for i, (_, need, offers) in enumerate(kernel.lines):
        for cost, n, _ in offers:
            by_place[n].append((1 << i, cost * need))
    size = 1 << len(kernel.lines)
    group_cost: list[int | None] = [None] * size
    group_place = [0] * size
    steps = 0
    for n, served in enumerate(by_place):
        groups = [(0, kernel.open_costs[n])]
        for bit, cost in served:
            groups += [(group | bit, total + cost) for group, total in groups]
        steps += len(groups)
        for group, total in groups:
            known = group_cost[group]
            if known is None or total < known:
                group_cost[group] = total
                group_place[group] = n
    return group_cost, group_place, steps
