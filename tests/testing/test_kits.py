"""The fakes pass the kits, and each case finds the fault that it is named for."""

from collections.abc import Callable, Sequence

import attrs
import pytest

from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Declined, Outcome, Succeeded
from ordercore.ids import PlaceId
from ordercore.money import CURRENCIES
from ordercore.ports import ActingCapabilities, Carrier, PaymentGateway, TaxCalculator
from ordercore.testing import (
    CARRIER_CASES,
    PAYMENT_CASES,
    TAX_CASES,
    Case,
    ConformanceFailure,
    FakeCarrier,
    FakePaymentGateway,
    FakeTax,
    NoTax,
    PaymentTrial,
    check_carrier,
    check_payment_gateway,
    check_tax,
)
from ordercore.totals import TaxedAmount, TaxOn, TaxQuote
from tests.testing.wrong_gateways import CLOCK, WRONG

RATES = {PlaceId("WH-1"): ShippingRate(place=PlaceId("WH-1"), package_minor=450, kg_minor=20)}
VAT = {("DE", "standard"): 1900, ("DE", "shipping"): 1900}


def check_payments(
    make: Callable[[], PaymentGateway],
    cases: Sequence[Case[PaymentTrial]] = PAYMENT_CASES,
    currencies: Sequence[str] = CURRENCIES,
) -> tuple[str, ...]:
    """Hold a gateway of the shared clock against the claims."""
    return check_payment_gateway(
        make,
        cases=cases,
        currencies=currencies,
        plan=lambda gateway, operation, fault: gateway.plan(operation, fault),
        wait=lambda seconds: CLOCK.advance(seconds=seconds),
    )


def _payments(capabilities: ActingCapabilities) -> Callable[[], PaymentGateway]:
    return lambda: FakePaymentGateway(CLOCK, capabilities=capabilities)


def test_the_fake_payment_gateway_meets_every_claim() -> None:
    held = {*check_payments(lambda: FakePaymentGateway(CLOCK))}
    silent = {*check_payments(_payments(ActingCapabilities()))}

    assert held | silent == {case.name for case in PAYMENT_CASES}
    assert silent - held == {"what_can_not_be_looked_up_is_not_guessed"}


def test_claims_apply_only_to_what_is_declared() -> None:
    silent = check_payment_gateway(_payments(ActingCapabilities()))
    looking = check_payment_gateway(_payments(ActingCapabilities(lookup=True)))
    keyed = check_payment_gateway(_payments(ActingCapabilities(idempotency_s=60)))

    assert {name for name in silent if "lookup" in name or "repeated" in name} == set()
    assert [name for name in looking if "lookup" in name] != []
    assert {name for name in keyed if "repeated" in name} == {
        case.name for case in PAYMENT_CASES if "repeated" in case.name
    }


@pytest.mark.parametrize("make", [lambda: FakeTax(VAT), NoTax])
def test_the_fake_tax_calculators_meet_every_claim(make: Callable[[], TaxCalculator]) -> None:
    assert check_tax(make) == tuple(case.name for case in TAX_CASES)


@pytest.mark.parametrize(
    "make",
    [lambda: FakeCarrier(RATES), lambda: FakeCarrier(lambda q: [RATES[p] for p in q.places])],
)
def test_the_fake_carriers_meet_every_claim(make: Callable[[], Carrier]) -> None:
    assert check_carrier(make) == tuple(case.name for case in CARRIER_CASES)


def test_every_payment_claim_has_a_gateway_that_breaks_it() -> None:
    assert sorted(case.name for case in PAYMENT_CASES) == sorted(WRONG)


@pytest.mark.parametrize(("name", "make"), WRONG.items())
def test_a_wrong_gateway_fails_exactly_the_claim_that_it_breaks(
    name: str, make: Callable[[], FakePaymentGateway]
) -> None:
    broken: list[str] = []
    for case in PAYMENT_CASES:
        try:
            check_payments(make, (case,), ("EUR", "HUF", "KRW", "KWD", "CLF"))
        except ConformanceFailure as failure:
            broken.append(failure.case)

    assert broken == [name]


def test_a_failure_names_the_claim_and_what_was_found() -> None:
    with pytest.raises(ConformanceFailure) as caught:
        check_payment_gateway(WRONG["a_capture_above_the_authorization_is_declined"])

    assert caught.value.case == "a_capture_above_the_authorization_is_declined"
    assert caught.value.message.startswith(
        "a capture of 101 of 100 should be declined and came to Succeeded("
    )


@pytest.mark.parametrize("case", [*PAYMENT_CASES, *TAX_CASES, *CARRIER_CASES], ids=str)
def test_every_claim_says_why_it_matters(case: object) -> None:
    assert getattr(case, "claim", "").endswith(".")


class _Changed:
    def __init__(self, change: Callable[[TaxOn, TaxQuote], TaxQuote]) -> None:
        self._change = change

    def quote(self, question: TaxOn) -> TaxQuote:
        return self._change(question, FakeTax(VAT).quote(question))


def _with(*more: TaxedAmount) -> Callable[[TaxOn, TaxQuote], TaxQuote]:
    return lambda _, quote: attrs.evolve(quote, taxes=(*quote.taxes, *more))


