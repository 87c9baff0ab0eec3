"""What is owed about going home: one promise for the plan itself, one for each item in somebody's hands, one for each summary to send.

Reactions: a stay begins a plan and its end moves it; a plan keeps its promises; what is kept on Today is done on the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, plans, reading, trace
from baton.duties.discharge import evidence, guards, shapes, states
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge.states import Plan
from baton.duties.reactions import Reaction, is_first, wanting
from baton.duties.team import teams
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes, upkeep
from baton.duties.transitions.discharges import UNDONE
from baton.fhir.resource import Resource, code_of, target
from baton.rules import discharge_plan as rules
from baton.rules.answer import Step as Line
from baton.rules.calendar import end_of_day, local_day

if TYPE_CHECKING:
    from baton.store import View

PATHWAY: Final = "discharge"
PRESENT: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})
OWN_PROMISE: Final = frozenset({"pending-results"})
"""Items whose owners have promises of another kind: each result its own."""
LASTING: Final = frozenset({states.RESULT, states.ANSWER})
"""What is still owed when the plan is over: a result is read when it comes, what the call asked for is done."""
TO_SEND: Final = "to-send"


def promise_id(plan: str, *parts: str) -> str:
    """The id of a promise of a plan ("CarePlan/id"); the same parts always give the same."""
    return codes.derived_id(plan, *parts)


def told_of(view: View, code: str, facts: Iterable[Fact | None], due: datetime, since: datetime, clock: str) -> Trace:
    """Why such a promise is there, and until when."""
    pathway = plans.current(view, PATHWAY)
    step = next((each for each in pathway.steps if each.code == code), None)
    row = rules.clock(clock) if clock else None
    known = [fact for fact in facts if fact is not None]
    if row is not None:
        known.append(Fact("clock", f"{rules.TABLE}/{row.code}"))
    days = (local_day(since, view.zone), local_day(due, view.zone))
    return Trace(
        rule=pathway.canonical,
        title=pathway.title,
        step=code,
        source=row.source if row else step.source if step else pathway.canonical,
        facts=tuple(known),
        arithmetic=(Line("start", days[0]), Line("end", days[1])),
        due=due,
        clears=step.clears if step else ("closed-with-reason",),
        made_by=plans.made_by(view, getattr(view, "because", "") or "going home"),
    )


def made(view: View, plan: Plan, code: str, told: Trace, owner: Resource, **elements: Any) -> Resource:
    """A promise about a plan, new."""
    now = episodes.instant(view.now)
    task: Resource = {
        "resourceType": "Task",
        "instantiatesCanonical": told.rule,
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.PROMISE, code),
        "focus": {"reference": f"CarePlan/{plan.id}"},
        "basedOn": [{"reference": f"CarePlan/{plan.id}"}],
        "for": {"reference": plan.patient},
        "encounter": {"reference": plan.encounter},
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference_to(view.who.person, view.who.name),
        "owner": owner,
        "restriction": {"period": {"end": told.due.isoformat()}},
        **elements,
    }
    return trace.put(task, told)


def brought(view: View, before: Resource | None, fresh: Resource, told: Trace) -> Resource | None:
    """The promise as it should stand: made, opened again, or moved; None when it stands so."""
    if before is None:
        return fresh
    if codes.is_open(before):
        was = trace.of(before)
        if was is not None and was.due == told.due and was.facts == told.facts and before.get("owner") == fresh.get("owner"):
            return None
        again = before
    else:
        again = reading.rehomed(view, upkeep.reopened(before, "owed-again", view.now))
    kept = again.get("restriction", {}).get("period", {})
    asleep = {"start": kept["start"]} if "start" in kept and datetime.fromisoformat(str(kept["start"])) <= told.due else {}
    again = {**again, "restriction": {**again.get("restriction", {}), "period": {**asleep, "end": told.due.isoformat()}}}
    return trace.put({**again, "lastModified": episodes.instant(view.now)}, told)


# --- the plan's own ------------------------------------------------------------------------------------------------


def due_of(view: View, plan: Plan) -> tuple[datetime, datetime, str]:
    """Until when the plan's next step is owed, since when, and by which clock."""
    since = plan.admitted or view.now
    if plan.state == "left":
        left = plan_end(view, plan) or view.now
        return end_of_day(local_day(left, view.zone) + rules.span_of("finish"), view.zone), left, "finish"
    if plan.latest is not None:
        return plan.latest.until, since, ""
    return end_of_day(local_day(since, view.zone) + rules.span_of("first"), view.zone), since, "first"


