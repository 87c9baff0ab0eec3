"""Secure links: signed, soon over, opened only with a code told some other way; a packet behind one. No content travels by mail."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from baton.duties import reading
from baton.duties.privacy import packets
from baton.duties.privacy.packets import DISCLOSURE
from baton.fhir.resource import Resource
from baton.store import Gone, NotFound, View, Who

DAYS: Final = 7
"""How long a link lives."""
OUTSIDE: Final = Who("Device/baton", "Secure link", "system", (), "portal")
"""As whom the hub acts for whoever opened a link with its code."""
PACKET: Final = "packet"
"""What a link leads to, unless something else is said: a link to one thing opens no other."""


def no_such() -> NotFound:
    """What is said of a link or code that does not work: never which of the two, nor why."""
    return NotFound("This link or code does not work.")


def token(view: View, subject: str, *, what: str = PACKET, days: int = DAYS) -> str:
    """The signed end of a link to this packet, or to whatever else `what` says (an id), good for so many days from now."""
    return again(view, subject, what=what, until=view.now + timedelta(days=days))


def again(view: View, subject: str, *, what: str, until: datetime) -> str:
    """The signed end of the link that works until then: the same each time it is asked for."""
    said = f"{subject}.{int(until.timestamp())}"
    return f"{said}.{_signed(view, what, said)}"


def code(view: View, link: str) -> str:
    """The eight digits that open it: told by telephone, never written beside the link."""
    number = int.from_bytes(hmac.digest(view.store.key, f"code|{link}".encode(), sha256)[:8], "big")
    return f"{number % 100_000_000:08d}"


def opened(view: View, link: str, said: str) -> Resource:
    """The packet's DocumentReference. Raises NotFound when the link is forged or over, the packet taken back, or the code another one."""
    document = subject(view, link, said)
    try:
        found = view.get("DocumentReference", document)
    except (NotFound, Gone):
        raise no_such() from None
    kinds = {each for category in found.get("category", ()) for each in reading.codings(category)}
    if found.get("status") != "current" or (DISCLOSURE, "packet") not in kinds:
        raise no_such()
    return found


def subject(view: View, link: str, said: str, *, what: str = PACKET) -> str:
    """The id a link leads to, when the code is the right one. Raises NotFound when the link is forged or over, or the code another one."""
    found, ends = _parts(view, link, what)
    digits = "".join(each for each in said if each.isdigit())
    if ends < view.now or not hmac.compare_digest(code(view, link).encode(), digits.encode()):
        raise no_such()
    return found


def lives(view: View, link: str, *, what: str = PACKET) -> bool:
    """Whether a link is ours and still good, whatever the code."""
    try:
        return _parts(view, link, what)[1] >= view.now
    except NotFound:
        return False


def _parts(view: View, link: str, what: str) -> tuple[str, datetime]:
    said, _, signature = link.rpartition(".")
    document, _, ends = said.rpartition(".")
    genuine = hmac.compare_digest(_signed(view, what, said).encode(), signature.encode("ascii", "replace"))
    if not genuine or not ends.isdigit():
        raise no_such()
    return document, datetime.fromtimestamp(int(ends), UTC)


def _signed(view: View, what: str, said: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(view.store.key, f"{what}|{said}".encode(), sha256)[:18]).decode()


def pdf_of(view: View, document: Resource) -> bytes:
    """The paper of a packet."""
    binary = next(iter(packets.binaries([document])), "Binary/")
    return _bytes(view, binary)


def files_of(view: View, document: Resource) -> dict[str, bytes]:
    """All that a packet brings, by file name: its paper, it as a FHIR document, and a hand-off in it with its manifest, to be verified."""
    found = dict(zip(("records.pdf", "records.fhir.json"), (_bytes(view, each) for each in packets.binaries([document])), strict=False))
    for reference in (str(each.get("reference", "")) for each in document.get("context", {}).get("related", ())):
        part = reading.peek(view, reference) if reference.startswith("DocumentReference/") else None
        contents = [each["attachment"] for each in (part or {}).get("content", ()) if "url" in each.get("attachment", {})]
        if [each.get("contentType") for each in contents] == ["application/fhir+json", "application/json"]:
            names = ("hand-off.fhir.json", "hand-off.manifest.json")
            found |= {name: _bytes(view, each["url"]) for name, each in zip(names, contents, strict=True)}
    return found


def _bytes(view: View, binary: str) -> bytes:
    return base64.b64decode(view.get(*binary.split("/", 1))["data"])
