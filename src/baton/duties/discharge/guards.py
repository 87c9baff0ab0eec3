"""What the door refuses about a plan for going home, whoever asks: a raw PUT obeys what the desk obeys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.discharge import evidence as discharge_evidence
from baton.duties.discharge import states
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target

if TYPE_CHECKING:
    from baton.store import View

ARRIVING: Final = frozenset({"load", "demo"})
"""Entrances through which a plan may arrive in the middle of its life."""


OF_A_PLAN: Final = {
    states.PLAN: states.OPEN,
    states.ITEM: states.OPEN,
    states.SUMMARY: states.OPEN,
    states.BLOCKER: ("planning",),
}
"""The promises about a plan, and in which of its states they may be owed."""


def plan_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A plan moves as its table says, its log only grows, what is waived says why, and it closes only when nothing is left."""
    was = states.state_of(before)
    if was in states.OPEN and (after is None or not states.is_plan(after)):
        yield error(
            "business-rule", "An open plan for going home is neither deleted nor turned into something else: cancel it.", "CarePlan"
        )
        return
    if after is None or not states.is_plan(after):
        return
    now = states.state_of(after)
    if now not in states.STATUS or after.get("status") != states.STATUS[now]:
        yield error("business-rule", f"A plan is {', '.join(states.STATUS)}, with the status that belongs to it.", "CarePlan.status")
        return
    if was is None and now != "planning" and view.who.entrance not in ARRIVING:
        yield error("business-rule", f"A plan begins as planning, not as {now}.", "CarePlan.extension(state)")
    if was is not None and now != was and now not in states.legal(was):
        said = ", ".join(states.legal(was)) or "nothing"
        yield error("business-rule", f"A plan that is {was} becomes {said}.", "CarePlan.extension(state)")
    yield from _log(before, after)
    yield from _items(after)
    if now == "closed" and was != "closed":
        yield from _unfinished(after, view)


def _log(before: Resource | None, after: Resource) -> Iterator[Issue]:
    """What was expected stays on record; what changes says why."""
    old, new = (
        [each for each in (resource or {}).get("extension", ()) if each.get("url") == states.EXPECTED] for resource in (before, after)
    )
    if new[: len(old)] != old:
        yield error("business-rule", "What was expected before stays in the log.", "CarePlan.extension(expected)")
    for each in new[max(len(old), 1) :]:
        if not any(part.get("url") == "why" and part.get("valueString") for part in each.get("extension", ())):
            yield error("required", "Say why it changes.", "CarePlan.extension(expected).why")


def _items(plan: Resource) -> Iterator[Issue]:
    for activity in plan.get("activity", ()):
        detail: dict[str, Any] = activity.get("detail", {})
        if not detail.get("performer"):
            yield error("required", "Every item has an owner.", "CarePlan.activity.detail.performer")
        if detail.get("status") == states.WAIVED and not (detail.get("statusReason") or {}).get("text"):
            yield error("required", "Say why it is not needed.", "CarePlan.activity.detail.statusReason")


def _unfinished(plan: Resource, view: View) -> Iterator[Issue]:
    known = states.read(plan, view.zone)
    for step in known.open_steps:
        yield error("business-rule", f"Still open: {step.code}.", "CarePlan.activity")
    yield from unowned(view, known.patient, known.encounter, "CarePlan.status")


def unowned(view: View, patient: str, encounter: str, element: str) -> Iterator[Issue]:
    """A refusal for each pending result of a stay that nobody owns."""
    with reading.seeing_all(view):
        waiting = discharge_evidence.pending(discharge_evidence.chart(view, patient), encounter, view)
    for each in waiting:
        if not each.owned:
            yield error("business-rule", f"A result is still to come and nobody owns it: {each.what}", element)


def stay_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Nobody ends a stay while a result is to come that nobody owns.

    That a patient has left is a fact when the hospital's own interface says so: it is kept, and the plan stays open until somebody does.
    """
    if after is None or after.get("status") != "finished" or view.who.own_role == "system":
        return
    if before is not None and before.get("status") == "finished":
        return
    encounter, patient = f"Encounter/{after['id']}", codes.patient_of(after)
    with reading.seeing_all(view):
        planned = states.is_open(reading.peek(view, states.reference(encounter)))
    if planned and patient:
        yield from unowned(view, patient, encounter, "Encounter.status")


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """The plan's own promise is kept by the plan, not by a tick; the summary by proof that it arrived; an ended plan owes nothing new."""
    if codes.is_open(after) and not codes.is_open(before) and codes.promise_code(after) in OF_A_PLAN:
        with reading.seeing_all(view):
            state = states.state_of(reading.peek(view, target((after or {}).get("focus"))))
        if state not in OF_A_PLAN[str(codes.promise_code(after))]:
            yield error("business-rule", "The plan for going home is over: nothing new is promised in it.", "Task.focus")
    if after is None or not codes.is_open(before) or after.get("status") != "completed":
        return
    code = codes.promise_code(after)
    if code == states.PLAN:
        with reading.seeing_all(view):
            plan = reading.peek(view, target(after.get("focus")))
        if states.is_open(plan):
            yield error("business-rule", "Say on the plan what is done: it closes when nothing is left.", "Task.status")
    if code == states.SUMMARY and not after.get("output"):
        yield error("business-rule", "Say how you know that it arrived.", "Task.output")


GUARDS = {"CarePlan": [plan_guard], "Encounter": [stay_guard], "Task": [task_guard]}
