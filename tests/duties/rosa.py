"""Rosa, her daughter and her chart, who are in many tests."""

from typing import Any

from baton.duties.patients import identity

PROMISE = "https://baton.example/fhir/CodeSystem/promise"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
ABOUT = {"reference": "Patient/rosa"}
WALK = {"coding": [{"system": "http://loinc.org", "code": "64098-7"}]}

ROSA: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "rosa",
    "name": [{"use": "official", "given": ["Rosa"], "family": "Delgado"}],
    "gender": "female",
    "birthDate": "1955-03-03",
    "identifier": [
        {"system": "urn:payer", "value": "P-1"},
        {"type": {"coding": [{"code": "MR"}]}, "system": "urn:mercy", "value": "0048213"},
    ],
    "communication": [
        {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}},
        {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}, "preferred": True},
    ],
    "telecom": [
        {"system": "phone", "value": "(555) 014-0001", "use": "home"},
        {"system": "phone", "value": "(555) 014-2291", "use": "mobile", "rank": 1},
        {"system": "phone", "value": "(555) 014-9999", "use": "old"},
    ],
    "address": [{"line": ["12 Elm St"], "city": "Riverside", "state": "MA", "postalCode": "01001"}],
    "extension": [{"url": identity.INTERPRETER, "valueBoolean": True}, {"url": "urn:other", "valueString": "kept"}],
}
ELENA: dict[str, Any] = {
    "resourceType": "RelatedPerson",
    "id": "elena",
    "patient": {"reference": "Patient/rosa"},
    "name": [{"given": ["Elena"], "family": "Delgado"}],
    "relationship": [{"text": "daughter"}],
    "telecom": [{"system": "phone", "value": "(555) 014-7732", "rank": 1}],
}


def chart() -> list[dict[str, Any]]:
    """Everything known about Rosa, and whom it mentions."""
    team = {"coding": [{"system": f"{TERMINOLOGY}/organization-type", "code": "team"}]}
    active = {"coding": [{"system": f"{TERMINOLOGY}/condition-clinical", "code": "active"}]}
    resolved = {"coding": [{"system": f"{TERMINOLOGY}/condition-clinical", "code": "resolved"}]}
    return [
        {"resourceType": "Organization", "id": "heart", "name": "Heart & Vascular", "type": [team]},
        {"resourceType": "Organization", "id": "other", "name": "Other", "type": [team]},
        {"resourceType": "Practitioner", "id": "osei", "name": [{"prefix": ["Dr."], "family": "Osei"}]},
        {**ROSA, "generalPractitioner": [{"reference": "Practitioner/osei"}]},
        ELENA,
        {
            "resourceType": "CareTeam",
            "id": "ct",
            "status": "active",
            "subject": ABOUT,
            "participant": [{"member": {"reference": "Organization/heart"}}],
        },
        {
            "resourceType": "Condition",
            "id": "c1",
            "subject": ABOUT,
            "clinicalStatus": active,
            "code": {"text": "Heart failure"},
            "onsetDateTime": "2019-05-01",
        },
        {"resourceType": "Condition", "id": "c2", "subject": ABOUT, "clinicalStatus": resolved, "code": {"text": "Sprained ankle"}},
        {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "patient": ABOUT,
            "clinicalStatus": {"coding": [{"system": f"{TERMINOLOGY}/allergyintolerance-clinical", "code": "active"}]},
            "code": {"text": "Penicillin"},
            "criticality": "high",
            "reaction": [{"manifestation": [{"text": "hives"}]}],
        },
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": "IMP"},
            "subject": ABOUT,
            "period": {"start": "2026-06-24T10:00:00-04:00", "end": "2026-06-29T14:10:00-04:00"},
        },
        {
            "resourceType": "MedicationRequest",
            "id": "m1",
            "status": "active",
            "intent": "order",
            "subject": ABOUT,
            "authoredOn": "2026-06-29",
            "medicationCodeableConcept": {"text": "spironolactone 25 mg"},
        },
        {
            "resourceType": "DocumentReference",
            "id": "d1",
            "status": "current",
            "subject": ABOUT,
            "date": "2026-06-30T09:00:00-04:00",
            "description": "Discharge summary",
            "content": [{"attachment": {"contentType": "application/pdf", "url": "urn:x"}}],
        },
        {
            "resourceType": "Task",
            "id": "t1",
            "status": "requested",
            "intent": "order",
            "for": ABOUT,
            "owner": {"reference": "Organization/heart"},
            "code": {"coding": [{"system": PROMISE, "code": "by-hand"}]},
            "description": "Send the ride voucher",
            "authoredOn": "2026-07-01T10:00:00-04:00",
            "restriction": {"period": {"end": "2026-07-03T23:59:59-04:00"}},
        },
        {
            "resourceType": "Goal",
            "id": "g1",
            "lifecycleStatus": "active",
            "subject": ABOUT,
            "description": {"text": "Walk to church again"},
            "target": [{"measure": WALK, "detailQuantity": {"value": 350, "unit": "m"}}],
        },
        *[
            {
                "resourceType": "Observation",
                "id": f"o{n}",
                "status": "final",
                "subject": ABOUT,
                "code": WALK,
                "effectiveDateTime": f"2026-06-{day}",
                "valueQuantity": {"value": value, "unit": "m"},
            }
            for n, day, value in ((1, "10", 210), (2, "30", 290))
        ],
    ]
