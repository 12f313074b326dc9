"""
Other places for units that were not where they should be.

"""

from typing import Any

from ordercore.grammar import Facts, Need
from ordercore.ids import LineId
from ordercore.orders._allocate import allocate
from ordercore.orders._conclusions import conclude, open_work
from ordercore.orders._draft import Draft, OrderDecision, require_order
from ordercore.orders._events import SourcingFailed, UnitsSourcedAgain
from ordercore.orders._order import Order
from ordercore.orders._promises import Want
from ordercore.orders._room import Window
from ordercore.orders._rules import OrderContext
from ordercore.orders._sourcing import Question
from ordercore.orders._work_commands import SourceAgain
from ordercore.sourcing import SourcingPlan

__all__ = ["decide_source_again", "source_again_needs"]


def _question(order: Order, context: OrderContext) -> Question:
    skus = {line.line_id: line.placed.sku for line in order.lines}
    return Question(
        wants=tuple(
            Want(line.line_id, line.placed.sku, line.unsourced, line.placed.place)
            for line in order.lines
            if line.unsourced
        ),
        destination=order.destination,
        currency=order.currency,
        window=Window.of(context),
        barred=frozenset((skus[line], place) for line, place in order.barred),
        rules=context.rules.stock,
        channel=order.channel,
        on=context.at.date(),
        preorders=True,
        untracked=frozenset(line.placed.sku for line in order.lines if not line.placed.tracked),
    )


def source_again_needs(
    command: SourceAgain, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    What sourcing asks, for the units that have no place.

    """
    order = require_order(state, command.order_id)
    question = _question(order, context)
    return question.needs(facts) if question.wants else frozenset()


def decide_source_again(
    command: SourceAgain, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Find other places for missing units; what no place has waits for a person to decide.

    Raises:
        Rejected: ``unknown_order``, ``unknown_sku``, ``unknown_place``,
            ``place_not_in_channel``, ``cannot_ship_from``.
    """
    order = require_order(state, command.order_id)
    draft = Draft.of(order, context)
    question = _question(order, context)
    if not question.wants:
        return draft.decision()
    plan, units = question.answer(facts)
    # The order was promised these units when it was placed: it keeps its rank among who waits.
    allocations = allocate(units, draft.movements, order.placed_at)
    if allocations:
        draft.add(UnitsSourcedAgain(plan=plan, allocations=allocations))
        open_work(draft, allocations, question.promise_days(facts, units, draft.capacity))
    if plan.shortfalls:
        draft.add(SourcingFailed(lines=_unsourced(draft.order, plan)))
    return conclude(draft)


def _unsourced(order: Order, plan: SourcingPlan) -> tuple[tuple[LineId, int], ...]:
    short = {shortfall.sku for shortfall in plan.shortfalls}
    return tuple(
        (line.line_id, line.unsourced)
        for line in order.lines
        if line.unsourced and line.placed.sku in short
    )
