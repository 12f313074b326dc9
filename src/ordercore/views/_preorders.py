"""
What of an order waits for supply, and by when it was promised to leave.

"""

from datetime import date

import attrs

from ordercore.ids import LineId, Sku
from ordercore.orders import Order

__all__ = ["AwaitedUnits", "awaited_units"]


@attrs.frozen(kw_only=True)
class AwaitedUnits:
    """
    Preordered units of a line that nobody has picked yet.

    Attributes:
        line_id: Which line.
        sku: What.
        quantity: How many.
        ships_by: The day by which they were promised to leave, whatever is expected now.
    """

    line_id: LineId
    sku: Sku
    quantity: int
    ships_by: date


def awaited_units(order: Order) -> tuple[AwaitedUnits, ...]:
    """
    List the preordered units of an order that wait, by line and day.

    Cost: O(lines x fulfillment orders).
    """
    waiting: dict[tuple[LineId, date], AwaitedUnits] = {}
    rows = [(row.line_id, row.sku, row.quantity, row.ships_by) for row in order.allocations]
    rows += [
        (line.line_id, line.sku, line.waiting, line.ships_by)
        for work in order.fulfillment.orders
        for line in work.lines
    ]
    for line_id, sku, quantity, ships_by in rows:
        if ships_by is None or not quantity:
            continue
        known = waiting.get((line_id, ships_by))
        waiting[line_id, ships_by] = AwaitedUnits(
            line_id=line_id,
            sku=sku,
            quantity=quantity + (known.quantity if known else 0),
            ships_by=ships_by,
        )
    numbers = {line.line_id: n for n, line in enumerate(order.lines)}
    return tuple(sorted(waiting.values(), key=lambda row: (numbers[row.line_id], row.ships_by)))
