"""
What the loops of an engine share.

"""

from collections.abc import Callable

import attrs

from ordercore.engine._kinds import Kinds
from ordercore.engine._leases import Leases
from ordercore.engine._noting import Noted
from ordercore.engine._read import Reader
from ordercore.engine._snapshots import Snapshots
from ordercore.engine._streams import Streams
from ordercore.engine._world import World
from ordercore.grammar import replaced
from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.orders import Rules
from ordercore.ports import (
    Carrier,
    Catalog,
    Observer,
    PaymentGateway,
    Places,
    Store,
    TaxCalculator,
)

__all__ = ["Environment", "Ports"]


@attrs.frozen(kw_only=True)
class Ports:
    """
    What an engine is given to work with, as the loops see it: methods to be called by a driver.

    """

    store: Store
    catalog: Catalog
    places: Places
    payments: PaymentGateway
    tax: TaxCalculator
    carrier: Carrier


@attrs.frozen(kw_only=True, slots=False)
class Environment:
    """
    What the loops know that does not change, and their ways to the world.

    Attributes:
        tenant: Whose streams.
        kinds: Which commands and streams there are.
        rules: The host's policies.
        clock: Says what time it is.
        lease_s: How long a call to a port may take before others may ask what became of it.
        store: Where everything is kept.
        snapshots: Which states are kept.
        streams: Loads and writes streams.
        reader: Answers needs.
        world: Performs effects.
        leases: Says who is at an effect.
        observer: Who watches; None for nobody.
        noted: What the commits of this drive have made known; see :meth:`noting`.
    """

    tenant: TenantId
    kinds: Kinds
    rules: Rules
    clock: Callable[[], Instant]
    lease_s: int
    store: Store
    snapshots: Snapshots
    streams: Streams
    reader: Reader
    world: World
    leases: Leases
    observer: Observer | None = None
    noted: Noted = attrs.field(factory=Noted)

    def noting(self) -> "Environment":
        """
        Return this environment for one drive, which notes by itself what its commits make known.

        """
        return replaced(self, noted=Noted())

    @classmethod
    def over(  # noqa: D417 - the rest are attributes
        cls,
        ports: Ports,
        *,
        tenant: TenantId,
        kinds: Kinds,
        rules: Rules,
        clock: Callable[[], Instant],
        lease_s: int,
        worker: str,
        snapshot_every: int,
        observer: Observer | None = None,
    ) -> "Environment":
        """
        Put an environment together over ports.

        Args:
            ports: The store and the host's ports.
            worker: The name in leases.
            snapshot_every: After how many events of a stream its state is kept.
        """
        snapshots = Snapshots(tenant, snapshot_every)
        return cls(
            tenant=tenant,
            kinds=kinds,
            rules=rules,
            clock=clock,
            lease_s=lease_s,
            store=ports.store,
            snapshots=snapshots,
            streams=Streams(
                tenant=tenant,
                store=ports.store,
                kinds=kinds,
                snapshots=snapshots,
                observer=observer,
            ),
            reader=Reader(
                tenant=tenant,
                store=ports.store,
                catalog=ports.catalog,
                places=ports.places,
                carrier=ports.carrier,
                tax=ports.tax,
            ),
            world=World(payments=ports.payments, carrier=ports.carrier),
            leases=Leases(tenant=tenant, store=ports.store, worker=worker),
            observer=observer,
        )
