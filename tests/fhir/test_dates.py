from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.fhir import dates

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "text, lo, hi",
    [
        ("2026", "2026-01-01T05:00", "2027-01-01T05:00"),
        ("2026-03", "2026-03-01T05:00", "2026-04-01T04:00"),
        ("2026-12", "2026-12-01T05:00", "2027-01-01T05:00"),
        ("2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00"),
        ("2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"),
        ("2024-02-29", "2024-02-29T05:00", "2024-03-01T05:00"),
        ("2026-07-02T14:10", "2026-07-02T18:10", "2026-07-02T18:11"),
        ("2026-07-02T14:10Z", "2026-07-02T14:10", "2026-07-02T14:11"),
        ("2026-07-02T14:10:00", "2026-07-02T18:10", "2026-07-02T18:10:01"),
        ("2026-07-02T14:10:00-04:00", "2026-07-02T18:10", "2026-07-02T18:10:01"),
        ("2026-07-02T14:10:00+05:30", "2026-07-02T08:40", "2026-07-02T08:40:01"),
        ("2026-07-02T14:10:00.5Z", "2026-07-02T14:10:00.5", "2026-07-02T14:10:00.6"),
        ("2026-07-02T14:10:00.123456789Z", "2026-07-02T14:10:00.123456", "2026-07-02T14:10:00.123457"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59", "2017-01-01T00:00"),
    ],
)
def test_a_date_is_the_whole_span_it_names(text: str, lo: str, hi: str) -> None:
    expected = tuple(datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (lo, hi))
    assert dates.interval(text, NEW_YORK) == expected


@pytest.mark.parametrize(
    "text",
    ["", "x", "26", "2026-13", "2026-02-30", "2023-02-29", "2026-7-2", "2026-07-02T", "2026-07-02T25:00:00Z", "2026-07-02T14:10:61Z"]
    + [
        "2026-07-02T14:10:00+0400",
        "2026-07-02T14:10:00,5Z",
        "2026-07-02T14:10:00.Z",
        "2026-07-02 14:10:00Z",
        "2026-W01-1T10:00:00Z",
        "٢٠٢٦",
    ]
    + ["2026-07-02T14:10:00+15:00", "2026-07-02T14:10:00Zx", "0000", "0000-01-01"],
)
def test_what_is_no_date(text: str) -> None:
    assert not dates.is_date(text)
    with pytest.raises(ValueError):
        dates.interval(text, NEW_YORK)


@pytest.mark.parametrize(
    "text", ["0001", "0001-01-01", "9999", "9999-12", "9999-12-31", "9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00"]
)
def test_the_ends_of_time_hold(text: str) -> None:
    lo, hi = dates.interval(text, NEW_YORK)
    assert dates.BEGINNING <= lo <= hi <= dates.END


@given(st.text())
def test_interval_raises_nothing_but_value_error(text: str) -> None:
    dates.is_date(text)


@given(st.datetimes(timezones=st.sampled_from([UTC, NEW_YORK])))
def test_instants_come_back(moment: datetime) -> None:
    moment = moment.astimezone(UTC) if 1 < moment.year < 9999 else datetime(2026, 7, 2, tzinfo=UTC)
    text = dates.format_instant(moment)
    assert dates.parse_instant(text) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    lo, hi = dates.interval(text, NEW_YORK)
    assert lo <= moment < hi and hi - lo == timedelta(milliseconds=1)


def test_format_instant() -> None:
    assert dates.format_instant(datetime(2026, 7, 2, 14, 10, tzinfo=NEW_YORK)) == "2026-07-02T18:10:00.000Z"


@pytest.mark.parametrize("text", ["2026", "2026-07-02", "2026-07-02T14:10:00", "x"])
def test_less_than_an_instant_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        dates.parse_instant(text)


def test_periods_are_open_where_they_say_nothing() -> None:
    assert dates.period_interval({"start": "2026-07-02"}, UTC) == (datetime(2026, 7, 2, tzinfo=UTC), dates.END)
    assert dates.period_interval({"end": "2026-07-02"}, UTC) == (dates.BEGINNING, datetime(2026, 7, 3, tzinfo=UTC))
