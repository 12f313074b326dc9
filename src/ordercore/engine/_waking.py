"""
Waking who waits for a reference, when it has been recorded.

A message from a provider may be here before the number that it speaks of is: then it is parked, and
stands in the index of references under a slot of that name (see
:func:`ordercore.orders.waiting_slots`). Whoever has committed a reference asks for the first slot,
which is empty but for such a race, and lets what stands there do at once what it would do later.

A crash between the commit and this loses nothing: who is parked looks again by itself.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final, TypeVar

from ordercore.engine import _perform
from ordercore.engine._requests import Environment, Loop, Read, Submitted, Write
from ordercore.errors import OrderCoreError
from ordercore.grammar import Event
from ordercore.ids import StreamId
from ordercore.orders import KnownReferences, waiting_slots

__all__ = ["appeared_with", "perform_loop", "wake_loop"]

#: How many names are asked for in one go; who waits for one beyond looks again by itself.
_NAMES_MAX: Final = 1_000

_T = TypeVar("_T")


def perform_loop(env: Environment, stream: StreamId) -> Loop[int]:
    """
    Perform what a stream owes, and wake who waits for what came of it; returns how many.

    """
    names: list[str] = []
    count = yield from _noting(_perform.perform_loop(env, stream), names)
    yield from wake_loop(env, names)
    return count


def appeared_with(submitted: Submitted) -> tuple[str, ...]:
    """
    Return the names that others may wait for and that a command has made known.

    """
    first = submitted.version - len(submitted.events)
    return () if submitted.repeated else _names(submitted.stream, first, submitted.events)


def wake_loop(env: Environment, names: Iterable[str]) -> Loop[None]:
    """
    Let everybody who waits for one of these names look at once.

    What they come to may make other names known; those are asked for too, each once.
    """
    waiting, asked = deque(names), set[str]()
    for _ in range(_NAMES_MAX):
        if not waiting:
            return
        name = waiting.popleft()
        if name in asked:
            continue
        asked.add(name)
        first, *others = waiting_slots(name)
        found = yield from _standing(env, (first,))
        if found:
            found += yield from _standing(env, tuple(others))
        for stream in dict.fromkeys(found):
            noted: list[str] = []
            yield from _noting(_perform.perform_loop(env, stream, early=True), noted)
            waiting.extend(noted)


def _standing(env: Environment, slots: tuple[str, ...]) -> Loop[list[StreamId]]:
    need = KnownReferences(slots)
    answers: dict[KnownReferences, dict[str, StreamId]] = yield Read((need,), env.clock())
    return list(answers[need].values())


def _noting(loop: Loop[_T], names: list[str]) -> Loop[_T]:
    """
    Run a loop, and note the names that its commits make known.

    """
    answer: Any = None
    error: OrderCoreError | None = None
    while True:  # bounded by the loop, which is
        try:
            request = loop.send(answer) if error is None else loop.throw(error)
        except StopIteration as stop:
            result: _T = stop.value
            return result
        answer, error = None, None
        try:
            answer = yield request
        except OrderCoreError as raised:
            error = raised
            continue
        if isinstance(request, Write):
            receipt, events = request.commit.receipt, request.commit.events
            names += _names(receipt.stream, receipt.from_version, events)


def _names(stream: StreamId | None, first: int, events: Iterable[Event]) -> tuple[str, ...]:
    declared = tuple(name for event in events for name in event.references)
    known = tuple(name for name in declared if not name.startswith("parked:"))
    # A stream that begins is what a message may name outright.
    return known if stream is None or first or not events else (stream, *known)
