"""Readings taken at home and watched: a weight that rises past the patient's own limit is one promise, decided by a clinician.

What is watched, how far it may rise and who says so stands in the program's pack; a limit of the patient's own goes before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, plans, reading, trace
from baton.duties.programs import states
from baton.duties.programs.packs import LOINC, Program, Rise, Watch
from baton.duties.programs.promises import GROUP, READING, about, promise_id
from baton.duties.programs.states import Enrolment
from baton.duties.promises import held, refuse, with_note
from baton.duties.reactions import Reaction, wanting
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, has_code
from baton.rules.calendar import add_days, end_of_day, local_day
from baton.rules.units import MASSES, kilograms
from baton.store import View

if TYPE_CHECKING:
    from baton.store import Change, Stored

OWN_LIMIT: Final = f"{states.E}/own-limit"
DISPOSITION: Final = f"{codes.P}/CodeSystem/disposition"
DISPOSITIONS: Final = ("no-change", "medicine-changed", "seen-soon", "emergency")
"""What a clinician decides about a reading: nothing changes, a medicine does, they are seen, or they go to the emergency department."""
FRESH: Final = timedelta(days=2)
"""A reading older than this when it comes in is history, not news."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: when, how much in which unit, and in kilograms."""

    id: str
    when: datetime
    value: float
    unit: str
    mass: float


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a reading may rise in so many days; `own` when it is the patient's and not the pack's."""

    rise: Rise
    by: float
    unit: str
    own: bool


@dataclass(frozen=True, slots=True)
class Crossed:
    """A reading past a limit: the reading, the lowest before it within the days of the limit, and the limit."""

    reading: Reading
    before: Reading
    limit: Limit


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch of one enrolment as a page shows it. `task` is the open promise about it, `facts` what it says."""

    watch: Watch
    limits: tuple[Limit, ...]
    readings: tuple[Reading, ...]
    task: str | None
    facts: Mapping[str, Any]


# --- readings and limits -----------------------------------------------------------------------------------------------------------------


def readings(view: View, patient: str, code: str, since: date) -> list[Reading]:
    """The readings of a patient since a day, oldest first; what has no mass is left out."""
    found = view.find("Observation", patient=patient, code=code, date=f"ge{since.isoformat()}")
    return sorted((read for each in found if (read := _read(each, view)) is not None), key=lambda each: (each.when, each.id))


def _read(observation: Mapping[str, Any], view: View) -> Reading | None:
    quantity = observation.get("valueQuantity", {})
    when = reading.moment(observation.get("effectiveDateTime"), view.zone)
    unit = next((str(quantity[each]) for each in ("code", "unit") if quantity.get(each) in MASSES), "")
    if when is None or quantity.get("value") is None or observation.get("status") in ("entered-in-error", "cancelled"):
        return None
    value = float(quantity["value"])
    mass = kilograms(value, unit)
    shown = "lb" if unit in ("[lb_av]", "lbs") else unit
    return Reading(str(observation.get("id", "")), when.astimezone(view.zone), value, shown, mass) if mass is not None else None


def limits(episode: Mapping[str, Any], watch: Watch) -> tuple[Limit, ...]:
    """The limits in force: the patient's own where there are such, else those of the pack."""
    own: dict[str, Mapping[str, Any]] = {}
    for each in episode.get("extension", ()):
        if each.get("url") == OWN_LIMIT:
            parts = {part["url"]: part for part in each["extension"]}
            own[str(parts["limit"]["valueCode"])] = parts["rise"]["valueQuantity"]
    found = []
    for rise in watch.rises:
        said = own.get(f"{watch.code}/{rise.code}")
        found.append(Limit(rise, float(said["value"]), str(said["unit"]), True) if said else Limit(rise, rise.by, rise.unit, False))
    return tuple(found)


def crossed(latest: Reading, earlier: Iterable[Reading], several: Iterable[Limit]) -> Crossed | None:
    """The first limit a reading is past, against the lowest reading of the days before; None when it is past none."""
    before = [each for each in earlier if each.when < latest.when]
    for limit in several:
        days = limit.rise.days
        near = [each for each in before if (latest.when.date() - each.when.date()).days <= days]
        lowest = min(near, key=lambda each: each.mass, default=None)
        most = limit.by * MASSES[limit.unit]
        if lowest is not None and latest.mass - lowest.mass >= most - 1e-9:
            return Crossed(latest, lowest, limit)
    return None


def set_limit(change: Change, *, enrolment: str, watch: str, rise: str, by: float, unit: str) -> Stored:
    """The patient's own limit, as their clinic gave it. Raises Invalid."""
    episode, found = states.held(change, enrolment)
    program = states.must_have(change, found)
    known = {f"{each.code}/{one.code}" for each in program.watches for one in each.rises}
    key = f"{watch}/{rise}"
    if key not in known:
        raise refuse("This program watches no such thing.", "EpisodeOfCare.extension(own-limit)")
    if unit not in ("lb", "kg") or not 0 < by <= 50:
        raise refuse("Say how much it may rise, in lb or kg.", "EpisodeOfCare.extension(own-limit)")
    others = [each for each in episode.get("extension", ()) if each.get("url") != OWN_LIMIT or not _is(each, key)]
    parts = [{"url": "limit", "valueCode": key}, {"url": "rise", "valueQuantity": {"value": by, "unit": unit}}]
    return change.put({**episode, "extension": [*others, {"url": OWN_LIMIT, "extension": parts}]})


def _is(extension: Mapping[str, Any], key: str) -> bool:
    return any(part.get("valueCode") == key for part in extension.get("extension", ()))


