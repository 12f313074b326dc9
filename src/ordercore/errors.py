"""
Every error that ordercore raises, and who has to act on it.

    OrderCoreError
    ├── Rejected             the business says no; nothing has happened
    ├── Conflict             somebody was faster; load again and decide again
    ├── PortUnavailable      the outside world did not act; the same key may be tried again
    ├── OutcomeUnknown       the outside world may have acted; ask before trying again
    ├── InvalidData          what came in is malformed; lists every fault with its path
    ├── InvalidDefinition    the host's set-up is wrong; raised at start, never per order
    └── InvariantViolated    a law of the library is broken: a defect, stop and report

A decline by a payment provider or a shortage at a place during work is a value, not an error.
Messages say what was refused, where, with which values, and what would have been legal.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import final

__all__ = [
    "Conflict",
    "InvalidData",
    "InvalidDefinition",
    "InvariantViolated",
    "OrderCoreError",
    "OutcomeUnknown",
    "PortUnavailable",
    "Rejected",
]

#: What an error may carry beside its message: identifiers and numbers, never personal data.
Detail = str | int | bool | None | tuple[str, ...]


class OrderCoreError(Exception):
    """
    The root of every error of this library; catch it to catch all of them.

    """


@final
class Rejected(OrderCoreError):
    """
    A command was understood and refused by a rule of the business; nothing has changed.

    The refusal is recorded under the command's key: the same key answers the same again, a new
    attempt needs a new key.

    Attributes:
        code: A stable word for programs (``"shortage"``, ``"not_legal_now"``).
        reason: One sentence for people: what, where, with which values.
        data: The values the sentence was made of; identifiers and integers only.
        legal: What would have been accepted instead, as short phrases.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        data: Mapping[str, Detail] | None = None,
        legal: tuple[str, ...] = (),
    ) -> None:
        self.code = code
        self.reason = reason
        self.data: Mapping[str, Detail] = MappingProxyType(dict(data or {}))
        self.legal = legal
        super().__init__(code, reason, dict(self.data), legal)

    def __str__(self) -> str:
        tail = f"; legal now: {', '.join(self.legal)}" if self.legal else ""
        return f"{self.code}: {self.reason}{tail}"

    def __repr__(self) -> str:
        data = dict(self.data)
        return f"Rejected({self.code!r}, {self.reason!r}, data={data!r}, legal={self.legal!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # Without this, unpickling calls the class with all of ``args`` by position and fails.
        make = partial(Rejected, data=dict(self.data), legal=self.legal)
        return make, (self.code, self.reason)


@final
class Conflict(OrderCoreError):
    """
    What the decision was based on has changed meanwhile; nothing was written.

    Raised to the caller only after the engine's bounded retries, or at once where the caller
    stated the version that it had seen. Load again, look, and submit again.

    Attributes:
        stream: The stream that moved on, or the accounts that did.
        expected: The version the command was decided on.
        actual: The version found.
    """

    def __init__(self, stream: str, *, expected: int, actual: int) -> None:
        self.stream = stream
        self.expected = expected
        self.actual = actual
        super().__init__(stream, expected, actual)

    def __str__(self) -> str:
        return f"{self.stream} is at version {self.actual}, not at {self.expected}: load it again"

    def __repr__(self) -> str:
        return f"Conflict({self.stream!r}, expected={self.expected!r}, actual={self.actual!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # Without this, unpickling calls the class with all of ``args`` by position and fails.
        return partial(Conflict, expected=self.expected, actual=self.actual), (self.stream,)


class PortUnavailable(OrderCoreError):
    """
    A port could not be reached and certainly did not act; the same key may be tried again.

    Adapters raise it for refused connections, rate limits and answers like HTTP 503 that the
    provider documents as "not processed". Where that is not certain, raise
    :class:`OutcomeUnknown`.

    Attributes:
        port: Which port (``"payments"``).
        reason: What happened, without personal data.
    """

    def __init__(self, port: str, reason: str) -> None:
        self.port = port
        self.reason = reason
        super().__init__(port, reason)

    def __str__(self) -> str:
        return f"{self.port} is unavailable: {self.reason}"


class OutcomeUnknown(OrderCoreError):
    """
    A port was called and no answer came; it may or may not have acted.

    The engine keeps the request open, looks it up where the port can do that, repeats it under
    the same key where the provider's idempotency covers it, and else asks for an operator.

    Attributes:
        port: Which port.
        key: The idempotency key under which the call was made.
        reason: What happened, without personal data.
    """

    def __init__(self, port: str, key: str, reason: str) -> None:
        self.port = port
        self.key = key
        self.reason = reason
        super().__init__(port, key, reason)

    def __str__(self) -> str:
        return f"the outcome of {self.key} at {self.port} is unknown: {self.reason}"


@final
class InvalidData(OrderCoreError):
    """
    Something that came in is malformed; nothing was read from it.

    Attributes:
        subject: What was being read (``"PlaceOrder"``, ``"orders.csv line 17"``).
        faults: Every fault found, each with its path (``"lines[0].quantity: 0 is below 1"``).
    """

    def __init__(self, subject: str, faults: tuple[str, ...]) -> None:
        self.subject = subject
        self.faults = faults
        super().__init__(subject, faults)

    def __str__(self) -> str:
        return f"{self.subject} is invalid: {'; '.join(self.faults)}"


@final
class InvalidDefinition(OrderCoreError):
    """
    The host's set-up cannot work: a lifecycle, a rule, an adapter's declared capability.

    Raised when the definition is made or the engine starts, before any order is touched.
    """


@final
class InvariantViolated(OrderCoreError):
    """
    A law of the library does not hold: a defect of the library or of its store.

    Nothing is repaired silently. Stop, keep the store, and report the message.
    """
