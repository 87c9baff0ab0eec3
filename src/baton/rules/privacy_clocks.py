"""How long the privacy duties have: requests, their one extension, reminders, the years of an accounting (data/privacy-clocks.json)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import cast

from baton.rules.answer import Answer, Step
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days, add_days
from baton.rules.tables import Row, table

TABLE = "privacy-clocks"
REQUESTS = ("access-request", "amendment-request", "accounting-request", "restriction-request")


def due(code: str, received: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day to act on a request that came on that day."""
    row = table(TABLE).row(code, received)
    return _cited(_counted(row, received, cast(int, row.values["count"]), calendar), row)


def extended(code: str, received: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day after the one extension. Raises ValueError for what cannot be extended."""
    row = table(TABLE).row(code, received)
    more = cast(int, row.values["more"])
    if not more:
        raise ValueError(f"{code} is not extended")
    first = _counted(row, received, cast(int, row.values["count"]), calendar)
    second = _counted(row, first.value, more, calendar)
    return _cited(Answer(second.value, (*first.steps[:-1], Step("moved", second.value, "extended-once"), Step("end", second.value))), row)


def accounting_start(requested: date) -> date:
    """The first day of the six years an accounting covers."""
    return _years_before(requested, cast(int, table(TABLE).row("accounting-years", requested).values["count"]))


def is_free(requested: date, earlier: Iterable[date]) -> bool:
    """Whether an accounting costs nothing: the first within twelve months."""
    months = cast(int, table(TABLE).row("accounting-free", requested).values["count"])
    since = _years_before(requested, months // 12)
    return not any(since < day < requested for day in earlier)


def source(code: str, day: date) -> str:
    """Where the number stands."""
    return table(TABLE).row(code, day).source


def grounds(code: str, day: date) -> tuple[Row, ...]:
    """The grounds on which such a request may be denied."""
    return tuple(row for row in table("denials").in_force(day) if row.values["request"] == code)


def _counted(row: Row, day: date, count: int, calendar: Calendar) -> Answer[date]:
    return add_business_days(day, count, calendar) if row.values["unit"] == "business-days" else add_days(day, count)


def _cited(answer: Answer[date], row: Row) -> Answer[date]:
    return Answer(answer.value, answer.steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
