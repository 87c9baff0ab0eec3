"""A few valid resources, between them most kinds of element, to break in tests."""

from typing import Any

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "amara",
    "meta": {"versionId": "3", "lastUpdated": "2026-07-02T14:10:00.000Z", "tag": [{"system": "https://baton.example/tag", "code": "demo"}]},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Amara</div>'},
    "extension": [
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "extension": [{"url": "text", "valueString": "White"}],
        }
    ],
    "identifier": [
        {"use": "usual", "system": "https://hospital.example/mrn", "value": "4711", "assigner": {"display": "Mercy General"}},
    ],
    "active": True,
    "name": [
        {"use": "official", "family": "Okafor", "given": ["Amara", "Ngozi"], "prefix": ["Mrs."], "period": {"start": "2001-05"}},
        {"use": "nickname", "given": ["Ama"]},
    ],
    "telecom": [
        {"system": "phone", "value": "+1 212 555 0101", "use": "mobile", "rank": 1},
        {"system": "email", "value": "amara@example.org"},
    ],
    "gender": "female",
    "birthDate": "1948-02-29",
    "_birthDate": {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": "1948-02-29T04:30:00-05:00"}]
    },
    "deceasedBoolean": False,
    "address": [
        {"use": "home", "line": ["12 Elm Street", "Apt 3"], "city": "Queens", "state": "NY", "postalCode": "11375", "country": "US"}
    ],
    "contact": [{"name": {"text": "Chidi Okafor"}, "gender": "male"}],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "ig"}]}, "preferred": True}],
    "generalPractitioner": [{"reference": "Practitioner/lee"}],
    "managingOrganization": {"reference": "Organization/mercy/_history/2"},
}

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "weight",
    "status": "final",
    "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Body weight"}], "text": "Weight"},
    "subject": {"reference": "Patient/amara"},
    "effectiveDateTime": "2026-07-02T09:15:00-04:00",
    "valueQuantity": {"value": 72.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    "referenceRange": [{"low": {"value": 50}, "high": {"value": 90}}],
}

TASK: dict[str, Any] = {
    "resourceType": "Task",
    "id": "call",
    "status": "requested",
    "intent": "order",
    "code": {"coding": [{"system": "https://baton.example/fhir/CodeSystem/promise", "code": "contact-after-discharge"}]},
    "focus": {"reference": "Encounter/stay"},
    "for": {"reference": "Patient/amara"},
    "authoredOn": "2026-07-02T14:10:00-04:00",
    "lastModified": "2026-07-02T14:10:00-04:00",
    "owner": {"reference": "Organization/intake"},
    "restriction": {"period": {"start": "2026-07-03", "end": "2026-07-07T23:59:59-04:00"}},
    "input": [{"type": {"text": "attempt"}, "valueReference": {"reference": "Communication/1"}}],
}

CONDITION: dict[str, Any] = {
    "resourceType": "Condition",
    "id": "failure",
    "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
    "code": {"text": "Heart failure"},
    "subject": {"reference": "Patient/amara"},
    "onsetDateTime": "2019",
}

MEDICATION_REQUEST: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "pill",
    "contained": [{"resourceType": "Medication", "id": "med", "code": {"text": "Furosemide 40 mg"}}],
    "status": "active",
    "intent": "order",
    "medicationReference": {"reference": "#med"},
    "subject": {"reference": "Patient/amara"},
    "dosageInstruction": [{"timing": {"repeat": {"frequency": 1, "period": 1.0, "periodUnit": "d"}}, "text": "every morning"}],
}

BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": "urn:uuid:0f2074a0-4173-1a32-988f-5316d7f1cbbe",
            "resource": PATIENT,
            "request": {"method": "PUT", "url": "Patient/amara"},
        },
        {"resource": OBSERVATION, "request": {"method": "POST", "url": "Observation"}},
    ],
}

PARAMETERS: dict[str, Any] = {
    "resourceType": "Parameters",
    "parameter": [{"name": "resource", "resource": CONDITION}, {"name": "more", "part": [{"name": "inner", "resource": TASK}]}],
}

ALL = (PATIENT, OBSERVATION, TASK, CONDITION, MEDICATION_REQUEST, BUNDLE, PARAMETERS)
