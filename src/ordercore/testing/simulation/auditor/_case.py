"""
One command before the model: what is asked, when, and what the engine has chosen freely.

A rule of the model is a generator. Up to its ``yield`` it looks and refuses with :class:`No`;
beyond it changes the model. Whoever only wants to know the answer stops there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ordercore.catalog import Product
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.ledger import Pend, Post, VoidPending, account_parts
from ordercore.orders import OrderPlaced, Rules, UnitsSourcedAgain
from ordercore.ports import Commit
from ordercore.testing.simulation.auditor._shapes import ShadowOrder
from ordercore.testing.simulation.auditor._stock import Pair, ShadowStock
from ordercore.testing.simulation.auditor._violation import No

__all__ = ["Case", "Rule", "Shop", "Told"]

Rule = Callable[["Case"], Iterator[None]]


@attrs.define(kw_only=True)
class Shop:
    """
    The shop as the model knows it.

    """

    rules: Rules
    products: Mapping[Sku, Product]
    places: Sequence[PlaceId]
    rate: Callable[[PlaceId, int], int] | None
    stock: ShadowStock = attrs.Factory(ShadowStock)
    orders: dict[str, ShadowOrder] = attrs.Factory(dict[str, ShadowOrder])


class Told:
    """
    What of an accepted commit was the engine's free choice.

    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit

    def rows(self) -> list[tuple[str, Pair, int]]:
        """
        List which place gives how many units of which line, in the order of the plan.

        """
        return [
            (row.line_id, (row.sku, row.place), row.quantity)
            for event in self._commit.events
            if isinstance(event, OrderPlaced | UnitsSourcedAgain)
            for row in event.allocations
        ]

    def held(self) -> list[tuple[str, Pair, int, Instant | None]]:
        """
        List what was held for a cart: under which name, where, how much, and until when.

        """
        found: list[tuple[str, Pair, int, Instant | None]] = []
        for step in self._commit.steps:
            if isinstance(step, Pend):
                parts = account_parts(step.source)
                pair = (Sku(parts.unit), PlaceId(parts.place))
                found.append((step.id, pair, step.amount, step.expires_at))
        return found

    def let_go(self) -> frozenset[str]:
        """
        Name the holds that were given back.

        """
        steps = self._commit.steps
        return frozenset(step.pending for step in steps if isinstance(step, VoidPending))

    def moved(self, source: str, target: str) -> Counter[str]:
        """
        Sum by SKU what went from one bucket to another; "" for any bucket.

        """
        found: Counter[str] = Counter()
        for step in self._commit.steps:
            if isinstance(step, Post) and step.source.startswith("physical|"):
                _, gives, sku, _ = step.source.split("|", 3)
                takes = step.target.split("|", 2)[1]
                if source in {"", gives} and target in {"", takes}:
                    found[sku] += step.amount
        return found


@attrs.define(kw_only=True)
class Case:
    """
    One command to be answered.

    Attributes:
        command: Which.
        at: When it is decided.
        shop: The model.
        stock: The stock on which it is decided: as it is, or as it was a moment ago.
        told: The engine's choices; None where only the answer is asked for.
        views: The stock as it was at every moment since the command came in, the present last.
        changed: Whether the model has changed.
    """

    command: Any
    at: Instant
    shop: Shop
    stock: ShadowStock
    told: Told | None = None
    views: Sequence[ShadowStock] = ()
    changed: bool = False

    def order(self) -> ShadowOrder:
        """
        Return the order that the command is about.

        Raises:
            No: ``unknown_order``.
        """
        order = self.shop.orders.get(self.command.order_id)
        if order is None:
            raise No("unknown_order")
        return order

    def change(self) -> ShadowStock:
        """
        Say that something changes; returns the stock to be changed.

        """
        self.changed = True
        return self.shop.stock

    def chosen(self) -> Told:
        """
        Return the engine's choices, which are there where a rule goes beyond its ``yield``.

        """
        assert self.told is not None  # noqa: S101 - only accepted commits get so far
        return self.told
