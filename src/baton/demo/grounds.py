"""What is there before any patient: organizations, where they are and who can get in, the people who work there and their licences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from baton.demo.names import LANGUAGES
from baton.demo.places import (
    CITY,
    DOCTORS,
    EASTERN,
    ELSEWHERE,
    HOSPITALS,
    LICENCE,
    LICENCES,
    ORGANIZATION_TYPE,
    PLACES,
    POSTCODE,
    RECIPIENTS,
    STAFF_ROLE,
    STATE,
    TEAMS,
    TYPES,
    VISITING,
    WORKERS,
    P,
    Place,
    Worker,
    at,
    concept,
    doctor_id,
    reference,
)
from baton.duties.codes import CAPACITY, MENTOR
from baton.duties.scheduling.suited import STEP_FREE
from baton.duties.team.teams import PLANS

Resource = dict[str, Any]

WOMEN = frozenset(
    {
        "Amara",
        "Rachel",
        "Joan",
        "Beatriz",
        "Ingrid",
        "Claire",
        "Ruth",
        "Sunita",
        "Halina",
        "Naomi",
        "Fionnuala",
        "Ottilie",
        "Ifeoma",
        "Saoirse",
    }
)
"""Those who see patients and are women, by given name."""
SPEAK = {
    "Amara": ("ht",), "Minh": ("vi",), "Beatriz": ("es",), "Karim": ("ar",), "Wei": ("zh",), "Viktor": ("ru",), "Gonçalo": ("pt",),
    "Halina": ("pl",), "Sunita": ("hi",), "Ignacio": ("es",), "Ottilie": ("es",), "Ingrid": ("pt",),
}  # fmt: skip
"""What doctors speak besides English."""
STEPS = {
    **dict.fromkeys(("harbor-behavioral", "harborview", "little-wharf"), False),
    **dict.fromkeys(
        ("larkhaven-general", "st-brendans", "foundry-family", "heart-clinic", "bayline-oncology", "mill-pond", "lung-clinic", "bone-joint",
         "northgate"), True,
    ),
}  # fmt: skip
"""Where somebody in a wheelchair can get in; of the others nobody has said."""
HERE, NORTHGATE = (41.4935, -71.3145), (41.7052, -71.2871)
ENDS = {"andre-walker": 24, "elena-petrova": 52}
"""Whose licence ends in so many days; all others' in years."""


def ground(today: date) -> Iterator[Resource]:
    """Organizations first, then places, then people; `today`: the day from which licences soon end."""
    for place in PLACES.values():
        yield from _place(place)
    for id_, name in TEAMS.items():
        yield {
            "resourceType": "Organization",
            "id": id_,
            "active": True,
            "type": [_type("team")],
            "name": name,
            "telecom": [_team_phone(id_)],
            **({} if id_ == "hospital-transitions" else {"extension": [{"url": PLANS, "valueBoolean": False}]}),
        }
    yield from _feeds()
    for worker in WORKERS.values():
        yield from _worker(worker, today)
    for place_id, doctors in DOCTORS.items():
        for number, doctor in enumerate(doctors):
            yield from _doctor(PLACES[place_id], *doctor, number)
    for number, (given, family, credentials, specialty) in enumerate(VISITING):
        yield from _doctor(PLACES["northgate"], given, family, credentials, number, specialty)


def _team_phone(team: str) -> Resource:
    """The number at which a team answers its patients."""
    return {"system": "phone", "use": "work", "value": f"(401) 555-01{60 + list(TEAMS).index(team):02d}"}


def _kind(place: Place) -> Resource:
    """What a place is: its kind, and what it is to those who send and ask for records."""
    found = {**_type(place.kind), "text": place.service}
    if place.service in RECIPIENTS:
        found["coding"] = [*found["coding"], {"system": f"{P}/CodeSystem/recipient-kind", "code": RECIPIENTS[place.service]}]
    return found


def _type(kind: str) -> Resource:
    return {"coding": [{"system": ORGANIZATION_TYPE, "code": kind, "display": TYPES[kind]}]}


def _address(place: Place) -> Resource:
    city, code = ELSEWHERE.get(place.id, (CITY, POSTCODE))
    return {"use": "work", "line": [place.street], "city": city, "state": STATE, "postalCode": code, "country": "US"}


