"""
What sourcing is asked: the units an order needs, and what each place offers at which price.

All amounts are integers in minor units of one currency. Whatever makes a place cost something
once (handling, a label, a penalty for a further parcel) belongs into its opening cost; whatever
grows with the units belongs into the unit cost.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import attrs

from ordercore.errors import InvalidData
from ordercore.money import exponent

__all__ = ["Demand", "Offer", "PlaceOffer", "SourcingProblem", "problem_key"]

#: Part of every key: raise it when the same problem may get another plan than before.
_KEY_VERSION = b"sourcing-1"


@attrs.frozen(kw_only=True)
class Demand:
    """
    The units of one SKU that the order needs.

    Attributes:
        sku: The stock keeping unit; once in a problem: the caller sums lines of one SKU.
        quantity: Units, at least 1.
    """

    sku: str
    quantity: int


@attrs.frozen(kw_only=True)
class Offer:
    """
    What one place can promise of one SKU.

    Attributes:
        sku: The stock keeping unit.
        available: Units that may be promised. Zero or less offers nothing: a ledger's available
            may be negative, and that is no fault of the order being planned.
        unit_cost_minor: What each unit costs when it comes from this place, at least 0.
    """

    sku: str
    available: int
    unit_cost_minor: int


@attrs.frozen(kw_only=True)
class PlaceOffer:
    """
    One place with all that it offers.

    Attributes:
        place: The id of the place.
        open_cost_minor: Paid once if at least one unit comes from this place, at least 0.
        offers: At most one per SKU; SKUs that nobody asked for are ignored.
    """

    place: str
    open_cost_minor: int
    offers: tuple[Offer, ...]


@attrs.frozen(kw_only=True)
class SourcingProblem:
    """
    The whole question: demands, places, and the currency in which both are priced.

    The order of demands, places and offers means nothing.

    Attributes:
        currency: The ISO 4217 code of every amount.
        demands: What the order needs; empty needs nothing.
        places: Who may send it; empty leaves all of it short.

    Raises:
        InvalidData: An unknown currency, a quantity below 1, a negative cost, a blank id, or an id
            given twice. All faults are listed with their paths.
    """

    currency: str
    demands: tuple[Demand, ...]
    places: tuple[PlaceOffer, ...]

    def __attrs_post_init__(self) -> None:
        faults = tuple(_faults(self))
        if faults:
            subject = "SourcingProblem"
            raise InvalidData(subject, faults)


def problem_key(problem: SourcingProblem) -> str:
    """
    Return a stable name of the problem's content, for remembering plans by their input.

    Two problems that differ only in the order of demands, places or offers have the same key;
    any other difference gives another one. The key is the same in every process and on every
    machine. Cost: one sort and one hash over all offers.

    Returns:
        32 hexadecimal digits (BLAKE2b, 128 bit).
    """
    content = [
        problem.currency,
        sorted((demand.sku, demand.quantity) for demand in problem.demands),
        sorted(
            (
                place.place,
                place.open_cost_minor,
                sorted(
                    (offer.sku, offer.available, offer.unit_cost_minor) for offer in place.offers
                ),
            )
            for place in problem.places
        ),
    ]
    # JSON quotes strings, so no two contents share a text; ASCII, so no locale has a say.
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    return blake2b(text.encode("ascii"), digest_size=16, person=_KEY_VERSION).hexdigest()


def _faults(problem: SourcingProblem) -> Iterator[str]:
    try:
        exponent(problem.currency)
    except InvalidData as error:
        yield f"currency: {'; '.join(error.faults)}"
    yield from _id_faults("demands", "sku", (demand.sku for demand in problem.demands))
    for i, demand in enumerate(problem.demands):
        if demand.quantity < 1:
            yield f"demands[{i}].quantity: {demand.quantity} is below 1"
    yield from _id_faults("places", "place", (place.place for place in problem.places))
    for i, place in enumerate(problem.places):
        if place.open_cost_minor < 0:
            yield f"places[{i}].open_cost_minor: {place.open_cost_minor} is negative"
        yield from _id_faults(f"places[{i}].offers", "sku", (offer.sku for offer in place.offers))
        for j, offer in enumerate(place.offers):
            if offer.unit_cost_minor < 0:
                cost = offer.unit_cost_minor
                yield f"places[{i}].offers[{j}].unit_cost_minor: {cost} is negative"


def _id_faults(path: str, name: str, ids: Iterable[str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for i, value in enumerate(ids):
        if not value:
            yield f"{path}[{i}].{name}: is blank"
        elif first.setdefault(value, i) != i:
            yield f"{path}[{i}].{name}: {value} was already given at {path}[{first[value]}]"
