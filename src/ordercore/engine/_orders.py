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
from ordercore.orders import OrderEvent, fold
from ordercore.ports import Store

__all__ = ["Orders"]

#: How many folded orders are kept.
_KEPT_MAX: Final = 1_024


@attrs.define(kw_only=True)
class Orders:
    """
    Loads orders of one tenant.

    A folded order is kept and every load asks the store for what is newer, so a kept one is never
    out of date; it only saves folding again what was folded before.
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
        with self._lock:
            self._kept[stream] = loaded
            self._kept.move_to_end(stream)
            if len(self._kept) > _KEPT_MAX:
                self._kept.popitem(last=False)
        return loaded

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
