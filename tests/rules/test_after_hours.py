"""After hours: the worked examples of the table, and what a line owes that no shift covers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from baton.rules import after_hours
from baton.rules.tables import table

ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize("example", table("after-hours").examples, ids=lambda each: each["at"])
def test_examples(example: dict[str, object]) -> None:
    at = datetime.fromisoformat(str(example["at"])).replace(tzinfo=ZONE)
    assert after_hours.is_after_hours(at, ZONE) is example["after_hours"]


def test_a_line_that_is_always_owed_owes_every_hour_and_one_for_the_night_only_the_night() -> None:
    monday, sunday = date(2026, 11, 16), date(2026, 11, 22)
    hours = {line: _hours(list(after_hours.owed(line, monday, sunday, ZONE))) for line in ("clinician", "coordinator")}
    assert hours == {"clinician": 7 * 24, "coordinator": 7 * 24 - 5 * 9}


def test_what_no_shift_covers_is_a_gap_and_gaps_that_touch_are_one() -> None:
    day = date(2026, 11, 21)  # a Saturday
    at = [datetime(2026, 11, 21, hour, tzinfo=ZONE) for hour in (0, 6, 12, 18)]
    owed = after_hours.owed("coordinator", day, day + timedelta(days=1), ZONE)
    found = list(after_hours.uncovered(owed, [(at[2], at[3]), (at[0], at[1])]))
    assert found == [(at[1], at[2]), (at[3], datetime(2026, 11, 23, 0, tzinfo=ZONE))]


def _hours(spans: list[tuple[datetime, datetime]]) -> float:
    return sum((end - start).total_seconds() for start, end in spans) / 3600
