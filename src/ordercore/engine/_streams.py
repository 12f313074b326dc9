"""
Streams as the store tells them, folded once and brought up to date.

"""

from collections import OrderedDict
from collections.abc import Sequence
from copy import copy
from threading import Lock
from typing import Final

import attrs

from ordercore.engine._kinds import Kinds
from ordercore.engine._observing import Attributes, observed
from ordercore.engine._requests import Call, Loaded, Loop, Submitted
from ordercore.engine._snapshots import Snapshots
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.ports import Commit, CommitRefusal, Observer, Receipt, Store

__all__ = ["Streams"]

#: How many folded streams are kept.
_KEPT_MAX: Final = 1_024


@attrs.define(kw_only=True)
class Streams:
    """
    Loads streams of one tenant, each folded by its own kind.

    A folded state is kept, and what a commit of this process has led to, once the store says that
    it is written. Every :meth:`load` asks the store for what is newer, so it is never out of date
    and saves folding again what was folded before. :meth:`kept` and :meth:`at_least` ask nobody:
    whoever goes by what they say must have its version compared where it counts, by a commit or a
    lease. What is read or written inside a host's transaction is not kept, and nothing kept is
    trusted there (``keeps``): the host may roll it back.
    """

    tenant: TenantId
    store: Store
    kinds: Kinds
    snapshots: Snapshots
    observer: Observer | None = None
    keeps: bool = True
    _kept: OrderedDict[StreamId, Loaded] = attrs.field(
        init=False, factory=OrderedDict[StreamId, Loaded]
    )
    _lock: Lock = attrs.field(init=False, factory=Lock)

    def recall(self, command_id: CommandId) -> Loop[Receipt | None]:
        """
        Return what was recorded under a command id.

        """
        return (yield from Call(self.store.recall, self.tenant, command_id))

    def load(self, stream: StreamId) -> Loop[Loaded]:
        """
        Return a stream's state and version as they are in the store now.

        Raises:
            InvalidDefinition: Nobody knows that kind of stream.
            InvariantViolated: There is an event in it that its kind does not have.
        """
        known = self._kept.get(stream) or (yield from self._restored(stream))
        newer = yield from Call(self.store.load, self.tenant, stream, known.version)
        if not newer:
            return known
        fold = self.kinds.of_stream(stream).fold
        loaded = Loaded(
            newer[-1].version, fold((recorded.event for recorded in newer), known.state)
        )
        self._keep(stream, loaded)
        return loaded

    def kept(self, stream: StreamId) -> Loaded | None:
        """
        Return a stream as this process saw it last; others may have written since.

        """
        return self._kept.get(stream) if self.keeps else None

    def at_least(self, stream: StreamId, version: int) -> Loop[Loaded]:
        """
        Return a stream as it was at a version that is known to be written, or later.

        """
        known = self.kept(stream)
        if known is None or known.version < version:
            known = yield from self.load(stream)
        return known

    def _restored(self, stream: StreamId) -> Loop[Loaded]:
        if not self.snapshots.every:
            return _NOTHING
        found = yield from Call(self.store.snapshot, self.tenant, stream)
        if found is None:
            return _NOTHING
        kept = self.snapshots.restored(self.kinds.of_stream(stream), stream, found)
        if kept is None:
            return _NOTHING
        loaded = Loaded(*kept)
        self._keep(stream, loaded)
        return loaded

    def write(self, commit: Commit, after: object = None) -> Loop[Receipt]:
        """
        Write a commit, and keep the state that it leads to.

        Args:
            commit: What is written.
            after: The state once it is written, so that nobody need read and fold what was just
                folded; None where that isn't known, or not yet durable.

        Raises:
            Conflict: The stream has moved on; nothing was written.
            Rejected: A rule of the ledger; nothing was written.
        """
        receipt = yield from observed(
            self.observer,
            "ordercore.commit",
            lambda: self._about((commit,)),
            Call(self.store.commit, commit),
            lambda _: {"refused": 0},
        )
        self._written(commit, after, receipt)
        return receipt

    def write_many(
        self, commits: Sequence[tuple[Commit, object]]
    ) -> Loop[Sequence[Receipt | CommitRefusal]]:
        """
        Write commits in one transaction, each with the state that it leads to; see :meth:`write`.

        """
        alone = [commit for commit, _ in commits]
        answers = yield from observed(
            self.observer,
            "ordercore.commit",
            lambda: self._about(alone),
            Call(self.store.commit_many, alone),
            lambda answers: {"refused": sum(not isinstance(a, Receipt) for a in answers)},
        )
        for (commit, after), answer in zip(commits, answers, strict=True):
            if isinstance(answer, Receipt):
                self._written(commit, after, answer)
        return answers

    def _about(self, commits: Sequence[Commit]) -> Attributes:
        return {
            "tenant": self.tenant,
            "commits": len(commits),
            "events": sum(len(commit.events) for commit in commits),
            "steps": sum(len(commit.steps) for commit in commits),
        }

    def _written(self, commit: Commit, after: object, receipt: Receipt) -> None:
        # Another receipt says that the command was recorded before: this commit wasn't written.
        if after is not None and receipt.stream is not None and receipt is commit.receipt:
            self._keep(receipt.stream, Loaded(receipt.to_version, after))

    def inside(self, joined: Store) -> "Streams":
        """
        Return the same over a store inside a transaction that may yet be rolled back.

        It goes by what is kept here, which was committed, and keeps nothing of what it sees.
        """
        streams = copy(self)
        streams.store = joined
        streams.keeps = False
        return streams

    def _keep(self, stream: StreamId, loaded: Loaded) -> None:
        if not self.keeps:
            return
        with self._lock:
            self._kept[stream] = loaded
            self._kept.move_to_end(stream)
            if len(self._kept) > _KEPT_MAX:
                self._kept.popitem(last=False)

    def retold(self, submitted: Submitted) -> Loop[Submitted]:
        """
        Add the events that a command led to where the result is that of an earlier submission.

        """
        if not submitted.repeated or submitted.stream is None:
            return submitted
        receipt = yield from self.recall(submitted.command_id)
        if receipt is None or receipt.stream is None:
            return submitted
        count = receipt.to_version - receipt.from_version
        recorded = yield from Call(
            self.store.load, self.tenant, receipt.stream, receipt.from_version
        )
        return attrs.evolve(submitted, events=tuple(r.event for r in recorded[:count]))


_NOTHING: Final = Loaded(0, None)
