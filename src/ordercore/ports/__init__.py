"""
Ports: what ordercore asks of the world, and what a host implements.

Ports are for I/O alone. Rules that a host supplies without I/O are strategies and live with the
slice that uses them.
"""

from ordercore.ports._store import Codec, Commit, Lease, LeaseState, Receipt, Recorded, Store

__all__ = ["Codec", "Commit", "Lease", "LeaseState", "Receipt", "Recorded", "Store"]
