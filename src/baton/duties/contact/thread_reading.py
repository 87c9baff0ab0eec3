"""Threads as a reader sees them: what each may read, whose turn it is, what is known of every message.

`reader` is the patient or a person of the family ("Patient/id", "RelatedPerson/id"): they see what was written to them or by them, and a
person of the family only while the patient lets them be told. Without a reader, staff see what the access policy lets them see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from baton.duties import codes, reading, trace
from baton.duties.contact import party_access, thread_notices, thread_promises
from baton.duties.contact.thread_promises import NOBODY, turn
from baton.duties.contact.thread_states import (
    KIND,
    OWED_PARTY,
    asks,
    by_party,
    files_of,
    from_outside,
    is_outside,
    is_party,
    kind_of,
    outsiders,
    parties,
    receipts,
    stands,
    state_of,
    text_of,
    thread_of,
    topic_of,
)
from baton.duties.names import patient_names
from baton.duties.patients import network
from baton.fhir.resource import Resource, target
from baton.store import NotFound, View

MOST: Final = 500
HIDDEN_FROM_PATIENT: Final = frozenset({"PSYTHPN"})
FREE: Final = frozenset({"N", "L", "M", "U"})
"""Confidentiality codes that hide nothing from the family; whatever else labels a message keeps it from them."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One thing known of a message: delivered, read or accepted; by whom, when, on what evidence, and who said so."""

    kind: str
    who: str
    name: str
    at: datetime
    evidence: str
    by: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `files`: (id of the document, name) of what goes with it.

    `to` are the people outside who may read it, as (reference, name); empty: staff alone.

    `notices`: how each was told of it (see `thread_notices.how_told`); `promises`: what was promised because of it.
    """

    id: str
    by: str
    by_reference: str
    outside: bool
    sent: datetime
    text: str
    language: str | None
    to: tuple[tuple[str, str], ...]
    staff: tuple[tuple[str, str], ...]
    asks: bool
    receipts: tuple[Receipt, ...]
    taken_back: bool
    files: tuple[tuple[str, str], ...] = ()
    notices: tuple[tuple[str, str], ...] = ()
    promises: tuple[tuple[str, str, datetime | None, bool], ...] = ()

    def has(self, kind: str, who: str) -> bool:
        """Whether this is known of somebody."""
        return any(each.kind == kind and each.who == who for each in self.receipts)


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread as its reader sees it. `turn`: ours, colleague, theirs, nobody; `due` when what is owed about it is due, `task` which.

    `people` are the patient and the family who take part, `parties` the outside parties: staff alone are told of those.
    """

    id: str
    patient: str
    topic: str
    subject: str
    open: bool
    turn: str
    since: datetime | None
    last: datetime | None
    last_by: str
    count: int
    unread: int
    people: tuple[tuple[str, str], ...]
    about: tuple[str, ...]
    due: datetime | None = None
    task: str | None = None
    owner: str = ""
    messages: tuple[Message, ...] = ()
    patient_name: str = ""
    parties: tuple[tuple[str, str], ...] = ()

    @property
    def patient_id(self) -> str:
        """The id of the patient."""
        return self.patient.partition("/")[2]


# --- who reads what -----------------------------------------------------------------------------------------------------------------------


def may_read(view: View, message: Resource, reader: str, thread: Resource | None = None) -> bool:
    """Whether a message is for this person or party outside: written to or by them, and nothing keeps it from them today."""
    if not stands(message):
        return False
    if reader.startswith(party_access.KINDS):
        return _party_reads(view, message, reader, thread)
    if reader not in (*outsiders(message), target(message.get("sender"))):
        return False
    labels = {str(each.get("code")) for each in message.get("meta", {}).get("security", ())}
    if reader.startswith("Patient/"):
        return codes.patient_of(message) == reader and not labels & HIDDEN_FROM_PATIENT
    if labels - FREE:
        return False
    if thread is None:
        with reading.seeing_all(view):
            thread = reading.peek(view, thread_of(message)) or {}
    return network.may_be_told(view, reader, topic_of(thread), patient=str(codes.patient_of(message))).allowed


def _party_reads(view: View, message: Resource, party: str, thread: Resource | None) -> bool:
    """An outside party reads what was written to it or by it, while it takes part in the thread and may still be told so."""
    if party not in (*parties(message), by_party(message)):
        return False
    if thread is None:
        with reading.seeing_all(view):
            thread = reading.peek(view, thread_of(message)) or {}
    return party in parties(thread) and party_access.decided(view, str(codes.patient_of(message)), party, message).leaves


