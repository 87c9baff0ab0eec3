"""Whether a resource is valid R4, and if not, why: each Issue names the element and says what it takes.

A schema per type, compiled on first use, says yes in microseconds. Where it says no, `explain` says why, or that it was mistaken.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs
import orjson

from baton.fhir import invariants, schema
from baton.fhir.definitions import TYPES
from baton.fhir.explain import explain, kind_of
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import DEEPEST, Number

_HOLDERS: Final = frozenset({"Bundle", "Parameters"})
_POINTED_AT: Final = re.compile(rb'"#([^"]+)"')
_REFERENCE: Final = re.compile(rb'"reference":"#([^"]+)"')


def check(resource: Any) -> list[Issue]:
    """What is wrong with a resource: nothing (an empty list) when it is valid. Takes anything that JSON can hold, and never raises."""
    return _check(resource, "", 0)


def _check(resource: Any, path: str, depth: int) -> list[Issue]:
    if not isinstance(resource, dict):
        return [error("structure", f"A resource is an object, not {kind_of(resource)}.", path or None)]
    resource_type = resource.get("resourceType")
    if not isinstance(resource_type, str) or resource_type not in TYPES:
        return [_no_such_type(resource_type, path)]
    if depth > DEEPEST // 2:
        return [error("too-costly", "Resources are nested too deep in each other.", path)]
    path = path or resource_type
    issues: list[Issue] = []
    contained = "contained" in resource or depth > 0
    if not _passes(resource, resource_type, contained):
        issues = explain(resource, path, contained=contained)
    if issues:
        return issues
    if resource_type in invariants.TYPES:
        issues.extend(invariants.check(resource, path))
    if "contained" in resource:
        issues.extend(_check_contained(resource, path, depth))
    if resource_type in _HOLDERS:
        for inner, where in _held(resource, path):
            issues.extend(_check(inner, where, depth + 1))
    return issues


def _no_such_type(resource_type: object, path: str) -> Issue:
    where = f"{path}.resourceType" if path else "resourceType"
    if resource_type is None:
        return error("required", "A resource names its type in 'resourceType'.", where)
    said = f"'{resource_type[:60]}'" if isinstance(resource_type, str) else kind_of(resource_type)
    return error("not-supported", f"There is no resource type {said} in FHIR R4.", where)


# --- the quick answer ------------------------------------------------------------------------------------------------------------


class _InOrder:
    """The schema keyword `inOrder`: a Period does not end before it starts."""

    def __init__(self, _schema: object, _value: object, _path: object) -> None:
        """Nothing to keep: the keyword takes no argument."""

    def validate(self, period: Any) -> None:
        if isinstance(period, dict) and not invariants.in_order(period.get("start"), period.get("end")):
            raise ValueError("it ends before it starts")


@cache
def _validator(resource_type: str, contained: bool) -> jsonschema_rs.Draft202012Validator:
    made = schema.for_type(resource_type, contained=contained)
    return jsonschema_rs.Draft202012Validator(made, keywords={"inOrder": _InOrder}, pattern_options=jsonschema_rs.RegexOptions())


def _passes(resource: dict[str, Any], resource_type: str, contained: bool) -> bool:
    validator = _validator(resource_type, contained)
    try:
        return validator.is_valid(resource) or _passes_with_plain_numbers(resource, validator)
    except ValueError:
        return _passes_with_plain_numbers(resource, validator)


def _passes_with_plain_numbers(resource: dict[str, Any], validator: jsonschema_rs.Draft202012Validator) -> bool:
    """The validator knows only Python's own numbers; those that keep their digits are shown to it as floats."""
    numbers = 0

    def plain(value: object) -> float:
        nonlocal numbers
        if not isinstance(value, Number):
            raise TypeError
        numbers += 1
        return float(value)

    try:
        copy = orjson.loads(orjson.dumps(resource, default=plain))
        return numbers > 0 and validator.is_valid(copy)
    except (TypeError, ValueError):
        return False


# --- resources inside resources --------------------------------------------------------------------------------------------------


def _held(resource: Mapping[str, Any], path: str) -> Iterator[tuple[Any, str]]:
    """The resources in a Bundle or a Parameters, each with its path."""
    for index, entry in enumerate(resource.get("entry", ())):
        if "resource" in entry:
            yield entry["resource"], f"{path}.entry[{index}].resource"
        if "outcome" in entry.get("response", {}):
            yield entry["response"]["outcome"], f"{path}.entry[{index}].response.outcome"
    pending = [(each, f"{path}.parameter[{index}]") for index, each in enumerate(resource.get("parameter", ()))]
    while pending:
        parameter, where = pending.pop()
        if "resource" in parameter:
            yield parameter["resource"], f"{where}.resource"
        pending += [(each, f"{where}.part[{index}]") for index, each in enumerate(parameter.get("part", ()))]


def _check_contained(resource: Mapping[str, Any], path: str, depth: int) -> Iterator[Issue]:
    ids: set[str] = set()
    for index, inner in enumerate(resource["contained"]):
        where = f"{path}.contained[{index}]"
        yield from _check(inner, where, depth + 1)
        if isinstance(inner, dict):
            yield from _contained_rules(inner, where)
            ids.add(str(inner.get("id", "")))
    text = _text(resource)
    pointed_at = {found.decode(errors="replace") for found in _POINTED_AT.findall(text)}
    if not pointed_at <= ids:
        for missing in sorted({found.decode(errors="replace") for found in _REFERENCE.findall(text)} - ids):
            yield error("not-found", f"Nothing contained has the id that '#{missing}' points to. (ref-1)", path)
    for index, inner in enumerate(resource["contained"]):
        if str(inner.get("id", "")) not in pointed_at and b'"reference":"#"' not in _text(inner):
            yield error("invariant", "It is contained, but nothing points to it. (dom-3)", f"{path}.contained[{index}]")


def _text(resource: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(resource, default=float)
    except TypeError:  # an integer of more than 64 bits, say, in a resource that did not come through parse
        return json.dumps(resource, separators=(",", ":"), default=str).encode()


def _contained_rules(inner: Mapping[str, Any], path: str) -> Iterator[Issue]:
    if "contained" in inner:
        yield error("invariant", "What is contained contains nothing itself. (dom-2)", f"{path}.contained")
    meta = inner.get("meta", {})
    for key, names in (("dom-4", ("versionId", "lastUpdated")), ("dom-5", ("security",))):
        for name in names:
            if isinstance(meta, dict) and name in meta:
                yield error("invariant", f"What is contained has no meta.{name} of its own. ({key})", f"{path}.meta.{name}")
