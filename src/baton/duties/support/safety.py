"""The ninth question: answered above zero, a case opens in the same breath, whoever asked and however; a clinician decides what happens.

Nothing here rates the risk of a person. What is done, by whom and when, stands on the case; it ends with a clinician's decision only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, owed, promises, reading, working_days
from baton.duties.contact import communication
from baton.duties.doings import Event, events
from baton.duties.names import patient_names
from baton.duties.promises import refuse
from baton.duties.reactions import Reaction, wanting
from baton.duties.support import clinicians
from baton.duties.support import safety_answers as answers
from baton.duties.support import safety_states as states
from baton.duties.trace import Fact
from baton.duties.transitions import upkeep
from baton.fhir.resource import Resource, human_name, target
from baton.rules import assessments as rules
from baton.rules.attempts import OUTCOMES
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, Store, Stored, View, Who

FOLLOW_UP: Final = "safety-follow-up"
LONGEST: Final = 300
AT_WORK: Final = frozenset({"desk", "demo"})
"""Entrances at which whoever writes an answer is speaking with the patient."""


@dataclass(frozen=True, slots=True)
class Case:
    """A safety case as a page shows it. `calls` were made since contact was lost; `calls_until` is when the call-backs end."""

    id: str
    version: int
    patient: str
    name: str
    state: str
    since: datetime
    asked_by: str
    owner: str
    owner_name: str
    response: str | None
    place: str
    number: str
    lost: datetime | None
    calls: tuple[Event, ...]
    calls_wanted: int
    calls_until: datetime | None
    events: tuple[Event, ...]
    decision: Event | None

    @property
    def told(self) -> Event | None:
        """What the patient said last of where they are and how to call them; None until they have read what helps."""
        return next((each for each in reversed(self.events) if each.code == states.TOLD), None)

    @property
    def open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.decision is None


# --- the answer ---------------------------------------------------------------------------------------------------------------------------


def _wants(after: Resource | None) -> bool:
    return after is not None and (answers.observes(after) if after["resourceType"] == answers.OBSERVED else bool(after.get("item")))


@wanting(_wants)
def on_response(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Item 9 was answered above zero: a case is open, and a promise to speak again. The sum, and whether it is finished, play no part."""
    day = local_day(view.now, view.zone)
    said = answers.positive(after, day)
    patient = codes.patient_of(after)
    if (
        after is None
        or said is None
        or patient is None
        or said == answers.positive(before, day)
        or answers.is_history(after, said[0], view)
    ):
        return []
    with reading.seeing_all(view):
        if answers.seen_to(after, view):
            return []
        for task in view.find("Task", patient=patient, code=f"{codes.PROMISE}|{states.CODE}", status=codes.OPEN):
            again = Event("answered-again", view.now, view.who.person, view.who.name)
            held = view.get("Task", task["id"])
            return [states.with_event(held, again, str(states.state(held)))]
        return list(_opened(view, after, patient))


def _opened(view: View, after: Resource, patient: str) -> Iterator[Resource]:
    """The case, in the hands of the clinician on call, and the promise to speak with the patient again on the next business day."""
    reference = f"{after['resourceType']}/{after['id']}"
    key = f"{reference}/_history/{after.get('meta', {}).get('versionId', '1')}"
    who: Who = view.who
    said_by: Resource = after.get("author") or next(iter(after.get("performer", ())), {})
    author = target(said_by)
    speaking = who.entrance in AT_WORK and who.person.startswith("Practitioner/") and author == who.person
    facts = [Fact("item-9", True, reference), Fact("spoke-with", str(said_by.get("display") or who.name or who.person))]
    day = local_day(view.now, view.zone)
    moment = view.now.replace(microsecond=0)
    told = owed.told(view, plan=owed.SUPPORT, step=states.CODE, answer=rules.at_once(day), facts=facts, due=moment)
    team, name, _ = reading.team_of(view, patient)
    doctor = clinicians.as_owner(clinicians.of_patient(view, patient)) or (team, name)
    clinicians.tell(view, patient, doctor[0])
    task = owed.promise(view, told, id_=codes.derived_id("safety", key), patient=patient, focus=reference, owner=doctor, priority="stat")
    event = Event("raised", view.now, who.person, who.name)
    yield states.with_event(task, event, "in-contact" if speaking else "out-of-contact")
    answer = rules.follow_up(day, working_days.calendar(view, team))
    again = owed.told(view, plan=owed.SUPPORT, step=FOLLOW_UP, answer=answer, facts=facts)
    yield owed.promise(
        view,
        again,
        id_=codes.derived_id("safety-again", key),
        patient=patient,
        focus=f"Task/{task['id']}",
        owner=(team, name),
        priority="asap",
    )


