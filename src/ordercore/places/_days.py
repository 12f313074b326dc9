"""
Days as a place counts them.

An instant is the same everywhere, the date on the wall is not: at 23:30 UTC a workshop in Tokyo is
in the next day already. Work is planned by the date at the place. A day there has 23 or 25 hours
twice a year; nothing here counts hours, so that needs no rule.
"""

from collections.abc import Iterator
from datetime import UTC, date, timedelta, tzinfo
from zoneinfo import ZoneInfo

from ordercore.errors import InvalidData
from ordercore.instants import Instant

__all__ = ["business_date", "days_from", "time_zone_fault"]


def _zone(name: str) -> tzinfo:
    # UTC needs no database of zones, which not every machine has.
    return UTC if name == "UTC" else ZoneInfo(name)


def time_zone_fault(name: str) -> str | None:
    """
    Say what is wrong with the name of a time zone, or None where it is known.

    """
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):
        return f"{name!r:.60} is no time zone: legal are IANA names, as Europe/Berlin, and UTC"
    return None


def business_date(at: Instant, time_zone: str) -> date:
    """
    Return the date that an instant has at a place of a time zone.

    >>> from ordercore.instants import parse_instant
    >>> str(business_date(parse_instant("2026-03-01T23:30:00Z"), "Asia/Tokyo"))
    '2026-03-02'

    Args:
        at: The instant.
        time_zone: Its IANA name (``"Europe/Berlin"``), or ``"UTC"``.

    Raises:
        InvalidData: There is no such time zone.
    """
    fault = time_zone_fault(time_zone)
    if fault is not None:
        raise InvalidData("time_zone", (fault,))
    return at.astimezone(_zone(time_zone)).date()


def days_from(first: date, days: int) -> Iterator[date]:
    """
    Iterate over a number of consecutive days.

    """
    return (first + timedelta(days=n) for n in range(days))
