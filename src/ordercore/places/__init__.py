"""
Places: wherever stock lies or work is done for an order.

Places belong to the host and are read through a port; :class:`StaticPlaces` serves shops and
tests that have a list of them.
"""

from ordercore.places._places import CandidatePlaces, KnownPlaces, Place, PlaceKind, StaticPlaces

__all__ = ["CandidatePlaces", "KnownPlaces", "Place", "PlaceKind", "StaticPlaces"]
