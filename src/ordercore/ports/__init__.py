"""
Ports: what ordercore asks of the world, and what a host implements.

Ports are for I/O alone. Rules that a host supplies without I/O are strategies and live with the
slice that uses them.
"""

from ordercore.ports._async import (
    AsyncCarrier,
    AsyncCatalog,
    AsyncPaymentGateway,
    AsyncPlaces,
    AsyncStore,
    AsyncTaxCalculator,
)
from ordercore.ports._store import Codec, Commit, CommitRefusal, Lease, LeaseState, Receipt, Store
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
    "AsyncCarrier",
    "AsyncCatalog",
    "AsyncPaymentGateway",
    "AsyncPlaces",
    "AsyncStore",
    "AsyncTaxCalculator",
    "Carrier",
    "Catalog",
    "Codec",
    "Commit",
    "CommitRefusal",
    "Lease",
    "LeaseState",
    "PaymentGateway",
    "Places",
    "Receipt",
    "Store",
    "TaxCalculator",
]
