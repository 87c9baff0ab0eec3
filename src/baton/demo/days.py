"""The town's calendar around its today: business days back and forth, and times of day on the town's wall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from baton.rules.calendar import add_business_days, is_business_day

MONTH = 40  # days the town looks back on: 23 business days, whatever holidays lie in between
KNOWN = 115  # days for which the first of its people are known: 68 business days


@dataclass(frozen=True, slots=True)
class Days:
    """Days around `today`, in the town's zone."""

    today: date
    zone: ZoneInfo

    @property
    def begun(self) -> date:
        """The day the month begins."""
        return self.today - timedelta(days=MONTH)

    @property
    def opened(self) -> date:
        """The day the hub began its work, with a few people."""
        return self.today - timedelta(days=KNOWN)

    def at(self, day: date, clock: str) -> datetime:
        """A time of a day, aware: at(day, "14:10")."""
        return datetime.combine(day, time.fromisoformat(clock), tzinfo=self.zone)

    def back(self, days: int) -> date:
        """So many calendar days ago."""
        return self.today - timedelta(days=days)

    def business(self, n: int) -> date:
        """The n-th business day from today, backwards when negative; 0 is today, or the last business day when today is none."""
        day = self.today
        while not is_business_day(day):
            day -= timedelta(days=1)
        if n >= 0:
            return add_business_days(day, n).value
        while n:
            day -= timedelta(days=1)
            n += is_business_day(day)
        return day

    def after(self, day: date, n: int) -> date:
        """The n-th business day after a day."""
        return add_business_days(day, n).value

    def due(self, business_days: int, on: date) -> date | None:
        """The latest day whose n-th business day after it is `on`; None when `on` is no business day."""
        if not is_business_day(on):
            return None
        day = on - timedelta(days=1)
        while add_business_days(day, business_days).value > on:
            day -= timedelta(days=1)
        return day
