"""Rosa's story: a stay, what followed it, who plays, and what is still owed. Told relative to the Monday of `tests.pages`."""

from __future__ import annotations

from typing import Any

from tests.pages import House

from baton.duties.patients import identity

P = "https://baton.example/fhir"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LOINC = "http://loinc.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def told(house: House) -> str:
    """Put Rosa's chart into the store as Carla would find it. Returns her id."""
    with house.change() as change:
        rosa = str(change.put(_patient()).id)
        about = {"reference": f"Patient/{rosa}"}
        change.put(_daughter(about))
    with house.change() as change:
        for resource in [*_visits(about), *_papers(about), *_conditions(about), *_goals(about), *_medicines(about), *_around(about)]:
            change.put(resource)
    return rosa


def _patient() -> dict[str, Any]:
    patient = {
        "resourceType": "Patient",
        "active": True,
        "name": [{"use": "official", "family": "Delgado", "given": ["Rosa"]}],
        "gender": "female",
        "birthDate": "1955-03-03",
        "identifier": [
            {"type": {"coding": [{"system": f"{TERMINOLOGY}/v2-0203", "code": "MR"}]}, "system": "urn:mercy", "value": "0048213"}
        ],
        "telecom": [
            {"system": "phone", "use": "mobile", "value": "(555) 014-2291", "rank": 1},
            {"system": "phone", "use": "home", "value": "(555) 014-0101"},
        ],
        "address": [{"line": ["12 Elm Street, 3rd floor"], "city": "Riverside", "state": "MA", "postalCode": "01001"}],
        "generalPractitioner": [{"display": "Dr. Osei, Riverside"}],
    }
    return identity.with_preferences(patient, identity.Preferences("es", True, "phone", "mornings", True, "Hard of hearing: speak slowly"))


def _daughter(about: dict[str, str]) -> dict[str, Any]:
    daughter = {
        "resourceType": "RelatedPerson",
        "id": "elena",
        "active": True,
        "patient": about,
        "name": [{"given": ["Elena"], "family": "Delgado"}],
        "relationship": [{"text": "daughter"}],
        "telecom": [{"system": "phone", "use": "mobile", "value": "(555) 014-7732"}],
    }
    return identity.with_told(daughter, "everything")


def _encounter(id_: str, code: str, start: str, about: dict[str, str], end: str | None = None, **more: Any) -> dict[str, Any]:
    period = {"start": start, "end": end or start}
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "class": {"system": ACT, "code": code},
        "subject": about,
        "period": period,
        **more,
    }


def _appointment(id_: str, start: str, service: str, what: str, about: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Appointment",
        "id": id_,
        "status": "booked",
        "serviceType": [{"text": service}],
        "description": what,
        "start": start,
        "end": start[:14] + "59" + start[16:],
        "participant": [{"actor": about, "status": "accepted"}],
        **more,
    }


