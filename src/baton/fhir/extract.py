"""What a resource can be found by: the values of its search parameters, walked out of the JSON along paths compiled once per type.

Meant for valid resources (`validate.check` said nothing). `_id` and `_lastUpdated` are columns of any store and are not repeated here.
Numbers and quantities are not extracted yet.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cache
from typing import Any, Final

from baton.fhir import dates, resource
from baton.fhir.definitions import TYPES, Place, compartment, search_parameters


@dataclass(slots=True)
class Extracted:
    """The search values of one resource, each with the code of its parameter. The same value may come more than once.

    A token's system is None when the element states none and its type implies none. References are "Type/id" when they are local, else
    the absolute URL or canonical as written, versions cut off; those by identifier only, to a contained resource, or not resolved yet
    (urn:, Type?query) are left out. Moments are half-open spans in UTC, see `dates`. `patient` is whose resource it is, in whose
    compartment it lies first of all: "Patient/id", or None.
    """

    zone: tzinfo
    tokens: list[tuple[str, str | None, str]] = field(default_factory=list)
    references: list[tuple[str, str]] = field(default_factory=list)
    strings: list[tuple[str, str]] = field(default_factory=list)
    moments: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    uris: list[tuple[str, str]] = field(default_factory=list)
    patient: str | None = None


def extract(resource: Mapping[str, Any], zone: tzinfo) -> Extracted:
    """The search values of a valid resource; dates without an offset are read in `zone`. Of an unknown type there are none."""
    found = Extracted(zone)
    resource_type = resource.get("resourceType", "")
    compiled = _compiled(resource_type)
    _walk(compiled.children, resource, found)
    for absent in compiled.truths:
        absent(found, resource)
    if resource_type == "Patient":
        found.patient = f"Patient/{resource['id']}" if "id" in resource else None
    else:
        found.patient = _principal(compiled.patient, found.references)
    return found


def _principal(order: tuple[str, ...], references: list[tuple[str, str]]) -> str | None:
    for code in order:
        for param, target in references:
            if param == code and target.startswith("Patient/"):
                return target
    return None


Emit = Callable[[Extracted, Any], None]
"""Takes one value found at a place and notes what it can be found by."""


@dataclass(slots=True)
class _Node:
    """One step of the paths: what to emit of a value here, where to go on, and the same for values that a filter lets through."""

    emits: list[Emit] = field(default_factory=list)
    children: dict[str, "_Node"] = field(default_factory=dict)
    narrowed: dict[str, "_Node"] = field(default_factory=dict)
    index: int | None = None


@dataclass(slots=True)
class _Compiled:
    children: dict[str, _Node]
    truths: list[Emit]
    patient: tuple[str, ...]


def _walk(children: dict[str, _Node], element: Mapping[str, Any], found: Extracted) -> None:
    for name, value in element.items():
        node = children.get(name)
        if node is not None:
            if type(value) is list:
                for each in value:
                    if each is not None:
                        _visit(node, each, found)
                if node.narrowed:
                    _visit_narrowed(node, value, found)
            else:
                _visit(node, value, found)


def _visit(node: _Node, value: Any, found: Extracted) -> None:
    for emit in node.emits:
        emit(found, value)
    if node.children:
        _walk(node.children, value, found)


def _visit_narrowed(node: _Node, values: list[Any], found: Extracted) -> None:
    for narrow, below in node.narrowed.items():
        if below.index is not None:
            for each in values[below.index : below.index + 1]:
                _visit(below, each, found)
        else:
            key, _, wanted = narrow.partition("=")
            for each in values:
                if each.get(key) == wanted:
                    _visit(below, each, found)


# --- compiling -------------------------------------------------------------------------------------------------------------------

_OWN_COLUMNS: Final = frozenset({"_id", "_lastUpdated"})
_STEP: Final = re.compile(r"(\w+)(?:\[([^\]]+)\])?")


@cache
def _compiled(resource_type: str) -> _Compiled:
    if resource_type not in TYPES:
        return _Compiled({}, [], ())
    root = _Node()
    truths: dict[str, list[str]] = {}
    together: dict[tuple[str, Place], list[str]] = {}
    for code, parameter in search_parameters(resource_type).items():
        for place in parameter.places if code not in _OWN_COLUMNS else ():
            if place.type == "truth":
                truths.setdefault(code, []).append(place.path)
            else:
                together.setdefault((parameter.type, place), []).append(code)
    for (kind, place), codes in together.items():
        make = _EMITTERS.get((kind, place.type))
        if make:
            _node_at(root, place.path).emits.append(make(tuple(codes), place))
    return _Compiled(root.children, [_truth(code, paths) for code, paths in truths.items()], _patient_order(resource_type))


def _node_at(root: _Node, path: str) -> _Node:
    node = root
    for step in path.split("."):
        parts = _STEP.fullmatch(step)
        name, narrow = parts.groups() if parts else (step, None)
        node = node.children.setdefault(name, _Node())
        if narrow:
            node = node.narrowed.setdefault(narrow, _Node(index=int(narrow) if narrow.isdigit() else None))
    return node


def _patient_order(resource_type: str) -> tuple[str, ...]:
    """The parameters that say whose resource it is, the most telling first. A Group belongs to no single one of its members."""
    known = search_parameters(resource_type)
    stated = compartment("Patient").get(resource_type, ())
    return tuple(code for code in dict.fromkeys(("patient", "subject", *stated)) if code in known and resource_type != "Group")


# --- one emitter for each kind of parameter over each type of element -----------------------------------------------------------


def _codings(codes: tuple[str, ...], codings: Iterable[Mapping[str, Any]], found: Extracted) -> None:
    for coding in codings:
        code = coding.get("code")
        if code is not None:
            system = coding.get("system")
            for param in codes:
                found.tokens.append((param, system, code))


def _codeable_concept(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        _codings(codes, value.get("coding", ()), found)

    return emit


def _coding(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        _codings(codes, (value,), found)

    return emit


def _identifier(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        text = value.get("value")
        if text is not None:
            found.tokens.extend((param, value.get("system"), text) for param in codes)

    return emit


def _contact_point(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        text = value.get("value")
        if text is not None:
            found.tokens.extend((param, None, text) for param in codes)

    return emit


def _code(codes: tuple[str, ...], place: Place) -> Emit:
    system = place.system

    def emit(found: Extracted, value: Any) -> None:
        for param in codes:
            found.tokens.append((param, system, value))

    return emit


def _boolean(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        found.tokens.extend((param, None, "true" if value else "false") for param in codes)

    return emit


def _truth(code: str, paths: list[str]) -> Emit:
    """`deceased`: true when any of these properties is there and is not false; false as well when none is there."""

    def emit(found: Extracted, value: Any) -> None:
        found.tokens.append((code, None, "true" if any(value.get(path) for path in paths) else "false"))

    return emit


def _reference(codes: tuple[str, ...], place: Place) -> Emit:
    # what most places insist on can be seen from the first letters; an absolute URL needs a closer look
    wanted = f"{place.only}/" if place.only else ""

    def emit(found: Extracted, value: Any) -> None:
        text = value.get("reference")
        if text is None or text[:4] == "urn:" or text[:1] == "#" or "?" in text:
            return
        if wanted and not text.startswith(wanted) and (resource.split(text) or ("",))[0] != place.only:
            return
        if "/_history/" in text:
            text = resource.without_version(text)
        for param in codes:
            found.references.append((param, text))

    return emit


def _canonical(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        bare = value.partition("|")[0]
        for param in codes:
            found.references.extend((param, text) for text in dict.fromkeys((value, bare)))

    return emit


def _string(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        for param in codes:
            found.strings.append((param, value))

    return emit


def _parts(*names: str) -> Callable[[tuple[str, ...], Place], Emit]:
    """Every part of a HumanName or an Address that someone may search for."""

    def make(codes: tuple[str, ...], _place: Place) -> Emit:
        def emit(found: Extracted, value: Any) -> None:
            for text in _texts(value, names):
                found.strings.extend((param, text) for param in codes)

        return emit

    return make


def _texts(value: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        text = value.get(name)
        if type(text) is str:
            yield text
        elif text:
            yield from (each for each in text if each)


def _date(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        lo, hi = dates.interval(value, found.zone)
        for param in codes:
            found.moments.append((param, lo, hi))

    return emit


def _period(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        if "start" in value or "end" in value:
            lo, hi = dates.period_interval(value, found.zone)
            found.moments.extend((param, lo, hi) for param in codes)

    return emit


def _timing(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        spans = [dates.interval(event, found.zone) for event in value.get("event", ()) if event]
        bounds = value.get("repeat", {}).get("boundsPeriod")
        if bounds:
            spans.append(dates.period_interval(bounds, found.zone))
        if spans:
            lo, hi = min(lo for lo, _ in spans), max(hi for _, hi in spans)
            found.moments.extend((param, lo, hi) for param in codes)

    return emit


def _uri(codes: tuple[str, ...], _place: Place) -> Emit:
    def emit(found: Extracted, value: Any) -> None:
        found.uris.extend((param, value) for param in codes)

    return emit


_human_name: Final = _parts("family", "given", "prefix", "suffix", "text")
_address: Final = _parts("line", "city", "district", "state", "postalCode", "country", "text")

_EMITTERS: Final[dict[tuple[str, str], Callable[[tuple[str, ...], Place], Emit]]] = {
    ("token", "CodeableConcept"): _codeable_concept,
    ("token", "Coding"): _coding,
    ("token", "Identifier"): _identifier,
    ("token", "ContactPoint"): _contact_point,
    ("token", "boolean"): _boolean,
    ("reference", "Reference"): _reference,
    ("string", "HumanName"): _human_name,
    ("string", "Address"): _address,
    ("date", "Period"): _period,
    ("date", "Timing"): _timing,
    **{("token", kind): _code for kind in ("code", "string", "uri", "id")},
    **{("reference", kind): _canonical for kind in ("canonical", "uri")},
    **{("string", kind): _string for kind in ("string", "markdown")},
    **{("date", kind): _date for kind in ("date", "dateTime", "instant")},
    **{("uri", kind): _uri for kind in ("uri", "url", "canonical", "oid", "uuid")},
}