def plan_end(view: View, plan: Plan) -> datetime | None:
    """When they left."""
    encounter = reading.peek(view, plan.encounter) or {}
    return reading.moment(encounter.get("period", {}).get("end"), view.zone)


def facts_of(plan: Plan) -> Iterator[Fact]:
    """What the rules knew."""
    if plan.admitted is not None:
        yield Fact("admitted", plan.admitted, plan.encounter)
    if plan.latest is not None:
        yield Fact("expected", plan.latest.until)
        yield Fact("destination", plan.latest.to)
    yield Fact("state", plan.state)


def _plans_own(view: View, plan: Plan, known: Mapping[str, Resource], team: Resource) -> Resource | None:
    due, since, clock = due_of(view, plan)
    told = told_of(view, states.PLAN, facts_of(plan), due, since, clock)
    id_ = promise_id(f"CarePlan/{plan.id}", "plan")
    before = known.get(id_)
    owner = before["owner"] if before is not None else team
    return brought(view, before, made(view, plan, states.PLAN, told, owner, id=id_), told)


def _items(view: View, plan: Plan, known: Mapping[str, Resource]) -> Iterator[Resource]:
    for step in plan.steps:
        id_ = promise_id(f"CarePlan/{plan.id}", "item", step.code)
        before = known.get(id_)
        if step.state == "open" and step.owner and step.code not in OWN_PROMISE:
            due = step.due or due_of(view, plan)[0]
            facts = (Fact("item", step.code), *facts_of(plan))
            told = told_of(view, states.ITEM, facts, due, plan.admitted or view.now, "")
            owner = codes.reference_to(step.owner, step.owner_name)
            fresh = made(view, plan, states.ITEM, told, owner, id=id_, description=step.code)
            moved = brought(view, before, fresh, told)
            if moved is not None:
                yield {**moved, "owner": owner}
        elif before is not None and codes.is_open(before):
            status = "completed" if step.state == "done" else "cancelled"
            yield upkeep.shut(before, reason="not-needed", status=status, text=step.reason, now=view.now)


def _summaries(view: View, plan: Plan, known: Mapping[str, Resource], team: Resource) -> Iterator[Resource]:
    """One for each who takes over; one that asks who does, when nobody is named."""
    reference = f"CarePlan/{plan.id}"
    left = plan_end(view, plan) or view.now
    due = left + rules.span_of("summary")
    wanted = dict(plan.accepting) or {"": ""}
    for to, name in wanted.items():
        id_ = promise_id(reference, "summary", to)
        before = known.get(id_)
        if before is not None:
            continue
        facts = (Fact("discharged", left, plan.encounter), Fact("referred-to", name, to) if to else None)
        told = told_of(view, states.SUMMARY, facts, due, left, "summary")
        more: dict[str, Any] = {"businessStatus": codes.concept(states.SYSTEM, TO_SEND)}
        if to:
            more |= {"description": name, "restriction": {"period": {"end": due.isoformat()}, "recipient": [codes.reference_to(to, name)]}}
        yield made(view, plan, states.SUMMARY, told, team, id=id_, **more)
    nobody = known.get(promise_id(reference, "summary", ""))
    if nobody is not None and codes.is_open(nobody) and plan.accepting:
        yield upkeep.shut(nobody, reason="not-needed", now=view.now)


