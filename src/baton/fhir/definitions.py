"""R4 as data: its types, what each is made of, which codes they take, what can be searched. Read from packaged files when first asked.

The files are built by scripts/build_definitions.py from HL7's published R4 4.0.1 definitions (CC0); nothing here is typed by hand.
"""

import gzip
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import orjson

Rule = list[Any]
"""["has", name] | ["is", name, [values]] | ["not", rule] | ["and" | "or" | "xor" | "implies", rule, rule]"""


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON property of a type. `type` is a primitive, a data type, or the path of a part ("Patient.contact")."""

    type: str
    many: bool = False
    targets: tuple[str, ...] = ()
    value_set: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What a resource, a data type or a part of one is made of, choice types written out (valueQuantity, valueString …)."""

    name: str
    elements: dict[str, Element]
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    need: tuple[str, ...] = ()
    rules: tuple[tuple[str, str, Rule], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a search parameter's values lie: property names joined by dots, a step possibly narrowed ("telecom[system=email]")."""

    path: str
    type: str
    system: str | None = None
    only: str | None = None


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A search parameter of one resource type. `type` is token, reference, string, date, uri, number, quantity, composite or special."""

    code: str
    type: str
    places: tuple[Place, ...]
    targets: tuple[str, ...]
    url: str


@cache
def _read(name: str) -> dict[str, Any]:
    packed = files("baton.fhir").joinpath("data", f"{name}.json.gz").read_bytes()
    content: dict[str, Any] = orjson.loads(gzip.decompress(packed))
    return content


@cache
def types() -> tuple[str, ...]:
    """The names of every concrete resource type, sorted."""
    return tuple(_read("shapes")["types"])


TYPES: Final = frozenset(types())
"""Every concrete resource type of R4."""


@cache
def primitives() -> dict[str, str | None]:
    """The primitive types, each with the regular expression R4 gives for its text."""
    return dict(_read("shapes")["primitives"])


@cache
def shape(name: str) -> Shape:
    """The shape of a resource type, a data type, or a part ("Patient.contact"). Raises KeyError for anything else."""
    stated = _read("shapes")["shapes"][name]
    return Shape(
        name,
        {prop: Element(each["t"], "many" in each, tuple(each.get("to", ())), each.get("of")) for prop, each in stated["elements"].items()},
        {base: tuple(props) for base, props in stated.get("choices", {}).items()},
        tuple(stated.get("need", ())),
        tuple((key, human, rule) for key, human, rule in stated.get("rules", ())),
    )


@cache
def value_set(name: str) -> dict[str, frozenset[str]]:
    """The codes of a required value set by system. Raises KeyError when it is not one that can be listed."""
    return {system: frozenset(codes) for system, codes in _read("shapes")["values"][name].items()}


_OURS: Final[dict[str, dict[str, Any]]] = {
    "AuditEvent": {
        "purpose": {
            "t": "token",
            "at": [["purposeOfEvent", "CodeableConcept"]],
            "url": "https://baton.example/fhir/SearchParameter/AuditEvent-purpose",
        }
    }
}
"""Search parameters R4 lacks and this hub has, in the shape of the packaged ones."""


@cache
def search_parameters(resource_type: str) -> dict[str, SearchParameter]:
    """Every search parameter of a type by its code, those of all resources (`_id`, `_tag` …) included. Raises KeyError for no such type."""
    if resource_type not in TYPES:
        raise KeyError(resource_type)
    stated = _read("search")["parameters"]
    found = {**stated["Resource"], **stated.get("DomainResource", {}), **stated.get(resource_type, {}), **_OURS.get(resource_type, {})}
    return {
        code: SearchParameter(code, each["t"], tuple(Place(*place) for place in each.get("at", ())), tuple(each.get("to", ())), each["url"])
        for code, each in found.items()
    }


@cache
def compartment(name: str = "Patient") -> dict[str, tuple[str, ...]]:
    """For each type that can lie in the compartment, the search parameters that put it there (R4 CompartmentDefinition)."""
    return {resource_type: tuple(codes) for resource_type, codes in _read("search")["compartments"][name].items()}
