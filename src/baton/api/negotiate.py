"""What the caller can read and wants back: Accept and _format, Prefer, _pretty, gzip."""

from __future__ import annotations

import functools
import re
import zlib
from dataclasses import dataclass
from urllib.parse import unquote_plus

from baton.api.refusal import Refusal

FHIR_JSON = "application/fhir+json"
CONTENT_TYPE = "application/fhir+json; charset=utf-8"
JSON_TYPES = frozenset({FHIR_JSON, "application/json", "text/json", "application/json+fhir"})
_ANY = frozenset({"*/*", "application/*", ""})
_FORMATS = JSON_TYPES | {"json"}
_WORTH_PACKING = 1400  # bytes: what fits one network packet gains nothing
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+')


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a Prefer header asks for: `answer` is minimal, representation, OperationOutcome, or "" when nothing is said."""

    answer: str = ""
    handling: str = ""


_NO_PREFERENCE = Preferences()


def preferences(header: str) -> Preferences:
    """Read a Prefer header; what is not understood is passed over, as RFC 7240 says."""
    return _preferences(header) if header else _NO_PREFERENCE


@functools.lru_cache(256)
def _preferences(header: str) -> Preferences:
    wanted: dict[str, str] = {}
    for part in re.split("[,;]", header):
        name, _, value = part.strip().partition("=")
        wanted.setdefault(name.strip().lower(), value.strip().strip('"'))
    answer = wanted.get("return", "")
    return Preferences(answer if answer in ("minimal", "representation", "OperationOutcome") else "", wanted.get("handling", ""))


@functools.lru_cache(256)
def refuse_unreadable(accept: str) -> None:
    """Raise Refusal 406 when no JSON is among what the Accept header takes."""
    if not accept:
        return
    for part in accept.split(","):
        kind, *rest = (piece.strip().lower() for piece in part.split(";"))
        if (kind in JSON_TYPES or kind in _ANY) and "q=0" not in rest and "q=0.0" not in rest:
            return
    raise Refusal(406, "not-supported", f"Answers are {FHIR_JSON}; {accept[:80]!r} takes none of it.", "http.Accept")


@dataclass(slots=True)
class Shape:
    """How the answer is to look, from the query: `query` is what is left of it for the interaction."""

    query: str
    format: str = ""
    pretty: bool = False


def shape(query: str) -> Shape:
    """Take _format and _pretty out of a query string. Raises Refusal 406 for a format that is not JSON."""
    if "_format" not in query and "_pretty" not in query:
        return Shape(query)
    rest, asked, pretty = [], "", False
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == "_format":
            asked = unquote_plus(value).split(";")[0].replace(" ", "+").strip().lower()
        elif name == "_pretty":
            pretty = value.lower() in ("true", "1", "")
        elif part:
            rest.append(part)
    if asked and asked not in _FORMATS:
        raise Refusal(406, "not-supported", f"Answers are {FHIR_JSON}; _format={asked[:60]} is not written here.", "http._format")
    return Shape("&".join(rest), asked, pretty)


def indented(body: bytes) -> bytes:
    """JSON text with two-space indents, every token as it was (digits and escapes survive)."""
    out: list[bytes] = []
    depth = 0
    previous = b""
    for token in _TOKEN.findall(body):
        if token in b"}]":
            depth -= 1
            if previous not in (b"{", b"["):
                out.append(b"\n" + b"  " * depth)
        elif previous in (b"{", b"[", b","):
            out.append(b"\n" + b"  " * depth)
        out.append(b": " if token == b":" else token)
        if token in b"{[":
            depth += 1
        previous = token
    return b"".join(out) + b"\n"


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header asks for gzip (and does not refuse it with q=0)."""
    return "gzip" in accept_encoding and not re.search(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)", accept_encoding)


def packed(body: bytes) -> bytes | None:
    """The body gzipped, None where that is not worth it."""
    if len(body) < _WORTH_PACKING:
        return None
    squeezer = zlib.compressobj(4, zlib.DEFLATED, 31)
    return squeezer.compress(body) + squeezer.flush()
