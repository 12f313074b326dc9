"""
Streams as the store tells them, folded once and brought up to date.

"""

from collections import OrderedDict
from threading import Lock
from typing import Final

import attrs

from ordercore.engine._kinds import Kinds
from ordercore.engine._requests import Loaded
from ordercore.engine._snapshots import Snapshots
from ordercore.grammar import Event
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.ports import Commit, Receipt, Store

__all__ = ["Streams"]

#: How many folded streams are kept.
_KEPT_MAX: Final = 1_024


@attrs.define(kw_only=True)
class Streams:
    """
    Loads streams of one tenant, each folded by its own kind.

    A folded state is kept and every load asks the store for what is newer, so a kept one is never
    out of date; it only saves reading and folding again what was folded before. What a commit of
    this process has led to is kept too, once the store says that it is written.
    """

    tenant: TenantId
    store: Store
    kinds: Kinds
    snapshots: Snapshots
    _kept: OrderedDict[StreamId, Loaded] = attrs.field(
        init=False, factory=OrderedDict[StreamId, Loaded]
    )
    _lock: Lock = attrs.field(init=False, factory=Lock)

    def load(self, stream: StreamId) -> Loaded:
        """
        Return a stream's state and version as they are in the store now.

        Raises:
            InvalidDefinition: Nobody knows that kind of stream.
            InvariantViolated: There is an event in it that its kind does not have.
        """
        known = self._kept.get(stream) or self._restored(stream)
        newer = self.store.load(self.tenant, stream, known.version)
        if not newer:
            return known
        fold = self.kinds.of_stream(stream).fold
        loaded = Loaded(
            newer[-1].version, fold((recorded.event for recorded in newer), known.state)
        )
        self._keep(stream, loaded)
        return loaded

    def _restored(self, stream: StreamId) -> Loaded:
        found = self.store.snapshot(self.tenant, stream) if self.snapshots.every else None
        if found is None:
            return Loaded(0, None)
        kept = self.snapshots.restored(self.kinds.of_stream(stream), stream, found)
        if kept is None:
            return Loaded(0, None)
        loaded = Loaded(*kept)
        self._keep(stream, loaded)
        return loaded

    def write(self, commit: Commit, after: object) -> Receipt:
        """
        Write a commit, and keep the state that it leads to.

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
