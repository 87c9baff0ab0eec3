"""From a path to its shape: dictionary look-ups, no framework.

A shape is a path with its names taken out: "", "metadata", "_history", "Type", "Type/_search", "Type/id", "Type/id/_history",
"Type/id/_history/version", "Type/$operation", "Type/id/$operation" ...; together with the method it names one row of `interactions.TABLE`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from baton.api.refusal import Refusal
from baton.fhir.definitions import TYPES

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_SYSTEM = frozenset({"metadata", "_history", "_search"})


class Route(NamedTuple):
    """A path taken apart; what it does not name is ""."""

    shape: str
    type: str = ""
    id: str = ""
    version: str = ""
    operation: str = ""


def route(path: str) -> Route:
    """Take apart a path below the base ("Patient/1/_history/2"; leading and trailing slashes do not matter). Raises Refusal 404 or 400."""
    segments = path.strip("/").split("/")
    first = segments[0]
    if len(segments) == 2 and first in TYPES:
        second = segments[1]
        if second[:1] not in "_$":
            return Route("Type/id", first, _id(second))
    return _other(segments, first)


def _other(segments: list[str], first: str) -> Route:
    if first not in TYPES:
        return _system(segments, first)
    match segments[1:]:
        case []:
            return Route("Type", first)
        case ["_search" | "_history" as word]:
            return Route(f"Type/{word}", first)
        case [operation] if operation[:1] == "$":
            return Route("Type/$operation", first, operation=operation[1:])
        case [id_, "_history"]:
            return Route("Type/id/_history", first, _id(id_))
        case [id_, "_history", version]:
            return Route("Type/id/_history/version", first, _id(id_), version)
        case [id_, operation] if operation[:1] == "$":
            return Route("Type/id/$operation", first, _id(id_), operation=operation[1:])
        case [id_, other] if other in TYPES or other == "*":
            return Route("Type/id/Type", first, _id(id_), operation=other)
    raise Refusal(404, "not-found", f"No interaction has the address {'/'.join(segments)[:120]}.", "http.url")


def _system(segments: list[str], first: str) -> Route:
    if len(segments) == 1:
        if first == "" or first in _SYSTEM:
            return Route(first)
        if first[0] == "$":
            return Route("$operation", operation=first[1:])
    if first[:1] in "_$" or not first:
        raise Refusal(404, "not-found", f"No interaction has the address {'/'.join(segments)[:120]}.", "http.url")
    raise Refusal(404, "not-supported", f"{first[:64]!r} is not a resource type of FHIR R4.", "http.url")


def _id(text: str) -> str:
    if _ID.match(text):
        return text
    raise Refusal(400, "value", f"An id has 1 to 64 of the characters A-Z a-z 0-9 - and a full stop; {text[:80]!r} is none.", "Resource.id")
