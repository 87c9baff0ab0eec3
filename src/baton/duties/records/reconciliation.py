"""Reconciling the medicines: three lists side by side, each difference decided, signed off by whoever is licensed for it, and kept.

A decision is a `DetectedIssue` with its mitigation; the list that was signed is a `List` (snapshot). Signing is followed by the `Procedure`
that says it was done, by which the promise after a discharge is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.names import patient_names
from baton.duties.reactions import Reaction, wanting
from baton.duties.records.reconciliation_lists import Difference, Entry, Lists, differences, issue_id, lists
from baton.duties.team import licences
from baton.duties.transitions import episodes
from baton.duties.transitions.discharges import is_stay
from baton.duties.transitions.evidence import RECONCILED
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, has_code
from baton.rules.calendar import local_day
from baton.store import Invalid, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

MEDICATIONS: Final = "10160-0"  # LOINC: history of medication use
SIGNED: Final = f"{codes.P}/NamingSystem/reconciliation"
DECISION: Final = f"{codes.P}/CodeSystem/medication-decision"
DIFFERENCE: Final = f"{codes.P}/CodeSystem/medication-difference"
DUPLICATES: Final = {"duplicate-therapy": "DUPTHPY", "duplicate-ingredient": "DUPTHPGEN"}
"""What of ours v3-ActCode says too."""
ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DECISIONS: Final = ("as-discharged", "as-before", "as-taken", "stop", "ask")
"""Take it as ordered at discharge, as before, as taken now; take it no more; or the prescriber is asked, which settles nothing yet."""
SETTLED: Final = frozenset(DECISIONS) - {"ask"}
LONGEST: Final = 300
MOST: Final = 30


@dataclass(frozen=True, slots=True)
class Decided:
    """A difference with what was decided about it: the decision (None: nothing yet), the note, by whom, when."""

    difference: Difference
    id: str
    decision: str | None = None
    note: str = ""
    by: str = ""
    at: datetime | None = None

    @property
    def settled(self) -> bool:
        """Whether it stands in nobody's way any more."""
        return self.decision in SETTLED

    @property
    def choices(self) -> tuple[str, ...]:
        """The decisions that make sense of it."""
        one = self.difference
        has = {"as-discharged": bool(one.discharge) or one.kind == "stopped", "as-before": bool(one.before), "as-taken": bool(one.now)}
        if one.kind == "stopped":
            has["stop"] = False  # it is what "as-discharged" says
        if one.kind == "duplicate-therapy":
            has = {"as-discharged": True, "as-before": False, "as-taken": False, "stop": False}
        return tuple(each for each in DECISIONS if has.get(each, True))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A reconciliation as its page shows it."""

    patient: str
    stay: str | None
    where: str
    discharged: datetime | None
    lists: Lists
    decided: tuple[Decided, ...]
    signed_at: datetime | None
    signed_by: str
    signed: str | None
    may_sign: bool
    able: tuple[str, ...]

    @property
    def left(self) -> int:
        """How many differences are still to be settled."""
        return sum(not each.settled for each in self.decided)


def sheet(view: View, *, patient: str, listing: bool = False) -> Sheet:
    """The reconciliation of a patient (an id) after the last stay; `listing`: as a row of a list. Raises NotFound."""
    chart = view.compartment(patient, ("MedicationRequest", "MedicationStatement", "Encounter", "DetectedIssue", "List"), listing=listing)
    today = local_day(view.now, view.zone)
    stay = next((each for each in chart["Encounter"] if is_stay(each) and each.get("status") == "finished"), None)
    span = _span(view, stay) if stay else None
    side = lists(chart["MedicationRequest"], chart["MedicationStatement"], stay=span, zone=view.zone, today=today)
    key = str(stay["id"]) if stay and span else ""
    issues = {str(each["id"]): each for each in chart["DetectedIssue"]}
    found = tuple(_decided(view, each, issues, f"Patient/{patient}", key) for each in differences(side, today))
    signed = next((each for each in chart["List"] if is_signed(each) and _stay_of(each) == key and each.get("status") == "current"), None)
    may = licences.kind_of(view, codes.RECONCILIATION, view.who.person) is not None
    return Sheet(
        patient=patient,
        stay=key or None,
        where=reading.facility_of(view, stay) or "" if stay else "",
        discharged=span[1].astimezone(view.zone) if span else None,
        lists=side,
        decided=found,
        signed_at=reading.moment(signed.get("date"), view.zone) if signed else None,
        signed_by=str(signed.get("source", {}).get("display", "")) if signed else "",
        signed=str(signed["id"]) if signed else None,
        may_sign=may,
        able=() if may else tuple(licences.who_can(view, codes.RECONCILIATION, view.who.teams)[: licences.NAMED]),
    )


def _span(view: View, stay: Resource) -> tuple[datetime, datetime] | None:
    first, last = (reading.moment(stay.get("period", {}).get(each), view.zone) for each in ("start", "end"))
    return (first, last) if first and last else None


def _decided(view: View, one: Difference, issues: Mapping[str, Resource], patient: str, stay: str) -> Decided:
    id_ = issue_id(patient, stay, one)
    found = issues.get(id_)
    if found is None or found.get("status") == "cancelled":
        return Decided(one, id_)
    step = (found.get("mitigation") or [{}])[-1]
    decision = code_of(step.get("action"), DECISION)
    by = str(step.get("author", {}).get("display", ""))
    return Decided(one, id_, decision, str(found.get("detail", "")), by, reading.moment(step.get("date"), view.zone))


def is_signed(resource: Mapping[str, Any] | None) -> bool:
    """Whether a List is a signed reconciliation of ours."""
    return resource is not None and resource.get("mode") == "snapshot" and _stay_of(resource) is not None


def _stay_of(resource: Mapping[str, Any]) -> str | None:
    values = [str(each.get("value", "")) for each in resource.get("identifier", ()) if each.get("system") == SIGNED]
    return values[0].partition("|")[2] if values else None


# --- verbs --------------------------------------------------------------------------------------------------------------------------------


def take_as_ordered(change: Change, *, patient: str, orders: tuple[str, ...]) -> list[Stored]:
    """The patient takes these of the discharge list as they were ordered ("MedicationRequest/id" each). Raises Invalid for another's."""
    known = {each.reference: each for each in sheet(change, patient=patient).lists.discharge}
    if not set(orders) <= set(known):
        raise Invalid("This is not on the list of the discharge.", expression="MedicationStatement.basedOn")
    out = []
    for each in orders:
        ordered = change.get(*each.split("/", 1))
        out.append(_says(change, patient, ordered["medicationCodeableConcept"], known[each].directions, based_on=each))
    return out


