"""
Changes of mind: cancellations before units leave, returns after they arrived.

"""

from typing import Any, Final

import attrs

from ordercore import fulfillment, returns
from ordercore.catalog import first_units, named_units, units_left
from ordercore.errors import Rejected
from ordercore.fulfillment import AllocatedUnits, FulfillmentLine, FulfillmentOrder, LineUnitsMoved
from ordercore.grammar import Facts, Need, replaced
from ordercore.ids import LineId, PlaceId, child
from ordercore.orders._balance import balance
from ordercore.orders._conclusions import conclude
from ordercore.orders._draft import Draft, OrderDecision, require_order
from ordercore.orders._events import ChargedUnits, RefundGranted, UnitsCanceled
from ordercore.orders._kits import in_lines
from ordercore.orders._lots_back import with_lots
from ordercore.orders._order import Order, OrderLine
from ordercore.orders._promised_work import keep_promises
from ordercore.orders._rules import OrderContext
from ordercore.orders._work_commands import (
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    InspectReturn,
    ReceiveReturn,
)
from ordercore.places import KnownPlaces, require_place
from ordercore.totals import SHIPPING_LINE

__all__ = [
    "cancelable",
    "decide_authorize_return",
    "decide_cancel_return",
    "decide_cancel_units",
    "decide_inspect_return",
    "decide_receive_return",
    "receiving_needs",
]

_SHIPPING: Final = LineId(SHIPPING_LINE)


def cancelable(order: Order, line: OrderLine) -> int:
    """
    Count the units of a line that can still be canceled: those that are in no box.

    """
    boxed = sum(
        ln.packed
        for fo in order.fulfillment.orders
        for ln in fo.lines
        if ln.line_id == line.line_id
    )
    return line.units.uncaptured - boxed


