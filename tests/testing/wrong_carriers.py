"""Carriers that are wrong in one way each, by the name of the case that has to find it."""

import threading
from collections.abc import Callable, Sequence
from itertools import count

import attrs

from ordercore.errors import OutcomeUnknown, PortUnavailable
from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Declined, Effect, Outcome, Succeeded
from ordercore.ids import PlaceId
from ordercore.instants import seconds_after
from ordercore.ports import ActingCapabilities
from ordercore.testing import FakeCarrier, Fault
from ordercore.testing._acting import Entry
from tests.testing.wrong_gateways import CLOCK

RATES = {PlaceId("WH-1"): ShippingRate(place=PlaceId("WH-1"), package_minor=450, kg_minor=20)}


class Wrong(FakeCarrier):
    """Knows what was planned for it, and whether several threads ask it."""

    def __init__(self, name: str = "fakepost", weight_limit_g: int = 30_000) -> None:
        super().__init__(RATES, name=name, clock=CLOCK, weight_limit_g=weight_limit_g)
        self.faults: list[Fault] = []

    def plan(self, operation: str, *faults: Fault | None, key: str | None = None) -> None:
        self.faults += [fault for fault in faults if fault]
        super().plan(operation, *faults, key=key)

    @property
    def crowded(self) -> bool:
        return threading.current_thread().name.startswith("ThreadPool")


class Fickle(Wrong):
    @property
    def capabilities(self) -> ActingCapabilities:
        right = super().capabilities
        return attrs.evolve(right, settling_s=right.settling_s + len(self.calls))


class Unserved(Wrong):
    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        return ()


class Eager(Wrong):
    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        return tuple(RATES.values())


class Paying(Wrong):
    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        return tuple(attrs.evolve(r, kg_minor=-1) for r in super().rates(question))


class OneNumber(Wrong):
    def _judge(self, ask: AskLabel) -> Outcome:
        outcome = super()._judge(ask)
        return attrs.evolve(outcome, reference="1Z") if isinstance(outcome, Succeeded) else outcome


class Forgetful(Wrong):
    def buy_label(self, ask: AskLabel) -> Outcome:
        known = self._entries.get(ask.key)
        calm = not self.faults and not self.crowded
        if known and calm and known[0].ask == ask and known[0].at == CLOCK():
            outcome = known[0].outcome
            if isinstance(outcome, Succeeded):
                return attrs.evolve(outcome, reference="another")
        return super().buy_label(ask)


class BlindToWeights(Wrong):
    def buy_label(self, ask: AskLabel) -> Outcome:
        known = self._entries.get(ask.key)
        alike = known and getattr(known[0].ask, "destination", None) == ask.destination
        return known[0].outcome if known and alike else super().buy_label(ask)


class BlindToAddresses(Wrong):
    def buy_label(self, ask: AskLabel) -> Outcome:
        known = self._entries.get(ask.key)
        alike = known and getattr(known[0].ask, "weight_g", None) == ask.weight_g
        return known[0].outcome if known and alike else super().buy_label(ask)


class RefusingAnew(Wrong):
    def buy_label(self, ask: AskLabel) -> Outcome:
        outcome = super().buy_label(ask)
        if isinstance(outcome, Declined) and outcome.code == "too_heavy":
            return attrs.evolve(outcome, reason=f"try {len(self.calls)}")
        return outcome


class OneForEachThread(Wrong):
    numbers = count()

    def buy_label(self, ask: AskLabel) -> Outcome:
        outcome = super().buy_label(ask)
        if self.crowded and isinstance(outcome, Succeeded):
            return attrs.evolve(outcome, reference=f"1Z{next(self.numbers)}")
        return outcome


class ForgettingKeysEarly(Wrong):
    def _recognized(self, operation: str, ask: Effect) -> Entry | None:
        known = super()._recognized(operation, ask)
        half_s = self._capabilities.idempotency_s // 2
        return None if known and CLOCK() > seconds_after(known.at, half_s) else known


class TellingOutages(Wrong):
    def buy_label(self, ask: AskLabel) -> Outcome:
        try:
            return super().buy_label(ask)
        except OutcomeUnknown:
            raise PortUnavailable("carrier", "timeout") from None


class RefusingInOutages(Wrong):
    def buy_label(self, ask: AskLabel) -> Outcome:
        try:
            return super().buy_label(ask)
        except PortUnavailable:
            return Declined(code="try_later")


class SellingAgain(Wrong):
    """Sells another label where the answer about the first was lost."""

    def buy_label(self, ask: AskLabel) -> Outcome:
        lost = Fault.TIMEOUT_AFTER in self.faults and ask.key in self._entries
        outcome = super().buy_label(ask)
        if lost and isinstance(outcome, Succeeded):
            return attrs.evolve(outcome, reference=f"{outcome.reference}-2")
        return outcome


class SettlingLate(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        return None if Fault.LATE in self.faults else super().lookup(key)


class Strong(Wrong):
    def __init__(self) -> None:
        super().__init__(weight_limit_g=10**9)

    def lookup(self, key: str) -> Outcome | None:
        return None if "refusal" in key else super().lookup(key)


class KnowingEverything(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        return super().lookup(key) or Declined(code="not_found")


class KnowingNothing(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        return super().lookup(key) if self.faults else None


class FindingSuccess(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        found = super().lookup(key)
        return Succeeded(reference="1Z") if isinstance(found, Declined) else found


class UsingKeysUp(Wrong):
    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def lookup(self, key: str) -> Outcome | None:
        found = super().lookup(key)
        if found is None:
            self.used.add(key)
        return found

    def buy_label(self, ask: AskLabel) -> Outcome:
        return Declined(code="key_used") if ask.key in self.used else super().buy_label(ask)


WRONG_CARRIERS: dict[str, Callable[[], FakeCarrier]] = {
    "capabilities_do_not_change": Fickle,
    "a_served_place_has_a_rate": Unserved,
    "rates_are_of_places_asked_for": Eager,
    "no_rate_is_below_zero": Paying,
    "a_label_has_tracking_number_and_carrier": lambda: Wrong(name=""),
    "every_box_has_its_own_tracking_number": OneNumber,
    "a_repeated_label_is_the_same_label": Forgetful,
    "another_weight_under_a_key_is_refused": BlindToWeights,
    "another_destination_under_a_key_is_refused": BlindToAddresses,
    "a_repeated_refusal_is_the_same_refusal": RefusingAnew,
    "calls_at_once_under_one_key_buy_one_label": OneForEachThread,
    "a_key_is_recognized_until_its_window_ends": ForgettingKeysEarly,
    "a_lost_answer_is_told_as_unknown": TellingOutages,
    "an_outage_is_told_as_unavailable": RefusingInOutages,
    "a_retry_after_a_lost_answer_is_the_label_that_was_bought": SellingAgain,
    "a_late_label_is_found_once_settled": SettlingLate,
    "a_box_above_the_limit_is_declined": Strong,
    "nothing_is_found_under_an_unknown_key": KnowingEverything,
    "a_lookup_repeats_the_label": KnowingNothing,
    "a_lookup_of_a_refusal_finds_no_label": FindingSuccess,
    "looking_for_a_key_does_not_use_it_up": UsingKeysUp,
}
