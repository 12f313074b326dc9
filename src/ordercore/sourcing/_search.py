"""
The search over sets of places: a good set quickly, then the proof that none is better.

1. A starting set: everything open, what sends nothing dropped.
2. Local search: drop a place, add one, swap two, while the total falls.
3. Depth-first branch and bound. A node is a set of open and a set of closed places; its lower bound
   comes from :mod:`ordercore.sourcing._bound`. Nodes that cannot be *strictly* better than the best
   known set are dropped, which is safe for ties too, because no two sets have the same total.

The budget is counted in steps (offers looked at), never in seconds: the same problem and budget
give the same plan on every machine. When it is spent, the smallest bound among the nodes not yet
settled is still a true lower bound. The start and the first bound are made in any case.
"""

import attrs

from ordercore.sourcing._bound import Relaxation, relax
from ordercore.sourcing._kernel import Kernel, evaluate, indices

__all__ = ["Found", "cheapest_set"]


@attrs.frozen
class Found:
    """
    The best set found, the scaled bound on all sets, and the steps taken.

    """

    opened: int
    bound: int
    steps: int


def cheapest_set(kernel: Kernel, start: int | None, budget: int) -> Found:
    """
    Return the best set of places that can be found and proven within `budget` steps.

    Args:
        kernel: The canonical problem; at least one line.
        start: A set known to fill every line, or None.
        budget: Steps after which the search ends with what it has.
    """
    return _Search(kernel, budget).run(start)


@attrs.define
class _Search:
    """
    The best set so far and the steps taken; slotted and mutable, lives for one call.

    """

    kernel: Kernel
    budget: int
    steps: int = 0
    opened: int = 0
    total: int = 0

    def run(self, start: int | None) -> Found:
        kernel = self.kernel
        self.opened = (1 << len(kernel.places)) - 1
        self.total = self._total(self.opened) or 0
        if start is not None:
            self._offer(start)
        root = self._relax(kernel.forced, 0)
        if root is None:  # cannot be: all places together fill every line by construction
            return Found(self.opened, 0, self.steps)
        self._offer_tight(root, 0)
        if root.bound >= self.total:
            return Found(self.opened, self.total, self.steps)
        self._improve()
        bound = self._prove(root)
        return Found(self.opened, bound, self.steps)

    def _prove(self, root: Relaxation) -> int:
        """
        Search the tree below the root; return the bound that holds when it ends.

        """
        kernel = self.kernel
        stack = [(root.bound, root.forced, 0)]
        while stack:
            if self.steps >= self.budget:
                return min(self.total, *(bound for bound, _, _ in stack))
            bound, opened, closed = stack.pop()
            if bound >= self.total:
                continue
            node = self._relax(opened, closed)
            if node is None:
                continue
            bound = max(bound, node.bound)
            if bound >= self.total:
                continue
            self._offer_tight(node, closed)
            opened, closed = self._fix(node, closed)
            free = [n for n in range(len(kernel.places)) if not (opened | closed) >> n & 1]
            if not free:
                self._offer(opened)
                continue
            # The place that the prices want most is decided next, open first: good sets early.
            # Its slack tightens one side at once: opened it must be paid, closed it cannot earn.
            slack, _, n = min((node.slack[n], -kernel.open_costs[n], n) for n in free)
            stack.append((bound + max(0, -slack), opened, closed | 1 << n))
            stack.append((bound + max(0, slack), opened | 1 << n, closed))
        return self.total

    def _fix(self, node: Relaxation, closed: int) -> tuple[int, int]:
        """
        Decide the places that the node's slacks already decide.

        """
        opened = node.forced
        for n, slack in enumerate(node.slack):
            if not (opened | closed) >> n & 1:
                if node.bound + slack >= self.total:
                    closed |= 1 << n
                elif node.bound - slack >= self.total:
                    opened |= 1 << n
        return opened, closed

    def _offer_tight(self, node: Relaxation, closed: int) -> None:
        """
        Try the places whose opening cost the prices pay in full, less those that are not needed.

        """
        tight = node.forced
        for n, slack in enumerate(node.slack):
            # A slack below one shifted unit is paid in full but for the rounding of the ascent.
            if slack >> self.kernel.scale_bits <= 0 and not closed >> n & 1:
                tight |= 1 << n
        total = self._total(tight)
        if total is None:
            return
        for n in sorted(indices(tight & ~node.forced), key=lambda i: -self.kernel.open_costs[i]):
            fewer = self._total(tight & ~(1 << n))
            if fewer is not None and fewer < total:
                tight &= ~(1 << n)
                total = fewer
        self._keep(tight, total)

    def _improve(self) -> None:
        """
        Drop, add or swap places while that lowers the total.

        Ends because the total is a falling integer, or with a quarter of the budget.
        """
        budget = self.steps + self.budget // 4
        everything = (1 << len(self.kernel.places)) - 1
        improved = True
        while improved and self.steps < budget:
            before = self.total
            opened = self.opened
            inside = indices(opened & ~self.kernel.forced)
            for n in inside:
                self._offer(opened & ~(1 << n))
            for m in indices(everything & ~opened):
                self._offer(opened | 1 << m)
                for n in inside:
                    self._offer((opened | 1 << m) & ~(1 << n))
                if self.steps >= budget:
                    break
            improved = self.total < before

    def _offer(self, opened: int) -> None:
        total = self._total(opened)
        if total is not None:
            self._keep(opened, total)

    def _keep(self, opened: int, total: int) -> None:
        if total < self.total:
            self.opened = opened
            self.total = total

    def _total(self, opened: int) -> int | None:
        self.steps += self.kernel.size
        return evaluate(self.kernel, opened)

    def _relax(self, opened: int, closed: int) -> Relaxation | None:
        node = relax(self.kernel, opened, closed)
        self.steps += self.kernel.size if node is None else node.steps
        return node