def decide_cancel_units(
    command: CancelUnits, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Cancel units that are in no box, the ones without a source first, then from the last place.

    What was paid for them is given back: an authorization is voided once nothing is left to send,
    captured money is refunded.

    Raises:
        Rejected: ``unknown_order``; ``nothing_to_cancel``; ``unknown_line``;
            ``quantity_not_there``.
    """
    order = require_order(state, command.order_id)
    wanted = _wanted(order, command)
    draft = Draft.of(order, context, facts=facts)
    canceled: list[ChargedUnits] = []
    unsourced: list[tuple[LineId, int]] = []
    to_stop: dict[LineId, int] = {}
    for line_id, quantity in wanted.items():
        line = _require_line(order, line_id)
        _, start, stop = line.units.cancel(quantity)
        canceled.append(_share(order, line_id, start, stop))
        nowhere = min(quantity, line.unsourced)
        if nowhere:
            unsourced.append((line_id, nowhere))
        if quantity > nowhere:
            to_stop[line_id] = quantity - nowhere
    if _all_canceled(order, wanted) and order.shipping_units and order.shipping_units.uncaptured:
        canceled.append(_share(order, _SHIPPING, 0, 1))
    allocations = _release_allocations(draft, to_stop)
    draft.add(
        UnitsCanceled(
            lines=tuple(canceled),
            unsourced=tuple(unsourced),
            allocations=allocations,
            work=keep_promises(draft, allocations),
            reason=command.reason,
        )
    )
    _stop_work(draft, to_stop)
    _grant_prepaid(draft, sum(units.amount_minor for units in canceled))
    return conclude(draft)


def _wanted(order: Order, command: CancelUnits) -> dict[LineId, int]:
    if command.lines is None:
        everything = {line.line_id: cancelable(order, line) for line in order.lines}
        wanted = {line: quantity for line, quantity in everything.items() if quantity}
        if not wanted:
            raise Rejected(
                "nothing_to_cancel",
                f"every unit of order {order.id} is in a box, gone or canceled",
                data={"order": order.id},
                legal=("a return, once it has arrived", "UnpackPackage before it leaves"),
            )
        return wanted
    wanted = in_lines(order.kits, command.lines)
    for line_id, quantity in wanted.items():
        there = cancelable(order, _require_line(order, line_id))
        if quantity > there:
            raise Rejected(
                "quantity_not_there",
                f"can't cancel {quantity} of line {line_id} of order {order.id}: "
                f"{there} are in no box, not gone and not canceled",
                data={"line": line_id, "asked": quantity, "there": there},
                legal=(f"1 to {there}",) if there else ("nothing of this line",),
            )
    return wanted


def _all_canceled(order: Order, wanted: dict[LineId, int]) -> bool:
    return all(
        line.units.captured == 0 and line.units.uncaptured == wanted.get(line.line_id, 0)
        for line in order.lines
    )


def _release_allocations(draft: Draft, to_stop: dict[LineId, int]) -> tuple[AllocatedUnits, ...]:
    """
    Give promises back that no place has been given yet, the last ones first.

    """
    kept: list[AllocatedUnits] = []
    for units in reversed(draft.order.allocations):
        released = min(units.quantity, to_stop.get(units.line_id, 0))
        if not released:
            kept.append(units)
            continue
        to_stop[units.line_id] -= released
        rest = _give_back(draft, units, units.place, units.quantity, released)
        if released < units.quantity:
            kept.append(attrs.evolve(units, quantity=units.quantity - released, hold=rest))
    return tuple(reversed(kept))


def _stop_work(draft: Draft, to_stop: dict[LineId, int]) -> None:
    """
    Take units back from places, the last fulfillment order first.

    """
    for work in reversed(draft.order.fulfillment.orders):
        here: dict[LineId, int] = {}
        for line in work.lines:
            stopped = min(to_stop.get(line.line_id, 0), line.waiting + line.picked)
            if stopped:
                here[line.line_id] = stopped
                to_stop[line.line_id] -= stopped
        if not here:
            continue
        event = fulfillment.cancel_units(work, here)
        for moved in draft.tracked(event.picked):
            draft.movements.put_back(moved.sku, work.place, moved.quantity, lots=moved.lots)
        waiting = tuple(_released(draft, work, moved) for moved in event.waiting)
        draft.add(replaced(event, waiting=waiting))


def _released(draft: Draft, work: FulfillmentOrder, moved: LineUnitsMoved) -> LineUnitsMoved:
    line = work.line(moved.line_id)
    assert line is not None  # noqa: S101 - only the work's own lines are taken from it
    rest = _give_back(draft, line, work.place, line.waiting, moved.quantity)
    return replaced(moved, hold=rest)


def _give_back(
    draft: Draft, units: AllocatedUnits | FulfillmentLine, place: PlaceId, held: int, quantity: int
) -> str:
    """
    Give part of a promise back; what is not counted was never promised.

    """
    if not draft.tracks(units.line_id):
        return ""
    if units.ships_by is not None and draft.preordered is not None:
        draft.preordered.give_back(units.sku, place, quantity, "canceled")
        return ""
    return draft.movements.release_part(units.hold, held, quantity, "canceled")


def _grant_prepaid(draft: Draft, canceled_minor: int) -> None:
    """
    Give back what was captured for units that will not come.

    """
    order, sums = draft.order, balance(draft.order)
    amount = min(canceled_minor, sums.expected_minor - sums.owed_minor)
    if amount > 0:
        draft.add(
            RefundGranted(
                grant_id=_next_grant(order), reason="canceled", lines=(), amount_minor=amount
            )
        )


def decide_authorize_return(
    command: AuthorizeReturn, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Permit units to come back that have left and are not coming back already.

    Raises:
        Rejected: ``unknown_order``, ``nothing_asked``, ``unknown_line``, ``not_shipped``.
    """
    del facts
    order = require_order(state, command.order_id)
    draft = Draft.of(order, context)
    shipped = {
        line.line_id: (line.placed.sku, order.fulfillment.shipped(line.line_id))
        for line in order.lines
    }
    draft.add(
        returns.authorize_return(
            order.returns, order.id, in_lines(order.kits, command.lines), shipped, command.reason
        )
    )
    return conclude(draft)


def receiving_needs(
    command: ReceiveReturn, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    The place where they have arrived.

    """
    return frozenset({KnownPlaces((command.place,))})


def decide_receive_return(
    command: ReceiveReturn, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Take returned units in; they wait for inspection.

    Raises:
        Rejected: ``unknown_order``, ``unknown_return``, ``not_legal_now``, ``nothing_asked``,
            ``quantity_not_there``, ``unknown_place``, ``lots_differ``, ``lot_not_sent``.
    """
    order = require_order(state, command.order_id)
    known = returns.require_return(order.returns, command.return_id)
    draft = Draft.of(order, context, command.occurred_at)
    lines = None if command.lines is None else in_lines(order.kits, command.lines)
    received = returns.receive_return(known, command.place, lines)
    require_place(command.place, facts[KnownPlaces((command.place,))])
    received = with_lots(order, received, command.lots)
    for units in received.lines:
        if draft.tracks(units.line_id):
            draft.movements.take_back(units.sku, command.place, units.quantity, lots=units.lots)
    draft.add(received)
    return conclude(draft)


def decide_inspect_return(
    command: InspectReturn, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Restock or set aside what came back, and grant its exact share.

    Of units that are told apart, the last ones are taken to be those that are damaged.

    Raises:
        Rejected: ``unknown_order``, ``unknown_return``, ``not_legal_now``, ``quantity_not_there``.
    """
    del facts
    order = require_order(state, command.order_id)
    known = returns.require_return(order.returns, command.return_id)
    draft = Draft.of(order, context)
    inspected = returns.inspect_return(known, in_lines(order.kits, command.damaged))
    granted: list[ChargedUnits] = []
    place = known.place
    assert place is not None  # noqa: S101 - what is inspected was received somewhere
    came = {units.line_id: units for units in known.lines}
    for units in inspected.lines:
        named = came[units.line_id].named
        good = first_units(named, units.restocked)
        bad = units_left(named, named_units(good, units.restocked))
        if units.restocked and draft.tracks(units.line_id):
            draft.movements.restock(units.sku, place, units.restocked, lots=good)
        if units.damaged and draft.tracks(units.line_id):
            draft.movements.set_aside(units.sku, place, units.damaged, lots=bad)
        line = _require_line(order, units.line_id)
        _, start, stop = line.units.refund(units.quantity)
        granted.append(_share(order, units.line_id, start, stop))
    shipping = order.shipping_units
    if command.refund_shipping and shipping is not None and shipping.refundable:
        granted.append(_share(order, _SHIPPING, 0, 1))
    draft.add(inspected)
    draft.add(
        RefundGranted(
            grant_id=_next_grant(order),
            reason="return",
            lines=tuple(granted),
            amount_minor=sum(units.amount_minor for units in granted),
        )
    )
    return conclude(draft)


def decide_cancel_return(
    command: CancelReturn, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Let a permitted return end without anything coming back.

    Raises:
        Rejected: ``unknown_order``, ``unknown_return``, ``not_legal_now``.
    """
    del facts
    order = require_order(state, command.order_id)
    known = returns.require_return(order.returns, command.return_id)
    draft = Draft.of(order, context)
    draft.add(returns.cancel_return(known))
    return conclude(draft)


def _next_grant(order: Order) -> str:
    return child(order.id, "grant", len(order.grants) + 1)


def _require_line(order: Order, line_id: LineId) -> OrderLine:
    line = order.line(line_id)
    if line is None:
        raise Rejected(
            "unknown_line",
            f"order {order.id} has no line {line_id}",
            data={"order": order.id, "line": line_id},
            legal=(
                *(kit.line_id for kit in order.kits),
                *(known.line_id for known in order.lines),
            ),
        )
    return line


def _share(order: Order, line_id: LineId, start: int, stop: int) -> ChargedUnits:
    amount = order.amount(line_id, start, stop)
    return ChargedUnits(line_id=line_id, start=start, stop=stop, amount_minor=amount)
