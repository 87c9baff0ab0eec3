"""The inbound desk: papers that came without their patient, whose they may be and why, and what a person says about it.

What a person decides is written down; that a paper then gets its patient is the hub's own act (`inbound_filing`), so that somebody may
file what they may not read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from baton.duties import codes, letters, parties, reading
from baton.duties.patients import identity
from baton.duties.privacy.packets import DISCLOSURE, is_ours
from baton.duties.records import documents, records
from baton.duties.records import inbound_states as states
from baton.duties.records.documents import DIGEST, LONGEST, TYPES, Waiting
from baton.duties.records.inbound_states import Paper
from baton.duties.records.states import Request
from baton.duties.today.rows import Identity
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource
from baton.rules import matching
from baton.rules.calendar import local_day
from baton.rules.matching import Candidate, Match, Said
from baton.store import Invalid, NotFound, View, labels
from baton.uploads import Upload

if TYPE_CHECKING:
    from baton.store import Change, Stored

MOST: Final = 50
WAITS: Final = "arrived"
"""The category of a paper as long as it has no patient."""
AWAITED: Final = ("sent", "chased", "partial")


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of a paper: the document it is, whether it is new or came before, where it stands, whose it is when that is known."""

    id: str
    new: bool
    state: str
    patient: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody a paper may be about: who, why, what of theirs it may answer, and earlier papers it may correct."""

    candidate: Candidate
    person: Identity
    requests: tuple[Request, ...]
    referrals: tuple[Waiting, ...]
    earlier: tuple[tuple[str, str], ...]

    @property
    def answers(self) -> tuple[str, ...]:
        """What it answers as far as nobody says otherwise: the one thing awaited from there."""
        found = [f"CommunicationRequest/{each.id}" for each in self.requests] + [each.request for each in self.referrals]
        return tuple(found) if len(found) == 1 else ()


# --- what comes -------------------------------------------------------------------------------------------------------------------------


def receive(
    change: Change, *, upload: Upload, said: Said, title: str = "", code: str = TYPES[0], of: date | None = None, source: str = "",
) -> Arrived:  # fmt: skip
    """A checked file came; what it says of its patient decides whether it files itself or waits. The same bytes are kept once.

    Raises Invalid, naming the element.
    """
    issues = list(_refusals(change, said, title, code, of, source))
    if issues:
        raise Invalid(issues)
    sender = _sender(change, source)
    marks = program_marks(change, sender)
    if found := already(change, upload.content, marks):
        return Arrived(str(found["id"]), False, states.state_of(found) or "filed", codes.patient_of(found))
    id_, binary = str(uuid4()), str(uuid4())
    kind = f"{upload.type}; charset=utf-8" if upload.type == "text/plain" else upload.type
    attachment = letters.attachment(f"Binary/{binary}", kind, upload.content, episodes.instant(change.now)) | {"title": upload.name}
    document: Resource = {
        "resourceType": "DocumentReference",
        "id": id_,
        "identifier": [{"system": DIGEST, "value": digest(upload.content)}],
        "status": "current",
        "type": {"coding": [{"system": codes.LOINC, "code": code}]},
        "category": [codes.concept(DISCLOSURE, WAITS)],
        "date": episodes.instant(change.now) if of is None else of.isoformat() + "T12:00:00Z",
        **({"custodian": sender} if sender else {}),
        "description": title.strip() or upload.name,
        "content": [{"attachment": attachment}],
    }
    change.put(states.with_said(states.brought(document, state="waiting"), said))
    change.put(content_of(binary, f"DocumentReference/{id_}", kind, upload.content))
    return Arrived(id_, True, "waiting", None)


def became(view: View, document: str) -> Arrived:
    """What has become of a paper, once the change that brought it stands; whose it is only where this person may see that patient."""
    with as_hub(view):
        found = view.get("DocumentReference", document)
    patient = codes.patient_of(found)
    seen = patient if patient and view.find("Patient", _id=patient.partition("/")[2]) else None
    return Arrived(document, True, states.state_of(found) or "filed", seen)


def content_of(binary: str, of: str, kind: str, body: bytes) -> Resource:
    """The bytes of a paper, whose access goes by the document as long as it has no patient."""
    data = base64.b64encode(body).decode()
    return {"resourceType": "Binary", "id": binary, "contentType": kind, "securityContext": {"reference": of}, "data": data}


def _refusals(view: View, said: Said, title: str, code: str, of: date | None, source: str) -> Iterator[Issue]:
    if max(map(len, (title, source, said.name))) > LONGEST:
        yield error("too-long", "Say it in at most 200 characters.", "DocumentReference.description")
    if code not in TYPES:
        yield error("code-invalid", "Choose what kind of document it is.", "DocumentReference.type")
    if of is not None and of > local_day(view.now, view.zone):
        yield error("invalid", "The day is still to come.", "DocumentReference.date")
    if said.birth and "?" not in said.birth and not _is_day(said.birth):
        yield error("invalid", "Write the date of birth as 1943-04-12, with ? for a digit that cannot be read.", "Patient.birthDate")
    if said.gender and said.gender not in identity.GENDERS:
        yield error("code-invalid", "Choose the sex as the paper says it.", "Patient.gender")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def digest(body: bytes) -> str:
    """By what the same bytes are found again."""
    return hashlib.sha256(body).hexdigest()


def _sender(view: View, name: str) -> Resource | None:
    wanted = name.strip().casefold()
    if not wanted:
        return None
    found = next((each.recipient for each in parties.organizations(view) if each.recipient.name.casefold() == wanted), None)
    return codes.reference_to(str(found.reference), found.name) if found else {"display": name.strip()}


def program_marks(view: View, sender: Resource | None) -> list[Resource]:
    """The label of what a Part 2 program sends: on its content as soon as it comes, on the document once it has a patient."""
    found = parties.of(view, str((sender or {}).get("reference", "")))
    return [labels.coding("PART2")] if found is not None and found.recipient.kind == "part2-program" else []


def already(view: View, body: bytes, marks: list[Resource]) -> Resource | None:
    """The document that has these very bytes, whoever's it is; not one without the labels these come with."""
    with reading.seeing_all(view):
        found = view.find("DocumentReference", identifier=f"{DIGEST}|{digest(body)}", _count=10)
    standing = [each for each in found if each.get("status") != "entered-in-error"]
    return next((each for each in standing if not marks or states.is_unfiled(each) or "PART2" in labels.names(labels.bits(each))), None)


