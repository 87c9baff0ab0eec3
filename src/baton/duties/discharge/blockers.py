"""What keeps somebody in hospital who could leave: each with its cause, its owner and the hours it has cost; and pending results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from baton.duties import codes, promises, reading
from baton.duties.discharge import evidence as discharge_evidence
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import promises as discharge_promises
from baton.duties.discharge import shapes, states
from baton.duties.discharge.states import Plan
from baton.duties.promises import refuse
from baton.duties.trace import Fact
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of, target
from baton.rules import discharge_plan as rules
from baton.rules.calendar import end_of_day, local_day

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Blocker:
    """Something in the way: `hours` are those it has cost, from when the patient could have left."""

    task: str
    cause: str
    what: str
    owner: str | None
    owner_name: str
    opened: datetime
    resolved: datetime | None
    due: datetime | None
    open: bool
    hours: float
    waiting_on: str | None


def raise_(change: Change, *, plan: str, cause: str, what: str, owner: str | None = None, due: datetime | None = None) -> Stored:
    """Something is in the way: a promise to clear it, owned by whoever raises it unless said otherwise. Raises Invalid."""
    _, known = discharge_plans.held(change, plan)
    if known.state != "planning":
        raise refuse("They have left already.", "Task.focus")
    if cause not in rules.CAUSES:
        raise refuse(f"{cause!r} is none of {', '.join(rules.CAUSES)}.", "Task.reasonCode")
    if not what.strip():
        raise refuse("Say what is in the way.", "Task.description")
    owner = owner or change.who.person
    if reading.maybe(change, owner) is None:
        raise refuse("There is nobody of that name to hand it to.", "Task.owner")
    until = due or end_of_day(local_day(change.now, change.zone) + rules.span_of("blocker"), change.zone)
    facts = (Fact("cause", cause), Fact("what", what.strip()[:LONGEST]), *discharge_promises.facts_of(known))
    told = discharge_promises.told_of(change, states.BLOCKER, facts, until, change.now, "" if due else "blocker")
    task = discharge_promises.made(
        change, known, states.BLOCKER, told, codes.reference_to(owner, reading.name_of(change, owner)),
        description=what.strip()[:LONGEST], reasonCode=codes.concept(states.SYSTEM, cause),
    )  # fmt: skip
    return change.put(task)


def resolve(change: Change, *, task: str, note: str = "") -> Stored:
    """It is out of the way."""
    found = promises.held(change, task)
    if codes.promise_code(found) != states.BLOCKER:
        raise refuse("That is nothing in the way of going home.", "Task.code")
    return promises.done(change, task=task, note=note.strip() or None)


def of_plan(tasks: Iterable[Resource], plan: Plan, left: datetime | None, view: View) -> tuple[Blocker, ...]:
    """What is and was in the way of one plan, the open ones first, the oldest first."""
    mine = [each for each in tasks if codes.promise_code(each) == states.BLOCKER and target(each.get("focus")) == f"CarePlan/{plan.id}"]
    found = [_blocker(each, plan, left, view) for each in mine]
    return tuple(sorted(found, key=lambda each: (not each.open, each.opened)))


def span(task: Resource, plan: Plan, left: datetime | None, view: View) -> rules.Span | None:
    """The time a blocker cost."""
    opened = reading.moment(task.get("authoredOn"), view.zone) or view.now
    ended = None if codes.is_open(task) else reading.moment(task.get("executionPeriod", {}).get("end"), view.zone)
    return rules.lost_span(opened, ended, ready=plan.ready, left=left, now=view.now)


def _blocker(task: Resource, plan: Plan, left: datetime | None, view: View) -> Blocker:
    owner = task.get("owner", {})
    is_open = codes.is_open(task)
    return Blocker(
        task=str(task["id"]),
        cause=code_of(task.get("reasonCode"), states.SYSTEM) or "other",
        what=str(task.get("description", "")),
        owner=target(owner),
        owner_name=str(owner.get("display", "")),
        opened=reading.moment(task.get("authoredOn"), view.zone) or view.now,
        resolved=None if is_open else reading.moment(task.get("executionPeriod", {}).get("end"), view.zone),
        due=reading.moment(task.get("restriction", {}).get("period", {}).get("end"), view.zone),
        open=is_open,
        hours=rules.hours([span(task, plan, left, view)]),
        waiting_on=(task.get("statusReason") or {}).get("text") if task.get("status") == "on-hold" else None,
    )


def lost(tasks: Iterable[Resource], plan_of: dict[str, tuple[Plan, datetime | None]], view: View) -> list[tuple[str, str, float]]:
    """What each blocker of several plans cost: ("Patient/id", cause, hours)."""
    return [
        (str(codes.patient_of(task)), code_of(task.get("reasonCode"), states.SYSTEM) or "other", rules.hours([span(task, *known, view)]))
        for task in tasks
        if codes.promise_code(task) == states.BLOCKER and (known := plan_of.get(str(target(task.get("focus"))))) is not None
    ]


def hours_by_cause(tasks: Iterable[Resource], plan_of: dict[str, tuple[Plan, datetime | None]], view: View) -> dict[str, float]:
    """Hours lost by cause over several plans ("CarePlan/id" → the plan and when they left), the dearest first."""
    spans: dict[str, list[float]] = defaultdict(list)
    for _patient, cause, hours in lost(tasks, plan_of, view):
        spans[cause].append(hours)
    totals = {cause: round(sum(hours), 1) for cause, hours in spans.items()}
    return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))


# --- results that are still to come --------------------------------------------------------------------------------


def own_result(change: Change, *, plan: str, result: str, owner: str, due: datetime) -> Stored:
    """Somebody reads a pending result, by a day, and tells the patient. `result` is the "Type/id" that is pending. Raises Invalid."""
    found, known = discharge_plans.held(change, plan)
    if known.state not in states.OPEN:
        raise refuse("This plan is over.", "CarePlan.status")
    with reading.seeing_all(change):
        waiting = discharge_evidence.pending(discharge_evidence.chart(change, known.patient), known.encounter, change)
    one = next((each for each in waiting if each.reference == result), None)
    if one is None:
        raise refuse("That result is not pending.", "Task.focus")
    if not owner.startswith(("Practitioner/", "Organization/")) or reading.maybe(change, owner) is None:
        raise refuse("There is nobody of that name to hand it to.", "Task.owner")
    if local_day(due, change.zone) < local_day(change.now, change.zone):
        raise refuse("The day has passed already.", "Task.restriction.period.end")
    name = reading.name_of(change, owner)
    facts = (Fact("what", one.what, result), *discharge_promises.facts_of(known))
    told = discharge_promises.told_of(change, states.RESULT, facts, due, change.now, "")
    reference = codes.reference_to(owner, name)
    id_ = discharge_promises.promise_id(f"CarePlan/{known.id}", "result", result)
    fresh = discharge_promises.made(
        change, known, states.RESULT, told, reference, id=id_, description=one.what, focus={"reference": result}
    )
    moved = discharge_promises.brought(change, reading.maybe(change, f"Task/{id_}"), fresh, told) or fresh
    stored = change.put({**moved, "owner": reference})
    activity = shapes.activity_of(found, "pending-results")
    if activity is not None:
        found, _ = discharge_plans.held(change, plan)
        activity = shapes.activity_of(found, "pending-results") or activity
        detail = {**activity["detail"], "performer": [reference], "scheduledPeriod": {"end": due.astimezone(change.zone).isoformat()}}
        change.put(discharge_plans.settled(change, shapes.with_activity(found, "pending-results", {**activity, "detail": detail})))
    return stored


def note_result(change: Change, *, plan: str, what: str) -> Stored:
    """A result that is to come and that the chart does not know of: kept as the test that was asked for. Raises Invalid."""
    _, known = discharge_plans.held(change, plan)
    if not what.strip():
        raise refuse("Say which result is to come.", "ServiceRequest.code")
    return change.put(
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "category": [{"coding": [{"system": "http://snomed.info/sct", "code": "108252007"}]}],
            "code": {"text": what.strip()[:LONGEST]},
            "subject": {"reference": known.patient},
            "encounter": {"reference": known.encounter},
            "authoredOn": episodes.instant(change.now),
            "requester": codes.reference_to(change.who.person, change.who.name),
        }
    )