def reader_of(view: View, reader: str | None) -> str | None:
    """Who reads: as given, else whoever looks when they are outside; nobody outside ever reads as staff do."""
    return view.who.person if is_outside(view.who.person) else reader


def shown(view: View, thread: str, *, reader: str | None = None) -> Thread:
    """A thread with its messages, the earliest first. Raises NotFound when there is none for this reader."""
    reader = reader_of(view, reader)
    id_ = thread.removeprefix("Communication/")
    found = view.get("Communication", id_)
    if kind_of(found) != "thread":
        raise NotFound(f"There is no thread Communication/{id_}.")
    said = view.find("Communication", part_of=f"Communication/{id_}")
    (only,) = _threads(view, [found], said, reader) or (None,)
    if only is None:
        raise NotFound(f"There is no thread Communication/{id_}.")
    if reader is not None:
        return only
    return replace(only, messages=_with_promises(view, only))


def of_patient(view: View, patient: str, *, reader: str | None = None) -> tuple[Thread, ...]:
    """The threads of a patient ("Patient/id") that this reader sees, with their messages; whose turn is ours first, then the latest."""
    reader = reader_of(view, reader)
    patient = patient if "/" in patient else f"Patient/{patient}"
    found = view.find("Communication", patient=patient, category=f"{KIND}|thread,{KIND}|message")
    heads = [each for each in found if kind_of(each) == "thread"]
    return tuple(sorted(_threads(view, heads, [each for each in found if kind_of(each) == "message"], reader), key=order))


def in_chart(view: View, communications: Sequence[Resource], tasks: Sequence[Resource]) -> tuple[Thread, ...]:
    """The threads among what a page holds of a chart already, without their messages: nothing more is asked."""
    owed = thread_promises.among(tasks)
    return tuple(sorted((_thread(view, each, [], None, owed) for each in communications if kind_of(each) == "thread"), key=order))


def rows(view: View, *, open: bool = True) -> tuple[Thread, ...]:
    """The threads of one's patients, without their messages: unanswered first, the longest waiting first; then the latest."""
    status = "in-progress" if open else "completed"
    heads = view.find("Communication", category=f"{KIND}|thread", status=status, _sort="-_lastUpdated", _count=MOST)
    owed = thread_promises.owed(view, heads)
    known = {f"Communication/{each['id']}" for each in heads}
    if open and (older := sorted(each.partition("/")[2] for each in owed if each not in known)):
        heads += view.find("Communication", _id=",".join(older[:MOST]), _count=MOST)  # nobody who waits falls off the end of the list
    names = patient_names(view, map(codes.patient_of, heads))
    made = [replace(_thread(view, each, [], None, owed), patient_name=names.get(str(codes.patient_of(each)), "")) for each in heads]
    return tuple(sorted(made, key=order))


def order(thread: Thread) -> tuple[int, float]:
    """Where a thread stands in a list: ours first, the longest waiting first; then a colleague's, theirs, nobody's by the latest."""
    place = ("ours", "colleague", "theirs", "nobody").index(thread.turn if thread.open else NOBODY)
    when = thread.since if place < 3 and thread.since else thread.last
    stamp = when.timestamp() if when else 0.0
    return place, stamp if place < 3 else -stamp


def _threads(view: View, heads: Sequence[Resource], said: Sequence[Resource], reader: str | None) -> list[Thread]:
    owed = thread_promises.owed(view, heads)
    by_thread: dict[str, list[Resource]] = {}
    for each in said:
        by_thread.setdefault(str(thread_of(each)), []).append(each)
    found = []
    for head in heads:
        mine = by_thread.get(f"Communication/{head['id']}", [])
        if reader is not None:
            mine = [each for each in mine if may_read(view, each, reader, head)]
            if not mine:
                continue
        found.append(_thread(view, head, mine, reader, owed))
    return found


