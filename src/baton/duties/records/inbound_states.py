"""Where a paper stands that came without its patient: states and moves as a table, what it says of them, and what the door refuses.

It is a DocumentReference without a subject. What it says of its patient is a contained Patient that `context.sourcePatientInfo` names.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from baton import uploads
from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, human_name, target
from baton.rules.matching import Known, Said
from baton.store import View

ARRIVED: Final = f"{codes.P}/StructureDefinition/arrived"
AS_WRITTEN: Final = f"{codes.P}/StructureDefinition/as-written"
SAID: Final = "said"
MOVES: Final[Mapping[str, Mapping[str | None, str]]] = {
    "arrive": {None: "waiting"},
    "propose": {"waiting": "proposed"},
    "decide": {"waiting": "agreed", "proposed": "agreed"},
    "disagree": {"proposed": "waiting"},
    "set-aside": {"waiting": "set-aside"},
    "take-up": {"set-aside": "waiting"},
    "file": {"agreed": "filed"},
    "wrong": {"filed": "wrong"},
    "take-out": {"wrong": "waiting"},
}
"""The life of such a paper: verb → state before → state after. "agreed" and "wrong" never rest: the hub goes on, in the same change."""
OPEN: Final = ("waiting", "proposed")
PARTS: Final = {
    "state": "valueCode", "patient": "valueReference", "by": "valueReference", "at": "valueDateTime", "second": "valueReference",
    "answers": "valueReference", "reason": "valueString", "filed": "valueDateTime", "taken-out": "valueInteger",
}  # fmt: skip
"""What the extension says: where it stands, whose it is said to be, by whom, when, who agreed, what it answers, and why."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that came, as a page shows it."""

    id: str
    title: str
    source: str
    source_reference: str | None
    code: str
    came: datetime | None
    of: datetime | None
    state: str
    said: Said
    patient: str | None
    by: str | None
    by_name: str
    reason: str | None
    kind: str
    url: str | None
    taken_out: bool


def parts(document: Mapping[str, Any] | None) -> dict[str, Any]:
    """What our extension says of a paper; "answers" as a list."""
    found: dict[str, Any] = {}
    for part in extension(document, ARRIVED) or ():
        value = next((part[key] for key in part if key.startswith("value")), None)
        if part["url"] == "answers":
            found.setdefault("answers", []).append(target(value))
        else:
            found[part["url"]] = value
    return found


def state_of(document: Mapping[str, Any] | None) -> str | None:
    """Where a paper stands; None for a document that did not come this way. One without a patient waits, whoever put it there."""
    if document is None or document.get("resourceType") != "DocumentReference":
        return None
    said = parts(document).get("state")
    return str(said) if said else "waiting" if is_unfiled(document) else None


def is_unfiled(document: Mapping[str, Any] | None) -> bool:
    """Whether a document has no patient."""
    return document is not None and document.get("resourceType") == "DocumentReference" and not document.get("subject")


def brought(document: Resource, **said: Any) -> Resource:
    """The paper with these parts said in place of those of the same name; None takes one away."""
    kept = [each for each in extension(document, ARRIVED) or () if each.get("url") not in said]
    new: list[Resource] = []
    for name, value in said.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            if each is not None:
                new.append({"url": name, PARTS[name]: {"reference": each} if name in ("patient", "answers") else each})
    return codes.with_extension(document, ARRIVED, {"url": ARRIVED, "extension": [*kept, *new]})


# --- what a paper says of its patient, and who is on file ---------------------------------------------------------------------------------


def with_said(document: Resource, said: Said) -> Resource:
    """The paper with what it says of its patient."""
    if said.nothing:
        return document
    ids = [*([("MR", said.mrn)] if said.mrn else []), *(("U", each) for each in said.ids)]
    person: Resource = {
        "resourceType": "Patient",
        "id": SAID,
        **({"identifier": [_number(*each) for each in ids]} if ids else {}),
        **({"name": [{"text": said.name}]} if said.name else {}),
        **({"telecom": [{"system": "phone", "value": said.phone}]} if said.phone else {}),
        **({"gender": said.gender} if said.gender in identity.GENDERS else {}),
        **({"address": [{"postalCode": said.postcode}]} if said.postcode else {}),
    }
    if "?" in said.birth:
        person["_birthDate"] = {"extension": [{"url": AS_WRITTEN, "valueString": said.birth}]}
    elif said.birth:
        person["birthDate"] = said.birth
    others = [each for each in document.get("contained", ()) if each.get("id") != SAID]
    context = {**document.get("context", {}), "sourcePatientInfo": {"reference": f"#{SAID}"}}
    return {**document, "contained": [*others, person], "context": context}


def _number(code: str, value: str) -> Resource:
    return {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code}]}, "value": value}


