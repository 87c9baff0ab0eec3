"""Who may enter a program: its conditions as FHIR searches, with the patient and days counted back from today put in."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from baton.fhir import query

if TYPE_CHECKING:
    from baton.duties.programs.packs import Criterion
    from baton.store import View

_VARIABLE = re.compile(r"\{\{%(patient\.id|today)(?:-(\d+)([ymd]))?\}\}")


def asked(expression: str, patient: str, today: date) -> str:
    """The search of a criterion for one patient on one day: {{%patient.id}} and {{%today-65y}} put in."""

    def put(found: re.Match[str]) -> str:
        if found[1] == "patient.id":
            return patient
        return _before(today, int(found[2] or 0), found[3] or "d").isoformat()

    return _VARIABLE.sub(put, expression)


def _before(day: date, count: int, unit: str) -> date:
    if unit == "d":
        return day - timedelta(days=count)
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def holds(view: View, criterion: Criterion, patient: str, today: date) -> bool:
    """Whether a patient (an id) meets a criterion."""
    type_, _, text = asked(criterion.expression, patient, today).partition("?")
    pairs = [tuple(each.partition("=")[::2]) for each in text.split("&") if each]
    found = view.search(query.parse(type_, [*pairs, ("_count", str(criterion.at_least))]))  # type: ignore[list-item]
    return (len(found.entries) >= criterion.at_least) != criterion.excluding
