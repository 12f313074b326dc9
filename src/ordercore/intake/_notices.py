"""
What a message of a provider says, in the library's own words.

An adapter reads the provider's body into notices; nothing of the body itself is kept. A notice is a
claim: it is genuine where its message was, and true only where it agrees with what was asked.
"""

import hashlib
import re
from enum import StrEnum
from typing import Final

import attrs

from ordercore.errors import InvalidData
from ordercore.grammar import Declined, Faults, Outcome, Succeeded, amount_fault
from ordercore.ids import OrderId, id_fault
from ordercore.instants import Instant

__all__ = ["REFERENCES_MAX", "Notice", "NoticeKind", "notice_id_of", "provider_fault"]

#: How many numbers one notice may speak about.
REFERENCES_MAX: Final = 8

_PROVIDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", re.ASCII)
_PLAIN: Final = re.compile(r"(?!sha256-)[A-Za-z0-9._~@+=:-]{1,60}", re.ASCII)
_KEY_MAX: Final = 200


class NoticeKind(StrEnum):
    """
    What a notice speaks about.

    """

    AUTHORIZATION = "authorization"  #: what an authorization came to
    CAPTURE = "capture"  #: what a capture came to
    VOID = "void"  #: what giving an authorization back came to
    REFUND = "refund"  #: what a refund came to
    LABEL = "label"  #: what asking a carrier for a label came to
    PAYMENT = "payment"  #: money that came in by itself, without our asking
    OTHER = "other"  #: nothing that an order goes by; it is kept and changes nothing


@attrs.frozen(kw_only=True)
class Notice:
    """
    One thing that a provider says.

    Attributes:
        account: The provider account (merchant) that it is about.
        event_id: The provider's own id of the event.
        occurred_at: When it happened, as the provider says.
        kind: What it speaks about.
        topic: The provider's own word for it (``"charge.captured"``), for people.
        references: The provider's numbers in that account, the one it is mostly about first.
        effect_key: Our key of the request, where the provider carries it in its metadata.
        order_id: Our order, where the provider carries that.
        outcome: What the request has come to; None for ``payment`` and ``other``.
        amount_minor: The amount it states, in minor units; compared with what was asked.
        currency: In which currency; compared too.
        method: For ``payment``, how it was paid (``"transfer"``).

    Raises:
        InvalidData: Something is malformed, or missing for its kind.
    """

    account: str
    event_id: str
    occurred_at: Instant
    kind: NoticeKind
    topic: str = ""
    references: tuple[str, ...] = attrs.field(default=(), converter=tuple[str, ...])
    effect_key: str = ""
    order_id: str = ""
    outcome: Outcome | None = None
    amount_minor: int | None = None
    currency: str = ""
    method: str = ""

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("account", id_fault(self.account))
        faults.text("event_id", self.event_id)
        faults.aware(self.occurred_at)
        faults.text("topic", self.topic)
        if len(self.references) > REFERENCES_MAX:
            faults.note("references", f"{len(self.references)} numbers: legal are {REFERENCES_MAX}")
        for n, reference in enumerate(self.references):
            faults.length(f"references[{n}]", reference)
            faults.note(f"references[{n}]", None if reference else "is empty")
        faults.length("effect_key", self.effect_key, _KEY_MAX)
        if self.order_id:
            faults.note("order_id", id_fault(self.order_id))
        if self.amount_minor is not None:
            faults.note("amount_minor", amount_fault(self.amount_minor))
        if self.currency:
            faults.currency(self.currency)
        self._check_kind(faults)
        faults.check()

    def _check_kind(self, faults: Faults) -> None:
        if self.kind is NoticeKind.PAYMENT:
            faults.note("method", id_fault(self.method))
            faults.note("amount_minor", amount_fault(self.amount_minor, 1))
            faults.note("currency", None if self.currency else "a payment states its currency")
            faults.note("references", None if self.references else "a payment has a number")
        says = self.kind not in {NoticeKind.PAYMENT, NoticeKind.OTHER}
        if says != (self.outcome is not None):
            legal = "one is legal" if says else "none is legal"
            faults.note("outcome", f"{legal} for {self.kind}")
        if isinstance(self.outcome, Succeeded):
            faults.note("outcome.account", self._other(self.outcome.account, self.account))
            faults.length("outcome.reference", self.outcome.reference)
            given = self.outcome.amount_minor
            faults.note("outcome.amount_minor", self._other(given, self.amount_minor))
        if isinstance(self.outcome, Declined):
            faults.text("outcome.code", self.outcome.code)
            faults.text("outcome.reason", self.outcome.reason)

    @staticmethod
    def _other(given: object, stated: object) -> str | None:
        return None if given in {"", None, stated} else f"{given!r:.60} is not {stated!r:.60}"

    @property
    def names(self) -> tuple[str, ...]:
        """
        The names under which orders declare its numbers (``"acme-pay:ch_17"``).

        """
        return tuple(f"{self.account}:{reference}" for reference in self.references)

    @property
    def named_order(self) -> OrderId | None:
        """
        The order that it names, by our key or outright; None where it knows the numbers alone.

        Where the two differ, the key counts and the order is compared with what is named.
        """
        own, slash, _ = self.effect_key.partition("/")
        if slash and id_fault(own) is None:
            return OrderId(own)
        return OrderId(self.order_id) if self.order_id else None


def provider_fault(provider: object) -> str | None:
    """
    Say what is wrong with the name of a source, or None where it is fine.

    """
    if isinstance(provider, str) and _PROVIDER.fullmatch(provider):
        return None
    return f"{provider!r:.60} is no provider: legal are 1 to 32 letters, digits, _ or -"


def notice_id_of(provider: str, message_id: str) -> str:
    """
    Name the stream of a message: the same message is the same stream, of two providers never.

    A message id that no id may look like goes in as its digest.

    >>> notice_id_of("acme", "msg_17")
    'acme:msg_17'

    Raises:
        InvalidData: The provider's name is none, or the id is empty.
    """
    fault = provider_fault(provider)
    if fault is not None or not message_id:
        raise InvalidData("notice", (fault or "the message has no id",))
    if _PLAIN.fullmatch(message_id):
        return f"{provider}:{message_id}"
    digest = hashlib.sha256(message_id.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{provider}:sha256-{digest[:40]}"
