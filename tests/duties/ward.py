"""A ward for the tests of duties: a hub with its real guards and reactions, a clock that moves when told, and the people of the stories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from baton.duties import codes, ground, house, trace
from baton.duties.contact import communication
from baton.duties.reading import maybe
from baton.duties.team import licences
from baton.duties.transitions import episodes
from baton.store import Change, Store, Who
from baton.store.check import violations
from baton.store.postgres import Database

ZONE = ZoneInfo("America/New_York")
HUB = Who(codes.HUB, "Baton", "system", (), "cli")
TOM = Who("Practitioner/tom", "Tom Brandt", "coordinator", ("Organization/heart",), "desk")
PRIYA = Who("Practitioner/priya", "Priya Nair", "coordinator", ("Organization/plan",), "desk")  # another team: sees nothing of Tom's
LUIS = Who("Practitioner/luis", "Luis Ortega", "supervisor", (), "desk")
DANA = Who("Practitioner/dana", "Dana Roth", "administrator", (), "desk")
MERCY = Who("Device/mercy", "Mercy General interface", "system", (), "api")
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
HOME = ("http://terminology.hl7.org/CodeSystem/discharge-disposition", "home")
KEY = b"a key for tests, not for patients"
NURSE = {"code": {"coding": [{"system": licences.LICENCE, "code": "RN"}]}, "period": {"end": "2027-12-31"}}
GOING_HOME = ("discharge-plan", "discharge-item", "discharge-blocker", "discharge-result", "discharge-summary")
TEAM = [{"coding": [{"system": codes.ORGANIZATION_TYPE, "code": "team"}]}]


class Ward:
    """The hub as its people use it. `at` moves the clock; times are New York's unless they say otherwise."""

    def __init__(self, database: Database, start: str = "2026-07-02T14:11:00", *, labellers: Sequence[Any] = ()) -> None:
        self.database = database
        self.going_home = False  # whether `promises` tells those of plans for going home too
        self.time = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
        self.store = Store(
            database.app_dsn,
            clock=lambda: self.time,
            zone=ZONE,
            key=KEY,
            guards=house.GUARDS,
            reactions=house.REACTIONS,
            labellers=labellers,
        )
        self.at(start)
        if not self._stands():
            self._found()

    def _stands(self) -> bool:
        with self.store.view(HUB) as view:
            return maybe(view, TOM.person) is not None

    def _found(self) -> None:
        """Lay the ground, and bring in the people."""
        with self.change(HUB) as change:
            ground.install(change)
            for team, name in (("heart", "Heart & Vascular"), ("plan", "Health Plan")):
                change.put({"resourceType": "Organization", "id": team, "active": True, "type": TEAM, "name": name})
            for who in (TOM, PRIYA, LUIS, DANA):
                family, given = who.name.split()[::-1]
                change.put(
                    {
                        "resourceType": "Practitioner",
                        "id": who.person.split("/")[1],
                        "active": True,
                        "name": [{"family": family, "given": [given]}],
                        **({"qualification": [NURSE]} if who is TOM else {}),
                    }
                )
                change.put(staff(who))

    @classmethod
    def founded(cls, database: Database) -> None:
        """Prepare a database that wards are copied from: the ground of years ago, and the people."""
        cls(database, "2020-01-01T06:00:00").store.close()

    def at(self, text: str) -> Ward:
        """Move the clock to this moment on the wall in New York (or of the offset given)."""
        moment = datetime.fromisoformat(text)
        self.time = (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(UTC)
        return self

    def change(self, who: Who = MERCY, because: str = "a test") -> Change:
        return self.store.change(who, because=because)

    def put(self, *resources: dict[str, Any], who: Who = MERCY) -> None:
        """Everything in one change."""
        with self.change(who) as change:
            for resource in resources:
                change.put(resource)

    def get(self, reference: str) -> dict[str, Any]:
        with self.store.view(HUB) as view:
            return view.get(*reference.split("/", 1))

    def find(self, type_: str, **params: Any) -> list[dict[str, Any]]:
        with self.store.view(HUB) as view:
            return view.find(type_, **params)

    def violations(self) -> list[str]:
        """What `baton check` would say."""
        return list(violations(self.database.owner_dsn, KEY, ZONE))

    # --- what the stories speak of

    def promises(self, patient: str = "eva") -> dict[str, dict[str, Any]]:
        """The patient's pathway promises by code, the newest where there are several."""
        found = sorted(self.find("Task", patient=f"Patient/{patient}"), key=lambda each: each["authoredOn"])
        plans = () if self.going_home else GOING_HOME
        return {code: each for each in found if (code := codes.promise_code(each) or "") not in plans}

    def due(self, patient: str = "eva") -> dict[str, date]:
        """The last day of each promise."""
        return {code: datetime.fromisoformat(task["restriction"]["period"]["end"]).date() for code, task in self.promises(patient).items()}

    def status(self, patient: str = "eva") -> dict[str, str]:
        return {code: task["status"] for code, task in self.promises(patient).items()}

    def episode(self, encounter: str = "stay") -> dict[str, Any]:
        return self.get(f"EpisodeOfCare/{codes.derived_id(episodes.TRANSITIONAL_CARE, f'Encounter/{encounter}')}")

    def task(self, code: str, patient: str = "eva") -> str:
        return str(self.promises(patient)[code]["id"])

    def trace(self, code: str, patient: str = "eva") -> trace.Trace:
        told = trace.of(self.promises(patient)[code])
        assert told is not None
        return told

    def attempt(self, outcome: str, *, who: Who = TOM, patient: str = "eva", **said: Any) -> None:
        with self.change(who, "attempt") as change:
            communication.attempt(change, task=self.task(codes.CONTACT, patient), outcome=outcome, **said)


def staff(who: Who) -> dict[str, Any]:
    """What makes somebody staff."""
    role = {
        "resourceType": "PractitionerRole",
        "id": who.person.split("/")[1],
        "active": True,
        "practitioner": {"reference": who.person},
        "code": [{"coding": [{"system": codes.STAFF_ROLE, "code": who.role}]}],
    }
    return role | ({"organization": {"reference": who.teams[0]}} if who.teams else {})


def patient(id_: str = "eva", birth: str | None = "1955-03-03", **more: Any) -> dict[str, Any]:
    """Eva Stone, 71, unless said otherwise."""
    born = {"birthDate": birth} if birth else {}
    return {"resourceType": "Patient", "id": id_, "name": [{"family": "Stone", "given": [id_.title()]}], "gender": "female", **born, **more}


def of_team(patient: str = "eva", team: str = "heart", status: str = "active") -> dict[str, Any]:
    """The patient in the care of a team."""
    return {
        "resourceType": "CareTeam",
        "id": f"ct-{patient}",
        "status": status,
        "subject": {"reference": f"Patient/{patient}"},
        "participant": [{"member": {"reference": f"Organization/{team}"}}],
    }


def stay(
    end: str | None = "2026-07-02T14:10:00-04:00",
    *,
    id_: str = "stay",
    patient: str = "eva",
    start: str = "2026-06-28T09:00:00-04:00",
    status: str = "finished",
    class_: str = "IMP",
    disposition: tuple[str, str] | None = HOME,
    **more: Any,
) -> dict[str, Any]:
    """An inpatient stay for heart failure at Mercy General that ended at home."""
    encounter: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": id_,
        "status": status,
        "class": {"system": ACT, "code": class_},
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": start, **({"end": end} if end else {})},
        "reasonCode": [{"text": "heart failure"}],
        "serviceProvider": {"display": "Mercy General"},
        **more,
    }
    if disposition:
        encounter["hospitalization"] = {"dischargeDisposition": {"coding": [{"system": disposition[0], "code": disposition[1]}]}}
    return encounter


def visit(start: str, *, id_: str = "visit", patient: str = "eva", class_: str = "AMB", status: str = "finished") -> dict[str, Any]:
    """An outpatient visit."""
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": status,
        "class": {"system": ACT, "code": class_},
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": start},
    }


def appointment(start: str, *, id_: str = "booked", patient: str = "eva", status: str = "booked") -> dict[str, Any]:
    """A visit in the book."""
    return {
        "resourceType": "Appointment",
        "id": id_,
        "status": status,
        "start": start,
        "end": start[:14] + "59" + start[16:],
        "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
        **({"cancelationReason": {"text": "no ride"}} if status in ("noshow", "cancelled") else {}),
    }


def summary(when: str, *, id_: str = "summary", patient: str = "eva", status: str = "current") -> dict[str, Any]:
    """A discharge summary."""
    return {
        "resourceType": "DocumentReference",
        "id": id_,
        "status": status,
        "type": {"coding": [{"system": codes.LOINC, "code": "18842-5"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "date": when,
        "content": [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}],
    }
