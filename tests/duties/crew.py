"""A crew for the tests of teams: the ward's people and Hannah, whose patients are handed about, and a few words to do it with."""

from __future__ import annotations

from typing import Any

from tests.duties.ward import HUB, LUIS, TOM, Ward, patient, staff

from baton.duties import codes, promises
from baton.duties.team import absences, looking_after
from baton.duties.team.handovers import Move
from baton.fhir.resource import target
from baton.rules.calendar import local_day
from baton.store import Who

HANNAH = Who("Practitioner/hannah", "Hannah Fisher", "coordinator", ("Organization/heart",), "desk")


def crew(ward: Ward, *more: Who) -> Ward:
    """The ward with Hannah, and whoever else."""
    for who in (HANNAH, *more):
        given, family = who.name.split()
        ward.put(
            {
                "resourceType": "Practitioner",
                "id": who.person.split("/")[1],
                "active": True,
                "name": [{"family": family, "given": [given]}],
            },
            staff(who),
        )
    return ward


def theirs(ward: Ward, id_: str, who: Who = HANNAH, *, owes: int = 2, **more: Any) -> str:
    """A patient whom somebody looks after, to whom they owe something in their own name. Returns "Patient/id"."""
    reference = f"Patient/{id_}"
    ward.put(patient(id_, **more))
    with ward.change(HUB) as change:
        team = {
            "resourceType": "CareTeam",
            "id": f"ct-{id_}",
            "status": "active",
            "subject": {"reference": reference},
            "participant": [{"member": {"reference": "Organization/heart"}}],
        }
        change.put(looking_after.with_coordinator(change, team, who.person))
    for number in range(owes):
        owe(ward, reference, f"errand {number}", who)
    return reference


def owe(ward: Ward, patient: str, what: str, who: Who = HANNAH) -> str:
    """One more promise in somebody's own name. Returns the Task's id."""
    with ward.change(LUIS) as change:
        due = local_day(ward.time, change.zone)
        return promises.make_by_hand(change, patient=patient, what=what, due=due, owner=who.person).id


def owners(ward: Ward, patient: str) -> set[str]:
    """Who owns what is open for a patient."""
    return {str(target(each["owner"])) for each in ward.find("Task", patient=patient) if codes.is_open(each)}


def by_name(ward: Ward, patient: str) -> tuple[str | None, str | None]:
    """Who looks after them, and who covers."""
    [care_team] = ward.find("CareTeam", patient=patient)
    return looking_after.after(care_team), looking_after.covering(care_team)


def to(who: Who, *patients: str) -> list[Move]:
    """These patients to somebody."""
    return [Move(each, who.person) for each in patients]


def tick(ward: Ward) -> None:
    """What the worker does each minute."""
    absences.tick(HUB, ward.store, ward.time)


__all__ = ["HANNAH", "LUIS", "TOM", "by_name", "crew", "owe", "owners", "theirs", "tick", "to"]
