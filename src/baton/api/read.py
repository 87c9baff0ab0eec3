"""read: the current version of one resource, or 304 when the caller has it already."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from baton.api.call import Call
from baton.api.respond import Response, etag, found
from baton.store import View


def run(call: Call, view: View) -> Response:
    """Answer `GET Type/id`. A resource the caller may not see is not there."""
    stored = view.stored(call.type, call.id)
    headers = call.headers
    if ("HTTP_IF_NONE_MATCH" in headers or "HTTP_IF_MODIFIED_SINCE" in headers) and _has_it(call, stored.version, stored.last_updated):
        return Response(304, b"", stored.version, stored.last_updated)
    return found(stored)


def _has_it(call: Call, version: int, last_updated: datetime) -> bool:
    tags = call.header("HTTP_IF_NONE_MATCH")
    if tags is not None:  # RFC 9110: If-Modified-Since is passed over beside it
        ours = etag(version)
        return any(tag.strip() in (ours, ours[2:], "*") for tag in tags.split(","))
    since = call.header("HTTP_IF_MODIFIED_SINCE")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except (TypeError, ValueError, OverflowError):
        return False  # RFC 9110: a date that cannot be read is passed over
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return last_updated.replace(microsecond=0) <= moment
