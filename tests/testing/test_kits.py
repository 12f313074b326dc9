"""The fakes pass the kits, and each case finds the fault that it is named for."""

from collections.abc import Callable, Sequence

import pytest

from ordercore.money import CURRENCIES
from ordercore.ports import ActingCapabilities, Carrier, PaymentGateway, TaxCalculator
from ordercore.testing import (
    CARRIER_CASES,
    PAYMENT_CASES,
    TAX_CASES,
    CarrierTrial,
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
from tests.testing.wrong_carriers import RATES, WRONG_CARRIERS
from tests.testing.wrong_gateways import CLOCK, WRONG
from tests.testing.wrong_taxes import VAT, WRONG_TAXES


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


def check_carriers(
    make: Callable[[], Carrier], cases: Sequence[Case[CarrierTrial]] = CARRIER_CASES
) -> tuple[str, ...]:
    """Hold a carrier of the shared clock against the claims."""
    return check_carrier(
        make,
        cases=cases,
        plan=lambda carrier, operation, fault: carrier.plan(operation, fault),
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
    [
        lambda: FakeCarrier(RATES, clock=CLOCK),
        lambda: FakeCarrier(lambda q: [RATES[p] for p in q.places], clock=CLOCK),
    ],
)
def test_the_fake_carriers_meet_every_claim(make: Callable[[], Carrier]) -> None:
    assert check_carriers(make) == tuple(case.name for case in CARRIER_CASES)


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


def test_every_tax_claim_has_a_calculator_that_breaks_it() -> None:
    assert [case.name for case in TAX_CASES] == list(WRONG_TAXES)


@pytest.mark.parametrize(("name", "make"), WRONG_TAXES.items())
def test_a_wrong_tax_calculator_fails_exactly_the_claim_that_it_breaks(
    name: str, make: Callable[[], TaxCalculator]
) -> None:
    broken: list[str] = []
    for case in TAX_CASES:
        try:
            check_tax(make, cases=(case,))
        except ConformanceFailure as failure:
            broken.append(failure.case)

    assert broken == [name]


def test_every_carrier_claim_has_a_carrier_that_breaks_it() -> None:
    assert [case.name for case in CARRIER_CASES] == list(WRONG_CARRIERS)


@pytest.mark.parametrize(("name", "make"), WRONG_CARRIERS.items())
def test_a_wrong_carrier_fails_exactly_the_claim_that_it_breaks(
    name: str, make: Callable[[], FakeCarrier]
) -> None:
    broken: list[str] = []
    for case in CARRIER_CASES:
        try:
            check_carriers(make, (case,))
        except ConformanceFailure as failure:
            broken.append(failure.case)

    assert broken == [name]