def _request(id_: str, on: str, service: str, what: str, about: dict[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": id_,
        "status": "active",
        "intent": "order",
        "subject": about,
        "authoredOn": on,
        "performerType": {"text": service},
        "code": {"text": what},
    }


def _visits(about: dict[str, str]) -> list[dict[str, Any]]:
    home = {"coding": [{"system": f"{TERMINOLOGY}/discharge-disposition", "code": "home"}]}
    return [
        _encounter(
            "visit",
            "AMB",
            "2026-11-11T10:00:00-05:00",
            about,
            "2026-11-11T10:30:00-05:00",
            serviceProvider={"display": "Riverside Family Medicine"},
            type=[{"text": "Swollen ankles"}],
        ),
        _request("cardiology", "2026-11-12T09:00:00-05:00", "Cardiology", "Consult", about),
        _appointment(
            "clinic", "2026-12-01T09:40:00-05:00", "Cardiology", "Clinic", about, basedOn=[{"reference": "ServiceRequest/cardiology"}]
        ),
        _encounter(
            "stay",
            "IMP",
            "2026-11-14T03:10:00-05:00",
            about,
            "2026-11-19T14:10:00-05:00",
            serviceProvider={"display": "Mercy General"},
            reasonCode=[{"text": "Acute on chronic heart failure"}],
            hospitalization={"dischargeDisposition": home},
        ),
        _encounter(
            "start",
            "HH",
            "2026-11-20T11:00:00-05:00",
            about,
            "2026-11-20T12:00:00-05:00",
            serviceProvider={"display": "Bayview Home Health"},
            type=[{"text": "Start of care"}],
        ),
        *[_appointment(f"nurse{day}", f"2026-11-{day}T13:00:00-05:00", "Home health", "Nurse visit", about) for day in (24, 26, 28)],
        _request("food", "2026-11-17T15:00:00-05:00", "Food bank", "Low-salt groceries", about),
        _appointment(
            "box", "2026-11-24T10:00:00-05:00", "Food bank", "First box, low salt", about, basedOn=[{"reference": "ServiceRequest/food"}]
        ),
        {
            "resourceType": "Communication",
            "id": "call",
            "status": "completed",
            "subject": about,
            "sent": "2026-11-20T16:40:00-05:00",
            "extension": [{"url": f"{P}/StructureDefinition/contact-outcome", "valueCode": "no-answer"}],
        },
    ]


def _papers(about: dict[str, str]) -> list[dict[str, Any]]:
    content = [{"attachment": {"contentType": "application/pdf", "url": "urn:uuid:0"}}]
    return [
        {
            "resourceType": "DocumentReference",
            "id": "summary",
            "status": "current",
            "subject": about,
            "date": "2026-11-19T16:00:00-05:00",
            "type": {"text": "Discharge summary"},
            "author": [{"display": "Dr. Hale"}],
            "context": {"encounter": [{"reference": "Encounter/stay"}]},
            "content": content,
        },
        {
            "resourceType": "DocumentReference",
            "id": "echo",
            "status": "current",
            "subject": about,
            "date": "2026-11-16T11:00:00-05:00",
            "type": {"text": "Echocardiogram report"},
            "author": [{"display": "Dr. Lindqvist"}],
            "context": {"encounter": [{"reference": "Encounter/stay"}]},
            "content": content,
        },
    ]


def _conditions(about: dict[str, str]) -> list[dict[str, Any]]:
    status = {"coding": [{"system": f"{TERMINOLOGY}/condition-clinical", "code": "active"}]}
    known = [
        ("Chronic systolic heart failure", "2019"),
        ("Type 2 diabetes", "2008"),
        ("Hypertension", "1998"),
        ("Lives alone, two flights of stairs", "2024"),
    ]
    conditions = [
        {"resourceType": "Condition", "subject": about, "clinicalStatus": status, "code": {"text": text}, "onsetDateTime": year}
        for text, year in known
    ]
    allergic = {"coding": [{"system": f"{TERMINOLOGY}/allergyintolerance-clinical", "code": "active"}]}
    allergy = {
        "resourceType": "AllergyIntolerance",
        "patient": about,
        "clinicalStatus": allergic,
        "code": {"text": "Penicillin"},
        "criticality": "high",
        "reaction": [{"manifestation": [{"text": "hives"}]}],
    }
    return [*conditions, allergy]


def _goals(about: dict[str, str]) -> list[dict[str, Any]]:
    walk = {"coding": [{"system": LOINC, "code": "64098-7"}]}
    weight = {"coding": [{"system": LOINC, "code": "29463-7"}]}
    measured = [
        (walk, "2026-11-10", 210, "m"),
        (walk, "2026-11-22", 290, "m"),
        (weight, "2026-11-19", 156.0, "lb"),
        (weight, "2026-11-23", 151.2, "lb"),
    ]
    goals = [("“Walk to church again”", walk, 350, "m"), ("Weight within 2 lb of 148", weight, 150, "lb")]
    return [
        *[
            {
                "resourceType": "Goal",
                "lifecycleStatus": "active",
                "subject": about,
                "description": {"text": text},
                "target": [{"measure": measure, "detailQuantity": {"value": aim, "unit": unit}}],
            }
            for text, measure, aim, unit in goals
        ],
        *[
            {
                "resourceType": "Observation",
                "status": "final",
                "subject": about,
                "code": code,
                "effectiveDateTime": on,
                "valueQuantity": {"value": value, "unit": unit},
            }
            for code, on, value, unit in measured
        ],
    ]


def _medicines(about: dict[str, str]) -> list[dict[str, Any]]:
    def order(text: str, on: str, status: str = "active", **more: Any) -> dict[str, Any]:
        return {
            "resourceType": "MedicationRequest",
            "status": status,
            "intent": "order",
            "subject": about,
            "authoredOn": on,
            "medicationCodeableConcept": {"text": text},
            **more,
        }

    ended = {"dispenseRequest": {"validityPeriod": {"start": "2024-01-05", "end": "2026-11-19"}}}
    given = [
        {
            "resourceType": "MedicationDispense",
            "status": "completed",
            "subject": about,
            "whenHandedOver": "2026-11-19T17:30:00-05:00",
            "medicationCodeableConcept": {"text": text},
        }
        for text in ("Furosemide 80 mg", "Spironolactone 25 mg")
    ]
    return [
        order("Furosemide 40 mg", "2024-01-05", "stopped"),
        order("Furosemide 80 mg", "2026-11-19"),
        order("Spironolactone 25 mg", "2026-11-19"),
        order("Ibuprofen 400 mg", "2024-01-05", "stopped", **ended),
        order("Metformin 500 mg", "2020-02-01"),
        *given,
    ]


def _around(about: dict[str, str]) -> list[dict[str, Any]]:
    others = [("Cardiology", "Dr. Lindqvist"), ("Home health", "Bayview, RN on call")]
    return [
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": about,
            "participant": [{"role": [{"text": role}], "member": {"display": name}} for role, name in others],
        },
        {"resourceType": "Coverage", "status": "active", "beneficiary": about, "payor": [{"display": "Medicare"}], "order": 1},
        {"resourceType": "Coverage", "status": "active", "beneficiary": about, "payor": [{"display": "Medicaid"}], "order": 2},
        {
            "resourceType": "Flag",
            "status": "active",
            "subject": about,
            "category": [{"coding": [{"system": f"{TERMINOLOGY}/flag-category", "code": "safety"}]}],
            "code": {"text": "Fall risk"},
        },
    ]
