"""
Making: a workshop uses components up and has something new on its shelf.

"""

from typing import Any

import attrs

from ordercore.catalog import Part, parts_of
from ordercore.errors import Rejected
from ordercore.grammar import Command, Context, Decision, Facts, Faults, Need, quantity_fault
from ordercore.ids import PlaceId, Sku, id_fault, sku_fault
from ordercore.instants import Instant
from ordercore.inventory._availability import StockAt
from ordercore.inventory._document_rules import known_skus, refuse_unknown
from ordercore.inventory._kits import buildable
from ordercore.inventory._movements import Movements
from ordercore.ledger import Step
from ordercore.places import KnownPlaces, PlaceKind

__all__ = ["MakeUnits", "decide_making", "making_needs"]


@attrs.frozen(kw_only=True)
class MakeUnits(Command):
    """
    A workshop has made units of a product that is made to order; their components are used up.

    What is promised to others is not used up. The units made are for sale at once; an order that
    is placed afterwards is promised them like any others.

    Attributes:
        place: Which workshop.
        sku: What was made.
        quantity: How many.
        reference: For what: a job, an order.
        occurred_at: When, if not now.
    """

    place: PlaceId = attrs.field(converter=PlaceId)
    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    reference: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("place", id_fault(self.place))
        faults.note("sku", sku_fault(self.sku))
        faults.note("quantity", quantity_fault(self.quantity))
        faults.text("reference", self.reference)
        faults.aware(self.occurred_at)
        faults.check()


def making_needs(
    command: MakeUnits, state: object, facts: Facts, context: Context[Any]
) -> frozenset[Need[Any]]:
    """
    What it is made of, whether the place is a workshop, and what lies there.

    """
    del state, context
    needs: set[Need[Any]] = {known_skus((command.sku,)), KnownPlaces((command.place,))}
    if not facts.missing(needs):
        needs.add(_stock(command, _parts(command, facts)))
    return frozenset(needs)


def decide_making(
    command: MakeUnits, state: object, facts: Facts, context: Context[Any]
) -> Decision[Any, Step]:
    """
    Turn components into what is made of them, in one batch.

    Raises:
        Rejected: ``unknown_sku``, ``kit_has_no_stock``, ``unknown_place``, ``not_made_to_order``,
            ``not_a_workshop``, ``shortage`` where components are lacking or promised.
    """
    del state
    parts = _parts(command, facts)
    place = facts[KnownPlaces((command.place,))][command.place]
    if place.kind is not PlaceKind.WORKSHOP:
        raise Rejected(
            "not_a_workshop",
            f"{place.id} is a {place.kind}: nothing is made there",
            data={"place": place.id, "kind": place.kind.value},
            legal=("places of kind workshop",),
        )
    levels = facts[_stock(command, parts)]
    possible = buildable(parts, levels.values())[command.place]
    if possible < command.quantity:
        lacking = [
            part.sku
            for part in parts
            if levels[part.sku, command.place].available < part.quantity * command.quantity
        ]
        raise Rejected(
            "shortage",
            f"{command.place} can make {possible} of {command.sku}, not {command.quantity}:"
            f" too little of {', '.join(lacking[:5])}",
            data={
                "sku": command.sku,
                "asked": command.quantity,
                "possible": possible,
                "skus": tuple(lacking),
            },
            legal=(f"1 to {possible}",) if possible else ("wait for a receipt of components",),
        )
    movements = Movements(
        context.command_id,
        command.reference or f"making/{context.command_id}",
        command.occurred_at or context.at,
    )
    each = {part.sku: part.quantity for part in parts}
    movements.produce(command.sku, command.place, command.quantity, each)
    return Decision(transfers=tuple(movements.batch()))


def _stock(command: MakeUnits, parts: tuple[Part, ...]) -> StockAt:
    return StockAt(tuple(sorted(part.sku for part in parts)), (command.place,))


def _parts(command: MakeUnits, facts: Facts) -> tuple[Part, ...]:
    refuse_unknown((command.sku,), (command.place,), facts)
    products = facts[known_skus((command.sku,))]
    product = products[command.sku]
    if not product.is_made_to_order:
        raise Rejected(
            "not_made_to_order",
            f"{command.sku} is not made to order",
            data={"sku": command.sku},
            legal=("a product with components that is made to order",),
        )
    return parts_of(command.sku, products)
