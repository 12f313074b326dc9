"""
A day is the date at the place, whatever the clocks there do.

"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData
from ordercore.ids import PlaceId
from ordercore.instants import parse_instant
from ordercore.places import CapacityMeasure, Place, StaticPlaces, business_date, days_from

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati")


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-03-01T23:30:00Z", "UTC", "2026-03-01"),
        ("2026-03-01T23:30:00Z", "Europe/Berlin", "2026-03-02"),
        ("2026-03-01T23:30:00Z", "America/New_York", "2026-03-01"),
        # Berlin goes from +1 to +2 at 01:00 UTC on March 29, and back at 01:00 UTC on October 25.
        ("2026-03-28T22:59:59Z", "Europe/Berlin", "2026-03-28"),
        ("2026-03-28T23:00:00Z", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T21:59:59Z", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "Europe/Berlin", "2026-03-30"),
        ("2026-10-24T21:59:59Z", "Europe/Berlin", "2026-10-24"),
        ("2026-10-24T22:00:00Z", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T22:59:59Z", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "Europe/Berlin", "2026-10-26"),
    ],
)
def test_an_instant_has_the_date_that_the_wall_at_the_place_shows(
    at: str, zone: str, day: str
) -> None:
    assert business_date(parse_instant(at), zone).isoformat() == day


@given(
    st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
        max_value=datetime(2035, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.sampled_from(ZONES),
)
def test_a_place_never_skips_a_day_and_never_has_one_twice(at: datetime, zone: str) -> None:
    today, later = business_date(at, zone), business_date(at + timedelta(hours=23), zone)

    assert later - today in {timedelta(0), timedelta(1)}
    # Noon of the next date is there on the next date, though the day may have 23 or 25 hours.
    noon = datetime.combine(today + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    assert business_date(noon + timedelta(hours=12), zone) == today + timedelta(days=1)


def test_days_over_a_change_of_clocks_are_consecutive_dates() -> None:
    first = business_date(parse_instant("2026-03-28T12:00:00Z"), "Europe/Berlin")

    assert [str(day) for day in days_from(first, 3)] == ["2026-03-28", "2026-03-29", "2026-03-30"]


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc/passwd", "Europe"])
def test_an_unknown_time_zone_is_refused_by_name(zone: str) -> None:
    with pytest.raises(InvalidData, match="is no time zone"):
        business_date(parse_instant("2026-03-01T00:00:00Z"), zone)
    with pytest.raises(InvalidData, match=r"berlin: .* is no time zone"):
        StaticPlaces([Place(id=PlaceId("berlin"), name="Berlin", time_zone=zone)])


def test_a_place_that_takes_no_minutes_for_a_unit_is_refused() -> None:
    place = Place(
        id=PlaceId("berlin"),
        name="Berlin",
        capacity=CapacityMeasure.MINUTES,
        minutes_per_unit=0,
    )
    with pytest.raises(InvalidData, match="0 minutes a unit"):
        StaticPlaces([place])


def test_a_place_is_not_limited_unless_it_says_so() -> None:
    place = Place(id=PlaceId("berlin"), name="Berlin")

    assert place.capacity is None
    assert business_date(datetime(2026, 3, 1, tzinfo=UTC), place.time_zone) == date(2026, 3, 1)