def _thread(view: View, head: Resource, said: Sequence[Resource], reader: str | None, owed: dict[str, list[Resource]]) -> Thread:
    """A thread as this reader sees it: what is known of it outside follows from what they may read alone."""
    kept = state_of(head)
    tasks = owed.get(f"Communication/{head['id']}", [])
    read_ = sorted((_shown(view, each, reader) for each in said), key=lambda each: (each.sent, each.id))
    whose = turn(tasks)
    first = next((each for each in tasks if each["authoredOn"] == whose["since"]), None)
    told = trace.of(first) if first else None
    outside = reader is not None
    last = read_[-1] if read_ else None
    party = reader if outside and str(reader).startswith(party_access.KINDS) else None
    owing = next((each for each in tasks if _is_owed(each, party)), None)
    promised = trace.of(owing) if owing is not None and outside and _turn_outside(read_) == "ours" else None if outside else told
    theirs = _turn_outside(read_) if outside else str(whose["turn"] if tasks else kept.get("turn", NOBODY))
    return Thread(
        id=str(head["id"]),
        patient=str(codes.patient_of(head)),
        topic=topic_of(head),
        subject="" if party else str(head.get("topic", {}).get("text", "")),  # it may be the first words of what others read
        open=head.get("status") == "in-progress",
        turn=theirs,
        since=None if outside else reading.moment(whose["since"], view.zone),
        last=last.sent if last else None if outside else reading.moment(kept.get("last"), view.zone),
        last_by=last.by if last else "" if outside else str((kept.get("by") or {}).get("display", "")),
        count=len(read_) if said or outside else int(kept.get("count", 0)),
        unread=sum(1 for each in read_ if outside and reader in [ref for ref, _ in each.to] and not each.has("read", str(reader))),
        people=() if party else _people(head),
        about=tuple(str(target(each)) for each in head.get("about", ())) if not outside else (),
        due=promised.due.astimezone(view.zone) if promised else None,
        task=str(first["id"]) if first and not outside else None,
        owner=str(first.get("owner", {}).get("display", "")) if first and not outside else "",
        messages=tuple(read_),
        parties=()
        if outside
        else tuple((str(target(each)), str(each.get("display", ""))) for each in head.get("recipient", ()) if is_party(each)),
    )


def _is_owed(task: Resource, party: str | None) -> bool:
    """Whether it is the answer that we owe whoever reads: the patient and the family, or this party."""
    code = codes.promise_code(task)
    return code == OWED_PARTY and thread_promises.party_of(task) == party if party else code == thread_promises.ANSWER


def _turn_outside(said: Sequence[Message]) -> str:
    """Whose turn it is, as far as somebody outside can tell: by the last message they may read."""
    last = said[-1]
    agreed = any(each.kind == "accepted" for each in last.receipts)
    return "ours" if last.outside else "theirs" if last.asks and not agreed else NOBODY


def _people(head: Resource) -> tuple[tuple[str, str], ...]:
    return tuple((ref, str(each.get("display") or ref)) for each in head.get("recipient", ()) if (ref := target(each)) and is_outside(ref))


def _shown(view: View, message: Resource, reader: str | None) -> Message:
    named = [(str(ref), str(each.get("display") or ref), each) for each in message.get("recipient", ()) if (ref := target(each))]
    to = [(ref, name) for ref, name, _each in named]
    outside = [(ref, name) for ref, name, each in named if is_outside(ref) or is_party(each)]
    if reader is not None:  # who else outside it went to is not told across: to a party it names none but itself, to others no party
        is_one = reader.startswith(party_access.KINDS)
        outside = [(ref, name) for ref, name, each in named if (ref == reader if is_one else is_outside(ref))]
    sender = message.get("sender", {})
    names = {ref: name for ref, name in to}
    back = not stands(message)
    return Message(
        id=str(message["id"]),
        by=str(sender.get("display") or target(sender) or ""),
        by_reference=str(target(sender)),
        outside=from_outside(message),
        sent=reading.moment(message.get("sent"), view.zone) or view.now,
        text="" if back else text_of(message),
        language=message.get("language"),
        to=tuple(outside),
        staff=tuple((ref, name) for ref, name, each in named if not is_outside(ref) and not is_party(each)),
        asks=asks(message),
        receipts=tuple(_receipt(view, each, names) for each in receipts(message)),
        taken_back=back,
        files=() if back else files_of(message),
        notices=tuple(thread_notices.how_told(message)),
    )


def _receipt(view: View, known: dict[str, Any], names: dict[str, str]) -> Receipt:
    at = reading.moment(known.get("at"), view.zone) or view.now
    return Receipt(str(known["kind"]), known["who"], names.get(known["who"], known["who"]), at, str(known["evidence"]), known["by"])


def _with_promises(view: View, thread: Thread) -> tuple[Message, ...]:
    """The messages of a thread with the promises that were made of them by hand."""
    made: dict[str, list[tuple[str, str, datetime | None, bool]]] = {}
    for each in view.find("Task", patient=thread.patient, code=f"{codes.PROMISE}|{codes.BY_HAND}"):
        told = trace.of(each)
        for link in each.get("basedOn", ()):
            due = told.due.astimezone(view.zone) if told else None
            made.setdefault(str(target(link)), []).append((str(each["id"]), str(each.get("description", "")), due, codes.is_open(each)))
    return tuple(replace(each, promises=tuple(made.get(f"Communication/{each.id}", ()))) for each in thread.messages)
