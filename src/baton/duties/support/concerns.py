"""What worries a patient: raised, named, acknowledged, planned, closed by the patient. Each step is owed by a day; none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, owed, promises, reading, trace, working_days
from baton.duties.contact import thread_notices
from baton.duties.doings import Event, events
from baton.duties.names import patient_names
from baton.duties.promises import refuse
from baton.duties.support import concern_states as states
from baton.duties.trace import Fact
from baton.duties.transitions import upkeep
from baton.fhir.resource import Resource, target
from baton.rules import support
from baton.rules.answer import Answer
from baton.rules.calendar import local_day
from baton.store import NotFound, labels

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

LONGEST: Final = 1000
PAGE: Final = "/my/worries"


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
    by: str = ""

    @property
    def helps(self) -> str:
        """What they said would help, when they raised it."""
        return next((each.more for each in self.events if each.code == "raise"), "")

    @property
    def heard(self) -> str:
        """How they were answered last."""
        return next((each.said for each in reversed(self.events) if each.code == "acknowledge"), "")

    @property
    def back(self) -> Event | None:
        """What they said when it was not settled after all, while that is the last word of theirs."""
        last = next((each for each in reversed(self.events) if each.code in ("settle", "not-settled")), None)
        return last if last is not None and last.code == "not-settled" else None

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
    change: Change, *, patient: str, words: str, kind: str | None = None, said_by: str | None = None, owner: str | None = None,
    helps: str = "",
) -> Stored:  # fmt: skip
    """Somebody said what worries them, in these words; with `kind` it is named at once. `said_by`: the caregiver when it was they.

    `helps`: what they say would help. Whoever says it in the portal says it themselves. Raises Invalid naming the element.
    """
    reference = patient if "/" in patient else f"Patient/{patient}"
    words, helps = words.strip(), helps.strip()
    if not words or max(len(words), len(helps)) > LONGEST:
        raise refuse("Say it in the patient's own words, in at most 1000 characters.", "Task.description")
    change.get(*reference.split("/", 1))
    whom = change.who.person if change.who.person.startswith(states.OUTSIDE) else said_by or reference
    if reading.maybe(change, whom) is None:
        raise refuse("There is nobody of that name who says so.", "Task.requester")
    with reading.seeing_all(change):
        to = (owner, reading.name_of(change, owner)) if owner else reading.team_of(change, reference)[:2]
        facts = (Fact("concern", words), Fact("concern-state", "raised"))
        told = owed.told(change, plan=owed.SUPPORT, step=states.CODE, answer=_answer(change, "raised", to[0]), facts=facts)
        id_ = codes.derived_id("concern", reference, change.now.isoformat(), words)
        task = owed.promise(change, told, id_=id_, patient=reference, focus=reference, owner=to, description=words)
        task["requester"] = codes.reference_to(whom, reading.name_of(change, whom))
    task = states.with_event(task, replace(_event(change, "raise", whom=whom), more=helps), "raised")
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
    return _told(change, _said(change, concern, "acknowledge", said, "Say how you answered the patient."))


def plan(change: Change, *, concern: str, what: str) -> Stored:
    """What is done about it, who does it, by when; agreed with the patient. Raises Invalid."""
    return _told(change, _said(change, concern, "plan", what, "Say what is done about it, and who does it."))


def _told(change: Change, task: Resource) -> Stored:
    """Keep the answer; whoever raised it and comes into the portal is told that something waits there, not what."""
    who = str(target(task.get("requester")) or "")
    if who.startswith(states.OUTSIDE) and states.kind(task) != states.VIOLENCE:
        thread_notices.announce(change, patient=str(codes.patient_of(task)), reader=who, link=PAGE)
    return change.put(task)


def not_settled(change: Change, *, concern: str, said: str, by: str | None = None) -> Stored:
    """The patient says that it is not settled: a new plan is owed. What was settled before is open again. Raises Invalid.

    `by` is the caregiver when it was they who said so; whoever is in the portal says it themselves.
    """
    found = _any(change, concern)
    if not said.strip() or len(said) > LONGEST:
        raise refuse("Say what the patient said.", "Task.extension")
    whom = _themselves(change, found, by)
    if not codes.is_open(found):
        with reading.seeing_all(change):
            found = reading.rehomed(change, upkeep.reopened(found, "reopened-by-hand", change.now))
    return change.put(_moved(change, found, "not-settled", _event(change, "not-settled", said, whom=whom)))


def settle(change: Change, *, concern: str, said: str, by: str | None = None) -> Stored:
    """The patient says that it is settled, in these words; `by` is the caregiver when it was they who said so. Raises Invalid."""
    found = _held(change, concern)
    if not said.strip():
        raise refuse("Say what the patient said.", "Task.extension")
    whom = _themselves(change, found, by)
    moved = _moved(change, found, "settle", _event(change, "settle", said, whom=whom))
    return change.put(upkeep.shut(moved, reason="kept", status="completed", now=change.now))


def mistaken(change: Change, *, concern: str, why: str) -> Stored:
    """It was put down by mistake, on another patient's page for instance. Raises Invalid without a reason."""
    if not why.strip():
        raise refuse("Say why.", "Task.statusReason")
    shut = upkeep.shut(_held(change, concern), reason="not-needed", status="entered-in-error", text=why.strip(), now=change.now)
    return change.put(shut)


def _themselves(change: Change, concern: Resource, by: str | None) -> str:
    """Whose word it is: theirs who are in the portal, else the caregiver's or the patient's as whoever writes it down says."""
    whom = change.who.person if change.who.person.startswith(states.OUTSIDE) else by or str(codes.patient_of(concern))
    if not whom.startswith(states.OUTSIDE) or reading.maybe(change, whom) is None:
        raise refuse("There is nobody of that name who says so.", "Task.extension")
    return whom


def _any(change: Change, concern: str) -> Resource:
    """A concern, open or not. Raises NotFound for what is none, Invalid for what is closed otherwise than settled."""
    found = change.get("Task", concern.removeprefix("Task/"))
    if not states.is_concern(found):
        raise NotFound(f"There is no concern Task/{found['id']}.")
    if not codes.is_open(found) and states.state(found) != "settled":
        raise refuse("The promise is closed already.", "Task.status")
    return found


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
    with reading.seeing_all(change):
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
        by=str(target(task.get("requester")) or ""),
    )


def concerns(view: View, *, patient: str | None = None, still_open: bool = True) -> tuple[Concern, ...]:
    """Concerns this person may see: those open, the earliest due first; with `still_open` false those closed, the newest first."""
    status = codes.OPEN if still_open else "completed"
    about = {"patient": patient if patient is None or "/" in patient else f"Patient/{patient}"}
    found = [each for each in view.find("Task", code=f"{codes.PROMISE}|{states.CODE}", status=status, **about) if states.is_concern(each)]
    names = patient_names(view, map(codes.patient_of, found))
    known = [read(view, each, names.get(str(codes.patient_of(each)), "")) for each in found]
    if still_open:
        return tuple(sorted(known, key=lambda each: (each.due or each.raised, each.id)))
    return tuple(sorted(known, key=lambda each: each.raised, reverse=True))


def mine(view: View) -> tuple[Concern, ...]:
    """What whoever looks from outside raised themselves, or had written down as theirs: open, then settled; nobody else's words."""
    patient, me = str(view.who.on_behalf_of), view.who.person
    found = concerns(view, patient=patient) + concerns(view, patient=patient, still_open=False)
    return tuple(each for each in found if each.by == me and (each.open or each.settled))


GUARDS = states.GUARDS
