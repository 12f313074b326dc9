"""
Units that arrive without having been announced.

"""

from typing import Any

from ordercore.catalog import Products
from ordercore.errors import Rejected
from ordercore.grammar import Context, Decision, Facts, Need
from ordercore.inventory._commands import ReceiveStock
from ordercore.inventory._movements import Movements
from ordercore.ledger import Step
from ordercore.places import KnownPlaces

__all__ = ["decide_receipt", "receipt_needs"]


def receipt_needs(
    command: ReceiveStock, state: None, facts: Facts, context: Context[object]
) -> frozenset[Need[Any]]:
    """
    Whether SKUs and place are known.

    """
    del state, facts, context
    skus = tuple(sorted({line.sku for line in command.lines}))
    return frozenset({Products(skus), KnownPlaces((command.place,))})


def decide_receipt(
    command: ReceiveStock, state: None, facts: Facts, context: Context[object]
) -> Decision[Any, Step]:
    """
    Take units into stock.

    Raises:
        Rejected: ``unknown_sku``, ``unknown_place``.
    """
    del state
    skus = tuple(sorted({line.sku for line in command.lines}))
    unknown = tuple(sku for sku in skus if sku not in facts[Products(skus)])
    if unknown:
        raise Rejected(
            "unknown_sku",
            f"the catalog does not know {', '.join(unknown[:5])}",
            data={"skus": unknown},
            legal=("SKUs of the catalog",),
        )
    if command.place not in facts[KnownPlaces((command.place,))]:
        raise Rejected(
            "unknown_place",
            f"there is no place {command.place}",
            data={"place": command.place},
            legal=("places of the shop",),
        )
    movements = Movements(
        context.command_id,
        command.reference or f"receipt/{context.command_id}",
        command.occurred_at or context.at,
    )
    for line in command.lines:
        movements.receive(line.sku, command.place, line.quantity)
    return Decision(transfers=tuple(movements.batch()))
