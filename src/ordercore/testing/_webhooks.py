"""
A payment provider that also tells by webhook what came of each ask.

It stands before a fake gateway and writes a message for every answer. Nothing is sent by itself: a
test takes the messages and delivers them when it wants to, before the reply, late, twice, in any
order, or changed. Ids and bodies are the same on every run.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded
from ordercore.instants import Instant, format_instant, parse_instant
from ordercore.intake import Notice, NoticeKind, SignedWebhook, sign_standard_webhook
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities, PaymentGateway

__all__ = ["FakeWebhooks", "ProviderMessage"]

_SECRET: Final = "whsec_" + base64.b64encode(b"the secret of a fake provider").decode("ascii")
_WORDS: Final[Mapping[type[Outcome], str]] = MappingProxyType(
    {Succeeded: "succeeded", Declined: "declined", ActionRequired: "action_required"}
)


@attrs.frozen(kw_only=True)
class ProviderMessage:
    """
    What the provider writes into one message; change it with ``attrs.evolve`` to have it lie.

    Attributes:
        id: The message's id, the same each time it is sent.
        topic: The provider's word for it.
        occurred_at: When it happened.
        account: The provider account.
        kind: What was asked.
        key: Our key, or "" where the provider does not carry it.
        reference: The provider's number of what was done.
        outcome: What it came to.
        amount_minor: How much.
        currency: In which currency.
    """

    id: str
    topic: str
    occurred_at: Instant
    account: str
    kind: str
    key: str
    reference: str
    outcome: str
    amount_minor: int | None
    currency: str

    @property
    def body(self) -> bytes:
        """
        The bytes that are sent.

        """
        plain = {**attrs.asdict(self), "occurred_at": format_instant(self.occurred_at)}
        return json.dumps(plain, separators=(",", ":")).encode("utf-8")


class FakeWebhooks:
    """
    A :class:`ordercore.ports.PaymentGateway` whose answers come by webhook too.

    Args:
        gateway: Who decides what asks come to.
        clock: Tells the time; shared with the engine under test.
        account: The provider account that it speaks of.
        carries_keys: Whether our keys stand in its messages; else they name its numbers alone.
        secret: What it signs with.

    Attributes:
        messages: What it has written so far, in order.
        before_reply: Called with each message before the ask that led to it is answered.
    """

    def __init__(
        self,
        gateway: PaymentGateway,
        clock: Callable[[], Instant],
        *,
        account: str = "fakepay",
        carries_keys: bool = True,
        secret: str = _SECRET,
    ) -> None:
        self.messages: list[ProviderMessage] = []
        self.before_reply: Callable[[ProviderMessage], None] | None = None
        self._gateway = gateway
        self._clock = clock
        self._account = account
        self._carries_keys = carries_keys
        self._secret = secret

    @property
    def source(self) -> SignedWebhook:
        """
        What the host verifies and reads its messages with.

        """
        return SignedWebhook(
            provider=self._account,
            secrets=(self._secret,),
            reads=_notices,
            accounts=(self._account,),
        )

    def signed(self, message: ProviderMessage) -> tuple[dict[str, str], bytes]:
        """
        Return headers and body as they are sent now; sent again later, they are signed anew.

        """
        body = message.body
        return sign_standard_webhook(self._secret, message.id, body, self._clock()), body

    @property
    def capabilities(self) -> ActingCapabilities:
        """
        What the gateway promises.

        """
        return self._gateway.capabilities

    def authorize(self, ask: AskAuthorization) -> Outcome:
        """
        Keep an amount, and tell.

        """
        return self._tell("authorization", ask, self._gateway.authorize(ask))

    def capture(self, ask: AskCapture) -> Outcome:
        """
        Take an amount, and tell.

        """
        return self._tell("capture", ask, self._gateway.capture(ask))

    def void(self, ask: AskVoid) -> Outcome:
        """
        Give back what is left, and tell.

        """
        return self._tell("void", ask, self._gateway.void(ask))

    def refund(self, ask: AskRefund) -> Outcome:
        """
        Return an amount, and tell.

        """
        return self._tell("refund", ask, self._gateway.refund(ask))

    def lookup(self, key: str) -> Outcome | None:
        """
        Tell what became of a call.

        """
        return self._gateway.lookup(key)

    def _tell(
        self,
        kind: str,
        ask: AskAuthorization | AskCapture | AskVoid | AskRefund,
        outcome: Outcome,
    ) -> Outcome:
        word = _WORDS.get(type(outcome))
        if word is None:
            return outcome
        message = ProviderMessage(
            id=f"msg_{len(self.messages) + 1}",
            topic=f"{kind}.{word}",
            occurred_at=self._clock(),
            account=self._account,
            kind=kind,
            key=ask.key if self._carries_keys else "",
            reference=getattr(outcome, "reference", ""),
            outcome=word,
            amount_minor=ask.amount_minor,
            currency=ask.currency,
        )
        self.messages.append(message)
        if self.before_reply is not None:
            self.before_reply(message)
        return outcome


def _notices(found: Mapping[str, Any]) -> Iterator[Notice]:
    reference = found["reference"]
    outcomes: dict[str, Outcome] = {
        "succeeded": Succeeded(reference=reference, account=found["account"]),
        "declined": Declined(code="declined"),
        "action_required": ActionRequired(reference=reference, action="challenge"),
    }
    yield Notice(
        account=found["account"],
        event_id=found["id"],
        occurred_at=parse_instant(found["occurred_at"]),
        kind=NoticeKind(found["kind"]),
        topic=found["topic"],
        references=(reference,) if reference else (),
        effect_key=found["key"],
        outcome=outcomes[found["outcome"]],
        amount_minor=found["amount_minor"],
        currency=found["currency"],
    )
