"""
What sourcing answers: who sends what, what it costs, and how sure that is.
"""

import attrs

__all__ = ["OpenedPlace", "Shortfall", "Sourced", "SourcingPlan"]


@attrs.frozen(kw_only=True)
class Sourced:
    """
    Units of one SKU that come from one place.

    Attributes:
        sku: The stock keeping unit.
        place: Where the units come from.
        quantity: Units, at least 1.
        unit_cost_minor: What each of them costs, as offered.
    """

    sku: str
    place: str
    quantity: int
    unit_cost_minor: int


@attrs.frozen(kw_only=True)
class OpenedPlace:
    """
    A place that sends at least one unit, with what that costs once.

    """

    place: str
    open_cost_minor: int


@attrs.frozen(kw_only=True)
class Shortfall:
    """
    Units of one SKU that all places together do not have.

    """

    sku: str
    quantity: int


@attrs.frozen(kw_only=True)
class SourcingPlan:
    """
    The split of one order over places; plain data that can be copied into an event.

    Attributes:
        currency: The currency of every amount.
        sourced: Who sends what, sorted by place, then SKU.
        opened: The places in use, sorted by id.
        shortfalls: Demand that no place can fill, sorted by SKU. It does not depend on the split.
        cost_minor: All opening costs and unit costs together.
        lower_bound_minor: No plan that fills as much can cost less than this.
        operations: The work done, in elementary steps; the same for the same problem everywhere.
        reasons: The explanation, one statement each, ready to be joined by "; ". For people:
            programs read the other fields.
    """

    currency: str
    sourced: tuple[Sourced, ...]
    opened: tuple[OpenedPlace, ...]
    shortfalls: tuple[Shortfall, ...]
    cost_minor: int
    lower_bound_minor: int
    operations: int
    reasons: tuple[str, ...]

    @property
    def gap_minor(self) -> int:
        """
        What a cheaper plan could save at most; 0 once this one is proven cheapest.

        """
        return self.cost_minor - self.lower_bound_minor

    @property
    def proven(self) -> bool:
        """
        Whether no plan that fills as much costs less.

        """
        return self.cost_minor == self.lower_bound_minor

    @property
    def places(self) -> tuple[str, ...]:
        """
        The ids of the places in use, sorted.

        """
        return tuple(opened.place for opened in self.opened)

    @property
    def split_count(self) -> int:
        """
        How many places send something: 1 is no split, 0 is nothing to send.

        """
        return len(self.opened)

    def quantity_from(self, place: str, sku: str) -> int:
        """
        Return the units of `sku` that `place` sends, 0 if none. Cost: one pass over the plan.

        """
        return sum(s.quantity for s in self.sourced if s.place == place and s.sku == sku)
