"""Answers that need somebody at once, wherever they are written: in a form, or as the Observation another system makes of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading
from baton.duties.support import assessments
from baton.duties.support import safety_states as states
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target
from baton.rules import assessments as rules
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Stored, View

OBSERVED = "Observation"
WRONG = "entered-in-error"
WHEN = ("authored", "effectiveDateTime", "effectiveInstant", "issued")
"""Where answers and observations say when they were given, the likeliest first."""


def positive(resource: Mapping[str, Any] | None, day: date) -> tuple[str, Any] | None:
    """The (question, answer) of a question acted on at once that is above zero; None when there is none, or it was taken back.

    A question is known by its link in a form, by its LOINC code in an Observation or a component of one; the form plays no part.
    """
    if resource is None or resource.get("status") == WRONG:
        return None
    said = _observed(resource) if resource.get("resourceType") == OBSERVED else assessments.items_of(resource)
    for question, answered in said:
        row = rules.critical(question, day)
        if row is not None and not rules.is_zero(row, answer := assessments.said_by(answered)):
            return question, answer
    return None


def _observed(resource: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(LOINC code, value) of an Observation and its components, of those that have one."""
    for each in (resource, *resource.get("component", ())):
        if any(key.startswith("value") for key in each):
            for coding in each.get("code", {}).get("coding", ()):
                if coding.get("system") == codes.LOINC:
                    yield str(coding.get("code")), each


def observes(resource: Mapping[str, Any] | None) -> bool:
    """Whether an Observation holds such a question at all: asked of each one that is written."""
    known = rules.critical_questions()
    return resource is not None and any(
        coding.get("code") in known
        for each in (resource, *resource.get("component", ()))
        for coding in each.get("code", {}).get("coding", ())
    )


def is_history(after: Resource, question: str, view: View) -> bool:
    """Whether what was answered is so long ago that it is history: an Observation from anywhere, a form only when it is loaded."""
    row = rules.critical(question, local_day(view.now, view.zone))
    when = next((found for key in WHEN if (found := reading.moment(after.get(key), view.zone)) is not None), None)
    loaded = view.who.entrance == "load" or after["resourceType"] == OBSERVED
    return loaded and when is not None and row is not None and rules.is_history(row, when, view.now)


def seen_to(after: Resource, view: View) -> bool:
    """Whether an Observation only repeats a form about which there was a case."""
    forms = [str(target(each)) for each in after.get("derivedFrom", ()) if str(target(each)).startswith("QuestionnaireResponse/")]
    return any(states.is_case(each) for form in forms for each in view.find("Task", focus=form))


def needs_somebody(view: View, stored: Stored | Resource) -> bool:
    """Whether these answers (a stored QuestionnaireResponse) need somebody at once: what a page asks before it shows anything else."""
    resource = stored if isinstance(stored, dict) else stored.resource()
    return positive(resource, local_day(view.now, view.zone)) is not None


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An answer that needs somebody at once says whose it is, and is not deleted while nobody has decided."""
    one = after or before or {}
    if one.get("resourceType") == OBSERVED and not observes(after) and not observes(before):
        return
    day, type_ = local_day(view.now, view.zone), str(one.get("resourceType"))
    if positive(after, day) is not None and codes.patient_of(after) is None:
        yield error("required", "An answer that needs somebody at once says which patient it is about.", f"{type_}.subject")
    if after is None and positive(before, day) is not None and _open_about(view, f"{type_}/{one.get('id')}"):
        yield error("business-rule", "A safety case is open about these answers: a clinician decides first.", type_)


def _open_about(view: View, what: str) -> bool:
    with reading.seeing_all(view):
        return any(states.is_case(each) and codes.is_open(each) for each in view.find("Task", focus=what))
