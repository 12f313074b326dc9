"""
Units that arrive without having been announced.

"""

from typing import Any

from ordercore.grammar import Context, Decision, Facts, Need
from ordercore.inventory._commands import ReceiveStock
from ordercore.inventory._document_rules import Healing, discrepancies, known_skus, refuse_unknown
from ordercore.inventory._movements import Movements
from ordercore.inventory._preorders import OpenPreorders, WaitingForSupply, open_preorders
from ordercore.inventory._recorded_stock import AccountBalances
from ordercore.ledger import Step
from ordercore.places import KnownPlaces

__all__ = ["decide_receipt", "receipt_needs"]


def _gaps(command: ReceiveStock) -> AccountBalances:
    return discrepancies(command.place, ((line.sku, "") for line in command.lines))


def _waiting(command: ReceiveStock) -> OpenPreorders:
    return open_preorders((line.sku for line in command.lines), command.place)


def receipt_needs(
    command: ReceiveStock, state: None, facts: Facts, context: Context[object]
) -> frozenset[Need[Any]]:
    """
    Whether SKUs and place are known, what left beyond the record, and who waits for the units.

    """
    del state, facts, context
    skus = known_skus(line.sku for line in command.lines)
    return frozenset({skus, KnownPlaces((command.place,)), _gaps(command), _waiting(command)})


def decide_receipt(
    command: ReceiveStock, state: None, facts: Facts, context: Context[object]
) -> Decision[Any, Step]:
    """
    Take units into stock.

    They explain what left the place beyond its record, and serve who has waited longest for
    expected supply, whatever the day: what was announced is expected all the same.

    Raises:
        Rejected: ``unknown_sku``, ``kit_has_no_stock``, ``unknown_place``.
    """
    del state
    refuse_unknown((line.sku for line in command.lines), (command.place,), facts)
    movements = Movements(
        context.command_id,
        command.reference or f"receipt/{context.command_id}",
        command.occurred_at or context.at,
    )
    healing = Healing(command.place, _gaps(command), facts)
    waiting = WaitingForSupply(_waiting(command), facts)
    for line in command.lines:
        movements.receive(line.sku, command.place, line.quantity)
        heals = healing.explain(movements, line.sku, "", line.quantity)
        waiting.serve(movements, line.sku, line.quantity - heals)
    return Decision(transfers=tuple(movements.batch()))
