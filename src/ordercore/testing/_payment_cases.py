"""
What every payment gateway must do.

Amounts are small and one currency is used, so that the kit runs against a provider's sandbox too.
Cases about repeated keys apply where an idempotency window is declared, cases about lookups where
lookup is; what is declared is thereby held to.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import attrs

from ordercore.grammar import Outcome, Succeeded
from ordercore.ports import AsyncPaymentGateway, PaymentGateway
from ordercore.testing._conformance import Case, Kit, refused, require, run_cases, succeeded
from ordercore.testing._payment_trial import PaymentTrial

__all__ = ["PAYMENT_CASES", "check_payment_gateway"]


_kit: Final = Kit[PaymentTrial]()


def _recognizes_keys(trial: PaymentTrial) -> bool:
    return trial.gateway.capabilities.idempotency_s > 0


def _looks_up(trial: PaymentTrial) -> bool:
    return trial.gateway.capabilities.lookup


def _says(outcome: Outcome, amount_minor: int, what: str) -> None:
    said = succeeded(outcome, what).amount_minor
    require(said in {None, amount_minor}, f"{what} of {amount_minor} is answered with {said}")


def _alike(first: Outcome, second: Outcome | None, what: str) -> None:
    require(first == second, f"{what}: first {first}, then {second}")


@_kit.case()
def _capabilities_do_not_change(t: PaymentTrial) -> None:
    """What is declared at the start holds later: plans were made on it."""
    first = t.gateway.capabilities
    t.authorized(100)
    require(first == t.gateway.capabilities, f"{first} became {t.gateway.capabilities}")


@_kit.case()
def _an_authorization_has_number_and_account(t: PaymentTrial) -> None:
    """Webhooks carry nothing but the provider's number within its account."""
    outcome = succeeded(t.gateway.authorize(t.ask(100)), "an authorization")
    require(bool(outcome.reference), "the reference is empty")
    require(bool(outcome.account), "the account is empty")


@_kit.case()
def _replies_state_the_amount_asked(t: PaymentTrial) -> None:
    """An amount that is stated is compared; a differing one is an anomaly."""
    _says(t.gateway.authorize(t.ask(100)), 100, "an authorization")


@_kit.case()
def _an_authorizations_end_is_an_instant(t: PaymentTrial) -> None:
    """A naive datetime names no instant, and renewal is planned by it."""
    until = succeeded(t.gateway.authorize(t.ask(100)), "an authorization").valid_until
    require(until is None or until.tzinfo is not None, f"valid_until {until} has no zone")


@_kit.case()
def _every_capture_has_a_number_of_its_own(t: PaymentTrial) -> None:
    """Two captures under one number could not be told apart in a payout."""
    authorization = t.authorized(100)
    first = succeeded(t.capture(authorization, 40, "capture-1"), "the first capture")
    second = succeeded(t.capture(authorization, 60, "capture-2"), "the second capture")
    require(first.reference != second.reference, f"both captures are {first.reference}")


@_kit.case()
def _a_refused_card_is_a_value(t: PaymentTrial) -> None:
    """A decline is news for the shopper, never an exception."""
    refused(lambda: t.gateway.authorize(t.ask(100, declined=True)), "a bad token")


@_kit.case(_recognizes_keys)
def _a_repeated_refusal_is_the_same_refusal(t: PaymentTrial) -> None:
    """A decline is final under its key; another try is another payment."""
    ask = t.ask(100, declined=True)
    _alike(t.gateway.authorize(ask), t.gateway.authorize(ask), "a declined authorization")


@_kit.case(_recognizes_keys)
def _a_repeated_authorization_answers_the_same(t: PaymentTrial) -> None:
    """After a lost answer the same key asks again and must not hold the money twice."""
    ask = t.ask(100)
    first = succeeded(t.gateway.authorize(ask), "an authorization")
    _alike(first, t.gateway.authorize(ask), "an authorization")


@_kit.case(_recognizes_keys)
def _a_repeated_capture_answers_the_same(t: PaymentTrial) -> None:
    """The same for a capture."""
    authorization = t.authorized(100)
    first = succeeded(t.capture(authorization, 100), "a capture")
    _alike(first, t.capture(authorization, 100), "a capture")


@_kit.case(_recognizes_keys)
def _a_repeated_capture_takes_once(t: PaymentTrial) -> None:
    """What a repeated capture left must still be there to take."""
    authorization = t.authorized(80)
    t.capture(authorization, 40)
    t.capture(authorization, 40)
    succeeded(t.capture(authorization, 40, "capture-2"), "the other half")


