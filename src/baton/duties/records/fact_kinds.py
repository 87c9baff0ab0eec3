"""What counts as a fact of a chart, in which kinds; how each says of itself what it is, who said it, when, on what it rests. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from baton.duties.patients import medicines
from baton.fhir.resource import Resource, human_name, target, text_of
from baton.store.facts import Kind

PERSON: Final = "person"
"""Who they are and how to reach them: the elements of the Patient, each a fact of its own (`person_facts`)."""
KINDS: Final = (
    Kind("problem", "Condition"),
    Kind("allergy", "AllergyIntolerance"),
    *(Kind("medicine", each) for each in ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")),
    *(Kind("result", each) for each in ("Observation", "DiagnosticReport", "ImagingStudy", "Specimen", "Media", "MolecularSequence")),
    *(Kind("vaccine", each) for each in ("Immunization", "ImmunizationRecommendation", "ImmunizationEvaluation")),
    *(Kind("procedure", each) for each in ("Procedure", "AdverseEvent", "BodyStructure")),
    Kind("family", "FamilyMemberHistory"),
    *(
        Kind("device", each)
        for each in ("Device", "DeviceUseStatement", "DeviceRequest", "SupplyDelivery", "SupplyRequest", "VisionPrescription")
    ),
    *(Kind("visit", each) for each in ("Encounter", "Appointment", "EpisodeOfCare")),
    *(Kind("plan", each) for each in ("CarePlan", "Goal", "ServiceRequest", "NutritionOrder", "RequestGroup")),
    *(Kind("need", each, ("category=sdoh",)) for each in ("Condition", "ServiceRequest", "Goal")),
    Kind("need", "Observation", ("category=sdoh", "category=social-history")),
    Kind("answer", "Observation", ("category=survey",)),
    *(Kind("answer", each) for each in ("QuestionnaireResponse", "RiskAssessment", "ClinicalImpression", "DetectedIssue", "List")),
    *(Kind("document", each) for each in ("DocumentReference", "Composition", "DocumentManifest")),
    *(Kind("people", each) for each in ("RelatedPerson", "CareTeam")),
    Kind("coverage", "Coverage"),
    *(Kind("wish", each) for each in ("Consent", "Flag")),
)
"""The kinds of facts, in the order they are listed; those that ask for a category take it out of the rest of their type."""
NO_FACTS: Final = {
    "Account": "money", "Claim": "money", "ClaimResponse": "money", "ChargeItem": "money", "CoverageEligibilityRequest": "money",
    "CoverageEligibilityResponse": "money", "EnrollmentRequest": "money", "ExplanationOfBenefit": "money", "Invoice": "money",
    "AppointmentResponse": "an answer about a visit", "Communication": "a message: it is its own source", "CommunicationRequest": "work",
    "Task": "work", "Provenance": "says where facts are from", "AuditEvent": "says who looked", "Basic": "the hub's own bookkeeping",
    "Group": "about several", "MeasureReport": "worked out", "Patient": "its elements are facts, one by one", "Person": "about several",
    "ResearchSubject": "not care", "Schedule": "a calendar",
}  # fmt: skip
"""What else R4 counts to a patient's compartment and is no fact of the chart, with the reason."""
SAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "AdverseEvent": ("recorder", "contributor"),
    "AllergyIntolerance": ("asserter", "recorder"),
    "CarePlan": ("author", "contributor"),
    "CareTeam": ("managingOrganization",),
    "ClinicalImpression": ("assessor",),
    "Composition": ("author",),
    "Condition": ("asserter", "recorder"),
    "Consent": ("performer", "organization"),
    "DetectedIssue": ("author",),
    "DeviceRequest": ("requester",),
    "DeviceUseStatement": ("source",),
    "DiagnosticReport": ("resultsInterpreter", "performer"),
    "DocumentManifest": ("author",),
    "DocumentReference": ("author", "authenticator", "custodian"),
    "Encounter": ("participant", "serviceProvider"),
    "EpisodeOfCare": ("careManager", "managingOrganization"),
    "Flag": ("author",),
    "Goal": ("expressedBy",),
    "ImagingStudy": ("interpreter", "referrer"),
    "Immunization": ("performer", "reportOrigin"),
    "ImmunizationEvaluation": ("authority",),
    "ImmunizationRecommendation": ("authority",),
    "List": ("source",),
    "Media": ("operator",),
    "MedicationAdministration": ("performer",),
    "MedicationDispense": ("performer",),
    "MedicationRequest": ("requester", "recorder"),
    "MedicationStatement": ("informationSource",),
    "MolecularSequence": ("performer",),
    "NutritionOrder": ("orderer",),
    "Observation": ("performer",),
    "Procedure": ("asserter", "performer", "recorder"),
    "QuestionnaireResponse": ("source", "author"),
    "RequestGroup": ("author",),
    "RiskAssessment": ("performer",),
    "ServiceRequest": ("requester",),
    "SupplyDelivery": ("supplier",),
    "SupplyRequest": ("requester",),
    "VisionPrescription": ("prescriber",),
}
"""By type, the elements that say who said it, the first that is there counts."""
WHEN: Final = (
    "recordedDate", "dateAsserted", "recorded", "authoredOn", "authored", "issued", "dateTime", "date", "created", "dateWritten",
    "effectiveDateTime", "effectivePeriod", "occurrenceDateTime", "performedDateTime", "performedPeriod", "whenHandedOver",
    "identifiedDateTime", "started", "statusDate", "startDate", "start", "period", "onsetDateTime",
)  # fmt: skip
"""When it was said, else when it was so."""
CITED: Final = ("derivedFrom", "supportingInformation", "supportingInfo", "evidence", "sourceReference", "reasonReference", "addresses")
PAPERS: Final = ("DocumentReference", "QuestionnaireResponse")
VOID: Final = frozenset({"entered-in-error", "refuted"})


