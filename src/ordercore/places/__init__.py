"""
Places: wherever stock lies or work is done for an order.

Places belong to the host and are read through a port; :class:`StaticPlaces` serves shops and
tests that have a list of them.
"""

from ordercore.places._days import business_date, days_from
from ordercore.places._places import (
    CandidatePlaces,
    CapacityMeasure,
    KnownPlaces,
    Place,
    PlaceKind,
    StaticPlaces,
    require_place,
)

__all__ = [
    "CandidatePlaces",
    "CapacityMeasure",
    "KnownPlaces",
    "Place",
    "PlaceKind",
    "StaticPlaces",
    "business_date",
    "days_from",
    "require_place",
]
