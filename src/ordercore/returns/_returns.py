"""
Returns in one module: events, fold and rules of a small slice.

Units of a line that are authorized, received or inspected in any return that was not canceled
cannot be returned again, so a line never takes back more than left. Fewer units may arrive than
were authorized; the difference becomes returnable again when the return is received.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from ordercore.catalog import LotQuantity, named_units
from ordercore.errors import Rejected
from ordercore.grammar import Event, replaced
from ordercore.ids import LineId, PlaceId, ReturnId, Sku, child
from ordercore.lifecycle import Declared
from ordercore.returns._tables import RETURN

__all__ = [
    "EMPTY",
    "RETURN_LIFECYCLE",
    "InspectedUnits",
    "Return",
    "ReturnAuthorized",
    "ReturnCanceled",
    "ReturnEvent",
    "ReturnInspected",
    "ReturnReceived",
    "ReturnedUnits",
    "Returns",
    "authorize_return",
    "cancel_return",
    "evolve",
    "inspect_return",
    "receive_return",
    "require_return",
]

RETURN_LIFECYCLE: Final = Declared("ordercore.returns._machines", "ReturnMachine", RETURN)


@attrs.frozen(kw_only=True, slots=False)
class ReturnedUnits:
    """
    Units of one line that come back.

    Attributes:
        line_id: Which line.
        sku: What.
        quantity: How many.
        lots: Which units, once they have arrived; empty where they are not told apart.
    """

    line_id: LineId
    sku: Sku
    quantity: int
    lots: tuple[LotQuantity, ...] = ()

    @property
    def named(self) -> tuple[LotQuantity, ...]:
        """
        The units by lot, those spelled out that are not told apart.

        """
        return named_units(self.lots, self.quantity)


@attrs.frozen(kw_only=True)
class InspectedUnits:
    """
    What became of the units of one line.

    Attributes:
        line_id: Which line.
        sku: What.
        restocked: As good as new; for sale again.
        damaged: Not to be sold.
    """

    line_id: LineId
    sku: Sku
    restocked: int
    damaged: int

    @property
    def quantity(self) -> int:
        """
        All inspected units of the line.

        """
        return self.restocked + self.damaged


@attrs.frozen(kw_only=True)
class ReturnAuthorized(Event):
    """
    The customer may send units back.

    """

    return_id: ReturnId
    lines: tuple[ReturnedUnits, ...]
    reason: str
    status: str


@attrs.frozen(kw_only=True, slots=False)
class ReturnReceived(Event):
    """
    Units have arrived at a place and wait for inspection.

    """

    return_id: ReturnId
    place: PlaceId
    lines: tuple[ReturnedUnits, ...]
    status: str


@attrs.frozen(kw_only=True)
class ReturnInspected(Event):
    """
    It is known what the units are good for.

    """

    return_id: ReturnId
    lines: tuple[InspectedUnits, ...]
    status: str


@attrs.frozen(kw_only=True)
class ReturnCanceled(Event):
    """
    The units stay with the customer.

    """

    return_id: ReturnId
    status: str


ReturnEvent = ReturnAuthorized | ReturnReceived | ReturnInspected | ReturnCanceled


@attrs.frozen(kw_only=True, slots=False)
class Return:
    """
    One return.

    Attributes:
        id: Its name.
        status: Where it is in its lifecycle.
        reason: Why, in the customer's word.
        lines: What is permitted until it is received, what has arrived from then on.
        place: Where it was received, or None.
    """

    id: ReturnId
    status: str
    reason: str
    lines: tuple[ReturnedUnits, ...]
    place: PlaceId | None = None


@attrs.frozen(kw_only=True, slots=False)
class Returns:
    """
    All returns of one order.

    """

    returns: tuple[Return, ...] = ()

    def find(self, return_id: str) -> Return | None:
        """
        Return a return by id.

        """
        return next((r for r in self.returns if r.id == return_id), None)

    def units(self, line_id: str) -> int:
        """
        Count the units of a line that are coming back or have come back.

        """
        return sum(
            units.quantity
            for r in self.returns
            if r.status != "canceled"
            for units in r.lines
            if units.line_id == line_id
        )


EMPTY: Final = Returns()


def evolve(state: Returns, event: ReturnEvent) -> Returns:
    """
    Fold one event into the returns of an order.

    """
    if isinstance(event, ReturnAuthorized):
        begun = Return(
            id=event.return_id, status=event.status, reason=event.reason, lines=event.lines
        )
        return replaced(state, returns=(*state.returns, begun))

    def changed(known: Return) -> Return:
        if isinstance(event, ReturnReceived):
            return replaced(known, status=event.status, lines=event.lines, place=event.place)
        return replaced(known, status=event.status)

    return replaced(
        state,
        returns=tuple(changed(r) if r.id == event.return_id else r for r in state.returns),
    )


def authorize_return(
    state: Returns,
    order_id: str,
    quantities: Mapping[LineId, int],
    shipped: Mapping[LineId, tuple[Sku, int]],
    reason: str,
) -> ReturnAuthorized:
    """
    Permit units to come back.

    Args:
        state: The returns so far.
        order_id: Of which order.
        quantities: How many of which line.
        shipped: What has left, by line.
        reason: Why.

    Raises:
        Rejected: ``nothing_asked``; ``unknown_line``; ``not_shipped`` where more is asked than
            has left and is not coming back already.
    """
    if not quantities:
        raise Rejected("nothing_asked", f"a return of nothing for {order_id}", legal=("1 or more",))
    lines: list[ReturnedUnits] = []
    for line_id, quantity in quantities.items():
        if line_id not in shipped:
            raise Rejected(
                "unknown_line",
                f"order {order_id} has no line {line_id}",
                data={"line": line_id},
                legal=tuple(shipped),
            )
        sku, left = shipped[line_id]
        returnable = left - state.units(line_id)
        if not 1 <= quantity <= returnable:
            raise Rejected(
                "not_shipped",
                f"can't return {quantity} of line {line_id} of order {order_id}: {left} have "
                f"shipped and {left - returnable} are returned or coming back",
                data={"line": line_id, "asked": quantity, "returnable": returnable},
                legal=(f"1 to {returnable}",) if returnable else ("nothing of this line",),
            )
        lines.append(ReturnedUnits(line_id=line_id, sku=sku, quantity=quantity))
    return ReturnAuthorized(
        return_id=ReturnId(child(order_id, "return", len(state.returns) + 1)),
        lines=tuple(lines),
        reason=reason,
        status=RETURN_LIFECYCLE().initial,
    )


def require_return(state: Returns, return_id: str) -> Return:
    """
    Return a return by id.

    Raises:
        Rejected: ``unknown_return``, naming those that exist.
    """
    known = state.find(return_id)
    if known is None:
        raise Rejected(
            "unknown_return",
            f"there is no return {return_id}",
            data={"return": return_id},
            legal=tuple(r.id for r in state.returns),
        )
    return known


def receive_return(
    known: Return, place: PlaceId, quantities: Mapping[LineId, int] | None
) -> ReturnReceived:
    """
    Record what has arrived: all of it where no quantities are given.

    Raises:
        Rejected: ``not_legal_now``; ``nothing_asked``; ``quantity_not_there`` where a line has
            more than permitted.
    """
    status = RETURN_LIFECYCLE().after(known.status, "receive", known.id)
    permitted = {units.line_id: units for units in known.lines}
    everything = {line: units.quantity for line, units in permitted.items()}
    wanted = everything if quantities is None else quantities
    if not wanted:
        raise Rejected("nothing_asked", f"nothing of {known.id} has come", legal=("1 or more",))
    lines: list[ReturnedUnits] = []
    for line_id, quantity in wanted.items():
        most = permitted[line_id].quantity if line_id in permitted else 0
        if not 1 <= quantity <= most:
            raise _beyond(known, line_id, quantity, most)
        lines.append(replaced(permitted[line_id], quantity=quantity))
    return ReturnReceived(return_id=known.id, place=place, lines=tuple(lines), status=status)


def inspect_return(known: Return, damaged: Mapping[LineId, int]) -> ReturnInspected:
    """
    Record what the units are good for; what is not damaged goes back on the shelf.

    Raises:
        Rejected: ``not_legal_now``; ``quantity_not_there`` where more are damaged than came.
    """
    status = RETURN_LIFECYCLE().after(known.status, "inspect", known.id)
    came = {units.line_id: units.quantity for units in known.lines}
    for line_id, quantity in damaged.items():
        if not 0 <= quantity <= came.get(line_id, 0):
            raise _beyond(known, line_id, quantity, came.get(line_id, 0))
    return ReturnInspected(
        return_id=known.id,
        lines=tuple(
            InspectedUnits(
                line_id=units.line_id,
                sku=units.sku,
                restocked=units.quantity - damaged.get(units.line_id, 0),
                damaged=damaged.get(units.line_id, 0),
            )
            for units in known.lines
        ),
        status=status,
    )


def cancel_return(known: Return) -> ReturnCanceled:
    """
    Let the units stay with the customer.

    """
    return ReturnCanceled(
        return_id=known.id,
        status=RETURN_LIFECYCLE().after(known.status, "cancel", known.id),
    )


def _beyond(known: Return, line_id: str, quantity: int, most: int) -> Rejected:
    return Rejected(
        "quantity_not_there",
        f"{quantity} of line {line_id} are not in return {known.id}, which has {most}",
        data={"return": known.id, "line": line_id, "asked": quantity, "there": most},
        legal=(f"1 to {most}",) if most else ("nothing of this line",),
    )
