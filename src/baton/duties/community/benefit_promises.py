"""What is owed about an application: exactly one open promise while its table has a step for its state, none once it is over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from baton.duties import codes, owed, reading, trace
from baton.duties.community import benefits, needs
from baton.duties.reactions import Reaction, wanting
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.resource import Resource, target
from baton.rules import benefits as rules
from baton.rules.answer import Answer, Step
from baton.rules.calendar import local_day, start_of_day

if TYPE_CHECKING:
    from baton.store import View

STEPS: Final = ("apply", "decision", "answer", "appeal", "renew")


def promise_id(application: str, step: str) -> str:
    """The id of an application's promise of one kind ("Task/id" of the application)."""
    return codes.derived_id("benefit", application, step)


def due(task: Resource, step: str, view: View) -> Answer[date]:
    """Until when the step of an application is owed, by its program's clocks and its own dates."""
    today = local_day(view.now, view.zone)
    since = benefits.day_of(task, benefits.SINCE) or today
    row = rules.program(benefits.program(task), max(since, date(2026, 1, 1)))
    said = {"answer": benefits.day_of(task, benefits.ASKED_BY), "renew": benefits.day_of(task, benefits.RUNS)}.get(step)
    if said is not None:
        return Answer(said, (Step("start", since), Step("end", said)), f"{rules.MACHINE}/{step}", "", row.source if row else "")
    if step == "apply" or row is None:
        end = str(task.get("restriction", {}).get("period", {}).get("end") or "")[:10]
        return rules.apply_by(since, date.fromisoformat(end) if end else None)
    return rules.after(since, row, f"{step}_days")


def refreshed(view: View, task: Resource) -> list[Resource]:
    """The promises of an application that its state has changed."""
    reference = f"Task/{task['id']}"
    now = rules.states().get(benefits.state(task))
    step = now.step if now is not None and task.get("status") != "entered-in-error" else None
    ids = {each: promise_id(reference, each) for each in STEPS}
    reading.hold(view, (f"Task/{id_}" for id_ in ids.values()))
    known = {each: found for each, id_ in ids.items() if (found := reading.maybe(view, f"Task/{id_}")) is not None}
    changed = [_ended(promise, task, view) for each, promise in known.items() if codes.is_open(promise) and each != step]
    if now is not None and step is not None:
        changed += _owed(view, task, now, step, known.get(step))
    return changed


def _ended(promise: Resource, task: Resource, view: View) -> Resource:
    """A promise that the application's own progress has kept, or that fell away with it."""
    if task.get("status") in ("cancelled", "entered-in-error"):
        return upkeep.shut(promise, reason="all-closed", now=view.now)
    shut = upkeep.closed(promise, upkeep.Kept("completed", "kept", view.now, f"Task/{task['id']}"), view.now)
    return {**shut, "lastModified": episodes.instant(view.now)}


def _owed(view: View, task: Resource, now: rules.State, step: str, before: Resource | None) -> list[Resource]:
    told = explained(view, task, step)
    if before is not None and codes.is_open(before) and (was := trace.of(before)) is not None and was.due == told.due:
        return []
    if before is None:
        made = owed.promise(
            view,
            told,
            id_=promise_id(f"Task/{task['id']}", step),
            patient=str(target(task.get("for"))),
            focus=f"Task/{task['id']}",
            description=str(task.get("description") or ""),
        )
    else:
        again = before if codes.is_open(before) else upkeep.reopened(before, "owed-again", view.now)
        period = {"end": told.due.isoformat()}
        made = reading.rehomed(
            view, trace.put({**again, "restriction": {"period": period}, "lastModified": episodes.instant(view.now)}, told)
        )
    if now.turn == "theirs":
        made = {**made, "status": "on-hold", "statusReason": codes.concept(codes.STATE, "waiting", str(task.get("description") or ""))}
    if step == "renew":
        made = _asleep(made, told, view)
    return [made]


def _asleep(promise: Resource, told: Trace, view: View) -> Resource:
    """A renewal is on the list from two months before on."""
    day = rules.ahead(told.due.astimezone(view.zone).date())
    if day <= local_day(view.now, view.zone):
        return promise
    period = {**promise["restriction"]["period"], "start": start_of_day(day, view.zone).isoformat()}
    return {**promise, "restriction": {"period": period}}


def explained(view: View, task: Resource, step: str) -> Trace:
    """Why the step is owed, and until when."""
    bill = benefits.day_of(task, benefits.FIRST_BILL)
    since = benefits.day_of(task, benefits.SINCE)
    facts = [
        Fact("benefit", str(task.get("description") or ""), f"Task/{task['id']}"),
        Fact("application-state", benefits.state(task), f"Task/{task['id']}"),
    ]
    facts += [Fact("state-since", since)] if since else []
    facts += [Fact("first-bill", bill)] if bill else []
    return owed.told(view, plan=needs.PLAN, step=f"benefit-{step}", answer=due(task, step, view), facts=facts)


@wanting(benefits.is_application)
def on_application(_before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """An application was begun or moved: what is owed about it moves with it."""
    if after is None:
        return []
    with reading.seeing_all(view):
        return refreshed(view, after)


def step_of(task: Resource | None) -> str | None:
    """Which step of an application a promise is, None when it is about none."""
    code = codes.promise_code(task) or ""
    return code.removeprefix("benefit-") if code.startswith("benefit-") else None


@wanting(lambda after: step_of(after) is not None and not codes.is_open(after))
def on_step_closed(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A promise about an application was closed by a person: while the application stands where it stood, it is owed again."""
    if before is None or after is None or not codes.is_open(before):
        return []
    with reading.seeing_all(view):
        task = reading.maybe(view, target(after.get("focus")))
        return refreshed(view, task) if task is not None and benefits.is_application(task) else []


REACTIONS: dict[str, list[Reaction]] = {"Task": [on_application, on_step_closed]}
