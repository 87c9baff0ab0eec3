"""metadata: the CapabilityStatement, written from the same tables that route and search, so that it states exactly what works."""

from __future__ import annotations

import functools
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson

from baton.api.call import Call
from baton.api.refusal import Refusal
from baton.api.respond import Response
from baton.fhir.dates import format_instant
from baton.fhir.definitions import TYPES, SearchParameter, search_parameters, shape, value_set
from baton.fhir.query import targets
from baton.smart import discovery
from baton.store import audit_event
from baton.store.conditions import supported

if TYPE_CHECKING:
    from baton.api.interactions import Interaction

_EVERYTHING = "http://hl7.org/fhir/OperationDefinition/Patient-everything"
_SECURITY = "Every call but this one needs a bearer token (Authorization: Bearer ...). What a caller may not see is answered as not found."
_REFERENCES = ["literal", "local"]


def run(call: Call, table: tuple[Interaction, ...]) -> Response:
    """Answer `GET metadata`; no token is needed. Raises Refusal 400 for a mode other than full."""
    for part in call.query.split("&"):
        if part.partition("=")[0] == "mode" and part != "mode=full":
            raise Refusal(400, "not-supported", "Only mode=full is known.", "http.mode")
    statement = dict(_statement(table))
    statement["date"] = format_instant(call.store.now())
    rest = dict(statement["rest"][0])
    rest["security"] = {**discovery.security(call.base), **rest["security"]}
    statement["rest"] = [rest]
    statement["implementation"] = {"description": "Baton", "url": call.base}
    return Response(200, orjson.dumps(statement))


@functools.lru_cache(1)
def _statement(table: tuple[Interaction, ...]) -> dict[str, Any]:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "kind": "instance",
        "software": {"name": "Baton", "version": version("baton-care")},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [_rest(table)],
    }


def _rest(table: tuple[Interaction, ...]) -> dict[str, Any]:
    return {
        "mode": "server",
        "documentation": "A parameter, modifier or prefix that is not known is refused with 400, never passed over.",
        "security": {"cors": True, "description": _SECURITY},
        "resource": [_resource(name, table) for name in _types()],
        "interaction": [{"code": code} for code in _codes(table, "system")],
    }


def _codes(table: tuple[Interaction, ...], level: str) -> list[str]:
    return list(dict.fromkeys(row.code for row in table if row.level == level))


def _resource(name: str, table: tuple[Interaction, ...]) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "type": name,
        "interaction": [{"code": code} for code in _codes(table, "type")],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "not-supported",
        "referencePolicy": _REFERENCES,
        **_searching(name),
    }
    operations = [row.code[1:] for row in table if row.level == name and row.code.startswith("$")]
    if operations:
        resource["operation"] = [{"name": each, "definition": _EVERYTHING} for each in operations]
    return {key: value for key, value in resource.items() if value != []}


def _searched(name: str) -> list[tuple[SearchParameter, tuple[str, ...]]]:
    """The parameters a type can be searched by, each with the modifiers that work."""
    known = search_parameters(name)
    if name == "AuditEvent":
        return [(known[code], ()) for code in audit_event.SEARCHED]
    return [(known[code], modifiers) for code, modifiers in supported(name).items()]


def _types() -> list[str]:
    """The types stored here that R4 lets a CapabilityStatement name."""
    code = shape("CapabilityStatement.rest.resource").elements["type"].value_set
    named = {each for codes in value_set(code or "").values() for each in codes}
    return sorted(TYPES & named)


@functools.lru_cache(1)
def _pointing() -> dict[str, list[str]]:
    """For each type, what points at it: "Condition:subject" and so on."""
    found: dict[str, list[str]] = {name: [] for name in sorted(TYPES)}
    for source in sorted(TYPES):
        for parameter, _ in _searched(source):
            for target in targets(parameter) if parameter.type == "reference" else ():
                found[target].append(f"{source}:{parameter.code}")
    return found


def _searching(name: str) -> dict[str, Any]:
    return {
        "searchInclude": [f"{name}:{parameter.code}" for parameter, _ in _searched(name) if parameter.type == "reference"],
        "searchRevInclude": _pointing()[name],
        "searchParam": [
            {
                "name": parameter.code,
                "definition": parameter.url,
                "type": parameter.type,
                "documentation": "Modifiers: " + (", ".join(f":{each}" for each in modifiers if each) or "none") + ".",
            }
            for parameter, modifiers in _searched(name)
        ],
    }
