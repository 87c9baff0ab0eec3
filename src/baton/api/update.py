"""update: a new version of a resource, or its first under the caller's id; conditional update finds the resource by a search."""

from __future__ import annotations

from baton.api import conditional
from baton.api.call import Call
from baton.api.create import typed, without_id
from baton.api.refusal import Refusal
from baton.api.respond import Response, written
from baton.store import Change


def run(call: Call, change: Change) -> Response:
    """Answer `PUT Type/id`: 200, or 201 when the resource is new."""
    resource = typed(call)
    if resource.get("id") != call.id:
        said = "none" if "id" not in resource else repr(resource["id"])[:80]
        raise Refusal(
            400, "invariant", f"The id in the resource must be the one in the address, {call.id}; it is {said}.", f"{call.type}.id"
        )
    return _put(call, change, resource)


def run_conditional(call: Call, change: Change) -> Response:
    """Answer `PUT Type?search`: update the one match, create when there is none."""
    if not call.query:
        raise Refusal(
            400, "required", f"Update {call.type} by id (PUT {call.type}/id) or by a search (PUT {call.type}?identifier=...).", "http.url"
        )
    resource = typed(call)
    there = conditional.one(change, call.type, call.query, "http.url")
    if there is None:
        if "id" not in resource:
            return written(change.put(without_id(resource)), 201, call.prefer, in_bundle=call.in_bundle)
        return _put(call, change, resource)
    if resource.get("id", there.id) != there.id:
        raise Refusal(
            400, "invariant", f"The resource says id {resource['id']!r:.80}; what the search finds is {there.id}.", f"{call.type}.id"
        )
    return _put(call, change, {**resource, "id": there.id})


def _put(call: Call, change: Change, resource: dict[str, object]) -> Response:
    stored = change.put(resource, if_match=call.if_match())
    return written(stored, 201 if stored.version == 1 else 200, call.prefer, in_bundle=call.in_bundle)
