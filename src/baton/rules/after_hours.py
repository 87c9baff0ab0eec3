"""When it is after hours, and which lines must be answered then. Table: data/after-hours.json."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from baton.rules.calendar import US_FEDERAL, Calendar, is_business_day
from baton.rules.tables import table

TABLE = "after-hours"
Span = tuple[datetime, datetime]


def lines(day: date) -> tuple[str, ...]:
    """The lines somebody must answer, in the order of the table."""
    return tuple(row.code for row in table(TABLE).in_force(day) if "covers" in row.values)


def longest_shift(day: date) -> timedelta:
    """How long somebody may be on call in one go."""
    return timedelta(hours=float(table(TABLE).row("longest-shift", day).values["hours"]))


def office(day: date) -> tuple[time, time]:
    """When the office opens and closes on a working day."""
    row = table(TABLE).row("office-hours", day).values
    return time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"])


def is_after_hours(at: datetime, zone: ZoneInfo, calendar: Calendar = US_FEDERAL) -> bool:
    """Whether nobody is at the desks at this instant."""
    local = at.astimezone(zone)
    opens, closes = office(local.date())
    return not is_business_day(local.date(), calendar) or not opens <= local.time() < closes


def owed(line: str, first: date, last: date, zone: ZoneInfo, calendar: Calendar = US_FEDERAL) -> Iterator[Span]:
    """The spans in which a line must be answered on these days, both included, in UTC-comparable instants, earliest first."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        start, end = (datetime.combine(each, time.min, zone) for each in (day, day + timedelta(days=1)))
        if table(TABLE).row(line, day).values["covers"] == "always" or not is_business_day(day, calendar):
            yield start, end
            continue
        opens, closes = office(day)
        yield start, datetime.combine(day, opens, zone)
        yield datetime.combine(day, closes, zone), end


def uncovered(owed: Iterator[Span], shifts: list[Span]) -> Iterator[Span]:
    """What of the owed spans no shift covers, earliest first; what touches is one gap."""
    gap: Span | None = None
    for start, end in owed:
        for hole in _holes(start, end, sorted(shifts)):
            if gap is not None and gap[1] == hole[0]:
                gap = (gap[0], hole[1])
                continue
            if gap is not None:
                yield gap
            gap = hole
    if gap is not None:
        yield gap


def _holes(start: datetime, end: datetime, shifts: list[Span]) -> Iterator[Span]:
    at = start
    for first, last in shifts:
        if last <= at or first >= end:
            continue
        if first > at:
            yield at, first
        at = max(at, last)
    if at < end:
        yield at, end