@_kit.case(_recognizes_keys)
def _a_repeated_void_answers_the_same(t: PaymentTrial) -> None:
    """The same for a void."""
    authorization = t.authorized(100)
    first = succeeded(t.void(authorization, 100), "a void")
    _alike(first, t.void(authorization, 100), "a void")


@_kit.case(_recognizes_keys)
def _a_repeated_refund_answers_the_same(t: PaymentTrial) -> None:
    """The same for a refund."""
    authorization = t.captured(100, of_minor=100)
    first = succeeded(t.refund(authorization, 100), "a refund")
    _alike(first, t.refund(authorization, 100), "a refund")


@_kit.case(_recognizes_keys)
def _a_repeated_refund_returns_once(t: PaymentTrial) -> None:
    """What a repeated refund left must still be there to return."""
    authorization = t.captured(80, of_minor=80)
    t.refund(authorization, 40)
    t.refund(authorization, 40)
    succeeded(t.refund(authorization, 40, "refund-2"), "the other half")


@_kit.case(_recognizes_keys)
def _a_retry_when_due_again_is_still_a_retry(t: PaymentTrial) -> None:
    """When an attempt is due is no part of what is asked."""
    ask = t.ask_capture(t.authorized(100), 100)
    succeeded(t.gateway.capture(ask), "a capture")
    later = attrs.evolve(ask, waits_for_operator=True)
    succeeded(t.gateway.capture(later), "the same capture, released by an operator")


@_kit.case(_recognizes_keys)
def _another_amount_under_a_key_is_refused(t: PaymentTrial) -> None:
    """The recorded answer would be taken for the answer to the other amount."""
    authorization = t.authorized(100)
    succeeded(t.capture(authorization, 30), "a capture")
    refused(lambda: t.capture(authorization, 40), "another amount under a key", malformed=True)


@_kit.case()
def _partial_captures_add_up(t: PaymentTrial) -> None:
    """Every package is captured when it ships."""
    authorization = t.authorized(100)
    for n, amount_minor in enumerate((30, 30, 40), 1):
        outcome = t.capture(authorization, amount_minor, f"capture-{n}")
        _says(outcome, amount_minor, f"capture {n} of 3")


@_kit.case()
def _a_capture_above_the_authorization_is_declined(t: PaymentTrial) -> None:
    """More than the customer agreed to is never taken."""
    authorization = t.authorized(100)
    refused(lambda: t.capture(authorization, 101), "a capture of 101 of 100")


@_kit.case()
def _captures_together_stay_within_the_authorization(t: PaymentTrial) -> None:
    """Nor is it taken in two steps."""
    authorization = t.captured(60, of_minor=100)
    refused(lambda: t.capture(authorization, 41, "capture-2"), "41 of the 40 left")


@_kit.case()
def _a_capture_of_nothing_is_refused(t: PaymentTrial) -> None:
    """A capture of 0 means "everything" at some providers."""
    authorization = t.authorized(100)
    refused(lambda: t.capture(authorization, 0), "a capture of 0", malformed=True)


@_kit.case()
def _a_capture_in_another_currency_is_refused(t: PaymentTrial) -> None:
    """100 JPY must not be taken as 100 EUR cents."""
    ask = t.ask_capture(t.authorized(100), 100)
    other = attrs.evolve(ask, currency=t.other_currency)
    refused(lambda: t.gateway.capture(other), f"a capture in {t.other_currency}", malformed=True)


@_kit.case()
def _a_capture_of_an_unknown_authorization_is_declined(t: PaymentTrial) -> None:
    """The same as a value: the order must come to know it."""
    refused(lambda: t.capture("no-such-authorization", 1), "a capture of nothing known")


@_kit.case()
def _a_capture_after_a_void_is_declined(t: PaymentTrial) -> None:
    """What was given back is the customer's."""
    authorization = t.authorized(100)
    succeeded(t.void(authorization, 100), "a void")
    refused(lambda: t.capture(authorization, 1), "a capture after a void")


@_kit.case()
def _a_void_after_a_capture_gives_back_the_rest(t: PaymentTrial) -> None:
    """A partly shipped order whose rest was canceled binds no money."""
    authorization = t.captured(40, of_minor=100)
    _says(t.void(authorization, 60), 60, "a void")


