"""Threads: one for each topic with a patient, with staff, the patient and the family; what was delivered, read and accepted.

Whoever is outside (the patient, a person of the family) reads what was written to them or by them, and the family only while the patient
lets them be told. Reading is in `thread_reading`; what follows from a message (promises, turns) in `thread_promises`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from baton.duties import codes, promises, reading
from baton.duties.contact import attachments, party_access, safe_contact, thread_notices
from baton.duties.contact.thread_promises import owed
from baton.duties.contact.thread_reading import Message, Receipt, Thread, may_read, of_patient, rows, shown
from baton.duties.contact.thread_states import (
    ASKS,
    KIND,
    RECEIPT,
    TOPIC,
    as_party,
    is_outside,
    kind_of,
    outsiders,
    parties,
    receipts,
    recipients,
    topic_of,
)
from baton.duties.patients import identity
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, human_name, target
from baton.rules.calendar import local_day
from baton.rules.messages import RECEIPTS, proves
from baton.store import Invalid, NotFound, View
from baton.store.codes import new_id
from baton.uploads import Upload

if TYPE_CHECKING:
    from baton.store import Change, Stored

__all__ = [
    "Message",
    "Receipt",
    "Thread",
    "accept",
    "close",
    "first_words",
    "invite",
    "may_read",
    "no_answer",
    "of_patient",
    "promise",
    "read",
    "receipt",
    "rows",
    "say",
    "shown",
    "start",
    "take_back",
]


# --- saying -------------------------------------------------------------------------------------------------------------------------------


def start(
    change: Change, *, patient: str, topic: str, audience: Iterable[str] = (), text: str, subject: str = "", about: Sequence[str] = (),
    language: str | None = None, author: str | None = None, to: Sequence[str] = (), wants_answer: bool = False, aloud: bool = False,
    files: Sequence[Upload] = (),
) -> Stored:  # fmt: skip
    """Begin a thread with its first message; returns the thread. `audience`: "Patient/id" and "RelatedPerson/id" of who reads along; none:
    staff alone. Whoever writes takes part. `to`: colleagues it is addressed to. `about`: what it concerns, as references.

    Raises Invalid naming the element, also for somebody of the family who may not be told about the topic.
    """
    patient = patient if "/" in patient else f"Patient/{patient}"
    person = change.get(*patient.split("/", 1))
    _said(text)
    author = author or change.who.person
    people = list(dict.fromkeys([*audience, *([author] if is_outside(author) else ())]))
    thread = change.put(
        {
            "resourceType": "Communication",
            "status": "in-progress",
            "category": [codes.concept(KIND, "thread"), codes.concept(TOPIC, topic)],
            "subject": {"reference": patient, "display": human_name(person)},
            "topic": {"text": subject.strip() or first_words(text)},
            "sent": episodes.instant(change.now),
            "sender": _named(change, author),
            **({"about": [{"reference": each} for each in about]} if about else {}),
            **({"recipient": [_named(change, each) for each in people]} if people else {}),
        }
    )
    say(change, thread.id, text=text, language=language, author=author, to=to, wants_answer=wants_answer, aloud=aloud, files=files)
    return thread


def say(
    change: Change, thread: str, *, text: str, language: str | None = None, author: str | None = None,
    audience: Iterable[str] | None = None, to: Sequence[str] = (), wants_answer: bool = False, aloud: bool = False,
    files: Sequence[Upload] = (), said_by: str = "",
) -> Stored:  # fmt: skip
    """Write in a thread; returns the message. `audience` narrows who outside reads it (an empty one: staff alone); else all who take part
    of the patient and the family: an outside party reads only what names it. `said_by`: who of the party writes.

    A message from outside is promised an answer at once; one that answers keeps what was promised. Those outside are told that there is
    something for them, by the way they chose, in their language; unless it was said `aloud`, by telephone. `files` (checked) go
    with it and are seen by those who read it. Raises Invalid.
    """
    found = held(change, thread)
    author = author or change.who.person
    taking = parties(found)
    from_outside = is_outside(author) or author in taking
    outside = (() if author in taking else outsiders(found)) if audience is None else tuple(dict.fromkeys(audience))
    readers = [each for each in outside if each != author]
    if any(not is_outside(each) and each not in taking for each in readers):
        raise Invalid("Only those who take part in the thread read it and write in it.", expression="Communication.recipient")
    _said(text)
    if not aloud and not from_outside:
        _as_they_asked(change, readers)
    spoken = language or (_language(change, author) if is_outside(author) else None) or "en"
    patient, both = str(codes.patient_of(found)), bool(readers) or from_outside
    attached = attachments.keep(change, patient=patient, uploads=files, outside=both) if files else []
    recipients_ = [*(_taking(change, found, each) for each in readers), *(_named(change, each) for each in to)]
    message: Resource = {
        "resourceType": "Communication",
        "id": new_id(),
        "language": spoken,
        "status": "completed",
        "category": [codes.concept(KIND, "message")],
        "partOf": [{"reference": f"Communication/{found['id']}"}],
        "subject": found["subject"],
        "sent": episodes.instant(change.now),
        "sender": _taking(change, found, author, said_by),
        "payload": [{"contentString": text.strip()}, *attached],
        **({"recipient": recipients_} if recipients_ else {}),
        **({"extension": [{"url": ASKS, "valueBoolean": True}]} if wants_answer else {}),
    }
    if from_outside:
        _answered(change, found, author)
    if aloud:
        for each in readers:
            message = _with_receipt(change, message, "read", each, "telephone")
        stored = change.put(message)
    else:
        stored = change.put(thread_notices.told(change, found, message, readers))
    for each in parties(message):
        party_access.record(change, patient=patient, reference=each, topic=topic_of(found), message=stored.resource())
    return stored


def _as_they_asked(change: Change, readers: Iterable[str]) -> None:
    """Nothing is written into the portal of a patient who asked not to be reached there. Raises Invalid."""
    for each in readers:
        found = safe_contact.may_contact(change, each, "portal") if each.startswith("Patient/") else None
        if found is not None and not found.allowed:
            raise Invalid([safe_contact.refusal(found)])


def _answered(change: Change, thread: Resource, author: str) -> None:
    """Whoever answers has read what was written to them before."""
    for each in change.find("Communication", part_of=f"Communication/{thread['id']}"):
        if author in recipients(each) and not any(known["kind"] == "read" and known["who"] == author for known in receipts(each)):
            change.put(_with_receipt(change, change.get("Communication", each["id"]), "read", author, "answered"))


def _said(text: str) -> None:
    if not text.strip():
        raise Invalid("Write the message first, then send it.", expression="Communication.payload")


def first_words(text: str) -> str:
    """The beginning of a text, short enough for a heading."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:60].rsplit(" ", 1)[0].rstrip(" .,;:") + "…"


