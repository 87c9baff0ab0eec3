"""search: resources of one type that meet every clause of a query."""

from __future__ import annotations

import functools

from baton.api import elements, respond
from baton.api.call import Call
from baton.api.paging import links
from baton.api.refusal import Refusal
from baton.api.respond import Response
from baton.fhir import query
from baton.fhir.clauses import Reference, Token
from baton.fhir.query import Query
from baton.store import View


def run(call: Call, view: View) -> Response:
    """Answer `GET Type?...`."""
    return _search(call, view, call.query)


def run_posted(call: Call, view: View) -> Response:
    """Answer `POST Type/_search`: the clauses of the form and of the address together."""
    return _search(call, view, "&".join(part for part in (call.query, call.form()) if part))


def run_system(call: Call, view: View) -> Response:
    """Refuse a search over all types, which is not done here."""
    raise Refusal(501, "not-supported", "Search one type at a time: GET [base]/[type]?...", "http.url")


@functools.lru_cache(2048)
def _parsed(resource_type: str, text: str) -> Query:
    return query.parse(resource_type, text)


def _search(call: Call, view: View, text: str) -> Response:
    asked = _parsed(call.type, text)
    page = view.search(asked)
    entries, included = elements.applied(asked, page.entries, page.included)
    shown = links(f"{call.base}/{call.type}", text, page.next)
    patient = named_patient(asked)
    withheld = patient is not None and view.withheld(patient)
    return respond.searchset(call.base, entries, included, total=page.total, links=shown, withheld=withheld)


def named_patient(asked: Query) -> str | None:
    """The one patient ("Patient/<id>") a search is about, when it says so."""
    for clause in asked.clauses:
        if clause.chain or clause.modifier or len(clause.values) != 1:
            continue
        value = clause.values[0]
        if clause.param in ("patient", "subject") and isinstance(value, Reference) and value.id and "Patient" in value.types:
            return f"Patient/{value.id}"
        if clause.param == "_id" and asked.type == "Patient" and isinstance(value, Token) and value.code:
            return f"Patient/{value.code}"
    return None
