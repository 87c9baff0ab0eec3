"""A patient in somebody else's hands: states and acts as a table, how a handover is read, and what the door refuses about it.

A handover is a `Task` (no promise) per patient: `businessStatus` its state, `requester` who decided, `owner` who takes over,
`executionPeriod` from when to when, `groupIdentifier` those decided together; its inputs say whose it was and which promises moved along.
Of the kind *left*, nobody took over: whoever had the patient is gone, what they owned is with the team (`owner`) and needs a new owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from baton.duties import codes, reading
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, target
from baton.store import View
from baton.store.codes import new_id

SYSTEM: Final = f"{codes.P}/CodeSystem/handover"
BATCH: Final = f"{codes.P}/NamingSystem/handover"
COVER, FOR_GOOD, LEFT = "cover", "handover", "left"
TOLD: Final = "told"
"""The output that says by which way the patient was told who answers them now."""
LIFE: Final[Mapping[str, Mapping[str, str]]] = {
    "begin": {"planned": "running"},
    "give-back": {"planned": "returned", "running": "returned"},
    "keep": {"running": "kept"},
    "undo": {"planned": "undone", "running": "undone", "handed": "undone", "taken": "needs-owner"},
    "take": {"needs-owner": "taken"},
    "settle": {"needs-owner": "settled"},
}
"""Act → state before → state after. Whatever is not here is refused."""
FIRST: Final = {COVER: ("planned", "running"), FOR_GOOD: ("handed",), LEFT: ("needs-owner",)}
STATUS: Final = {
    "planned": "requested", "running": "in-progress", "handed": "completed", "returned": "completed", "kept": "completed",
    "undone": "cancelled", "needs-owner": "requested", "taken": "completed", "settled": "completed",
}  # fmt: skip
LIVE: Final = ("planned", "running")


@dataclass(frozen=True, slots=True)
class Handover:
    """One patient's handover as pages show it. `moved` are the promises that went along, `kept` those that stay whatever happens."""

    id: str
    batch: str
    patient: str
    kind: str
    state: str
    giver: str | None
    taker: str
    start: datetime | None
    end: datetime | None
    by: str
    decided: datetime | None
    moved: tuple[str, ...]
    kept: tuple[str, ...]
    coordinator: bool
    why: str
    because: str = ""  # why it passed on by itself: left, role-ended, team-changed
    told: str = ""  # by which way the patient was told: email, sms; "" when they were not


def kind(task: Mapping[str, Any] | None) -> str | None:
    """cover, handover or left; None for any other Task."""
    return code_of(task.get("code"), SYSTEM) if task is not None and task.get("resourceType") == "Task" else None


def state(task: Mapping[str, Any]) -> str:
    """Where it stands."""
    return code_of(task.get("businessStatus"), SYSTEM) or ""


def moved(task: Resource, act: str) -> Resource | None:
    """The handover after an act; None when the table knows no such move."""
    to = LIFE[act].get(state(task))
    return None if to is None else {**task, "status": STATUS[to], "businessStatus": codes.concept(SYSTEM, to)}


def values(task: Mapping[str, Any], element: str, type_: str) -> list[Any]:
    """The values of its inputs (or outputs) of one type: references as text, booleans as they are."""
    found = [each for each in task.get(element, ()) if code_of(each.get("type"), SYSTEM) == type_]
    return [target(each["valueReference"]) if "valueReference" in each else each.get("valueBoolean") for each in found]


def giver(task: Mapping[str, Any]) -> str | None:
    """Whose the patient was; None when nobody looked after them by name."""
    return next(iter(values(task, "input", "from")), None)


