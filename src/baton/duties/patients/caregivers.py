"""Those who care for a patient at home: part of the care team, how strained they are, what they can do, and what they were shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading, trace
from baton.duties.patients import identity
from baton.duties.promises import refuse
from baton.duties.support import assessments, clinicians
from baton.duties.support.assessments import Response, Sum
from baton.fhir.resource import Resource, has_code, human_name, target
from baton.rules.calendar import local_day
from baton.rules.portal import is_minor

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

SNOMED: Final = "http://snomed.info/sct"
CAREGIVER: Final = "133932002"
STRAIN, ABILITY = "caregiver-strain", "caregiver-ability"
TRAINING: Final = "screen-training"


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing a caregiver does at home: what they said, and whether they were shown since (a day) or still are to be (a promise)."""

    item: str
    said: str
    shown: datetime | None
    task: str | None


@dataclass(frozen=True, slots=True)
class Caregiver:
    """Somebody close to the patient: whether they are part of the care team, their strain over time, what they can do.

    `child`: known to be a minor; a child is nobody to ask how they bear it.
    """

    reference: str
    name: str
    relationship: str
    phone: str | None
    member: bool
    strain: tuple[tuple[datetime | None, Sum], ...]
    abilities: tuple[Ability, ...]
    asked: datetime | None
    child: bool = False


def of_patient(view: View, *, patient: str, responses: Iterable[Response] | None = None) -> tuple[Caregiver, ...]:
    """Everybody close to a patient, those of the care team first. `responses` saves the question when the page has them already."""
    reference = patient if "/" in patient else f"Patient/{patient}"
    people = [each for each in view.find("RelatedPerson", patient=reference) if each.get("active", True)]
    if not people:
        return ()
    answered = tuple(assessments.of_patient(view, patient=reference) if responses is None else responses)
    teams = view.find("CareTeam", patient=reference, status="active")
    shown = view.find("Task", patient=reference, code=f"{codes.PROMISE}|{TRAINING}")
    known = [_caregiver(view, each, teams, [one for one in answered if one.done], shown) for each in people]
    return tuple(sorted(known, key=lambda each: (not each.member, each.name)))


def _caregiver(view: View, person: Resource, teams: list[Resource], answered: list[Response], shown: list[Resource]) -> Caregiver:
    reference = f"RelatedPerson/{person['id']}"
    mine = [each for each in answered if each.source == reference]
    strain = tuple((each.when, each.sums[0]) for each in reversed(mine) if each.assessment.code == STRAIN and each.sums)
    ability = next((each for each in mine if each.assessment.code == ABILITY), None)
    return Caregiver(
        reference=reference,
        name=human_name(person),
        relationship=next((text for each in person.get("relationship", ()) if (text := _words(each))), ""),
        phone=clinicians.phone_of(person),
        member=any(target(each.get("member")) == reference for team in teams for each in team.get("participant", ())),
        strain=strain,
        abilities=tuple(_abilities(view, ability, shown)) if ability else (),
        asked=ability.when if ability else None,
        child=is_minor(identity.birth_date(person), local_day(view.now, view.zone)),
    )


def _words(relationship: Resource) -> str:
    coding: Resource = next(iter(relationship.get("coding", ())), {})
    return str(relationship.get("text") or coding.get("display") or coding.get("code") or "")


def _abilities(view: View, ability: Response, shown: list[Resource]) -> Iterable[Ability]:
    about: dict[str, Resource] = {}
    for task in sorted(shown, key=lambda each: str(each.get("authoredOn"))):
        told = trace.of(task)
        what = str(told.fact("finding") or "") if told else ""
        if what.startswith(f"{ABILITY}/"):
            about[what.partition("/")[2]] = task
    for item in ability.assessment.items:
        said = ability.answers.get(item.link)
        if said in (None, "not-needed"):
            continue
        mine = about.get(item.link) or {}
        ended = mine.get("executionPeriod", {}).get("end") if mine.get("status") == "completed" else None
        yield Ability(item.link, str(said), reading.moment(ended, view.zone), str(mine["id"]) if mine and codes.is_open(mine) else None)


def join(change: Change, *, patient: str, person: str) -> Stored:
    """Somebody close to the patient is part of the care team from now on. Raises Invalid when they are nobody close to this patient."""
    reference = patient if "/" in patient else f"Patient/{patient}"
    found = reading.maybe(change, person) if person.startswith("RelatedPerson/") else None
    if found is None or target(found.get("patient")) != reference:
        raise refuse("There is nobody of that name close to the patient.", "CareTeam.participant")
    participant = {
        "role": [codes.concept(SNOMED, CAREGIVER, "Caregiver")],
        "member": codes.reference_to(person, human_name(found)),
        "period": {"start": local_day(change.now, change.zone).isoformat()},
    }
    return change.put(_with(_team(change, reference), person, participant))


def leave(change: Change, *, patient: str, person: str) -> Stored:
    """They are not part of the care team any more; they stay somebody close to the patient."""
    return change.put(_with(_team(change, patient if "/" in patient else f"Patient/{patient}"), person, None))


def _team(change: Change, patient: str) -> Resource:
    """The patient's care team: the one whose team owns their promises, else a new one."""
    found = reading.team_of(change, patient)[2]
    if found is not None:
        return change.get(*found.split("/", 1))
    mine = next((each for each in change.find("CareTeam", patient=patient, status="active") if _family(each)), None)
    return mine or {"resourceType": "CareTeam", "status": "active", "subject": {"reference": patient}}


def _family(team: Resource) -> bool:
    roles = (role for each in team.get("participant", ()) for role in each.get("role", ()))
    return any(has_code(role, SNOMED, CAREGIVER) for role in roles)


def _with(team: Resource, person: str, participant: Resource | None) -> Resource:
    others = [each for each in team.get("participant", ()) if target(each.get("member")) != person]
    result = {**team, "participant": [*others, participant] if participant else others}
    return result if result["participant"] else {key: value for key, value in result.items() if key != "participant"}
