"""Mentoring: what a mentored colleague does that asks for it waits for their mentor, who co-signs it or sends it back; comments stay with
the version they speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, plans, promises, reading, trace, working_days
from baton.duties.reactions import Reaction, wanting
from baton.duties.team import looking_after, people
from baton.duties.team.people import Person
from baton.duties.trace import Fact, Step, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import error
from baton.fhir.resource import Resource, extension, human_name, parse, target
from baton.rules import cosign
from baton.rules.calendar import end_of_day, local_day
from baton.store import Invalid, NotFound

if TYPE_CHECKING:
    from baton.store import Change, PromiseRow, Stored, View

CODE: Final = "co-signature"
AGAIN: Final = "look-again-request"
RULE: Final = f"{codes.P}/CodeSystem/cosign|1"
COMMENT: Final = "mentor-comment"
KIND: Final = f"{codes.P}/CodeSystem/contact-kind"
AGENT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
MENTORS: Final = ("senior", "supervisor", "administrator")
MONTH: Final = timedelta(days=30)
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Comment:
    """What a mentor said about one version."""

    version: int
    by: str
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """One version of the work: when, what it changed (element, was, is, as stored), what was said about it; `asked`: to co-sign."""

    version: int
    at: datetime
    changed: tuple[tuple[str, Any, Any], ...]
    comments: tuple[Comment, ...]
    asked: bool


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits for a co-signature, or was sent back."""

    task: str
    patient: str
    patient_name: str
    what: str
    author: str
    author_name: str
    due: datetime
    sent_back: bool


@dataclass(frozen=True, slots=True)
class Miss:
    """A promise that was not kept in time, and why it was due then. `closed` None: it is still open."""

    row: PromiseRow
    patient_name: str
    kind: str
    due: datetime
    closed: datetime | None
    trace: Trace


# --- what asks for it --------------------------------------------------------------------------------------------------------------------


def mentor_of(view: View, person: str) -> str | None:
    """Who guides somebody, if that one works here; None when nobody does."""
    mentor = target(extension(reading.peek(view, person), codes.MENTOR)) if person.startswith("Practitioner/") else None
    return mentor if mentor and looking_after.takes(view, mentor) else None


