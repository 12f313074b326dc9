"""
What every payment gateway must do with replies, with keys that come again, and with lookups.

"""

from typing import Final

import attrs

from ordercore.errors import OutcomeUnknown, PortUnavailable
from ordercore.grammar import Declined, Outcome, Succeeded
from ordercore.testing._conformance import Kit, at_once, refused, require, succeeded
from ordercore.testing._payment_trial import PaymentTrial, alike, looks_up, recognizes_keys, says

__all__ = ["KEY_CASES"]

_kit: Final = Kit[PaymentTrial]()


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
    says(t.gateway.authorize(t.ask(100)), 100, "an authorization")


@_kit.case()
def _an_authorizations_end_is_an_instant(t: PaymentTrial) -> None:
    """A naive datetime names no instant, and renewal is planned by it."""
    until = succeeded(t.gateway.authorize(t.ask(100)), "an authorization").valid_until
    require(until is None or until.tzinfo is not None, f"valid_until {until} has no zone")


@_kit.case()
def _a_refused_card_is_a_value(t: PaymentTrial) -> None:
    """A decline is news for the shopper, never an exception."""
    refused(lambda: t.gateway.authorize(t.ask(100, declined=True)), "a bad token")


@_kit.case()
def _nothing_told_reveals_the_card(t: PaymentTrial) -> None:
    """What is told goes into histories, exports and logs that are kept for years."""
    good = succeeded(t.gateway.authorize(t.ask(100)), "an authorization")
    captured = succeeded(t.capture(good.reference, 100), "a capture")
    bad = t.apart("bad").ask(100, declined=True)
    declined = t.gateway.authorize(bad)
    told = [good.reference, good.account, captured.reference]
    if isinstance(declined, Declined):
        told += [declined.code, declined.reason]
    for secret in filter(None, (t.token_ref, t.declined_token_ref, t.card_number)):
        found = [text for text in told if secret in text]
        require(not found, f"{secret!r} stands in {found}")


@_kit.case(recognizes_keys)
def _a_repeated_refusal_is_the_same_refusal(t: PaymentTrial) -> None:
    """A decline is final under its key; another try is another payment."""
    ask = t.ask(100, declined=True)
    alike(t.gateway.authorize(ask), t.gateway.authorize(ask), "a declined authorization")


@_kit.case(recognizes_keys)
def _a_repeated_authorization_answers_the_same(t: PaymentTrial) -> None:
    """After a lost answer the same key asks again and must not hold the money twice."""
    ask = t.ask(100)
    first = succeeded(t.gateway.authorize(ask), "an authorization")
    alike(first, t.gateway.authorize(ask), "an authorization")


@_kit.case(recognizes_keys)
def _a_repeated_capture_answers_the_same(t: PaymentTrial) -> None:
    """The same for a capture."""
    authorization = t.authorized(100)
    first = succeeded(t.capture(authorization, 100), "a capture")
    alike(first, t.capture(authorization, 100), "a capture")


@_kit.case(recognizes_keys)
def _a_repeated_capture_takes_once(t: PaymentTrial) -> None:
    """What a repeated capture left must still be there to take."""
    authorization = t.authorized(80)
    t.capture(authorization, 40)
    t.capture(authorization, 40)
    succeeded(t.capture(authorization, 40, "capture-2"), "the other half")


@_kit.case(recognizes_keys)
def _a_repeated_void_answers_the_same(t: PaymentTrial) -> None:
    """The same for a void."""
    authorization = t.authorized(100)
    first = succeeded(t.void(authorization, 100), "a void")
    alike(first, t.void(authorization, 100), "a void")


@_kit.case(recognizes_keys)
def _a_repeated_refund_answers_the_same(t: PaymentTrial) -> None:
    """The same for a refund."""
    authorization = t.captured(100, of_minor=100)
    first = succeeded(t.refund(authorization, 100), "a refund")
    alike(first, t.refund(authorization, 100), "a refund")


@_kit.case(recognizes_keys)
def _a_repeated_refund_returns_once(t: PaymentTrial) -> None:
    """What a repeated refund left must still be there to return."""
    authorization = t.captured(80, of_minor=80)
    t.refund(authorization, 40)
    t.refund(authorization, 40)
    succeeded(t.refund(authorization, 40, "refund-2"), "the other half")


