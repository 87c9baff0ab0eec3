"""Intake: patients whom no team has taken yet; a team takes one, or declines with its reason, which the next one reads.

What was said is a `Task` (no promise) per patient and answer: completed when a team took them, rejected when it did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.duties.team import looking_after, teams
from baton.duties.today.rows import Identity
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of
from baton.rules.calendar import local_day
from baton.store import Invalid
from baton.store import workload as store
from baton.store.codes import new_id

if TYPE_CHECKING:
    from baton.store import Change, View

SYSTEM: Final = f"{codes.P}/CodeSystem/intake"
CODE: Final = "intake-answer"
REASONS: Final = ("full", "not-our-work", "language", "outside", "refuses", "other")
"""Why a team declines: full, other work than theirs, nobody speaks the language, lives outside, the patient does not want it, other."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a team said: taken or declined, when, by whom, why."""

    team: str
    taken: bool
    reason: str
    words: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A patient in Intake: since when, what is owed meanwhile, and who declined so far."""

    patient: Identity
    reference: str
    since: datetime
    open: int
    declined: tuple[Answer, ...]


def how_many(view: View) -> int:
    """How many patients wait in Intake, of those one may see."""
    return store.waiting(view, codes.INTAKE, limit=1)[0]


def waiting(view: View, *, limit: int = 100, start: int = 0) -> tuple[int, tuple[Waiting, ...]]:
    """Who waits in Intake: how many, and from `start` on those who wait longest."""
    count, found = store.waiting(view, codes.INTAKE, limit=limit, start=start)
    references = [f"Patient/{patient['id']}" for patient, _, _ in found]
    said = _said(view, references)
    today = local_day(view.now, view.zone)
    rows = [
        Waiting(
            identity.identity(patient, today),
            reference,
            since.astimezone(view.zone),
            open_,
            tuple(each for each in said.get(reference, ()) if not each.taken),
        )
        for reference, (patient, since, open_) in zip(references, found, strict=True)
    ]
    return count, tuple(rows)


def _said(view: View, patients: Sequence[str]) -> Mapping[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    tasks = view.find("Task", patient=",".join(patients), code=f"{SYSTEM}|{CODE}") if patients else []
    for task in sorted(tasks, key=lambda each: str(each.get("authoredOn"))):
        found.setdefault(str(codes.patient_of(task)), []).append(_read(task, view))
    return found


def _read(task: Resource, view: View) -> Answer:
    reason: Resource = task.get("statusReason", {})
    team, by = (str(task.get(name, {}).get("display", "")) for name in ("owner", "requester"))
    at = reading.moment(task.get("authoredOn"), view.zone)
    return Answer(team, task["status"] == "completed", code_of(reason, SYSTEM) or "", str(reason.get("text", "")), by, at)


def take(change: Change, *, patient: str, team: str, person: str | None = None) -> None:
    """A team takes a patient from Intake, and somebody in it looks after them by name. What Intake owed them goes along. Raises Invalid."""
    _waits(change, patient)
    _ours(change, team)
    if person and not looking_after.takes(change, person):
        raise Invalid(f"Does not look after patients here: {reading.name_of(change, person)}", expression="CareTeam.participant")
    care_team: Resource = {
        "resourceType": "CareTeam",
        "id": codes.derived_id("taken-from-intake", patient, team),
        "status": "active",
        "subject": {"reference": patient},
        "participant": [{"member": codes.reference_to(team, reading.name_of(change, team))}],
    }
    if person:
        care_team = looking_after.with_coordinator(change, care_team, person)
    change.put(care_team)
    change.put(_answer(change, patient, team, "completed", {}))


def decline(change: Change, *, patient: str, team: str, reason: str, words: str = "") -> None:
    """A team does not take a patient, and this is why; they go on waiting for another. Raises Invalid."""
    _waits(change, patient)
    _ours(change, team)
    if reason not in REASONS:
        raise Invalid("Say why your team cannot take them.", expression="Task.statusReason", code="required")
    if reason == "other" and not words.strip():
        raise Invalid("Say why, in your own words.", expression="Task.statusReason.text", code="required")
    said = codes.concept(SYSTEM, reason, words.strip()[:500] or None)
    change.put(_answer(change, patient, team, "rejected", {"statusReason": said}))


def _waits(change: Change, patient: str) -> None:
    change.get(*patient.split("/", 1))
    if reading.teams_of(change, patient) != [codes.INTAKE]:
        raise Invalid("A team has this patient already.", expression="CareTeam.participant", code="business-rule")


def _ours(change: Change, team: str) -> None:
    if team == codes.INTAKE or team not in dict(teams.names(change)):
        raise Invalid("Choose one of your teams.", expression="Task.owner", code="required")


def _answer(change: Change, patient: str, team: str, status: str, more: Resource) -> Resource:
    return {
        "resourceType": "Task",
        "id": new_id(),
        "status": status,
        "intent": "order",
        "code": codes.concept(SYSTEM, CODE),
        "for": {"reference": patient},
        "focus": {"reference": patient},
        "authoredOn": episodes.instant(change.now),
        "lastModified": episodes.instant(change.now),
        "requester": codes.reference_to(change.who.person, change.who.name),
        "owner": codes.reference_to(team, reading.name_of(change, team)),
        **more,
    }