def watched(view: View, enrolment: Enrolment, program: Program) -> tuple[Watched, ...]:
    """Everything that is watched for an enrolment: limits, the readings of 30 days, and the promise that is open about it."""
    if not program.watches:
        return ()
    episode, _ = states.held(view, enrolment.id)
    since = local_day(view.now, view.zone) - timedelta(days=30)
    task = _open(view, enrolment)
    told = trace.of(task) if task else None
    facts = {each.name: each.value for each in told.facts} if told else {}
    return tuple(
        Watched(
            each,
            limits(episode, each),
            tuple(readings(view, enrolment.patient, each.reading, since)),
            str(task["id"]) if task and facts.get("watch") == each.code else None,
            facts if facts.get("watch") == each.code else {},
        )
        for each in program.watches
    )


# --- what follows from a reading ---------------------------------------------------------------------------------------------------------


@wanting(lambda after: after is not None and after.get("resourceType") == "Observation" and "valueQuantity" in after)
def on_observation(_before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A reading came in: past a limit of a program its patient is in, it is owed an answer. Once, however many readings follow."""
    patient, latest = codes.patient_of(after), _read(after or {}, view)
    code = code_of((after or {}).get("code"), LOINC)
    if after is None or patient is None or latest is None or code is None or latest.when < view.now - FRESH:
        return []
    made: list[Resource] = []
    with reading.seeing_all(view):
        for enrolment in states.of_patient(view, patient):
            program = states.program_of(view, enrolment) if enrolment.state == "active" else None
            for watch in program.watches if program else ():
                if program and watch.reading == code and (task := _followed(view, enrolment, program, watch, latest)) is not None:
                    made.append(task)
    return made


def _followed(view: View, enrolment: Enrolment, program: Program, watch: Watch, latest: Reading) -> Resource | None:
    episode, _ = states.held(view, enrolment.id)
    several = limits(episode, watch)
    since = latest.when.date() - timedelta(days=max(each.rise.days for each in several))
    earlier = [each for each in readings(view, enrolment.patient, watch.reading, since) if each.id != latest.id]
    found = crossed(latest, earlier, several)
    id_ = promise_id(enrolment, f"reading {latest.id}")
    if found is None or _open(view, enrolment) is not None or reading.peek(view, f"Task/{id_}") is not None:
        return None
    return _promise(view, enrolment, program, watch, found, id_)


def _open(view: View, enrolment: Enrolment) -> Resource | None:
    several = view.find("Task", group_identifier=f"{GROUP}|{enrolment.id}", code=f"{codes.PROMISE}|{READING}", status=codes.OPEN)
    return next(iter(several), None)


def _promise(view: View, enrolment: Enrolment, program: Program, watch: Watch, found: Crossed, id_: str) -> Resource:
    answer = add_days(local_day(view.now, view.zone), watch.days)
    rise = (found.reading.mass - found.before.mass) / MASSES[found.reading.unit]
    said = f"{found.reading.value:g} {found.reading.unit}, up {rise:.1f} {found.reading.unit} in {_days(found)}"
    explained = Trace(
        rule=program.canonical,
        title=program.title.text,
        step=READING,
        source=watch.source if found.limit.own else found.limit.rise.source,
        facts=(
            Fact("reading", said, f"Observation/{found.reading.id}"),
            Fact("limit", f"{found.limit.by:g} {found.limit.unit} / {found.limit.rise.days} d", enrolment.reference),
            Fact("own-limit", found.limit.own),
            Fact("program", program.title.text, enrolment.reference),
            Fact("watch", watch.code),
        ),
        arithmetic=answer.steps,
        due=end_of_day(answer.value, view.zone),
        clears=("reading-decided",),
        made_by=plans.made_by(view, getattr(view, "because", "") or "reading at home"),
    )
    return about(view, enrolment, explained, id_=id_, focus=f"Observation/{found.reading.id}", description=said, priority="urgent")


def _days(found: Crossed) -> str:
    days = (found.reading.when.date() - found.before.when.date()).days
    return f"{days} d" if days else f"{(found.reading.when - found.before.when).total_seconds() / 3600:.0f} h"


# --- what is decided ---------------------------------------------------------------------------------------------------------------------


def decide(change: Change, *, task: str, disposition: str, note: str = "") -> Stored:
    """What a clinician decides about a reading. Raises Invalid for none, and when they may not (`licences`)."""
    found = held(change, task)
    if codes.promise_code(found) != READING:
        raise refuse("This is no reading to decide about.", "Task.code")
    if disposition not in DISPOSITIONS:
        raise refuse("Say what is decided.", "Task.output")
    said = {"type": codes.concept(codes.OUTPUT, "disposition"), "valueCodeableConcept": codes.concept(DISPOSITION, disposition)}
    noted = with_note(change, found, note.strip() or None)
    return change.put(upkeep.shut({**noted, "output": [*found.get("output", ()), said]}, reason="kept", status="completed", now=change.now))


def disposition_of(task: Mapping[str, Any]) -> str | None:
    """What was decided about a reading."""
    several = (each for each in task.get("output", ()) if has_code(each.get("type"), codes.OUTPUT, "disposition"))
    return next((found for each in several if (found := code_of(each.get("valueCodeableConcept"), DISPOSITION))), None)


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A reading past its limit is kept by a decision, not by a tick."""
    if codes.promise_code(before) != READING or not codes.is_open(before) or after is None or after.get("status") != "completed":
        return
    if disposition_of(after) not in DISPOSITIONS:
        yield error("required", "Record on the program what a clinician decided about this reading.", "Task.output")


GUARDS = {"Task": [task_guard]}
REACTIONS: dict[str, list[Reaction]] = {"Observation": [on_observation]}
