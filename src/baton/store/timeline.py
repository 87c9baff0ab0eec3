"""Searching the past: in an as-known-on view a patient's resources are matched as they were then, by the same index walk."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from baton.fhir import dates
from baton.fhir.clauses import Clause, Moment, Reference, Text, Token
from baton.fhir.query import Query
from baton.store.codes import TYPE_CODE, key64, param_code, token
from baton.store.conditions import around, token_texts, unsupported
from baton.store.index import MANY, WHOSE, Indexed, index, principal_date
from baton.store.named import sql
from baton.store.who import Gone, Invalid, NotFound, Page, Resource, Stored
from baton.store.words import normal

if TYPE_CHECKING:
    from baton.store.view import View

MOST = 1000


def search(view: View, query: Query) -> Page:
    """What matched then, newest first by date (or by _sort on the date), in one page. Needs the patient or _id. Raises Invalid."""
    entries = []
    for stored in _candidates(view, query):
        resource = stored.resource()
        indexed = index(resource, view.zone)
        if all(_matches(view, query.type, clause, resource, indexed) for clause in query.clauses):
            entries.append(stored)
    if query.sort and not query.sort[0].descending:
        entries.reverse()
    count = MOST if query.count is None else query.count
    return Page(entries[:count], total=len(entries) if query.total or query.summary == "count" else None)


def _candidates(view: View, query: Query) -> list[Stored]:
    """What may match: those named by _id, or all of the type in one patient's compartment; as they were then, newest first by date."""
    named = next((clause for clause in query.clauses if clause.param == "_id" and not clause.modifier), None)
    if named is not None:
        return [stored for value in named.values if isinstance(value, Token) and (stored := _then(view, query.type, value.code or ""))]
    patient = next((clause for clause in query.clauses if _whose(query.type, clause)), None)
    if patient is None:
        raise Invalid("As known on a past day, a search must name one patient.", expression="patient", code="not-supported", status=400)
    reference = patient.values[0]
    id_ = reference.id if isinstance(reference, Reference) else None
    if not id_ or not view.may_see(key64(f"Patient/{id_}")):
        return []
    params = {"patient": key64(f"Patient/{id_}"), "types": [TYPE_CODE[query.type]], "then": view.at}
    params |= view.look_params(f"search {query.type}")
    seen, then = (view.seen(row, params, [TYPE_CODE[query.type]]) for row in ("r", "k"))
    rows = view.ask(sql("compartment_at", seen=seen, seen_then=then), params, prepare=True)
    return [Stored(query.type, found, version, at, body.encode()) for _, found, version, at, body in rows]


def _then(view: View, type_: str, id_: str) -> Stored | None:
    try:
        return view.stored(type_, id_)
    except (NotFound, Gone):
        return None


def _whose(type_: str, clause: Clause) -> bool:
    return clause.param in WHOSE and type_ not in MANY and len(clause.values) == 1 and not clause.chain and not clause.modifier


def _matches(view: View, type_: str, clause: Clause, resource: Resource, indexed: Indexed) -> bool:
    if clause.chain or clause.modifier not in (None, "not", "exact", "contains"):
        raise unsupported(clause, "not as known on a past day")
    if clause.param == "_id":
        return any(isinstance(value, Token) and value.code == resource["id"] for value in clause.values)
    if clause.type in ("token", "uri"):
        found = any(token(text) in indexed.tokens for text in token_texts(type_, clause))
        return found != (clause.modifier == "not")
    if clause.type == "reference":
        if _whose(type_, clause):
            reference = clause.values[0]
            return isinstance(reference, Reference) and indexed.patient == key64(f"Patient/{reference.id}")
        targets = [f"{each}/{value.id}" for value in clause.values if isinstance(value, Reference) for each in value.types]
        return any(key64(f"{type_}.{clause.param}={target}") in indexed.tokens for target in targets)
    if clause.type == "string":
        return any(isinstance(value, Text) and _says(clause, value.text, indexed) for value in clause.values)
    if clause.type == "date" and clause.param != "_lastUpdated":
        if clause.param == principal_date(type_):
            spans = [(indexed.date_lo, indexed.date_hi)] if indexed.date_lo and indexed.date_hi else []
        else:
            spans = [(lo, hi) for param, lo, hi in indexed.moments if param == param_code(clause.param)]
        return any(compare(value, lo, hi, view) for value in clause.values if isinstance(value, Moment) for lo, hi in spans)
    raise unsupported(clause, "not as known on a past day")


def _says(clause: Clause, text: str, indexed: Indexed) -> bool:
    for param, value, written in indexed.names:
        if param == param_code(clause.param):
            if clause.modifier == "exact":
                if written == text:
                    return True
            elif clause.modifier == "contains":
                if normal(text) in value:
                    return True
            elif value.startswith(normal(text)):
                return True
    return False


def compare(value: Moment, lo: datetime, hi: datetime, view: View) -> bool:
    """The same in Python, for spans that are not in the tables."""
    start, end = dates.interval(value.text, view.zone)
    if value.prefix == "ap":
        start, end = around(start, end, view.now)
        return lo < end and hi >= start
    within = lo >= start and hi <= end
    answers = {
        "eq": within,
        "ne": not within,
        "gt": hi > end,
        "ge": lo >= start or hi > end,
        "lt": lo < start,
        "le": lo < start or hi <= end,
        "sa": lo >= end,
        "eb": hi <= start,
    }
    return answers[value.prefix]