def takes(change: Change, *, patient: str, text: str, directions: str = "") -> Stored:
    """The patient takes something, in their words. Raises Invalid without a name."""
    if not text.strip():
        raise Invalid("Say what they take.", expression="MedicationStatement.medication")
    if max(len(text), len(directions)) > LONGEST:
        raise Invalid("Say it in at most 300 characters.", expression="MedicationStatement.medication")
    change.get("Patient", patient)
    return _says(change, patient, {"text": text.strip()}, directions.strip())


def takes_nothing_more(change: Change, *, statement: str) -> Stored:
    """What was said of it was wrong, or is over."""
    found = change.get("MedicationStatement", statement)
    return change.put({**found, "status": "entered-in-error"})


def _says(change: Change, patient: str, medicine: Resource, directions: str, based_on: str | None = None) -> Stored:
    return change.put(
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "medicationCodeableConcept": medicine,
            "subject": {"reference": f"Patient/{patient}"},
            "dateAsserted": episodes.instant(change.now),
            "informationSource": {"reference": f"Patient/{patient}"},
            **({"basedOn": [{"reference": based_on}]} if based_on else {}),
            **({"dosage": [{"text": directions}]} if directions else {}),
        }
    )


def decide(change: Change, *, patient: str, difference: str, decision: str, note: str = "") -> Stored:
    """Decide about a difference (its id). Raises Invalid for a decision it does not have, or when it is no difference any more."""
    now = sheet(change, patient=patient)
    found = next((each for each in now.decided if each.id == difference), None)
    if found is None:
        raise Invalid("The lists have changed: this is no difference any more.", expression="DetectedIssue")
    if decision not in found.choices:
        raise Invalid("Choose what is to be done about it.", expression="DetectedIssue.mitigation.action", code="code-invalid")
    if decision in ("stop", "ask") and not note.strip() and not found.difference.sure:
        raise Invalid("It is not certain which medicine this is: say in a note how you know.", expression="DetectedIssue.detail")
    if len(note) > LONGEST:
        raise Invalid("Say it in at most 300 characters.", expression="DetectedIssue.detail")
    one, me = found.difference, codes.reference_to(change.who.person, change.who.name)
    coding = [{"system": DIFFERENCE, "code": one.kind}]
    coding += [{"system": ACT, "code": DUPLICATES[one.kind]}] if one.kind in DUPLICATES else []
    entries = dict.fromkeys(each.reference for each in (*one.before, *one.discharge, *one.now))
    issue: Resource = {
        "resourceType": "DetectedIssue",
        "id": difference,
        "identifier": [{"system": SIGNED, "value": f"{patient}|{now.stay or ''}"}],
        "status": "final" if decision in SETTLED else "preliminary",
        "code": {"coding": coding, "text": one.name},
        "patient": {"reference": f"Patient/{patient}"},
        "identifiedDateTime": episodes.instant(change.now),
        "author": me,
        "implicated": [{"reference": each} for each in entries],
        "mitigation": [{"action": codes.concept(DECISION, decision), "date": episodes.instant(change.now), "author": me}],
        **({"detail": note.strip()} if note.strip() else {}),
    }
    return change.put(issue)


