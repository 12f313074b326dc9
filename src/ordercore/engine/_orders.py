"""
Orders as the store tells them, folded once and brought up to date.

"""

from collections import OrderedDict
from threading import Lock
from typing import Final, cast

import attrs

from ordercore.engine._requests import Loaded
from ordercore.grammar import Event
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.orders import Order, OrderEvent, fold
from ordercore.ports import Commit, Receipt, Store

__all__ = ["Orders"]

#: How many folded orders are kept.
_KEPT_MAX: Final = 1_024


@attrs.define(kw_only=True)
class Orders:
    """
    Loads orders of one tenant.

    A folded order is kept and every load asks the store for what is newer, so a kept one is never
    out of date; it only saves reading and folding again what was folded before. What a commit of
    this process has led to is kept too, once the store says that it is written.
    """

    tenant: TenantId
    store: Store
    _kept: OrderedDict[StreamId, Loaded] = attrs.field(
        init=False, factory=OrderedDict[StreamId, Loaded]
    )
    _lock: Lock = attrs.field(init=False, factory=Lock)

    def load(self, stream: StreamId) -> Loaded:
        """
        Return an order and its version as they are in the store now.

        """
        known = self._kept.get(stream, Loaded(0, None))
        newer = self.store.load(self.tenant, stream, known.version)
        if not newer:
            return known
        events = (cast("OrderEvent", recorded.event) for recorded in newer)
        loaded = Loaded(newer[-1].version, fold(events, known.order))
        self._keep(stream, loaded)
        return loaded

    def write(self, commit: Commit, after: Order | None) -> Receipt:
        """
        Write a commit, and keep the order that it leads to.

        Raises:
            Conflict: The stream has moved on; nothing was written.
            Rejected: A rule of the ledger; nothing was written.
        """
        receipt = self.store.commit(commit)
        # Another receipt says that the command was recorded before: this commit wasn't written.
        if after is not None and receipt.stream is not None and receipt is commit.receipt:
            self._keep(receipt.stream, Loaded(receipt.to_version, after))
        return receipt

    def _keep(self, stream: StreamId, loaded: Loaded) -> None:
        with self._lock:
            self._kept[stream] = loaded
            self._kept.move_to_end(stream)
            if len(self._kept) > _KEPT_MAX:
                self._kept.popitem(last=False)

    def events_of(self, command_id: CommandId) -> tuple[Event, ...]:
        """
        Return the events that a recorded command led to.

        """
        receipt = self.store.recall(self.tenant, command_id)
        if receipt is None or receipt.stream is None:
            return ()
        count = receipt.to_version - receipt.from_version
        recorded = self.store.load(self.tenant, receipt.stream, receipt.from_version)
        return tuple(r.event for r in recorded[:count])
