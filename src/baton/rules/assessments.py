"""What follows from answers: sums and what they are called, what is promised because of them, what is acted on at once. Pure.

Table: data/assessments.json. A value is what an answer counts (0, 1, 2, …); the library (`packs/assessments.py`) says what each counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final, cast

from baton.rules.answer import Answer, Step
from baton.rules.calendar import US_FEDERAL, Calendar, add_business_days, add_days
from baton.rules.tables import Row, table

TABLE: Final = "assessments"
ITEM_9: Final = "44260-2"
"""LOINC's code of the ninth question of the PHQ-9, which is its link here as well."""
Values = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Action:
    """Something promised because of an answer or a sum. `key` is what was found: "phq-9/review"; `ask` an assessment to be asked."""

    key: str
    promise: str
    because: str  # the score or the question
    value: int
    ask: str | None
    domain: str | None
    label: str | None
    row: Row


def total(values: Values, items: Sequence[str]) -> int | None:
    """The sum of these questions; None while one of them is unanswered."""
    counted = [values.get(each) for each in items]
    return sum(cast("list[int]", counted)) if items and None not in counted else None


def asked(conditions: Iterable[tuple[str, str, str | int]], answers: Mapping[str, str | int], values: Values) -> bool:
    """Whether a question is asked: it has no conditions (question, is/not/at_least, value), or any of them holds."""
    found = list(conditions)
    return not found or any(_holds(each, answers, values) for each in found)


def _holds(condition: tuple[str, str, str | int], answers: Mapping[str, str | int], values: Values) -> bool:
    item, op, wanted = condition
    if item not in answers:
        return False
    if op == "at_least":
        return (values.get(item) or 0) >= int(wanted)
    return (answers[item] == wanted) == (op == "is")


def band(assessment: str, score: str, value: int, day: date) -> Row | None:
    """What a sum is called: the row of its band; None where there are no bands."""
    rows = (row for row in table(TABLE).in_force(day) if row.values["kind"] == "band")
    mine = (row for row in rows if (row.values["assessment"], row.values["score"]) == (assessment, score))
    return next((row for row in mine if row.values["from"] <= value <= row.values["to"]), None)


def actions(assessment: str, scores: Mapping[str, int], values: Values, answers: Mapping[str, Any], day: date) -> tuple[Action, ...]:
    """What is promised because of these sums and answers, in the order of the table."""
    found = []
    for row in table(TABLE).in_force(day):
        said = row.values
        if said["kind"] != "action" or said["assessment"] != assessment:
            continue
        because = str(said.get("score") or said["item"])
        value = scores.get(because) if "score" in said else values.get(because)
        if value is None or not said.get("at_least", 0) <= value <= said.get("at_most", value) or _excused(said.get("unless"), answers):
            continue
        found.append(Action(row.code, said["promise"], because, value, said.get("ask"), said.get("domain"), said.get("label"), row))
    return tuple(found)


def _excused(unless: Mapping[str, str] | None, answers: Mapping[str, Any]) -> bool:
    return unless is not None and answers.get(unless["item"]) == unless["is"]


def due(row: Row, found: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day of an action that follows from something found on that day."""
    count = cast(int, row.values["count"])
    answer = add_business_days(found, count, calendar) if row.values["unit"] == "business-days" else add_days(found, count)
    return Answer(answer.value, answer.steps, f"{TABLE}/{row.code}", table(TABLE).version, row.source)


# --- what is acted on at once ----------------------------------------------------------------------------------------------------


def critical(link: str, day: date) -> Row | None:
    """The row of a question whose answer is acted on at once, by its link ("44260-2", or "/44260-2" as some forms write it)."""
    last = link.rpartition("/")[2]
    rows = (row for row in table(TABLE).in_force(day) if row.values["kind"] == "critical")
    return next((row for row in rows if row.values["item"] == last), None)


@cache
def critical_questions() -> frozenset[str]:
    """The LOINC codes of all such questions, whenever in force."""
    return frozenset(str(row.values["item"]) for row in table(TABLE).rows if row.values["kind"] == "critical")


def is_zero(row: Row, answer: object) -> bool:
    """Whether an answer to such a question says "not at all". Whatever is not known to say so is acted on."""
    return answer in row.values["zero"] or answer in (0, 0.0, "0") or (isinstance(answer, bool) and not answer)


def is_history(row: Row, answered: datetime, now: datetime) -> bool:
    """Whether an answer loaded from elsewhere is so old that it is history."""
    return now - answered > timedelta(days=cast(int, row.values["fresh_days"]))


def call_backs(lost: datetime) -> tuple[int, datetime]:
    """When contact is lost: how many call-backs, and until when."""
    row = table(TABLE).row("call-backs", lost.date())
    return cast(int, row.values["count"]), lost + timedelta(minutes=cast(int, row.values["minutes"]))


def follow_up(day: date, calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The day on which somebody speaks with the patient again."""
    return due(table(TABLE).row("safety-follow-up", day), day, calendar)


def at_once(day: date) -> Answer[date]:
    """Due the same day: the moment itself is the due time."""
    row = next(row for row in table(TABLE).in_force(day) if row.values["kind"] == "critical")
    return Answer(day, (Step("start", day), Step("end", day)), f"{TABLE}/{row.code}", table(TABLE).version, row.source)
