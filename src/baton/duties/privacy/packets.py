"""What a packet holds: the candidates and which are proposed, what of each is held back, and the document Bundle that leaves. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from baton.duties import codes, reading
from baton.duties.contact.safe_contact import SafeContact
from baton.duties.privacy.decisions import Recipient
from baton.fhir.resource import Resource, reference_to, target, text_of
from baton.rules import permissions

TYPES: Final = (
    "DocumentReference", "Condition", "AllergyIntolerance", "MedicationRequest", "MedicationStatement", "Encounter", "Procedure",
    "Immunization", "DiagnosticReport", "Observation", "CarePlan", "Appointment",
)  # fmt: skip
"""What can be sent, in the order a packet has it."""
DISCLOSURE: Final = f"{codes.P}/CodeSystem/disclosure"
MASKED: Final = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}
VOID: Final = frozenset({"entered-in-error", "superseded", "cancelled", "draft"})
DATES: Final = (
    "date", "onsetDateTime", "recordedDate", "authoredOn", "dateAsserted", "effectiveDateTime", "performedDateTime", "occurrenceDateTime",
    "issued", "created", "start",
)  # fmt: skip
NEAR: Final = frozenset({"provider", "facility", "part2-program", "pharmacy", "patient", "representative"})
"""Recipients who need to know how to reach the patient."""


@dataclass(frozen=True, slots=True)
class Held:
    """One element that stays here, and why (a code)."""

    element: str
    because: str


def candidates(chart: Mapping[str, Sequence[Resource]]) -> list[Resource]:
    """Everything of a chart that could be sent, by type, newest first; what was void or is a packet itself is not."""
    found = [each for type_ in TYPES for each in chart.get(type_, ())]
    return [each for each in found if each.get("status") not in VOID and not is_ours(each)]


def is_ours(document: Resource) -> bool:
    """Whether a document is one that left from here: it is not sent on as if it were a record."""
    return any(
        system == DISCLOSURE and code in ("packet", "letter")
        for each in document.get("category", ())
        for system, code in reading.codings(each)
    )


def when(resource: Resource, zone: ZoneInfo) -> datetime | None:
    """When it is of."""
    stated = next((resource[name] for name in DATES if resource.get(name)), None) or resource.get("period", {}).get("start")
    return reading.moment(stated or resource.get("performedPeriod", {}).get("start"), zone)


def title(resource: Resource) -> str:
    """What it is called on a list."""
    coded = resource.get("code") or resource.get("vaccineCode") or resource.get("medicationCodeableConcept") or resource.get("type")
    if isinstance(coded, list):
        coded = next(iter(resource.get("reasonCode", ())), None) or next(iter(coded), None)
    return str(resource.get("description") or text_of(coded) or resource.get("title") or "")


def is_proposed(resource: Resource, purpose: str, recipient: str, today: date, zone: ZoneInfo) -> bool:
    """Whether it is in the set that is enough for this recipient and purpose."""
    said = permissions.values(permissions.enough(purpose, recipient, today))
    if not said:
        return False
    type_ = resource["resourceType"]
    documents, types = said["documents"], said["types"]
    if type_ == "DocumentReference":
        fits = "*" in documents or any(code in documents for _, code in reading.codings(resource.get("type")))
    else:
        fits = "*" in types or type_ in types
    moment = when(resource, zone)
    recent = (
        said["months"] is None or moment is None or is_lasting(resource) or moment.date() >= today - timedelta(days=said["months"] * 31)
    )
    return fits and recent


def is_lasting(resource: Resource) -> bool:
    """Whether it still holds whenever it began: an active problem, allergy or medicine."""
    if resource["resourceType"] == "Condition":
        return not any(code in ("resolved", "inactive", "remission") for _, code in reading.codings(resource.get("clinicalStatus")))
    if resource["resourceType"] == "AllergyIntolerance":
        return True
    return resource["resourceType"] in ("MedicationRequest", "MedicationStatement", "CarePlan") and resource.get("status") == "active"


# --- what of each leaves ----------------------------------------------------------------------------------------------------------------


def redacted(resource: Resource, recipient: Recipient, withheld: Collection[str], today: date) -> tuple[Resource, tuple[Held, ...]]:
    """The resource as it leaves, and what stays: elements this recipient does not need, and references to what is withheld."""
    left, held = dict(resource), list[Held]()
    for row in permissions.held_back(resource["resourceType"], recipient.kind, today):
        element, systems = str(row.values["element"]), row.values.get("systems")
        if element not in left:
            continue
        kept = [each for each in left[element] if each.get("system") not in systems] if systems else []
        if kept == left[element]:
            continue
        held.append(Held(f"{element} ({row.code})" if systems else element, "not-needed"))
        left = {key: value for key, value in left.items() if key != element} | ({element: kept} if kept else {})
    hidden: list[str] = []
    left = _without_references(left, withheld, "", hidden)
    held += [Held(each, "points-at-withheld") for each in dict.fromkeys(hidden)]
    if held and "text" in left:
        del left["text"]  # the narrative may say what was taken out
        held.append(Held("text", "may-say-the-rest"))
    return left, tuple(held)


def _without_references(value: Any, withheld: Collection[str], path: str, hidden: list[str]) -> Any:
    if isinstance(value, Mapping):
        if target(value) in withheld:
            hidden.append(path)
            return dict(MASKED)
        return {key: _without_references(each, withheld, f"{path}.{key}" if path else str(key), hidden) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_references(each, withheld, path, hidden) for each in value]
    return value


def subject(patient: Resource, recipient: Recipient, safe: SafeContact | None, today: date) -> tuple[Resource, tuple[Held, ...]]:
    """The Patient as they leave; where they can be reached is what they asked for, and nobody else's business."""
    left, held = redacted(patient, recipient, (), today)
    guarded = safe is not None and (safe.only or safe.safety or bool(safe.avoid))
    far = recipient.kind not in NEAR
    if not (guarded or far):
        return left, held
    because = "confidential-communication" if guarded else "not-needed"
    held += tuple(Held(name, because) for name in ("telecom", "address", "contact", "text") if name in left)
    left = {key: value for key, value in left.items() if key not in ("telecom", "address", "contact", "text")}
    if safe is not None and not far:
        points = [
            {"system": kind, "value": value, "use": "temp"} for kind, value in (("phone", safe.phone), ("email", safe.email)) if value
        ]
        left |= {"telecom": points} if points else {}
        left |= {"address": [{"use": "temp", "text": safe.address}]} if safe.address else {}
    return left, held


