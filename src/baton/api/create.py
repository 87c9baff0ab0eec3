"""create: a new resource under an id of ours; with If-None-Exist only when no resource meets the condition."""

from __future__ import annotations

from typing import Any

from baton.api import conditional
from baton.api.call import Call
from baton.api.refusal import Refusal
from baton.api.respond import Response, written
from baton.store import Change


def run(call: Call, change: Change) -> Response:
    """Answer `POST Type`: 201, or 200 with what is already there when If-None-Exist finds it."""
    resource = typed(call)
    condition = call.header("HTTP_IF_NONE_EXIST")
    if condition is not None:
        there = conditional.one(change, call.type, condition.lstrip("?"), "http.If-None-Exist")
        if there is not None:
            return written(there, 200, call.prefer, in_bundle=call.in_bundle)
    return written(change.put(without_id(resource)), 201, call.prefer, in_bundle=call.in_bundle)


def typed(call: Call) -> dict[str, Any]:
    """The resource sent, which must be of the type in the address. Raises Refusal 400."""
    resource: dict[str, Any] = call.body()
    sent = resource.get("resourceType")
    if sent != call.type:
        shown = repr(sent)[:80]
        raise Refusal(400, "invariant", f"The address says {call.type}, the resource says {shown}.", f"{call.type}.resourceType")
    return resource


def without_id(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource without an id: the server gives a new one, whatever a create brings."""
    if "id" in resource:
        resource = {key: value for key, value in resource.items() if key != "id"}
    return resource
