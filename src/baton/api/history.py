"""history: every version of one resource, of one type, or of all, newest first."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

from baton.api import paging, respond
from baton.api.call import Call
from baton.api.refusal import Refusal
from baton.api.respond import Response
from baton.fhir.dates import interval
from baton.store import View

_KNOWN = frozenset({"_since", "_count", paging.CURSOR})


def run(call: Call, view: View) -> Response:
    """Answer `GET [Type/[id/]]_history` with _since, _count and paging."""
    asked = dict(parse_qsl(call.query, keep_blank_values=True, errors="replace"))
    unknown = sorted(set(asked) - _KNOWN)
    if unknown:
        raise Refusal(
            400, "not-supported", f"History takes _since and _count; {unknown[0][:60]!r} is not known.", f"http.{unknown[0][:60]}"
        )
    since = _since(asked["_since"]) if "_since" in asked else None
    count = paging.count(asked.get("_count", ""), default=50, most=1000)
    page = view.history(call.type or None, call.id or None, since=since, count=count, cursor=asked.get(paging.CURSOR))
    address = "/".join(part for part in (call.base, call.type, call.id, "_history") if part)
    return respond.history(call.base, page.entries, total=page.total, links=paging.links(address, call.query, page.next))


def _since(text: str) -> datetime:
    try:
        return interval(text.replace(" ", "+"), UTC)[0]
    except (ValueError, OverflowError) as error:
        raise Refusal(
            400, "value", f"_since takes an instant such as 2026-07-02T18:10:00Z; {text[:60]!r} is none.", "http._since"
        ) from error
