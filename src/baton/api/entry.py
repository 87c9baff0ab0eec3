"""An entry of a batch or transaction as a call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from baton.api.call import Call
from baton.api.refusal import Refusal
from baton.api.router import Route, route
from baton.fhir.bundle import Entry

_HEADERS = (
    ("HTTP_IF_MATCH", "if_match"),
    ("HTTP_IF_NONE_MATCH", "if_none_match"),
    ("HTTP_IF_NONE_EXIST", "if_none_exist"),
    ("HTTP_IF_MODIFIED_SINCE", "if_modified_since"),
)


def address(entry: Entry, base: str) -> tuple[Route, str]:
    """Where an entry goes: the route and the query of its request.url. Raises Refusal."""
    path, _, query = entry.url.partition("?")
    if path.startswith(("http://", "https://")):
        if not path.startswith(base + "/"):
            raise Refusal(400, "value", "request.url must be relative to this server.", "request.url")
        path = path[len(base) :]
    where = route(path)
    if where.shape == "":
        raise Refusal(400, "not-supported", "A Bundle cannot hold another batch or transaction.", "request.url")
    return where, query


def call_of(entry: Entry, outer: Call) -> Call:
    """The entry as a call by the same person. Raises Refusal."""
    where, query = address(entry, outer.base)
    headers: dict[str, str] = {name: value for name, attribute in _HEADERS if (value := getattr(entry, attribute)) is not None}
    if prefer := outer.header("HTTP_PREFER"):
        headers["HTTP_PREFER"] = prefer
    sent = entry.resource

    def body() -> dict[str, Any]:
        if sent is None:
            raise Refusal(400, "required", f"A {entry.method} entry needs a resource.", "resource")
        return sent

    return replace(
        outer,
        method=entry.method,
        shape=where.shape,
        type=where.type,
        id=where.id,
        version=where.version,
        operation=where.operation,
        query=query,
        headers=headers,
        body=body,
        form=str,
        in_bundle=True,
    )
