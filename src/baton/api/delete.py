"""delete: the resource is gone from searches and reads; its history stays."""

from __future__ import annotations

from baton.api.call import Call
from baton.api.refusal import Refusal
from baton.api.respond import Response
from baton.store import Change, Refused


def run(call: Call, change: Change) -> Response:
    """Answer `DELETE Type/id`: 204, also when it was deleted before or never there."""
    try:
        gone = change.delete(call.type, call.id, if_match=call.if_match())
    except Refused as refused:
        if refused.status in (404, 410):
            return Response(204)
        raise
    return Response(204, b"", getattr(gone, "version", None))


def run_conditional(call: Call, change: Change) -> Response:
    """Refuse `DELETE Type?search`."""
    raise Refusal(
        405, "not-supported", f"Delete one resource by its id: DELETE {call.type}/id.", "http.url", [("Allow", "GET, HEAD, POST, PUT")]
    )
