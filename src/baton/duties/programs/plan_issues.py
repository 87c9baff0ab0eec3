"""Contradictions between plans: found whenever a plan is written, owed a decision, decided into one new plan; the old ones stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, plans, reading, trace, working_days
from baton.duties.programs import care_plans
from baton.duties.reactions import Reaction, wanting
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, target
from baton.rules import contradictions as rules
from baton.rules.calendar import US_FEDERAL, add_business_days, end_of_day, local_day
from baton.rules.contradictions import Conflict
from baton.rules.tables import table
from baton.store import View

if TYPE_CHECKING:
    pass

CODE: Final = "plan-contradiction"
SYSTEM: Final = f"{codes.P}/CodeSystem/plan-issue"
SIDES: Final = f"{codes.P}/StructureDefinition/sides"
RULE: Final = f"{codes.P}/PlanDefinition/plan-contradictions"
OPEN: Final = ("preliminary",)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a contradiction: the plan, who made it, what it says."""

    plan: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A contradiction as a page shows it. `decided` is what was decided, None while nobody has."""

    id: str
    rule: str
    severity: str
    one: Side
    other: Side
    decided: str | None
    task: str


def issue_id(patient: str, conflict: Conflict) -> str:
    """The id of a DetectedIssue; it follows from the rule and the two plans."""
    return codes.derived_id(CODE, patient, conflict.rule, *sorted((conflict.one.plan, conflict.other.plan)))


def task_id(issue: str) -> str:
    """The id of the promise about a contradiction."""
    return codes.derived_id(CODE, f"DetectedIssue/{issue}")


def read(issue: Mapping[str, Any]) -> Contradiction:
    """A DetectedIssue as a contradiction."""
    parts = {
        part["url"]: {each["url"]: next(each[k] for k in each if k.startswith("value")) for each in part["extension"]}
        for part in extension(issue, SIDES) or ()
    }
    sides = [Side(str(target(parts[side]["plan"])), str(parts[side]["source"]), str(parts[side]["text"])) for side in ("one", "other")]
    done = [str(each["action"]["text"]) for each in issue.get("mitigation", ()) if each.get("action", {}).get("text")]
    id_ = str(issue["id"])
    rule = str(issue.get("identifier", [{}])[0].get("value", ""))
    decided = done[-1] if done and issue.get("status") == "final" else None
    return Contradiction(id_, rule, str(issue.get("severity", "")), sides[0], sides[1], decided, task_id(id_))


def is_contradiction(issue: Mapping[str, Any] | None) -> bool:
    """Whether a DetectedIssue is a contradiction between plans."""
    return issue is not None and issue.get("resourceType") == "DetectedIssue" and code_of(issue.get("code"), SYSTEM) == "contradiction"


def of_patient(view: View, patient: str) -> list[Contradiction]:
    """Every contradiction of a patient's plans, those to be decided first."""
    found = [
        each for each in view.find("DetectedIssue", patient=patient) if is_contradiction(each) and each.get("status") in (*OPEN, "final")
    ]
    return sorted((read(each) for each in found), key=lambda each: (each.decided is not None, each.severity, each.rule, each.id))


# --- found whenever a plan is written ----------------------------------------------------------------------------------------------------


