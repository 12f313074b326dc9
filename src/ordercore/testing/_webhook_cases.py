"""
What every source of webhooks must do: know a genuine message, and read nothing out of any other.

A source performs no I/O, so there is nothing to be awaited. What the engine makes of messages that
are early, late or there twice is the engine's, and held by its own tests; what it needs for that is
a name for each message that stays the same, and that is the source's.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from ordercore.errors import InvalidData, Rejected
from ordercore.instants import Instant, seconds_after
from ordercore.intake import BODY_BYTES_MAX, Headers, Notice
from ordercore.ports import WebhookSource
from ordercore.testing._conformance import Case, Kit, require, run_cases

__all__ = ["WEBHOOK_CASES", "WebhookTrial", "check_webhooks"]

_NOW: Final = datetime(2026, 3, 1, 9, tzinfo=UTC)
_PROVIDER: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_TELLTALE: Final = 12  #: so many characters of a body in an error are no accident

#: What a provider sends: headers, and the bytes of the body.
_Sent = tuple[Mapping[str, str], bytes]


@attrs.frozen(kw_only=True)
class WebhookTrial:
    """
    A fresh source, and the provider who sends to it.

    Attributes:
        source: Fresh from its factory.
        send: Given an id and an instant, returns the provider's message of that id as it is sent
            then; sent again, it is signed anew.
        now: The present of the trial.
        stale_s: How old, or how early, a message is refused, in seconds.
    """

    source: WebhookSource
    send: Callable[[str, Instant], _Sent]
    now: Instant
    stale_s: int

    def sent(self, name: str = "msg_1", *, later_s: int = 0) -> _Sent:
        """
        Return a message as it is sent now, or later.

        """
        return self.send(name, seconds_after(self.now, later_s))

    def verify(self, headers: Headers, body: bytes, *, later_s: int = 0) -> str:
        """
        Verify a message that arrives now, or later.

        """
        return self.source.verify(headers, body, seconds_after(self.now, later_s))

    def refusal(
        self, headers: Headers, body: bytes, what: str, *, later_s: int = 0
    ) -> Rejected | InvalidData:
        """
        Require that a message is not taken for genuine, and return how it is refused.

        """
        try:
            name = self.verify(headers, body, later_s=later_s)
        except (Rejected, InvalidData) as error:
            return error
        require(False, f"{what} is verified as {name!r}")  # noqa: FBT003 - it never is
        raise AssertionError  # pragma: no cover - the line above has ended the case

    def notices(self) -> tuple[Notice, ...]:
        """
        Return what is read in a message.

        """
        return self.source.read(self.sent()[1])


_kit: Final = Kit[WebhookTrial]()


@_kit.case()
def _the_providers_name_is_legal_and_stays(t: WebhookTrial) -> None:
    """It opens the name of every message that is kept."""
    first = t.source.provider
    t.notices()
    require(bool(_PROVIDER.fullmatch(first)), f"the provider is {first!r}")
    require(first == t.source.provider, f"{first!r} became {t.source.provider!r}")


@_kit.case()
def _a_genuine_message_has_an_id(t: WebhookTrial) -> None:
    """By its id it is known when it comes again."""
    name = t.verify(*t.sent())
    require(bool(name), "the id is empty")


@_kit.case()
def _a_message_sent_again_has_the_same_id(t: WebhookTrial) -> None:
    """Providers send until they are answered; each time is signed anew."""
    first = t.verify(*t.sent())
    second = t.verify(*t.sent(later_s=90), later_s=90)
    require(first == second, f"it is {first!r} and then {second!r}")


@_kit.case()
def _two_messages_have_two_ids(t: WebhookTrial) -> None:
    """Else the second would be taken for the first and never be read."""
    first, second = t.verify(*t.sent()), t.verify(*t.sent("msg_2"))
    require(first != second, f"both are {first!r}")


@_kit.case()
def _a_changed_body_is_refused(t: WebhookTrial) -> None:
    """An amount is one digit."""
    headers, body = t.sent()
    middle = len(body) // 2
    changed = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
    t.refusal(headers, changed, "a message with one bit changed")


@_kit.case()
def _a_body_with_something_behind_it_is_refused(t: WebhookTrial) -> None:
    """The bytes are signed, not what a parser makes of them."""
    headers, body = t.sent()
    t.refusal(headers, body + b" ", "a message with a blank behind it")


@_kit.case()
def _a_signature_of_another_message_is_refused(t: WebhookTrial) -> None:
    """Whoever has seen one message must not be able to send others."""
    headers, _ = t.sent()
    _, body = t.sent("msg_2")
    t.refusal(headers, body, "a message with the headers of another")


@_kit.case()
def _a_message_without_signature_is_refused(t: WebhookTrial) -> None:
    """Everybody knows the address."""
    _, body = t.sent()
    t.refusal({}, body, "a message without headers")


@_kit.case()
def _an_old_message_is_refused(t: WebhookTrial) -> None:
    """What was overheard once must not be good for ever."""
    t.refusal(*t.sent(), "an old message", later_s=t.stale_s)


@_kit.case()
def _a_message_from_the_future_is_refused(t: WebhookTrial) -> None:
    """It would stay fresh for as long as its forger wants."""
    t.refusal(*t.sent(later_s=t.stale_s), "a message from the future")


@_kit.case()
def _headers_are_found_in_any_case(t: WebhookTrial) -> None:
    """Every server spells them in its own way."""
    headers, body = t.sent()
    shouted = {name.upper(): value for name, value in headers.items()}
    require(t.verify(shouted, body) == t.verify(headers, body), "the id depends on the spelling")


@_kit.case()
def _headers_may_be_pairs(t: WebhookTrial) -> None:
    """So frameworks hand them over where a name may stand twice."""
    headers, body = t.sent()
    pairs = list(headers.items())
    require(t.verify(pairs, body) == t.verify(headers, body), "the id depends on the form")


@_kit.case()
def _a_refusal_tells_nothing_of_the_body(t: WebhookTrial) -> None:
    """Errors go into logs; a body holds what customers did."""
    headers, body = t.sent()
    error = t.refusal(headers, body + b"\n", "a message with a newline behind it")
    _silent(error, body)


@_kit.case()
def _a_body_beyond_all_measure_is_refused(t: WebhookTrial) -> None:
    """Before it costs anything."""
    headers, body = t.sent()
    t.refusal(headers, body + b" " * BODY_BYTES_MAX, "a body of a megabyte")


@_kit.case()
def _what_is_read_is_of_the_accounts_it_may_speak_for(t: WebhookTrial) -> None:
    """One merchant's messages must not settle another's payments."""
    notices, accounts = t.notices(), t.source.accounts
    require(bool(notices), "nothing is read in it")
    strange = [n.account for n in notices if accounts and n.account not in accounts]
    require(not strange, f"it speaks for {strange}, and may for {accounts}")


@_kit.case()
def _what_is_read_twice_says_the_same(t: WebhookTrial) -> None:
    """Else the second reading would contradict what is recorded."""
    first, second = t.notices(), t.notices()
    require(first == second, f"first {first}, then {second}")


@_kit.case()
def _what_can_not_be_read_is_invalid_data(t: WebhookTrial) -> None:
    """It waits for a person; any other error would be taken for a defect and end the request."""
    _, body = t.sent()
    for broken in (b"", b"\xff\xfe", body[: len(body) // 2]):
        try:
            found = t.source.read(broken)
        except InvalidData:
            continue
        require(not found, f"in {len(broken)} broken bytes it reads {found}")


@_kit.case()
def _what_can_not_be_read_is_not_told(t: WebhookTrial) -> None:
    """The faults name what is wrong, and nothing of what was sent."""
    _, body = t.sent()
    try:
        t.source.read(b"[" + body)
    except InvalidData as error:
        _silent(error, body)


def _silent(error: Exception, body: bytes) -> None:
    text, told = body.decode("utf-8", "replace"), f"{error} {error.args}"
    parts = (text[n : n + _TELLTALE] for n in range(max(len(text) - _TELLTALE, 0)))
    require(not any(part in told for part in parts), f"the error tells of the body: {error}")


#: The cases of webhook sources, in order.
WEBHOOK_CASES: Final = _kit.cases


def check_webhooks(
    make: Callable[[], WebhookSource],
    send: Callable[[str, Instant], tuple[Mapping[str, str], bytes]],
    *,
    cases: Iterable[Case[WebhookTrial]] = WEBHOOK_CASES,
    now: Instant = _NOW,
    stale_s: int = 3_600,
) -> tuple[str, ...]:
    """
    Hold the claims of the webhook port against a source.

    Args:
        make: Returns a fresh source; called once a case.
        send: Plays the provider: given an id and an instant, returns headers and body of a message
            with that id as it would be sent then. It has to say something that the source reads.
        cases: Which claims; all of them unless told otherwise.
        now: The present.
        stale_s: How old, or how early, the source refuses a message, in seconds; more than 90.

    Returns:
        The names of the cases, all of which hold.

    Raises:
        ConformanceFailure: The first claim that does not hold.
    """
    return run_cases(
        cases,
        make,
        WebhookSource,
        lambda _, asked: WebhookTrial(source=asked.adapter, send=send, now=now, stale_s=stale_s),
    )