@wanting(lambda after: after is not None and (after.get("status") == "completed" or after["resourceType"] == "CarePlan"))
def on_work(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A mentored colleague kept a promise or wrote a plan of a kind that is co-signed: their mentor owes a look at this version."""
    if after is None or view.who.role == "system":
        return []
    is_plan = after["resourceType"] == "CarePlan"
    kind = "CarePlan" if is_plan else codes.promise_code(after)
    fresh = is_plan or (before or {}).get("status") != "completed"
    day = local_day(view.now, view.zone)
    row = cosign.asks(str(kind), day) if kind and fresh else None
    mentor = mentor_of(view, view.who.person) if row else None
    if row is None or mentor is None:
        return []
    with reading.seeing_all(view):
        return [_asked(view, after, str(kind), row.code, mentor)]


def _asked(view: View, after: Resource, kind: str, code: str, mentor: str) -> Resource:
    patient = str(codes.patient_of(after))
    answer = cosign.due(code, local_day(view.now, view.zone), working_days.calendar(view, reading.team_of(view, patient)[0]))
    end, author = end_of_day(answer.value, view.zone), view.who
    version = str(after["meta"]["versionId"])
    told = Trace(
        rule=RULE,
        title="Work that is co-signed",
        step=CODE,
        source=answer.source,
        facts=(Fact("what", kind, f"{after['resourceType']}/{after['id']}"), Fact("asked-by", author.name or author.person, author.person)),
        arithmetic=tuple(Step(each.op, each.day, each.reason, each.n) for each in answer.steps),
        due=end,
        clears=("done-by-hand",),
        made_by=plans.made_by(view, getattr(view, "because", "")),
    )
    now = episodes.instant(view.now)
    task: Resource = {
        "resourceType": "Task",
        "id": codes.derived_id(CODE, str(after["resourceType"]), str(after["id"]), version),
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.PROMISE, CODE),
        "description": str(after.get("description") or after.get("title") or kind),
        "for": {"reference": patient},
        "focus": {"reference": f"{after['resourceType']}/{after['id']}/_history/{version}"},
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference_to(author.person, author.name),
        "owner": codes.reference_to(mentor, reading.name_of(view, mentor)),
        "restriction": {"period": {"end": end.isoformat()}},
    }
    return trace.put(task, told)


# --- what a mentor does ------------------------------------------------------------------------------------------------------------------


def sign(change: Change, *, task: str, words: str = "") -> Stored:
    """The work is good: it is co-signed, version and both people named. Raises Invalid."""
    found = _held(change, task)
    focus = str(found["focus"]["reference"])
    author = found["requester"]
    agents = [
        {"type": codes.concept(AGENT, "verifier"), "who": codes.reference_to(change.who.person, change.who.name)},
        {"type": codes.concept(AGENT, "author"), "who": author},
    ]
    change.put(
        {
            "resourceType": "Provenance",
            "target": [{"reference": focus}, {"reference": str(codes.patient_of(found))}],
            "recorded": episodes.instant(change.now),
            "activity": codes.concept("http://terminology.hl7.org/CodeSystem/v3-DataOperation", "UPDATE", "Co-signed"),
            "agent": agents,
        }
    )
    if words.strip():
        _said(change, found, int(focus.rpartition("/")[2]), words)
    return change.put(
        upkeep.shut(promises.with_note(change, found, words.strip() or None), reason="kept", status="completed", now=change.now)
    )


def send_back(change: Change, *, task: str, words: str) -> Stored:
    """Not yet: say why. Whoever did it owes another look; the co-signature waits for them. Raises Invalid without words."""
    found = _held(change, task)
    if not words.strip():
        raise Invalid("Say what they should look at again.", expression="Communication.payload", code="required")
    _said(change, found, int(str(found["focus"]["reference"]).rpartition("/")[2]), words)
    author = found["requester"]
    day = cosign.due("look-again", local_day(change.now, change.zone)).value
    what = f"Look again: {words.strip()}"
    owed = promises.make_by_hand(change, patient=str(codes.patient_of(found)), what=what, due=day, owner=str(target(author)))
    change.put({**owed.resource(), "code": codes.concept(codes.PROMISE, AGAIN)})
    return promises.wait(change, task=str(found["id"]), on=str(author.get("display") or target(author)))


def comment(change: Change, *, task: str, version: int, words: str) -> Stored:
    """Something to learn from about one version; it stays with that version. Raises Invalid."""
    found = _held(change, task, ended=True)
    if not words.strip():
        raise Invalid("Write what you have to say.", expression="Communication.payload", code="required")
    type_, id_ = _work(found)
    change.stored(type_, id_, version)
    return _said(change, found, version, words)


def _said(change: Change, task: Resource, version: int, words: str) -> Stored:
    type_, id_ = _work(task)
    about, patient = f"{type_}/{id_}/_history/{version}", str(codes.patient_of(task))
    return change.put(comment_of(change, about, patient, task["requester"], words))


def comment_of(change: Change, about: str, patient: str, whose: Resource, words: str) -> Resource:
    """A mentor's comment on a version ("Task/1/_history/2") of somebody's work, as it is written."""
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [codes.concept(KIND, COMMENT)],
        "subject": {"reference": patient},
        "about": [{"reference": about}],
        "sent": episodes.instant(change.now),
        "sender": codes.reference_to(change.who.person, change.who.name),
        "recipient": [whose],
        "payload": [{"contentString": words.strip()[:2000]}],
    }


def _held(change: Change, task: str, *, ended: bool = False) -> Resource:
    found = change.get("Task", task.removeprefix("Task/"))
    if codes.promise_code(found) != CODE:
        raise NotFound("There is nothing to co-sign.")
    if not ended and not codes.is_open(found):
        raise Invalid("This was answered already.", expression="Task.status", code="business-rule")
    own = target(found.get("requester")) == change.who.person
    if own or (target(found.get("owner")) != change.who.person and change.who.role not in MENTORS):
        raise Invalid([error("forbidden", "A mentor co-signs the work of others, never their own.", "Task.owner")])
    return found


def _work(task: Resource) -> tuple[str, str]:
    type_, id_, *_rest = str(task["focus"]["reference"]).split("/")
    return type_, id_


# --- reading -----------------------------------------------------------------------------------------------------------------------------


def mentees(view: View) -> tuple[Person, ...]:
    """Whom this person guides; for those who answer for the house, everybody who is guided."""
    everybody = view.who.role in ("supervisor", "administrator")
    return tuple(each for each in people.roster(view) if each.mentor and (everybody or each.mentor == view.who.person))


def _queue_of(view: View) -> list[str] | None:
    return None if view.who.role in ("supervisor", "administrator") else [view.who.person]


def how_many(view: View) -> int:
    """How much waits for a co-signature in one's queue."""
    counted = view.promise_counts(_queue_of(view), codes=[CODE])
    return sum(counted[state] for state in ("late", "today", "coming", "waiting"))


def queue(view: View, *, limit: int = 200, start: int = 0) -> tuple[Item, ...]:
    """What waits for a co-signature, from `start` on: one's own queue; for those who answer for the house, everybody's. The earliest due
    first.
    """
    rows = view.promises(_queue_of(view), codes=[CODE], limit=start + limit)[start:]
    return tuple(_item(view, row) for row in rows)


def _item(view: View, row: PromiseRow) -> Item:
    told, author = trace.of(row.task), row.task.get("requester", {})
    what, due = str(told.fact("what") if told else ""), row.due.astimezone(view.zone)
    sent_back = row.task.get("status") == "on-hold"
    return Item(row.task_id, str(row.patient), _name(row), what, str(target(author)), str(author.get("display", "")), due, sent_back)


def _name(row: PromiseRow) -> str:
    return human_name(parse(row.patient_body)) if row.patient_body else ""


def story(view: View, *, task: str) -> tuple[Resource, tuple[Event, ...]]:
    """The co-signature asked for, and every version of the work with what it changed and what was said about it. Raises NotFound."""
    found = view.get("Task", task)
    if codes.promise_code(found) != CODE:
        raise NotFound("There is nothing to co-sign.")
    type_, id_ = _work(found)
    asked = int(str(found["focus"]["reference"]).rpartition("/")[2])
    return found, versions(view, type_, id_, str(codes.patient_of(found)), asked)


def versions(view: View, type_: str, id_: str, patient: str, asked: int | None = None) -> tuple[Event, ...]:
    """Every version of a piece of work, the latest first: what it changed, what was said about it, and which one is `asked` about."""
    said = _comments(view, type_, id_, patient)
    events: list[Event] = []
    before: Resource = {}
    for stored in reversed(view.history(type_, id_, count=50).entries):
        now = stored.resource() if stored.body is not None else {}
        at = stored.last_updated.astimezone(view.zone)
        events.append(Event(stored.version, at, _changed(before, now), tuple(said.get(stored.version, ())), stored.version == asked))
        before = now
    return tuple(reversed(events))


def _comments(view: View, type_: str, id_: str, patient: str) -> Mapping[int, list[Comment]]:
    found: dict[int, list[Comment]] = {}
    for each in view.find("Communication", patient=patient, category=f"{KIND}|{COMMENT}"):
        for about in each.get("about", ()):
            reference, _sep, version = str(about.get("reference", "")).partition("/_history/")
            if reference == f"{type_}/{id_}" and version.isdigit():
                text = " ".join(str(part.get("contentString", "")) for part in each.get("payload", ()))
                said = Comment(
                    int(version), str(each.get("sender", {}).get("display", "")), reading.moment(each.get("sent"), view.zone), text
                )
                found.setdefault(int(version), []).append(said)
    return found


OURS: Final = frozenset({"meta", "id", "resourceType", "extension", "lastModified", "text"})


def _changed(before: Resource, after: Resource) -> tuple[tuple[str, Any, Any], ...]:
    """What one version changed, element by element: as it was and as it is."""
    names = [each for each in dict.fromkeys([*after, *before]) if each not in OURS and before.get(each) != after.get(each)]
    return tuple((each, before.get(each), after.get(each)) for each in names)


def misses(view: View, persons: Sequence[str]) -> tuple[Miss, ...]:
    """Promises of these people that were not kept in time in a month, or are late now, each with the rule's own reason."""
    if not persons:
        return ()
    closed = view.promises_closed(list(persons), since=view.now - MONTH, limit=MOST)
    late = view.promises(list(persons), state="late", limit=MOST)
    return tuple([*_late(view, ((row, None) for row in late)), *_late(view, ((row, row.due) for row in closed))])


def _late(view: View, rows: Iterable[tuple[PromiseRow, datetime | None]]) -> Iterable[Miss]:
    for row, closed in rows:
        told = trace.of(row.task)
        if told is not None and (closed is None or (closed > told.due and row.status == "completed")):
            at = closed.astimezone(view.zone) if closed else None
            yield Miss(row, _name(row), row.code, told.due.astimezone(view.zone), at, told)


REACTIONS: dict[str, list[Reaction]] = {"Task": [on_work], "CarePlan": [on_work]}
