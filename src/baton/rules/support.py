"""How soon a worry or a goal is taken up again, and from when on somebody is confident. Table: data/support.json."""

from __future__ import annotations

from datetime import date
from typing import Final, cast

from baton.rules.answer import Answer
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days, add_days
from baton.rules.tables import table

TABLE: Final = "support"
MOST: Final = 10
"""Confidence goes from 0 to 10."""


def due(code: str, since: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day of a clock of this table."""
    row = table(TABLE).row(code, since)
    count = cast(int, row.values["count"])
    answer = add_business_days(since, count, calendar) if row.values["unit"] == "business-days" else add_days(since, count)
    return Answer(answer.value, answer.steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)


def confident(confidence: int, day: date) -> bool:
    """Whether somebody is confident enough to leave the goal as it is."""
    return confidence >= cast(int, table(TABLE).row("confident", day).values["at_least"])
