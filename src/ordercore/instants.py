"""
Instants: aware datetimes in UTC, and nothing else.

The core never asks what time it is. An instant comes in with a command's context, is kept to the
microsecond, and is written as ISO 8601 with a ``Z``. An instant orders nothing: positions in a
stream do; ``occurred_at`` is a claim about the world and may lie before what is already recorded.
"""

from datetime import UTC, datetime, timedelta

from ordercore.errors import InvalidData

__all__ = ["Instant", "format_instant", "instant", "parse_instant", "seconds_after"]

#: An aware datetime in UTC.
Instant = datetime


def instant(value: datetime) -> Instant:
    """
    Turn an aware datetime of any zone into an instant.

    Raises:
        InvalidData: The datetime is naive, so it names no instant, or its zone moves it out of
            the calendar.
    """
    # A zone may be there and name no offset; ``astimezone`` would then ask the machine's own.
    if value.utcoffset() is None:
        raise InvalidData("instant", (f"{value.isoformat()} has no time zone; give it one",))
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        fault = f"{value.isoformat()} lies outside the years 1 to 9999 of UTC"
        raise InvalidData("instant", (fault,)) from error


def parse_instant(text: str) -> Instant:
    """
    Read an ISO 8601 date and time with its offset.

    >>> parse_instant("2026-03-29T01:30:00+01:00").isoformat()
    '2026-03-29T00:30:00+00:00'

    Raises:
        InvalidData: The text is no date and time, or names no offset.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        legal = "legal is ISO 8601 with an offset, as 2026-03-01T09:00:00Z"
        raise InvalidData("instant", (f"{text!r:.60} is no instant; {legal}",)) from error
    return instant(value)


def format_instant(value: Instant) -> str:
    """
    Write an instant so that text order is time order: fixed width, microseconds, ``Z``.

    Raises:
        InvalidData: The datetime is naive.
    """
    # Not strftime: its %Y does not pad the years before 1000 on every platform.
    return f"{instant(value).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def seconds_after(value: Instant, seconds: int) -> Instant:
    """
    Add whole seconds to an instant.

    """
    return value + timedelta(seconds=seconds)
