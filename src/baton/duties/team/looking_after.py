"""Who looks after whom by name, and who covers for them: participants of the CareTeam that gives a patient to a team."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.team import licences, teams
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of, target
from baton.rules import performers
from baton.rules.calendar import local_day
from baton.store import Invalid

if TYPE_CHECKING:
    from baton.store import Change, View

ROLE: Final = codes.CARE_TEAM_ROLE
COORDINATOR, COVERING = "coordinator", "covering"
TAKERS: Final = ("coordinator", "senior", "social-worker", "supervisor", "clinician", "administrator")
"""Roles that can look after patients."""
EVERYWHERE: Final = ("supervisor", "administrator")
SLACK: Final = timedelta(days=7)
"""Whoever covers sees the patient until it has gone back; this much after the last day at the latest."""


def after(care_team: Resource | None) -> str | None:
    """Who looks after the patient by name, as their CareTeam says."""
    return next(_members(care_team, COORDINATOR), None)


def covering(care_team: Resource | None) -> str | None:
    """Who covers for them now, as the CareTeam says."""
    return next(_members(care_team, COVERING), None)


def _members(care_team: Resource | None, role: str) -> Iterator[str]:
    for each in (care_team or {}).get("participant", ()):
        if _has(each, role) and (member := target(each.get("member"))):
            yield member


def _has(participant: Resource, role: str) -> bool:
    return any(code_of(one, ROLE) == role for one in participant.get("role", ()))


def with_coordinator(view: View, care_team: Resource, person: str | None) -> Resource:
    """The CareTeam with this person looking after the patient, in place of whoever did."""
    rest = [each for each in care_team.get("participant", ()) if not _has(each, COORDINATOR)]
    return {**care_team, "participant": [*rest, *([_participant(view, COORDINATOR, person)] if person else [])]}


def with_cover(view: View, care_team: Resource, person: str | None, until: datetime | None = None) -> Resource:
    """The CareTeam with this person covering from now on, in place of whoever did; None: nobody covers."""
    rest = [each for each in care_team.get("participant", ()) if not _has(each, COVERING)]
    period = {"start": episodes.instant(view.now), "end": episodes.instant((until or view.now) + SLACK)}
    return {**care_team, "participant": [*rest, *([{**_participant(view, COVERING, person), "period": period}] if person else [])]}


def _participant(view: View, role: str, person: str) -> Resource:
    return {"role": [codes.concept(ROLE, role)], "member": codes.reference_to(person, reading.name_of(view, person))}


def care_team(change: Change, patient: str) -> Resource:
    """The CareTeam that gives the patient to a team. Raises Invalid when no team has taken them yet."""
    reference = reading.team_of(change, patient)[2]
    if reference is None:
        text = "No team has taken this patient yet: take them from Intake first."
        raise Invalid(text, expression="CareTeam.participant", code="business-rule")
    return change.get(*reference.split("/", 1))


def care_teams(change: Change, patients: Sequence[str]) -> dict[str, Resource]:
    """The same for many patients, asked and locked at once."""
    with_team: dict[str, list[Resource]] = {}
    for each in change.find("CareTeam", patient=",".join(patients), status="active", _count=len(patients) * 4):
        with_team.setdefault(str(codes.patient_of(each)), []).append(each)
    known: dict[str, bool] = {}
    found = {}
    for patient in patients:
        for each in sorted(with_team.get(patient, ()), key=lambda one: str(one["id"])):
            for member in reading.members(each):
                if member not in known:
                    known[member] = reading.is_team(reading.peek(change, member))
            if patient not in found and any(known[member] for member in reading.members(each)):
                found[patient] = str(each["id"])
    reading.hold(change, (f"CareTeam/{id_}" for id_ in found.values()))
    return {patient: change.get("CareTeam", found[patient]) if patient in found else care_team(change, patient) for patient in patients}


def takes(view: View, person: str) -> bool:
    """Whether somebody works here, at this moment, in a role that looks after patients."""
    return any(role in TAKERS for role, _ in teams.roles(view, person))


def reaches(view: View, person: str, patient: str) -> bool:
    """Whether somebody works here and this patient is theirs to see: by a team, by name, or as one who answers for the house."""
    held = teams.roles(view, person)
    if any(role in EVERYWHERE for role, _ in held):
        return True
    if {team for _, team in held} & set(reading.teams_of(view, patient)):
        return True
    named = view.find("CareTeam", patient=patient, status="active", participant=person) if held else []
    return any(person in (after(each), covering(each)) for each in named)


def owned_by(view: View, task: Resource, person: str, *, named: bool = False) -> Resource:
    """A promise in the hands of somebody who can keep it: this person; the patient's team where they cannot see the patient, do not work
    here, or lack the licence it asks for. `named`: this change has just named them for the patient.
    """
    code, patient = str(codes.promise_code(task)), str(codes.patient_of(task))
    gated = performers.gate(code, local_day(view.now, view.zone)) is not None
    if (named or reaches(view, person, patient)) and not (gated and licences.kind_of(view, code, person) is None):
        owner = codes.reference_to(person, reading.name_of(view, person))
    else:
        team, name, _ = reading.team_of(view, patient)
        owner = codes.reference_to(team, name)
    if target(task.get("owner")) == owner["reference"]:
        return task
    status = "requested" if task["status"] in ("accepted", "in-progress") else task["status"]
    return {**task, "status": status, "owner": owner, "lastModified": episodes.instant(view.now)}