# --- whose it may be --------------------------------------------------------------------------------------------------------------------


@contextmanager
def as_hub(view: View) -> Iterator[None]:
    """The hub itself looks: whoever asked is shown only what follows, so it is not they who looked."""
    who = view.who
    view.who = replace(who, person=codes.HUB, name="Baton", role="system", lent="")
    try:
        yield
    finally:
        view.who = who


def match(view: View, document: Resource) -> Match:
    """Whose a paper may be, among everybody on file."""
    said, found = states.said_of(document), dict[str, Resource]()
    with as_hub(view):
        for number in filter(None, (said.mrn, *said.ids)):
            found.update({each["id"]: each for each in view.find("Patient", identifier=number, _count=MOST)})
        if len(said.birth) == 10 and "?" not in said.birth:
            found.update({each["id"]: each for each in view.find("Patient", birthdate=said.birth, _count=MOST)})
        for text in filter(None, (said.name, said.phone)):
            found.update({each.id: each.resource() for _, each in view.patients(text, MOST)})
    return matching.match(said, (states.known(each) for each in found.values()), local_day(view.now, view.zone))


def proposals(view: View, document: str) -> tuple[Paper, Match, tuple[Proposal, ...]]:
    """A paper, whose it may be, and those among them that this person may see with what they await from its source. Raises NotFound."""
    found = view.get("DocumentReference", document)
    paper, question, today = states.shown(found, view.zone), match(view, found), local_day(view.now, view.zone)
    ids = ",".join(each.reference.partition("/")[2] for each in question.candidates[:6])
    seen = {f"Patient/{each['id']}": each for each in view.find("Patient", _id=ids)} if ids else {}
    mine = tuple(
        Proposal(
            each,
            identity.identity(seen[each.reference], today),
            awaited(view, each.reference, paper),
            tuple(one for one in documents.waiting(view, each.reference) if same_name(one.to, paper.source)),
            _earlier(view, each.reference, paper),
        )
        for each in question.candidates[:6]
        if each.reference in seen
    )
    return paper, question, mine


def awaited(view: View, patient: str, paper: Paper) -> tuple[Request, ...]:
    """What was asked of this source for a patient and has not wholly come."""
    return tuple(
        each
        for each in records.of_patient(view, patient)
        if each.state in AWAITED
        and (each.source_reference == paper.source_reference if paper.source_reference else same_name(each.source, paper.source))
    )


def same_name(one: str, other: str) -> bool:
    """Whether two names are one."""
    return bool(one.strip()) and matching.plain(one) == matching.plain(other)


def _earlier(view: View, patient: str, paper: Paper) -> tuple[tuple[str, str], ...]:
    """Papers of this patient, of the same kind and source, that this one may correct."""
    found = [each for each in view.find("DocumentReference", patient=patient, status="current") if each["id"] != paper.id]
    alike = [each for each in (states.shown(each, view.zone) for each in found) if each.code == paper.code]
    return tuple((each.id, each.title) for each in alike if paper.source and same_name(each.source, paper.source))