def _named(view: View, reference: str) -> Resource:
    if reference == view.who.person and view.who.name:
        return codes.reference_to(reference, view.who.name)
    with reading.seeing_all(view):
        return codes.reference_to(reference, reading.name_of(view, reference))


def _taking(view: View, thread: Resource, reference: str, said_by: str = "") -> Resource:
    """A reference to somebody who reads or writes in a thread; an outside party is marked as one, with who of it writes."""
    if reference not in parties(thread):
        return _named(view, reference)
    with reading.seeing_all(view):
        found = party_access.party(view, reference)
    name = found.name if found else reference
    return as_party(reference, f"{name} ({said_by.strip()})" if said_by.strip() else name)


def _language(view: View, person: str) -> str | None:
    with reading.seeing_all(view):
        found = reading.peek(view, person)
    return identity.language(found) if found else None


def held(change: Change, thread: str) -> Resource:
    """A thread, locked until the change ends. Raises NotFound for what is none."""
    found = change.get("Communication", thread.removeprefix("Communication/"))
    if kind_of(found) != "thread":
        raise NotFound(f"There is no thread Communication/{found['id']}.")
    return found


def invite(change: Change, thread: str, *, person: str) -> Stored:
    """Let the patient or somebody of the family take part from now on; what was written before is not shown to them. Raises Invalid."""
    found = held(change, thread)
    if person in outsiders(found):
        raise Invalid("They take part already.", expression="Communication.recipient")
    if not is_outside(person):
        raise Invalid("Say who is to take part.", expression="Communication.recipient")
    return change.put({**found, "recipient": [*found.get("recipient", ()), _named(change, person)]})


def close(change: Change, thread: str, *, reason: str) -> Stored:
    """Nothing is to be said any more; what is owed about it is closed with the reason. A new message opens it again. Raises Invalid."""
    if not reason.strip():
        raise Invalid("Say why no answer is needed.", expression="Task.statusReason")
    found = held(change, thread)
    for task in owed(change, [found]).get(f"Communication/{found['id']}", ()):
        promises.close(change, task=task["id"], reason=reason)
    found = held(change, thread)
    author = codes.reference_to(change.who.person, change.who.name)
    note = {"authorReference": author, "time": episodes.instant(change.now), "text": reason.strip()}
    return change.put({**found, "status": "completed", "note": [*found.get("note", ()), note]})


