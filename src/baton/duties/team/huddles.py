"""Huddles: the team talks about those with the most open loops; each decision is a promise with an owner and a date, a disagreement is kept
as one, and who was there how long is counted for staff.

A huddle is an `Encounter` without a patient, its people participants with periods; each patient on the agenda a `Communication` in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, promises, reading
from baton.duties.programs.wording import Words, words
from baton.duties.team import looking_after, teams
from baton.duties.today import caseload
from baton.duties.today.caseload import Filters
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of, human_name, target
from baton.store import Invalid, NotFound

if TYPE_CHECKING:
    from baton.store import Change, PromiseRow, Stored, View

KIND: Final = f"{codes.P}/CodeSystem/contact-kind"
HUDDLE, DISAGREEMENT, OFFERED = "huddle", "disagreement", "offered"
VIRTUAL: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"}
AGENDA: Final = 12


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody who was there: from when, until when (None: still), and how many minutes."""

    person: str
    name: str
    start: datetime
    end: datetime | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: by whom it is owed, until when, and whether an absent owner has still to say yes."""

    task: str
    what: str
    owner: str
    owner_name: str
    due: str
    offered: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Point:
    """One patient on the agenda: what is open, what was said, what was decided. `after` looks after them; state: to-do, done, put-off."""

    id: str
    patient: str
    name: str
    state: str
    said: tuple[tuple[str, bool], ...]
    open: tuple[tuple[PromiseRow, datetime], ...]  # each with when it is due, on the wall of the house
    decisions: tuple[Decision, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Huddle:
    """One huddle."""

    id: str
    team: str
    team_name: str
    start: datetime
    end: datetime | None
    people: tuple[Attended, ...]
    about: Words = Words("", {})  # what the meeting is called, where it is more than a huddle


# --- before and during -----------------------------------------------------------------------------------------------------------------


def agenda(view: View, team: str, limit: int = AGENDA) -> list[str]:
    """Whom to talk about: the patients of a team with the most that is late, then what is due first."""
    owners = caseload.owners_of(view, Filters(whose="team", team=team))
    counted: dict[str, list[PromiseRow]] = {}
    for row in view.promises(owners, state="late", limit=300):
        if row.patient:
            counted.setdefault(row.patient, []).append(row)
    return sorted(counted, key=lambda each: (-len(counted[each]), counted[each][0].due))[:limit]


def begin(change: Change, *, team: str, patients: Sequence[str] | None = None, about: Resource | None = None) -> str:
    """A huddle of a team begins now, with whoever begins it and its agenda. Returns its id. Raises Invalid.

    `patients`: those to talk about, where another meeting says so; `about`: what that meeting is called (CodeableConcept).
    """
    if team not in dict(teams.names(change)):
        raise Invalid("Choose one of your teams.", expression="Encounter.serviceProvider", code="required")
    if any(each.end is None and each.team == team for each in every(change)):
        raise Invalid("A huddle of this team is under way already.", expression="Encounter.status", code="business-rule")
    now = episodes.instant(change.now)
    stored = change.put(
        {
            "resourceType": "Encounter",
            "status": "in-progress",
            "class": VIRTUAL,
            "type": [codes.concept(KIND, HUDDLE), *([about] if about else [])],
            "serviceProvider": codes.reference_to(team, reading.name_of(change, team)),
            "period": {"start": now},
            "participant": [{"individual": codes.reference_to(change.who.person, change.who.name), "period": {"start": now}}],
        }
    )
    for patient in agenda(change, team) if patients is None else patients:
        change.put(_point(stored.id, patient))
    return stored.id


def _point(huddle: str, patient: str) -> Resource:
    return {
        "resourceType": "Communication",
        "id": codes.derived_id(HUDDLE, huddle, patient),
        "status": "preparation",
        "category": [codes.concept(KIND, HUDDLE)],
        "subject": {"reference": patient},
        "encounter": {"reference": f"Encounter/{huddle}"},
    }


def add(change: Change, *, huddle: str, patient: str) -> None:
    """One more patient to talk about. Raises Invalid when the huddle is over."""
    _running(change, huddle)
    change.get(*patient.split("/", 1))
    point = _point(huddle, patient)
    if reading.peek(change, f"Communication/{point['id']}") is None:
        change.put(point)


def join(change: Change, *, huddle: str, person: str) -> None:
    """Somebody is there from now on. Raises Invalid."""
    encounter = _running(change, huddle)
    if not teams.works(change, person):
        raise Invalid("Choose somebody who works here.", expression="Encounter.participant", code="required")
    if any(target(each["individual"]) == person and "end" not in each["period"] for each in encounter["participant"]):
        return
    entry = {"individual": codes.reference_to(person, reading.name_of(change, person)), "period": {"start": episodes.instant(change.now)}}
    change.put({**encounter, "participant": [*encounter["participant"], entry]})


def leave(change: Change, *, huddle: str, person: str) -> None:
    """Somebody leaves before the end."""
    encounter = _running(change, huddle)
    change.put({**encounter, "participant": [_ended(change, each, person) for each in encounter["participant"]]})


def _ended(change: Change, participant: Resource, person: str | None = None) -> Resource:
    if "end" in participant["period"] or person not in (None, target(participant["individual"])):
        return participant
    return {**participant, "period": {**participant["period"], "end": episodes.instant(change.now)}}


def say(change: Change, *, huddle: str, patient: str, words: str, disagree: bool = False) -> Stored:
    """What was said about a patient; `disagree`: not everybody agrees, and it is kept as that. Raises Invalid."""
    _running(change, huddle)
    if not words.strip():
        raise Invalid("Write what was said.", expression="Communication.note", code="required")
    point = change.get("Communication", codes.derived_id(HUDDLE, huddle, patient))
    note = {
        "authorReference": codes.reference_to(change.who.person, change.who.name),
        "time": episodes.instant(change.now),
        "text": words.strip()[:2000],
        **({"extension": [{"url": f"{codes.P}/StructureDefinition/disagreement", "valueBoolean": True}]} if disagree else {}),
    }
    after = {**point, "status": "completed", "sent": episodes.instant(change.now), "note": [*point.get("note", ()), note]}
    return change.put(after | ({"reasonCode": [codes.concept(KIND, DISAGREEMENT)]} if disagree else {}))


def decide(change: Change, *, huddle: str, patient: str, what: str, owner: str, due: date) -> Stored:
    """Something is decided: a promise, owed by somebody until a day; one who is not there has still to say yes. Raises Invalid."""
    encounter = _running(change, huddle)
    point = change.get("Communication", codes.derived_id(HUDDLE, huddle, patient))
    stored = promises.make_by_hand(change, patient=patient, what=what, due=due, owner=owner)
    there = {target(each["individual"]) for each in encounter["participant"] if "end" not in each["period"]}
    task = {**stored.resource(), "encounter": {"reference": f"Encounter/{huddle}"}}
    if owner.startswith("Practitioner/") and owner not in there:
        task["businessStatus"] = codes.concept(KIND, OFFERED)
    if point["status"] == "preparation":
        change.put({**point, "status": "completed", "sent": episodes.instant(change.now)})
    return change.put(task)


def accept(change: Change, *, task: str) -> Stored:
    """Whoever was not there says yes. Raises Invalid."""
    found = _offered(change, task)
    rest = {name: value for name, value in found.items() if name != "businessStatus"}
    return change.put(promises.stamped(change, {**rest, "status": "accepted"}))


def decline(change: Change, *, task: str, why: str) -> Stored:
    """Whoever was not there says no, and why: it is back with whoever decided it. Raises Invalid."""
    found = _offered(change, task)
    if not why.strip():
        raise Invalid("Say why.", expression="Task.statusReason", code="required")
    rest = {name: value for name, value in found.items() if name != "businessStatus"}
    back = promises.with_note(change, {**rest, "owner": found["requester"]}, why.strip())
    return change.put(promises.stamped(change, back))


def _offered(change: Change, task: str) -> Resource:
    found = promises.held(change, task)
    if code_of(found.get("businessStatus"), KIND) != OFFERED:
        raise Invalid("Nobody waits for an answer to this any more.", expression="Task.businessStatus", code="business-rule")
    if target(found.get("owner")) != change.who.person:
        raise Invalid("This is for whoever it was given to.", expression="Task.owner", code="forbidden")
    return found


def end(change: Change, *, huddle: str) -> None:
    """It is over: everybody's minutes end, and whom nobody talked about is put off. Raises Invalid when it is over already."""
    encounter = _running(change, huddle)
    now = episodes.instant(change.now)
    people = [_ended(change, each) for each in encounter["participant"]]
    change.put({**encounter, "status": "finished", "period": {**encounter["period"], "end": now}, "participant": people})
    for point in change.find("Communication", encounter=f"Encounter/{huddle}", status="preparation"):
        change.put({**point, "status": "not-done"})


