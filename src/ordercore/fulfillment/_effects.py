"""
What fulfillment asks of carriers: labels to be bought, rates to plan with.

"""

import attrs

from ordercore.fulfillment._state import Fulfillment
from ordercore.grammar import Effect, Need
from ordercore.ids import PackageId, PlaceId
from ordercore.parties import Destination

__all__ = ["AskLabel", "ShippingRate", "ShippingRates", "outstanding"]


@attrs.frozen(kw_only=True)
class AskLabel(Effect):
    """
    Ask the carrier for a label.

    Attributes:
        package_id: For which box.
        place: From where.
        weight_g: Of the box.
        destination: Where to; its address reference is resolved right before the call.
    """

    package_id: PackageId
    place: PlaceId
    weight_g: int
    destination: Destination


@attrs.frozen(kw_only=True)
class ShippingRate:
    """
    What shipping from one place to one destination costs, for planning.

    Attributes:
        place: From where.
        package_minor: For one more package, in minor units.
        unit_minor: For one more unit in it.
        kg_minor: For one more kilogram in it.
    """

    place: PlaceId = attrs.field(converter=PlaceId)
    package_minor: int
    unit_minor: int = 0
    kg_minor: int = 0


@attrs.frozen(cache_hash=True)
class ShippingRates(Need[tuple[ShippingRate, ...]]):
    """
    The rates from some places to a destination; a place that cannot ship there is absent.

    """

    places: tuple[PlaceId, ...]
    destination: Destination
    currency: str


def outstanding(state: Fulfillment, destination: Destination) -> tuple[AskLabel, ...]:
    """
    List the boxes that wait for a label.

    """
    return tuple(
        AskLabel(
            key=f"{package.id}/label",
            package_id=package.id,
            place=package.place,
            weight_g=package.weight_g,
            destination=destination,
        )
        for package in state.packages
        if package.status == "packed" and package.label_wanted and not package.label_declined
    )