@_kit.case()
def _a_refund_after_a_void_is_done(t: PaymentTrial) -> None:
    """Giving back the rest does not touch what was captured."""
    authorization = t.captured(40, of_minor=100)
    t.void(authorization, 60)
    succeeded(t.refund(authorization, 40), "a refund after a void of the rest")


@_kit.case()
def _partial_refunds_add_up(t: PaymentTrial) -> None:
    """Every returned item is refunded when it arrives."""
    authorization = t.captured(90, of_minor=90)
    for n in (1, 2, 3):
        _says(t.refund(authorization, 30, f"refund-{n}"), 30, f"refund {n} of 3")


@_kit.case()
def _a_refund_above_the_captured_is_declined(t: PaymentTrial) -> None:
    """What was authorized and not captured can't go back."""
    authorization = t.captured(60, of_minor=100)
    refused(lambda: t.refund(authorization, 61), "a refund of 61 of 60")


@_kit.case()
def _refunds_together_stay_within_the_captured(t: PaymentTrial) -> None:
    """Nor does more go back in two steps."""
    authorization = t.captured(60, of_minor=60)
    succeeded(t.refund(authorization, 40), "a refund")
    refused(lambda: t.refund(authorization, 21, "refund-2"), "21 of the 20 left")


@_kit.case()
def _a_refund_of_an_unknown_authorization_is_declined(t: PaymentTrial) -> None:
    """The same as a value: the customer is still owed."""
    refused(lambda: t.refund("no-such-authorization", 1), "a refund of nothing known")


@_kit.case(_looks_up)
def _nothing_is_found_under_an_unknown_key(t: PaymentTrial) -> None:
    """Not found is what allows the call to be made again."""
    found = t.gateway.lookup(t.key("never-used"))
    require(found is None, f"found {found}")


@_kit.case(_looks_up)
def _a_lookup_repeats_the_answer(t: PaymentTrial) -> None:
    """Whoever lost the answer must come to the same facts as who got it."""
    authorized = succeeded(t.gateway.authorize(t.ask(100)), "an authorization")
    answers: dict[str, Outcome] = {
        t.payment_id: authorized,
        t.key("capture-1"): t.capture(authorized.reference, 60),
        t.key("void-1"): t.void(authorized.reference, 40),
        t.key("refund-1"): t.refund(authorized.reference, 10),
    }
    for key, answer in answers.items():
        _alike(answer, t.gateway.lookup(key), f"lookup of {key}")


@_kit.case(_looks_up)
def _a_lookup_of_a_refusal_finds_no_success(t: PaymentTrial) -> None:
    """An order must not ship on a declined card."""
    t.gateway.authorize(t.ask(100, declined=True))
    found = t.gateway.lookup(t.payment_id)
    require(not isinstance(found, Succeeded), f"found {found}")


#: The cases of payment gateways, in order.
PAYMENT_CASES: Final = _kit.cases


def check_payment_gateway(
    make: Callable[[], PaymentGateway | AsyncPaymentGateway | Awaitable[AsyncPaymentGateway]],
    *,
    cases: Iterable[Case[PaymentTrial]] = PAYMENT_CASES,
    run: str = "kit",
    method: str = "card",
    token_ref: str = "tok-good",  # noqa: S107 - a reference, no secret
    declined_token_ref: str = "tok-declined",  # noqa: S107 - the same
    currency: str = "EUR",
    other_currency: str = "JPY",
) -> tuple[str, ...]:
    """
    Hold the claims of the payment port against an adapter.

    Args:
        make: Returns a fresh adapter, blocking or awaited; called once a case. It may be a
            coroutine function, and then makes it on a running event loop.
        cases: Which claims; all of them unless told otherwise.
        run: Opens every key. Give each run its own where the provider remembers earlier ones.
        method: The tenders' method.
        token_ref: A token that is good for any amount.
        declined_token_ref: A token that is always declined.
        currency: Of all amounts, which are below 1,000 minor units.
        other_currency: Another one.

    Returns:
        The names of the cases that apply to what the adapter declares; all of them hold.

    Raises:
        ConformanceFailure: The first claim that does not hold.
    """
    return run_cases(
        cases,
        make,
        PaymentGateway,
        lambda case, asked: PaymentTrial(
            gateway=asked.adapter,
            case=case,
            run=run,
            method=method,
            token_ref=token_ref,
            declined_token_ref=declined_token_ref,
            currency=currency,
            other_currency=other_currency,
        ),
    )
