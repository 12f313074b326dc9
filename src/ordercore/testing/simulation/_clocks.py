"""
What a simulation's clock does: it goes on, jumps over what calendars do, and is set back.

"""

from datetime import UTC, datetime, timedelta
from typing import Final

from ordercore.instants import Instant
from ordercore.testing._time import VirtualClock
from ordercore.testing.simulation._faults import FaultKind, Faults

__all__ = ["START", "move"]

START: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
_DAY: Final = timedelta(days=1)


def move(clock: VirtualClock, faults: Faults, *, hurried: bool) -> None:
    """
    Let some time pass before the next act; now and then a lot, or none at all.

    Args:
        clock: Which.
        faults: Say what befalls it.
        hurried: Somebody is in the middle of something. No process stands still for a day and then
            calls a provider under a key that is no longer recognized; that nobody could mend.
    """
    dice = faults.dice
    seconds = dice.weighted(((60, 0), (25, 20), (10, 600), (4, 7_200), (1, 40_000)))
    if seconds:
        clock.advance(seconds=min(dice.between(1, seconds), 600 if hurried else seconds))
    if hurried:
        return
    kind = faults.first_of(
        FaultKind.CLOCK_BACK,
        FaultKind.CLOCK_DAYLIGHT,
        FaultKind.CLOCK_MONTH,
        FaultKind.CLOCK_LEAP_DAY,
    )
    if kind is FaultKind.CLOCK_BACK:
        clock.set(clock() - timedelta(seconds=dice.between(1, 5)))
    elif kind is not None:
        clock.set(_edge(clock(), kind) + timedelta(seconds=dice.between(0, 3)))


def _edge(now: Instant, kind: FaultKind) -> Instant:
    if kind is FaultKind.CLOCK_MONTH:
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return (first + 32 * _DAY).replace(day=1)
    if kind is FaultKind.CLOCK_LEAP_DAY:
        year = now.year + 1
        while year % 4 or (year % 100 == 0 and year % 400):  # at most eight
            year += 1
        return datetime(year, 2, 29, tzinfo=UTC)
    for year in (now.year, now.year + 1):
        for month in (3, 10):
            change = _last_sunday(year, month)
            if change > now:
                return change
    raise AssertionError(now)  # pragma: no cover - next year has two


def _last_sunday(year: int, month: int) -> Instant:
    """
    When clocks in the European Union change: at 01:00 UTC of the last Sunday (directive 2000/84).

    """
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