def sign(change: Change, *, patient: str) -> Stored:
    """Sign it off: the list that results is kept, the promise after the discharge with it. Raises Invalid while something is open."""
    now = sheet(change, patient=patient)
    issues = list(_open(now))
    if issues:
        raise Invalid(issues)
    me = codes.reference_to(change.who.person, change.who.name)
    value = f"{patient}|{now.stay or ''}"
    for each in change.find("List", patient=f"Patient/{patient}", status="current"):
        if is_signed(each) and _stay_of(each) == (now.stay or ""):
            change.put({**change.get("List", each["id"]), "status": "retired"})
    entries = [
        {"flag": codes.concept(DECISION, flag), "item": {"reference": one.reference, "display": one.words}} for flag, one in result(now)
    ]
    signed: Resource = {
        "resourceType": "List",
        "identifier": [{"system": SIGNED, "value": value}],
        "status": "current",
        "mode": "snapshot",
        "title": "Medicines after reconciliation",
        "code": {"coding": [{"system": codes.LOINC, "code": MEDICATIONS}]},
        "subject": {"reference": f"Patient/{patient}"},
        "date": episodes.instant(change.now),
        "source": me,
        **({"encounter": {"reference": f"Encounter/{now.stay}"}} if now.stay else {}),
        **({"entry": entries} if entries else {"emptyReason": {"text": "No medicines"}}),
    }
    return change.put(signed)


def _kept(flag: str, one: Entry) -> Resource:
    return {"flag": codes.concept(DECISION, flag), "item": {"reference": one.reference, "display": one.words}}


def _open(now: Sheet) -> Iterator[Issue]:
    if not now.lists.asked:
        yield error("required", "Ask what the patient takes now, then sign.", "MedicationStatement")
    if now.left:
        yield error("business-rule", "Some differences are not settled yet.", "DetectedIssue.status")


