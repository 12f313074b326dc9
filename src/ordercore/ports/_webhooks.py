"""
The port through which providers speak to us unasked.

What the engine guarantees of a message that a source has verified (``tests/intake`` holds each):

  W1  It is kept in one commit before it is acknowledged; no port is called for that.
  W2  Sent again, in parallel or after any crash, it is answered by what was recorded, and nothing
      happens twice.
  W3  Early, late, twice and in any order, messages leave an order where the replies alone leave it.
  W4  What does not agree with what was asked in account, currency, amount, kind or order is never
      applied; it waits for a person, and the order keeps an anomaly.
  W5  What nobody knows is looked for again at growing intervals for three days, at once where what
      it waits for is recorded, and then waits for a person.
  W6  Neither body nor secret is stored, nor told in any error.
"""

from typing import TYPE_CHECKING, Protocol

from ordercore.instants import Instant

if TYPE_CHECKING:  # loaded with the first message
    from ordercore.intake import Headers, Notice

__all__ = ["WebhookSource"]


class WebhookSource(Protocol):
    """
    One provider's webhooks: whether a message is genuine, and what it says. Performs no I/O.

    An adapter reads its own provider's format; :class:`ordercore.intake.SignedWebhook` has the
    rest for providers that follow Standard Webhooks.
    """

    @property
    def provider(self) -> str:
        """
        Whose messages: 1 to 32 letters, digits, ``_`` or ``-``. It never changes.

        """
        ...

    @property
    def accounts(self) -> tuple[str, ...]:
        """
        The provider accounts for which it may speak; empty for any.

        """
        ...

    def verify(self, headers: "Headers", body: bytes, at: Instant) -> str:
        """
        Return the provider's own id of the message, the same each time it is sent again.

        Raises:
            Rejected: It is not genuine, not whole, or not fresh; the reason tells nothing of it.
            InvalidData: The id stands in the body, and there is none.
        """
        ...

    def read(self, body: bytes) -> "tuple[Notice, ...]":
        """
        Read what a verified message says; nothing where it is of no interest.

        Raises:
            InvalidData: It can't be read; the faults hold nothing of the body.
        """
        ...
