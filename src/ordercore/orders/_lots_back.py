"""
Which units come back: the lots that were sent, as far as that is known.

"""

from ordercore.catalog import LotQuantity, first_units, units_left
from ordercore.errors import Rejected
from ordercore.grammar import replaced
from ordercore.ids import LineId
from ordercore.orders._order import Order
from ordercore.orders._shape import LineLots
from ordercore.returns import ReturnedUnits, ReturnReceived

__all__ = ["with_lots"]


def with_lots(
    order: Order, received: ReturnReceived, named: tuple[LineLots, ...]
) -> ReturnReceived:
    """
    Say which units have arrived.

    Args:
        order: As it was before.
        received: What has arrived, by line.
        named: What whoever unpacked it says. Of other lines those units are taken to come back
            first that were sent first; of lines that were sent without lots it stays unknown.

    Raises:
        Rejected: ``lots_differ`` where lots do not sum to what has arrived of a line;
            ``lot_not_sent`` where so much of a lot is not with the customer.
    """
    by_line = {line.line_id: line.lots for line in named}
    arrived = {units.line_id: units.quantity for units in received.lines}
    for line_id, lots in by_line.items():
        total = sum(units.quantity for units in lots)
        quantity = arrived.get(line_id, 0)
        if total != quantity or not quantity:
            raise Rejected(
                "lots_differ",
                f"the lots of line {line_id} sum to {total}, and {quantity} units of it are meant",
                data={"line": line_id, "lots": total, "quantity": quantity},
                legal=(f"lots of {quantity} units",) if quantity else tuple(arrived),
            )
    return replaced(
        received,
        lines=tuple(
            replaced(units, lots=_lots_of(order, units, by_line.get(units.line_id)))
            for units in received.lines
        ),
    )


def _lots_of(
    order: Order, units: ReturnedUnits, named: tuple[LotQuantity, ...] | None
) -> tuple[LotQuantity, ...]:
    out = _with_customer(order, units.line_id)
    if named is None:
        return first_units(out, units.quantity)
    there = {(known.lot, known.serial): known.quantity for known in out}
    for asked in named:
        if asked.quantity > there.get((asked.lot, asked.serial), 0):
            raise Rejected(
                "lot_not_sent",
                f"{_words(asked)} of line {units.line_id} is not with the customer",
                data={"line": units.line_id, "lot": asked.lot, "serial": asked.serial},
                legal=tuple(_words(known) for known in out) or ("no lots: none were named",),
            )
    return named


def _with_customer(order: Order, line_id: LineId) -> tuple[LotQuantity, ...]:
    came = (
        each
        for known in order.returns.returns
        if known.place is not None
        for units in known.lines
        if units.line_id == line_id
        for each in units.named
    )
    return units_left(order.fulfillment.dispatched(line_id), came)


def _words(units: LotQuantity) -> str:
    name = " ".join(word for word in (units.lot, units.serial) if word)
    return f"{units.quantity} of {name}" if name else f"{units.quantity} without a lot"
