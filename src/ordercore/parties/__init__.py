"""
Parties: who buys and where it goes, as far as rules need to know.

Names, addresses and numbers of people stay in the host's vault; orders hold references to them,
and of the place only what rules and taxes need.
"""

from ordercore.parties._parties import Destination

__all__ = ["Destination"]
