"""What worries a patient: raised, named, acknowledged, planned, closed by the patient. Each step is owed by a day; none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, owed, promises, reading, trace, working_days
from baton.duties.doings import Event, events
from baton.duties.promises import refuse
from baton.duties.support import concern_states as states
from baton.duties.trace import Fact
from baton.duties.transitions import upkeep
from baton.fhir.resource import Resource, human_name, target
from baton.rules import support
from baton.rules.answer import Answer
from baton.rules.calendar import local_day
from baton.store import labels

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Concern:
    """A concern as a page shows it: the patient's words, what it is about, where it stands, what was done, and by when the next step."""

    id: str
    version: int
    patient: str
    name: str
    words: str
    kind: str | None
    state: str
    raised: datetime
    due: datetime | None
    owner: str
    owner_name: str
    events: tuple[Event, ...]
    open: bool

    @property
    def plan(self) -> str:
        """What was planned last."""
        return next((each.said for each in reversed(self.events) if each.code == "plan"), "")

    @property
    def settled(self) -> Event | None:
        """What the patient said when it was settled."""
        return next((each for each in reversed(self.events) if each.code == "settle"), None)


# --- the loop -----------------------------------------------------------------------------------------------------------------------------


def raise_(
    change: Change, *, patient: str, words: str, kind: str | None = None, said_by: str | None = None, owner: str | None = None
) -> Stored:
    """Somebody said what worries them, in these words; with `kind` it is named at once. `said_by`: the caregiver when it was they.

    Raises Invalid naming the element.
    """
    reference = patient if "/" in patient else f"Patient/{patient}"
    words = words.strip()
    if not words or len(words) > LONGEST:
        raise refuse("Say it in the patient's own words, in at most 1000 characters.", "Task.description")
    change.get(*reference.split("/", 1))
    whom = said_by or reference
    if reading.maybe(change, whom) is None:
        raise refuse("There is nobody of that name who says so.", "Task.requester")
    to = (owner, reading.name_of(change, owner)) if owner else reading.team_of(change, reference)[:2]
    facts = (Fact("concern", words), Fact("concern-state", "raised"))
    told = owed.told(change, plan=owed.SUPPORT, step=states.CODE, answer=_answer(change, "raised", to[0]), facts=facts)
    id_ = codes.derived_id("concern", reference, change.now.isoformat(), words)
    task = owed.promise(change, told, id_=id_, patient=reference, focus=reference, owner=to, description=words)
    task["requester"] = codes.reference_to(whom, reading.name_of(change, whom))
    task = states.with_event(task, _event(change, "raise", whom=whom), "raised")
    return change.put(_named(change, task, kind) if kind else task)


def name(change: Change, *, concern: str, kind: str) -> Stored:
    """Say what it is about. Raises Invalid."""
    return change.put(_named(change, _held(change, concern), kind))


def _named(change: Change, task: Resource, kind: str) -> Resource:
    if kind not in states.KINDS:
        raise refuse("Say what it is about.", "Task.reasonCode")
    moved = _moved(change, task, "name", _event(change, "name", kind))
    named = {**moved, "reasonCode": codes.concept(states.KIND, kind)}
    return {**named, "meta": {**named.get("meta", {}), "security": [labels.coding("SDV")]}} if kind == states.VIOLENCE else named


def acknowledge(change: Change, *, concern: str, said: str) -> Stored:
    """The patient was told that it was heard: in which words. Raises Invalid."""
    return change.put(_said(change, concern, "acknowledge", said, "Say how you answered the patient."))


def plan(change: Change, *, concern: str, what: str) -> Stored:
    """What is done about it, who does it, by when; agreed with the patient. Raises Invalid."""
    return change.put(_said(change, concern, "plan", what, "Say what is done about it, and who does it."))


def not_settled(change: Change, *, concern: str, said: str) -> Stored:
    """The patient was asked, and it is not settled: a new plan is owed. Raises Invalid."""
    return change.put(_said(change, concern, "not-settled", said, "Say what the patient said."))


def settle(change: Change, *, concern: str, said: str, by: str | None = None) -> Stored:
    """The patient says that it is settled, in these words; `by` is the caregiver when it was they who said so. Raises Invalid."""
    found = _held(change, concern)
    whom = by or str(codes.patient_of(found))
    if not said.strip():
        raise refuse("Say what the patient said.", "Task.extension")
    if not whom.startswith(("Patient/", "RelatedPerson/")) or reading.maybe(change, whom) is None:
        raise refuse("There is nobody of that name who says so.", "Task.extension")
    moved = _moved(change, found, "settle", _event(change, "settle", said, whom=whom))
    return change.put(upkeep.shut(moved, reason="kept", status="completed", now=change.now))


