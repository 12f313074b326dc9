"""
Places and the questions for them.

"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import attrs

from ordercore.errors import InvalidData, Rejected
from ordercore.grammar import Need
from ordercore.ids import PlaceId, require_id
from ordercore.parties import Destination
from ordercore.places._days import time_zone_fault

__all__ = [
    "CandidatePlaces",
    "CapacityMeasure",
    "KnownPlaces",
    "Place",
    "PlaceKind",
    "StaticPlaces",
    "require_place",
]


class PlaceKind(StrEnum):
    """
    What sort of place it is.

    """

    WAREHOUSE = "warehouse"
    STORE = "store"
    SUPPLIER = "supplier"
    WORKSHOP = "workshop"


class CapacityMeasure(StrEnum):
    """
    By what a place counts the work of a day.

    """

    ORDERS = "orders"  #: fulfillment orders, whatever is in them
    UNITS = "units"  #: units handled
    MINUTES = "minutes"  #: working time, so many minutes a unit


@attrs.frozen(kw_only=True)
class Place:
    """
    A location that holds stock or fulfills.

    Attributes:
        id: The host's name for it.
        name: As people read it.
        kind: What sort of place it is.
        country: ISO 3166-1 alpha-2, or empty where it does not matter.
        handling_minor: What one more package from here costs beside its freight, in minor units
            of the order's currency.
        capacity: By what its days are limited; None where they are not.
        minutes_per_unit: How long one unit takes, where minutes are counted.
        time_zone: The IANA name of the zone by whose dates it works.
    """

    id: PlaceId = attrs.field(converter=PlaceId)
    name: str
    kind: PlaceKind = PlaceKind.WAREHOUSE
    country: str = ""
    handling_minor: int = 0
    capacity: CapacityMeasure | None = None
    minutes_per_unit: int = 1
    time_zone: str = "UTC"


@attrs.frozen
class CandidatePlaces(Need[tuple[Place, ...]]):
    """
    The places that may serve a destination.

    """

    destination: Destination


@attrs.frozen
class KnownPlaces(Need[Mapping[PlaceId, Place]]):
    """
    Places by id; unknown ids are absent from the answer.

    """

    ids: tuple[PlaceId, ...]


def require_place(place: PlaceId, known: Mapping[PlaceId, Place]) -> Place:
    """
    Return a place by id, as the host knows it.

    Raises:
        Rejected: ``unknown_place``.
    """
    found = known.get(place)
    if found is None:
        raise Rejected(
            "unknown_place",
            f"there is no place {place}",
            data={"place": place},
            legal=("places of the shop",),
        )
    return found


class StaticPlaces:
    """
    A list of places held in memory, each of which may serve every destination.

    Raises:
        InvalidData: Two places have one id, or an id, cost, time zone or number of minutes is
            malformed.
    """

    #: Asking it waits for nothing, so an event loop may do it in place.
    never_blocks: Final = True

    def __init__(self, places: Iterable[Place]) -> None:
        self._places: dict[PlaceId, Place] = {}
        for place in places:
            require_id(place.id, "places")
            if place.id in self._places:
                raise InvalidData("places", (f"{place.id} is there twice",))
            if place.handling_minor < 0:
                raise InvalidData("places", (f"{place.id} handles for {place.handling_minor}",))
            if place.minutes_per_unit < 1:
                minutes = place.minutes_per_unit
                raise InvalidData("places", (f"{place.id} takes {minutes} minutes a unit",))
            fault = time_zone_fault(place.time_zone)
            if fault is not None:
                raise InvalidData("places", (f"{place.id}: {fault}",))
            self._places[place.id] = place

    def candidates(self, destination: Destination) -> Sequence[Place]:
        """
        Return every place, whatever the destination.

        """
        del destination
        return tuple(self._places.values())

    def places(self, ids: Collection[PlaceId]) -> Mapping[PlaceId, Place]:
        """
        Return the known ones of some places.

        """
        return {place: self._places[place] for place in ids if place in self._places}
