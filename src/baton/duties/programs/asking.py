"""Assessments a phase of a program owes: asked from the program, kept by finished answers, owed again when the answers are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from baton.duties import codes, reading, trace
from baton.duties.programs.packs import Words, words
from baton.duties.programs.promises import ASK, KINDS, STEP
from baton.duties.reactions import Reaction, wanting
from baton.duties.support.assessments import DONE
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource
from baton.packs.assessments import of_canonical
from baton.rules.calendar import local_day
from baton.store import View


@dataclass(frozen=True, slots=True)
class Due:
    """One thing an enrolment owes now: its promise, which step of the program (or kind), its last day, whether that has passed.

    `asks` is the assessment whose answers keep it.
    """

    task: str
    kind: str
    step: str
    text: Words
    due: date
    late: bool
    asks: str | None


UNASKED: Final = "Ask it from the program: the answers keep this promise. Or close it with a reason."


def asks(task: Resource | None) -> str | None:
    """The assessment whose answers keep this promise of a program; None for any other."""
    if codes.promise_code(task) != STEP or task is None or (told := trace.of(task)) is None:
        return None
    return str(found) if (found := told.fact(ASK)) else None


def since(task: Resource) -> date | None:
    """From which day on answers count for it: the day its phase began."""
    told = trace.of(task)
    found = told.fact("phase-since") if told else None
    return found if isinstance(found, date) else None


def due(view: View, patient: str) -> dict[str, tuple[Due, ...]]:
    """What the enrolments of a patient owe now, by "EpisodeOfCare/id", the earliest first: one question."""
    found: dict[str, list[Due]] = {}
    for task in view.find("Task", patient=patient, status=codes.OPEN):
        if codes.promise_code(task) in KINDS and (episode := codes.episode_of(task)) and (told := trace.of(task)) is not None:
            day = local_day(told.due, view.zone)
            step, text = str(told.fact("step") or ""), words(task, "description")
            one = Due(str(task["id"]), told.step, step, text, day, told.due < view.now, asks(task))
            found.setdefault(episode, []).append(one)
    return {episode: tuple(sorted(several, key=lambda each: (each.due, each.step))) for episode, several in found.items()}


def kept_by(view: View, *, patient: str, response: str) -> bool:
    """Whether these answers kept what a program owed."""
    found = view.find("Task", patient=patient, code=f"{codes.PROMISE}|{STEP}", status="completed")
    return any(upkeep.fulfilled_by(each) == f"QuestionnaireResponse/{response}" for each in found)


@wanting(lambda after: after is not None and of_canonical(after.get("questionnaire")) is not None)
def on_response(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Answers were finished: what a program owed of them is kept. They were taken back: it is owed again."""
    found = of_canonical((after or {}).get("questionnaire"))
    patient = codes.patient_of(after)
    if after is None or found is None or patient is None or not {(before or {}).get("status"), after["status"]} & {*DONE}:
        return []
    reference = f"QuestionnaireResponse/{after['id']}"
    with reading.seeing_all(view):
        if after["status"] in DONE:
            return [_kept(view, each, reference) for each in _owed(view, patient, found.code) if _counts(each, after)]
        back = (each for each in view.find("Task", patient=patient, status="completed") if upkeep.fulfilled_by(each) == reference)
        return [_again(view, each) for each in back if asks(each) and _runs(view, each)]


def _owed(view: View, patient: str, assessment: str) -> Iterator[Resource]:
    for each in view.find("Task", patient=patient, code=f"{codes.PROMISE}|{STEP}", status=codes.OPEN):
        if asks(each) == assessment:
            yield view.get("Task", str(each["id"]))


def _counts(task: Resource, response: Resource) -> bool:
    """Whether answers were given in the phase that asks for them."""
    first, given = since(task), str(response.get("authored", ""))[:10]
    return not given or first is None or given >= first.isoformat()


def _kept(view: View, task: Resource, reference: str) -> Resource:
    shut = upkeep.closed(task, upkeep.Kept("completed", "kept", view.now, reference), view.now)
    return {**shut, "lastModified": episodes.instant(view.now)}


def _again(view: View, task: Resource) -> Resource:
    return reading.rehomed(view, upkeep.reopened(view.get("Task", str(task["id"])), "answer-corrected", view.now))


def _runs(view: View, task: Resource) -> bool:
    episode = reading.peek(view, codes.episode_of(task))
    return episode is not None and episode.get("status") == "active"


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """What is kept by answers is not ticked off without them."""
    if not codes.is_open(before) or after is None or after.get("status") != "completed" or (wanted := asks(before)) is None:
        return
    if upkeep.fulfilled_by(after) is not None:
        reference = reading.peek(view, upkeep.fulfilled_by(after))
        found = of_canonical((reference or {}).get("questionnaire"))
        if reference is not None and found is not None and found.code == wanted and reference.get("status") in DONE:
            return
    yield error("business-rule", UNASKED, "Task.status")


GUARDS = {"Task": [task_guard]}
REACTIONS: dict[str, list[Reaction]] = {"QuestionnaireResponse": [on_response]}
