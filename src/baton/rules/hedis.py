"""HEDIS Transitions of Care windows, dated by measurement year. Table: data/hedis.json."""

from __future__ import annotations

from datetime import date
from typing import cast

from baton.rules.answer import Answer
from baton.rules.calendar import add_days
from baton.rules.tables import table

TABLE = "hedis"


def last_day(code: str, day: date) -> Answer[date]:
    """The last day of a window after a discharge (or, for admission-notice, an admission) on that date."""
    row = table(TABLE).row(code, day)
    answer = add_days(day, cast(int, row.values["last"]))
    return Answer(answer.value, answer.steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)


def met(code: str, day: date, *, on: date) -> bool:
    """Whether something done `on` that day falls inside the window; TRC-3 does not count the day of discharge itself."""
    row = table(TABLE).row(code, day)
    return cast(int, row.values["first"]) <= (on - day).days <= cast(int, row.values["last"])
