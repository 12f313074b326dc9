"""
Where units may wait that no shelf has: for supply that is expected, or for any receipt.

"""

from collections.abc import Iterator
from datetime import date

from ordercore.fulfillment import ShippingRate
from ordercore.inventory import StockLevel
from ordercore.orders._promises import BackorderPlace, SupplyRoom
from ordercore.places import Place

__all__ = ["waiting_places"]


def waiting_places(
    level: StockLevel, place: Place, rate: ShippingRate, unit_cost_minor: int, on: date
) -> Iterator[BackorderPlace]:
    """
    List what one place may promise beyond its shelf, each day of supply by itself.

    Args:
        level: The SKU there, under the rules, with its supply where preorders are possible.
        place: The place.
        rate: What shipping from there costs.
        unit_cost_minor: What sending one unit costs.
        on: Today.
    """
    opening = rate.package_minor + place.handling_minor
    ships_by = level.terms.ships_by
    for row in level.preorderable(on):
        assert ships_by is not None  # noqa: S101 - without it nothing may be preordered
        yield BackorderPlace(
            place=place.id,
            room=row.expected - row.promised,
            floor=0,
            open_cost_minor=opening,
            unit_cost_minor=unit_cost_minor,
            supply=SupplyRoom(
                day=row.day,
                left=row.expected - row.promised,
                limit=level.preorder_room,
                bound=level.available_to_promise(row.day, on=on),
                ships_by=ships_by,
            ),
        )
    if level.backorder_room:
        yield BackorderPlace(
            place=place.id,
            room=level.backorder_room,
            floor=level.terms.floor,
            open_cost_minor=opening,
            unit_cost_minor=unit_cost_minor,
        )
