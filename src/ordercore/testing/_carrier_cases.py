"""
What every carrier must do.

"""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Final

import attrs

from ordercore.errors import OutcomeUnknown, PortUnavailable
from ordercore.fulfillment import AskLabel, ShippingRates
from ordercore.grammar import Declined, Outcome, Succeeded, Unknown
from ordercore.ids import PackageId, PlaceId
from ordercore.parties import Destination
from ordercore.ports import AsyncCarrier, Carrier
from ordercore.testing._conformance import (
    Case,
    Kit,
    at_once,
    refused,
    require,
    run_cases,
    succeeded,
)
from ordercore.testing._faults import Fault

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
        plan: Has the next call of an operation go wrong; None where nothing can be planned.
        wait: Lets so many seconds pass; None where time can't be moved.
    """

    carrier: Carrier
    case: str
    run: str
    place: PlaceId
    destination: Destination
    currency: str
    too_heavy_g: int
    plan: Callable[[str, Fault], None] | None = None
    wait: Callable[[int], object] | None = None

    def lose(self, fault: Fault, ask: AskLabel) -> Outcome | OutcomeUnknown | PortUnavailable:
        """
        Ask for a label, have it go wrong, and return how that is told.

        """
        if self.plan is not None:
            self.plan("buy_label", fault)
        try:
            return self.carrier.buy_label(ask)
        except (OutcomeUnknown, PortUnavailable) as error:
            return error

    def pass_time(self, seconds: int) -> None:
        """
        Let so many seconds pass.

        """
        if self.wait is not None:
            self.wait(seconds)

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


def _plans(trial: CarrierTrial) -> bool:
    return trial.plan is not None


def _waits(trial: CarrierTrial) -> bool:
    return trial.wait is not None


@_kit.case()
def _capabilities_do_not_change(t: CarrierTrial) -> None:
    """What is declared at the start holds later: plans were made on it."""
    first = t.carrier.capabilities
    t.carrier.buy_label(t.ask())
    require(first == t.carrier.capabilities, f"{first} became {t.carrier.capabilities}")


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


@_kit.case(_recognizes_keys)
def _another_destination_under_a_key_is_refused(t: CarrierTrial) -> None:
    """The box would go where the first label says."""
    ask = t.ask()
    succeeded(t.carrier.buy_label(ask), "a label")
    elsewhere = attrs.evolve(ask.destination, address_ref="address-2")
    other = attrs.evolve(ask, destination=elsewhere)
    refused(lambda: t.carrier.buy_label(other), "another address under a key", malformed=True)


@_kit.case(_recognizes_keys)
def _a_repeated_refusal_is_the_same_refusal(t: CarrierTrial) -> None:
    """A refusal is final under its key."""
    ask = t.ask(t.too_heavy_g)
    first, second = t.carrier.buy_label(ask), t.carrier.buy_label(ask)
    require(first == second, f"first {first}, then {second}")


@_kit.case(_recognizes_keys)
def _calls_at_once_under_one_key_buy_one_label(t: CarrierTrial) -> None:
    """A worker that was thought dead calls at the same moment as its heir."""

    def call(_: int) -> Outcome | None:
        try:
            return t.carrier.buy_label(t.ask())
        except (OutcomeUnknown, PortUnavailable):  # one may be told that the other is at it
            return None

    done = [answer for answer in at_once(call, 4) if isinstance(answer, Succeeded)]
    require(bool(done), "none of them is answered")
    require(all(answer == done[0] for answer in done), f"they are answered with {done}")


@_kit.case(lambda t: _waits(t) and _recognizes_keys(t))
def _a_key_is_recognized_until_its_window_ends(t: CarrierTrial) -> None:
    """The window was declared, and repeats were made on it."""
    first = t.carrier.buy_label(t.ask())
    t.pass_time(t.carrier.capabilities.idempotency_s - 1)
    second = t.carrier.buy_label(t.ask())
    require(first == second, f"first {first}, then {second}")


@_kit.case(_plans)
def _a_lost_answer_is_told_as_unknown(t: CarrierTrial) -> None:
    """It may have sold a label; who is told that it has not would buy another."""
    told = t.lose(Fault.TIMEOUT_AFTER, t.ask())
    require(isinstance(told, OutcomeUnknown | Unknown), f"it is told as {told!r}")


@_kit.case(_plans)
def _an_outage_is_told_as_unavailable(t: CarrierTrial) -> None:
    """It has not acted; a refusal would leave the box behind."""
    told = t.lose(Fault.UNAVAILABLE, t.ask())
    require(isinstance(told, PortUnavailable), f"it is told as {told!r}")


@_kit.case(lambda t: _plans(t) and _recognizes_keys(t) and _looks_up(t) and _waits(t))
def _a_retry_after_a_lost_answer_is_the_label_that_was_bought(t: CarrierTrial) -> None:
    """Labels cost money, also those that nobody has seen."""
    t.lose(Fault.TIMEOUT_AFTER, t.ask())
    t.pass_time(t.carrier.capabilities.settling_s)
    found = t.carrier.lookup(t.ask().key)
    again = t.carrier.buy_label(t.ask())
    require(isinstance(again, Succeeded), f"asked again it comes to {again}")
    require(found in {None, again}, f"found {found}, asked again {again}")


@_kit.case(lambda t: _plans(t) and _looks_up(t) and _waits(t))
def _a_late_label_is_found_once_settled(t: CarrierTrial) -> None:
    """After the declared time "not found" lets the call be made again."""
    t.lose(Fault.LATE, t.ask())
    t.pass_time(t.carrier.capabilities.settling_s)
    found = t.carrier.lookup(t.ask().key)
    require(isinstance(found, Succeeded), f"found {found} when settled")


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


@_kit.case(_looks_up)
def _looking_for_a_key_does_not_use_it_up(t: CarrierTrial) -> None:
    """Whoever found nothing calls next."""
    t.carrier.lookup(t.ask().key)
    succeeded(t.carrier.buy_label(t.ask()), "a label under a key looked for")


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
    plan: Callable[[Any, str, Fault], None] | None = None,
    wait: Callable[[int], object] | None = None,
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
        plan: Given an adapter that was made, a method's name and a fault, has the next call of it
            go wrong. Claims about lost answers apply only where it is given.
        wait: Lets so many seconds pass, of the clock that the adapter goes by. Claims about time
            apply only where it is given.

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
            plan=None if plan is None else partial(plan, asked.made),
            wait=wait,
        ),
    )
