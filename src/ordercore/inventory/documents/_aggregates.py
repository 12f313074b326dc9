"""
The stock documents as kinds of streams, beside those of orders.

None of them waits for the outside world, so nothing is ever outstanding: a supplier is not asked by
this library, and whoever counts or carries tells it by a command.
"""

from collections.abc import Callable
from typing import Final, TypeAlias, get_args

from ordercore.grammar import Aggregate
from ordercore.inventory._decide import CONTESTED
from ordercore.inventory.documents import _count_commands as c
from ordercore.inventory.documents import _count_state as cs
from ordercore.inventory.documents import _purchase_commands as p
from ordercore.inventory.documents import _purchase_state as ps
from ordercore.inventory.documents import _snapshot as s
from ordercore.inventory.documents import _transfer_commands as t
from ordercore.inventory.documents import _transfer_state as ts
from ordercore.inventory.documents._decide import RULES
from ordercore.inventory.documents._lifecycles import (
    COUNT_LIFECYCLE,
    PURCHASE_LIFECYCLE,
    TRANSFER_LIFECYCLE,
)
from ordercore.lifecycle import Declared

__all__ = [
    "COUNTS",
    "FAMILIES",
    "PURCHASES",
    "SNAPSHOTS",
    "TRANSFERS",
    "CountCommand",
    "DocumentEvent",
    "PurchaseCommand",
    "TransferCommand",
]

PurchaseCommand: TypeAlias = (
    p.OpenPurchase | p.ChangeExpectation | p.ReceivePurchase | p.ClosePurchase | p.CancelPurchase
)
TransferCommand: TypeAlias = (
    t.OpenTransfer | t.SendTransfer | t.ReceiveTransfer | t.CloseTransfer | t.CancelTransfer
)
CountCommand: TypeAlias = c.OpenCount | c.RecordCount | c.CloseCount | c.CancelCount
DocumentEvent: TypeAlias = ps.PurchaseEvent | ts.TransferEvent | cs.CountEvent | s.SnapshotApplied


def _has_ended(
    lifecycle: Declared,
) -> Callable[[ps.Purchase | ts.StockTransfer | cs.StockCount], bool]:
    return lambda document: not lifecycle().legal(document.status)


#: What suppliers are to bring, and what came.
PURCHASES: Final[Aggregate[ps.Purchase]] = Aggregate(
    kind="purchase",
    id_field="purchase_id",
    commands=get_args(PurchaseCommand),
    begun_by=(p.OpenPurchase,),
    events=get_args(ps.PurchaseEvent),
    needs=RULES.needs,
    decide=RULES.decide,
    evolve=ps.evolve_purchase,
    state=ps.Purchase,
    contested=CONTESTED,
    has_ended=_has_ended(PURCHASE_LIFECYCLE),
)

#: What moves between places.
TRANSFERS: Final[Aggregate[ts.StockTransfer]] = Aggregate(
    kind="transfer",
    id_field="transfer_id",
    commands=get_args(TransferCommand),
    begun_by=(t.OpenTransfer,),
    events=get_args(ts.TransferEvent),
    needs=RULES.needs,
    decide=RULES.decide,
    evolve=ts.evolve_transfer,
    state=ts.StockTransfer,
    contested=CONTESTED,
    has_ended=_has_ended(TRANSFER_LIFECYCLE),
)

#: What people say lay on the shelf.
COUNTS: Final[Aggregate[cs.StockCount]] = Aggregate(
    kind="count",
    id_field="count_id",
    commands=get_args(CountCommand),
    begun_by=(c.OpenCount,),
    events=get_args(cs.CountEvent),
    needs=RULES.needs,
    decide=RULES.decide,
    evolve=cs.evolve_count,
    state=cs.StockCount,
    contested=CONTESTED,
    has_ended=_has_ended(COUNT_LIFECYCLE),
)

#: What the own system of a place says lay there; one stream a place, at rest between two lists.
SNAPSHOTS: Final[Aggregate[s.PlaceStatements]] = Aggregate(
    kind="snapshot",
    id_field="place",
    commands=(s.ApplySnapshot,),
    begun_by=(s.ApplySnapshot,),
    events=(s.SnapshotApplied,),
    needs=RULES.needs,
    decide=RULES.decide,
    evolve=s.evolve_statements,
    state=s.PlaceStatements,
    contested=CONTESTED,
    has_ended=lambda _: True,
)

#: All of them, for the engine.
FAMILIES: Final = (PURCHASES, TRANSFERS, COUNTS, SNAPSHOTS)
