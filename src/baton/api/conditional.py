"""Conditions written as searches: If-None-Exist, conditional update, conditional references."""

from __future__ import annotations

from baton.api.refusal import Refusal
from baton.fhir import query
from baton.fhir.outcome import Bad
from baton.fhir.query import Query
from baton.store import Stored, View


def asked(resource_type: str, condition: str, where: str) -> Query:
    """A condition ("identifier=sys|val") as a query for at most two. Raises Refusal 412 when it cannot be searched or selects all."""
    try:
        found = query.parse(resource_type, condition)
    except Bad as bad:
        text = "; ".join(issue.text for issue in bad.issues)
        raise Refusal(412, "invalid", f"The condition {condition[:120]!r} cannot be searched: {text}", where) from bad
    if not found.clauses:
        raise Refusal(412, "incomplete", f"The condition {condition[:120]!r} names nothing to search for.", where)
    return Query(found.type, found.clauses, count=2)


def one(view: View, resource_type: str, condition: str, where: str) -> Stored | None:
    """The one resource that meets a condition, None when none does. Raises Refusal 412 when several do."""
    met = view.search(asked(resource_type, condition, where)).entries
    if len(met) > 1:
        raise Refusal(412, "multiple-matches", f"More than one {resource_type} matches {condition[:200]}.", where)
    return met[0] if met else None
