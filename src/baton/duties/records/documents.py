"""A patient's documents: a file that came is checked, kept once, labelled at the door; a corrected one replaces it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from baton import uploads
from baton.duties import codes, letters, parties, reading
from baton.duties.patients import chart_parts
from baton.duties.patients.charts import Document
from baton.duties.patients.score_notes import is_note
from baton.duties.privacy import packets
from baton.duties.referrals import promises as loops
from baton.duties.referrals import states
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, split, target, text_of
from baton.rules.calendar import local_day
from baton.store import Invalid, NotFound, View, labels
from baton.uploads import Upload

if TYPE_CHECKING:
    from baton.store import Change

LARGEST: Final = 10_000_000
LONGEST: Final = 200
TYPES: Final = (
    "34133-9", "18842-5", "11488-4", "57133-1", "34117-2", "11506-3", "18748-4", "11502-2", "51852-2", "64290-0", "59284-0", "52033-8",
)  # fmt: skip
"""What a document can be said to be, as LOINC codes; the first is what is not said."""
DIGEST: Final = f"{codes.P}/NamingSystem/content-digest"
"""The identifier by which the same bytes are found again, whoever's they are."""
WHOLE: Final = "DocumentReference.content.attachment"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a file: the document it is, and whether it is new or was here already."""

    reference: str
    new: bool

    @property
    def id(self) -> str:
        """The id of the DocumentReference."""
        return self.reference.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Described:
    """What is said about a file: its title, type (LOINC), day, who wrote it, whom it came from, the ServiceRequests it answers."""

    title: str
    code: str = TYPES[0]
    of: date | None = None
    author: str = ""
    source: str = ""
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """A patient's documents, and those that a newer one has replaced (with the id of the newer one, where it is known)."""

    documents: tuple[Document, ...]
    replaced: tuple[tuple[Document, str | None], ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A referral whose loop is open, as the ServiceRequest that a letter can be said to answer."""

    request: str
    what: str
    to: str
    state: str


def checked(name: str, body: bytes, declared: str = "") -> Upload:
    """The file as it may be kept. Raises Invalid with the sentence that says why not."""
    try:
        return uploads.check(name, body, declared=declared, most=LARGEST)
    except uploads.UploadRefusedError as refusal:
        raise Invalid(str(refusal), expression=WHOLE) from None


def add(change: Change, *, patient: str, upload: Upload, said: Described, replaces: str | None = None) -> Kept:
    """A checked file of a patient ("Patient/id"), kept once; `replaces` is the id of the document it corrects. Raises Invalid."""
    change.get(*patient.split("/", 1))
    old = _replaced(change, patient, replaces) if replaces else None
    issues = list(_refusals(change, patient, said))
    if issues:
        raise Invalid(issues)
    requests = said.related or tuple(loops.requests_of(old))
    return keep(
        change, patient=patient, upload=upload, title=said.title, code=said.code, of=said.of,
        author=_party(change, said.author), custodian=_organization(change, said.source), related=requests,
        category="record-uploaded", marks=_lasting(old), old=old,
    )  # fmt: skip


def keep(
    change: Change, *, patient: str, upload: Upload, title: str, code: str, of: date | None, category: str,
    author: Resource | None = None, custodian: Resource | None = None, related: Sequence[str] = (), marks: Sequence[Resource] = (),
    old: Resource | None = None,
) -> Kept:  # fmt: skip
    """Keep a file with what is said of it, unless the same bytes under the same labels are here already: then nothing is added.

    `marks` are labels that no rule gives; `old` is the document it takes the place of, which is then superseded.
    """
    if found := same(change, patient, upload.content, marks):
        return Kept(f"DocumentReference/{found['id']}", new=False)
    kind, binary = _typed(upload.type), str(uuid4())
    attachment = letters.attachment(f"Binary/{binary}", kind, upload.content, episodes.instant(change.now))
    document: Resource = {
        "resourceType": "DocumentReference",
        **({"meta": {"security": list(marks)}} if marks else {}),
        "identifier": [{"system": DIGEST, "value": sha256(upload.content).hexdigest()}],
        "status": "current",
        "type": {"coding": [{"system": codes.LOINC, "code": code}]},
        "category": [codes.concept(packets.DISCLOSURE, category)],
        "subject": {"reference": patient},
        "date": episodes.instant(change.now) if of is None else of.isoformat() + "T12:00:00Z",
        **({"author": [author]} if author else {}),
        **({"custodian": custodian} if custodian else {}),
        "description": title.strip(),
        "content": [{"attachment": attachment | {"title": upload.name}}],
        **({"relatesTo": [{"code": "replaces", "target": {"reference": f"DocumentReference/{old['id']}"}}]} if old else {}),
        **({"context": {"related": [{"reference": each} for each in related]}} if related else {}),
    }
    stored = change.put(document)
    # no rule can look into a file: it has the labels of the document that the rules at the door have just labelled
    given = [{key: each[key] for key in ("system", "code")} for each in stored.resource().get("meta", {}).get("security", ())]
    letters.file(change, patient=patient, kind=kind, body=upload.content, labels=given, id_=binary)
    if old:
        change.put({**old, "status": "superseded"})
    return Kept(stored.reference, new=True)


def same(view: View, patient: str, body: bytes, marks: Iterable[Resource] = ()) -> Resource | None:
    """The document of this patient that has these very bytes under at least these labels, whoever may read it; None when there is none."""
    wanted, staff = {(each.get("system"), each.get("code")) for each in marks}, (labels.OURS, "staff-only")
    with reading.seeing_all(view):
        for document in view.find("DocumentReference", patient=patient):
            has = {(each.get("system"), each.get("code")) for each in document.get("meta", {}).get("security", ())}
            if (staff in has) != (staff in wanted):
                continue  # among staff it is one document, for those outside another
            if document.get("status") != "entered-in-error" and wanted <= has and _content(view, document, body):
                return document
    return None


def _content(view: View, document: Resource, body: bytes) -> bool:
    """Whether one of a document's files has these bytes. The digest finds it, the bytes decide."""
    digest = letters.digest(body)
    for content in document.get("content", ()):
        attachment = content.get("attachment", {})
        parts = split(str(attachment.get("url", "")))
        if attachment.get("hash") == digest and parts and parts[0] == "Binary":
            found = reading.peek(view, attachment["url"])
            if found and base64.b64decode(found.get("data", "")) == body:
                return True
    return False


def _typed(kind: str) -> str:
    return f"{kind}; charset=utf-8" if kind == "text/plain" else kind


def _lasting(document: Resource | None) -> list[Resource]:
    """The labels of a document that no rule gave: a corrected one keeps them."""
    return [each for each in (document or {}).get("meta", {}).get("security", ()) if not labels.by_rule(each)]


def _refusals(view: View, patient: str, said: Described) -> Iterator[Issue]:
    if not said.title.strip():
        yield error("required", "Say what it is.", "DocumentReference.description")
    if max(map(len, (said.title, said.author, said.source))) > LONGEST:
        yield error("too-long", "Say it in at most 200 characters.", "DocumentReference.description")
    if said.code not in TYPES:
        yield error("code-invalid", "Choose what kind of document it is.", "DocumentReference.type")
    if said.of is not None and said.of > local_day(view.now, view.zone):
        yield error("invalid", "The day is still to come.", "DocumentReference.date")
    if said.related and not set(said.related) <= {each.request for each in waiting(view, patient)}:
        yield error("not-found", "This referral is not open any more.", "DocumentReference.context.related")


def _replaced(change: Change, patient: str, id_: str) -> Resource:
    """The document that is corrected. Raises Invalid when it is none of this patient's that can be."""
    try:
        found = change.get("DocumentReference", id_)
    except NotFound:
        found = {}
    if codes.patient_of(found) != patient or found.get("status") != "current" or is_note(found) or packets.is_ours(found):
        raise Invalid(
            "Only a document that came from outside and stands is replaced by a newer one.", expression="DocumentReference.relatesTo"
        )
    return found


def _party(view: View, name: str) -> Resource | None:
    return {"display": name.strip()} if name.strip() else None


def _organization(view: View, name: str) -> Resource | None:
    """The organisation of this name, else the name alone."""
    wanted = name.strip().casefold()
    found = (
        next((each.recipient for each in parties.organizations(view) if each.recipient.name.casefold() == wanted), None) if wanted else None
    )
    return codes.reference_to(str(found.reference), found.name) if found else _party(view, name)


# --- for pages --------------------------------------------------------------------------------------------------------------------------


def shelf(view: View, *, patient: str) -> Shelf:
    """Everything on file of a patient (an id) that this person may read. Raises NotFound."""
    view.get("Patient", patient)
    found = [each for each in view.find("DocumentReference", patient=f"Patient/{patient}") if not is_note(each)]
    newer = {
        str(target(link.get("target"))): str(each["id"])
        for each in found
        for link in each.get("relatesTo", ())
        if link.get("code") == "replaces"
    }
    old = [(chart_parts.document(each, view.zone, {}), newer.get(f"DocumentReference/{each['id']}")) for each in found if _is_old(each)]
    return Shelf(chart_parts.documents(found, view.zone, {}), tuple(old))


def _is_old(document: Resource) -> bool:
    return document.get("status") == "superseded"


def waiting(view: View, patient: str) -> tuple[Waiting, ...]:
    """The referrals of a patient ("Patient/id") that were sent and whose loops are open: a letter can answer them."""
    found = view.find("Task", patient=patient, code=f"{states.TASK_CODE}|fulfill")
    sent = [each for each in found if states.is_referral(each) and states.state(each) != "draft"]
    with reading.seeing_all(view):
        still = [each for each in sent if loops.read(view, each).next_step() is not None]
    return tuple(
        Waiting(str(target(each.get("focus"))), str(each.get("description") or ""), loops.name_of_owner(each), states.state(each))
        for each in still
    )


@dataclass(frozen=True, slots=True)
class File:
    """A document's file: its stated type, its bytes, and whether it is a paper made here, to be handed out."""

    type: str
    body: bytes
    ours: bool


def opened(view: View, *, patient: str, document: str) -> File:
    """A document's first file; the look is recorded. Raises NotFound when it is not this patient's."""
    found = view.get("DocumentReference", document)
    if codes.patient_of(found) != f"Patient/{patient}":
        raise NotFound("There is no such paper here.")
    return file_of(view, found)


def file_of(view: View, document: Resource) -> File:
    """The first file of a document; the look is recorded. Raises NotFound when it has none, or none that is theirs to see."""
    attachment: dict[str, Any] = next((each["attachment"] for each in document.get("content", ()) if "attachment" in each), {})
    parts = split(str(attachment.get("url", "")))
    if parts is None and not attachment.get("data"):
        raise NotFound("There is no such paper here.")
    if parts is None:
        return File(str(attachment.get("contentType", "")), base64.b64decode(attachment["data"]), packets.is_ours(document))
    binary = view.get(*parts)
    if parts[0] != "Binary":
        raise NotFound("There is no such paper here.")
    return File(str(binary.get("contentType", "")), base64.b64decode(binary.get("data", "")), packets.is_ours(document))


def described(view: View, *, document: str) -> Described:
    """What is said of a document: where the form that corrects it begins. Raises NotFound."""
    found = view.get("DocumentReference", document)
    kinds = [code for _, code in reading.codings(found.get("type")) if code in TYPES]
    author = next((str(each.get("display") or "") for each in found.get("author", ())), "")
    source = str(found.get("custodian", {}).get("display") or "")
    return Described(str(found.get("description") or text_of(found.get("type")) or ""), next(iter(kinds), TYPES[0]), None, author, source)
