"""Payment gateways that are wrong in one way each, by the name of the case that has to find it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs

from ordercore.errors import OutcomeUnknown, PortUnavailable
from ordercore.grammar import Declined, Effect, Outcome, Succeeded, Unknown
from ordercore.instants import seconds_after
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities
from ordercore.testing import FakePaymentGateway, Fault, VirtualClock
from ordercore.testing._acting import CAPABLE, Entry

CLOCK = VirtualClock(datetime(2026, 3, 1, 9, tzinfo=UTC))


class Wrong(FakePaymentGateway):
    """Knows what was planned for it, and whether several threads ask it."""

    def __init__(self) -> None:
        super().__init__(CLOCK)
        self.faults: list[Fault] = []

    def plan(self, operation: str, *faults: Fault | None, key: str | None = None) -> None:
        self.faults += [fault for fault in faults if fault]
        super().plan(operation, *faults, key=key)

    @property
    def calm(self) -> bool:
        return not self.faults and not self.crowded

    @property
    def crowded(self) -> bool:
        return threading.current_thread().name.startswith("ThreadPool")


class _Restating(Wrong):
    """Says something else of authorizations, in replies and lookups alike."""

    def authorize(self, ask: AskAuthorization) -> Outcome:
        outcome = super().authorize(ask)
        return self.restated(outcome) if ask.amount_minor == 100 else outcome

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


def one_number_for(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that numbers all that it does of one kind alike."""

    class OneNumber(Wrong):
        def _number(self, kind: str) -> str:
            return "all" if kind == wrong else super()._number(kind)

    return OneNumber


class OneNumberForAuthorizations(Wrong):
    """Says one number for all of them, and knows by the payment which is meant."""

    def __init__(self) -> None:
        super().__init__()
        self.real: dict[str, str] = {}

    def authorize(self, ask: AskAuthorization) -> Outcome:
        return self.alike(super().authorize(ask), ask.key)

    def lookup(self, key: str) -> Outcome | None:
        found = super().lookup(key)
        return self.alike(found, key) if found and key.endswith("payment-1") else found

    def alike(self, outcome: Outcome, key: str) -> Outcome:
        if not isinstance(outcome, Succeeded):
            return outcome
        self.real[key] = outcome.reference
        return attrs.evolve(outcome, reference="au-all")

    def _ask(self, operation: str, ask: Any, judge: Callable[[], Outcome]) -> Outcome:
        if getattr(ask, "authorization", "") != "au-all":
            return super()._ask(operation, ask, judge)
        ask = attrs.evolve(ask, authorization=self.real[ask.payment_id])
        outcome: Outcome = getattr(super(), operation)(ask)
        return outcome


class NamingTheToken(Wrong):
    token = ""

    def authorize(self, ask: AskAuthorization) -> Outcome:
        self.token = ask.token_ref
        return super().authorize(ask)

    def _number(self, kind: str) -> str:
        return f"{super()._number(kind)}-{self.token}"


class RaisingOnDeclines(Wrong):
    """Raises in the one case about it, because every case with a bad token would see it."""

    def authorize(self, ask: AskAuthorization) -> Outcome:
        if "a_refused_card" in ask.key:
            raise RuntimeError("card declined")
        return super().authorize(ask)