def no_answer(change: Change, thread: str, *, reason: str) -> None:
    """What was asked needs no answer, and this is why; the thread stays open. Raises Invalid."""
    if not reason.strip():
        raise Invalid("Say why no answer is needed.", expression="Task.statusReason")
    found = held(change, thread)
    for task in owed(change, [found]).get(f"Communication/{found['id']}", ()):
        promises.close(change, task=task["id"], reason=reason)


def take_back(change: Change, message: str, *, reason: str) -> Stored:
    """A message was written in error: its words are not shown any more, to anybody outside; only its author takes it back."""
    found = _message(change, message)
    if not reason.strip():
        raise Invalid("Say why it is taken back.", expression="Communication.statusReason")
    if target(found.get("sender")) != change.who.person and change.who.own_role not in ("supervisor", "administrator"):
        raise Invalid("Only whoever wrote it takes it back, or a supervisor.", expression="Communication.sender")
    return change.put({**found, "status": "entered-in-error", "statusReason": {"text": reason.strip()}})


def _message(change: Change, message: str) -> Resource:
    found = change.get("Communication", message.removeprefix("Communication/"))
    if kind_of(found) != "message":
        raise NotFound(f"There is no message Communication/{found['id']}.")
    return found


# --- delivered, read, accepted ----------------------------------------------------------------------------------------------------------


def receipt(change: Change, message: str, *, kind: str, who: str, evidence: str) -> Stored:
    """Keep that a message was delivered to, read or accepted by somebody it was written to, and what proves it. Known already: no change.

    Whoever accepts has read, where the evidence says so; whoever has read has accepted nothing yet.
    Raises Invalid for evidence that does not prove it: a receipt of a fax or a letter never means that anybody agreed.
    """
    if kind not in RECEIPTS:
        raise Invalid(f"{kind!r} is none of {', '.join(RECEIPTS)}.", expression="Communication.extension(receipt).kind")
    found = _message(change, message)
    if kind == "accepted" and proves(evidence, "read", local_day(change.now, change.zone)):
        found = _with_receipt(change, found, "read", who, evidence)
    return change.put(_with_receipt(change, found, kind, who, evidence), unless_same=True)


def _with_receipt(change: Change, message: Resource, kind: str, who: str, evidence: str) -> Resource:
    if any(each["kind"] == kind and each["who"] == who for each in receipts(message)):
        return message
    parts = [
        {"url": "kind", "valueCode": kind},
        {"url": "who", "valueReference": _named(change, who)},
        {"url": "at", "valueInstant": episodes.instant(change.now)},
        {"url": "evidence", "valueCode": evidence},
        {"url": "by", "valueReference": codes.reference_to(change.who.person, change.who.name)},
    ]
    received = {"received": episodes.instant(change.now)} if not message.get("received") else {}
    return {**message, **received, "extension": [*message.get("extension", ()), {"url": RECEIPT, "extension": parts}]}


def read(change: Change, thread: str, *, reader: str | None = None, evidence: str = "portal") -> Thread:
    """A thread opened by somebody outside: what it shows them counts as read from now on. Raises NotFound when it is not theirs to read."""
    reader = reader or change.who.person
    opened = shown(change, thread, reader=reader)
    for each in opened.messages:
        if reader in [reference for reference, _ in each.to] and not each.has("read", reader):
            receipt(change, each.id, kind="read", who=reader, evidence=evidence)
    return shown(change, thread, reader=reader)


def accept(change: Change, message: str, *, reader: str | None = None, evidence: str = "portal") -> Stored:
    """Somebody outside agrees to what a message says; raises Invalid for what proves no such thing, NotFound when not theirs."""
    who = reader or change.who.person
    if not may_read(change, _message(change, message), who):
        raise NotFound(f"There is no message Communication/{message}.")
    return receipt(change, message, kind="accepted", who=who, evidence=evidence)


# --- a message becomes a promise ----------------------------------------------------------------------------------------------------------


def promise(change: Change, message: str, *, what: str, due: date, owner: str | None = None) -> Stored:
    """Promise something because of a message: what, by which day, who keeps it; the promise names the message. Raises Invalid."""
    found = _message(change, message)
    made = promises.make_by_hand(change, patient=str(codes.patient_of(found)), what=what, due=due, owner=owner)
    return change.put({**made.resource(), "basedOn": [{"reference": f"Communication/{found['id']}"}]})
