"""Time, names, taxes and carriers under a test's control."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, InvalidDefinition, OutcomeUnknown, PortUnavailable
from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Declined, Outcome, Succeeded
from ordercore.ids import PackageId, PlaceId
from ordercore.parties import Destination
from ordercore.ports import ActingCapabilities
from ordercore.testing import FakeCarrier, FakeTax, Fault, NoTax, SequenceIds, VirtualClock
from ordercore.totals import TaxableAmount, TaxOn

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
GERMANY = Destination(country="DE")
WH1, WH2, WH3 = PlaceId("WH-1"), PlaceId("WH-2"), PlaceId("WH-3")
RATES = {place: ShippingRate(place=place, package_minor=450) for place in (WH1, WH2)}


def test_a_clock_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(START)

    assert clock() == clock() == START
    assert clock.advance(seconds=1, minutes=1, hours=1, days=1) == clock()
    assert clock() - START == timedelta(days=1, hours=1, minutes=1, seconds=1)


def test_a_clock_can_jump_back_but_not_advance_backwards() -> None:
    clock = VirtualClock(START)
    clock.set(START - timedelta(hours=1))

    assert clock() == START - timedelta(hours=1)
    with pytest.raises(InvalidData, match="goes back"):
        clock.advance(hours=1, minutes=-61)
    assert clock() == START - timedelta(hours=1)


def test_a_clock_tells_instants_whatever_zone_it_was_set_in() -> None:
    clock = VirtualClock(START.astimezone(timezone(timedelta(hours=5))))

    assert clock().tzinfo is UTC
    with pytest.raises(InvalidData, match="no time zone"):
        clock.set(datetime(2026, 3, 1))  # noqa: DTZ001 - naive is what is refused


def test_ids_come_in_sequence() -> None:
    ids = SequenceIds("w1")

    assert [ids(), ids(), ids()] == ["w1-1", "w1-2", "w1-3"]
    assert SequenceIds()() == "c-1"


def _question(*amounts: tuple[str, int], gross: bool = False) -> TaxOn:
    return TaxOn(
        currency="EUR",
        destination=GERMANY,
        prices_include_tax=gross,
        amounts=tuple(
            TaxableAmount(
                line=f"l{n}", sku="S", tax_class=tax_class, quantity=1, amount_minor=minor
            )
            for n, (tax_class, minor) in enumerate(amounts, 1)
        ),
    )


@given(st.integers(0, 10**9), st.integers(1, 10_000), st.booleans())
def test_a_tax_is_the_rates_share_to_the_nearest_minor_unit(
    amount_minor: int, rate_bp: int, gross: bool
) -> None:
    tax = FakeTax({("DE", "standard"): rate_bp})
    (quoted,) = tax.quote(_question(("standard", amount_minor), gross=gross)).taxes

    whole = 10_000 + rate_bp if gross else 10_000
    exact = Fraction(amount_minor * rate_bp, whole)
    assert abs(quoted.amount_minor - exact) <= Fraction(1, 2)
    assert quoted.included is gross
    assert quoted.code == f"vat-{rate_bp}"


def test_half_a_minor_unit_goes_to_the_even_neighbor() -> None:
    tax = FakeTax({("DE", "half"): 5_000})
    quoted = tax.quote(_question(("half", 1), ("half", 3), ("half", 5))).taxes

    assert [t.amount_minor for t in quoted] == [0, 2, 2]


def test_what_has_no_rate_is_not_taxed() -> None:
    tax = FakeTax({("DE", "standard"): 1900, ("DE", "books"): 0, ("FR", "food"): 550})
    quoted = tax.quote(_question(("standard", 100), ("books", 100), ("food", 100))).taxes

    assert [(t.line, t.amount_minor) for t in quoted] == [("l1", 19)]
    assert NoTax().quote(_question(("standard", 100))).taxes == ()


def test_a_tax_service_can_be_away() -> None:
    tax = FakeTax({})
    tax.plan("quote", Fault.UNAVAILABLE)

    assert tax.faults_left == 1
    with pytest.raises(PortUnavailable, match="tax is unavailable"):
        tax.quote(_question())
    assert tax.quote(_question()).taxes == ()
    assert (tax.calls, tax.faults_left) == (2, 0)
    with pytest.raises(InvalidDefinition, match="acts on nothing"):
        tax.plan("quote", Fault.LATE)


@pytest.mark.parametrize("rate_bp", [-1, 100_001])
def test_a_rate_out_of_range_is_refused(rate_bp: int) -> None:
    with pytest.raises(InvalidDefinition, match="legal are 0 to 100000"):
        FakeTax({("DE", "standard"): rate_bp})


def _label(weight_g: int = 500, key: str = "O-1/package-1/label", place: str = WH1) -> AskLabel:
    return AskLabel(
        key=key,
        package_id=PackageId("O-1/package-1"),
        place=PlaceId(place),
        weight_g=weight_g,
        destination=GERMANY,
    )


def _tracking(outcome: Outcome) -> str:
    assert isinstance(outcome, Succeeded)
    return outcome.reference


def test_rates_are_of_served_places_in_the_order_asked() -> None:
    question = ShippingRates((WH2, WH3, WH1), GERMANY, "EUR")

    assert [r.place for r in FakeCarrier(RATES).rates(question)] == [WH2, WH1]


def test_rates_may_be_computed() -> None:
    carrier = FakeCarrier(lambda q: [ShippingRate(place=p, package_minor=7) for p in q.places])

    (rate,) = carrier.rates(ShippingRates((WH3,), GERMANY, "EUR"))
    assert rate == ShippingRate(place=WH3, package_minor=7)


def test_a_tracking_number_follows_from_the_key() -> None:
    one, other = FakeCarrier(RATES), FakeCarrier(RATES)

    assert _tracking(one.buy_label(_label())) == _tracking(other.buy_label(_label()))
    assert _tracking(one.buy_label(_label())).startswith("FAKEPOST")
    assert one.actions == {_label().key: 1}


@pytest.mark.parametrize(
    ("ask", "code"), [(_label(30_001), "too_heavy"), (_label(place=WH3), "place_not_served")]
)
def test_a_carrier_declines_what_it_does_not_carry(ask: AskLabel, code: str) -> None:
    outcome = FakeCarrier(RATES).buy_label(ask)

    assert isinstance(outcome, Declined)
    assert outcome.code == code


def test_the_heaviest_legal_box_is_taken() -> None:
    assert _tracking(FakeCarrier(RATES).buy_label(_label(30_000)))
    assert _tracking(FakeCarrier(RATES, weight_limit_g=31_000).buy_label(_label(31_000)))


def test_a_label_lost_on_its_way_is_found_by_its_key() -> None:
    carrier = FakeCarrier(RATES)
    carrier.plan("buy_label", Fault.TIMEOUT_AFTER)
    with pytest.raises(OutcomeUnknown):
        carrier.buy_label(_label())

    assert carrier.lookup(_label().key) == carrier.buy_label(_label())
    assert carrier.actions == {_label().key: 1}


def test_rates_can_be_away() -> None:
    carrier = FakeCarrier(RATES)
    carrier.plan("rates", Fault.UNAVAILABLE)

    with pytest.raises(PortUnavailable):
        carrier.rates(ShippingRates((WH1,), GERMANY, "EUR"))


def test_a_carrier_without_keys_sells_a_second_label() -> None:
    carrier = FakeCarrier(RATES, capabilities=ActingCapabilities())
    first, second = (_tracking(carrier.buy_label(_label())) for _ in range(2))

    assert second == f"{first}-2"
    assert carrier.actions == {_label().key: 2}
