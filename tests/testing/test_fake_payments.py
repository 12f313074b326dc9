"""The fake payment provider keeps its books, its keys and its declared capabilities."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, InvalidDefinition, OutcomeUnknown, PortUnavailable
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.ids import PaymentId
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities
from ordercore.testing import FakePaymentGateway, Fault, VirtualClock

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
PAY = "O-1/payment-1"
GOOD = "tok-good"


@attrs.frozen
class Shop:
    clock: VirtualClock
    gateway: FakePaymentGateway

    def authorize(self, minor: int = 100, key: str = PAY, card: str = GOOD) -> Outcome:
        ask = AskAuthorization(
            key=key,
            payment_id=PaymentId(key),
            method="card",
            token_ref=card,
            amount_minor=minor,
            currency="EUR",
        )
        return self.gateway.authorize(ask)

    def on(self, minor: int = 100, key: str = PAY) -> str:
        outcome = self.authorize(minor, key)
        assert isinstance(outcome, Succeeded)
        return outcome.reference

    def capture(self, on: str, minor: int, key: str = "c1", currency: str = "EUR") -> Outcome:
        return self.gateway.capture(_ask(AskCapture, key, on, minor, currency))

    def void(self, on: str, minor: int, key: str = "v1") -> Outcome:
        return self.gateway.void(_ask(AskVoid, key, on, minor))

    def refund(self, on: str, minor: int, key: str = "r1") -> Outcome:
        return self.gateway.refund(_ask(AskRefund, key, on, minor))


def _ask(kind: Any, key: str, on: str, minor: int, currency: str = "EUR") -> Any:
    return kind(
        key=key,
        payment_id=PaymentId(PAY),
        authorization=on,
        amount_minor=minor,
        currency=currency,
    )


def _shop(**settings: Any) -> Shop:
    clock = VirtualClock(START)
    return Shop(clock, FakePaymentGateway(clock, **settings))


def _code(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, Declined) else f"not declined: {outcome}"


@pytest.fixture
def shop() -> Shop:
    return _shop()


_STEP = st.tuples(
    st.sampled_from(["capture", "void", "refund"]),
    st.integers(0, 60),
    st.integers(1, 6),
    st.sampled_from([None, *Fault]),
)


@given(steps=st.lists(_STEP, max_size=20))
def test_whatever_is_asked_and_lost_the_books_hold_and_no_key_acts_twice(
    steps: list[tuple[str, int, int, Fault | None]],
) -> None:
    shop = _shop()
    on, gateway = shop.on(100), shop.gateway
    for operation, minor, number, fault in steps:
        gateway.plan(operation, fault)
        ask: Callable[..., Outcome] = getattr(shop, operation)
        with suppress(InvalidData, OutcomeUnknown, PortUnavailable):
            ask(on, minor, f"{operation}-{number}")

    captured, refunded = gateway.captured_minor(PAY), gateway.refunded_minor(PAY)
    assert 0 <= refunded <= captured <= captured + gateway.held_minor(PAY) <= 100
    assert gateway.balance_minor() == captured - refunded
    assert max(gateway.actions.values()) == 1
    assert len(gateway.calls) == 1 + len(steps)
    assert gateway.faults_left == 0


def test_the_books_tell_what_was_held_taken_and_returned(shop: Shop) -> None:
    on = shop.on(100)
    shop.capture(on, 60)
    shop.refund(on, 10)

    gateway = shop.gateway
    assert gateway.authorized_minor(PAY) == 100
    assert gateway.captured_minor(PAY) == 60
    assert gateway.refunded_minor(PAY) == 10
    assert gateway.held_minor(PAY) == 40
    assert gateway.balance_minor() == 50
    assert gateway.calls == [("authorize", PAY), ("capture", "c1"), ("refund", "r1")]
    assert gateway.actions == {PAY: 1, "c1": 1, "r1": 1}
    shop.void(on, 40)
    assert gateway.held_minor(PAY) == 0


REFUSALS: dict[str, Callable[[Shop], Outcome]] = {
    "amount_invalid": lambda s: s.capture(s.on(), 0),
    "card_declined": lambda s: s.authorize(card="tok-declined"),
    "unknown_authorization": lambda s: s.capture("au-9", 1),
    "currency_differs": lambda s: s.capture(s.on(), 1, currency="USD"),
    "exceeds_authorization": lambda s: s.capture(s.on(100), 101),
    "exceeds_captured": lambda s: s.refund(s.on(100), 1),
}


@pytest.mark.parametrize(("code", "ask"), REFUSALS.items())
def test_what_real_providers_refuse_is_refused_as_a_value(
    shop: Shop, code: str, ask: Callable[[Shop], Outcome]
) -> None:
    assert _code(ask(shop)) == code
    assert shop.gateway.balance_minor() == 0


def test_an_authorization_of_nothing_or_in_no_currency_is_refused(shop: Shop) -> None:
    ask = AskAuthorization(
        key="k",
        payment_id=PaymentId("k"),
        method="card",
        token_ref=GOOD,
        amount_minor=1,
        currency="XXZ",
    )

    assert _code(shop.authorize(0)) == "amount_invalid"
    assert _code(shop.gateway.authorize(ask)) == "currency_not_supported"


def test_an_authorization_ends_with_its_life_and_refunds_outlive_it() -> None:
    shop = _shop(life_s=3_600)
    on = shop.on(100)
    shop.clock.advance(seconds=3_599)
    shop.capture(on, 40)
    shop.clock.advance(seconds=1)

    assert _code(shop.capture(on, 10, "c2")) == "authorization_expired"
    assert _code(shop.void(on, 60)) == "authorization_expired"
    assert shop.gateway.held_minor(PAY) == 0
    assert isinstance(shop.refund(on, 40), Succeeded)


def test_a_void_gives_back_the_rest_once(shop: Shop) -> None:
    on = shop.on(100)
    shop.capture(on, 30)
    voided = shop.void(on, 70)

    assert isinstance(voided, Succeeded)
    assert voided.amount_minor == 70
    assert _code(shop.capture(on, 1, "c2")) == "authorization_voided"
    assert _code(shop.void(on, 70, "v2")) == "authorization_voided"


def test_an_authorization_used_up_has_nothing_to_void(shop: Shop) -> None:
    on = shop.on(100)
    shop.capture(on, 100)

    assert _code(shop.void(on, 1)) == "nothing_to_void"


def test_a_challenge_binds_no_money_until_the_customer_meets_it(shop: Shop) -> None:
    challenge = shop.authorize(card="tok-challenge")
    assert isinstance(challenge, ActionRequired)
    assert _code(shop.capture(challenge.reference, 1, "early")) == "not_confirmed"
    assert shop.gateway.authorized_minor(PAY) == 0
    assert PAY not in shop.gateway.actions

    shop.clock.advance(hours=1)
    outcome = shop.gateway.confirm(PAY)

    assert isinstance(outcome, Succeeded)
    assert outcome.reference == challenge.reference
    assert outcome.valid_until == shop.clock.advance(days=7)
    assert shop.gateway.confirm(PAY) == outcome
    assert shop.gateway.lookup(PAY) == outcome
    assert shop.gateway.authorized_minor(PAY) == 100
    assert shop.gateway.actions == {PAY: 1}


def test_a_repeated_authorization_still_answers_with_the_challenge(shop: Shop) -> None:
    challenge = shop.authorize(card="tok-challenge")
    shop.gateway.confirm(PAY)

    assert shop.authorize(card="tok-challenge") == challenge


def test_a_failed_challenge_is_a_decline(shop: Shop) -> None:
    shop.authorize(card="tok-challenge")

    assert _code(shop.gateway.confirm(PAY, met=False)) == "challenge_failed"
    assert shop.gateway.lookup(PAY) == shop.gateway.confirm(PAY)
    assert shop.gateway.actions == {}


def test_nobody_can_confirm_what_does_not_wait(shop: Shop) -> None:
    shop.on(100)

    for key in (PAY, "nobody"):
        with pytest.raises(InvalidData, match="waits for the customer"):
            shop.gateway.confirm(key)


def test_a_key_with_other_content_is_refused_naming_the_field(shop: Shop) -> None:
    on = shop.on(100)
    shop.capture(on, 40, "k")

    with pytest.raises(InvalidData, match=r"amount_minor: 41 is not the 40 asked first"):
        shop.capture(on, 41, "k")
    with pytest.raises(InvalidData, match=r"operation: refund under the key of capture"):
        shop.refund(on, 40, "k")
    assert shop.gateway.captured_minor(PAY) == 40


def test_beyond_the_declared_window_a_key_acts_again() -> None:
    shop = _shop(capabilities=ActingCapabilities(lookup=True, idempotency_s=60))
    on = shop.on(100)
    first = shop.capture(on, 40)
    shop.clock.advance(seconds=59)
    assert shop.capture(on, 40) == first
    shop.clock.advance(seconds=1)

    assert shop.capture(on, 40) != first
    assert shop.gateway.captured_minor(PAY) == 80
    assert shop.gateway.actions["c1"] == 2


def test_without_a_window_every_call_acts() -> None:
    shop = _shop(capabilities=ActingCapabilities())
    shop.on(100)
    shop.on(100)

    assert shop.gateway.actions == {PAY: 2}
    assert shop.gateway.authorized_minor(PAY) == 200


def test_a_lookup_that_was_not_declared_is_a_defect_of_the_caller() -> None:
    shop = _shop(capabilities=ActingCapabilities())

    with pytest.raises(InvalidDefinition, match="declares no lookup"):
        shop.gateway.lookup(PAY)


@pytest.mark.parametrize(
    ("fault", "error", "captured_minor"),
    [
        (Fault.UNAVAILABLE, PortUnavailable, 0),
        (Fault.TIMEOUT_BEFORE, OutcomeUnknown, 0),
        (Fault.TIMEOUT_AFTER, OutcomeUnknown, 40),
        (Fault.LATE, OutcomeUnknown, 40),
    ],
)
def test_a_fault_hides_an_answer_and_a_retry_brings_it(
    shop: Shop, fault: Fault, error: type[Exception], captured_minor: int
) -> None:
    on = shop.on(100)
    shop.gateway.plan("capture", fault)

    with pytest.raises(error):
        shop.capture(on, 40)
    assert shop.gateway.captured_minor(PAY) == captured_minor
    assert isinstance(shop.capture(on, 40), Succeeded)
    assert shop.gateway.captured_minor(PAY) == 40
    assert shop.gateway.actions["c1"] == 1


def test_a_provider_may_not_know_itself_what_it_has_done(shop: Shop) -> None:
    on = shop.on(100)
    shop.gateway.plan("capture", Fault.UNKNOWN_VALUE)

    assert isinstance(shop.capture(on, 40), Unknown)
    assert shop.gateway.lookup("c1") == shop.capture(on, 40)
    assert shop.gateway.captured_minor(PAY) == 40


def test_what_is_late_is_found_when_it_has_settled() -> None:
    shop = _shop(capabilities=ActingCapabilities(lookup=True, settling_s=30))
    shop.gateway.plan("authorize", Fault.LATE)
    with pytest.raises(OutcomeUnknown):
        shop.authorize()

    shop.clock.advance(seconds=29)
    assert shop.gateway.lookup(PAY) is None
    shop.clock.advance(seconds=1)
    assert isinstance(shop.gateway.lookup(PAY), Succeeded)


def test_a_refusal_can_get_lost_too(shop: Shop) -> None:
    shop.gateway.plan("authorize", Fault.TIMEOUT_AFTER)
    with pytest.raises(OutcomeUnknown):
        shop.authorize(card="tok-declined")

    found = shop.gateway.lookup(PAY)
    assert found is not None
    assert _code(found) == "card_declined"
    assert shop.gateway.actions == {}


def test_faults_befall_their_operation_in_order_and_only_their_key(shop: Shop) -> None:
    gateway = shop.gateway
    gateway.plan("capture", None, Fault.UNAVAILABLE)
    gateway.plan("refund", Fault.UNAVAILABLE, key="r2")
    on = shop.on(100)

    shop.capture(on, 10, "c1")
    with pytest.raises(PortUnavailable):
        shop.capture(on, 10, "c2")
    shop.refund(on, 5, "r1")
    with pytest.raises(PortUnavailable):
        shop.refund(on, 5, "r2")
    assert gateway.faults_left == 0


def test_a_lookup_can_be_away_but_never_act(shop: Shop) -> None:
    shop.gateway.plan("lookup", Fault.UNAVAILABLE)

    with pytest.raises(PortUnavailable):
        shop.gateway.lookup(PAY)
    assert shop.gateway.lookup(PAY) is None
    with pytest.raises(InvalidDefinition, match="lookup acts on nothing"):
        shop.gateway.plan("lookup", Fault.TIMEOUT_AFTER)
    with pytest.raises(InvalidDefinition, match="no operation 'settle'"):
        shop.gateway.plan("settle", Fault.UNAVAILABLE)


def test_a_balance_over_several_currencies_has_to_name_one(shop: Shop) -> None:
    shop.capture(shop.on(100), 40)
    yen = AskAuthorization(
        key="O-2/payment-1",
        payment_id=PaymentId("O-2/payment-1"),
        method="card",
        token_ref=GOOD,
        amount_minor=5,
        currency="JPY",
    )
    shop.gateway.authorize(yen)

    assert shop.gateway.balance_minor("EUR") == 40
    assert shop.gateway.balance_minor("JPY") == 0
    with pytest.raises(InvalidData, match="several currencies"):
        shop.gateway.balance_minor()


def test_a_clock_that_jumps_back_makes_no_key_forgotten(shop: Shop) -> None:
    on = shop.on(100)
    first = shop.capture(on, 40)
    shop.clock.set(datetime(2020, 1, 1, tzinfo=UTC))

    assert shop.capture(on, 40) == first
    assert shop.gateway.actions["c1"] == 1


def test_an_authorization_without_life_is_no_provider() -> None:
    with pytest.raises(InvalidDefinition, match="a life of 0 s"):
        _shop(life_s=0)
