"""What is owed about a referral: exactly one open promise until its loop is closed, whoever moves it and however.

The same facts always give the same promises. Service completed is not a closed loop: a result must be here, reviewed, and the patient told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, plans, reading, trace
from baton.duties.community.directory import GRAVITY
from baton.duties.owed import promise as open_promise
from baton.duties.reactions import wanting
from baton.duties.referrals import states
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.resource import Resource, extension, has_code, target
from baton.rules import referrals
from baton.rules.calendar import end_of_day, local_day
from baton.rules.needs import NEEDS
from baton.rules.referrals import Step

if TYPE_CHECKING:
    from baton.store import View

PLAN: Final = "referral"
REVIEWED: Final = "reviewed"


def promise_id(referral: str, step: str) -> str:
    """The id of a referral's promise of one kind; it follows from the referral ("Task/id")."""
    return codes.derived_id(PLAN, referral, step)


def step_of(task: Mapping[str, Any] | None) -> str | None:
    """Which step a promise is, None when it is about no referral."""
    code = codes.promise_code(task) or ""
    return code.removeprefix("referral-") if code.startswith("referral-") else None


@dataclass(frozen=True, slots=True)
class Loop:
    """A referral with what is known about it: its promises by step, the results that are here, what of them was reviewed."""

    task: Resource
    known: Mapping[str, Resource]
    results: tuple[str, ...]
    reviewed: frozenset[str]

    @property
    def reference(self) -> str:
        """ "Task/id"."""
        return f"Task/{self.task['id']}"

    @property
    def told(self) -> bool:
        """Whether the patient was told after the latest review."""
        tell, review = (self.known.get(step) or {} for step in ("tell", "review"))
        ends = [str(each.get("executionPeriod", {}).get("end", "")) for each in (tell, review)]
        return tell.get("status") == "completed" and ends[0] >= ends[1]

    @property
    def settled(self) -> bool:
        """Whether it was closed without a result or routed to somebody else, with the reason on record."""
        return extension(self.task, states.SETTLED) is not None

    def next_step(self) -> Step | None:
        """What is owed next; None when the loop is closed."""
        if self.task.get("status") == "entered-in-error":
            return None
        reviewed = bool(self.results) and self.reviewed.issuperset(self.results)
        return referrals.next_step(
            states.state(self.task), result=bool(self.results), reviewed=reviewed, told=self.told, settled=self.settled
        )


def read(view: View, task: Resource) -> Loop:
    """A referral's loop; in a change its promises are locked."""
    reference = f"Task/{task['id']}"
    ids = {step: promise_id(reference, step) for step in referrals.STEPS}
    reading.hold(view, (f"Task/{id_}" for id_ in ids.values()))
    known = {step: found for step, id_ in ids.items() if (found := reading.maybe(view, f"Task/{id_}")) is not None}
    looked_at = (known.get("review") or {}).get("output", ())
    reviewed = frozenset(filter(None, (target(each.get("valueReference")) for each in looked_at if upkeep.is_output(each, REVIEWED))))
    ended = task.get("status") == "completed"
    return Loop(task, known, tuple(results(view, str(target(task.get("focus"))))) if ended else (), reviewed)


def results(view: View, request: str) -> Iterable[str]:
    """What has come back about a ServiceRequest: letters and reports that say they belong to it, and what came of help with a need."""
    for document in view.find("DocumentReference", related=request):
        if document.get("status") == "current":
            yield f"DocumentReference/{document['id']}"
    for report in view.find("DiagnosticReport", based_on=request):
        if report.get("status") not in ("cancelled", "entered-in-error", "registered"):
            yield f"DiagnosticReport/{report['id']}"
    for procedure in view.find("Procedure", based_on=request):
        if procedure.get("status") in ("completed", "not-done") and has_code(procedure.get("category"), GRAVITY, *NEEDS):
            yield f"Procedure/{procedure['id']}"


def refreshed(view: View, task: Resource) -> list[Resource]:
    """The promises of a referral that its state has changed, and its ServiceRequest when the loop has closed or opened again."""
    loop = read(view, task)
    step = loop.next_step()
    changed = [
        ended(promise, loop, view.now)
        for name, promise in loop.known.items()
        if codes.is_open(promise) and not (step and name == step.name)
    ]
    if step is not None:
        changed += owed(view, loop, step)
    return [*changed, *request_after(view, loop, step)]


def ended(promise: Resource, loop: Loop, now: datetime) -> Resource:
    """A promise that the referral's own progress has kept, or that fell away with it."""
    if loop.task.get("status") in ("cancelled", "entered-in-error") or loop.settled:
        return upkeep.shut(promise, reason="referral-over", now=now)
    shut = upkeep.closed(promise, upkeep.Kept("completed", "kept", now, loop.reference), now)
    return {**shut, "lastModified": episodes.instant(now)}


