"""Retention: until when a patient's record must be kept, and whether a ground allows it to be erased. Table: data/retention.json."""

from __future__ import annotations

from datetime import date
from typing import cast

from baton.rules.answer import Answer, Step
from baton.rules.tables import Row, table

TABLE = "retention"


def kept_until(last_activity: date, born: str | None, *, today: date, schedule: str = "record") -> Answer[date]:
    """The last day the record must be kept: years from the last activity, for a minor's from their majority. `born` as FHIR has it."""
    row = table(TABLE).row(schedule, today)
    years, majority = cast(int, row.values["years"]), cast(int, row.values["majority"])
    steps = [Step("start", last_activity)]
    start = last_activity
    if born and (of_age := _years_on(_latest(born), majority)) > start:
        start = of_age
        steps.append(Step("start", of_age, "majority"))
    until = _years_on(start, years)
    steps.append(Step("end", until, row.code, years))
    return Answer(until, tuple(steps), rule=f"{TABLE}/{row.code}", version=table(TABLE).version, source=row.source)


def grounds(today: date) -> list[Row]:
    """The grounds in law on that day."""
    return [row for row in table(TABLE).in_force(today) if row.values["kind"] == "ground"]


def refusals(ground: str, *, last_activity: date, born: str | None, today: date) -> list[str]:
    """Why a record may not be erased on this ground, one sentence each; nothing when it may."""
    found = {row.code: row for row in grounds(today)}
    row = found.get(ground)
    if row is None:
        return [f"{ground!r} is no ground in law; there are: {', '.join(sorted(found))}"]
    if not row.values["schedule"]:
        return []
    answer = kept_until(last_activity, born, today=today, schedule=cast(str, row.values["schedule"]))
    if today > answer.value:
        return []
    return [f"the record must be kept until {answer.value.isoformat()} ({answer.rule}: {answer.source.partition('.')[0]})"]


def _latest(born: str) -> date:
    """The last day a partial date can mean."""
    year, month, day = ([*map(int, born[:10].split("-")), 0, 0])[:3]
    if day:
        return date(year, month, day)
    following = date(year + (month or 12) // 12, (month or 12) % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _years_on(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)
