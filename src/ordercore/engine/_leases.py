"""
Leases: who is at an effect, durably, so that what a crash has cut off is found out.

"""

from threading import Lock

import attrs

from ordercore.engine._requests import Call, Loop
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import Lease, LeaseState, Store

__all__ = ["Leases"]


@attrs.define(kw_only=True)
class Leases:
    """
    Takes leases in one worker's name.

    Whatever runs in one engine shares that name, so it settles it among itself first: an effect
    that one of them is at is ``HELD`` for the others, as it is for other workers.
    """

    tenant: TenantId
    store: Store
    worker: str
    _under_way: set[str] = attrs.field(init=False, factory=set[str])
    _lock: Lock = attrs.field(init=False, factory=Lock)

    def begin(self, effect_key: str) -> bool:
        """
        Say that somebody here is at an effect; False where somebody is already.

        """
        with self._lock:
            if effect_key in self._under_way:
                return False
            self._under_way.add(effect_key)
            return True

    def end(self, effect_key: str) -> None:
        """
        Say that nobody here is at an effect any more, however it went.

        """
        with self._lock:
            self._under_way.discard(effect_key)

    def take(
        self, stream: StreamId, effect_key: str, *, version: int, at: Instant, until: Instant
    ) -> Loop[Lease]:
        """
        Lease an effect that a stream owes at a version, durably, before it is performed.

        """
        return (
            yield from Call(
                self.store.lease,
                self.tenant,
                stream,
                effect_key,
                holder=self.worker,
                at=at,
                until=until,
                version=version,
            )
        )

    def give_back(self, lease: Lease, effect_key: str) -> Loop[None]:
        """
        Give a lease back unused.

        One that was inherited stays: what came of the try before it is still unknown.
        """
        if lease.state is LeaseState.FRESH:
            yield from Call(self.store.unlease, self.tenant, effect_key)