def elements(resource: Resource) -> tuple[str, ...]:
    """The elements a resource carries, as a reader of the rehearsal sees them."""
    return tuple(key for key in resource if key not in ("resourceType", "id", "meta", "implicitRules"))


# --- what leaves, as FHIR ---------------------------------------------------------------------------------------------------------------


def document(
    patient: Resource, parts: Iterable[tuple[Resource, str]], *, id_: str, now: str, author: Resource, title: str, notices: Sequence[str]
) -> Resource:
    """The document Bundle: a Composition first, then the patient and each part. `parts` are (resource, title of its section)."""
    several = list(parts)
    labels = security(resource for resource, _ in several)
    sections: dict[str, list[Resource]] = {}
    for resource, name in several:
        sections.setdefault(name, []).append({"reference": reference_to(resource)})
    composition: Resource = {
        "resourceType": "Composition",
        "id": codes.derived_id("composition", id_),
        **({"meta": {"security": labels}} if labels else {}),
        "status": "final",
        "type": {"coding": [{"system": codes.LOINC, "code": "34133-9", "display": "Summarization of episode note"}]},
        "subject": {"reference": reference_to(patient)},
        "date": now,
        "author": [author],
        "title": title,
        "section": [
            *({"title": "Notice", "text": narrative(each)} for each in notices),
            *({"title": name, "entry": entries} for name, entries in sections.items()),
        ],
    }
    everything = [composition, patient, *(resource for resource, _ in several)]
    return {
        "resourceType": "Bundle",
        "id": id_,
        **({"meta": {"security": labels}} if labels else {}),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{codes.derived_id('packet', id_)}"},
        "type": "document",
        "timestamp": now,
        "entry": [{"fullUrl": f"{codes.P}/{reference_to(each)}", "resource": each} for each in everything],
    }


def narrative(text: str) -> Resource:
    """Plain words as a narrative."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{safe}</p></div>'}


def security(resources: Iterable[Resource]) -> list[Resource]:
    """Every label of these resources once, without who set it and why."""
    found = {(each.get("system"), each.get("code")): each for one in resources for each in one.get("meta", {}).get("security", ())}
    return [{"system": system, "code": code} for system, code in sorted(found, key=str) if system and code]


def binaries(documents: Iterable[Resource]) -> Iterator[str]:
    """The "Binary/id" that documents keep their content in."""
    for each in documents:
        for content in each.get("content", ()):
            url = str(content.get("attachment", {}).get("url", ""))
            if url.startswith("Binary/"):
                yield url
