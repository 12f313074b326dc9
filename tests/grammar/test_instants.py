from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData
from ordercore.instants import format_instant, instant, parse_instant, seconds_after

instants = st.datetimes(timezones=st.just(UTC))
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))
#: Far enough from both ends of the calendar that any offset fits.
anywhere = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28), timezones=offsets)  # noqa: DTZ001


class Nowhere(tzinfo):
    """A zone that names no offset: to Python, such a datetime is naive."""

    def utcoffset(self, value: datetime | None) -> None:
        return None

    def tzname(self, value: datetime | None) -> str:
        return "nowhere"

    def dst(self, value: datetime | None) -> None:
        return None


@given(instants, instants)
def test_order_of_the_text_is_order_in_time(one: datetime, other: datetime) -> None:
    assert (format_instant(one) < format_instant(other)) == (one < other)
    assert len(format_instant(one)) == len("2026-03-01T09:00:00.000000Z")


@given(instants)
def test_an_instant_comes_back_from_its_text(value: datetime) -> None:
    assert parse_instant(format_instant(value)) == value


@given(anywhere)
def test_the_zone_of_a_datetime_does_not_change_when_it_was(value: datetime) -> None:
    assert instant(value) == value
    assert instant(value).tzinfo is UTC
    assert format_instant(value) == format_instant(instant(value))
    assert parse_instant(value.isoformat()) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00.000000Z"),
        ("2026-03-01T09:00:00.5+00:00", "2026-03-01T09:00:00.500000Z"),
        ("2026-03-29T01:30:00+01:00", "2026-03-29T00:30:00.000000Z"),
        ("2026-03-29T03:30:00+02:00", "2026-03-29T01:30:00.000000Z"),
        ("2026-12-31T23:30:00-08:00", "2027-01-01T07:30:00.000000Z"),
        ("2026-06-01T05:45:00+05:45", "2026-06-01T00:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_any_offset_is_read_as_utc(text: str, expected: str) -> None:
    assert format_instant(parse_instant(text)) == expected


def test_the_hour_that_comes_twice_names_two_instants() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)

    assert format_instant(instant(first)) == "2026-10-25T00:30:00.000000Z"
    assert format_instant(instant(first.replace(fold=1))) == "2026-10-25T01:30:00.000000Z"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2026-03-01T09:00:00", "2026-03-01T09:00:00 has no time zone; give it one"),
        ("2026-03-01", "2026-03-01T00:00:00 has no time zone; give it one"),
        (
            "tomorrow",
            "'tomorrow' is no instant; legal is ISO 8601 with an offset, as 2026-03-01T09:00:00Z",
        ),
        (
            "2026-02-30T09:00:00Z",
            (
                "'2026-02-30T09:00:00Z' is no instant; "
                "legal is ISO 8601 with an offset, as 2026-03-01T09:00:00Z"
            ),
        ),
        (
            "0001-01-01T00:00:00+14:00",
            "0001-01-01T00:00:00+14:00 lies outside the years 1 to 9999 of UTC",
        ),
        (
            "9999-12-31T23:00:00-01:00",
            "9999-12-31T23:00:00-01:00 lies outside the years 1 to 9999 of UTC",
        ),
    ],
)
def test_text_that_names_no_instant_is_refused(text: str, fault: str) -> None:
    with pytest.raises(InvalidData) as refusal:
        parse_instant(text)

    assert refusal.value.subject == "instant"
    assert refusal.value.faults == (fault,)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(datetime(2026, 3, 1), id="naive"),  # noqa: DTZ001 - the claim itself
        pytest.param(datetime(2026, 3, 1, tzinfo=Nowhere()), id="zone-without-offset"),
    ],
)
def test_a_datetime_without_offset_is_no_instant_anywhere(value: datetime) -> None:
    with pytest.raises(InvalidData, match="has no time zone"):
        instant(value)
    with pytest.raises(InvalidData, match="has no time zone"):
        format_instant(value)


def test_seconds_are_counted_in_time_and_not_on_the_clock_face() -> None:
    before = parse_instant("2026-03-29T01:59:59+01:00")

    assert seconds_after(before, 1) == parse_instant("2026-03-29T03:00:00+02:00")
    assert seconds_after(before, -3600) == parse_instant("2026-03-29T00:59:59+01:00")