def result(now: Sheet) -> list[tuple[str, Entry]]:
    """What is to be taken ("take") and no more ("stop") by what was decided, in order of name."""
    by_key = {each.difference.key: each.decision for each in now.decided if each.decision and each.difference.kind != "duplicate-therapy"}
    both: dict[str, dict[str, list[Entry]]] = {}
    for name, entries in (("before", now.lists.before), ("discharge", now.lists.discharge), ("now", now.lists.now)):
        for each in entries:
            both.setdefault(each.ingredient.code, {}).setdefault(name, []).append(each)
    out: list[tuple[str, Entry]] = []
    for key, where in both.items():
        place = {"as-before": "before", "as-taken": "now", "stop": ""}.get(str(by_key.get(key)), "discharge")
        taken = where.get(place, [])
        left = where.get("now") or where.get("before") or where.get("discharge") or []
        out += [("take", each) for each in taken] if taken else [("stop", left[-1])]
    return sorted(out, key=lambda each: (each[0] != "take", each[1].words.casefold()))


# --- what the door refuses, and what follows ----------------------------------------------------------------------------------------------


def list_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A reconciliation is signed by somebody licensed for it, and what was signed is replaced, not changed."""
    if not is_signed(after) or after is None:
        return
    if is_signed(before) and before is not None:
        if _content(before) != _content(after):
            yield error("business-rule", "What was signed stays as it was signed: sign anew.", "List.entry")
    elif view.who.role != "system" and licences.kind_of(view, codes.RECONCILIATION, view.who.person) is None:
        yield error("business-rule", licences.RECONCILERS, "List.source")
        able = licences.who_can(view, codes.RECONCILIATION, view.who.teams)
        said = f"These can: {', '.join(able[: licences.NAMED])}" if able else "Nobody here has such a licence yet."
        yield error("business-rule", said, "List.source")


def _content(resource: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(resource.get(each) for each in ("entry", "subject", "source", "date", "mode", "identifier"))


@wanting(is_signed)
def on_signed(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """It was signed: the Procedure that says the medicines were reconciled, by which the promise after a discharge is kept."""
    if after is None or is_signed(before) or after.get("status") != "current":
        return []
    system, code = RECONCILED[0]
    performer = {"actor": after.get("source") or codes.reference_to(view.who.person, view.who.name)}
    return [
        {
            "resourceType": "Procedure",
            "id": codes.derived_id("reconciliation", f"List/{after['id']}"),
            "status": "completed",
            "code": codes.concept(system, code, "Medication reconciliation"),
            "subject": after["subject"],
            "performedDateTime": after["date"],
            "performer": [performer],
            **({"encounter": after["encounter"]} if after.get("encounter") else {}),
        }
    ]


GUARDS = {"List": [list_guard]}
REACTIONS: dict[str, list[Reaction]] = {"List": [on_signed]}


# --- for pages ----------------------------------------------------------------------------------------------------------------------------


def waiting(view: View) -> list[tuple[Resource, str]]:
    """Promises to reconcile that are open, among this person's patients, the earliest due first, each with the patient's name."""
    found = view.find("Task", code=f"{codes.PROMISE}|{codes.RECONCILIATION}", status=codes.OPEN)
    found = sorted(found, key=lambda each: str(each.get("restriction", {}).get("period", {}).get("end", "")))[:MOST]
    names = patient_names(view, map(codes.patient_of, found))
    return [(each, names.get(str(codes.patient_of(each)), "")) for each in found]


def signed_list(view: View, *, patient: str) -> Resource | None:
    """The last signed list of a patient."""
    found = [each for each in view.find("List", patient=f"Patient/{patient}", status="current") if is_signed(each)]
    mine = [each for each in found if has_code(each.get("code"), codes.LOINC, MEDICATIONS)]
    return max(mine, key=lambda each: str(each.get("date")), default=None)
