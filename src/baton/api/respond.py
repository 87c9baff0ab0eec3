"""Answers: stored text is spliced into them as bytes, never parsed and written again."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from baton.api.negotiate import Preferences
from baton.fhir.dates import format_instant
from baton.fhir.outcome import Issue, operation_outcome
from baton.store import Stored

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(slots=True)
class Response:
    """An answer before it is negotiated: `etag`, `last_modified` and `location` become headers or fields of a Bundle's response entry."""

    status: int
    body: bytes = b""
    version: int | None = None
    last_updated: datetime | None = None
    location: str | None = None  # relative: "Patient/1/_history/2"
    headers: list[tuple[str, str]] = field(default_factory=list)


@functools.lru_cache(4096)
def http_date(moment: datetime) -> str:
    """An instant as HTTP headers write it: "Thu, 02 Jul 2026 18:10:00 GMT"."""
    moment = moment.astimezone(UTC)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year:04d}"
        f" {moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} GMT"
    )


def text(value: str) -> bytes:
    """A string as JSON."""
    return orjson.dumps(value)


def outcome(issues: Sequence[Issue]) -> bytes:
    """An OperationOutcome."""
    return orjson.dumps(operation_outcome(issues))


def found(stored: Stored, status: int = 200) -> Response:
    """A stored resource as the whole answer."""
    return Response(status, stored.body or b"", stored.version, stored.last_updated)


def written(stored: Stored, status: int, prefer: Preferences, *, in_bundle: bool = False) -> Response:
    """The answer to a create or update: the resource, nothing or an OperationOutcome, as preferred (in a Bundle nothing)."""
    response = Response(status, b"", stored.version, stored.last_updated, f"{stored.type}/{stored.id}/_history/{stored.version}")
    answer = prefer.answer or ("minimal" if in_bundle else "representation")
    if answer == "representation":
        response.body = stored.body or b""
    elif answer == "OperationOutcome":
        done = "created" if status == 201 else "updated"
        response.body = outcome([Issue("information", "informational", f"{stored.type}/{stored.id} {done}.", None)])
    return response


WITHHELD = Issue("information", "suppressed", "Something about this patient is withheld.", None)
"""What is said of what the policy masks: that it is, never what, how much or where."""


def searchset(
    base: str,
    entries: Iterable[Stored],
    included: Iterable[Stored],
    *,
    total: int | None,
    links: Sequence[tuple[str, str]],
    withheld: bool = False,
) -> Response:
    """A searchset Bundle of stored resources: matches, then what was included; last, when it is so, that something is withheld."""
    pieces = _matched(base, entries, b',"search":{"mode":"match"}}') + _matched(base, included, b',"search":{"mode":"include"}}')
    if withheld:
        pieces += (b',{"resource":', outcome([WITHHELD]), b',"search":{"mode":"outcome"}}')
    return Response(200, bundle("searchset", [b"".join(pieces)[1:]] if pieces else (), total=total, links=links))


def _matched(base: str, entries: Iterable[Stored], end: bytes) -> list[bytes]:
    """Entries as pieces of text, each with a comma before it: bodies of megabytes are copied once, not once for each wrapping."""
    pieces: list[bytes] = []
    starts: dict[str, bytes] = {}
    for stored in entries:
        start = starts.get(stored.type)
        if start is None:
            start = starts[stored.type] = f',{{"fullUrl":"{base}/{stored.type}/'.encode()
        pieces += (start, stored.id.encode(), b'","resource":', stored.body or b"null", end)
    return pieces


def history(base: str, entries: Iterable[Stored], *, total: int | None, links: Sequence[tuple[str, str]]) -> Response:
    """A history Bundle: every version with the request that made it; a deletion has no resource."""
    return Response(200, bundle("history", [_version(base, stored) for stored in entries], total=total, links=links))


def _version(base: str, stored: Stored) -> bytes:
    name = f"{stored.type}/{stored.id}"
    method, url, status = ("PUT", name, "200") if stored.version > 1 else ("POST", stored.type, "201")
    if stored.body is None:
        method, url, status = "DELETE", name, "204"
    about = {
        "request": {"method": method, "url": url},
        "response": {"status": status, "etag": etag(stored.version), "lastModified": format_instant(stored.last_updated)},
    }
    resource = b'"resource":%b,' % stored.body if stored.body is not None else b""
    return b'{"fullUrl":%b,%b%b' % (text(f"{base}/{name}"), resource, orjson.dumps(about)[1:])


def answered(response: Response, detail: bytes | None = None) -> bytes:
    """One entry of a batch-response or transaction-response. `detail` is an OperationOutcome for response.outcome."""
    about: dict[str, Any] = {"status": f"{response.status} {REASONS.get(response.status, '')}".strip()}
    if response.location:
        about["location"] = response.location
    if response.version is not None:
        about["etag"] = etag(response.version)
    if response.last_updated is not None:
        about["lastModified"] = format_instant(response.last_updated)
    if detail:
        about["outcome"] = orjson.Fragment(detail)
    resource = b'"resource":%b,' % response.body if response.body else b""
    return b'{%b"response":%b}' % (resource, orjson.dumps(about))


def bundle(kind: str, parts: Sequence[bytes], *, total: int | None = None, links: Sequence[tuple[str, str]] = ()) -> bytes:
    """A Bundle from entries that are already JSON text."""
    head = [b'{"resourceType":"Bundle","type":"%b"' % kind.encode()]
    if total is not None:
        head.append(b'"total":%d' % total)
    if links:
        head.append(b'"link":' + orjson.dumps([{"relation": relation, "url": url} for relation, url in links]))
    if parts:
        head.append(b'"entry":[' + b",".join(parts) + b"]")
    return b",".join(head) + b"}"


def etag(version: int) -> str:
    """The weak ETag of a version."""
    return f'W/"{version}"'


REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    428: "Precondition Required",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
