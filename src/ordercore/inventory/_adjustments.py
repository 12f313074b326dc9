"""
The rule of adjustments by hand: transfers alone, for stock has no second history.

"""

from typing import Any

import attrs

from ordercore.grammar import Decision, Facts, Need
from ordercore.ids import PlaceId, Sku
from ordercore.inventory._accounts import Bucket, bucket_account
from ordercore.inventory._commands import AdjustedLine, AdjustStock
from ordercore.inventory._corrections import AdjustReason
from ordercore.inventory._document_rules import (
    DocumentContext,
    DocumentDecision,
    available_balances,
    known_skus,
    refuse_unknown,
)
from ordercore.inventory._document_shape import of_lot
from ordercore.inventory._movements import Movements
from ordercore.inventory._recorded_stock import AccountBalances, Uncovered, uncovered
from ordercore.ledger import NOTHING
from ordercore.places import KnownPlaces

__all__ = ["StockAdjusted", "adjustment_needs", "decide_adjustment"]


@attrs.frozen(kw_only=True)
class StockAdjusted:
    """
    What an adjustment came to.

    Attributes:
        place: Where.
        reason: Why.
        lines: By how much.
        beyond: How many units were written off that were not on record, in all; the place's
            discrepancy stands for them.
        uncovered: Promises that what is there no longer covers; they stand.
    """

    place: PlaceId
    reason: AdjustReason
    lines: tuple[AdjustedLine, ...]
    beyond: int
    uncovered: tuple[Uncovered, ...]


def _on_shelves(command: AdjustStock) -> AccountBalances:
    return AccountBalances(
        tuple(
            bucket_account(Bucket.ON_HAND, line.sku, command.place, lot=line.lot)
            for line in command.lines
        )
    )


def adjustment_needs(
    command: AdjustStock, state: object, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether SKUs and place are known, what is on hand and what is promised.

    """
    del state, facts, context
    skus = {line.sku for line in command.lines}
    return frozenset(
        {
            known_skus(skus),
            KnownPlaces((command.place,)),
            _on_shelves(command),
            available_balances(command.place, skus),
        }
    )


def decide_adjustment(
    command: AdjustStock, state: object, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Change what is on hand; it is never refused for what it does to promises.

    What is written off beyond what is on record is balanced from the discrepancy account.

    Raises:
        Rejected: ``unknown_sku``, ``kit_has_no_stock``, ``unknown_place``.
    """
    del state
    skus = {line.sku for line in command.lines}
    refuse_unknown(skus, (command.place,), facts)
    on_hand = facts[_on_shelves(command)]
    steps = Movements(
        context.command_id,
        command.reference or f"adjustment/{context.command_id}",
        command.occurred_at or context.at,
    )
    changes: dict[Sku, int] = dict.fromkeys(skus, 0)
    all_beyond = 0
    for line in command.lines:
        account = bucket_account(Bucket.ON_HAND, line.sku, command.place, lot=line.lot)
        beyond = max(-line.delta - on_hand.get(account, NOTHING).posted, 0)
        lots = of_lot(line.lot, abs(line.delta))
        steps.adjust(line.sku, command.place, line.delta, command.reason, lots=lots, forced=beyond)
        changes[line.sku] += line.delta + beyond
        all_beyond += beyond
    balances = facts[available_balances(command.place, skus)]
    reply = StockAdjusted(
        place=command.place,
        reason=command.reason,
        lines=command.lines,
        beyond=all_beyond,
        uncovered=uncovered(command.place, changes, balances),
    )
    return Decision(transfers=tuple(steps.batch()), reply=reply)
