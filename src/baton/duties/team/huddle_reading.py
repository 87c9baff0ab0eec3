"""Huddles as they are read: who was there and how many minutes, the agenda point by point, what was decided, what is not agreed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.names import patient_names
from baton.duties.programs.wording import Words, words
from baton.duties.team import looking_after
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of, human_name, target

if TYPE_CHECKING:
    from baton.store import PromiseRow, View

KIND: Final = f"{codes.P}/CodeSystem/contact-kind"
HUDDLE, DISAGREEMENT, OFFERED = "huddle", "disagreement", "offered"
REMEMBERED: Final = timedelta(days=90)
"""So long a disagreement nobody settled is brought up again."""


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
    due: date
    offered: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said; `disagree`: it is that not everybody agrees."""

    text: str
    disagree: bool
    by: str


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A disagreement that nobody has settled yet: about whom, in which huddle, since when, and what was said."""

    point: str
    huddle: str
    patient: str
    name: str
    at: datetime | None
    said: Said


@dataclass(frozen=True, slots=True)
class Point:
    """One patient on the agenda: what is open, what was said, what was decided. `after` looks after them; state: to-do, done, put-off."""

    id: str
    patient: str
    name: str
    state: str
    said: tuple[Said, ...]
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


def is_huddle(encounter: Resource | None) -> bool:
    """Whether an Encounter is one of the team with itself."""
    return any(code_of(each, KIND) == HUDDLE for each in (encounter or {}).get("type", ()))


def every(view: View, limit: int = 30, start: int = 0) -> list[Huddle]:
    """The latest huddles from `start` on, those under way first."""
    found = view.find("Encounter", type=f"{KIND}|{HUDDLE}", _sort="-date", _count=start + limit)[start:]
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
        said = tuple(map(_said, each.get("note", ())))
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
    late = {one.id: sum(due < view.now for _row, due in one.open) for one in made}
    return tuple(sorted(made, key=lambda one: (one.state != "to-do", -late[one.id], one.name.casefold())))


def _said(note: Resource) -> Said:
    return Said(str(note["text"]), bool(note.get("extension")), str(note.get("authorReference", {}).get("display", "")))


def is_unsettled(communication: Resource) -> bool:
    """Whether it is what a huddle said, and not everybody agrees."""
    return any(code_of(each, KIND) == HUDDLE for each in communication.get("category", ())) and any(
        code_of(each, KIND) == DISAGREEMENT for each in communication.get("reasonCode", ())
    )


def unsettled(view: View) -> tuple[Unsettled, ...]:
    """What huddles did not agree on and nobody has settled, the oldest first, of the patients one may see."""
    since = episodes.instant(view.now - REMEMBERED)
    marked = view.find("Communication", category=f"{KIND}|{DISAGREEMENT}", sent=f"ge{since}")
    found = [each for each in marked if is_unsettled(each)]
    names = patient_names(view, (codes.patient_of(each) for each in found))
    made = [
        Unsettled(
            str(each["id"]),
            str(target(each.get("encounter"))).partition("/")[2],
            patient,
            names[patient],
            reading.moment(each.get("sent"), view.zone),
            next((said for note in reversed(each["note"]) if (said := _said(note)).disagree), _said(each["note"][-1])),
        )
        for each in found
        if (patient := str(codes.patient_of(each))) in names
    ]
    return tuple(sorted(made, key=lambda one: (one.at or view.now, one.name)))


def _decision(task: Resource) -> Decision:
    owner: Resource = task.get("owner", {})
    due = date.fromisoformat(str(task["restriction"]["period"]["end"])[:10])
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
