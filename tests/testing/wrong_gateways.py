"""Payment gateways that are wrong in one way each, by the name of the case that has to find it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs

from ordercore.grammar import Declined, Effect, Outcome, Succeeded, Unknown
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities
from ordercore.testing import FakePaymentGateway, VirtualClock

CLOCK = VirtualClock(datetime(2026, 3, 1, 9, tzinfo=UTC))


class Wrong(FakePaymentGateway):
    def __init__(self) -> None:
        super().__init__(CLOCK)


class _Restating(Wrong):
    """Says something else of authorizations, in replies and lookups alike."""

    def authorize(self, ask: AskAuthorization) -> Outcome:
        return self.restated(super().authorize(ask))

    def lookup(self, key: str) -> Outcome | None:
        found = super().lookup(key)
        return self.restated(found) if found and key.endswith("payment-1") else found

    def restated(self, outcome: Outcome) -> Outcome:
        return self.say(outcome) if isinstance(outcome, Succeeded) else outcome

    def say(self, outcome: Succeeded) -> Succeeded:
        return outcome


class Nameless(_Restating):
    def say(self, outcome: Succeeded) -> Succeeded:
        return attrs.evolve(outcome, account="")


class StatingMore(_Restating):
    def say(self, outcome: Succeeded) -> Succeeded:
        return attrs.evolve(outcome, amount_minor=(outcome.amount_minor or 0) + 1)


class Zoneless(_Restating):
    def say(self, outcome: Succeeded) -> Succeeded:
        assert outcome.valid_until is not None
        return attrs.evolve(outcome, valid_until=outcome.valid_until.replace(tzinfo=None))


class Fickle(Wrong):
    @property
    def capabilities(self) -> ActingCapabilities:
        return attrs.evolve(super().capabilities, settling_s=len(self.calls))


class OneNumberForCaptures(Wrong):
    def _number(self, kind: str) -> str:
        return "ca-1" if kind == "ca" else super()._number(kind)


class RaisingOnDeclines(Wrong):
    """Raises in the one case about it, because every case with a bad token would see it."""

    def authorize(self, ask: AskAuthorization) -> Outcome:
        if "a_refused_card" in ask.key:
            raise RuntimeError("card declined")
        return super().authorize(ask)


class DecliningOnceMore(Wrong):
    """Declines a bad token again and again, each time as if it were the first."""

    def authorize(self, ask: AskAuthorization) -> Outcome:
        outcome = super().authorize(ask)
        if isinstance(outcome, Declined):
            return attrs.evolve(outcome, reason=f"try {len(self.calls)}")
        return outcome


def answering_anew(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that acts once, but gives each repeated success a number of its own."""

    class AnsweringAnew(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            repeated = (operation, ask.key) in self.calls
            outcome = super()._ask(operation, ask, judge)
            if repeated and operation == wrong and isinstance(outcome, Succeeded):
                return attrs.evolve(outcome, reference=f"{outcome.reference}-again")
            return outcome

    return AnsweringAnew


def acting_again(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that acts on each repeat of an operation, behind a recorded answer."""

    class ActingAgain(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            repeated = (operation, ask.key) in self.calls
            outcome = super()._ask(operation, ask, judge)
            if repeated and operation == wrong and isinstance(judge(), Succeeded):
                self._record(operation, ask, outcome)
            return outcome

    return ActingAgain


class ComparingAttempts(Wrong):
    def capture(self, ask: AskCapture) -> Outcome:
        if ask.waits_for_operator:
            return Declined(code="idempotency_mismatch")
        return super().capture(ask)


class KeysOverContent(Wrong):
    def capture(self, ask: AskCapture) -> Outcome:
        known = self._entries.get(ask.key)
        return known[0].outcome if known else super().capture(ask)


class _Judging(Wrong):
    """Judges by a changed copy of what it knows of the authorization."""

    def _judge_capture(self, ask: AskCapture, known: Any) -> Outcome:
        return super()._judge_capture(ask, self.for_capture(known))

    def _judge_refund(self, ask: AskRefund, known: Any) -> Outcome:
        return super()._judge_refund(ask, self.for_refund(known))

    def for_capture(self, known: Any) -> Any:
        return known

    def for_refund(self, known: Any) -> Any:
        return known


class GenerousAtFirst(_Judging):
    def for_capture(self, known: Any) -> Any:
        untouched = not known.captured_minor
        return attrs.evolve(known, amount_minor=known.amount_minor + 1) if untouched else known


class ForgettingCaptures(_Judging):
    def for_capture(self, known: Any) -> Any:
        return attrs.evolve(known, captured_minor=0)


class RefundingTheAuthorized(_Judging):
    def for_refund(self, known: Any) -> Any:
        untouched = not known.refunded_minor
        return attrs.evolve(known, captured_minor=known.amount_minor) if untouched else known


class ForgettingRefunds(_Judging):
    def for_refund(self, known: Any) -> Any:
        return attrs.evolve(known, refunded_minor=0)


class ForgettingVoids(_Judging):
    def for_capture(self, known: Any) -> Any:
        return attrs.evolve(known, voided=False, voided_minor=0)


def at_most_two(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that takes an operation twice and no more."""

    class AtMostTwo(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            if operation == wrong and len(self._keys_of(operation) | {ask.key}) > 2:
                return Declined(code="only_two")
            return super()._ask(operation, ask, judge)

        def _keys_of(self, operation: str) -> set[str]:
            return {key for called, key in self.calls if called == operation}

    return AtMostTwo


class TakingZeroForAll(Wrong):
    def capture(self, ask: AskCapture) -> Outcome:
        return super().capture(attrs.evolve(ask, amount_minor=ask.amount_minor or 100))


class BlindToCurrencies(Wrong):
    def capture(self, ask: AskCapture) -> Outcome:
        return super().capture(attrs.evolve(ask, currency="EUR"))


def raising_when_unknown(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway for which an unknown authorization is an exception."""

    class RaisingWhenUnknown(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            outcome = super()._ask(operation, ask, judge)
            unknown = isinstance(outcome, Declined) and outcome.code == "unknown_authorization"
            if operation == wrong and unknown:
                raise KeyError(ask.key)
            return outcome

    return RaisingWhenUnknown


class StatingNothingReleased(Wrong):
    def _judge_void(self, ask: AskVoid, known: Any) -> Outcome:
        if known.captured_minor:
            return Succeeded(reference=self._number("vo"), account="fakepay", amount_minor=0)
        return super()._judge_void(ask, known)


class NoRefundAfterVoid(Wrong):
    def _judge_refund(self, ask: AskRefund, known: Any) -> Outcome:
        if known.voided and ask.amount_minor == known.captured_minor:
            return Declined(code="closed")
        return super()._judge_refund(ask, known)


class KnowingEverything(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        return super().lookup(key) or Unknown(reason="not found")


class ForgettingRefundsInLookups(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        return None if key.endswith("refund-1") else super().lookup(key)


class FindingSuccess(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        found = super().lookup(key)
        return Succeeded(reference="au-1") if isinstance(found, Declined) else found


WRONG: dict[str, Callable[[], Wrong]] = {
    "capabilities_do_not_change": Fickle,
    "an_authorization_has_number_and_account": Nameless,
    "replies_state_the_amount_asked": StatingMore,
    "an_authorizations_end_is_an_instant": Zoneless,
    "every_capture_has_a_number_of_its_own": OneNumberForCaptures,
    "a_refused_card_is_a_value": RaisingOnDeclines,
    "a_repeated_refusal_is_the_same_refusal": DecliningOnceMore,
    "a_repeated_authorization_answers_the_same": answering_anew("authorize"),
    "a_repeated_capture_answers_the_same": answering_anew("capture"),
    "a_repeated_capture_takes_once": acting_again("capture"),
    "a_repeated_void_answers_the_same": answering_anew("void"),
    "a_repeated_refund_answers_the_same": answering_anew("refund"),
    "a_repeated_refund_returns_once": acting_again("refund"),
    "a_retry_when_due_again_is_still_a_retry": ComparingAttempts,
    "another_amount_under_a_key_is_refused": KeysOverContent,
    "partial_captures_add_up": at_most_two("capture"),
    "a_capture_above_the_authorization_is_declined": GenerousAtFirst,
    "captures_together_stay_within_the_authorization": ForgettingCaptures,
    "a_capture_of_nothing_is_refused": TakingZeroForAll,
    "a_capture_in_another_currency_is_refused": BlindToCurrencies,
    "a_capture_of_an_unknown_authorization_is_declined": raising_when_unknown("capture"),
    "a_capture_after_a_void_is_declined": ForgettingVoids,
    "a_void_after_a_capture_gives_back_the_rest": StatingNothingReleased,
    "a_refund_after_a_void_is_done": NoRefundAfterVoid,
    "partial_refunds_add_up": at_most_two("refund"),
    "a_refund_above_the_captured_is_declined": RefundingTheAuthorized,
    "refunds_together_stay_within_the_captured": ForgettingRefunds,
    "a_refund_of_an_unknown_authorization_is_declined": raising_when_unknown("refund"),
    "nothing_is_found_under_an_unknown_key": KnowingEverything,
    "a_lookup_repeats_the_answer": ForgettingRefundsInLookups,
    "a_lookup_of_a_refusal_finds_no_success": FindingSuccess,
}