def read(task: Resource, view: View) -> Handover:
    """A handover for pages."""
    period = task.get("executionPeriod", {})
    start, end = (reading.moment(period.get(name), view.zone) for name in ("start", "end"))
    return Handover(
        id=str(task["id"]),
        batch=str(task.get("groupIdentifier", {}).get("value", "")),
        patient=str(target(task.get("for"))),
        kind=str(kind(task)),
        state=state(task),
        giver=giver(task),
        taker=str(target(task.get("owner"))),
        start=start,
        end=end,
        by=str(task.get("requester", {}).get("display", "")),
        decided=reading.moment(task.get("authoredOn"), view.zone),
        moved=tuple(values(task, "input", "promise")),
        kept=tuple(values(task, "output", "promise")),
        coordinator=True in values(task, "input", "coordinator"),
        why=str((task.get("reasonCode") or {}).get("text", "")),
        because=code_of(task.get("reasonCode"), SYSTEM) or "",
        told=next((str(each.get("valueCode")) for each in task.get("output", ()) if code_of(each.get("type"), SYSTEM) == TOLD), ""),
    )


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A handover moves by its table alone, is about one patient and two people, and stays: it is the history of who looked after whom."""
    was, now = kind(before), kind(after)
    if was is None and now is None:
        return
    if after is None or now != was is not None:
        yield error("business-rule", "A handover stays what it is: it is the history of who looked after whom.", "Task")
        return
    yield from _lacking(after)
    to = state(after)
    if before is None or was is None:
        if to not in FIRST.get(str(now), ()):
            yield error("business-rule", "A handover begins planned, running or handed over.", "Task.businessStatus")
    elif state(before) != to and to not in {moves.get(state(before)) for moves in LIFE.values()}:
        legal = sorted(act for act, moves in LIFE.items() if state(before) in moves) or ["none"]
        yield error("business-rule", f"From here a handover goes no such way; legal acts: {', '.join(legal)}.", "Task.businessStatus")


def _lacking(task: Resource) -> Iterator[Issue]:
    if not str(codes.patient_of(task) or "").startswith("Patient/"):
        yield error("required", "A handover is about a patient.", "Task.for")
    if kind(task) == LEFT:
        if not str(target(task.get("owner")) or "").startswith(("Practitioner/", "Organization/")):
            yield error("required", "What somebody left behind is with a person or a team.", "Task.owner")
    elif not str(target(task.get("owner")) or "").startswith("Practitioner/"):
        yield error("required", "A handover says who takes over: a person.", "Task.owner")
    if STATUS.get(state(task)) != task.get("status"):
        yield error("business-rule", "The status is that of its state.", "Task.status")
    if kind(task) == COVER and not task.get("executionPeriod", {}).get("end"):
        yield error("required", "A cover ends on a day.", "Task.executionPeriod.end")


GUARDS = {"Task": [guard]}


# --- one, written new --------------------------------------------------------------------------------------------------------------------


def written(
    view: View, *, kind: str, state: str, batch: str, patient: str, to: Resource, inputs: Sequence[Resource], care_team: Resource | None,
    span: tuple[datetime, datetime | None] | None = None,
) -> Resource:  # fmt: skip
    """A patient in other hands, as a Task of a batch: `to` is a Reference; `span` None begins now and has no end."""
    now = episodes.instant(view.now)
    start, until = span or (view.now, None)
    return {
        "resourceType": "Task",
        "id": new_id(),
        "groupIdentifier": {"system": BATCH, "value": batch},
        "status": STATUS[state],
        "businessStatus": codes.concept(SYSTEM, state),
        "intent": "order",
        "code": codes.concept(SYSTEM, kind),
        **({"focus": {"reference": f"CareTeam/{care_team['id']}"}} if care_team else {}),
        "for": {"reference": patient},
        "executionPeriod": {"start": episodes.instant(start), **({"end": episodes.instant(until)} if until else {})},
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference_to(view.who.person, view.who.name),
        "owner": to,
        "input": list(inputs),
    }


def came_from(person: str, name: str) -> Resource:
    """The input that says whose a patient was."""
    return {"type": codes.concept(SYSTEM, "from"), "valueReference": codes.reference_to(person, name)}