def said_of(document: Mapping[str, Any]) -> Said:
    """What a paper says of its patient."""
    named = str(document.get("context", {}).get("sourcePatientInfo", {}).get("reference", "")).lstrip("#")
    person = next((each for each in document.get("contained", ()) if each.get("id") == named and each["resourceType"] == "Patient"), None)
    if person is None:
        return Said()
    written = extension(person.get("_birthDate"), AS_WRITTEN)
    numbers = [(_is_mr(each), str(each["value"])) for each in person.get("identifier", ()) if each.get("value")]
    places = [str(each["postalCode"]) for each in person.get("address", ()) if each.get("postalCode")]
    return Said(
        name=human_name(person),
        birth=str(written or person.get("birthDate", "")),
        mrn=next((value for ours, value in numbers if ours), ""),
        phone=identity.phone(person) or "",
        postcode=next(iter(places), ""),
        gender=str(person.get("gender", "")),
        ids=tuple(value for ours, value in numbers if not ours),
    )


def _is_mr(identifier: Mapping[str, Any]) -> bool:
    return any(code == "MR" for _, code in reading.codings(identifier.get("type")))


def known(patient: Resource) -> Known:
    """Somebody on file as papers name them."""
    names = [(str(each.get("family", "")), " ".join(each.get("given", ()))) for each in patient.get("name", ())]
    numbers = [str(each["value"]) for each in patient.get("identifier", ()) if each.get("value")]
    return Known(
        f"Patient/{patient['id']}",
        tuple(each for each in names if each[0]),
        str(patient.get("birthDate", "")),
        tuple(numbers),
        tuple(str(each["value"]) for each in identity.points(patient, "phone", "sms")),
        tuple(str(each["postalCode"]) for each in patient.get("address", ()) if each.get("postalCode")),
        str(patient.get("gender", "")),
    )


def shown(document: Resource, zone: ZoneInfo) -> Paper:
    """A paper as a page shows it."""
    said = parts(document)
    attachment: dict[str, Any] = next((each["attachment"] for each in document.get("content", ()) if "attachment" in each), {})
    custodian = document.get("custodian", {})
    return Paper(
        id=str(document["id"]),
        title=str(document.get("description") or attachment.get("title") or ""),
        source=str(custodian.get("display") or next((str(each.get("display", "")) for each in document.get("author", ())), "")),
        source_reference=target(custodian),
        code=next((code for _, code in reading.codings(document.get("type"))), ""),
        came=reading.moment(attachment.get("creation") or document.get("date"), zone),
        of=reading.moment(document.get("date"), zone),
        state=state_of(document) or "filed",
        said=said_of(document),
        patient=target(said.get("patient")),
        by=target(said.get("by")),
        by_name=str((said.get("by") or {}).get("display", "")),
        reason=said.get("reason"),
        kind=str(attachment.get("contentType", "")),
        url=attachment.get("url"),
        taken_out=bool(said.get("taken-out")),
    )


# --- what the door refuses ----------------------------------------------------------------------------------------------------------------


def moves_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A paper without a patient moves as the table says, whoever moves it; it gets and loses its patient by the hub's own act alone."""
    was, now = state_of(before), state_of(after)
    if after is None:
        if was in OPEN:
            yield error("business-rule", "A paper that waits is not deleted: file it, or set it aside with a reason.", "DocumentReference")
        return
    if before is None and not is_unfiled(after):
        return
    moved = now != was
    if (moved or before is None) and now not in {each.get(was) for each in MOVES.values()}:
        legal = ", ".join(sorted({str(each[was]) for each in MOVES.values() if was in each})) or "nothing else"
        yield error("business-rule", f"A paper that is {was or 'new'} becomes {legal}.", "DocumentReference.extension(arrived)")
    elif before is not None and codes.patient_of(before) != codes.patient_of(after) and (was, now) not in (
        ("agreed", "filed"), ("wrong", "waiting"),
    ):  # fmt: skip
        yield error("business-rule", "A document gets its patient at the inbound desk, and loses one there.", "DocumentReference.subject")


def content_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A file that came in the resource itself is looked into as any other."""
    if after is None or not is_unfiled(after):
        return
    for content in after.get("content", ()):
        body = inline(content.get("attachment", {}))
        if body is not None:
            try:
                uploads.check("", body, declared=str(content["attachment"].get("contentType", "")))
            except uploads.UploadRefusedError as refusal:
                yield error("invalid", str(refusal), "DocumentReference.content.attachment")


def inline(attachment: Mapping[str, Any]) -> bytes | None:
    """The bytes that stand in an Attachment itself."""
    try:
        return base64.b64decode(str(attachment["data"]), validate=False) if attachment.get("data") else None
    except ValueError:
        return b""