# --- what a person says about it --------------------------------------------------------------------------------------------------------


def file(change: Change, *, document: str, patient: str, answers: tuple[str, ...] = (), replaces: str | None = None) -> str:
    """It is this patient's ("Patient/id"). Filed at once where that is certain, else once a second person agrees. Returns its state.

    Raises Invalid when it does not wait, NotFound for a patient who is not theirs to see.
    """
    found = _held(change, document, ("waiting",))
    change.get(*patient.split("/", 1))
    state = "proposed" if doubtful(change, found, patient) else "agreed"
    me = codes.reference_to(change.who.person, change.who.name)
    after = states.brought(
        found, state=state, patient=patient, by=me, at=episodes.instant(change.now), second=None, answers=list(answers), reason=None
    )
    if replaces:
        after = {**after, "relatesTo": [{"code": "replaces", "target": {"reference": f"DocumentReference/{replaces}"}}]}
    change.put(after)
    return "filed" if state == "agreed" else "proposed"


def doubtful(view: View, document: Resource, patient: str) -> bool:
    """Whether two people must say that a paper is this patient's."""
    question = match(view, document)
    certain = question.state == "certain" and question.candidates[0].reference == patient
    return not certain and matching.needs_second(replace(question, state="doubtful"), local_day(view.now, view.zone))


def agree(change: Change, *, document: str) -> Stored:
    """A second person says so too. Raises Invalid for the person who proposed it."""
    found = _held(change, document, ("proposed",))
    return change.put(states.brought(found, state="agreed", second=codes.reference_to(change.who.person, change.who.name)))


def disagree(change: Change, *, document: str, reason: str) -> Stored:
    """A second person does not; it waits again."""
    found = _held(change, document, ("proposed",))
    return change.put(states.brought(found, state="waiting", patient=None, by=None, answers=None, reason=_why(reason)))


def set_aside(change: Change, *, document: str, reason: str) -> Stored:
    """It is nobody's here (sent back, an advertisement), and this is why."""
    return change.put(states.brought(_held(change, document, ("waiting",)), state="set-aside", reason=_why(reason)))


def take_up(change: Change, *, document: str) -> Stored:
    """It is looked at again."""
    return change.put(states.brought(_held(change, document, ("set-aside",)), state="waiting", reason=None))


def wrong(change: Change, *, document: str, reason: str) -> Stored:
    """It is in the wrong chart: out of it at once, back to the inbound desk, and the privacy desk is told who saw it there."""
    found = change.get("DocumentReference", document)
    if states.is_unfiled(found) or is_ours(found) or found.get("status") == "entered-in-error":
        raise Invalid("Only a document that came from outside is taken out of a chart.", expression="DocumentReference")
    return change.put(
        states.brought(found, state="wrong", reason=_why(reason), second=codes.reference_to(change.who.person, change.who.name))
    )


def describe(change: Change, *, document: str, said: Said) -> Stored:
    """What the paper says of its patient, read again. It may file itself then."""
    found = _held(change, document, ("waiting",))
    issues = list(_refusals(change, said, "", TYPES[0], None, ""))
    if issues:
        raise Invalid(issues)
    after = change.put(states.with_said(found, said))
    question = match(change, after.resource())
    if question.state != "certain":
        return after
    me = codes.reference_to(change.who.person, change.who.name)
    return change.put(
        states.brought(after.resource(), state="agreed", patient=question.candidates[0].reference, by=me, at=episodes.instant(change.now))
    )


def _why(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why.", expression="DocumentReference.extension(arrived).reason")
    return reason.strip()[:LONGEST]


def _held(change: Change, document: str, wanted: tuple[str, ...]) -> Resource:
    found = change.get("DocumentReference", document)
    if states.state_of(found) not in wanted:
        raise Invalid("Somebody has dealt with it meanwhile: look again.", expression="DocumentReference.extension(arrived)")
    return found


# --- for pages --------------------------------------------------------------------------------------------------------------------------


def waiting(view: View, state: str = "waiting,proposed") -> list[Paper]:
    """The papers that wait: first those that wait for this person's agreement, then the oldest."""
    found = [each for each in view.find("DocumentReference", category=f"{DISCLOSURE}|{WAITS}", _count=1000)]
    shown = [states.shown(each, view.zone) for each in found if states.state_of(each) in state.split(",")]
    turn = {"proposed": 0, "waiting": 1}
    return sorted(shown, key=lambda each: (2 if each.by == view.who.person else turn.get(each.state, 3), str(each.came)))


def content(view: View, document: str) -> documents.File:
    """A paper's file, as far as this person may read it. Raises NotFound."""
    found: dict[str, Any] = view.get("DocumentReference", document)
    if not states.is_unfiled(found):
        raise NotFound("There is no such paper here.")
    return documents.file_of(view, found)
