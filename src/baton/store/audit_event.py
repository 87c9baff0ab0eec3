"""FHIR's AuditEvent as a view of what was recorded: made from rows when asked for, after IHE's Basic Audit Log Patterns, never stored."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from baton.fhir import dates
from baton.fhir import resource as fhir_resource
from baton.fhir.clauses import Clause, Moment, Reference, Token
from baton.fhir.query import Query
from baton.store import trail
from baton.store.trail import Asked, Recorded
from baton.store.who import OUTCOMES, Invalid, NotFound, Page, Stored

if TYPE_CHECKING:
    from baton.store.view import View

T = "http://terminology.hl7.org/CodeSystem"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
REST = (f"{T}/audit-event-type", "rest")
DOES = "http://hl7.org/fhir/restful-interaction"
REASON = f"{T}/v3-ActReason"
ROLE = "https://baton.example/fhir/CodeSystem/staff-role"
OURS = "https://baton.example/fhir/CodeSystem/recorded"
SEARCHED = ("_id", "patient", "agent", "date", "entity", "outcome", "purpose")
"""What AuditEvents can be searched by."""
_ID = re.compile(r"(look|change)-(\d{1,18})")
_SUBJECT = re.compile(r"([A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})")

Coded = tuple[str, str]
# What was done, by its first word: AuditEvent.type, subtype, action. Whatever is not here is an activity of the application.
VERBS: dict[str, tuple[Coded, Coded, str]] = {
    "read": (REST, (DOES, "read"), "R"),
    "change:": (REST, (DOES, "read"), "R"),
    "history": (REST, (DOES, "history-type"), "R"),
    "chart": (REST, (DOES, "search-type"), "E"),
    "search": (REST, (DOES, "search-type"), "E"),
    "included": (REST, (DOES, "search-type"), "E"),
    "find": (REST, (DOES, "search-type"), "E"),
    "worklist": (REST, (DOES, "search-type"), "E"),
    "everything": (REST, (DOES, "operation"), "E"),
    "change": (REST, (DOES, "transaction"), "U"),
    "sign-in": ((DCM, "110114"), (DCM, "110122"), "E"),
    "sign-out": ((DCM, "110114"), (DCM, "110123"), "E"),
    "export": ((DCM, "110106"), (OURS, "export"), "R"),
    "print": ((DCM, "110106"), (OURS, "print"), "R"),
    "message": ((DCM, "110106"), (OURS, "message"), "R"),
    "break-glass": ((DCM, "110113"), (DCM, "110127"), "E"),
    "mend-glass": ((DCM, "110113"), (DCM, "110138"), "E"),
}
_ACTIVITY: tuple[Coded, Coded, str] = ((DCM, "110100"), (OURS, "activity"), "E")


def resource(record: Recorded) -> dict[str, Any]:
    """One record as a valid AuditEvent."""
    verb = record.what.partition(" ")[0]
    type_, subtype, action = VERBS.get(verb, _ACTIVITY)
    purpose = trail.EMERGENCY if record.glass else record.purpose
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": record.name,
        "meta": {"versionId": "1", "lastUpdated": dates.format_instant(record.at)},
        "type": _coding(type_),
        "subtype": [_coding(subtype)],
        "action": action,
        "recorded": dates.format_instant(record.at),
        "outcome": str(OUTCOMES[record.outcome] or 0),
        "purposeOfEvent": [{"coding": [_coding((REASON, purpose))], **({"text": record.glass} if record.glass else {})}],
        "agent": _agents(record, purpose),
        "source": {
            "site": record.entrance,
            "observer": {"reference": "Device/baton"},
            "type": [_coding((f"{T}/security-source-type", "4"))],
        },
        "entity": list(_entities(record)),
    }
    if record.detail:
        event["outcomeDesc"] = record.detail
    return {key: value for key, value in event.items() if value != []}


def _coding(coded: Coded) -> dict[str, Any]:
    return {"system": coded[0], "code": coded[1]}


def _agents(record: Recorded, purpose: str) -> list[dict[str, Any]]:
    part = "AUT" if record.kind == "change" else "IRCP"
    user: dict[str, Any] = {
        "type": {"coding": [_coding((f"{T}/v3-ParticipationType", part))]},
        "who": _who(record.who),
        "requestor": True,
        "purposeOfUse": [{"coding": [_coding((REASON, purpose))]}],
    }
    if record.role:
        user["role"] = [{"coding": [_coding((ROLE, record.role))]}]
    agents = [user]
    if record.on_behalf_of:
        agents.append({"type": {"text": "on behalf of"}, "who": _who(record.on_behalf_of), "requestor": False})
    server = {"type": {"coding": [_coding((DCM, "110152"))]}, "who": {"reference": "Device/baton"}, "requestor": False}
    return [*agents, server]


def _who(person: str) -> dict[str, Any]:
    return {"reference": person} if fhir_resource.split(person) else {"display": person or "unknown"}


def _entities(record: Recorded) -> list[dict[str, Any]]:
    patient = {"type": _coding((f"{T}/audit-entity-type", "1")), "role": _coding((f"{T}/object-role", "1"))}
    data = {"type": _coding((f"{T}/audit-entity-type", "2")), "role": _coding((f"{T}/object-role", "4"))}
    found = [{"what": {"reference": each}, **patient} for each in record.patients]
    found += [{"what": {"reference": each}, **data} for each in record.versions]
    if record.kind == "look":
        named = _SUBJECT.search(record.what)
        told: dict[str, Any] = {"what": {"reference": named[1]}} if named else {"description": record.what}
        if not (named and named[1] in record.patients):
            found.append({**told, **data})
    return found


# --- as the API asks ------------------------------------------------------------------------------------------------------------------


def stored(view: View, id_: str) -> Stored:
    """The AuditEvent of this id. Raises NotFound and Forbidden."""
    found = _found(view, id_)
    if found is None:
        raise NotFound(f"There is no AuditEvent/{id_}.")
    return found


def _found(view: View, id_: str) -> Stored | None:
    named = _ID.fullmatch(id_)
    record = trail.one(view, "look" if named[1] == "look" else "change", int(named[2])) if named else None
    return _stored(record) if record else None


def _stored(record: Recorded) -> Stored:
    return Stored("AuditEvent", record.name, 1, record.at, fhir_resource.dump(resource(record)))


def search(view: View, query: Query) -> Page:
    """One page of AuditEvents, the newest first. Raises Invalid naming the parameter that is not supported, and Forbidden."""
    if query.includes or query.revincludes or query.summary == "count" or query.total in ("accurate", "estimate"):
        raise _unsupported("_total", "AuditEvents are neither counted nor included")
    if query.sort and (len(query.sort) > 1 or query.sort[0].param != "date" or not query.sort[0].descending):
        raise _unsupported("_sort", "AuditEvents come the newest first (_sort=-date)")
    asked = Asked()
    for clause in query.clauses:
        if clause.param == "_id":
            names = [value.code or "" for value in clause.values if isinstance(value, Token)]
            return Page([found for name in names if (found := _found(view, name))])
        asked = _asked(view, asked, clause)
    page = trail.page(view, asked, limit=50 if query.count is None else max(1, query.count), after=query.cursor)
    return Page([_stored(record) for record in page.records], next=page.next)


def _asked(view: View, asked: Asked, clause: Clause) -> Asked:
    if clause.modifier or clause.chain or len(clause.values) != 1 or clause.param not in SEARCHED:
        raise _unsupported(clause.param, f"AuditEvents are searched by one value each of {', '.join(SEARCHED)}")
    value = clause.values[0]
    match value, clause.param:
        case Reference(), "patient" | "agent" | "entity":
            return _about(asked, clause.param, value)
        case Moment(), "date":
            return _when(asked, *dates.interval(value.text, view.zone), value.prefix)
        case Token(code=str(code)), "outcome":
            named = next((outcome for outcome, number in OUTCOMES.items() if str(number or 0) == code), None)
            if named is None:
                raise _unsupported("outcome", "it takes 0, 4, 8 or 12")
            return replace(asked, outcome=named)
        case Token(code=str(code)), "purpose":
            return replace(asked, purpose=code)
    raise _unsupported(clause.param, "this value cannot be looked for")


def _about(asked: Asked, param: str, value: Reference) -> Asked:
    types = value.types if len(value.types) == 1 else ("Practitioner",) if param == "agent" else ("Patient",) if param == "patient" else ()
    if not types or value.id is None:
        raise _unsupported(param, "say what it points to, as Type/id")
    name = f"{types[0]}/{value.id}"
    if param == "entity":
        return replace(asked, patient=name) if types[0] == "Patient" else replace(asked, entity=name)
    return replace(asked, patient=name) if param == "patient" else replace(asked, person=name)


def _when(asked: Asked, lo: datetime, hi: datetime, prefix: str) -> Asked:
    since, until = asked.since, asked.until
    if prefix in ("eq", "ge", "ap"):
        since = max(lo, since) if since else lo
    if prefix in ("gt", "sa"):
        since = max(hi, since) if since else hi
    if prefix in ("eq", "le", "ap"):
        until = min(hi, until) if until else hi
    if prefix in ("lt", "eb"):
        until = min(lo, until) if until else lo
    if prefix == "ne":
        raise _unsupported("date", "ne")
    if prefix == "ap":
        since, until = (since or lo) - timedelta(days=1), (until or hi) + timedelta(days=1)
    return replace(asked, since=since, until=until)


def _unsupported(param: str, what: str) -> Invalid:
    return Invalid(f"Search by '{param}' is not supported: {what}.", expression=param, code="not-supported", status=400)
