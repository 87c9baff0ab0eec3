"""Brings the promises of a transition up to date with what is known: clocks, complexity, attempts, bookings, visits, documents.

The same facts always give the same promises, so it may run after every event, in any order, and again. What people decided stays:
owner, snooze, waiting, notes, and what they closed. What the record itself closed is opened again when the record takes it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading, trace, working_days
from baton.duties.plans import Plan, Start, Step, promise, trace_of
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes
from baton.duties.transitions.discharges import Discharge
from baton.duties.transitions.evidence import Event, Evidence
from baton.fhir.resource import Resource, has_code, target
from baton.rules import attempts, clocks
from baton.rules.answer import Answer
from baton.rules.answer import Step as Line
from baton.rules.calendar import Calendar, local_day

if TYPE_CHECKING:
    from baton.store import View

ATTEMPT, FULFILLED_BY = "attempt", "fulfilled-by"


@dataclass(frozen=True, slots=True)
class Kept:
    """What closes a promise: completed, or cancelled with a reason; when, and the resource that says so."""

    status: str
    reason: str
    when: datetime
    reference: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one promise stands by the facts: its due day with the arithmetic, the facts it adds, and what closed it."""

    answer: Answer[date]
    facts: tuple[Fact, ...] = ()
    kept: Kept | None = None
    outputs: tuple[str, ...] = ()


def moved(answer: Answer[date], day: date, reason: str) -> Answer[date]:
    """The answer, moved to another day for a reason."""
    return replace(answer, value=day, steps=(*answer.steps, Line("moved", day, reason)))


Asked = Callable[[], Calendar]
"""The working calendar of the team that owes a promise, read only by those that count by it."""


def contact(answer: Answer[date], evidence: Evidence, discharge: Discharge, calendar: Asked) -> Standing:
    """The call: judged by the attempts on record; tried again on a day the team works."""
    tries = [each.attempt for each in evidence.spoken]
    judged = attempts.judge(tries, discharged=discharge.moment, last_day=answer.value, zone=discharge.zone)
    if judged.met_by_attempts and judged.reached is None:
        judged = attempts.judge(tries, discharged=discharge.moment, last_day=answer.value, zone=discharge.zone, calendar=calendar())
    facts = [Fact("attempts", len(tries))] if tries else []
    if judged.timely:
        facts.append(Fact("timely", judged.timely))
    if judged.met:
        facts.append(Fact("requirement", "met"))
    if evidence.spoken and evidence.spoken[-1].attempt.outcome == "wrong-number":
        facts.append(Fact("wrong-number", True, evidence.spoken[-1].reference))
    answer = replace(answer, value=judged.due, steps=(*answer.steps, *judged.steps))
    kept = None
    since = [each for each in evidence.spoken if each.attempt.when >= discharge.moment]
    if judged.reached is not None:
        said = next(each for each in since if each.attempt == judged.reached)
        kept = Kept("completed", "kept", said.attempt.when, said.reference)
    elif refused := next((each for each in since if each.attempt.outcome == "refused" and each.note), None):
        kept = Kept("cancelled", "refused", refused.attempt.when, refused.reference, refused.note)
    return Standing(answer, tuple(facts), kept, tuple(each.reference for each in evidence.spoken))


def made(event: Event) -> Kept:
    """A promise kept by an event."""
    return Kept("completed", "kept", event.when, event.reference)


def visit(answer: Answer[date], evidence: Evidence, discharge: Discharge, calendar: Asked) -> Standing:
    """The visit: kept by the first one made; a booking is shown, and does not keep it."""
    kept = made(evidence.visits[0]) if evidence.visits else None
    facts = (Fact("booked", evidence.booked[0].when, evidence.booked[0].reference),) if evidence.booked and kept is None else ()
    return Standing(answer, facts, kept)


def reconciliation(answer: Answer[date], evidence: Evidence, discharge: Discharge, calendar: Asked) -> Standing:
    """Medicines are reconciled by the visit: when one is made or booked before the last day, by that day."""
    planned = (evidence.visits or evidence.booked)[:1]
    if planned:
        day = local_day(planned[0].when, discharge.zone)
        if day < answer.value:
            answer = moved(answer, day, "visit-made" if evidence.visits else "visit-booked")
    return Standing(answer, kept=made(evidence.reconciled[0]) if evidence.reconciled else None)


def information(answer: Answer[date], evidence: Evidence, discharge: Discharge, calendar: Asked) -> Standing:
    """Kept by the first discharge summary of the stay."""
    return Standing(answer, kept=made(evidence.summaries[0]) if evidence.summaries else None)


STANDINGS = {codes.CONTACT: contact, codes.VISIT: visit, codes.RECONCILIATION: reconciliation, codes.INFORMATION: information}


def clock_answer(step: Step, discharge: Discharge, complexity: str) -> Answer[date]:
    """The last day of a step's clock for this discharge."""
    return clocks.last_day(step.clock, discharge.day, complexity=complexity)


