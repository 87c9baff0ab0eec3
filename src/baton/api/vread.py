"""vread: one version of one resource, as it was."""

from __future__ import annotations

from baton.api.call import Call
from baton.api.refusal import Refusal
from baton.api.respond import Response, found
from baton.store import View


def run(call: Call, view: View) -> Response:
    """Answer `GET Type/id/_history/version`; 410 where that version is a deletion."""
    text = call.version
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(404, "not-found", f"{call.name()} has no version {text[:40]!r}; versions are numbers.", call.type)
    stored = view.stored(call.type, call.id, int(text))
    if stored.body is None:
        raise Refusal(410, "deleted", f"Version {text} of {call.name()} is its deletion.", call.type)
    return found(stored)
