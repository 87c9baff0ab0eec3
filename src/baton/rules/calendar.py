"""Business days: weekends, holidays as dated data, an organisation's own closures. Pure; days are calendar dates in the facility's zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from baton.rules.answer import Answer, Step
from baton.rules.tables import Row, table

SATURDAY, SUNDAY = 5, 6
WEEKEND = "weekend"
LONGEST_CLOSURE = 366  # days; a calendar that is closed for longer than this is a mistake, not a calendar


class NeverOpenError(ValueError):
    """The calendar has no business day within a year of the day asked about."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A working calendar: a table of holidays, plus an organisation's own closures (day -> reason code)."""

    holidays: str = "us-federal-holidays"
    closures: Mapping[date, str] = field(default_factory=dict)
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})

    def why_closed(self, day: date) -> str | None:
        """Why this day does not count: "weekend", a holiday's code ("-observed" when moved), a closure's reason; None when it counts."""
        if day in self.closures:
            return self.closures[day]
        holiday = holidays_of(self.holidays, day.year).get(day)
        if holiday is not None:
            return holiday
        return WEEKEND if day.weekday() in self.weekend else None

    def for_rule(self, whose: str) -> Calendar:
        """The calendar a rule counts by: "organisation", this one; "federal", the same without the organisation's own closures.

        Raises ValueError for a rule that names another.
        """
        if whose not in ("organisation", "federal"):
            raise ValueError(f"a rule counts by the calendar of the organisation or the federal one, not {whose!r}")
        return self if whose == "organisation" or not self.closures else replace(self, closures={})


US_FEDERAL = Calendar()


def actual_day(row: Row, year: int) -> date:
    """The day a holiday falls on by its rule, before it is moved off a weekend."""
    rule = row.values
    if rule["kind"] == "fixed":
        return date(year, rule["month"], rule["day"])
    if rule["nth"] > 0:
        first = date(year, rule["month"], 1)
        return first + timedelta(days=(rule["weekday"] - first.weekday()) % 7 + 7 * (rule["nth"] - 1))
    last = date(year, rule["month"] + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - rule["weekday"]) % 7)


def observed_day(name: str, day: date) -> date:
    """The day a holiday is kept on: the table's `observed` rows move Saturday to Friday and Sunday to Monday while they are in force."""
    for row in table(name).in_force(day):
        if row.values["kind"] == "observed" and day.weekday() == row.values["weekday"]:
            return day + timedelta(days=row.values["days"])
    return day


@cache
def holidays_of(name: str, year: int) -> Mapping[date, str]:
    """Every holiday kept in a year, by day. A New Year's Day on a Saturday is kept on 31 December of the year before."""
    kept: dict[date, str] = {}
    for of_year in (year, year + 1):
        for row in table(name).rows:
            if row.values["kind"] == "observed":
                continue
            if of_year > date.max.year - 1:
                continue
            day = actual_day(row, of_year)
            if not row.in_force(day):
                continue
            observed = observed_day(name, day)
            if observed.year == year:
                kept[observed] = row.code if observed == day else f"{row.code}-observed"
            if day.year == year:
                kept.setdefault(day, row.code)
    return kept


def is_business_day(day: date, calendar: Calendar = US_FEDERAL) -> bool:
    """Whether the day counts."""
    return calendar.why_closed(day) is None


def add_business_days(day: date, n: int, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The `n`-th business day after `day` (day 0, which itself never counts); the steps name every day skipped, and why.

    Raises NeverOpenError, and ValueError when n is negative.
    """
    if n < 0:
        raise ValueError("business days are counted forwards")
    steps = [Step("start", day)]
    counted, closed = 0, 0
    while counted < n:
        day += timedelta(days=1)
        reason = calendar.why_closed(day)
        if reason is None:
            counted, closed = counted + 1, 0
            steps.append(Step("count", day, n=counted))
            continue
        closed += 1
        if closed > LONGEST_CLOSURE:
            raise NeverOpenError(f"no business day in the year before {day.isoformat()}")
        steps.append(Step("skip", day, reason))
    return Answer(day, (*steps, Step("end", day)))


def add_days(day: date, n: int) -> Answer[date]:
    """The day `n` calendar days after `day` (day 0)."""
    end = day + timedelta(days=n)
    return Answer(end, (Step("start", day), Step("count", end, reason="calendar-days", n=n), Step("end", end)))


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar date of an aware instant, on the wall of the facility."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone has no calendar date")
    return instant.astimezone(zone).date()


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a calendar date in a zone, aware. Where a change of clocks repeats that second, the later one."""
    last = datetime.combine(day, time(23, 59, 59), tzinfo=zone)
    return max(last.replace(fold=0), last.replace(fold=1), key=lambda moment: moment.astimezone(UTC))


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Midnight at the beginning of a calendar date in a zone, aware."""
    return datetime.combine(day, time.min, tzinfo=zone)
