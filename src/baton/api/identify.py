"""Which entry of the same transaction a conditional reference means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from baton.fhir.bundle import Entry
from baton.fhir.extract import Extracted, extract
from baton.fhir.query import Clause, Query, Text, Token, Value
from baton.store import View


def places_of_matches(view: View, entries: Sequence[Entry], places: Mapping[int, str], query: Query) -> set[str]:
    """The places of the entries whose resource, once written, will meet a condition on tokens or uris ("identifier=sys|val")."""
    met = set()
    for entry in entries:
        if entry.type != query.type or entry.method not in ("POST", "PUT") or entry.resource is None or entry.index not in places:
            continue
        extracted = extract(entry.resource, view.zone)
        if all(_meets(extracted, clause) for clause in query.clauses):
            met.add(places[entry.index])
    return met


def _meets(extracted: Extracted, clause: Clause) -> bool:
    return clause.modifier is None and any(_has(extracted, clause.param, value) for value in clause.values)


def _has(extracted: Extracted, param: str, value: Value) -> bool:
    if isinstance(value, Token):
        return any(name == param and _is(value, system, code) for name, system, code in extracted.tokens)
    return isinstance(value, Text) and any(name == param and uri == value.text for name, uri in extracted.uris)


def _is(value: Token, system: str | None, code: str) -> bool:
    return (value.system is None or value.system == (system or "")) and (value.code is None or value.code == code)