def _tax(line: str, amount_minor: int = 1, *, included: bool = False) -> TaxedAmount:
    return TaxedAmount(line=line, code="eco", amount_minor=amount_minor, included=included)


def _doubled(_: TaxOn, quote: TaxQuote) -> TaxQuote:
    return attrs.evolve(quote, taxes=quote.taxes * 2)


def _turned(_: TaxOn, quote: TaxQuote) -> TaxQuote:
    return attrs.evolve(
        quote, taxes=tuple(attrs.evolve(t, included=not t.included) for t in quote.taxes)
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("every_tax_is_on_a_line_of_the_question", _with(_tax("line-9", 0))),
        ("a_tax_stands_once_on_a_line", _doubled),
        ("taxes_on_net_prices_are_added", _turned),
        ("taxes_in_gross_prices_are_contained", _turned),
        ("contained_taxes_do_not_exceed_their_line", _with(_tax("line-1", 10, included=True))),
        ("nothing_costs_no_tax", _with(_tax("line-1"))),
        ("an_order_without_lines_is_not_taxed", _with(_tax("line-1"))),
    ],
)
def test_a_wrong_tax_calculator_fails_the_claim_that_it_breaks(
    name: str, change: Callable[[TaxOn, TaxQuote], TaxQuote]
) -> None:
    case = next(case for case in TAX_CASES if case.name == name)

    with pytest.raises(ConformanceFailure, match=name):
        check_tax(lambda: _Changed(change), cases=(case,))


def test_a_tax_calculator_of_many_minds_is_found() -> None:
    class Moody(FakeTax):
        def quote(self, question: TaxOn) -> TaxQuote:
            quote = super().quote(question)
            return quote if self.calls % 2 else TaxQuote()

    with pytest.raises(ConformanceFailure, match="the_same_question_has_the_same_taxes"):
        check_tax(lambda: Moody(VAT))


class _Unserved(FakeCarrier):
    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        return ()


class _Eager(FakeCarrier):
    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        return tuple(RATES.values())


class _Paying(FakeCarrier):
    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        return tuple(attrs.evolve(r, kg_minor=-1) for r in super().rates(question))


class _Nameless(FakeCarrier):
    def __init__(self) -> None:
        super().__init__(RATES, name="")


class _OneNumber(FakeCarrier):
    def _judge(self, ask: AskLabel) -> Outcome:
        outcome = super()._judge(ask)
        return attrs.evolve(outcome, reference="1Z") if isinstance(outcome, Succeeded) else outcome


class _Forgetful(FakeCarrier):
    def buy_label(self, ask: AskLabel) -> Outcome:
        known = self._entries.get(ask.key)
        if known and known[0].ask == ask:
            return Succeeded(reference="another", account="fakepost")
        return super().buy_label(ask)


class _KeysOverContent(FakeCarrier):
    def buy_label(self, ask: AskLabel) -> Outcome:
        known = self._entries.get(ask.key)
        return known[0].outcome if known else super().buy_label(ask)


class _Strong(FakeCarrier):
    def __init__(self) -> None:
        super().__init__(RATES, weight_limit_g=10**9)

    def lookup(self, key: str) -> Outcome | None:
        return None if "refusal" in key else super().lookup(key)


class _KnowingEverything(FakeCarrier):
    def lookup(self, key: str) -> Outcome | None:
        return super().lookup(key) or Declined(code="not_found")


class _KnowingNothing(FakeCarrier):
    def lookup(self, key: str) -> Outcome | None:
        return None


class _FindingSuccess(FakeCarrier):
    def lookup(self, key: str) -> Outcome | None:
        found = super().lookup(key)
        return Succeeded(reference="1Z") if isinstance(found, Declined) else found


WRONG_CARRIERS: dict[str, Callable[[], FakeCarrier]] = {
    "a_served_place_has_a_rate": lambda: _Unserved(RATES),
    "rates_are_of_places_asked_for": lambda: _Eager(RATES),
    "no_rate_is_below_zero": lambda: _Paying(RATES),
    "a_label_has_tracking_number_and_carrier": _Nameless,
    "every_box_has_its_own_tracking_number": lambda: _OneNumber(RATES),
    "a_repeated_label_is_the_same_label": lambda: _Forgetful(RATES),
    "another_weight_under_a_key_is_refused": lambda: _KeysOverContent(RATES),
    "a_box_above_the_limit_is_declined": _Strong,
    "nothing_is_found_under_an_unknown_key": lambda: _KnowingEverything(RATES),
    "a_lookup_repeats_the_label": lambda: _KnowingNothing(RATES),
    "a_lookup_of_a_refusal_finds_no_label": lambda: _FindingSuccess(RATES),
}


def test_every_carrier_claim_has_a_carrier_that_breaks_it() -> None:
    assert [case.name for case in CARRIER_CASES] == list(WRONG_CARRIERS)


@pytest.mark.parametrize(("name", "make"), WRONG_CARRIERS.items())
def test_a_wrong_carrier_fails_exactly_the_claim_that_it_breaks(
    name: str, make: Callable[[], FakeCarrier]
) -> None:
    broken: list[str] = []
    for case in CARRIER_CASES:
        try:
            check_carrier(make, cases=(case,))
        except ConformanceFailure as failure:
            broken.append(failure.case)

    assert broken == [name]
