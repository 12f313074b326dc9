"""
Signatures of webhooks: whether a message is from whom it says, whole, and not an old one again.

Two schemes, both HMAC-SHA256 over the bytes as they came in:

- Standard Webhooks 1.0.0 (https://github.com/standard-webhooks/standard-webhooks, its
  ``spec/standard-webhooks.md``): ``{id}.{timestamp}.{body}``, base64, in the header
  ``webhook-signature`` as a list of ``v1,...`` parted by spaces. The secret is base64 behind
  ``whsec_``. Only the symmetric ``v1`` is read; other versions in the list are passed over.
- Stripe (https://docs.stripe.com/webhooks, "Verify webhook signatures manually"):
  ``{t}.{body}``, hexadecimal, in the header ``Stripe-Signature`` as ``t=...,v1=...,v1=...``. The
  secret is used as it is written, its ``whsec_`` included. Every scheme but ``v1`` is passed over,
  as that page asks for against downgrades; ``v0`` is a fake one that comes with test events.

Both lists exist for rotation: the sender signs with the old and the new secret for a while. The
receiver may hold several secrets too; any signature under any of them is good. Every signature is
compared with every secret, each in constant time, and the texts themselves are compared, so that
no second spelling of a signature is good.

A refusal says which rule was not met and nothing of what came in: neither body nor secret nor the
signature that would have been right.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias, cast

from ordercore.errors import InvalidDefinition, Rejected
from ordercore.instants import Instant, instant, seconds_after

__all__ = [
    "BODY_BYTES_MAX",
    "Headers",
    "sign_standard_webhook",
    "sign_stripe_webhook",
    "verify_standard_webhook",
    "verify_stripe_signature",
]

#: The largest body that is looked at, in bytes; larger ones are refused before they are hashed.
BODY_BYTES_MAX: Final = 1_048_576
_HEADER_MAX: Final = 4_096
_SECRET_BYTES_MIN: Final = 24
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Ten digits reach to the year 2286. A full stop would let an id and a time be read in two ways.
_SECONDS: Final = re.compile(r"\d{1,10}", re.ASCII)
_MESSAGE_ID: Final = re.compile(r"[!-\-/-~]{1,255}", re.ASCII)

#: Headers as frameworks hand them over: a mapping, or pairs where a name may stand twice.
Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]


def verify_standard_webhook(
    secrets: Iterable[str],
    headers: Headers,
    body: bytes,
    at: Instant,
    tolerance_s: int = 300,
) -> str:
    """
    Verify a message signed after Standard Webhooks.

    Args:
        secrets: Every secret that is good now, as the sender shows them (``whsec_...``).
        headers: Of the request; names in any case.
        body: The bytes as they came in, before anybody parsed them.
        at: Now.
        tolerance_s: How far the sender's clock may be off either way, in seconds.

    Returns:
        The message's id: the same however often it is sent.

    Raises:
        Rejected: ``missing_header``, ``malformed``, ``too_large``, ``too_old``, ``too_new``,
            ``wrong_signature``, in this order.
        InvalidDefinition: No secret, or one that is none of this scheme.
    """
    keys = [_standard_key(secret) for secret in secrets]
    pairs = _pairs(headers)
    message_id = _header(pairs, "webhook-id")
    sent = _header(pairs, "webhook-timestamp")
    listed = _header(pairs, "webhook-signature")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise _malformed("webhook-id", "1 to 255 visible ASCII characters and no full stop")
    _check_time(sent, "webhook-timestamp", at, tolerance_s, body)
    given = [entry[3:] for entry in listed.split(" ") if entry.startswith("v1,")]
    content = f"{message_id}.{sent}.".encode("ascii") + body
    _check_signatures(given, [_base64(_mac(key, content)) for key in keys])
    return message_id


def sign_standard_webhook(secret: str, message_id: str, body: bytes, at: Instant) -> dict[str, str]:
    """
    Sign a message after Standard Webhooks; for a host's own webhooks, and for tests.

    Args:
        secret: ``whsec_`` and base64 of at least 24 random bytes.
        message_id: Names the message; the same each time it is sent again.
        body: The bytes that will be sent.
        at: When this attempt is made.

    Returns:
        The three headers. To sign with two secrets while one replaces the other, part the two
        ``webhook-signature`` by a space.

    Raises:
        Rejected: ``malformed`` where the id may not be sent.
        InvalidDefinition: The secret is none of this scheme.
    """
    if not _MESSAGE_ID.fullmatch(message_id):
        raise _malformed("webhook-id", "1 to 255 visible ASCII characters and no full stop")
    sent = str(_seconds(at))
    content = f"{message_id}.{sent}.".encode("ascii") + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{_base64(_mac(_standard_key(secret), content))}",
    }


def verify_stripe_signature(
    secrets: Iterable[str],
    header: str | None,
    body: bytes,
    at: Instant,
    tolerance_s: int = 300,
) -> Instant:
    """
    Verify a message signed as Stripe does.

    Args:
        secrets: Every secret of the endpoint that is good now.
        header: The value of ``Stripe-Signature``; None where there was none.
        body: The bytes as they came in.
        at: Now.
        tolerance_s: How far the sender's clock may be off either way, in seconds.

    Returns:
        When it was signed. The message's id stands in the body, as ``id``.

    Raises:
        Rejected: ``missing_header``, ``malformed``, ``too_large``, ``too_old``, ``too_new``,
            ``wrong_signature``, in this order.
        InvalidDefinition: No secret.
    """
    keys = [_stripe_key(secret) for secret in secrets]
    if header is None:
        raise _missing("Stripe-Signature")
    if len(header) > _HEADER_MAX:
        raise _malformed("Stripe-Signature", f"{_HEADER_MAX} characters")
    entries = [entry.partition("=") for entry in header.split(",")]
    times = [value for name, _, value in entries if name == "t"]
    if len(times) != 1:
        raise _malformed("Stripe-Signature", "one t=")
    when = _check_time(times[0], "Stripe-Signature", at, tolerance_s, body)
    given = [value for name, _, value in entries if name == "v1"]
    content = f"{times[0]}.".encode("ascii") + body
    _check_signatures(given, [_mac(key, content).hex() for key in keys])
    return when


def sign_stripe_webhook(secret: str, body: bytes, at: Instant) -> str:
    """
    Sign a message as Stripe does, and return the value of ``Stripe-Signature``; for tests.

    Raises:
        InvalidDefinition: The secret is empty.
    """
    sent = str(_seconds(at))
    signature = _mac(_stripe_key(secret), f"{sent}.".encode("ascii") + body).hex()
    return f"t={sent},v1={signature}"


def _pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    """
    Read headers once: pairs may come from an iterator, which is empty when it is read again.

    """
    # A mapping is an iterable too, so that a type checker can't tell what remains.
    by_name = cast("Mapping[str, str]", headers) if isinstance(headers, Mapping) else None
    return tuple(cast("Iterable[tuple[str, str]]", headers) if by_name is None else by_name.items())


def _header(pairs: tuple[tuple[str, str], ...], name: str) -> str:
    found = [value for key, value in pairs if key.lower() == name]
    if not found:
        raise _missing(name)
    if len(found) > 1:
        raise _malformed(name, "once")
    if len(found[0]) > _HEADER_MAX:
        raise _malformed(name, f"{_HEADER_MAX} characters")
    return found[0]


def _check_time(sent: str, name: str, at: Instant, tolerance_s: int, body: bytes) -> Instant:
    """
    Check when it was sent, and before anything is hashed how large it is.

    """
    if not _SECONDS.fullmatch(sent):
        raise _malformed(name, "whole seconds since 1970")
    if len(body) > BODY_BYTES_MAX:
        raise Rejected(
            "too_large",
            f"the message has {len(body)} bytes",
            data={"bytes": len(body)},
            legal=(f"{BODY_BYTES_MAX} bytes",),
        )
    when, now = seconds_after(_EPOCH, int(sent)), instant(at)
    off = now - when
    legal = (f"at most {tolerance_s} s away from now",)
    if off > timedelta(seconds=tolerance_s):
        raise Rejected("too_old", f"the message was sent at {when}", legal=legal)
    if off < -timedelta(seconds=tolerance_s):
        raise Rejected("too_new", f"the message was sent at {when}", legal=legal)
    return when


def _check_signatures(given: list[str], right: list[str]) -> None:
    if not right:
        raise InvalidDefinition("webhook: there is no secret to verify with")
    expected = [signature.encode("ascii") for signature in right]
    # Not a generator: how long it takes shall not tell which one was good.
    good = [
        hmac.compare_digest(signature, entry.encode("utf-8", "replace"))
        for entry in given
        for signature in expected
    ]
    if not any(good):
        raise Rejected(
            "wrong_signature",
            f"none of {len(given)} signatures of version v1 is good under any secret",
            data={"signatures": len(given)},
            legal=("a signature under a present secret, over the bytes as they were sent",),
        )


def _missing(name: str) -> Rejected:
    return Rejected("missing_header", f"there is no {name}", data={"header": name}, legal=(name,))


def _malformed(name: str, legal: str) -> Rejected:
    return Rejected("malformed", f"{name} is malformed", data={"header": name}, legal=(legal,))


def _standard_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _SECRET_BYTES_MIN:
        raise InvalidDefinition(
            f"webhook: a secret is no base64 of at least {_SECRET_BYTES_MIN} bytes"
        )
    return key


def _stripe_key(secret: str) -> bytes:
    if not secret:
        raise InvalidDefinition("webhook: a secret is empty")
    return secret.encode("utf-8")


def _seconds(at: Instant) -> int:
    return (instant(at) - _EPOCH) // timedelta(seconds=1)


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
