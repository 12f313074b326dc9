"""
What every carrier must do.

"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import attrs

from ordercore.fulfillment import AskLabel, ShippingRates
from ordercore.grammar import Declined
from ordercore.ids import PackageId, PlaceId
from ordercore.parties import Destination
from ordercore.ports import AsyncCarrier, Carrier
from ordercore.testing._conformance import Case, Kit, refused, require, run_cases, succeeded

__all__ = ["CARRIER_CASES", "CarrierTrial", "check_carrier"]


@attrs.frozen(kw_only=True)
class CarrierTrial:
    """
    A fresh carrier and what a case needs to ask it things.

    Attributes:
        carrier: Fresh from its factory.
        case: The case that is tried; part of every key.
        run: Opens every key.
        place: One that the carrier serves.
        destination: One that it reaches from there.
        currency: Of the rates.
        too_heavy_g: A weight that it does not take, in grams.
    """

    carrier: Carrier
    case: str
    run: str
    place: PlaceId
    destination: Destination
    currency: str
    too_heavy_g: int

    def key(self, name: str) -> str:
        """
        Return a key of this case alone.

        """
        return f"{self.run}/{self.case}/{name}"

    def ask(self, weight_g: int = 500, package: str = "package-1") -> AskLabel:
        """
        Ask for a label.

        """
        return AskLabel(
            key=self.key(f"{package}/label"),
            package_id=PackageId(self.key(package)),
            place=self.place,
            weight_g=weight_g,
            destination=self.destination,
        )

    def question(self, *places: PlaceId) -> ShippingRates:
        """
        Ask for rates.

        """
        return ShippingRates(places, self.destination, self.currency)


_kit: Final = Kit[CarrierTrial]()


def _recognizes_keys(trial: CarrierTrial) -> bool:
    return trial.carrier.capabilities.idempotency_s > 0


def _looks_up(trial: CarrierTrial) -> bool:
    return trial.carrier.capabilities.lookup


@_kit.case()
def _a_served_place_has_a_rate(t: CarrierTrial) -> None:
    """Without a rate no plan ships from there."""
    found = [rate.place for rate in t.carrier.rates(t.question(t.place))]
    require(found == [t.place], f"rates of {found}, asked for {t.place}")


@_kit.case()
def _rates_are_of_places_asked_for(t: CarrierTrial) -> None:
    """A place that nobody asked for is no candidate."""
    found = [rate.place for rate in t.carrier.rates(t.question())]
    require(not found, f"rates of {found}, asked for none")


@_kit.case()
def _no_rate_is_below_zero(t: CarrierTrial) -> None:
    """A plan would split an order into boxes to earn by it."""
    for rate in t.carrier.rates(t.question(t.place)):
        least = min(rate.package_minor, rate.unit_minor, rate.kg_minor)
        require(least >= 0, f"{rate} has a part below 0")


@_kit.case()
def _a_label_has_tracking_number_and_carrier(t: CarrierTrial) -> None:
    """Tracking messages carry nothing else."""
    label = succeeded(t.carrier.buy_label(t.ask()), "a label")
    require(bool(label.reference), "the tracking number is empty")
    require(bool(label.account), "the carrier is not named")


@_kit.case()
def _every_box_has_its_own_tracking_number(t: CarrierTrial) -> None:
    """Two boxes under one number are one box to the carrier."""
    first = succeeded(t.carrier.buy_label(t.ask()), "the first label")
    second = succeeded(t.carrier.buy_label(t.ask(package="package-2")), "the second label")
    require(first.reference != second.reference, f"both boxes are {first.reference}")


@_kit.case(_recognizes_keys)
def _a_repeated_label_is_the_same_label(t: CarrierTrial) -> None:
    """Labels cost money, and a box bears one."""
    first = succeeded(t.carrier.buy_label(t.ask()), "a label")
    second = t.carrier.buy_label(t.ask())
    require(first == second, f"first {first}, then {second}")


@_kit.case(_recognizes_keys)
def _another_weight_under_a_key_is_refused(t: CarrierTrial) -> None:
    """The label of the lighter box would be stuck on the heavier."""
    succeeded(t.carrier.buy_label(t.ask(500)), "a label")
    refused(lambda: t.carrier.buy_label(t.ask(900)), "another weight under a key", malformed=True)


@_kit.case()
def _a_box_above_the_limit_is_declined(t: CarrierTrial) -> None:
    """The same as a value: the packer must come to know it."""
    refused(lambda: t.carrier.buy_label(t.ask(t.too_heavy_g)), f"a box of {t.too_heavy_g} g")


@_kit.case(_looks_up)
def _nothing_is_found_under_an_unknown_key(t: CarrierTrial) -> None:
    """Not found is what allows the call to be made again."""
    found = t.carrier.lookup(t.key("never-used"))
    require(found is None, f"found {found}")


@_kit.case(_looks_up)
def _a_lookup_repeats_the_label(t: CarrierTrial) -> None:
    """Whoever lost the answer must come to the same facts as who got it."""
    label = succeeded(t.carrier.buy_label(t.ask()), "a label")
    found = t.carrier.lookup(t.ask().key)
    require(found == label, f"bought {label}, found {found}")


@_kit.case(_looks_up)
def _a_lookup_of_a_refusal_finds_no_label(t: CarrierTrial) -> None:
    """A box must not leave without a label."""
    ask = t.ask(t.too_heavy_g)
    t.carrier.buy_label(ask)
    found = t.carrier.lookup(ask.key)
    require(found is None or isinstance(found, Declined), f"found {found}")


#: The cases of carriers, in order.
CARRIER_CASES: Final = _kit.cases


def check_carrier(
    make: Callable[[], Carrier | AsyncCarrier | Awaitable[AsyncCarrier]],
    *,
    cases: Iterable[Case[CarrierTrial]] = CARRIER_CASES,
    run: str = "kit",
    place: str = "WH-1",
    country: str = "DE",
    postal_area: str = "",
    address_ref: str = "address-1",
    currency: str = "EUR",
    too_heavy_g: int = 10_000_000,
) -> tuple[str, ...]:
    """
    Hold the claims of the carrier port against an adapter.

    Args:
        make: Returns a fresh adapter, blocking or awaited; called once a case. It may be a
            coroutine function, and then makes it on a running event loop.
        cases: Which claims; all of them unless told otherwise.
        run: Opens every key. Give each run its own where the carrier remembers earlier ones.
        place: One that the carrier serves.
        country: One that it reaches from there.
        postal_area: The same.
        address_ref: An address there.
        currency: Of the rates.
        too_heavy_g: A weight that it does not take, in grams.

    Returns:
        The names of the cases that apply to what the adapter declares; all of them hold.

    Raises:
        ConformanceFailure: The first claim that does not hold.
    """
    destination = Destination(country=country, postal_area=postal_area, address_ref=address_ref)
    return run_cases(
        cases,
        make,
        Carrier,
        lambda case, asked: CarrierTrial(
            carrier=asked.adapter,
            case=case,
            run=run,
            place=PlaceId(place),
            destination=destination,
            currency=currency,
            too_heavy_g=too_heavy_g,
        ),
    )
