"""
The audit of what a store keeps beside streams: marks, due rows, kept states, leases.

Each is recomputed from the stream's events. A commit between two readings would look like a
difference, so what differs is looked at once more with every other writer held off.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ordercore.engine._dead_letters import leases_of
from ordercore.engine._kinds import Kinds
from ordercore.engine._snapshots import Snapshots
from ordercore.grammar import Effect, Recorded
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import Snapshot, Standing, Store

__all__ = ["leaked_leases", "standing_differences"]


def standing_differences(
    store: Store, tenant: TenantId, kinds: Kinds, stream: StreamId, history: Sequence[Recorded]
) -> tuple[str, ...]:
    """
    Name what is kept beside a stream and does not follow from its events, as they were read.

    Cost: O(events of the stream); more, and with writers held off, only where something differs.
    """
    if not tuple(_differences(store, tenant, kinds, stream, history)):
        return ()
    with store.hold(tenant):
        history = store.load(tenant, stream)
        return tuple(_differences(store, tenant, kinds, stream, history))


def leaked_leases(store: Store, tenant: TenantId, kinds: Kinds) -> tuple[str, ...]:
    """
    Name the open leases whose stream does not owe that effect any longer.

    Cost: O(open leases x events of their streams); again with writers held off where one leaks.
    """
    if not tuple(_leaks(store, tenant, kinds)):
        return ()
    with store.hold(tenant):
        return tuple(_leaks(store, tenant, kinds))


def _leaks(store: Store, tenant: TenantId, kinds: Kinds) -> Iterator[str]:
    for lease in leases_of(store, tenant):
        if not kinds.drives(lease.stream):
            continue  # the stream itself is told as unknown
        aggregate = kinds.of_stream(lease.stream)
        history = store.load(tenant, lease.stream)
        owed = aggregate.owed(aggregate.fold(recorded.event for recorded in history))
        if lease.effect_key not in {effect.key for effect in owed}:
            yield f"{lease.effect_key}: leased, and {lease.stream} does not owe it"


def _differences(
    store: Store, tenant: TenantId, kinds: Kinds, stream: StreamId, history: Sequence[Recorded]
) -> Iterator[str]:
    aggregate, standing = kinds.of_stream(stream), store.standing(tenant, stream)
    snapshot = store.snapshot(tenant, stream)
    kept_at = 0 if snapshot is None else snapshot.version
    before = aggregate.fold(r.event for r in history[:kept_at])
    state = aggregate.fold((r.event for r in history[kept_at:]), before)
    if standing is None:
        yield f"{stream}: {len(history)} events, and no row beside them"
    else:
        yield from _row_differences(stream, standing, len(history), aggregate.owed(state))
    if snapshot is not None:
        form = Snapshots.form(aggregate)
        if form is not None and form.name == snapshot.form:
            restored = Snapshots(tenant).restored(aggregate, stream, snapshot)
            yield from _state_differences(stream, snapshot, len(history), restored, before)


def _row_differences(
    stream: StreamId, standing: Standing, version: int, owed: tuple[Effect, ...]
) -> Iterator[str]:
    if standing.version != version:
        yield f"{stream}: recorded version {standing.version}, {version} events"
    waits = sum(effect.waits_for_operator for effect in owed)
    if standing.waits != waits:
        yield f"{stream}: recorded {standing.waits} that wait for a person, {waits} do"
    due = [effect.not_before for effect in owed if not effect.waits_for_operator]
    dated = min((at for at in due if at is not None), default=None)
    if not _fits(standing.next_due, dated, at_once=None in due):
        expected = "at once" if None in due else dated or "never"
        yield f"{stream}: recorded as due {standing.next_due or 'never'}, is due {expected}"


def _fits(recorded: Instant | None, dated: Instant | None, *, at_once: bool) -> bool:
    """
    Compare a due row with what is owed; what is due at once became so at its commit's instant.
    """
    if at_once:
        return recorded is not None and (dated is None or recorded <= dated)
    return recorded == dated


def _state_differences(
    stream: StreamId,
    snapshot: Snapshot,
    version: int,
    restored: tuple[int, Any] | None,
    folded: object,
) -> Iterator[str]:
    if snapshot.version > version:
        yield f"{stream}: a state of version {snapshot.version} is kept, {version} events"
    elif restored is None:
        yield f"{stream}: the kept state of version {snapshot.version} was changed"
    elif restored[1] != folded:
        yield f"{stream}: the kept state of version {snapshot.version} is not what its events say"
