"""Find: patients however their name was heard, and people; nobody outside one's care."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baton.duties.patients.find import find, why
from baton.store import Store, Who
from baton.store.postgres import Database

NOW = datetime(2026, 7, 2, 18, 10, tzinfo=UTC)
TODAY = date(2026, 7, 2)
STAFF = "https://baton.example/fhir/CodeSystem/staff-role"
HEART = Who("Practitioner/tom", "Tom Reyes", "coordinator", ("Organization/heart",), "desk")
SENIOR = Who("Practitioner/sue", "Sue Hall", "supervisor", (), "desk")
LOADER = Who("Device/baton", "Baton", "system", (), "load")


def person(id_: str, given: str, family: str, born: str, mrn: str, phone: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient", "id": id_, "name": [{"given": given.split(), "family": family}], "birthDate": born,
        "identifier": [{"system": "urn:mrn", "value": mrn}], "telecom": [{"system": "phone", "value": phone}],
    }  # fmt: skip


WALTER = person("walter", "Walter", "Nowak", "1943-02-11", "0048213", "(555) 014-2291")
TOMAS = person("tomas", "Tomás Andrés", "Núñez-Rivera", "1964-03-14", "0051111", "(555) 014-7732")


@pytest.fixture(scope="module")
def store(module_database: Database) -> Iterator[Store]:
    made = Store(module_database.app_dsn, clock=lambda: NOW, zone=ZoneInfo("America/New_York"), key=b"k" * 32)
    team = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "team"}]}
    with made.change(LOADER, because="a small town") as change:
        change.put({"resourceType": "Organization", "id": "heart", "name": "Heart & Vascular", "type": [team]})
        change.put({"resourceType": "Practitioner", "id": "tom", "active": True, "name": [{"given": ["Tom"], "family": "Reyes"}]})
        tom, heart = {"reference": "Practitioner/tom"}, {"reference": "Organization/heart"}
        role = [{"coding": [{"system": STAFF, "code": "coordinator"}]}]
        change.put({"resourceType": "PractitionerRole", "active": True, "practitioner": tom, "organization": heart, "code": role})
        for patient in (WALTER, TOMAS, person("far", "Walter", "Nowack", "1950-01-01", "0099999", "(555) 014-0000")):
            change.put(patient)
            if patient["id"] != "far":
                member = {"reference": "Organization/heart"}
                about = {"reference": f"Patient/{patient['id']}"}
                change.put({"resourceType": "CareTeam", "status": "active", "subject": about, "participant": [{"member": member}]})
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "id_", "reason"),
    [
        ("nowak", "walter", "name"),
        ("wal now", "walter", "name"),
        ("Nowak, Walter", "walter", "name"),
        ("nuñez", "tomas", "name"),
        ("nunez tomas", "tomas", "name"),
        ("NÚÑEZ RIVERA", "tomas", "name"),
        ("nowack", "walter", "sounds like"),
        ("2/11/1943", "walter", "birth date"),
        ("1943-02-11", "walter", "birth date"),
        ("14 mar 1964", "tomas", "birth date"),
        ("0048213", "walter", "mrn"),
        ("555 014 2291", "walter", "phone"),
        ("(555)0142291", "walter", "phone"),
    ],
)
def test_a_patient_is_found_and_the_hit_says_why(store: Store, text: str, id_: str, reason: str) -> None:
    with store.view(HEART) as view:
        hits = find(view, text=text).patients
    assert [(hit.id, hit.why) for hit in hits][:1] == [(id_, reason)]


def test_patients_of_other_teams_are_not_found(store: Store) -> None:
    with store.view(HEART) as view:
        mine = {hit.id for hit in find(view, text="walter").patients}
    with store.view(SENIOR) as view:
        everyone = {hit.id for hit in find(view, text="walter").patients}
    assert (mine, everyone) == ({"walter"}, {"walter", "far"})


def test_people_are_found_with_role_and_team(store: Store) -> None:
    with store.view(HEART) as view:
        (found,) = find(view, text="reyes").people
    assert (found.ref, found.name, found.role, found.team) == ("Practitioner/tom", "Tom Reyes", "coordinator", "Heart & Vascular")


@pytest.mark.parametrize("text", ["", " ", "x", "zzzzqq", "%_'; drop table resource", "\0", "١٢٣"])
def test_nothing_is_found_for_nothing_or_nonsense(store: Store, text: str) -> None:
    with store.view(HEART) as view:
        result = find(view, text=text)
    assert (result.patients, result.people) == ((), ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [("walter 2/11/1943", "birth date"), ("nwak", "sounds like"), ("004", "mrn"), ("walter", "name"), ("0142291", "phone")],
)
def test_the_reason_is_the_strongest_one(text: str, reason: str) -> None:
    assert why(WALTER, text, TODAY) == reason
