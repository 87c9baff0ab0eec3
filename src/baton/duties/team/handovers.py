"""Handing patients over: for good, or for some days and then back by itself; each act whole, undone whole, nobody ever without an owner.

What is open for the patient in the giver's own name goes along. A promise is in one live handover at most, so that "back" has one meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading, working_days
from baton.duties.reactions import Reaction, wanting
from baton.duties.team import handover_notices, looking_after
from baton.duties.team import handover_states as states
from baton.duties.team.handover_states import COVER, FOR_GOOD, LEFT, SYSTEM, Handover
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, target
from baton.rules.calendar import add_business_days, local_day, start_of_day
from baton.store import Invalid, NotFound, View
from baton.store.codes import new_id

if TYPE_CHECKING:
    from baton.store import Change

KEEPERS: Final = ("supervisor", "administrator", "system")
"""Who hands over the patients of others; everybody hands over their own."""
BINDING: Final = ("planned", "running", "handed", "kept")
"""States in which a later handover stands in the way of undoing an earlier one."""
MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class Move:
    """One patient ("Patient/id") and who takes them ("Practitioner/id")."""

    patient: str
    to: str


def hand(
    change: Change,
    *,
    giver: str | None,
    moves: Sequence[Move],
    why: str = "",
    first: date | None = None,
    last: date | None = None,
    batch: str | None = None,
    along: Mapping[str, Iterable[Resource]] | None = None,
) -> str:
    """Hand patients over, all or none: for good, or (with `last`) from a day to a day. Returns what names them together.

    `giver` None: nobody looked after them by name. `batch`: together with those of an earlier call. `along`: by patient, promises that
    go along besides what the giver owes.
    Raises Invalid, with an issue for each thing that is wrong.
    """
    if change.who.role not in KEEPERS and giver != change.who.person:
        raise Invalid([error("forbidden", "A supervisor hands over the patients of others; you can hand over your own.", "Task.requester")])
    issues = list(_objections(change, giver, moves, first, last))
    if issues:
        raise Invalid(issues)
    lent = _live(change, {each.patient for each in moves})
    if found := next((each for each in lent if each.giver == giver), None):
        text = f"This patient is lent already, end that first: {reading.name_of(change, found.patient)}"
        raise Invalid(text, expression="Task.for", code="business-rule")
    batch, start = batch or new_id(), max(change.now, start_of_day(first, change.zone)) if first else change.now
    until = back_at(change, last) if last else None
    state = "handed" if until is None else "running" if start <= change.now else "planned"
    owed = _owed_by(change, giver) if state != "planned" else {}
    moving = {each.patient: [*owed.get(each.patient, ()), *(along or {}).get(each.patient, ())] for each in moves}
    care_teams = looking_after.care_teams(change, list(moving))
    reading.hold(change, (f"Task/{task['id']}" for several in moving.values() for task in several))
    made = [_task(change, batch, each, giver, state, (start, until), why.strip(), care_teams[each.patient]) for each in moves]
    gone = [task if state == "planned" else _go(change, task, moving[str(codes.patient_of(task))]) for task in made]
    change.put_all(gone if state == "planned" else [handover_notices.told(change, task) for task in gone])
    return batch


def back_at(view: View, last: date) -> datetime:
    """When what was lent until a day goes back: the morning of the next working day of the house."""
    return start_of_day(add_business_days(last, 1, working_days.calendar(view, codes.INTAKE)).value, view.zone)


def _objections(change: Change, giver: str | None, moves: Sequence[Move], first: date | None, last: date | None) -> Iterable[Issue]:
    today = local_day(change.now, change.zone)
    if not moves:
        yield error("required", "Choose at least one patient.", "Task.for")
    if len({each.patient for each in moves}) != len(moves):
        yield error("duplicate", "A patient goes to one person.", "Task.for")
    if (last is None and first is not None) or (last is not None and last < max(today, first or today)):
        yield error("invalid", "Say until which day; the last day is today or later, and not before the first.", "Task.executionPeriod")
    for to in sorted({each.to for each in moves}):
        if to == giver:
            yield error("invalid", "Choose somebody else than whose patients they are.", "Task.owner")
        elif not looking_after.takes(change, to):
            yield error("business-rule", f"Does not look after patients here: {reading.name_of(change, to)}", "Task.owner")


def _task(
    change: Change,
    batch: str,
    move: Move,
    giver: str | None,
    state: str,
    span: tuple[datetime, datetime | None],
    why: str,
    care_team: Resource,
) -> Resource:
    was = looking_after.after(care_team)
    inputs = [{"type": codes.concept(SYSTEM, "coordinator"), "valueBoolean": was is not None and was == giver}]
    if giver:
        inputs.append(states.came_from(giver, reading.name_of(change, giver)))
    task = states.written(
        change, kind=COVER if span[1] else FOR_GOOD, state=state, batch=batch, patient=move.patient,
        to=codes.reference_to(move.to, reading.name_of(change, move.to)), inputs=inputs, care_team=care_team, span=span,
    )  # fmt: skip
    return {**task, **({"reasonCode": {"text": why}} if why else {})}


def _owed_by(view: View, giver: str | None) -> dict[str, list[Resource]]:
    """What somebody owes in their own name, by patient; what is lent to them goes back by itself, and is left out."""
    found: dict[str, list[Resource]] = {}
    if giver:
        with reading.seeing_all(view):
            away = {task for each in live(view) for task in each.moved}
        for each in view.find("Task", owner=giver, status=codes.OPEN, _count=MOST):
            if codes.is_open(each) and f"Task/{each['id']}" not in away:
                found.setdefault(str(codes.patient_of(each)), []).append(each)
    return found


def _go(change: Change, handover: Resource, promises: Iterable[Resource]) -> Resource:
    """The CareTeam says who looks after the patient now, and what is owed goes along. Returns the handover with what moved."""
    to, named = str(target(handover["owner"])), True
    care_team = change.get(*str(target(handover["focus"])).split("/", 1))
    if states.kind(handover) == COVER:
        named = looking_after.takes(change, to)
        until = reading.moment(handover["executionPeriod"]["end"], change.zone)
        change.put(looking_after.with_cover(change, care_team, to if named else None, until))
    elif looking_after.after(care_team) in (None, states.giver(handover)):
        change.put(looking_after.with_coordinator(change, care_team, to))
    else:
        named = False
    moved = []
    for each in promises:
        change.put(looking_after.owned_by(change, change.get("Task", each["id"]), to, named=named))
        moved.append({"type": codes.concept(SYSTEM, "promise"), "valueReference": {"reference": f"Task/{each['id']}"}})
    return {**handover, "input": [*handover["input"], *moved]}


# --- begun, and back -------------------------------------------------------------------------------------------------------------------


def begin(change: Change, *, handover: str) -> None:
    """A planned cover begins: what is owed by then goes along. Raises Invalid when it is not planned."""
    task = _held(change, handover, "begin")
    owed = _owed_by(change, states.giver(task)).get(str(codes.patient_of(task)), ())
    change.put(handover_notices.told(change, _after(change, _go(change, task, owed), "begin")))


def follow(change: Change, *, handover: str) -> None:
    """What still came to whoever is away goes on to whoever covers, and back with the rest."""
    task = change.get("Task", handover)
    giver, to = str(states.giver(task)), str(target(task["owner"]))
    patient, inputs = str(codes.patient_of(task)), list(task["input"])
    for each in change.find("Task", owner=giver, patient=patient, status=codes.OPEN):
        if not codes.is_open(each) or f"Task/{each['id']}" in states.values(task, "output", "promise"):
            continue
        change.put(looking_after.owned_by(change, change.get("Task", each["id"]), to))
        if f"Task/{each['id']}" not in states.values(task, "input", "promise"):
            inputs.append({"type": codes.concept(SYSTEM, "promise"), "valueReference": {"reference": f"Task/{each['id']}"}})
    if len(inputs) != len(task["input"]):
        change.put({**task, "input": inputs, "lastModified": episodes.instant(change.now)})


def undo(change: Change, *, batch: str) -> int:
    """All that was decided together is as if it had never been; what ended already is left alone. Returns how many. Raises Invalid."""
    tasks = [each for each in _of_batch(change, batch) if states.moved(each, "undo") is not None]
    if not tasks:
        raise Invalid("There is nothing left to undo.", expression="Task.businessStatus", code="business-rule")
    _may_end(change, tasks[0])
    with reading.seeing_all(change):
        others = _found(change, patient=",".join(sorted({str(codes.patient_of(each)) for each in tasks})))
    on = {(each.patient, each.giver) for each in others if each.batch != batch and each.state in BINDING}
    if any((codes.patient_of(each), target(each["owner"])) in on for each in tasks):
        raise Invalid("Whoever took over has handed them on: undo that first.", expression="Task.owner", code="business-rule")
    for task in tasks:
        if states.kind(task) == LEFT:
            change.put(_after(change, task, "undo"))
        else:
            _home(change, task, "undo")
    return sum(states.kind(task) != LEFT for task in tasks)


def give_back(change: Change, *, handover: str) -> None:
    """Back with whoever it was, at its end or before. Raises Invalid when it is not out."""
    _home(change, _held(change, handover, "give-back"), "give-back")


def keep(change: Change, *, handover: str, promise: str | None = None) -> None:
    """It stays with who covers when the others go back: one promise, or the whole patient. Raises Invalid."""
    task = _held(change, handover, "keep")
    if promise is not None:
        if f"Task/{promise}" not in states.values(task, "input", "promise"):
            raise NotFound("This promise did not go along.")
        inputs = [each for each in task["input"] if target(each.get("valueReference")) != f"Task/{promise}"]
        kept = {"type": codes.concept(SYSTEM, "promise"), "valueReference": {"reference": f"Task/{promise}"}}
        change.put({**task, "input": inputs, "output": [*task.get("output", ()), kept], "lastModified": episodes.instant(change.now)})
        return
    care_team = looking_after.with_cover(change, looking_after.care_team(change, str(codes.patient_of(task))), None)
    if looking_after.after(care_team) in (None, states.giver(task)):
        care_team = looking_after.with_coordinator(change, care_team, str(target(task["owner"])))
    change.put(care_team)
    change.put(handover_notices.told(change, _after(change, task, "keep")))


def _home(change: Change, task: Resource, act: str) -> None:
    """What moved and was not kept is back with whoever it was, and the CareTeam says so."""
    giver = states.giver(task)
    if states.state(task) != "planned":
        care_team = looking_after.care_team(change, str(codes.patient_of(task)))
        if states.kind(task) == COVER:
            change.put(looking_after.with_cover(change, care_team, None))
        elif looking_after.after(care_team) == target(task["owner"]):
            looked_after = True in states.values(task, "input", "coordinator") and giver and looking_after.takes(change, giver)
            change.put(looking_after.with_coordinator(change, care_team, giver if looked_after else None))
    for reference in states.values(task, "input", "promise"):
        promise = change.get(*str(reference).split("/", 1))
        if codes.is_open(promise):
            change.put(looking_after.owned_by(change, promise, str(giver)))
    change.put(_after(change, task, act))


def _after(change: Change, task: Resource, act: str) -> Resource:
    moved = states.moved(task, act)
    if moved is None:
        raise Invalid("This is over already.", expression="Task.businessStatus", code="business-rule")
    return {**moved, "lastModified": episodes.instant(change.now)}


def _held(change: Change, handover: str, act: str) -> Resource:
    task = change.get("Task", handover.removeprefix("Task/"))
    if states.kind(task) is None:
        raise NotFound("There is no such handover.")
    _after(change, task, act)
    _may_end(change, task)
    return task


def _may_end(change: Change, task: Resource) -> None:
    if change.who.role not in KEEPERS and change.who.person not in (
        states.giver(task),
        target(task.get("requester")),
        target(task["owner"]),
    ):
        raise Invalid([error("forbidden", "This is for a supervisor, or for those between whom it was agreed.", "Task.requester")])


# --- reading ---------------------------------------------------------------------------------------------------------------------------


def _of_batch(view: View, batch: str) -> list[Resource]:
    return view.find("Task", group_identifier=f"{states.BATCH}|{batch}", _count=MOST)


def of_batch(view: View, batch: str) -> list[Handover]:
    """The handovers that were decided together."""
    return [states.read(each, view) for each in _of_batch(view, batch) if states.kind(each) != LEFT]


def of_patient(view: View, patient: str) -> list[Handover]:
    """The history of who looked after a patient, the latest first."""
    found = _found(view, patient=patient, code=",".join(f"{SYSTEM}|{each}" for each in (COVER, FOR_GOOD, LEFT)))
    return sorted(found, key=lambda each: (each.decided or view.now, each.id), reverse=True)


def still_with(view: View, people: Iterable[str]) -> set[tuple[str | None, str]]:
    """(person, patient) wherever one of these people owes something open in their own name."""
    asked = ",".join(sorted(people))
    found = view.find("Task", owner=asked, status=codes.OPEN, _count=MOST) if asked else []
    return {(target(each.get("owner")), str(codes.patient_of(each))) for each in found if codes.is_open(each)}


def live(view: View) -> list[Handover]:
    """Everything that is lent or will be."""
    return _found(view, business_status=",".join(f"{SYSTEM}|{each}" for each in states.LIVE))


def _found(view: View, **params: str) -> list[Handover]:
    found = view.find("Task", **{"code": f"{SYSTEM}|{COVER},{SYSTEM}|{FOR_GOOD}", "_count": MOST, **params})
    return [states.read(each, view) for each in found]


def _live(view: View, patients: Iterable[str]) -> list[Handover]:
    wanted = set(patients)
    with reading.seeing_all(view):
        return [each for each in live(view) if each.patient in wanted]


def by_batch(handovers: Iterable[Handover]) -> Mapping[str, list[Handover]]:
    """Those decided together, together."""
    found: dict[str, list[Handover]] = {}
    for each in handovers:
        found.setdefault(each.batch, []).append(each)
    return found


@wanting(lambda after: after is None or (codes.is_open(after) and extension(after, codes.REOPENED) is not None))
def on_reopened(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A promise that is owed again belongs to somebody who still sees the patient: whoever only covered when it was closed does not."""
    owner = target((after or {}).get("owner")) or ""
    if before is None or after is None or codes.is_open(before) or not owner.startswith("Practitioner/"):
        return []
    with reading.seeing_all(view):
        mended = looking_after.owned_by(view, after, owner)
    return [mended] if mended is not after else []


REACTIONS: dict[str, list[Reaction]] = {"Task": [on_reopened]}