def _position(place: Place) -> Resource:
    """Where it is: some hundred yards from its neighbor in the list, so that no two lie on each other."""
    number = list(PLACES).index(place.id)
    latitude, longitude = NORTHGATE if place.id in ELSEWHERE else HERE
    return {"latitude": round(latitude + number % 5 * 0.0021, 4), "longitude": round(longitude - number // 5 * 0.0032, 4)}


def _place(place: Place) -> Iterator[Resource]:
    zone = {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": EASTERN}
    telecom = [{"system": "phone", "value": place.phone, "use": "work"}]
    office = {"system": "email", "value": f"office@{place.id}.example", "use": "work"}
    yield {
        "resourceType": "Organization", "id": place.id, "active": True, "type": [_kind(place)],
        "name": place.name, "telecom": [*telecom, office], "address": [_address(place)],
    }  # fmt: skip
    if place.kind != "pay":
        steps = [{"url": STEP_FREE, "valueBoolean": STEPS[place.id]}] if place.id in STEPS else []
        yield {
            "resourceType": "Location", "id": place.id, "extension": [zone, *steps], "status": "active", "name": place.name,
            "mode": "instance", "telecom": telecom, "address": _address(place), "position": _position(place),
            "managingOrganization": at(place),
        }  # fmt: skip


def _feeds() -> Iterator[Resource]:
    for place_id in (*HOSPITALS, "cedar-court"):
        place = PLACES[place_id]
        yield {
            "resourceType": "Device", "id": f"{place.id}-adt", "status": "active", "owner": at(place),
            "deviceName": [{"name": f"{place.name}, admissions and discharges", "type": "user-friendly-name"}],
        }  # fmt: skip


def _practitioner(id_: str, given: str, family: str, credentials: str, npi: int, email: str | None) -> Resource:
    name = {"use": "official", "family": family, "given": [given], **({"suffix": [credentials]} if credentials else {})}
    telecom = [{"system": "email", "value": email, "use": "work"}] if email else []
    telecom.append({"system": "phone", "value": f"(401) 555-01{30 + npi % 60:02d}", "use": "work"})
    return {
        "resourceType": "Practitioner", "id": id_, "active": True, "name": [name], "telecom": telecom,
        "identifier": [{"system": f"{P}/NamingSystem/larkhaven-staff", "value": f"L{10000 + npi}"}],
    }  # fmt: skip


def _licence(worker: Worker, number: int, today: date) -> Resource:
    coding = {"system": LICENCE, "code": worker.licence}
    return {
        "identifier": [{"system": f"{P}/NamingSystem/ri-license", "value": f"{worker.licence}{52_000 + number * 37}"}],
        "code": {"coding": [coding], "text": LICENCES[worker.licence]},
        "period": {"start": "2019-03-01", "end": _ends(worker.id, today)}, "issuer": {"display": "Rhode Island Department of Health"},
    }  # fmt: skip


def _ends(person: str, today: date) -> str:
    return (today + timedelta(days=ENDS[person])).isoformat() if person in ENDS else "2030-02-28"


def _worker(worker: Worker, today: date) -> Iterator[Resource]:
    number = list(WORKERS).index(worker.id)
    practitioner = _practitioner(worker.id, worker.given, worker.family, worker.credentials, number, worker.email)
    if len(worker.speaks) > 1:
        practitioner["communication"] = [concept("urn:ietf:bcp:47", code, LANGUAGES[code]) for code in worker.speaks]
    extensions = [{"url": CAPACITY, "valueInteger": worker.share}] if worker.share != 100 else []
    extensions += [{"url": MENTOR, "valueReference": reference("Practitioner", worker.mentor)}] if worker.mentor else []
    practitioner |= {"extension": extensions} if extensions else {}
    practitioner |= {"gender": "female"} if worker.given in WOMEN else {}
    yield {**practitioner, "qualification": [_licence(worker, number, today)]} if worker.licence else practitioner
    for team in worker.teams:
        yield {
            "resourceType": "PractitionerRole", "id": f"{worker.id}-{team}", "active": True,
            "practitioner": reference("Practitioner", worker.id, worker.name), "organization": reference("Organization", team, TEAMS[team]),
            "code": [{"coding": [{"system": STAFF_ROLE, "code": worker.role}], "text": worker.does}],
        }  # fmt: skip


def _doctor(place: Place, given: str, family: str, credentials: str, number: int, specialty: str = "") -> Iterator[Resource]:
    id_ = doctor_id(given, family)
    if id_ not in WORKERS:
        seat = list(PLACES).index(place.id) * 3 + number + 20
        spoken = [concept("urn:ietf:bcp:47", code, LANGUAGES[code]) for code in ("en", *SPEAK.get(given, ()))]
        gender = "female" if given in WOMEN else "male"
        yield {**_practitioner(id_, given, family, credentials, seat, None), "gender": gender, "communication": spoken}
    yield {
        "resourceType": "PractitionerRole", "id": f"{id_}-{place.id}", "active": True,
        "practitioner": reference("Practitioner", id_, f"{given} {family}, {credentials}"), "organization": at(place),
        "specialty": [{"text": specialty or place.service}], "location": [reference("Location", place.id, place.name)],
    }  # fmt: skip