def _running(change: Change, huddle: str) -> Resource:
    encounter = change.get("Encounter", huddle)
    if not is_huddle(encounter):
        raise NotFound("There is no such huddle.")
    if encounter["status"] != "in-progress":
        raise Invalid("This huddle is over.", expression="Encounter.status", code="business-rule")
    return encounter


# --- reading ---------------------------------------------------------------------------------------------------------------------------


def is_huddle(encounter: Resource | None) -> bool:
    """Whether an Encounter is one of the team with itself."""
    return any(code_of(each, KIND) == HUDDLE for each in (encounter or {}).get("type", ()))


def every(view: View, limit: int = 30) -> list[Huddle]:
    """The latest huddles, those under way first."""
    found = view.find("Encounter", type=f"{KIND}|{HUDDLE}", _sort="-date", _count=limit)
    return sorted((read(each, view) for each in found), key=lambda each: (each.end is not None, -each.start.timestamp()))


def read(encounter: Resource, view: View) -> Huddle:
    """One huddle, with everybody's minutes until now."""
    start, end_ = (reading.moment(encounter["period"].get(name), view.zone) for name in ("start", "end"))
    people = []
    for each in encounter.get("participant", ()):
        first, last = (reading.moment(each["period"].get(name), view.zone) for name in ("start", "end"))
        begun = first or view.now
        minutes = int(((last or view.now) - begun).total_seconds() // 60)
        who = each["individual"]
        people.append(Attended(str(target(who)), str(who.get("display", "")), begun, last, minutes))
    team = encounter.get("serviceProvider", {})
    about = next((words(each, "text") for each in encounter.get("type", ()) if each.get("text") and not each.get("coding")), Words("", {}))
    return Huddle(str(encounter["id"]), str(target(team)), str(team.get("display", "")), start or view.now, end_, tuple(people), about)


def points(view: View, huddle: str) -> tuple[Point, ...]:
    """The agenda as it stands: four questions."""
    found = view.find("Communication", encounter=f"Encounter/{huddle}")
    patients = [str(codes.patient_of(each)) for each in found]
    if not patients:
        return ()
    bodies = reading.several(view, "Patient", patients)
    care_teams = {
        str(codes.patient_of(each)): looking_after.after(each)
        for each in view.find("CareTeam", patient=",".join(patients), status="active")
    }
    decided: dict[str, list[Decision]] = {}
    for task in view.find("Task", encounter=f"Encounter/{huddle}"):
        decided.setdefault(str(codes.patient_of(task)), []).append(_decision(task))
    states = {"preparation": "to-do", "completed": "done"}
    made = []
    for each, patient in zip(found, patients, strict=True):
        if patient not in bodies:
            continue
        said = tuple((str(note["text"]), bool(note.get("extension"))) for note in each.get("note", ()))
        open_ = tuple((row, row.due.astimezone(view.zone)) for row in view.promises(None, patient=patient, limit=6))
        state = states.get(each["status"], "put-off")
        made.append(
            Point(
                str(each["id"]),
                patient,
                human_name(bodies[patient]),
                state,
                said,
                open_,
                tuple(decided.get(patient, ())),
                care_teams.get(patient),
            )
        )
    return tuple(sorted(made, key=lambda one: (one.state != "to-do", one.name.casefold())))


def _decision(task: Resource) -> Decision:
    owner: Resource = task.get("owner", {})
    due = str(task["restriction"]["period"]["end"])[:10]
    offered = code_of(task.get("businessStatus"), KIND) == OFFERED
    return Decision(
        str(task["id"]),
        str(task.get("description", "")),
        str(target(owner)),
        str(owner.get("display", "")),
        due,
        offered,
        codes.is_open(task),
    )


def offered_to(view: View, person: str) -> tuple[Decision, ...]:
    """What was decided in somebody's absence and waits for their yes."""
    found = view.find("Task", owner=person, business_status=f"{KIND}|{OFFERED}", status=codes.OPEN)
    return tuple(_decision(each) for each in found)
