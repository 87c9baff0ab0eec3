"""The shapes of the town's resources: each function makes one valid resource from what is particular about it. Pure."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Any

from baton.demo import clinical
from baton.demo.people import Person
from baton.demo.places import PLACES, Place, at, concept, reference

Resource = dict[str, Any]

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
CLASSES = {
    "IMP": "inpatient encounter", "OBSENC": "observation encounter", "NONAC": "inpatient non-acute", "AMB": "ambulatory",
    "EMER": "emergency", "HH": "home health", "VR": "virtual",
}  # fmt: skip


def instant(moment: datetime) -> str:
    """An aware moment as FHIR writes it, to the second, with its offset."""
    return moment.replace(microsecond=0).isoformat()


def coded(system: str, code: str, text: str, icd10: str = "") -> Resource:
    """A CodeableConcept, with ICD-10-CM beside SNOMED CT where there is one."""
    codings = [{"system": system, "code": code}]
    if icd10:
        codings.append({"system": clinical.ICD10, "code": icd10})
    return {"coding": codings, "text": text}


def condition(id_: str, person: Person, code: Resource, onset: date, *, encounter: str = "") -> Resource:
    """A problem of the list, or (with an encounter) a diagnosis of one."""
    kind = ("encounter-diagnosis", "Encounter Diagnosis") if encounter else ("problem-list-item", "Problem List Item")
    resource = {
        "resourceType": "Condition", "id": id_, "clinicalStatus": concept(CLINICAL, "active", "Active"),
        "verificationStatus": concept(VERIFIED, "confirmed", "Confirmed"), "category": [concept(CATEGORY, *kind)], "code": code,
        "subject": reference("Patient", person.id, person.name), "onsetDateTime": onset.isoformat(), "recordedDate": onset.isoformat(),
    }  # fmt: skip
    if encounter:
        resource["encounter"] = {"reference": f"Encounter/{encounter}"}
    return resource


def medicine(drug: clinical.Drug) -> Resource:
    """A medicine as a CodeableConcept."""
    return {"coding": [{"system": clinical.RXNORM, "code": drug.rxnorm, "display": drug.display}], "text": drug.text}


def medication_request(id_: str, person: Person, drug: str, on: date, *, status: str = "active", ended: date | None = None) -> Resource:
    """An order for one of clinical.DRUGS."""
    ordered = clinical.DRUGS[drug]
    resource: Resource = {
        "resourceType": "MedicationRequest", "id": id_, "status": status, "intent": "order",
        "medicationCodeableConcept": medicine(ordered),
        "subject": reference("Patient", person.id, person.name), "authoredOn": on.isoformat(),
        "requester": at(PLACES[person.primary]), "dosageInstruction": [{"text": ordered.dosage}],
    }  # fmt: skip
    if ended:
        resource["dispenseRequest"] = {"validityPeriod": {"start": on.isoformat(), "end": ended.isoformat()}}
    return resource


def observation(id_: str, person: Person, measure: str, value: float, when: datetime) -> Resource:
    """One measurement of clinical.MEASURES."""
    code, name, unit, ucum, _, category = clinical.MEASURES[measure]
    return {
        "resourceType": "Observation", "id": id_, "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category}]}],
        "code": concept(clinical.LOINC, code, name), "subject": reference("Patient", person.id), "effectiveDateTime": instant(when),
        "valueQuantity": {"value": value, "unit": unit, "system": clinical.UCUM, "code": ucum},
    }  # fmt: skip


def blood_pressure(id_: str, person: Person, systolic: int, diastolic: int, when: datetime) -> Resource:
    """A blood pressure panel."""

    def part(code: str, name: str, value: int) -> Resource:
        quantity = {"value": value, "unit": "mmHg", "system": clinical.UCUM, "code": "mm[Hg]"}
        return {"code": concept(clinical.LOINC, code, name), "valueQuantity": quantity}

    return {
        "resourceType": "Observation", "id": id_, "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": concept(clinical.LOINC, "85354-9", "Blood pressure"), "subject": reference("Patient", person.id),
        "effectiveDateTime": instant(when),
        "component": [part("8480-6", "Systolic blood pressure", systolic), part("8462-4", "Diastolic blood pressure", diastolic)],
    }  # fmt: skip


def visit(id_: str, person: Person, place: Place, start: datetime, end: datetime, **more: Any) -> Resource:
    """An encounter that was: ambulatory unless `kind` says otherwise. `more`: kind, reason, appointment, status."""
    kind = more.get("kind", "AMB")
    resource: Resource = {
        "resourceType": "Encounter", "id": id_, "status": more.get("status", "finished"),
        "class": {"system": ACT, "code": kind, "display": CLASSES[kind]}, "type": [{"text": f"{place.service} visit"}],
        "serviceType": {"text": place.service}, "subject": reference("Patient", person.id, person.name),
        "period": {"start": instant(start), "end": instant(end)}, "serviceProvider": at(place),
    }  # fmt: skip
    if "reason" in more:
        resource["reasonCode"] = [more["reason"]]
    if "appointment" in more:
        resource["appointment"] = [{"reference": f"Appointment/{more['appointment']}"}]
    return resource


def appointment(
    id_: str, person: Person, place: Place, start: datetime, end: datetime, *, status: str, what: str, made: datetime
) -> Resource:
    """A visit booked at a place."""
    accepted = "accepted" if status != "pending" else "needs-action"
    return {
        "resourceType": "Appointment", "id": id_, "status": status, "serviceType": [{"text": place.service}], "description": what,
        "start": instant(start), "end": instant(end), "created": instant(made),
        "participant": [
            {"actor": reference("Patient", person.id, person.name), "required": "required", "status": accepted},
            {"actor": reference("Location", place.id, place.name), "required": "required", "status": accepted},
        ],
    }  # fmt: skip


NOTE_CATEGORY = concept("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note")


def document(
    id_: str, person: Person, loinc: str, title: str, words: str, when: datetime, author: Place, *, encounter: str = ""
) -> Resource:
    """A document that arrived, its words inside."""
    attachment = {"contentType": "text/plain", "data": base64.b64encode(words.encode()).decode(), "title": title}
    context: Resource = {"practiceSetting": {"text": author.service}}
    if encounter:
        context["encounter"] = [{"reference": f"Encounter/{encounter}"}]
    return {
        "resourceType": "DocumentReference", "id": id_, "status": "current", "docStatus": "final",
        "type": concept(clinical.LOINC, loinc, title), "category": [NOTE_CATEGORY],
        "subject": reference("Patient", person.id, person.name), "date": instant(when), "author": [at(author)], "description": title,
        "content": [{"attachment": attachment}], "context": context,
    }  # fmt: skip


def referral(id_: str, person: Person, place: Place, what: str, when: datetime, *, status: str = "active", by: str = "") -> Resource:
    """A request to another party to do something."""
    requester = {"reference": by} if by else at(PLACES[person.primary])
    return {
        "resourceType": "ServiceRequest", "id": id_, "status": status, "intent": "order", "code": {"text": what},
        "subject": reference("Patient", person.id, person.name), "authoredOn": instant(when), "requester": requester,
        "performerType": {"text": place.service}, "performer": [at(place)],
    }  # fmt: skip


def dispense(id_: str, person: Person, place: Place, drug: str, when: datetime) -> Resource:
    """A medicine handed over."""
    ordered = clinical.DRUGS[drug]
    return {
        "resourceType": "MedicationDispense", "id": id_, "status": "completed", "medicationCodeableConcept": medicine(ordered),
        "subject": reference("Patient", person.id, person.name), "performer": [{"actor": at(place)}], "whenHandedOver": instant(when),
    }  # fmt: skip


def goal(id_: str, person: Person, words: str, measure: str, aim: float, started: date, due: date) -> Resource:
    """A goal in the person's words, measured by one of clinical.MEASURES."""
    code, name, unit, ucum, _, _ = clinical.MEASURES[measure]
    quantity = {"value": aim, "unit": unit, "system": clinical.UCUM, "code": ucum}
    return {
        "resourceType": "Goal", "id": id_, "lifecycleStatus": "active",
        "achievementStatus": concept("http://terminology.hl7.org/CodeSystem/goal-achievement", "in-progress", "In Progress"),
        "description": {"text": words}, "subject": reference("Patient", person.id, person.name), "startDate": started.isoformat(),
        "target": [{"measure": concept(clinical.LOINC, code, name), "detailQuantity": quantity, "dueDate": due.isoformat()}],
    }  # fmt: skip


def flag(id_: str, person: Person, kind: str, words: str, since: date) -> Resource:
    """A word for the head of the page: kind safety, clinical, drug, admin or advance-directive."""
    return {
        "resourceType": "Flag", "id": id_, "status": "active", "code": {"text": words}, "period": {"start": since.isoformat()},
        "category": [concept("http://terminology.hl7.org/CodeSystem/flag-category", kind, kind)],
        "subject": reference("Patient", person.id, person.name),
    }  # fmt: skip
