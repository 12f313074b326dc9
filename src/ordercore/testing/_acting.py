"""
What all fakes of acting ports share: keys, memory, faults, lookups.

A fake of this kind is a small provider. It has a memory of entries, each an ask and what came of
it, and changes by nothing else; the memory may lie in a :class:`Journal`, and then a successor of a
killed process, which reads the same file, is the same provider. A call goes through these steps:

1. It is noted in ``calls``.
2. A planned fault that hinders acting ends it.
3. A key seen before, inside the declared idempotency window, acts on nothing: with the same content
   the recorded answer comes again, word for word, with other content ``InvalidData`` is raised.
   ``InvalidData`` and not ``Declined``: a refusal would be recorded as the outcome of an ask that
   had in truth succeeded. Whether an attempt is the first, and when it was due
   (``not_before``, ``waits_for_operator``), is no content.
4. Otherwise it is judged, recorded, and only then answered. Refusals are recorded too.
5. A planned fault that hides the answer hides it.

Beyond the window, or where no window is declared, a key means nothing and the same ask acts again.
That is what such providers do, and what ``actions`` is there to show.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Final, assert_never

import attrs

from ordercore.codec import JsonCodec
from ordercore.errors import InvalidData, InvalidDefinition, OutcomeUnknown, PortUnavailable
from ordercore.grammar import Effect, Outcome, Succeeded, Unknown
from ordercore.instants import Instant, seconds_after
from ordercore.ports import ActingCapabilities
from ordercore.testing._faults import Fault, FaultPlan
from ordercore.testing._journal import Journal

__all__ = ["CAPABLE", "ActingFake", "Clock", "Entry"]

#: Whatever returns the present instant when called.
Clock = Callable[[], Instant]

#: What fakes declare unless told otherwise: as common providers do.
CAPABLE: Final = ActingCapabilities(lookup=True, settling_s=30, idempotency_s=86_400)


@attrs.frozen(kw_only=True)
class Entry:
    """
    One thing that was asked and judged.

    Attributes:
        operation: What was asked.
        ask: With which content.
        at: When it was judged.
        seen_from: From when on a lookup finds it.
        outcome: What came of it.
    """

    operation: str
    ask: Effect
    at: Instant
    seen_from: Instant
    outcome: Outcome


@attrs.frozen(kw_only=True)
class _Judged:
    """
    The part of an entry whose type is the same for every operation, as it is written.

    """

    at: Instant
    seen_from: Instant
    outcome: Outcome


class ActingFake:
    """
    A provider in memory or in a file; the base of the fakes of acting ports.

    Attributes:
        calls: Every call in order, as (operation, key), whatever became of it. Of this instance
            alone, also where a journal is kept.
    """

    def __init__(
        self,
        port: str,
        clock: Clock,
        capabilities: ActingCapabilities,
        *,
        asks: Mapping[str, type[Effect]],
        acting: tuple[str, ...],
        reading: tuple[str, ...],
        journal: Path | None,
    ) -> None:
        self.calls: list[tuple[str, str]] = []
        self._port = port
        self._clock = clock
        self._capabilities = capabilities
        self._asks = dict(asks)
        self._acting = frozenset(acting)
        self._faults = FaultPlan(port, acting=acting, reading=reading)
        self._entries: dict[str, list[Entry]] = {}
        self._entries_count = 0
        self._actions: Counter[str] = Counter()
        self._lock = RLock()
        self._journal = None if journal is None else Journal(journal)

    @property
    def capabilities(self) -> ActingCapabilities:
        """
        What is promised about lost answers; kept to the letter, and not beyond.

        """
        return self._capabilities

    @property
    def actions(self) -> Mapping[str, int]:
        """
        How often something was really done under each key; above 1 is a customer charged twice.

        Refusals and challenges are no actions. Counts what predecessors did in the same journal.
        """
        with self._lock:
            self._catch_up()
            return dict(self._actions)

    def plan(self, operation: str, *faults: Fault | None, key: str | None = None) -> None:
        """
        Plan what goes wrong with the next calls of an operation.

        Args:
            operation: The name of the method (``"capture"``).
            faults: One a call, in order; None lets a call pass.
            key: Only for calls under this key.

        Raises:
            InvalidDefinition: No such operation, or a fault that cannot befall it.
        """
        with self._lock:
            self._faults.add(operation, faults, key)

    @property
    def faults_left(self) -> int:
        """
        How many planned faults no call has met yet.

        """
        return self._faults.left

    def lookup(self, key: str) -> Outcome | None:
        """
        Tell what became of the call under a key; None where nothing is known of it (yet).

        Raises:
            InvalidDefinition: Lookup is not declared, so nobody may call it.
            PortUnavailable: As planned.
        """
        with self._lock:
            self._catch_up()
            self.calls.append(("lookup", key))
            if not self._capabilities.lookup:
                raise InvalidDefinition(f"{self._port} declares no lookup, yet {key} is looked up")
            if self._faults.take("lookup", key) is not None:
                raise PortUnavailable(self._port, "lookup is away, as planned")
            now = self._clock()
            seen = [e.outcome for e in self._entries.get(key, ()) if e.seen_from <= now]
            done = [outcome for outcome in seen if isinstance(outcome, Succeeded)]
            return (done or seen or [None])[-1]

    def _ask(self, operation: str, ask: Effect, judge: Callable[[], Outcome]) -> Outcome:
        """
        Take the steps at the head of the module.
        """
        with self._lock:
            self._catch_up()
            self.calls.append((operation, ask.key))
            fault = self._faults.take(operation, ask.key)
            if fault is Fault.UNAVAILABLE:
                raise PortUnavailable(self._port, f"{operation} is away, as planned")
            if fault is Fault.TIMEOUT_BEFORE:
                raise OutcomeUnknown(self._port, ask.key, f"{operation} was not heard, as planned")
            content = attrs.evolve(ask, not_before=None, waits_for_operator=False)
            entry = self._recognized(operation, content)
            if entry is None:
                entry = self._record(operation, content, judge(), late=fault is Fault.LATE)
            return self._answered(entry, fault)

    def _answered(self, entry: Entry, fault: Fault | None) -> Outcome:
        match fault:
            case None:
                return entry.outcome
            case Fault.UNKNOWN_VALUE:
                return Unknown(reason=f"{entry.operation} has no outcome yet, as planned")
            case Fault.TIMEOUT_AFTER | Fault.LATE:
                reason = f"the answer of {entry.operation} was lost, as planned"
                raise OutcomeUnknown(self._port, entry.ask.key, reason)
            case Fault.UNAVAILABLE | Fault.TIMEOUT_BEFORE:  # pragma: no cover - ended before
                raise AssertionError(fault)
            case _:
                assert_never(fault)

    def _recognized(self, operation: str, ask: Effect) -> Entry | None:
        """
        Find what a key stands for, inside the idempotency window.

        Raises:
            InvalidData: It stands for something else.
        """
        asked = [e for e in self._entries.get(ask.key, ()) if e.operation in self._acting]
        if not asked:
            return None
        known = asked[-1]
        if self._clock() >= seconds_after(known.at, self._capabilities.idempotency_s):
            return None
        if (known.operation, known.ask) != (operation, ask):
            raise InvalidData(f"{self._port} key {ask.key}", _differences(known, operation, ask))
        return known

    def _record(
        self, operation: str, ask: Effect, outcome: Outcome, *, late: bool = False
    ) -> Entry:
        now = self._clock()
        seen_from = seconds_after(now, self._capabilities.settling_s) if late else now
        entry = Entry(operation=operation, ask=ask, at=now, seen_from=seen_from, outcome=outcome)
        if self._journal is None:
            self._remember(entry)
        else:
            self._journal.append(self._written(entry))
            self._catch_up()
        return entry

    def _remember(self, entry: Entry) -> None:
        self._entries.setdefault(entry.ask.key, []).append(entry)
        self._entries_count += 1
        if isinstance(entry.outcome, Succeeded):
            self._actions[entry.ask.key] += 1
        self._happened(entry)

    def _happened(self, entry: Entry) -> None:
        """
        Change the fake's own state by an entry; every such change comes through here.
        """

    def _catch_up(self) -> None:
        """
        Remember what the journal says that is not remembered yet.
        """
        if self._journal is not None:
            for line in self._journal.unread():
                self._remember(self._read(line))

    def _written(self, entry: Entry) -> str:
        judged = _Judged(at=entry.at, seen_from=entry.seen_from, outcome=entry.outcome)
        line = {
            "operation": entry.operation,
            "ask": json.loads(_codec().dumps(entry.ask)),
            **json.loads(_codec().dumps(judged)),
        }
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))

    def _read(self, line: str) -> Entry:
        try:
            fields = json.loads(line)
            operation = fields.pop("operation")
            ask = _codec().loads(json.dumps(fields.pop("ask")), self._asks[operation])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            number = self._entries_count + 1
            fault = f"entry {number} is none of {self._port}: {line!r:.80}"
            raise InvalidData("journal", (fault,)) from error
        judged: _Judged = _codec().loads(json.dumps(fields), _Judged)
        return Entry(
            operation=operation,
            ask=ask,
            at=judged.at,
            seen_from=judged.seen_from,
            outcome=judged.outcome,
        )


@cache
def _codec() -> JsonCodec:
    return JsonCodec()  # made for the first journal: it costs more than a whole fake


def _differences(known: Entry, operation: str, ask: Effect) -> tuple[str, ...]:
    if known.operation != operation:
        return (f"operation: {operation} under the key of {known.operation}; use a new key",)
    return tuple(
        f"{field}: {getattr(ask, field)!r:.60} is not the {getattr(known.ask, field)!r:.60}"
        " asked first; use a new key"
        for field in (a.name for a in attrs.fields(type(ask)))
        if getattr(ask, field) != getattr(known.ask, field)
    )
