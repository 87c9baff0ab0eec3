"""The vocabulary of promises: systems and addresses said once, and the questions everyone asks of a Task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from baton.fhir.resource import Resource, code_of, extension, target

P: Final = "https://baton.example/fhir"
PROMISE: Final = f"{P}/CodeSystem/promise"
STATE: Final = f"{P}/CodeSystem/promise-state"
OUTPUT: Final = f"{P}/CodeSystem/task-output"
TOPIC: Final = f"{P}/CodeSystem/communication-topic"
NOTICE_OF_APPOINTMENT: Final = f"{P}/CodeSystem/appointment-notice"
"""Of a Communication that says who was told of a changed appointment."""
STAFF_ROLE: Final = f"{P}/CodeSystem/staff-role"
ORGANIZATION_TYPE: Final = "http://terminology.hl7.org/CodeSystem/organization-type"
DATA_OPERATION: Final = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PARTICIPATION_MODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
LOINC: Final = "http://loinc.org"

EPISODE: Final = f"{P}/StructureDefinition/episode"
ENCOUNTER: Final = f"{P}/StructureDefinition/encounter"
PATHWAY: Final = f"{P}/StructureDefinition/pathway"
COMPLEXITY: Final = f"{P}/StructureDefinition/complexity"
DIFFERENCE: Final = f"{P}/StructureDefinition/difference"
CLOSED_BECAUSE: Final = f"{P}/StructureDefinition/closed-because"
REOPENED: Final = f"{P}/StructureDefinition/reopened"
CONTACT_OUTCOME: Final = f"{P}/StructureDefinition/contact-outcome"
CONTACT_LANGUAGE: Final = f"{P}/StructureDefinition/contact-language"
CONTACT_INTERPRETER: Final = f"{P}/StructureDefinition/contact-interpreter"
CONTACT_INTERPRETING: Final = f"{P}/StructureDefinition/contact-interpreting"
CLOCK: Final = f"{P}/StructureDefinition/clock"
RELATIONSHIP: Final = f"{P}/StructureDefinition/relationship"
CLEARS: Final = f"{P}/StructureDefinition/clears"
CARE_TEAM_ROLE: Final = f"{P}/CodeSystem/care-team-role"
CAPACITY: Final = f"{P}/StructureDefinition/capacity"
MENTOR: Final = f"{P}/StructureDefinition/mentor"
SUCCESSOR: Final = f"{P}/StructureDefinition/successor"
"""Of a PractitionerRole that ends: who takes over what its holder owns."""

TRANSITION: Final = f"{P}/NamingSystem/transition"
HUB: Final = "Device/baton"
INTAKE: Final = "Organization/intake"

CONTACT: Final = "contact-after-discharge"
VISIT: Final = "visit-after-discharge"
RECONCILIATION: Final = "medication-reconciliation"
INFORMATION: Final = "discharge-information"
WATCH: Final = "readmission-watch"
BY_HAND: Final = "by-hand"

CLOSED: Final = frozenset({"completed", "cancelled", "failed", "rejected", "entered-in-error"})
OPEN: Final = "requested,accepted,in-progress,on-hold,draft,received,ready"

NAMES: Final = UUID("6f0d1b0e-3c5e-5f6b-9c55-2f2a8a3f6f1d")  # the hub's own namespace for identities derived from other identities


def derived_id(*parts: str) -> str:
    """The identity of a resource that follows from others: the same parts always give the same id, so nothing is made twice."""
    return str(uuid5(NAMES, "|".join(parts)))


def promise_code(task: Mapping[str, Any] | None) -> str | None:
    """The promise a Task is; None when it is another kind of Task."""
    if task is None or task.get("resourceType") != "Task":
        return None
    return code_of(task.get("code"), PROMISE)


TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"
OWN: Final = ("referral-", "discharge-", "message-", "screen-", "concern", "program-", "plan-", "benefit-", "need-")
"""Beginnings of the kinds of promises that say of themselves what they are about."""


def own_words(code: str, task: Mapping[str, Any]) -> str | None:
    """What a promise says of itself in a person's own words, where its kind has such."""
    return task.get("description") if code == BY_HAND or code.startswith(OWN) or code.endswith(("-request", "-readiness")) else None


def translations(task: Mapping[str, Any]) -> dict[str, str]:
    """What a promise says of itself in other languages, where its words came with them."""
    found: dict[str, str] = {}
    for each in task.get("_description", {}).get("extension", ()):
        parts = {part.get("url"): part for part in each.get("extension", ())}
        if each.get("url") == TRANSLATION and "lang" in parts and "content" in parts:
            found[str(parts["lang"].get("valueCode"))] = str(parts["content"].get("valueString"))
    return found


def is_open(task: Mapping[str, Any] | None) -> bool:
    """Whether a Task is a promise still owed."""
    return promise_code(task) is not None and task is not None and task.get("status") not in CLOSED


def patient_of(resource: Mapping[str, Any] | None) -> str | None:
    """The "Patient/id" a resource is about (`for`, `patient` or `subject`), or None."""
    for element in ("for", "patient", "subject"):
        found = target((resource or {}).get(element))
        if found is not None and found.startswith("Patient/"):
            return found
    return None


def episode_of(task: Mapping[str, Any]) -> str | None:
    """The "EpisodeOfCare/id" a promise belongs to, or None."""
    return target(extension(task, EPISODE))


def reason_code(resource: Mapping[str, Any]) -> str | None:
    """Why a Task was closed or waits, or an episode was closed, as a code of promise-state; None where none is given."""
    if resource.get("resourceType") == "EpisodeOfCare":
        parts = extension(resource, CLOSED_BECAUSE) or ()
        return next((part.get("valueCode") for part in parts if part.get("url") == "code"), None)
    return code_of(resource.get("statusReason"), STATE)


def with_extension(resource: Mapping[str, Any], url: str, *extensions: Resource) -> Resource:
    """The resource with these extensions in place of those of this url; without any when none are given."""
    kept = [each for each in resource.get("extension", ()) if each.get("url") != url]
    result = {**resource, "extension": [*kept, *extensions]}
    if not result["extension"]:
        del result["extension"]
    return result


def reference_to(reference: str, display: str | None = None) -> Resource:
    """A Reference element."""
    return {"reference": reference, "display": display} if display else {"reference": reference}


def labelled_as(resource: Mapping[str, Any]) -> Resource:
    """The labels of a resource, for what tells of it: {} where it has none."""
    marks = [{key: each[key] for key in ("system", "code") if key in each} for each in resource.get("meta", {}).get("security", ())]
    return {"meta": {"security": marks}} if marks else {}


def concept(system: str, code: str, text: str | None = None) -> Resource:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}
