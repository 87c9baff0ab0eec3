"""_summary and _elements: parts of resources. Only here is stored text parsed for an answer, and only when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from baton.fhir.query import Query
from baton.fhir.resource import Resource, dump, parse
from baton.store import Stored

_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_ALWAYS = frozenset({"resourceType", "id", "meta"})


def applied(query: Query, entries: Iterable[Stored], included: Iterable[Stored]) -> tuple[list[Stored], list[Stored]]:
    """The stored resources with only the parts the query asks for; as they are when it asks for all. `_summary=count` asks for none."""
    if query.summary == "count":
        return [], []
    wanted = _wanted(query)
    if wanted is None:
        return list(entries), list(included)
    return [_part(stored, wanted) for stored in entries], [_part(stored, wanted) for stored in included]


def _wanted(query: Query) -> Callable[[str], bool] | None:
    if query.elements:
        named = frozenset(query.elements)
        return lambda element: element.lstrip("_") in named
    if query.summary == "text":
        return lambda element: element in ("text", "status", "implicitRules")
    if query.summary == "data":
        return lambda element: element != "text"
    return None


def _part(stored: Stored, wanted: Callable[[str], bool]) -> Stored:
    if stored.body is None:
        return stored
    whole = parse(stored.body)
    part: Resource = {element: value for element, value in whole.items() if element in _ALWAYS or wanted(element)}
    if len(part) < len(whole):
        meta = part.get("meta", {})
        part["meta"] = {**meta, "tag": [*meta.get("tag", ()), _SUBSETTED]}
    return replace(stored, body=dump(part))