@_kit.case(recognizes_keys)
def _a_retry_when_due_again_is_still_a_retry(t: PaymentTrial) -> None:
    """When an attempt is due is no part of what is asked."""
    ask = t.ask_capture(t.authorized(100), 100)
    succeeded(t.gateway.capture(ask), "a capture")
    later = attrs.evolve(ask, waits_for_operator=True)
    succeeded(t.gateway.capture(later), "the same capture, released by an operator")


@_kit.case(recognizes_keys)
def _another_amount_under_a_key_is_refused(t: PaymentTrial) -> None:
    """The recorded answer would be taken for the answer to the other amount."""
    authorization = t.authorized(100)
    succeeded(t.capture(authorization, 30), "a capture")
    refused(lambda: t.capture(authorization, 40), "another amount under a key", malformed=True)


@_kit.case(recognizes_keys)
def _another_authorization_under_a_key_is_refused(t: PaymentTrial) -> None:
    """The same: an order that grew is another payment."""
    succeeded(t.gateway.authorize(t.ask(30)), "an authorization")
    ask = t.ask(40)
    refused(lambda: t.gateway.authorize(ask), "another amount under a key", malformed=True)


@_kit.case(recognizes_keys)
def _another_operation_under_a_key_is_refused(t: PaymentTrial) -> None:
    """A refund must not be answered with the capture that it takes back."""
    authorization = t.authorized(100)
    succeeded(t.capture(authorization, 40, "request-1"), "a capture")
    refused(
        lambda: t.refund(authorization, 40, "request-1"), "a refund under its key", malformed=True
    )


@_kit.case(recognizes_keys)
def _a_repeated_refusal_of_a_capture_is_the_same_refusal(t: PaymentTrial) -> None:
    """A decline is final for captures, too."""
    authorization = t.authorized(100)
    first = t.capture(authorization, 101)
    alike(first, t.capture(authorization, 101), "a declined capture")


@_kit.case(recognizes_keys)
def _a_retry_is_answered_by_what_was_recorded(t: PaymentTrial) -> None:
    """Not by how things stand now: the capture has happened, whatever was voided since."""
    authorization = t.authorized(100)
    first = succeeded(t.capture(authorization, 40), "a capture")
    succeeded(t.void(authorization, 60), "a void")
    alike(first, t.capture(authorization, 40), "a capture before a void")


@_kit.case(recognizes_keys)
def _calls_at_once_under_one_key_act_once(t: PaymentTrial) -> None:
    """A worker that was thought dead calls at the same moment as its heir."""
    authorization = t.authorized(80)

    def call(_: int) -> Outcome | None:
        try:
            return t.capture(authorization, 40)
        except (OutcomeUnknown, PortUnavailable):  # one may be told that the other is at it
            return None

    done = [answer for answer in at_once(call, 4) if isinstance(answer, Succeeded)]
    require(bool(done), "none of them is answered")
    require(all(answer == done[0] for answer in done), f"they are answered with {done}")
    succeeded(t.capture(authorization, 40, "capture-2"), "the other half")


@_kit.case(looks_up)
def _nothing_is_found_under_an_unknown_key(t: PaymentTrial) -> None:
    """Not found is what allows the call to be made again."""
    found = t.gateway.lookup(t.key("never-used"))
    require(found is None, f"found {found}")


@_kit.case(looks_up)
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
        alike(answer, t.gateway.lookup(key), f"lookup of {key}")


@_kit.case(looks_up)
def _a_lookup_of_a_refusal_finds_no_success(t: PaymentTrial) -> None:
    """An order must not ship on a declined card."""
    t.gateway.authorize(t.ask(100, declined=True))
    found = t.gateway.lookup(t.payment_id)
    require(not isinstance(found, Succeeded), f"found {found}")


@_kit.case(looks_up)
def _looking_for_a_key_does_not_use_it_up(t: PaymentTrial) -> None:
    """Whoever found nothing calls next."""
    t.gateway.lookup(t.payment_id)
    succeeded(t.gateway.authorize(t.ask(100)), "an authorization under a key looked for")


@_kit.case(lambda t: not looks_up(t))
def _what_can_not_be_looked_up_is_not_guessed(t: PaymentTrial) -> None:
    """It is not called; where somebody does, a guess must not ship an order."""
    try:
        found = t.gateway.lookup(t.key("never-used"))
    except Exception:  # noqa: BLE001 - refusing in any way is right
        return
    require(not isinstance(found, Succeeded), f"found {found}")


#: In order.
KEY_CASES: Final = _kit.cases
