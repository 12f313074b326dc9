"""
A source of messages that are signed after Standard Webhooks; all that is left is to read them.

"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast, final

from ordercore.errors import InvalidData, InvalidDefinition
from ordercore.ids import id_fault
from ordercore.instants import Instant, parse_instant
from ordercore.intake._notices import Notice, provider_fault
from ordercore.intake._signatures import (
    BODY_BYTES_MAX,
    Headers,
    sign_standard_webhook,
    verify_standard_webhook,
)

__all__ = ["SignedWebhook", "json_object"]

_SOME_TIME: Final = parse_instant("2000-01-01T00:00:00Z")


def json_object(body: bytes) -> Mapping[str, Any]:
    """
    Read a body as one JSON object, strictly.

    A key that stands twice is refused, because the sender and we might read different ones; so are
    ``NaN`` and its like. Numbers with a fraction come as text, never as floats.

    Raises:
        InvalidData: It is none; the message holds nothing of the body.
    """
    if len(body) > BODY_BYTES_MAX:
        raise InvalidData("webhook", (f"{len(body)} bytes: legal are {BODY_BYTES_MAX}",))
    try:
        found: object = json.loads(
            body.decode("utf-8"),
            parse_float=str,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_repeated,
        )
    except (ValueError, RecursionError) as error:
        # Its text, and the error that led to it, might hold what was sent.
        raise InvalidData("webhook", (f"the body is no JSON ({type(error).__name__})",)) from None
    if not isinstance(found, dict):
        raise InvalidData("webhook", ("the body is no JSON object",))
    return cast("Mapping[str, Any]", found)


def _refuse_constant(constant: str) -> object:
    raise ValueError(constant)


def _refuse_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


@final
class SignedWebhook:
    """
    A :class:`ordercore.ports.WebhookSource` for providers that follow Standard Webhooks.

    Args:
        provider: Its name, which goes into the names of its messages: never change it.
        secrets: Every secret that is good now; while one replaces another, both.
        reads: Turns the JSON object of a body into notices; none where it is of no interest.
        accounts: The provider accounts for which it may speak; empty for any.
        tolerance_s: How far the provider's clock may be off, in seconds.

    Raises:
        InvalidDefinition: A name or a secret is malformed, or there is no secret.
    """

    __slots__ = ("_accounts", "_provider", "_reads", "_secrets", "_tolerance_s")

    def __init__(
        self,
        *,
        provider: str,
        secrets: Iterable[str],
        reads: Callable[[Mapping[str, Any]], Iterable[Notice]],
        accounts: Iterable[str] = (),
        tolerance_s: int = 300,
    ) -> None:
        self._provider = provider
        self._secrets = tuple(secrets)
        self._reads = reads
        self._accounts = tuple(accounts)
        self._tolerance_s = tolerance_s
        faults = [provider_fault(provider), *(id_fault(account) for account in self._accounts)]
        if tolerance_s < 0 or not self._secrets or any(faults):
            said = "; ".join(fault for fault in faults if fault)
            raise InvalidDefinition(f"webhook: {said or 'no secret, or a tolerance below 0'}")
        for secret in self._secrets:
            sign_standard_webhook(secret, "check", b"", _SOME_TIME)

    @property
    def provider(self) -> str:
        """
        Whose messages.

        """
        return self._provider

    @property
    def accounts(self) -> tuple[str, ...]:
        """
        The provider accounts for which it may speak; empty for any.

        """
        return self._accounts

    def verify(self, headers: Headers, body: bytes, at: Instant) -> str:
        """
        Return the message's id where its signature is good.

        Raises:
            Rejected: See :func:`ordercore.intake.verify_standard_webhook`.
        """
        return verify_standard_webhook(self._secrets, headers, body, at, self._tolerance_s)

    def read(self, body: bytes) -> tuple[Notice, ...]:
        """
        Read what a verified message says.

        Raises:
            InvalidData: It is no JSON object, or not what ``reads`` expects.
        """
        found = json_object(body)
        try:
            return tuple(self._reads(found))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            fault = f"the message is not as {self._provider} writes them ({type(error).__name__})"
            raise InvalidData("webhook", (fault,)) from None
