"""Looking over somebody's shoulder: the latest work of those one guides, beside what is co-signed, and what was said to whoever did it.

A remark is a mentor's comment (duties/team/mentoring.py): about one version of one piece of work, for whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading, trace
from baton.duties.names import patient_names
from baton.duties.team import mentoring
from baton.duties.team.mentoring import Event
from baton.fhir.outcome import error
from baton.fhir.resource import Resource, human_name, parse, target
from baton.store import Invalid, NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

LATELY: Final = timedelta(days=14)
KINDS: Final = ("Task", "CarePlan")


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work that somebody finished: `at` is when, `late` whether it was not in time."""

    task: str
    kind: str
    what: str
    patient: str
    patient_name: str
    by: str
    at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """What a mentor said to somebody: about which version of what (a kind of `KINDS` and its id), whose patient, when, by whom."""

    kind: str
    id: str
    version: int
    patient: str
    patient_name: str
    by: str
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    """One piece of work whole: whose it is, about whom, and its versions, the latest first."""

    work: str
    author: str  # "Practitioner/id"
    author_name: str
    patient: str
    patient_name: str
    events: tuple[Event, ...]


def lately(view: View, persons: Sequence[str], *, limit: int = 50, start: int = 0) -> tuple[tuple[Work, ...], int | None]:
    """What these people finished in two weeks, from `start` on, the latest first; and where the next page begins, if any."""
    if not persons:
        return (), None
    rows = view.promises_closed(list(persons), since=view.now - LATELY, limit=start + limit + 1)[start:]
    made = []
    for row in rows[:limit]:
        if row.code in (mentoring.CODE, mentoring.AGAIN):
            continue
        told, name = trace.of(row.task), human_name(parse(row.patient_body)) if row.patient_body else ""
        late = told is not None and row.due > told.due
        by = str(row.task.get("owner", {}).get("display", ""))
        what = str(codes.own_words(row.code, row.task) or "")
        made.append(Work(row.task_id, row.code, what, str(row.patient), name, by, row.due.astimezone(view.zone), late))
    return tuple(made), start + limit if len(rows) > limit else None


def look(view: View, *, kind: str, id: str) -> Looked:
    """One piece of work, version by version. Raises NotFound."""
    if kind not in KINDS:
        raise NotFound("There is no such work.")
    work = view.get(kind, id)
    patient = str(codes.patient_of(work))
    author = _author(view, work)
    events = mentoring.versions(view, kind, id, patient)
    name = patient_names(view, [patient]).get(patient, "")
    return Looked(f"{kind}/{id}", str(target(author) or ""), str(author.get("display", "")), patient, name, events)


def _author(view: View, work: Resource) -> Resource:
    """Whose work it is: who asked for its co-signature, else who owes or wrote it."""
    asked = [each for each in view.find("Task", code=f"{codes.PROMISE}|{mentoring.CODE}", patient=str(codes.patient_of(work)))]
    about = f"{work['resourceType']}/{work['id']}/"
    mine = next((each for each in asked if str(target(each.get("focus"))).startswith(about)), None)
    said: Resource = (mine or {}).get("requester") or work.get("owner") or work.get("author") or {}
    return said


def remark(change: Change, *, kind: str, id: str, version: int, words: str) -> Stored:
    """Something to learn from about one version of somebody's work. Raises Invalid, NotFound."""
    found = look(change, kind=kind, id=id)
    if change.who.role not in mentoring.MENTORS or found.author == change.who.person or not found.author.startswith("Practitioner/"):
        raise Invalid([error("forbidden", "A mentor speaks about the work of others, never their own.", "Communication.sender")])
    if not words.strip():
        raise Invalid("Write what you have to say.", expression="Communication.payload", code="required")
    change.stored(kind, id, version)
    about = f"{found.work}/_history/{version}"
    return change.put(mentoring.comment_of(change, about, found.patient, codes.reference_to(found.author, found.author_name), words))


def said_to(view: View, person: str, *, limit: int = 50, start: int = 0) -> tuple[tuple[Remark, ...], int | None]:
    """What mentors said to somebody about their work, from `start` on, the latest first; and where the next page begins, if any."""
    asked = {"recipient": person, "category": f"{mentoring.KIND}|{mentoring.COMMENT}", "_sort": "-sent", "_count": start + limit + 1}
    several = view.find("Communication", **asked)[start:]
    found = several[:limit]
    names = patient_names(view, (codes.patient_of(each) for each in found))
    made = []
    for each in found:
        about = next((str(one.get("reference", "")) for one in each.get("about", ())), "")
        work, _sep, version = about.partition("/_history/")
        type_, _slash, id_ = work.partition("/")
        patient = str(codes.patient_of(each))
        text = " ".join(str(part.get("contentString", "")) for part in each.get("payload", ()))
        by, at = str(each.get("sender", {}).get("display", "")), reading.moment(each.get("sent"), view.zone)
        made.append(Remark(type_, id_, int(version) if version.isdigit() else 0, patient, names.get(patient, ""), by, at, text))
    return tuple(made), start + limit if len(several) > limit else None
