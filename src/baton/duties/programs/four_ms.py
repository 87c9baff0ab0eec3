"""The 4Ms of one patient side by side: what they said of each, what the chart adds, and what is owed about it.

What matters, medication, mentation, mobility (Age-Friendly Health Systems): which question belongs to which stands in the assessment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading, trace
from baton.duties.patients import medicines
from baton.duties.programs import states
from baton.duties.programs.packs import Words, words
from baton.duties.support import assessments, findings
from baton.duties.support.assessments import Response, Sum
from baton.fhir.resource import Resource, text_of
from baton.packs.assessments import library
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import View

ASSESSMENT: Final = "four-ms"
MS: Final = ("matters", "medication", "mentation", "mobility")
OF_STEP: Final[Mapping[str, str]] = {"what-matters": "matters", "proxy": "matters", **{each: each for each in MS[1:]}}
"""Steps of a program and the M each is about."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is open about one M: the promise, what was found (a finding's key; empty for a step, which has its own words), until when."""

    task: str
    finding: str
    step: Words | None
    due: date
    late: bool


@dataclass(frozen=True, slots=True)
class M:
    """One of the four: (link of the question, answer) as far as it was said, sums, what the chart adds, and what is owed.

    `goals`: their own words of what they want (what matters); `medicines`: how many are taken (medication; None elsewhere).
    """

    code: str
    said: tuple[tuple[str, str | int], ...]
    sums: tuple[Sum, ...]
    goals: tuple[str, ...]
    medicines: int | None
    owed: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class FourMs:
    """All four, and the answers they are from: the latest that are finished, else None."""

    asked: Response | None
    ms: tuple[M, ...]


def of_patient(view: View, patient: str) -> FourMs | None:
    """The 4Ms of a patient ("Patient/id"): once they were asked, or while a program asks them. None for everybody else."""
    answered = next((each for each in assessments.of_patient(view, patient=patient, assessment=ASSESSMENT) if each.done), None)
    if answered is None and not any(_asks(view, each) for each in states.of_patient(view, patient) if each.is_open):
        return None
    owed = _owed(view, patient)
    goals = view.find("Goal", patient=patient, lifecycle_status="proposed,planned,accepted,active,on-hold")
    taken = [each for each in view.find("MedicationRequest", patient=patient) if each.get("status") in medicines.TAKEN]
    return FourMs(answered, tuple(_m(code, answered, owed.get(code, ()), goals, len(taken)) for code in MS))


def _asks(view: View, enrolment: states.Enrolment) -> bool:
    steps = (step for phase in states.must_have(view, enrolment).phases for step in phase.steps)
    return any(step.asks == ASSESSMENT for step in steps)


def _m(code: str, answered: Response | None, owed: Sequence[Owed], goals: Sequence[Resource], taken: int) -> M:
    found = library()[ASSESSMENT]
    links = [item.link for item in found.items if item.domain == code]
    said = tuple((link, answered.answers[link]) for link in links if answered is not None and link in answered.answers)
    sums = tuple(each for each in (answered.sums if answered else ()) if each.code == code)
    own = tuple(text_of(each.get("description")) for each in goals) if code == MS[0] else ()
    return M(code, said, sums, own, taken if code == "medication" else None, tuple(owed))


def _owed(view: View, patient: str) -> dict[str, list[Owed]]:
    """What is open, by M, the earliest first."""
    found: dict[str, list[Owed]] = {}
    for task in view.find("Task", patient=patient, status=codes.OPEN):
        told = trace.of(task)
        about = _about(task, told) if told is not None else None
        if about is not None and told is not None:
            code, key = about
            due = reading.moment(task.get("restriction", {}).get("period", {}).get("end"), view.zone) or told.due
            step = None if key else words(task, "description")
            one = Owed(str(task["id"]), key, step, local_day(due, view.zone), due < view.now)
            found.setdefault(code, []).append(one)
    return {code: sorted(several, key=lambda each: each.due) for code, several in found.items()}


def _about(task: Resource, told: trace.Trace) -> tuple[str, str] | None:
    """Which M a promise is about, and the key of the finding it is from."""
    said = findings.finding(task)
    if said is not None and said[0] == ASSESSMENT:
        item = library()[ASSESSMENT].item(said[1])
        return (item.domain if item is not None and item.domain else "mentation"), "/".join(said)  # the sum is of the questions on mood
    step = OF_STEP.get(str(told.fact("step") or ""))
    return (step, "") if step else None
