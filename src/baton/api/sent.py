"""What the caller sent: the body, within its limit, as a resource or a form."""

from __future__ import annotations

import re
import zlib
from typing import Any

from baton.api.negotiate import JSON_TYPES
from baton.api.refusal import Refusal
from baton.fhir.resource import parse

HOST = re.compile(r"(?:[A-Za-z0-9._\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_FORM = "application/x-www-form-urlencoded"


def resource(environ: dict[str, Any], limit: int) -> dict[str, Any]:
    """The resource in the body. Raises Refusal 413, 415 or 400, and Bad when it is no resource."""
    kind = _kind(environ)
    if kind and kind not in JSON_TYPES:
        raise Refusal(415, "not-supported", f"Send application/fhir+json; {kind[:60]!r} is not read here.", "http.Content-Type")
    body = content(environ, limit)
    if not body.strip():
        raise Refusal(400, "required", "The body is empty; it must hold a resource.", "http.body")
    return parse(body)


def form(environ: dict[str, Any], limit: int) -> str:
    """The clauses of a posted form, percent-encoded as in an address. Raises Refusal 413, 415 or 400."""
    kind = _kind(environ)
    if kind and kind != _FORM:
        raise Refusal(415, "not-supported", f"Send {_FORM}; {kind[:60]!r} is not read here.", "http.Content-Type")
    try:
        return content(environ, limit).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise Refusal(400, "value", "A form is percent-encoded ASCII.", "http.body") from error


def content(environ: dict[str, Any], limit: int) -> bytes:
    """The bytes of the body, unpacked. Raises Refusal 413 or 400."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise _too_large(limit)
    if length != "0" and length.isdigit():
        body: bytes = environ["wsgi.input"].read(int(length))
    else:  # sent in chunks: only a server that ends the stream may be read to its end
        body = environ["wsgi.input"].read(limit + 1) if environ.get("wsgi.input_terminated") else b""
    if len(body) > limit:
        raise _too_large(limit)
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Refusal(415, "not-supported", f"A body may be packed with gzip; {encoding[:40]!r} is not read here.", "http.Content-Encoding")
    return _unpacked(body, limit)


def _unpacked(body: bytes, limit: int) -> bytes:
    opener = zlib.decompressobj(31)
    try:
        plain = opener.decompress(body, limit + 1)
    except zlib.error as error:
        raise Refusal(400, "structure", "The body is not gzip, though Content-Encoding says so.", "http.body") from error
    if len(plain) > limit:
        raise _too_large(limit)
    if not opener.eof:
        raise Refusal(400, "structure", "The packed body ends too early.", "http.body")
    return plain


def _kind(environ: dict[str, Any]) -> str:
    """The media type of the body, "" when none is given. Raises Refusal 415 for an encoding other than UTF-8."""
    kind, *parameters = (environ.get("CONTENT_TYPE") or "").lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise Refusal(415, "not-supported", f"Send UTF-8; charset {value[:40]!r} is not read here.", "http.Content-Type")
    return str(kind.strip())


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "too-long", f"A body has at most {limit} bytes.", "http.body")
