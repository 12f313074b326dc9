"""
Submissions that are under way, and what each could have been answered since it began.

"""

from collections.abc import Sequence

import attrs

from ordercore.grammar import Command
from ordercore.ids import CommandId, Sku
from ordercore.instants import Instant
from ordercore.orders import SourceAgain
from ordercore.ports import Commit, Receipt
from ordercore.testing.simulation.auditor._case import Case, Shop
from ordercore.testing.simulation.auditor._rules import (
    LOOKS_FOR_STOCK,
    RULES,
    is_modeled,
    skus_of,
    stream_of,
)
from ordercore.testing.simulation.auditor._shapes import ShadowOrder
from ordercore.testing.simulation.auditor._stock import Pair, ShadowStock
from ordercore.testing.simulation.auditor._violation import No

__all__ = ["Flight", "Flights"]

_ACCEPTED = "accepted"

#: How many moments are remembered of a search that nobody has told of.
_VIEWS_MAX = 50


@attrs.define
class Flight:
    """
    A submission that is under way.

    Attributes:
        commands: What was submitted under its id; more than one where a key is used twice.
        codes: Which answers the model would have given at moments that are over.
        views: The stock at these moments, of the SKUs that matter.
        running: How many submissions under the id are under way.
    """

    commands: list[Command]
    codes: set[str] = attrs.Factory(set[str])
    views: list[ShadowStock] = attrs.Factory(list[ShadowStock])
    running: int = 0


class Flights:
    """
    All submissions that are under way.

    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._flights: dict[CommandId, Flight] = {}
        self._searches: dict[str, list[ShadowStock]] = {}

    def begun(self, command_id: CommandId, command: Command) -> None:
        """
        Hear of one.

        """
        flight = self._flights.setdefault(command_id, Flight([]))
        flight.running += 1
        if command not in flight.commands:
            flight.commands.append(command)

    def ended(self, command_id: CommandId) -> None:
        """
        Hear that one is over.

        """
        flight = self._flights.get(command_id)
        if flight is not None:
            flight.running -= 1
            if flight.running <= 0:
                del self._flights[command_id]

    def of(self, command_id: CommandId) -> Flight | None:
        """
        Return what is under way under an id.

        """
        return self._flights.get(command_id)

    def searched(self, order: ShadowOrder) -> None:
        """
        Note whether an order looks for other places by itself.

        """
        nowhere = any(unit.state == "unsourced" for unit in order.units())
        if nowhere and not order.sourcing_failed:
            self._searches.setdefault(order.order_id, [])
        else:
            self._searches.pop(order.order_id, None)

    def remember(self, commit: Commit) -> None:
        """
        Predict the answers to all that is under way, before what they depend on changes.

        """
        mine, about = commit.receipt.command_id, stream_of(commit.receipt.command)
        if commit.steps:
            for order_id, views in self._searches.items():
                # An engine looks for other places by itself, and nobody says when it has begun.
                views.append(self._view_for(self._shop.orders[order_id]))
                del views[:-_VIEWS_MAX]
        for command_id, flight in self._flights.items():
            if command_id == mine:
                continue
            for command in flight.commands:
                if not is_modeled(command):
                    continue  # nobody asks what its answer would have been
                if commit.steps and isinstance(command, LOOKS_FOR_STOCK):
                    flight.views.append(self._shop.stock.view(self._pairs(command)))
                if about is not None and about == stream_of(command):
                    flight.codes.add(self._answer(command, commit.receipt.at, self._shop.stock))

    def answers(self, receipt: Receipt) -> set[str]:
        """
        Predict what a refused command may be answered: now, or at a moment since it began.

        """
        command, at = receipt.command, receipt.at
        now = self._answer(command, at, self._shop.stock)
        flight = self._flights.get(receipt.command_id)
        if flight is None or (receipt.rejected is not None and receipt.rejected.code == now):
            return {now}
        return {now, *flight.codes, *(self._answer(command, at, view) for view in flight.views)}

    def views(self, receipt: Receipt) -> Sequence[ShadowStock]:
        """
        List the stock as it was at every moment since a command came in, the present last.

        """
        flight, command = self._flights.get(receipt.command_id), receipt.command
        earlier = flight.views if flight else []
        if isinstance(command, SourceAgain):
            earlier = [*self._searches.get(command.order_id, ()), *earlier]
        return (*earlier, self._shop.stock)

    def _answer(self, command: Command, at: Instant, stock: ShadowStock) -> str:
        case = Case(command=command, at=at, shop=self._shop, stock=stock)
        try:
            next(iter(RULES[type(command)](case)), None)
        except No as refusal:
            return refusal.code
        return _ACCEPTED

    def _pairs(self, command: Command) -> list[Pair]:
        skus = skus_of(command, self._shop)
        places = {*self._shop.places, getattr(command, "place", self._shop.places[0])}
        cart = getattr(command, "cart_id", None)
        held = {hold.pair for hold in self._shop.stock.holds_of(cart)} if cart else set[Pair]()
        return [*sorted(held), *((Sku(sku), place) for sku in sorted(skus) for place in places)]

    def _view_for(self, order: ShadowOrder) -> ShadowStock:
        skus = {line.sku for line in order.lines.values()}
        return self._shop.stock.view((sku, at) for sku in skus for at in self._shop.places)
