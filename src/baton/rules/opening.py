"""Whether a place is open at an instant, by its schedules (RFC 5545 rules, as Open Referral writes them) and its time zone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

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
    clock = local.time().replace(tzinfo=None)
    if falls_on(hours, local.date()):
        opens, closes = hours.opens or time(), hours.closes
        if opens <= clock and (closes is None or hours.past_midnight or clock < closes):
            return True
    yesterday = local.date() - timedelta(days=1)
    return bool(hours.past_midnight and hours.closes and clock < hours.closes and falls_on(hours, yesterday))
