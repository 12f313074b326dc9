"""
Places and the questions for them.

"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

import attrs

from ordercore.errors import InvalidData
from ordercore.grammar import Need
from ordercore.ids import PlaceId, require_id
from ordercore.parties import Destination

__all__ = ["CandidatePlaces", "KnownPlaces", "Place", "PlaceKind", "StaticPlaces"]


class PlaceKind(StrEnum):
    """
    What sort of place it is.

    """

    WAREHOUSE = "warehouse"
    STORE = "store"
    SUPPLIER = "supplier"
    WORKSHOP = "workshop"


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
    """

    id: PlaceId = attrs.field(converter=PlaceId)
    name: str
    kind: PlaceKind = PlaceKind.WAREHOUSE
    country: str = ""
    handling_minor: int = 0


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


class StaticPlaces:
    """
    A list of places held in memory, each of which may serve every destination.

    Raises:
        InvalidData: Two places have one id, or an id or cost is malformed.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self._places: dict[PlaceId, Place] = {}
        for place in places:
            require_id(place.id, "places")
            if place.id in self._places:
                raise InvalidData("places", (f"{place.id} is there twice",))
            if place.handling_minor < 0:
                raise InvalidData("places", (f"{place.id} handles for {place.handling_minor}",))
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
