"""The hand-off: one FHIR document with the fifteen sections of PACIO's Transitions of Care, and its manifest, kept with the documents.

What carries a label of sensitivity is not in it: such records are sent by a rehearsal of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from baton.duties import codes, letters, reading
from baton.duties.discharge import evidence as discharge_evidence
from baton.duties.discharge import manifest as discharge_manifest
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import signing, states
from baton.duties.discharge.states import Plan
from baton.duties.privacy import packets
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, dump, reference_to, text_of
from baton.rules import discharge_plan as rules

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

CATEGORY: Final = {"system": codes.LOINC, "code": "18761-7", "display": "Transfer summary note"}
EMPTY: Final = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
KIND: Final = "hand-off"
TYPES: Final = (
    "Consent", "AllergyIntolerance", "Immunization", "DeviceUseStatement", "MedicationRequest", "MedicationStatement", "Goal",
    "Appointment", "Condition", "Procedure", "DiagnosticReport", "Observation", "DocumentReference",
)  # fmt: skip
OPEN_CODES: Final = frozenset({"N", "L", "M", "U"})
MOST: Final = 40


def build(view: View, plan: Plan, resource: Resource) -> Resource:
    """The document Bundle: a Composition with fifteen sections, then the patient and everything they point at."""
    patient = view.get("Patient", plan.patient.partition("/")[2])
    chart = view.compartment(patient["id"], TYPES, per_type=200)
    now = episodes.instant(view.now)
    parts: dict[str, Resource] = {}
    sections = []
    for row in rules.rows("section"):
        entries = [each for each in _entries(str(row.values["name"]), row.values["types"], chart, plan, resource) if not is_labelled(each)]
        parts |= {reference_to(each): each for each in entries[:MOST]}
        sections.append(_section(row.values, entries[:MOST], view, plan))
    composition: Resource = {
        "resourceType": "Composition",
        "id": codes.derived_id("hand-off", plan.id, now),
        "status": "final",
        "type": {"coding": [CATEGORY]},
        "category": [{"coding": [CATEGORY]}],
        "subject": {"reference": plan.patient},
        "encounter": {"reference": plan.encounter},
        "date": now,
        "author": [codes.reference_to(view.who.person, view.who.name)],
        "title": "Transition of care",
        "section": sections,
    }
    everything = [composition, patient, *parts.values()]
    return {
        "resourceType": "Bundle",
        "id": codes.derived_id("hand-off-bundle", plan.id, now),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{codes.derived_id('hand-off-id', plan.id, now)}"},
        "type": "document",
        "timestamp": now,
        "entry": [{"fullUrl": f"{codes.P}/{reference_to(each)}", "resource": each} for each in everything],
    }


def is_labelled(resource: Mapping[str, Any]) -> bool:
    """Whether it carries a label of sensitivity."""
    return any(each.get("code") not in OPEN_CODES for each in resource.get("meta", {}).get("security", ()))


def _entries(
    name: str, types: Sequence[str], chart: Mapping[str, Sequence[Resource]], plan: Plan, resource: Resource
) -> Iterable[Resource]:
    found = [each for type_ in types for each in chart.get(type_, ()) if each.get("status") not in packets.VOID]
    observations = [each for each in chart.get("Observation", ()) if each.get("status") in ("final", "amended", "corrected")]
    match name:
        case "behavioural-health":
            found = [each for each in chart.get("Condition", ()) if _starts(each, "F")]
            found += [each for each in observations if _is(each, {"44261-6", "55758-7", "70274-6"})]
        case "problems":
            found = [each for each in found if not _starts(each, "F")]
        case "functional-status":
            found = [each for each in observations if _in_category(each, "exam", "functional-status", "activity")]
        case "instructions":
            found = [each for each in chart.get("DocumentReference", ()) if discharge_evidence.is_paper(each, plan.encounter)]
        case "results":
            found += [each for each in observations if _in_category(each, "laboratory", "imaging")]
        case "social-history":
            found = [each for each in observations if _in_category(each, "social-history")]
        case "vital-signs":
            found = [each for each in observations if _in_category(each, "vital-signs")]
        case "advance-directives":
            found = [each for each in chart.get("DocumentReference", ()) if _typed(each, "42348-3")]
        case "plan":
            found = [*(each for each in found if each.get("status") != "fulfilled"), resource]
        case "medications":
            found = [each for each in found if each.get("status") in ("active", "on-hold", "intended")]
    return found


def _starts(resource: Mapping[str, Any], start: str) -> bool:
    return any(code.startswith(start) and "icd-10" in (system or "") for system, code in reading.codings(resource.get("code")))


def _is(resource: Mapping[str, Any], wanted: set[str]) -> bool:
    return any(code in wanted for _, code in reading.codings(resource.get("code")))


def _typed(document: Mapping[str, Any], loinc: str) -> bool:
    return any(code == loinc for _, code in reading.codings(document.get("type")))


def _in_category(observation: Mapping[str, Any], *wanted: str) -> bool:
    return any(code in wanted for each in observation.get("category", ()) for _, code in reading.codings(each))


def _section(said: Mapping[str, Any], entries: Sequence[Resource], view: View, plan: Plan) -> Resource:
    coding = {"system": codes.LOINC, "code": said["loinc"]} if said["loinc"] else {"system": states.SYSTEM, "code": said["name"]}
    section: Resource = {"title": said["title"], "code": {"coding": [coding]}}
    if said["name"] == "reason":
        encounter = reading.peek(view, plan.encounter) or {}
        reason = next((text for each in encounter.get("reasonCode", ()) if (text := text_of(each))), "")
        names = ", ".join(name for _, name in plan.accepting)
        return {**section, "text": packets.narrative(f"{reason}. Taken over by: {names or 'not yet named'}.")}
    if entries:
        return {**section, "entry": [{"reference": reference_to(each)} for each in entries]}
    return {**section, "emptyReason": codes.concept(EMPTY, "unavailable")}


def make(change: Change, *, plan: str) -> Stored:
    """Make the hand-off and keep it with the documents: the document, and its signed manifest beside it."""
    found, known = discharge_plans.held(change, plan)
    bundle = build(change, known, found)
    listed = signing.signed(discharge_manifest.manifest(bundle, known), change.store.key)
    files = [
        letters.file(change, patient=known.patient, kind="application/fhir+json", body=dump(bundle)),
        letters.file(change, patient=known.patient, kind="application/json", body=orjson.dumps(listed, option=orjson.OPT_INDENT_2)),
    ]
    old = [
        each
        for each in change.find("DocumentReference", patient=known.patient, encounter=known.encounter, status="current")
        if any(code == KIND for category in each.get("category", ()) for _, code in reading.codings(category))
    ]
    stored = change.put(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "docStatus": "final",
            "type": {"coding": [CATEGORY], "text": "Hand-off with manifest"},
            "category": [codes.concept(states.SYSTEM, KIND)],
            "subject": {"reference": known.patient},
            "date": episodes.instant(change.now),
            "author": [codes.reference_to(change.who.person, change.who.name)],
            "description": "Hand-off with manifest",
            "content": [{"attachment": each} for each in files],
            "context": {"encounter": [{"reference": known.encounter}]},
            **({"relatesTo": [{"code": "replaces", "target": {"reference": f"DocumentReference/{old[0]['id']}"}}]} if old else {}),
        }
    )
    for each in old:
        change.put({**each, "status": "superseded"})
    return stored
