"""
Kits as their buyers count them.

Inside an order a kit is its parts, each a line of its own. Its buyer has bought kits, and reads
how many of those are on the way: a kit has got somewhere once all of its parts have.
"""

from collections.abc import Callable, Iterable, Mapping

import attrs

from ordercore.ids import LineId, Sku
from ordercore.orders import Order, OrderLine, PlacedKit

__all__ = ["KitStatus", "in_kits", "kit_status"]


@attrs.frozen(kw_only=True)
class KitStatus:
    """
    One kit of an order, counted in whole kits.

    Attributes:
        line_id: The name of its line, for commands that count in kits.
        sku: The kit's SKU.
        name: What it was called when it was ordered.
        quantity: How many were ordered.
        canceled: Of them, those of which every part was canceled.
        shipped: Those of which every part has left.
        delivered: Those of which every part has arrived.
        returned: Those of which every part has come back.
        is_partly_shipped: Whether parts have left beyond the kits that are whole.
    """

    line_id: LineId
    sku: Sku
    name: str
    quantity: int
    canceled: int
    shipped: int
    delivered: int
    returned: int
    is_partly_shipped: bool


def kit_status(order: Order) -> tuple[KitStatus, ...]:
    """
    Tell how far each kit of an order is, in the order of its lines.

    Cost: O(parts x (packages + returns)).
    """
    lines = {line.line_id: line for line in order.lines}
    returned = _returned(order)
    return tuple(_status(order, kit, lines, returned) for kit in order.kits)


def _status(
    order: Order,
    kit: PlacedKit,
    lines: Mapping[LineId, OrderLine],
    returned: Mapping[LineId, int],
) -> KitStatus:
    def whole(count: Callable[[LineId], int]) -> int:
        return min(count(part.line_id) // part.quantity for part in kit.parts)

    shipped = whole(order.fulfillment.shipped)
    return KitStatus(
        line_id=kit.line_id,
        sku=kit.sku,
        name=kit.name,
        quantity=kit.quantity,
        canceled=whole(lambda line: lines[line].units.canceled),
        shipped=shipped,
        delivered=whole(order.fulfillment.delivered),
        returned=whole(lambda line: returned.get(line, 0)),
        is_partly_shipped=any(
            order.fulfillment.shipped(part.line_id) > shipped * part.quantity for part in kit.parts
        ),
    )


def _returned(order: Order) -> dict[LineId, int]:
    units: dict[LineId, int] = {}
    for known in order.returns.returns:
        if known.status in {"received", "inspected"}:
            for line in known.lines:
                units[line.line_id] = units.get(line.line_id, 0) + line.quantity
    return units


def in_kits(
    kits: Iterable[PlacedKit], counts: Iterable[tuple[LineId, int]]
) -> tuple[tuple[LineId, int], ...]:
    """
    Say quantities of lines in whole kits where they come to nothing but whole kits.

    Args:
        kits: Of the order.
        counts: Lines and their units; a line may occur more than once.

    Returns:
        Each line once, in the order of first occurrence, a kit's line in the place of its first
        part. Parts that are no whole kits remain as they are.
    """
    units: dict[LineId, int] = {}
    for line_id, quantity in counts:
        units[line_id] = units.get(line_id, 0) + quantity
    named: dict[LineId, tuple[LineId, int]] = {}
    for kit in kits:
        whole = {divmod(units.get(part.line_id, 0), part.quantity) for part in kit.parts}
        times, rest = min(whole)
        if len(whole) == 1 and times and not rest:
            named.update((part.line_id, (kit.line_id, times)) for part in kit.parts)
    return tuple(dict(named.get(line, (line, n)) for line, n in units.items()).items())
