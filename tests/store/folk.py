"""The same few people in every test of the door, one of whom must see nothing; a clock that only moves when told; a few resources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from baton.store import Store, Who

KEY = b"a key for tests, not for patients"
ZONE = ZoneInfo("America/New_York")
TEAM_TYPE = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "team"}]}]
PROMISE = "https://baton.example/fhir/CodeSystem/promise"
STAFF_ROLE = "https://baton.example/fhir/CodeSystem/staff-role"

HUB = Who("Device/baton", "Baton", "system", (), "cli")
ANA = Who("Practitioner/ana", "Ana Vega", "coordinator", ("Organization/a",), "desk")
BO = Who("Practitioner/bo", "Bo Lund", "coordinator", ("Organization/b",), "desk")  # must see nothing of A's
SUE = Who("Practitioner/sue", "Sue Park", "supervisor", (), "desk")
ADA = Who("Practitioner/ada", "Ada Okafor", "administrator", (), "desk")


class Clock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 7, 2, 14, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, **by: float) -> datetime:
        self.time += timedelta(**by)
        return self.time


def ground(store: Store) -> None:
    """Teams A, B and intake; patient `zofia` of Team A, patient `luis` of nobody's yet."""
    with store.change(HUB, because="ground") as change:
        for id_, name in (("a", "Team A"), ("b", "Team B"), ("intake", "Intake")):
            change.put({"resourceType": "Organization", "id": id_, "active": True, "name": name, "type": TEAM_TYPE})
        change.put(
            {
                "resourceType": "Patient",
                "id": "zofia",
                "identifier": [{"system": "urn:mrn", "value": "MRN0012345"}],
                "name": [{"family": "Nowak", "given": ["Zofia", "Maria"]}],
                "telecom": [{"system": "phone", "value": "(413) 555-0182"}],
                "gender": "female",
                "birthDate": "1955-03-03",
            }
        )
        change.put({"resourceType": "Patient", "id": "luis", "name": [{"family": "Delgado", "given": ["Luis"]}], "birthDate": "1941-11-20"})
        change.put(care_team("ct-zofia", "zofia", "a"))


def care_team(id_: str, patient: str, team: str, status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "CareTeam",
        "id": id_,
        "status": status,
        "subject": {"reference": f"Patient/{patient}"},
        "participant": [{"member": {"reference": f"Organization/{team}"}}],
    }


def task(patient: str = "zofia", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": f"Patient/{patient}"},
        "authoredOn": "2026-07-01T10:00:00Z",
        **more,
    }


def promise(patient: str = "zofia", owner: str = "Organization/a", due: str = "2026-07-07T23:59:59-04:00", **more: Any) -> dict[str, Any]:
    period = {"end": due, **({"start": more.pop("asleep")} if "asleep" in more else {})}
    code = {"coding": [{"system": PROMISE, "code": more.pop("code", "by-hand")}]}
    return task(patient, code=code, owner={"reference": owner}, restriction={"period": period}, **more)


def observation(patient: str = "zofia", date: str = "2026-06-01T10:00:00Z", code: str = "8302-2", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": date,
        **more,
    }