def promises(
    view: View, plan: Plan, start: Start, discharge: Discharge, evidence: Evidence, complexity: str, existing: Mapping[str, Resource]
) -> list[Resource]:
    """Every promise of the plan that has to be made or changed, by code of `existing`."""
    changed = []
    for step in plan.steps:
        answer = clock_answer(step, discharge, complexity)
        standing_of = STANDINGS.get(step.code)
        standing = (
            standing_of(answer, evidence, discharge, partial(working_days.calendar, view, start.owner)) if standing_of else Standing(answer)
        )
        before = existing.get(step.code)
        told = trace_of(plan, step, start, standing.answer, standing.facts)
        fresh = promise(plan, start, told)
        task = brought(explained(before, fresh, told) if before else fresh, before, standing, view.now)
        if before is not None and not codes.is_open(before) and codes.is_open(task):
            task = reading.rehomed(view, task)
        if before is None or task != before:
            changed.append({**task, "lastModified": episodes.instant(view.now)})
    return changed


def brought(task: Resource, before: Resource | None, standing: Standing, now: datetime) -> Resource:
    """One promise, explained by today's facts, brought to where it stands by them; what a person closed stays as it was."""
    linked = with_outputs(task, standing)
    if before is not None and before.get("status") in codes.CLOSED:
        by = fulfilled_by(before)
        if by is None or (standing.kept is not None and standing.kept.reference == by):
            return with_outputs(before, standing)
        if standing.kept is None:
            linked = reopened(linked, "evidence-withdrawn", now)
    return closed(linked, standing.kept, now) if standing.kept else linked


def explained(task: Resource, fresh: Resource, told: Trace) -> Resource:
    """The promise with patient, due time and trace as they follow from today's facts; who made it, under which version, stays."""
    was = trace.of(task)
    period = {**task.get("restriction", {}).get("period", {}), "end": told.due.isoformat()}
    if "start" in period and datetime.fromisoformat(str(period["start"])) > told.due:
        del period["start"]
    same: Resource = {key: fresh[key] for key in ("for", "focus", "encounter") if key in fresh}
    now = replace(was, facts=told.facts, arithmetic=told.arithmetic, due=told.due) if was else told
    return trace.put({**task, **same, "restriction": {**task.get("restriction", {}), "period": period}}, now)


def output(kind: str, reference: str) -> Resource:
    """An entry of Task.output."""
    return {"type": codes.concept(codes.OUTPUT, kind), "valueReference": {"reference": reference}}


def is_output(entry: Mapping[str, Any], kind: str) -> bool:
    """Whether an entry of Task.output is of this kind."""
    return has_code(entry.get("type"), codes.OUTPUT, kind)


def fulfilled_by(task: Mapping[str, Any]) -> str | None:
    """The "Type/id" that kept the promise, when the record itself did and not a person."""
    return next((target(each.get("valueReference")) for each in task.get("output", ()) if is_output(each, FULFILLED_BY)), None)


def with_outputs(task: Resource, standing: Standing) -> Resource:
    """The promise linked to every attempt about it."""
    others = [each for each in task.get("output", ()) if not is_output(each, ATTEMPT)]
    outputs = [*(output(ATTEMPT, reference) for reference in standing.outputs), *others]
    return without({**task, "output": outputs}, *(() if outputs else ("output",)))


def without(resource: Resource, *elements: str) -> Resource:
    """The resource without these elements."""
    return {key: value for key, value in resource.items() if key not in elements}


def closed(task: Resource, kept: Kept, now: datetime) -> Resource:
    """The promise closed by what the record says."""
    others = [each for each in task.get("output", ()) if not is_output(each, FULFILLED_BY)]
    reason = {} if kept.status == "completed" else {"statusReason": codes.concept(codes.STATE, kept.reason, kept.text)}
    period = {"start": task["authoredOn"], "end": episodes.instant(max(now, kept.when))}
    result = codes.with_extension(without(task, "statusReason"), codes.REOPENED)  # opening it once more takes a reason of its own
    return {**result, "status": kept.status, **reason, "executionPeriod": period, "output": [*others, output(FULFILLED_BY, kept.reference)]}


def shut(task: Resource, *, reason: str, now: datetime, status: str = "cancelled", text: str | None = None) -> Resource:
    """The promise closed for a reason that is not its being kept."""
    why = {"statusReason": codes.concept(codes.STATE, reason, text)} if status != "completed" else {}
    moment = episodes.instant(now)
    period = {"start": task.get("authoredOn", moment), "end": moment}
    bare = codes.with_extension(without(task, "statusReason"), codes.REOPENED)
    return {**bare, "status": status, **why, "executionPeriod": period, "lastModified": moment}


def reopened(task: Resource, reason: str, now: datetime) -> Resource:
    """A closed promise owed again. The reason stands on it: without one the door refuses."""
    others = [each for each in task.get("output", ()) if not is_output(each, FULFILLED_BY)]
    kept = without(task, "statusReason", "executionPeriod", "output")
    marks = [{"url": "because", "valueCode": reason}, {"url": "at", "valueDateTime": episodes.instant(now)}]
    task = {**kept, "status": "requested", "lastModified": episodes.instant(now), **({"output": others} if others else {})}
    return codes.with_extension(task, codes.REOPENED, {"url": codes.REOPENED, "extension": marks})