def owed(view: View, loop: Loop, step: Step) -> list[Resource]:
    """The promise of the step, made, or opened again, or moved with its appointment; nothing when it stands as it should."""
    before = loop.known.get(step.name)
    booked = reading.moment(extension(loop.task, states.BOOKED), view.zone) if step.name == "visit" else None
    if before is not None and codes.is_open(before):
        told = trace.of(before)
        if booked is None or told is None or told.fact("booked") == booked:
            return []
    since = local_day(booked or view.now, view.zone)
    told = explained(view, loop, step, since, booked)
    if before is None:
        return [made(view, loop, step, told)]
    again = before if codes.is_open(before) else upkeep.reopened(before, "owed-again", view.now)
    period = {**again.get("restriction", {}).get("period", {}), "end": told.due.isoformat()}
    moved = {**again, **waiting(loop, step), "restriction": {"period": period}, "lastModified": episodes.instant(view.now)}
    return [reading.rehomed(view, trace.put(moved, told))]


def explained(view: View, loop: Loop, step: Step, since: date, booked: datetime | None) -> Trace:
    """Why the step is owed, and until when."""
    plan, task = plans.current(view, PLAN), loop.task
    answer = referrals.limit(step.name, states.urgency(task), since)
    code = f"referral-{step.name}"
    found = next((each for each in plan.steps if each.code == code), None)
    said = (
        Fact("referral", str(task.get("description") or "referral"), loop.reference),
        Fact("referred-to", name_of_owner(task), target(task.get("owner"))) if task.get("owner") else None,
        Fact("referral-state", states.state(task), loop.reference),
        Fact("urgency", states.urgency(task)),
        Fact("booked", booked, loop.reference) if booked else None,
        Fact("clock", f"{answer.rule}, version {answer.version}"),
    )
    return Trace(
        rule=plan.canonical,
        title=plan.title,
        step=code,
        source=answer.source,
        facts=tuple(fact for fact in said if fact is not None),
        arithmetic=answer.steps,
        due=end_of_day(answer.value, view.zone),
        clears=found.clears if found else ("closed-with-reason",),
        made_by=plans.made_by(view, getattr(view, "because", "")),
    )


def name_of_owner(task: Mapping[str, Any]) -> str:
    """Whom it was sent to."""
    owner = task.get("owner") or {}
    return str(owner.get("display") or owner.get("reference") or "")


def waiting(loop: Loop, step: Step) -> Resource:
    """Whose turn it is, as the status of the promise."""
    if step.turn == "ours":
        return {"status": "requested"}
    whom = name_of_owner(loop.task) if step.turn == "theirs" else str(loop.task.get("for", {}).get("display") or "")
    return {"status": "on-hold", "statusReason": codes.concept(codes.STATE, "waiting", whom or step.turn)}


def made(view: View, loop: Loop, step: Step, told: Trace) -> Resource:
    """The promise, new: owed by the patient's team."""
    task, patient = loop.task, str(target(loop.task.get("for")))
    marks = [{key: each[key] for key in ("system", "code")} for each in task.get("meta", {}).get("security", ())]
    said = str(task.get("description") or "")
    promise = open_promise(view, told, id_=promise_id(loop.reference, step.name), patient=patient, focus=loop.reference, description=said)
    return {**promise, **({"meta": {"security": marks}} if marks else {}), **waiting(loop, step)}


def request_after(view: View, loop: Loop, step: Step | None) -> list[Resource]:
    """The ServiceRequest follows: completed when its loop has closed, active again when it has opened again."""
    request = reading.maybe(view, target(loop.task.get("focus")))
    if request is None or loop.task.get("status") != "completed":
        return []
    wanted = "completed" if step is None else "active"
    return [{**request, "status": wanted}] if {request.get("status"), wanted} == {"active", "completed"} else []


# --- reactions ----------------------------------------------------------------------------------------------------------------------------


@wanting(states.is_referral)
def on_referral(_before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A referral was made or moved: what is owed about it moves with it."""
    if after is None:
        return []
    with reading.seeing_all(view):
        return refreshed(view, after)


@wanting(lambda after: step_of(after) is not None and not codes.is_open(after))
def on_step_closed(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A promise about a referral was closed by a person (reviewed, told): the next step is owed."""
    if before is None or after is None or not codes.is_open(before):
        return []
    return of_reference(view, target(after.get("focus")))


def of_reference(view: View, reference: str | None) -> list[Resource]:
    """What a referral's loop asks for, when there is such a referral."""
    with reading.seeing_all(view):
        task = reading.maybe(view, reference)
        return refreshed(view, task) if task is not None and states.is_referral(task) else []


def requests_of(resource: Mapping[str, Any] | None) -> list[str]:
    """The ServiceRequests that a letter or report says it belongs to."""
    if resource is None:
        return []
    related = (
        resource.get("context", {}).get("related", ())
        if resource.get("resourceType") == "DocumentReference"
        else resource.get("basedOn", ())
    )
    return [found for each in related if (found := target(each)) is not None and found.startswith("ServiceRequest/")]


@wanting(lambda after: after is None or bool(requests_of(after)))
def on_result(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A letter or report came back about a referral, was corrected or taken back."""
    wanted = dict.fromkeys((*requests_of(before), *requests_of(after)))
    outputs: list[Resource] = []
    with reading.seeing_all(view):
        for request in wanted:
            found = view.find("Task", focus=request, code=f"{states.TASK_CODE}|fulfill")
            outputs += [each for task in found for each in of_reference(view, f"Task/{task['id']}")]
    return outputs


REACTIONS = {
    "Task": [on_referral, on_step_closed],
    "DocumentReference": [on_result],
    "DiagnosticReport": [on_result],
    "Procedure": [on_result],
}
