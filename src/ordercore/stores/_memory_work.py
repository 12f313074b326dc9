"""
The rows of the store in memory, and the part of it that workers and operators ask.

"""

import threading
from collections.abc import Collection, Sequence
from itertools import count
from typing import Final

import attrs
from sortedcontainers import SortedDict

from ordercore.grammar import Recorded
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import Ledger
from ordercore.ports import Commit, OpenLease, Receipt, Snapshot, Standing

__all__ = ["Leased", "MemoryWork", "Tenant"]


@attrs.define
class Leased:
    """
    One row of the lease book.

    """

    stream: StreamId
    holder: str
    first_at: Instant
    tried_at: Instant
    until: Instant
    inherited: bool = False


@attrs.frozen
class _Claim:
    """
    Who has a stream; nobody, while it rests.

    """

    holder: str
    until: Instant


def _nothing_due() -> "SortedDict[tuple[Instant, StreamId], None]":
    return SortedDict()


@attrs.define
class Tenant:
    """
    Everything of one tenant.

    """

    feed: list[Recorded] = attrs.Factory(list[Recorded])
    streams: dict[StreamId, list[Recorded]] = attrs.Factory(dict[StreamId, list[Recorded]])
    receipts: dict[CommandId, Receipt] = attrs.Factory(dict[CommandId, Receipt])
    ledger: Ledger = attrs.Factory(Ledger)
    leases: dict[str, Leased] = attrs.Factory(dict[str, Leased])
    due_at: dict[StreamId, Instant] = attrs.Factory(dict[StreamId, Instant])
    due: "SortedDict[tuple[Instant, StreamId], None]" = attrs.Factory(_nothing_due)
    archived: dict[StreamId, int] = attrs.Factory(dict[StreamId, int])
    consumers: dict[str, int] = attrs.Factory(dict[str, int])
    references: dict[str, StreamId] = attrs.Factory(dict[str, StreamId])
    claims: dict[StreamId, _Claim] = attrs.Factory(dict[StreamId, _Claim])
    standings: dict[StreamId, Standing] = attrs.Factory(dict[StreamId, Standing])
    waiting: set[StreamId] = attrs.Factory(set[StreamId])
    snapshots: dict[StreamId, Snapshot] = attrs.Factory(dict[StreamId, Snapshot])

    def write(self, commit: Commit, references: tuple[str, ...]) -> None:
        """
        Write an accepted commit, all but its ledger steps.

        """
        receipt, stream = commit.receipt, commit.receipt.stream
        if stream is not None and receipt.rejected is None:
            self._append(commit, stream, references)
        for key in commit.settles:
            self.leases.pop(key, None)
        self.receipts[receipt.command_id] = receipt

    def _append(self, commit: Commit, stream: StreamId, references: tuple[str, ...]) -> None:
        receipt = commit.receipt
        positions, versions = count(len(self.feed) + 1), count(receipt.from_version + 1)
        recorded = [
            Recorded(
                position=next(positions),
                stream=stream,
                version=next(versions),
                recorded_at=receipt.at,
                command_id=receipt.command_id,
                actor=commit.actor,
                on_behalf_of=commit.on_behalf_of,
                event=event,
            )
            for event in commit.events
        ]
        if recorded:
            self.feed.extend(recorded)
            self.streams.setdefault(stream, []).extend(recorded)
        for reference in references:
            self.references.setdefault(reference, stream)
        self._set_standing(stream, commit)

    def _set_standing(self, stream: StreamId, commit: Commit) -> None:
        was = self.due_at.pop(stream, None)
        if was is not None:
            del self.due[was, stream]
        if commit.next_due is not None:
            self.due_at[stream] = commit.next_due
            self.due[commit.next_due, stream] = None
        self.standings[stream] = Standing(
            version=commit.receipt.to_version, next_due=commit.next_due, waits=commit.waits
        )
        (self.waiting.add if commit.waits else self.waiting.discard)(stream)
        if commit.snapshot is not None:
            self.snapshots[stream] = commit.snapshot

    def may_claim(self, stream: StreamId, at: Instant, holder: str) -> bool:
        """
        Tell whether nobody else has a stream beyond an instant.

        """
        claim = self.claims.get(stream)
        return claim is None or claim.until <= at or claim.holder == holder


