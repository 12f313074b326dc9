"""
A decision while it is being made.

Rules add events; each is folded at once, so the next rule sees what the one before has led to.
Movements of stock and money are collected beside them and leave as one linked batch.
"""

from collections.abc import Iterable

import attrs

from ordercore.errors import Rejected
from ordercore.fulfillment import CapacityMovements, FulfillmentOrder, LineUnitsMoved
from ordercore.grammar import Decision, Facts
from ordercore.ids import child
from ordercore.instants import Instant
from ordercore.inventory import Movements
from ordercore.ledger import Post, Step, account
from ordercore.orders._events import OrderEvent
from ordercore.orders._order import Order
from ordercore.orders._preordered import PreorderedHolds
from ordercore.orders._rules import OrderContext
from ordercore.orders._state import evolve
from ordercore.payments import PaymentCaptured, PaymentRecorded, PaymentRefunded

__all__ = ["Draft", "OrderDecision", "require_order"]

OrderDecision = Decision[OrderEvent, Step]


def require_order(state: Order | None, order_id: str) -> Order:
    """
    Return the order.

    Raises:
        Rejected: ``unknown_order``.
    """
    if state is None:
        raise Rejected(
            "unknown_order",
            f"there is no order {order_id}",
            data={"order": order_id},
            legal=("PlaceOrder",),
        )
    return state


@attrs.define
class Draft:
    """
    An order under decision.

    Attributes:
        order: As it would be after the events so far.
        context: What the decision knows beside facts.
        movements: The stock that moves with it.
        capacity: The days of places that are promised, used or given back with it.
        occurred_at: When it happened, as claimed.
        events: What has happened so far.
        money: The money that moves with it.
        preordered: What the order holds of preordered units; None where no rule asks for it.
    """

    order: Order
    context: OrderContext
    movements: Movements
    capacity: CapacityMovements
    occurred_at: Instant
    events: list[OrderEvent] = attrs.Factory(list[OrderEvent])
    money: list[Post] = attrs.Factory(list[Post])
    preordered: PreorderedHolds | None = None

    @classmethod
    def of(
        cls,
        order: Order,
        context: OrderContext,
        occurred_at: Instant | None = None,
        facts: Facts | None = None,
    ) -> "Draft":
        """
        Begin a decision about an order; with facts, about what it holds, too.

        """
        when = occurred_at or context.at
        movements = Movements(context.command_id, f"order/{order.id}", when)
        return cls(
            order=order,
            context=context,
            movements=movements,
            preordered=PreorderedHolds(order, facts, movements) if facts is not None else None,
            capacity=CapacityMovements(context.command_id, f"order/{order.id}", when),
            occurred_at=when,
        )

    def add(self, *events: OrderEvent) -> None:
        """
        Let events happen, in order.

        """
        for event in events:
            self.order = evolve(self.order, event)
            self.events.append(event)
            if isinstance(event, PaymentCaptured | PaymentRecorded | PaymentRefunded):
                self._move_money(event)

    def tracks(self, line_id: str) -> bool:
        """
        Say whether the units of a line are counted; others move no stock.

        """
        line = self.order.line(line_id)
        return line is None or line.placed.tracked

    def tracked(self, moved: Iterable[LineUnitsMoved]) -> tuple[LineUnitsMoved, ...]:
        """
        Return those whose stock moves with them.

        """
        return tuple(units for units in moved if self.tracks(units.line_id))

    def hold_of(self, work: FulfillmentOrder, moved: LineUnitsMoved) -> tuple[str, int]:
        """
        Return the hold from which units are taken off the shelf, and how many it holds.

        Raises:
            Rejected: ``waits_for_supply``: fewer of preordered units have come.
        """
        assert self.preordered is not None  # noqa: S101 - who takes units has asked what is held
        return self.preordered.of(work, moved)

    def decision(self) -> OrderDecision:
        """
        Return all of it.

        """
        steps = (*self.movements.batch(), *self.capacity.batch(), *self.money)
        return Decision(tuple(self.events), steps, leads_to=self.order)

    def _move_money(self, event: PaymentCaptured | PaymentRecorded | PaymentRefunded) -> None:
        customer = account("value", "customer", self.order.currency)
        clearing = account("value", "clearing", self.order.currency, owner=event.account)
        back = isinstance(event, PaymentRefunded)
        self.money.append(
            Post(
                child(self.context.command_id, "money", len(self.money) + 1),
                clearing if back else customer,
                customer if back else clearing,
                event.amount_minor,
                "refund" if back else "capture",
                f"order/{self.order.id}",
                self.occurred_at,
            )
        )
