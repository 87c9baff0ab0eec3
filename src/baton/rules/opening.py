"""Whether a place is open at an instant, by its schedules (RFC 5545 rules, as Open Referral writes them) and its time zone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from baton.rules.calendar import US_FEDERAL, WEEKEND, Calendar

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PART = re.compile(r"^(FREQ|INTERVAL|BYDAY|BYMONTHDAY|BYYEARDAY|BYWEEKNO|WKST|COUNT|UNTIL)=[A-Z0-9,+-]+$")
_LONG_AGO = date(2020, 1, 6)  # a Monday


class NoScheduleError(ValueError):
    """The schedule cannot be understood; the message says why."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One schedule: a recurrence rule, the hours of its days, and the days between which it holds. Open whole days without hours."""

    rule: str
    opens: time | None = None
    closes: time | None = None
    first: date | None = None
    last: date | None = None

    @property
    def past_midnight(self) -> bool:
        """Whether it closes on the next day."""
        return self.opens is not None and self.closes is not None and self.closes <= self.opens


def checked(rule: str, start: date | None = None) -> str:
    """The rule as it may be kept. Raises NoScheduleError for one that is none."""
    text = rule.strip().upper().removeprefix("RRULE:")
    if not all(_PART.match(part) for part in text.split(";")) or "FREQ=" not in text:
        raise NoScheduleError(f"{rule!r} is no recurrence rule")
    try:
        rrulestr(text, dtstart=datetime.combine(start or _LONG_AGO, time()))
    except (ValueError, TypeError, KeyError) as wrong:
        raise NoScheduleError(f"{rule!r} is no recurrence rule: {wrong}") from None
    return text


@lru_cache(maxsize=4096)
def falls_on(hours: Hours, day: date) -> bool:
    """Whether the schedule has this day."""
    if (hours.first and day < hours.first) or (hours.last and day > hours.last):
        return False
    plain = dict(part.split("=", 1) for part in hours.rule.split(";"))
    if plain.keys() <= {"FREQ", "BYDAY", "WKST", "INTERVAL"} and plain["FREQ"] == "WEEKLY" and plain.get("INTERVAL", "1") == "1":
        return DAYS[day.weekday()] in plain.get("BYDAY", "").split(",")
    start = datetime.combine(hours.first or _LONG_AGO, time())
    midnight = datetime.combine(day, time())
    return bool(rrulestr(hours.rule, dtstart=start).between(midnight, midnight, inc=True))


def is_open(schedules: Iterable[Hours], zone: ZoneInfo, now: datetime) -> bool | None:
    """Whether any schedule is open at an instant, by the clock of its zone; None when there is no schedule at all."""
    known = list(schedules)
    local = now.astimezone(zone)
    return any(_open(each, local) for each in known) if known else None


def _open(hours: Hours, local: datetime) -> bool:
    return _day_of(hours, local) is not None


def _day_of(hours: Hours, local: datetime) -> date | None:
    """The day whose hours have a place open at a moment on its wall: after midnight that may be the day before. None: it is closed."""
    clock = local.time().replace(tzinfo=None)
    if falls_on(hours, local.date()):
        opens, closes = hours.opens or time(), hours.closes
        if opens <= clock and (closes is None or hours.past_midnight or clock < closes):
            return local.date()
    yesterday = local.date() - timedelta(days=1)
    if hours.past_midnight and hours.closes and clock < hours.closes and falls_on(hours, yesterday):
        return yesterday
    return None


def on_holiday(schedules: Iterable[Hours], zone: ZoneInfo, now: datetime, calendar: Calendar = US_FEDERAL) -> str | None:
    """The holiday on which a place is open by the hours of every week alone, which may not hold then; None where that is no question.

    Open Referral's schedules know no holidays: hours for this one day (valid from and to it) are believed, those of every week are not.
    """
    local = now.astimezone(zone)
    days = [(each, day) for each in schedules if (day := _day_of(each, local)) is not None]
    if not days or any(each.first == each.last == day for each, day in days):
        return None
    found = [calendar.why_closed(day) for _, day in days]
    return found[0] if all(each not in (None, WEEKEND) for each in found) else None