def mistaken(change: Change, *, concern: str, why: str) -> Stored:
    """It was put down by mistake, on another patient's page for instance. Raises Invalid without a reason."""
    if not why.strip():
        raise refuse("Say why.", "Task.statusReason")
    shut = upkeep.shut(_held(change, concern), reason="not-needed", status="entered-in-error", text=why.strip(), now=change.now)
    return change.put(shut)


def _held(change: Change, concern: str) -> Resource:
    found = promises.held(change, concern)
    if not states.is_concern(found):
        raise refuse("This is no concern.", "Task.code")
    return found


def _event(change: Change, code: str, said: str = "", whom: str = "") -> Event:
    return Event(code, change.now, change.who.person, change.who.name, said.strip(), "", whom)


def _said(change: Change, concern: str, verb: str, said: str, otherwise: str) -> Resource:
    if not said.strip() or len(said) > LONGEST:
        raise refuse(otherwise, "Task.extension")
    return _moved(change, _held(change, concern), verb, _event(change, verb, said))


def _moved(change: Change, task: Resource, verb: str, event: Event) -> Resource:
    """The concern moved by a verb of the table, its next step due by its clock."""
    to = states.LIFE[verb].get(str(states.state(task)))
    if to is None:
        raise refuse("That does not fit where the concern stands now.", "Task.businessStatus")
    moved = states.with_event(task, event, to)
    told = trace.of(task)
    if told is None or to == "settled":
        return moved
    facts = tuple(each for each in told.facts if each.name not in ("concern-state", "clock"))
    answer = _answer(change, to, str(target(task.get("owner"))))
    again = owed.told(change, plan=owed.SUPPORT, step=states.CODE, answer=answer, facts=(*facts, Fact("concern-state", to)))
    again = replace(again, made_by=told.made_by)
    awake = {**upkeep.without(moved, "statusReason"), "status": "requested", "restriction": {"period": {"end": again.due.isoformat()}}}
    return trace.put(awake, again)


def _answer(view: View, state: str, owner: str) -> Answer[date]:
    return support.due(f"concern-{state}", local_day(view.now, view.zone), working_days.calendar(view, owner))


# --- reading ------------------------------------------------------------------------------------------------------------------------------


def read(view: View, task: Resource, name: str = "") -> Concern:
    """A concern as a page shows it, its times local."""
    done = tuple(replace(each, at=each.at.astimezone(view.zone)) for each in events(task))
    told = trace.of(task)
    return Concern(
        id=str(task["id"]),
        version=int(task.get("meta", {}).get("versionId", 0)),
        patient=str(codes.patient_of(task)).partition("/")[2],
        name=name,
        words=str(task.get("description") or ""),
        kind=states.kind(task),
        state=str(states.state(task)),
        raised=reading.moment(task.get("authoredOn"), view.zone) or view.now,
        due=told.due.astimezone(view.zone) if told and codes.is_open(task) else None,
        owner=str(target(task.get("owner"))),
        owner_name=str(task.get("owner", {}).get("display") or ""),
        events=done,
        open=codes.is_open(task),
    )


def concerns(view: View, *, patient: str | None = None, still_open: bool = True) -> tuple[Concern, ...]:
    """Concerns this person may see: those open, the earliest due first; with `still_open` false those closed, the newest first."""
    status = codes.OPEN if still_open else "completed"
    about = {"patient": patient if patient is None or "/" in patient else f"Patient/{patient}"}
    found = [each for each in view.find("Task", code=f"{codes.PROMISE}|{states.CODE}", status=status, **about) if states.is_concern(each)]
    ids = sorted({str(codes.patient_of(each)).partition("/")[2] for each in found})
    names = {each["id"]: human_name(each) for each in view.find("Patient", _id=",".join(ids))} if ids else {}
    known = [read(view, each, names.get(str(codes.patient_of(each)).partition("/")[2], "")) for each in found]
    if still_open:
        return tuple(sorted(known, key=lambda each: (each.due or each.raised, each.id)))
    return tuple(sorted(known, key=lambda each: each.raised, reverse=True))


GUARDS = states.GUARDS
