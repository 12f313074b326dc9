"""
Time and names under a test's control.

The engine is given a clock and a source of command ids. In tests both are these: nothing waits,
nothing is drawn by chance, and a run repeats to the letter.
"""

from datetime import timedelta
from itertools import count

from ordercore.errors import InvalidData
from ordercore.ids import CommandId
from ordercore.instants import Instant, instant

__all__ = ["SequenceIds", "VirtualClock"]


class VirtualClock:
    """
    A clock that stands still until a test moves it.

    Call it for the present instant. One clock is handed to everything that shares a time: engine,
    payment provider, carrier.

    Args:
        start: The first instant; an aware datetime of any zone.

    Raises:
        InvalidData: When made or set with a naive datetime.

    >>> from ordercore.instants import parse_instant
    >>> clock = VirtualClock(parse_instant("2026-03-01T09:00:00Z"))
    >>> clock.advance(hours=1, minutes=30).isoformat()
    '2026-03-01T10:30:00+00:00'
    """

    __slots__ = ("_now",)

    def __init__(self, start: Instant) -> None:
        self._now = instant(start)

    def __call__(self) -> Instant:
        """
        Return the present instant.

        """
        return self._now

    def advance(
        self, *, seconds: int = 0, minutes: int = 0, hours: int = 0, days: int = 0
    ) -> Instant:
        """
        Move forward by the sum of the arguments and return the new present.

        Raises:
            InvalidData: The sum is below 0; :meth:`set` moves a clock back. Nothing has moved.
        """
        step = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if step < timedelta():
            raise InvalidData("clock", (f"advance by {step} goes back; use set",))
        self._now += step
        return self._now

    def set(self, now: Instant) -> None:
        """
        Jump to an instant, back as well as forward: clocks of real machines do.

        """
        self._now = instant(now)


class SequenceIds:
    """
    Command ids in sequence: ``c-1``, ``c-2`` and so on.

    Two sources with one prefix give the same ids: after a simulated crash, give the successor
    another prefix, or it submits new commands under recorded ids.

    Args:
        prefix: What stands before the number.
    """

    __slots__ = ("_numbers", "_prefix")

    def __init__(self, prefix: str = "c") -> None:
        self._prefix = prefix
        self._numbers = count(1)

    def __call__(self) -> CommandId:
        """
        Return the next id.

        """
        return CommandId(f"{self._prefix}-{next(self._numbers)}")
