"""Business days: every example of the data, every date of the worked table, midnight and changes of clocks, and what must always hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules.answer import OPS
from baton.rules.calendar import (
    Calendar,
    NeverOpenError,
    add_business_days,
    add_days,
    end_of_day,
    holidays_of,
    is_business_day,
    local_day,
    start_of_day,
)
from baton.rules.tables import table

NEW_YORK = ZoneInfo("America/New_York")
DAYS = st.dates(date(1990, 1, 1), date(2190, 12, 31))


@pytest.mark.parametrize("example", table("us-federal-holidays").examples, ids=lambda e: str(e["year"]))
def test_the_holidays_of_a_year(example):
    year = example["year"]
    weekdays = sorted(day for day in holidays_of("us-federal-holidays", year) if day.weekday() < 5)
    assert weekdays == [date.fromisoformat(day) for day in example["kept"] if date.fromisoformat(day).weekday() < 5]


def test_the_steps_say_which_days_were_skipped_and_why():
    answer = add_business_days(date(2026, 7, 2), 2)
    assert answer.value == date(2026, 7, 7)
    assert [(step.op, step.day, step.reason or step.n) for step in answer.steps] == [
        ("start", date(2026, 7, 2), None),
        ("skip", date(2026, 7, 3), "independence-day-observed"),
        ("skip", date(2026, 7, 4), "independence-day"),
        ("skip", date(2026, 7, 5), "weekend"),
        ("count", date(2026, 7, 6), 1),
        ("count", date(2026, 7, 7), 2),
        ("end", date(2026, 7, 7), None),
    ]


def test_new_years_day_on_a_saturday_is_kept_in_the_old_year():
    assert Calendar().why_closed(date(2021, 12, 31)) == "new-years-day-observed"
    assert add_business_days(date(2021, 12, 30), 1).value == date(2022, 1, 3)


def test_juneteenth_counts_as_a_holiday_from_2021():
    assert is_business_day(date(2020, 6, 19))
    assert not is_business_day(date(2021, 6, 18))


def test_an_organisations_own_closures():
    calendar = Calendar(closures={date(2026, 3, 9): "staff-day"})
    answer = add_business_days(date(2026, 3, 6), 2, calendar)
    assert answer.value == date(2026, 3, 11)
    assert "staff-day" in {step.reason for step in answer.steps}


def test_a_calendar_that_never_opens_is_refused():
    with pytest.raises(NeverOpenError):
        add_business_days(date(2026, 1, 1), 1, Calendar(weekend=frozenset(range(7))))


def test_business_days_are_not_counted_backwards():
    with pytest.raises(ValueError, match="forwards"):
        add_business_days(date(2026, 1, 1), -1)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-03-07T04:40:00+00:00", date(2026, 3, 6)),  # Friday 23:40 in New York
        ("2026-03-07T05:15:00+00:00", date(2026, 3, 7)),  # Saturday 00:15
        ("2026-03-08T06:30:00+00:00", date(2026, 3, 8)),  # 01:30, half an hour before clocks go forward
        ("2026-03-09T03:59:59+00:00", date(2026, 3, 8)),  # 23:59:59 of the 23-hour day
        ("2026-03-09T04:00:00+00:00", date(2026, 3, 9)),
        ("2026-11-02T04:59:59+00:00", date(2026, 11, 1)),  # 23:59:59 of the 25-hour day
        ("2026-11-02T05:00:00+00:00", date(2026, 11, 2)),
    ],
)
def test_the_date_is_the_one_on_the_facilitys_wall(instant, day):
    assert local_day(datetime.fromisoformat(instant), NEW_YORK) == day


def test_the_same_instant_has_another_date_in_another_zone():
    instant = datetime(2026, 7, 3, 3, 30, tzinfo=UTC)
    assert local_day(instant, NEW_YORK) == date(2026, 7, 2)
    assert local_day(instant, ZoneInfo("Pacific/Honolulu")) == date(2026, 7, 2)
    assert local_day(instant, ZoneInfo("Europe/Madrid")) == date(2026, 7, 3)


def test_an_instant_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2026, 7, 2, 10), NEW_YORK)  # noqa: DTZ001


def test_the_due_instant_carries_the_local_offset_before_and_after_a_change_of_clocks():
    assert end_of_day(date(2026, 7, 7), NEW_YORK).isoformat() == "2026-07-07T23:59:59-04:00"
    assert end_of_day(date(2026, 3, 7), NEW_YORK).isoformat() == "2026-03-07T23:59:59-05:00"
    assert end_of_day(date(2026, 3, 8), NEW_YORK).isoformat() == "2026-03-08T23:59:59-04:00"
    assert end_of_day(date(2026, 11, 1), ZoneInfo("America/Havana")).utcoffset() == timedelta(hours=-5)


@given(DAYS, st.integers(0, 30))
def test_the_answer_is_the_nth_day_that_counts(day, n):
    answer = add_business_days(day, n)
    between = [day + timedelta(days=i) for i in range(1, (answer.value - day).days + 1)]
    assert sum(is_business_day(d) for d in between) == n
    assert n == 0 or is_business_day(answer.value)
    assert [step.day for step in answer.steps[1:-1]] == between
    assert {step.op for step in answer.steps} <= set(OPS)


@given(DAYS, st.integers(0, 15), st.integers(0, 15))
def test_counting_in_two_goes_is_counting_in_one(day, a, b):
    assert add_business_days(add_business_days(day, a).value, b).value == add_business_days(day, a + b).value


@given(DAYS, st.integers(0, 20))
def test_a_later_day_is_never_due_earlier(day, n):
    assert add_business_days(day, n).value <= add_business_days(day + timedelta(days=1), n).value


@given(st.integers(1972, 2400))
def test_a_year_has_nine_to_twelve_holidays_on_weekdays(year):
    assert 8 <= sum(day.weekday() < 5 for day in holidays_of("us-federal-holidays", year)) <= 13


@given(
    DAYS,
    st.sampled_from(["America/New_York", "America/Havana", "Atlantic/Azores", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago"]),
)
def test_the_last_second_of_a_day_is_in_it_and_the_next_is_not(day, name):
    zone = ZoneInfo(name)
    last = end_of_day(day, zone)
    assert local_day(last, zone) == day
    assert local_day((last.astimezone(UTC) + timedelta(seconds=1)), zone) > day
    assert local_day(start_of_day(day, zone).astimezone(UTC) + timedelta(hours=1), zone) == day


def test_calendar_days():
    assert add_days(date(2026, 12, 24), 14).value == date(2027, 1, 7)
