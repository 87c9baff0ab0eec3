"""Whole charts as transaction bundles, as a vendor exports them: some hundred resources each, linked by urn:uuid. To try and to measure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from baton.demo import clinical
from baton.demo.chart import patient
from baton.demo.dice import Dice
from baton.demo.people import Person, people
from baton.demo.places import PLACES, P, concept, doctor_id
from baton.demo.shapes import ACT, coded, instant, medicine

Resource = dict[str, Any]

SPACE = uuid.UUID("2c1d4f5e-8a37-5d0a-9b1e-61f3a0c7be42")
PANEL = ("a1c", "creatinine", "potassium", "hemoglobin", "ldl", "bnp")
PROCEDURES = {
    "430193006": "Medication reconciliation",
    "710824005": "Assessment of health and social care needs",
    "73761001": "Colonoscopy",
}


@dataclass(slots=True)
class _Export:
    """One bundle in the making."""

    seed: int
    person: Person
    dice: Dice
    entries: list[Resource] = field(default_factory=list)

    def add(self, resource: Resource, *, none_exist: str | None = None, name: object = None) -> Resource:
        """Add an entry; returns the Reference others use for it."""
        type_ = resource["resourceType"]
        full_url = uuid.uuid5(SPACE, f"{self.seed}/{name or (self.person.index, len(self.entries))}/{type_}").urn
        request = {"method": "POST", "url": type_, **({"ifNoneExist": none_exist} if none_exist else {})}
        self.entries.append({"fullUrl": full_url, "resource": resource, "request": request})
        return {"reference": full_url}


def bundles(n: int, *, seed: int = 1, today: date = date(2026, 6, 1)) -> Iterator[Resource]:
    """`n` transaction bundles of 300 to 500 resources, one new person each; the same for the same seed."""
    for person in people(seed, n, today):
        export = _Export(seed, person, Dice(seed, "bundle", person.index))
        _fill(export, today)
        yield {"resourceType": "Bundle", "type": "transaction", "entry": export.entries}


def _fill(export: _Export, today: date) -> None:
    person, dice = export.person, export.dice
    place = PLACES[person.primary]
    system = f"{P}/NamingSystem/larkhaven-place"
    organization = export.add(
        {"resourceType": "Organization", "identifier": [{"system": system, "value": place.id}], "active": True, "name": place.name},
        none_exist=f"identifier={system}|{place.id}", name=place.id,
    )  # fmt: skip
    system, seen_by = f"{P}/NamingSystem/larkhaven-staff", doctor_id("Amara", "Okonkwo")
    name = {"family": "Okonkwo", "given": ["Amara"]}
    practitioner = export.add(
        {"resourceType": "Practitioner", "identifier": [{"system": system, "value": seen_by}], "active": True, "name": [name]},
        none_exist=f"identifier={system}|{seen_by}", name=seen_by,
    )  # fmt: skip
    sketch = patient(dice, person)
    sketch = {key: value for key, value in sketch.items() if key not in ("id", "generalPractitioner")}
    sketch["identifier"] = [{**sketch["identifier"][0], "value": f"B{export.seed}-{person.mrn}"}]
    subject = export.add({**sketch, "generalPractitioner": [organization]})
    coverage = export.add({
        "resourceType": "Coverage", "status": "active", "beneficiary": subject, "payor": [organization],
        "type": concept(ACT, "EHCPOL", "health insurance"),
    })  # fmt: skip
    for problem in person.problems:
        known = clinical.PROBLEMS[problem]
        export.add({
            "resourceType": "Condition", "subject": subject, "code": coded(clinical.SNOMED, known.snomed, known.text, known.icd10),
            "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
            "onsetDateTime": (today - timedelta(days=dice.randint(400, 4000))).isoformat(),
        })  # fmt: skip
    begun = datetime(today.year, today.month, today.day, 14, tzinfo=UTC)
    for number in range(dice.randint(21, 34)):
        when = begun - timedelta(days=45 * number + dice.randint(0, 20), minutes=dice.randint(0, 300))
        _encounter(export, when, subject, practitioner, organization, coverage)


def _encounter(
    export: _Export, when: datetime, subject: Resource, practitioner: Resource, organization: Resource, coverage: Resource
) -> None:
    person, dice = export.person, export.dice
    encounter = export.add({
        "resourceType": "Encounter", "status": "finished", "class": {"system": ACT, "code": "AMB", "display": "ambulatory"},
        "type": [{"text": "Office visit"}], "subject": subject, "serviceProvider": organization,
        "participant": [{"individual": practitioner}],
        "period": {"start": instant(when), "end": instant(when + timedelta(minutes=30))},
    })  # fmt: skip
    at_visit = {"subject": subject, "encounter": encounter}
    for measure in ("weight", "pulse", "oxygen"):
        export.add(_observation(dice, measure, when, at_visit))
    results = [export.add(_observation(dice, measure, when, at_visit)) for measure in PANEL] if dice.chance(0.6) else []
    if results:
        panel = concept(clinical.LOINC, "51990-0", "Basic metabolic panel - Blood")
        export.add({
            "resourceType": "DiagnosticReport", "status": "final", "code": panel, "effectiveDateTime": instant(when),
            "issued": instant(when + timedelta(hours=5)), "result": results, **at_visit,
        })  # fmt: skip
    if dice.chance(0.5):
        code = dice.choice(tuple(PROCEDURES))
        export.add({
            "resourceType": "Procedure", "status": "completed", "code": concept(clinical.SNOMED, code, PROCEDURES[code]),
            "performedPeriod": {"start": instant(when), "end": instant(when + timedelta(minutes=20))}, **at_visit,
        })  # fmt: skip
    medicines = [drug for problem in person.problems for drug in clinical.PROBLEMS[problem].medicines] or ["acetaminophen-325"]
    drug = clinical.DRUGS[dice.choice(medicines)]
    request = export.add({
        "resourceType": "MedicationRequest", "status": "active", "intent": "order", "requester": practitioner,
        "medicationCodeableConcept": medicine(drug),
        "authoredOn": instant(when), "dosageInstruction": [{"sequence": 1, "text": drug.dosage}], **at_visit,
    })  # fmt: skip
    for prescription in (None, request):
        export.add(_claim(when, subject, organization, coverage, encounter, prescription))


def _observation(dice: Dice, measure: str, when: datetime, at_visit: Resource) -> Resource:
    code, name, unit, ucum, (low, high), category = clinical.MEASURES[measure]
    return {
        "resourceType": "Observation", "status": "final", "code": concept(clinical.LOINC, code, name),
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category}]}],
        "effectiveDateTime": instant(when), "issued": instant(when),
        "valueQuantity": {"value": round(dice.uniform(low, high), 2), "unit": unit, "system": clinical.UCUM, "code": ucum}, **at_visit,
    }  # fmt: skip


def _claim(
    when: datetime, subject: Resource, organization: Resource, coverage: Resource, encounter: Resource, prescription: Resource | None
) -> Resource:
    kind = "pharmacy" if prescription else "professional"
    claim: Resource = {
        "resourceType": "Claim", "status": "active", "use": "claim", "patient": subject, "created": instant(when), "provider": organization,
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": kind}]},
        "priority": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/processpriority", "code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": coverage}],
        "item": [{"sequence": 1, "productOrService": {"text": "Office visit"}, "encounter": [encounter]}],
        "total": {"value": 129.16, "currency": "USD"},
    }  # fmt: skip
    if prescription:
        claim["prescription"] = prescription
    return claim