def declining_anew(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that declines again and again, each time as if it were the first."""

    class DecliningAnew(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            outcome = super()._ask(operation, ask, judge)
            if operation == wrong and isinstance(outcome, Declined):
                return attrs.evolve(outcome, reason=f"try {len(self.calls)}")
            return outcome

    return DecliningAnew


def answering_anew(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that acts once, but gives each repeated success a number of its own."""

    class AnsweringAnew(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            repeated = (operation, ask.key) in self.calls
            outcome = super()._ask(operation, ask, judge)
            asked = operation == wrong and getattr(ask, "amount_minor", 0) == 100
            if repeated and asked and self.calm and isinstance(outcome, Succeeded):
                return attrs.evolve(outcome, reference=f"{outcome.reference}-again")
            return outcome

    return AnsweringAnew


def acting_again(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that acts on each repeat of an operation, behind a recorded answer."""

    class ActingAgain(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            repeated = (operation, ask.key) in self.calls
            outcome = super()._ask(operation, ask, judge)
            acts = repeated and operation == wrong and self.calm
            if acts and isinstance(judge(), Succeeded):
                self._record(operation, ask, outcome)
            return outcome

    return ActingAgain


class ComparingAttempts(Wrong):
    def capture(self, ask: AskCapture) -> Outcome:
        if ask.waits_for_operator:
            return Declined(code="idempotency_mismatch")
        return super().capture(ask)


def keys_over_content(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that answers a known key whatever is asked under it."""

    class KeysOverContent(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            known = self._entries.get(ask.key)
            if known and operation == wrong == known[0].operation:
                return known[0].outcome
            return super()._ask(operation, ask, judge)

    return KeysOverContent


class KeysByOperation(Wrong):
    def _recognized(self, operation: str, ask: Effect) -> Entry | None:
        known = self._entries.get(ask.key)
        apart = known and known[0].operation != operation
        return None if apart else super()._recognized(operation, ask)


class JudgingRetriesAnew(Wrong):
    def capture(self, ask: AskCapture) -> Outcome:
        known = self._authorizations.get(ask.authorization)
        if known and known.voided:
            return Declined(code="authorization_voided")
        return super().capture(ask)


class ActingForEachThread(Wrong):
    """Captures once more where the same key comes from another thread."""

    def capture(self, ask: AskCapture) -> Outcome:
        outcome = super().capture(ask)
        if self.crowded and ask.key.endswith("capture-1"):
            super().capture(attrs.evolve(ask, key=f"{ask.key}-again"))
        return outcome


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
        untouched = not known.captured_minor and known.amount_minor == 100
        return attrs.evolve(known, amount_minor=known.amount_minor + 1) if untouched else known


class ForgettingCaptures(_Judging):
    def for_capture(self, known: Any) -> Any:
        forgets = known.captured_minor == 60
        return attrs.evolve(known, captured_minor=0) if forgets else known


class RefundingTheAuthorized(_Judging):
    def for_refund(self, known: Any) -> Any:
        untouched = known.captured_minor and not known.refunded_minor and not known.voided
        return attrs.evolve(known, captured_minor=known.amount_minor) if untouched else known


class RefundingBeforeCaptures(_Judging):
    def for_refund(self, known: Any) -> Any:
        return attrs.evolve(known, captured_minor=known.captured_minor or known.amount_minor)


class RefundingTheVoided(_Judging):
    def for_refund(self, known: Any) -> Any:
        return attrs.evolve(known, captured_minor=known.captured_minor + known.voided_minor)


class ForgettingRefunds(_Judging):
    def for_refund(self, known: Any) -> Any:
        forgets = known.refunded_minor < known.captured_minor
        return attrs.evolve(known, refunded_minor=0) if forgets else known


class RefundingOneMore(_Judging):
    def for_refund(self, known: Any) -> Any:
        more = known.refunded_minor and known.refunded_minor == known.captured_minor
        return attrs.evolve(known, captured_minor=known.captured_minor + 1) if more else known


class CapturingOneMore(_Judging):
    def for_capture(self, known: Any) -> Any:
        more = known.captured_minor == known.amount_minor
        return attrs.evolve(known, captured_minor=known.captured_minor - 1) if more else known


class LeavingTheLastUnit(_Judging):
    def for_capture(self, known: Any) -> Any:
        last = known.amount_minor > 1 and known.left_minor == 1
        return attrs.evolve(known, captured_minor=known.amount_minor) if last else known


class ReopeningByRefunds(_Judging):
    def for_capture(self, known: Any) -> Any:
        return attrs.evolve(known, captured_minor=known.captured_minor - known.refunded_minor)


class ClosingByRefunds(_Judging):
    def for_capture(self, known: Any) -> Any:
        return attrs.evolve(known, voided=bool(known.refunded_minor) or known.voided)


class OnePurse(_Judging):
    """Counts what was captured of all payments in a currency as if it were of one."""

    def for_capture(self, known: Any) -> Any:
        alike = [a for a in self._authorizations.values() if a.currency == known.currency]
        return attrs.evolve(known, captured_minor=sum(a.captured_minor for a in alike))


class CapturingInParallel(_Judging):
    """Judges captures that come from several threads by what was there before them."""

    def for_capture(self, known: Any) -> Any:
        return attrs.evolve(known, captured_minor=0) if self.crowded else known


class RefusingSmallRefunds(_Judging):
    def for_refund(self, known: Any) -> Any:
        return attrs.evolve(known, captured_minor=0) if known.amount_minor == 1 else known


class ForgettingVoids(_Judging):
    def for_capture(self, known: Any) -> Any:
        return attrs.evolve(known, voided=False, voided_minor=0)


def at_most_two(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that takes an operation twice and no more."""

    class AtMostTwo(Wrong):
        def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            if operation == wrong and getattr(ask, "amount_minor", 0) in {30, 40}:
                keys = {key for called, key in self.calls if called == operation}
                if len(keys | {ask.key}) > 2:
                    return Declined(code="only_two")
            return super()._ask(operation, ask, judge)

    return AtMostTwo


class TakingZeroForAll(Wrong):
    def capture(self, ask: AskCapture) -> Outcome:
        return super().capture(attrs.evolve(ask, amount_minor=ask.amount_minor or 100))


class RefundingZeroForAll(Wrong):
    def refund(self, ask: AskRefund) -> Outcome:
        return super().refund(attrs.evolve(ask, amount_minor=ask.amount_minor or 100))


class IgnoringSigns(Wrong):
    def refund(self, ask: AskRefund) -> Outcome:
        return super().refund(attrs.evolve(ask, amount_minor=abs(ask.amount_minor)))


class BlindToCurrencies(Wrong):
    def capture(self, ask: AskCapture) -> Outcome:
        return super().capture(self.blindly(ask))

    def blindly(self, ask: Any) -> Any:
        known = self._authorizations.get(ask.authorization)
        return attrs.evolve(ask, currency=known.currency if known else ask.currency)


class RefundingInAnyCurrency(BlindToCurrencies):
    def capture(self, ask: AskCapture) -> Outcome:
        return Wrong.capture(self, ask)

    def refund(self, ask: AskRefund) -> Outcome:
        return super().refund(self.blindly(ask))


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


class VoidingTheCaptured(Wrong):
    def _judge_void(self, ask: AskVoid, known: Any) -> Outcome:
        if not known.left_minor and not known.voided:
            return self._done("vo", ask.amount_minor)
        return super()._judge_void(ask, known)


class VoidingAgain(Wrong):
    def _judge_void(self, ask: AskVoid, known: Any) -> Outcome:
        return self._done("vo", 100) if known.voided else super()._judge_void(ask, known)


class StatingNothingReleased(Wrong):
    def _judge_void(self, ask: AskVoid, known: Any) -> Outcome:
        if known.captured_minor and known.left_minor:
            return Succeeded(reference=self._number("vo"), account="fakepay", amount_minor=0)
        return super()._judge_void(ask, known)


class NoRefundAfterVoid(Wrong):
    def _judge_refund(self, ask: AskRefund, known: Any) -> Outcome:
        if known.voided and ask.amount_minor == known.captured_minor:
            return Declined(code="closed")
        return super()._judge_refund(ask, known)


class KnowingEverything(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        never = Unknown(reason="not found") if key.endswith("never-used") else None
        return super().lookup(key) or never


class UsingKeysUp(Wrong):
    """Takes a key that was looked for as one that was used."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def lookup(self, key: str) -> Outcome | None:
        self.used.add(key)
        return super().lookup(key)

    def authorize(self, ask: AskAuthorization) -> Outcome:
        return Declined(code="key_used") if ask.key in self.used else super().authorize(ask)


class GuessingInLookups(FakePaymentGateway):
    def __init__(self) -> None:
        super().__init__(CLOCK, capabilities=attrs.evolve(CAPABLE, lookup=False))

    def lookup(self, key: str) -> Outcome | None:
        return Succeeded(reference="au-1")


class ForgettingRefundsInLookups(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        return None if key.endswith("refund-1") else super().lookup(key)


class FindingSuccess(Wrong):
    def lookup(self, key: str) -> Outcome | None:
        found = super().lookup(key)
        return Succeeded(reference="au-1") if isinstance(found, Declined) else found


class Changing(Wrong):
    """Changes the amounts of some currencies on the way to the provider and back."""

    def __init__(self, *currencies: str, by: int = 1) -> None:
        super().__init__()
        self.currencies = currencies
        self.by = by

    def authorize(self, ask: AskAuthorization) -> Outcome:
        if ask.currency not in self.currencies:
            return super().authorize(ask)
        return super().authorize(attrs.evolve(ask, amount_minor=ask.amount_minor * self.by))


def changing(*currencies: str, by: int) -> Callable[[], Wrong]:
    """Make a gateway that takes some currencies for ones with other decimals."""
    return lambda: Changing(*currencies, by=by)


class Losing(Wrong):
    """Knows which keys have lost an answer, and by what."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: dict[str, str] = {}

    def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
        if ask.key in self.lost:
            return self.retried(operation, ask, judge)
        try:
            return super()._ask(operation, ask, judge)
        except (OutcomeUnknown, PortUnavailable) as error:
            self.lost[ask.key] = operation
            return self.failed(operation, ask, judge, error)

    def retried(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
        return super()._ask(operation, ask, judge)

    def failed(
        self, operation: str, ask: Effect, judge: Callable[[], Outcome], error: Exception
    ) -> Outcome:
        raise error


class TellingOutages(Losing):
    def failed(
        self, operation: str, ask: Effect, judge: Callable[[], Outcome], error: Exception
    ) -> Outcome:
        raise PortUnavailable("payments", "timeout") from error


class DecliningInOutages(Losing):
    def failed(
        self, operation: str, ask: Effect, judge: Callable[[], Outcome], error: Exception
    ) -> Outcome:
        if isinstance(error, PortUnavailable):
            return Declined(code="try_later")
        raise error


class ActingInOutages(Losing):
    def failed(
        self, operation: str, ask: Effect, judge: Callable[[], Outcome], error: Exception
    ) -> Outcome:
        if isinstance(error, PortUnavailable):
            self._record(operation, ask, judge())
        raise error


class DecliningRetries(Losing):
    """Finds a lost capture again, and says that the key is in use."""

    def retried(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
        outcome = super().retried(operation, ask, judge)
        arrived = operation == "capture" and Fault.TIMEOUT_AFTER in self.faults
        return Declined(code="key_in_use") if arrived else outcome


def acting_on_retries(wrong: str) -> Callable[[], Wrong]:
    """Make a gateway that acts again where an answer was lost."""

    class ActingOnRetries(Losing):
        def retried(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
            outcome = super().retried(operation, ask, judge)
            if operation == wrong and isinstance(judge(), Succeeded):
                self._record(operation, ask, outcome)
            return outcome

    return ActingOnRetries


class NumberingRetriesAnew(Losing):
    def retried(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
        outcome = super().retried(operation, ask, judge)
        if operation == "authorize" and isinstance(outcome, Succeeded):
            return attrs.evolve(outcome, reference=f"{outcome.reference}-again")
        return outcome


class BurningKeys(Losing):
    """Takes a key for used that it has never heard of."""

    def retried(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
        heard = ask.key in self._entries
        return super().retried(operation, ask, judge) if heard else Declined(code="key_used")


class ForgettingTheLost(Losing):
    def lookup(self, key: str) -> Outcome | None:
        lost = key in self.lost and Fault.TIMEOUT_AFTER in self.faults
        return None if lost else super().lookup(key)


class SettlingLate(Losing):
    """Needs longer than it declares."""

    def lookup(self, key: str) -> Outcome | None:
        late = key in self.lost and Fault.LATE in self.faults
        return None if late else super().lookup(key)


class DoubtingForEver(Losing):
    def lookup(self, key: str) -> Outcome | None:
        found = super().lookup(key)
        return Unknown(reason="maybe") if key in self.lost and not found else found


class ForgettingKeysEarly(Wrong):
    """Recognizes a key for half the time that it declares."""

    def _recognized(self, operation: str, ask: Effect) -> Entry | None:
        known = super()._recognized(operation, ask)
        half_s = self._capabilities.idempotency_s // 2
        return None if known and CLOCK() > seconds_after(known.at, half_s) else known


WRONG: dict[str, Callable[[], FakePaymentGateway]] = {
    "capabilities_do_not_change": Fickle,
    "an_authorization_has_number_and_account": Nameless,
    "replies_state_the_amount_asked": StatingMore,
    "an_authorizations_end_is_an_instant": Zoneless,
    "every_capture_has_a_number_of_its_own": one_number_for("ca"),
    "a_refused_card_is_a_value": RaisingOnDeclines,
    "a_repeated_refusal_is_the_same_refusal": declining_anew("authorize"),
    "a_repeated_authorization_answers_the_same": answering_anew("authorize"),
    "a_repeated_capture_answers_the_same": answering_anew("capture"),
    "a_repeated_capture_takes_once": acting_again("capture"),
    "a_repeated_void_answers_the_same": answering_anew("void"),
    "a_repeated_refund_answers_the_same": answering_anew("refund"),
    "a_repeated_refund_returns_once": acting_again("refund"),
    "a_retry_when_due_again_is_still_a_retry": ComparingAttempts,
    "another_amount_under_a_key_is_refused": keys_over_content("capture"),
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
    "nothing_told_reveals_the_card": NamingTheToken,
    "another_authorization_under_a_key_is_refused": keys_over_content("authorize"),
    "another_operation_under_a_key_is_refused": KeysByOperation,
    "a_repeated_refusal_of_a_capture_is_the_same_refusal": declining_anew("capture"),
    "a_retry_is_answered_by_what_was_recorded": JudgingRetriesAnew,
    "calls_at_once_under_one_key_act_once": ActingForEachThread,
    "looking_for_a_key_does_not_use_it_up": UsingKeysUp,
    "what_can_not_be_looked_up_is_not_guessed": GuessingInLookups,
    "every_authorization_has_a_number_of_its_own": OneNumberForAuthorizations,
    "every_refund_has_a_number_of_its_own": one_number_for("re"),
    "payments_are_kept_apart": OnePurse,
    "one_minor_unit_is_an_amount": RefusingSmallRefunds,
    "the_last_minor_unit_is_captured": LeavingTheLastUnit,
    "nothing_is_left_after_the_last_minor_unit": CapturingOneMore,
    "captures_at_once_stay_within_the_authorization": CapturingInParallel,
    "an_amount_below_zero_is_refused": IgnoringSigns,
    "a_void_of_an_unknown_authorization_is_declined": raising_when_unknown("void"),
    "a_void_of_what_was_captured_gives_nothing_back": VoidingTheCaptured,
    "a_second_void_gives_nothing_more_back": VoidingAgain,
    "a_refund_before_any_capture_is_declined": RefundingBeforeCaptures,
    "a_refund_of_what_was_voided_is_declined": RefundingTheVoided,
    "nothing_is_left_to_refund_after_the_last_minor_unit": RefundingOneMore,
    "a_refund_of_nothing_is_refused": RefundingZeroForAll,
    "a_refund_in_another_currency_is_refused": RefundingInAnyCurrency,
    "a_capture_after_a_refund_is_done": ClosingByRefunds,
    "a_refund_does_not_reopen_the_authorization": ReopeningByRefunds,
    "amounts_without_decimals_go_through_untouched": changing("KRW", by=100),
    "amounts_with_two_decimals_go_through_untouched": changing("HUF", by=100),
    "amounts_with_three_decimals_go_through_untouched": changing("KWD", by=10),
    "amounts_with_four_decimals_go_through_untouched": changing("CLF", by=10),
    "a_lost_answer_is_told_as_unknown": TellingOutages,
    "an_outage_is_told_as_unavailable": DecliningInOutages,
    "an_outage_has_not_acted": ActingInOutages,
    "a_retry_after_a_lost_answer_succeeds": DecliningRetries,
    "a_retry_after_a_lost_answer_takes_once": acting_on_retries("capture"),
    "a_retry_after_a_lost_refund_returns_once": acting_on_retries("refund"),
    "a_retry_after_a_lost_authorization_can_be_captured": NumberingRetriesAnew,
    "what_never_arrived_is_done_when_asked_again": BurningKeys,
    "a_lost_success_is_found": ForgettingTheLost,
    "a_late_success_is_found_once_settled": SettlingLate,
    "what_never_arrived_is_not_found": DoubtingForEver,
    "a_key_is_recognized_until_its_window_ends": ForgettingKeysEarly,
}