@wanting(lambda after: after is not None and after.get("resourceType") == "CarePlan")
def on_plan(_before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A plan was made or changed: what contradicts now is owed a decision; what does not any more is over."""
    patient = codes.patient_of(after)
    if patient is None:
        return []
    with reading.seeing_all(view):
        return refreshed(view, patient)


def refreshed(view: View, patient: str) -> list[Resource]:
    """The DetectedIssues and promises that the patient's plans ask for."""
    today = local_day(view.now, view.zone)
    live = care_plans.plans_of(view, patient)
    sources = {f"CarePlan/{each['id']}": care_plans.source_of(each) for each in live}
    wanted = {
        issue_id(patient, each): each for each in rules.conflicts([said for plan in live for said in care_plans.said_in(plan)], today)
    }
    known = {str(each["id"]): each for each in view.find("DetectedIssue", patient=patient) if is_contradiction(each)}
    changed: list[Resource] = []
    for id_, conflict in wanted.items():
        before = known.get(id_)
        if before is not None and before.get("status") in OPEN:
            continue
        if before is not None and before.get("status") == "final" and _decided(before):
            continue
        changed += [_issue(view, patient, id_, conflict, sources), *_promise(view, patient, id_, conflict, sources)]
    for id_, issue in known.items():
        if id_ not in wanted and issue.get("status") in OPEN:
            changed.append({**view.get("DetectedIssue", id_), "status": "mitigated"})
        if id_ not in wanted or issue.get("status") == "final":
            changed += _kept(view, id_, issue)
    return changed


def _decided(issue: Mapping[str, Any]) -> bool:
    return bool(issue.get("mitigation"))


def _side(name: str, said: rules.Said, sources: Mapping[str, str]) -> Resource:
    parts = [
        {"url": "plan", "valueReference": {"reference": said.plan}},
        {"url": "source", "valueString": sources.get(said.plan, said.plan)},
        {"url": "text", "valueString": said.text},
    ]
    return {"url": name, "extension": parts}


def _issue(view: View, patient: str, id_: str, conflict: Conflict, sources: Mapping[str, str]) -> Resource:
    sides = [_side("one", conflict.one, sources), _side("other", conflict.other, sources)]
    named = [sources.get(each.plan, each.plan) for each in (conflict.one, conflict.other)]
    return {
        "resourceType": "DetectedIssue",
        "id": id_,
        "extension": [{"url": SIDES, "extension": sides}],
        "identifier": [{"system": SYSTEM, "value": conflict.rule}],
        "status": "preliminary",
        "code": codes.concept(SYSTEM, "contradiction"),
        "severity": conflict.severity,
        "patient": {"reference": patient},
        "identifiedDateTime": episodes.instant(view.now),
        "author": {"reference": codes.HUB},
        "implicated": [{"reference": each} for each in dict.fromkeys((conflict.one.plan, conflict.other.plan))],
        "detail": f"{named[0]}: “{conflict.one.text}”. {named[1]}: “{conflict.other.text}”. {conflict.source}",
    }


def _promise(view: View, patient: str, id_: str, conflict: Conflict, sources: Mapping[str, str]) -> Iterator[Resource]:
    before = reading.maybe(view, f"Task/{task_id(id_)}")
    if codes.is_open(before):
        return
    today = local_day(view.now, view.zone)
    team, name, _ = reading.team_of(view, patient)
    calendar = working_days.calendar(view, team) if team != codes.INTAKE else US_FEDERAL
    answer = add_business_days(today, rules.limit("resolve", today), calendar)
    named = [sources.get(each.plan, each.plan) for each in (conflict.one, conflict.other)]
    told = Trace(
        rule=f"{RULE}|{table(rules.TABLE).version}",
        title="Contradiction between plans",
        step=CODE,
        source=table(rules.TABLE).row("resolve", today).source,
        facts=(
            Fact("plan-one", f"{named[0]}: {conflict.one.text}", conflict.one.plan),
            Fact("plan-other", f"{named[1]}: {conflict.other.text}", conflict.other.plan),
        ),
        arithmetic=answer.steps,
        due=end_of_day(answer.value, view.zone),
        clears=("plan-decided", "plan-changed"),
        made_by=plans.made_by(view, getattr(view, "because", "") or "plan of care"),
    )
    now = episodes.instant(view.now)
    task: Resource = {
        "resourceType": "Task",
        "id": task_id(id_),
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.PROMISE, CODE),
        "description": " · ".join(dict.fromkeys(named)),
        "focus": {"reference": f"DetectedIssue/{id_}"},
        "for": {"reference": patient},
        "authoredOn": now,
        "lastModified": now,
        "requester": {"reference": codes.HUB},
        "owner": codes.reference_to(team, name),
        "restriction": {"period": {"end": told.due.isoformat()}},
    }
    if before is not None:
        task = {**task, "extension": upkeep.reopened(before, "owed-again", view.now)["extension"]}
    yield trace.put(task, told)


def _kept(view: View, id_: str, issue: Mapping[str, Any]) -> Iterator[Resource]:
    task = reading.maybe(view, f"Task/{task_id(id_)}")
    if codes.is_open(task) and task is not None:
        kept = upkeep.Kept("completed", "kept", view.now, f"DetectedIssue/{issue['id']}")
        yield {**upkeep.closed(task, kept, view.now), "lastModified": episodes.instant(view.now)}


# --- what the door refuses ---------------------------------------------------------------------------------------------------------------


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A contradiction is decided, not ticked off."""
    if codes.promise_code(before) != CODE or not codes.is_open(before) or codes.is_open(after) or after is None:
        return
    issue = reading.maybe(view, target(after.get("focus")))
    if issue is not None and issue.get("status") in OPEN and codes.reason_code(after) != "died":
        yield error("business-rule", "Decide it on the patient's plan of care.", "Task.status")


GUARDS = {"Task": [task_guard]}
REACTIONS: dict[str, list[Reaction]] = {"CarePlan": [on_plan]}