# --- what is done about it ----------------------------------------------------------------------------------------------------------------


def _moved(change: Change, task: str, verb: str, event: str, said: str = "", more: str = "") -> Resource:
    """The case moved by a verb of the table, with what was done. Raises Invalid when it is closed or the verb does not fit."""
    found = promises.held(change, task)
    was = states.state(found)
    if not states.is_case(found) or was is None:
        raise refuse("This is no safety case.", "Task.code")
    to = states.LIFE[verb].get(was)
    if to is None:
        raise refuse("That does not fit where the case stands now.", "Task.businessStatus")
    return states.with_event(found, Event(event, change.now, change.who.person, change.who.name, said.strip(), more.strip()), to)


def confirm(change: Change, *, task: str, place: str, number: str) -> Stored:
    """Where the patient is, and how to call them back, was asked and answered. Raises Invalid."""
    if not place.strip() or not number.strip():
        raise refuse("Ask where they are, and at which number to call back.", "Task.extension")
    return change.put(_moved(change, task, "confirm", "confirm", place, number))


def tell(change: Change, *, task: str, place: str, number: str) -> Stored:
    """The patient read what helps now, and says where they are and how to call them, as far as they like. Nothing else moves."""
    return change.put(_moved(change, task, "tell", states.TOLD, place[:LONGEST], number[:LONGEST]))


def hand_over(change: Change, *, task: str, to: str) -> Stored:
    """A clinician took over the conversation, warm; the case is theirs. Raises Invalid when there is nobody of that reference."""
    if not to.startswith("Practitioner/") or reading.maybe(change, to) is None:
        raise refuse("There is nobody of that name to hand it to.", "Task.owner")
    name = reading.name_of(change, to)
    return change.put({**_moved(change, task, "hand-over", "hand-over", name), "owner": codes.reference_to(to, name)})


def lose(change: Change, *, task: str) -> Stored:
    """The line broke: three call-backs within fifteen minutes."""
    return change.put(_moved(change, task, "lose", "lose"))


def call(change: Change, *, task: str, outcome: str, note: str | None = None) -> Stored:
    """A call-back, documented as every attempt is. Reached: in contact again. The last of those wanted unanswered: a clinician decides."""
    if outcome not in OUTCOMES:
        raise refuse("Say how it went.", "Communication.extension")
    reached = outcome in ("reached", "refused")
    moved = _moved(change, task, "reach" if reached else "miss", "call", outcome, note or "")
    communication.attempt(change, task=task, outcome=outcome, note=note)
    linked = promises.held(change, task)
    moved = {**moved, "output": linked.get("output", [])}
    since = lost(events(moved))
    if not reached and states.state(moved) == "out-of-contact" and since is not None:
        wanted, until = rules.call_backs(since)
        if len(calls(events(moved))) >= wanted or change.now >= until:
            moved = {**moved, "businessStatus": codes.concept(states.STATE, "unreachable")}
    return change.put(moved)


def decide(change: Change, *, task: str, decision: str, why: str) -> Stored:
    """A clinician's decision, which alone ends the case; the promise to speak again stays. Raises Invalid, Forbidden at the door."""
    if decision not in states.DECISIONS or not why.strip():
        raise refuse("Say what happens, and in a sentence why.", "Task.extension")
    if not clinicians.decides(change):
        raise refuse("A clinician decides, and says so themselves.", "Task.businessStatus")
    moved = _moved(change, task, "decide", "decide", decision, why)
    return change.put(upkeep.shut(moved, reason="kept", status="completed", now=change.now))


