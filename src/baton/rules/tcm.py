"""Transitional care management: clocks, the visit's window by complexity, and the code that may be proposed. Tables: data/tcm.json."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Literal, cast

from baton.rules.answer import Answer, Step
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days, add_days
from baton.rules.tables import Row, table

Complexity = Literal["high", "moderate", "low", "unknown"]
COMPLEXITIES: tuple[Complexity, ...] = ("high", "moderate", "low", "unknown")
TABLE = "tcm"


def cited(value: date, steps: tuple[Step, ...], row: Row) -> Answer[date]:
    """The answer together with the row it comes from."""
    return Answer(value, steps, rule=f"{TABLE}/{row.code}", version=table(TABLE).version, source=row.source)


def clock(code: str, discharge: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day of a clock (contact, visit-7, visit-14, service-period-end, readmission-window). Day 0 is the discharge date."""
    row = table(TABLE).row(code, discharge)
    count = cast(int, row.values["count"])
    if row.values["unit"] != "business-days":
        answer = add_days(discharge, count)
    else:
        answer = add_business_days(discharge, count, calendar.for_rule(cast(str, row.values["calendar"])))
    return cited(answer.value, answer.steps, row)


def visit(discharge: date, complexity: str = "unknown") -> Answer[date]:
    """The last day for the face-to-face visit: 7 days when complexity is high or unknown, 14 otherwise."""
    row = table(TABLE).row(f"complexity-{complexity}", discharge)
    answer = clock(cast(str, row.values["clock"]), discharge)
    start, *rest = answer.steps
    return cited(answer.value, (start, Step("count", reason=row.code), *rest), row)


@lru_cache(maxsize=256)
def is_visit_class(code: str | None, day: date) -> bool:
    """Whether an Encounter of this class (v3-ActCode) counts as the face-to-face visit after a discharge; an unknown class does not."""
    return any(row.code == code and bool(row.values["counts"]) for row in table("tcm").in_force(day) if row.values["kind"] == "visit-class")


def proposal(discharge: date, *, visited: date | None, complexity: str, contact_met: bool) -> Answer[str | None]:
    """The code that may be proposed (never billed by itself) for a visit on that day; None, and why, when there is none.

    `contact_met`: somebody was reached in time, or two timely separate attempts are documented.
    """

    def none(reason: str) -> Answer[str | None]:
        return Answer(None, (Step("start", discharge), Step("end", visited, reason)), f"{TABLE}/proposal", table(TABLE).version)

    if visited is None or visited < discharge:
        return none("no-visit")
    if not contact_met:
        return none("no-timely-contact")
    day = (visited - discharge).days
    rows = [row for row in table(TABLE).in_force(discharge) if row.values["kind"] == "code" and complexity in row.values["complexities"]]
    for row in rows:
        if visited <= clock(cast(str, row.values["clock"]), discharge).value:
            steps = (Step("start", discharge), Step("count", visited, f"complexity-{complexity}", day), Step("end", visited, row.code))
            return Answer(row.code, steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)
    return none("visit-too-late" if rows else f"complexity-{complexity}")
