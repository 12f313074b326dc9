"""The kit of webhook sources: each case finds the fault that it is named for, and no other does."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import attrs
import pytest

from ordercore.errors import InvalidData, Rejected
from ordercore.grammar import Succeeded
from ordercore.ids import PaymentId
from ordercore.instants import Instant
from ordercore.intake import BODY_BYTES_MAX
from ordercore.payments import AskAuthorization
from ordercore.testing import (
    WEBHOOK_CASES,
    ConformanceFailure,
    FakePaymentGateway,
    FakeWebhooks,
    VirtualClock,
    check_webhooks,
)

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
CLOCK = VirtualClock(NOW)
PROVIDER = FakeWebhooks(FakePaymentGateway(CLOCK), CLOCK)
PROVIDER.authorize(
    AskAuthorization(
        key="p-1",
        payment_id=PaymentId("p-1"),
        method="card",
        token_ref="tok-good",
        amount_minor=100,
        currency="EUR",
    )
)


def send(name: str, at: Instant) -> tuple[Mapping[str, str], bytes]:
    CLOCK.set(at)
    return PROVIDER.signed(attrs.evolve(PROVIDER.messages[0], id=name))


class Wrong:
    """A source that passes everything on to one that is right."""

    def __init__(self) -> None:
        self.right = PROVIDER.source
        self.known: dict[str, bytes] = {}

    @property
    def provider(self) -> str:
        return self.right.provider

    @property
    def accounts(self) -> tuple[str, ...]:
        return self.right.accounts

    def verify(self, headers: Any, body: bytes, at: Instant) -> str:
        return self.right.verify(headers, body, at)

    def read(self, body: bytes) -> Any:
        return self.right.read(body)


class Renamed(Wrong):
    @property
    def provider(self) -> str:
        return "a provider"


class Nameless(Wrong):
    def verify(self, headers: Any, body: bytes, at: Instant) -> str:
        name = super().verify(headers, body, at)
        return "" if name == "msg_1" and len(headers) == 3 else name


class NamingAnew(Wrong):
    def verify(self, headers: Any, body: bytes, at: Instant) -> str:
        return super().verify(headers, body, at) + ("-again" if at != NOW else "")


class OneName(Wrong):
    def verify(self, headers: Any, body: bytes, at: Instant) -> str:
        return super().verify(headers, body, at) and "msg_1"


def believing(when: Callable[[Mapping[str, str], bytes, Instant], bool]) -> Callable[[], Wrong]:
    """Make a source that takes some refused messages for genuine."""

    class Believing(Wrong):
        def verify(self, headers: Any, body: bytes, at: Instant) -> str:
            try:
                return super().verify(headers, body, at)
            except Rejected:
                if when(dict(headers), body, at):
                    return "msg_1"
                raise

    return Believing


def signed_at(headers: Mapping[str, str]) -> float:
    return float(headers.get("webhook-timestamp", "0"))


def about(headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether a body is as long as the messages of the trial and says who it is."""
    return headers.get("webhook-id", "-").encode() in body


class Spelling(Wrong):
    def verify(self, headers: Any, body: bytes, at: Instant) -> str:
        if any(name.isupper() for name, _ in dict(headers).items()):
            raise Rejected("missing_header", "no signature")
        return super().verify(headers, body, at)


class AskingForAMapping(Wrong):
    def verify(self, headers: Any, body: bytes, at: Instant) -> str:
        found = {name: headers[name] for name in headers}
        return super().verify(found, body, at)


class TellingBodies(Wrong):
    def verify(self, headers: Any, body: bytes, at: Instant) -> str:
        try:
            return super().verify(headers, body, at)
        except Rejected as refusal:
            told = body.decode("utf-8", "replace")
            raise Rejected(refusal.code, f"not genuine: {told}") from None


class SpeakingForOthers(Wrong):
    def read(self, body: bytes) -> Any:
        outcome = Succeeded(reference="au-1", account="another")
        return tuple(
            attrs.evolve(n, account="another", outcome=outcome) for n in super().read(body)
        )


class Counting(Wrong):
    numbers = count(1)

    def read(self, body: bytes) -> Any:
        name = f"event-{next(self.numbers)}"
        return tuple(attrs.evolve(n, event_id=name) for n in super().read(body))


class Breaking(Wrong):
    def read(self, body: bytes) -> Any:
        try:
            return super().read(body)
        except InvalidData:
            if body[:1] == b"[":
                raise
            raise ValueError("no message") from None


class QuotingBodies(Wrong):
    def read(self, body: bytes) -> Any:
        try:
            return super().read(body)
        except InvalidData:
            raise InvalidData("webhook", (body.decode("utf-8", "replace"),)) from None


def behind(end: bytes) -> Callable[[Mapping[str, str], bytes, Instant], bool]:
    return lambda headers, body, _: bool(headers) and body.endswith(b"}" + end)


def changed(headers: Mapping[str, str], body: bytes, at: Instant) -> bool:
    fresh = abs(signed_at(headers) - at.timestamp()) < 300
    return fresh and about(headers, body) and body.endswith(b"}")


WRONG: dict[str, Callable[[], Wrong]] = {
    "the_providers_name_is_legal_and_stays": Renamed,
    "a_genuine_message_has_an_id": Nameless,
    "a_message_sent_again_has_the_same_id": NamingAnew,
    "two_messages_have_two_ids": OneName,
    "a_changed_body_is_refused": believing(changed),
    "a_body_with_something_behind_it_is_refused": believing(behind(b" ")),
    "a_signature_of_another_message_is_refused": believing(lambda _, b, __: b"msg_2" in b),
    "a_message_without_signature_is_refused": believing(lambda h, *_: not h),
    "an_old_message_is_refused": believing(
        lambda h, _, at: 0 < signed_at(h) < at.timestamp() - 300
    ),
    "a_message_from_the_future_is_refused": believing(
        lambda h, _, at: signed_at(h) > at.timestamp() + 300
    ),
    "headers_are_found_in_any_case": Spelling,
    "headers_may_be_pairs": AskingForAMapping,
    "a_refusal_tells_nothing_of_the_body": TellingBodies,
    "a_body_beyond_all_measure_is_refused": believing(lambda _, b, __: len(b) > BODY_BYTES_MAX),
    "what_is_read_is_of_the_accounts_it_may_speak_for": SpeakingForOthers,
    "what_is_read_twice_says_the_same": Counting,
    "what_can_not_be_read_is_invalid_data": Breaking,
    "what_can_not_be_read_is_not_told": QuotingBodies,
}


def test_the_fakes_source_meets_every_claim() -> None:
    held = check_webhooks(lambda: PROVIDER.source, send)

    assert held == tuple(case.name for case in WEBHOOK_CASES)


def test_every_webhook_claim_has_a_source_that_breaks_it() -> None:
    assert [case.name for case in WEBHOOK_CASES] == list(WRONG)


@pytest.mark.parametrize(("name", "make"), WRONG.items())
def test_a_wrong_source_fails_exactly_the_claim_that_it_breaks(
    name: str, make: Callable[[], Wrong]
) -> None:
    broken: list[str] = []
    for case in WEBHOOK_CASES:
        try:
            check_webhooks(make, send, cases=(case,))
        except ConformanceFailure as failure:
            broken.append(failure.case)

    assert broken == [name]


@pytest.mark.parametrize("case", WEBHOOK_CASES, ids=str)
def test_every_webhook_claim_says_why_it_matters(case: Any) -> None:
    assert case.claim.endswith(".")
