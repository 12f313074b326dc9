"""
The audit of what a store keeps beside streams: marks, due rows, kept states, leases.

Each is recomputed from the stream's events. A commit between two readings would look like a
difference, so what differs is looked at once more with every other writer held off.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ordercore.engine._dead_letters import leases_loop
from ordercore.engine._kinds import Kinds
from ordercore.engine._requests import Call, Hold, Loop
from ordercore.engine._snapshots import Snapshots
from ordercore.grammar import Effect, Recorded
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import Snapshot, Standing, Store

__all__ = ["leaks_loop", "standing_loop"]


def standing_loop(
    store: Store, tenant: TenantId, kinds: Kinds, stream: StreamId, history: Sequence[Recorded]
) -> Loop[tuple[str, ...]]:
    """
    Name what is kept beside a stream and does not follow from its events, as they were read.

    Cost: O(events of the stream); more, and with writers held off, only where something differs.
    """
    if not (yield from _differences(store, tenant, kinds, stream, history)):
        return ()
    return (yield from Hold(_differences_now(store, tenant, kinds, stream)))


def leaks_loop(store: Store, tenant: TenantId, kinds: Kinds) -> Loop[tuple[str, ...]]:
    """
    Name the open leases whose stream does not owe that effect any longer.

    Cost: O(open leases x events of their streams); again with writers held off where one leaks.
    """
    if not (yield from _leaks(store, tenant, kinds)):
        return ()
    return (yield from Hold(_leaks(store, tenant, kinds)))


def _leaks(store: Store, tenant: TenantId, kinds: Kinds) -> Loop[tuple[str, ...]]:
    found: list[str] = []
    for lease in (yield from leases_loop(store, tenant)):
        if not kinds.drives(lease.stream):
            continue  # the stream itself is told as unknown
        aggregate = kinds.of_stream(lease.stream)
        history = yield from Call(store.load, tenant, lease.stream)
        owed = aggregate.owed(aggregate.fold(recorded.event for recorded in history))
        if lease.effect_key not in {effect.key for effect in owed}:
            found.append(f"{lease.effect_key}: leased, and {lease.stream} does not owe it")
    return tuple(found)


def _differences_now(
    store: Store, tenant: TenantId, kinds: Kinds, stream: StreamId
) -> Loop[tuple[str, ...]]:
    history = yield from Call(store.load, tenant, stream)
    return (yield from _differences(store, tenant, kinds, stream, history))


def _differences(
    store: Store, tenant: TenantId, kinds: Kinds, stream: StreamId, history: Sequence[Recorded]
) -> Loop[tuple[str, ...]]:
    aggregate = kinds.of_stream(stream)
    standing = yield from Call(store.standing, tenant, stream)
    snapshot = yield from Call(store.snapshot, tenant, stream)
    kept_at = 0 if snapshot is None else snapshot.version
    before = aggregate.fold(r.event for r in history[:kept_at])
    state = aggregate.fold((r.event for r in history[kept_at:]), before)
    found: list[str] = []
    if standing is None:
        found.append(f"{stream}: {len(history)} events, and no row beside them")
    else:
        owed = aggregate.owed(state)
        found.extend(_row_differences(stream, standing, len(history), owed))
    if snapshot is not None:
        form = Snapshots.form(aggregate)
        if form is not None and form.name == snapshot.form:
            restored = Snapshots(tenant).restored(aggregate, stream, snapshot)
            found.extend(_state_differences(stream, snapshot, len(history), restored, before))
    return tuple(found)


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