def text(fact: Resource) -> str:
    """What a fact is, in its own words: "" where it has none."""
    type_ = str(fact["resourceType"])
    found = _OWN[type_](fact) if type_ in _OWN else ""
    return found or _usual(fact)


def _usual(fact: Resource) -> str:
    for key in ("code", "vaccineCode", "description", "title", "type", "category", "serviceType", "name"):
        several = fact.get(key)
        for each in several if isinstance(several, list) else [several]:
            if found := each if isinstance(each, str) else text_of(each) if isinstance(each, dict) else "":
                return found
    return ""


def _measured(fact: Resource) -> str:
    """A result with its value."""
    quantity: Resource = fact.get("valueQuantity", {})
    value = quantity.get("value", fact.get("valueInteger", fact.get("valueString", fact.get("valueDateTime"))))
    said = " ".join(str(each) for each in (value, quantity.get("unit")) if each is not None) or text_of(fact.get("valueCodeableConcept"))
    return ": ".join(each for each in (text_of(fact.get("code")), said) if each)


def _relative(fact: Resource) -> str:
    what = ", ".join(filter(None, (text_of(each.get("code")) for each in fact.get("condition", ()))))
    return ": ".join(each for each in (fact.get("name") or text_of(fact.get("relationship")), what) if each)


def _of_first(key: str) -> Any:
    return lambda fact: next((found for each in fact.get(key, ()) if (found := text_of(each))), "")


def _payer(fact: Resource) -> str:
    named = next((str(each["display"]) for each in fact.get("payor", ()) if each.get("display")), "")
    return " · ".join(each for each in (named, text_of(fact.get("type"))) if each)


def _stay(fact: Resource) -> str:
    return str(_of_first("reasonCode")(fact) or _of_first("type")(fact) or fact.get("class", {}).get("display") or "")


def _near(fact: Resource) -> str:
    kin = _of_first("relationship")(fact)
    return f"{human_name(fact)} ({kin})" if kin and human_name(fact) else human_name(fact) or kin


def _device(fact: Resource) -> str:
    return next((str(each["name"]) for each in fact.get("deviceName", ()) if each.get("name")), "") or text_of(fact.get("type"))


def _answered(fact: Resource) -> str:
    """A questionnaire as it was called when it was answered, else by the last word of its address."""
    named = next((each.get("valueString") for each in fact.get("_questionnaire", {}).get("extension", ()) if each.get("valueString")), "")
    return str(named or fact.get("questionnaire", "").partition("|")[0].rpartition("/")[2])


_OWN: Final[Mapping[str, Any]] = {
    **{each: medicines.name for each in ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")},
    "Appointment": lambda fact: fact.get("description") or _of_first("serviceType")(fact),
    "Coverage": _payer,
    "Device": _device,
    "DeviceUseStatement": lambda fact: fact.get("device", {}).get("display", ""),
    "DeviceRequest": lambda fact: text_of(fact.get("codeCodeableConcept")) or fact.get("codeReference", {}).get("display", ""),
    "DocumentReference": lambda fact: fact.get("description") or text_of(fact.get("type")),
    "Encounter": _stay,
    "EpisodeOfCare": _of_first("type"),
    "FamilyMemberHistory": _relative,
    "Goal": lambda fact: text_of(fact.get("description")),
    "ImmunizationRecommendation": lambda fact: next((_of_first("vaccineCode")(each) for each in fact.get("recommendation", ())), ""),
    "Observation": _measured,
    "QuestionnaireResponse": _answered,
    "RelatedPerson": _near,
}


def named(fact: Resource) -> Iterator[tuple[str, Resource]]:
    """Who said it, as (element, Reference): the first is the nearest to it. A CodeableConcept (reportOrigin) comes as a display."""
    for key in SAYS.get(str(fact["resourceType"]), ()):
        several = fact.get(key)
        for each in several if isinstance(several, list) else [several]:
            if not isinstance(each, dict):
                continue
            link = each.get("actor") or each.get("individual") or each
            if "coding" in link or "text" in link:
                link = {"display": text_of(link)}
            if link.get("reference") or link.get("display"):
                yield key, link


def when(fact: Resource) -> str | None:
    """When it was said, else when it was so, as written; None where it says neither."""
    for key in WHEN:
        found = fact.get(key)
        if isinstance(found, dict):
            found = found.get("start")
        if isinstance(found, str):
            return found
    return None


def cited(fact: Resource) -> str | None:
    """The document or the answers it rests on ("Type/id"); None where it names none."""
    for key in CITED:
        several = fact.get(key)
        for each in several if isinstance(several, list) else [several]:
            for link in each.get("detail", [each]) if isinstance(each, dict) else ():
                found = target(link) if isinstance(link, dict) else None
                if found and found.partition("/")[0] in PAPERS:
                    return found
    return None


def taken_back(fact: Resource) -> bool:
    """Whether it was said by mistake, or is known not to be so."""
    codings = fact.get("verificationStatus", {}).get("coding", ())
    return fact.get("status") == "entered-in-error" or any(each.get("code") in VOID for each in codings)