def watch(who: Who, store: Store, now: datetime) -> None:
    """Each minute: a case nobody has touched since its call-backs were over is not left alone. Those who answer for it are told again."""
    with store.view(who) as view:
        found = view.find("Task", code=f"{codes.PROMISE}|{states.CODE}", status=codes.OPEN)
        quiet = [each["id"] for each in found if _quiet(each, now)]
    for task in quiet:
        with store.change(who, because="A safety case nobody has touched") as change:
            held = change.get("Task", task)
            if codes.is_open(held) and _quiet(held, now):
                verb = "give-up" if states.state(held) == "out-of-contact" else "remind"
                change.put(_moved(change, task, verb, verb))
                clinicians.tell(change, str(codes.patient_of(held)), str(target(held.get("owner"))))


def _quiet(task: Resource, now: datetime) -> bool:
    done = events(task)
    done = tuple(each for each in done if each.code != states.TOLD)  # what the patient said is no touch of ours
    return states.state(task) in states.STARTS and bool(done) and rules.call_backs(done[-1].at)[1] <= now


# --- reading ------------------------------------------------------------------------------------------------------------------------------


def lost(done: tuple[Event, ...]) -> datetime | None:
    """Since when nobody speaks with the patient; None while somebody does."""
    since = None
    for each in done:
        if each.code == "lose" or (each.code == "raised" and since is None):
            since = each.at
        elif each.code in ("confirm", "hand-over") or (each.code == "call" and each.said in ("reached", "refused")):
            since = None
    return since


def calls(done: tuple[Event, ...]) -> tuple[Event, ...]:
    """The call-backs made since contact was lost."""
    since = lost(done)
    return tuple(each for each in done if each.code == "call" and since is not None and each.at >= since)


def read(view: View, task: Resource, name: str = "") -> Case:
    """A safety case as a page shows it, its times local."""
    done = tuple(replace(each, at=each.at.astimezone(view.zone)) for each in events(task))
    state = str(states.state(task))
    since = lost(done) if state in ("out-of-contact", "unreachable") else None
    wanted, until = rules.call_backs(since) if since else (0, None)
    asked = next((each for each in reversed(done) if each.code == "confirm"), None)
    return Case(
        id=str(task["id"]),
        version=int(task.get("meta", {}).get("versionId", 0)),
        patient=str(codes.patient_of(task)).partition("/")[2],
        name=name,
        state=state,
        since=done[0].at if done else view.now,
        asked_by=done[0].name if done else "",
        owner=str(target(task.get("owner"))),
        owner_name=str(task.get("owner", {}).get("display") or ""),
        response=target(task.get("focus")),
        place=asked.said if asked else "",
        number=asked.more if asked else "",
        lost=since,
        calls=calls(done) if since else (),
        calls_wanted=wanted,
        calls_until=until,
        events=done,
        decision=next((each for each in reversed(done) if each.code == "decide"), None),
    )


def case(view: View, *, task: str) -> Case:
    """One case. Raises NotFound, and Invalid when it is none."""
    found = view.get("Task", task)
    if not states.is_case(found):
        raise refuse("This is no safety case.", "Task.code")
    patient = reading.maybe(view, codes.patient_of(found))
    return read(view, found, human_name(patient) if patient else "")


def cases(view: View, *, patient: str | None = None, still_open: bool = True) -> tuple[Case, ...]:
    """The cases this person may see, the oldest first (those decided: the newest first)."""
    status = codes.OPEN if still_open else "completed"
    about = {"patient": patient if patient is None or "/" in patient else f"Patient/{patient}"}
    found = [each for each in view.find("Task", code=f"{codes.PROMISE}|{states.CODE}", status=status, **about) if states.is_case(each)]
    names = patient_names(view, map(codes.patient_of, found))
    known = [read(view, each, names.get(str(codes.patient_of(each)), "")) for each in found]
    return tuple(sorted(known, key=lambda each: each.since, reverse=not still_open))


def of_response(view: View, *, response: str) -> Case | None:
    """The open case that these answers belong to: what a page shows instead of the next question."""
    resource = view.get("QuestionnaireResponse", response)
    return next(iter(cases(view, patient=codes.patient_of(resource))), None) if answers.needs_somebody(view, resource) else None


REACTIONS: dict[str, list[Reaction]] = {"QuestionnaireResponse": [on_response], answers.OBSERVED: [on_response]}
GUARDS = {**states.GUARDS, "QuestionnaireResponse": [answers.guard], answers.OBSERVED: [answers.guard]}