def known_of(view: View, plan: str) -> dict[str, Resource]:
    """The promises about a plan ("CarePlan/id") by id; in a change, locked."""
    found = [each for each in view.find("Task", based_on=plan) if codes.promise_code(each)]
    reading.hold(view, (f"Task/{each['id']}" for each in found))
    return {str(each["id"]): view.get("Task", str(each["id"])) for each in found}


@wanting(lambda after: after is None or states.is_plan(after))
def on_plan(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A plan was begun, changed or ended: what is owed about it follows."""
    if after is None or not states.is_plan(after):
        return []
    with reading.seeing_all(view):
        plan = states.read(after, view.zone)
        reference = f"CarePlan/{plan.id}"
        known = known_of(view, reference)
        if plan.state not in states.OPEN:
            return list(_over(plan, known, view))
        team, name, _ = reading.team_of(view, plan.patient)
        owner = codes.reference_to(team, name)
        outputs: list[Resource | None] = [_plans_own(view, plan, known, owner), *_items(view, plan, known)]
        if plan.state == "left":
            outputs += _summaries(view, plan, known, owner)
            outputs += (
                upkeep.shut(each, reason="left", now=view.now)
                for each in known.values()
                if codes.is_open(each) and codes.promise_code(each) == states.BLOCKER
            )
        outputs += (moved for each in known.values() if (moved := _of_patient(each, plan)) and codes.is_open(each))
        fresh: dict[str, Resource] = {str(each["id"]): _of_patient(each, plan) or each for each in reversed(outputs) if each is not None}
        return list(fresh.values())


def _of_patient(task: Resource, plan: Plan) -> Resource | None:
    """The promise as the plan's patient's, when it is somebody else's: the stay was corrected."""
    return {**task, "for": {"reference": plan.patient}} if target(task.get("for")) != plan.patient else None


def _over(plan: Plan, known: Mapping[str, Resource], view: View) -> Iterator[Resource]:
    for each in known.values():
        if not codes.is_open(each) or (codes.promise_code(each) in LASTING and plan.state == "closed"):
            continue
        done = plan.state == "closed" and codes.promise_code(each) == states.PLAN
        yield upkeep.shut(each, reason="plan-over", status="completed" if done else "cancelled", now=view.now)


# --- the stay ------------------------------------------------------------------------------------------------------


def _is_hospital(encounter: Mapping[str, Any] | None) -> bool:
    return encounter is not None and encounter.get("class", {}).get("code") in rules.STAYS


@wanting(lambda after: after is None or not is_first(after) or _is_hospital(after))
def on_stay(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A stay begins its plan; its end, its correction or its being taken back moves it."""
    if not (_is_hospital(before) or _is_hospital(after)):
        return []
    encounter = after or before or {}
    with reading.seeing_all(view):
        plan = reading.maybe(view, states.reference(f"Encounter/{encounter['id']}"))
        if plan is None:
            return [discharge_plans.started(view, after)] if after is not None and _begins(after, view) else []
        moved = _moved(plan, after, view)
        return [moved] if moved != plan else []


def _begins(encounter: Resource, view: View) -> bool:
    start = reading.moment(encounter.get("period", {}).get("start"), view.zone)
    recent = start is not None and view.now - rules.longest() <= start <= view.now + timedelta(days=1)
    patient = codes.patient_of(encounter)
    under_way = _is_hospital(encounter) and encounter.get("status") in PRESENT and recent
    return bool(under_way and patient and teams.plans_discharges(view, patient))


def _moved(plan: Resource, encounter: Resource | None, view: View) -> Resource:
    """The plan as the stay now is."""
    state = str(states.state_of(plan))
    status = (encounter or {}).get("status")
    if encounter is None or status in UNDONE or not _is_hospital(encounter):
        return _cancelled(plan, f"encounter-{status}" if status in UNDONE else "no-longer-a-discharge") if state in states.OPEN else plan
    patient = codes.patient_of(encounter)
    if patient is not None and patient != codes.patient_of(plan):
        plan = {**plan, "subject": {"reference": patient}}
    if status in PRESENT and state in states.MOVES["come-back"]:
        return states.brought(
            {**plan, "period": {"start": encounter.get("period", {}).get("start") or plan["period"]["start"]}}, "planning"
        )
    if status != "finished" or state not in states.OPEN:
        return plan
    if discharge_plans.disposition_of(encounter) == "exp":
        return _cancelled(plan, "died")
    plan = {**plan, "period": {**plan["period"], **encounter.get("period", {})}}
    if state != "planning":
        return plan
    return _cancelled(plan, "not-planned-here") if _not_planned_here(plan, view) else _left(plan, view)


def _not_planned_here(plan: Resource, view: View) -> bool:
    """Whether nobody here touched the plan, and no result is left to be owned: the transition takes over."""
    known, reference = states.read(plan, view.zone), f"CarePlan/{plan['id']}"
    waiting = evidence.pending(evidence.chart(view, known.patient), known.encounter, view)
    alone = not known_of(view, reference).keys() - {promise_id(reference, "plan")}
    return alone and states.untouched(plan) and all(each.owned for each in waiting)


def _left(plan: Resource, view: View) -> Resource:
    """They have left; whoever looks after them at home takes over, unless somebody else was named."""
    if not any(each.get("url") == states.ACCEPTING for each in plan.get("extension", ())):
        person = reading.peek(view, codes.patient_of(plan)) or {}
        for each in discharge_plans.practitioners(view, person):
            plan = shapes.added(plan, {"url": states.ACCEPTING, "valueReference": each})
    return states.brought(plan, "left")


def _cancelled(plan: Resource, reason: str) -> Resource:
    return states.brought({**plan, "note": [*plan.get("note", ()), {"text": reason}]}, "cancelled")


# --- what happens to the promises themselves -----------------------------------------------------------------------


def _is_ours(task: Resource | None) -> bool:
    code = codes.promise_code(task)
    return code in (states.PLAN, states.ITEM, states.SUMMARY, states.RESULT, codes.CONTACT)


@wanting(lambda after: after is not None and _is_ours(after))
def on_promise(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A promise about a plan was closed or made: the plan says so too."""
    if after is None or (codes.is_open(before) == codes.is_open(after) and before is not None):
        return []
    encounter = target(after.get("encounter")) or target(after.get("focus"))
    with reading.seeing_all(view):
        plan = reading.maybe(view, states.reference(str(encounter)))
        if plan is None or not states.is_open(plan):
            return []
        moved = _answered(plan, after, view)
        moved = discharge_plans.settled(view, moved) if states.is_open(moved) else moved
        return [moved] if moved != plan else []


def _answered(plan: Resource, task: Resource, view: View) -> Resource:
    """The plan after a promise about it was closed."""
    code, status = codes.promise_code(task), task.get("status")
    if codes.is_open(task):
        return plan
    why = task.get("statusReason") or {}
    reason = why.get("text") or code_of(why, codes.STATE) or "closed"
    if code == states.PLAN and status == "cancelled":
        return _cancelled(plan, reason)
    item = {states.ITEM: str(task.get("description", "")), codes.CONTACT: "telephone"}.get(code or "")
    activity = shapes.activity_of(plan, item) if item else None
    if activity is None or item is None or activity["detail"].get("status") in (states.DONE, states.WAIVED):
        return plan
    if code == codes.CONTACT and status == "completed":
        return plan  # the chart shows it
    detail = {**activity["detail"], "status": states.DONE if status == "completed" else states.WAIVED}
    if status != "completed":
        detail["statusReason"] = {"text": reason}
    note = shapes.remark(view.who, view.now, reason if status != "completed" else "done")
    return shapes.with_activity(plan, item, {**activity, "detail": detail, "progress": [*activity.get("progress", ()), note]})


REACTIONS: dict[str, list[Reaction]] = {"Encounter": [on_stay], "CarePlan": [on_plan], "Task": [on_promise]}
GUARDS = guards.GUARDS