class MemoryWork:
    """
    Claims, marks, leases and kept states in memory.

    """

    __slots__ = ("_lock", "_tenants")

    def __init__(self) -> None:
        self._lock: Final = threading.RLock()
        self._tenants: dict[TenantId, Tenant] = {}

    def due(self, tenant: TenantId, at: Instant, limit: int) -> Sequence[StreamId]:
        """
        Return streams that have something to do by an instant, the longest due first.

        """
        streams: list[StreamId] = []
        with self._lock:
            for not_before, stream in self._of(tenant).due:
                if not_before > at or len(streams) >= limit:
                    break
                streams.append(stream)
        return streams

    def claim_due(
        self, tenant: TenantId, at: Instant, limit: int, *, holder: str, until: Instant
    ) -> Sequence[StreamId]:
        """
        Claim streams that are due; see :meth:`ordercore.ports.WorkStore.claim_due`.

        Cost: O(limit + due streams that others have claimed).
        """
        claimed: list[StreamId] = []
        with self._lock:
            here = self._of(tenant)
            for not_before, stream in here.due:
                if not_before > at or len(claimed) >= limit:
                    break
                if here.may_claim(stream, at, holder):
                    claimed.append(stream)
            here.claims.update(dict.fromkeys(claimed, _Claim(holder, until)))
        return claimed

    def unclaim(
        self,
        tenant: TenantId,
        streams: Collection[StreamId],
        *,
        holder: str,
        rest_until: Instant | None = None,
    ) -> None:
        """
        Give claims back; see :meth:`ordercore.ports.WorkStore.unclaim`.

        """
        with self._lock:
            claims = self._of(tenant).claims
            for stream in streams:
                claim = claims.get(stream)
                if claim is None or claim.holder != holder:
                    continue
                if rest_until is None:
                    del claims[stream]
                else:
                    claims[stream] = _Claim("", rest_until)

    def next_due(self, tenant: TenantId) -> Instant | None:
        """
        Return the first instant at which a stream is both due and free of claims.

        Cost: O(claims).
        """
        with self._lock:
            here = self._of(tenant)
            free = next((at for at, stream in here.due if stream not in here.claims), None)
            freed = [
                max(here.due_at[stream], claim.until)
                for stream, claim in here.claims.items()
                if stream in here.due_at
            ]
            return min(freed if free is None else (free, *freed), default=None)

    def waiting(self, tenant: TenantId, after: str, limit: int) -> Sequence[StreamId]:
        """
        Return streams with effects that wait for a person, in order of id, beyond one.

        Cost: O(n log n) in those that wait.
        """
        with self._lock:
            beyond = sorted(stream for stream in self._of(tenant).waiting if stream > after)
        return beyond[: max(limit, 0)]

    def standing(self, tenant: TenantId, stream: StreamId) -> Standing | None:
        """
        Return what is kept beside a stream's events; None where nothing is.

        """
        with self._lock:
            return self._of(tenant).standings.get(stream)

    def leases(self, tenant: TenantId, after: str, limit: int) -> Sequence[OpenLease]:
        """
        Return leases that no outcome has ended, in order of effect key, beyond one.

        """
        with self._lock:
            leases = self._of(tenant).leases
            keys = sorted(key for key in leases if key > after)[: max(limit, 0)]
            return [
                OpenLease(
                    effect_key=key,
                    stream=row.stream,
                    holder=row.holder,
                    first_at=row.first_at,
                    tried_at=row.tried_at,
                    until=row.until,
                )
                for key, row in ((key, leases[key]) for key in keys)
            ]

    def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along, whatever its form.

        """
        with self._lock:
            return self._of(tenant).snapshots.get(stream)

    def _of(self, tenant: TenantId) -> Tenant:
        """
        Return a tenant's rows; one that has written nothing is not kept by being asked about.

        """
        return self._tenants.get(tenant) or Tenant()
