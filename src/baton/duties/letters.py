"""Letters made here: set as PDF, kept with the patient's documents, announced to whoever carries them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from baton.duties import codes
from baton.duties.privacy.packets import DISCLOSURE
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource
from baton.paper import Paper, pdf

if TYPE_CHECKING:
    from baton.store import Change, Stored

WAY = f"{codes.P}/StructureDefinition/reaches-by"
"""How a paper reached a patient who is not written to at home: "hand" or "elsewhere" (by post, to the other address they gave)."""
LETTER = {"system": codes.LOINC, "code": "51852-2", "display": "Letter"}


def digest(body: bytes) -> str:
    """The digest of some bytes as Attachment.hash has it: it finds them; it proves nothing."""
    return base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


def file(change: Change, *, patient: str, kind: str, body: bytes, labels: list[Resource] | None = None, id_: str | None = None) -> Resource:
    """Keep some bytes as a Binary of this patient; the Attachment that points at it."""
    meta = {"meta": {"security": labels}} if labels else {}
    content = {"contentType": kind, "securityContext": {"reference": patient}, "data": base64.b64encode(body).decode()}
    binary = change.put({"resourceType": "Binary", **({"id": id_} if id_ else {}), **meta, **content})
    return attachment(binary.reference, kind, body, episodes.instant(change.now))


def attachment(url: str, kind: str, body: bytes, at: str) -> Resource:
    """The Attachment that points at some bytes."""
    return {"contentType": kind, "url": url, "size": len(body), "hash": digest(body), "creation": at}


def reaches_by(way: str | None) -> Resource:
    """What is said of it in the record of a paper; nothing where nobody was asked."""
    return {"extension": [{"url": WAY, "valueCode": way}]} if way else {}


def keep(change: Change, *, patient: str, paper: Paper, about: str | None = None, way: str | None = None) -> Stored:
    """A letter, set and kept; `about` is the "Type/id" it answers, `way` how it reaches a patient who is not written to at home."""
    kept = file(change, patient=patient, kind="application/pdf", body=pdf(paper))
    document: Resource = {
        "resourceType": "DocumentReference",
        **reaches_by(way),
        "status": "current",
        "docStatus": "final",
        "type": {"coding": [LETTER], "text": paper.title},
        "category": [codes.concept(DISCLOSURE, "letter")],
        "subject": {"reference": patient},
        "date": episodes.instant(change.now),
        "author": [codes.reference_to(change.who.person, change.who.name)],
        "description": paper.title,
        "content": [{"attachment": {**kept, "language": paper.language}}],
    }
    return change.put(document | ({"context": {"related": [{"reference": about}]}} if about else {}))


def send(change: Change, *, document: Resource, channel: str, to: str) -> None:
    """Tell the worker to carry it: by fax or Direct; what is printed is carried by hand."""
    if channel != "print":
        binary = document["content"][0]["attachment"]["url"]
        about = {"document": f"DocumentReference/{document['id']}", "about": document["subject"]["reference"]}
        change.announce(f"packet-{channel}", {**about, "binary": binary, "to": to})
