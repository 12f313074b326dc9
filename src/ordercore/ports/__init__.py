"""
Ports: what ordercore asks of the world, and what a host implements.

Ports are for I/O alone. Rules that a host supplies without I/O are strategies and live with the
slice that uses them.
"""

from ordercore.ports._archive import ArchiveStore
from ordercore.ports._async import (
    AsyncCarrier,
    AsyncCatalog,
    AsyncPaymentGateway,
    AsyncPlaces,
    AsyncStore,
    AsyncTaxCalculator,
)
from ordercore.ports._async_parts import AsyncArchiveStore, AsyncFeedStore, AsyncWorkStore
from ordercore.ports._feed import FeedStore
from ordercore.ports._joined import (
    AsyncCarriedStore,
    AsyncEffectRunner,
    AsyncJoinableStore,
    AsyncJoinedStore,
    CarriedStore,
    EffectRunner,
    JoinableStore,
    JoinedStore,
)
from ordercore.ports._observer import Observer, Span
from ordercore.ports._store import Codec, Commit, CommitRefusal, Lease, LeaseState, Receipt, Store
from ordercore.ports._webhooks import WebhookSource
from ordercore.ports._work import OpenLease, Snapshot, Standing, WorkStore
from ordercore.ports._world import (
    ActingCapabilities,
    Carrier,
    Catalog,
    PaymentGateway,
    Places,
    TaxCalculator,
)

__all__ = [
    "ActingCapabilities",
    "ArchiveStore",
    "AsyncArchiveStore",
    "AsyncCarriedStore",
    "AsyncCarrier",
    "AsyncCatalog",
    "AsyncEffectRunner",
    "AsyncFeedStore",
    "AsyncJoinableStore",
    "AsyncJoinedStore",
    "AsyncPaymentGateway",
    "AsyncPlaces",
    "AsyncStore",
    "AsyncTaxCalculator",
    "AsyncWorkStore",
    "CarriedStore",
    "Carrier",
    "Catalog",
    "Codec",
    "Commit",
    "CommitRefusal",
    "EffectRunner",
    "FeedStore",
    "JoinableStore",
    "JoinedStore",
    "Lease",
    "LeaseState",
    "Observer",
    "OpenLease",
    "PaymentGateway",
    "Places",
    "Receipt",
    "Snapshot",
    "Span",
    "Standing",
    "Store",
    "TaxCalculator",
    "WebhookSource",
    "WorkStore",
]
