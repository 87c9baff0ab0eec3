"""Going home, prepared from the day of admission: what is expected, who owns what, who has said yes; then they leave, and it is finished.

The verbs. What follows from them, and what the door refuses, stand in `discharge_promises` and `discharge_guards`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from baton.duties import codes, reading
from baton.duties.discharge import evidence as discharge_evidence
from baton.duties.discharge import shapes, states
from baton.duties.discharge.states import Plan
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.duties.transitions.discharges import R4_DISPOSITION
from baton.fhir.resource import Resource, code_of, human_name, target
from baton.rules import discharge_plan as rules
from baton.store import NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

LONGEST = 500
DESTINATION_CHANGED = "destination-changed"


# --- beginning -----------------------------------------------------------------------------------------------------


def started(view: View, encounter: Resource) -> Resource:
    """The plan a stay begins with: every item open and owned by the role that usually does it; who takes over, as far as known."""
    patient = str(codes.patient_of(encounter))
    person = reading.peek(view, patient) or {}
    plan: Resource = {
        "resourceType": "CarePlan",
        "id": states.plan_id(f"Encounter/{encounter['id']}"),
        "status": "active",
        "intent": "plan",
        "category": [codes.concept(states.SYSTEM, states.KIND)],
        "title": "Going home",
        "subject": {"reference": patient},
        "encounter": {"reference": f"Encounter/{encounter['id']}"},
        "period": {"start": str(encounter.get("period", {}).get("start") or episodes.instant(view.now))},
        "created": episodes.instant(view.now),
        "activity": list(shapes.fresh_activities()),
        "extension": [
            {"url": states.STATE, "valueCode": "planning"},
            *({"url": states.ACCEPTING, "valueReference": each} for each in practitioners(view, person)),
        ],
    }
    return plan


def practitioners(view: View, person: Mapping[str, object]) -> Iterable[Resource]:
    """Who looks after the patient at home, by name."""
    named = person.get("generalPractitioner")
    for each in named if isinstance(named, list) else ():
        reference = target(each)
        if reference and reference.startswith(("Practitioner/", "Organization/", "PractitionerRole/")):
            yield codes.reference_to(reference, str(each.get("display") or reading.name_of(view, reference)))


def start(change: Change, *, encounter: str) -> Stored:
    """A plan for a stay that has none. Raises Invalid when it is no stay under way, or has one."""
    found = change.get("Encounter", encounter.removeprefix("Encounter/"))
    if found.get("class", {}).get("code") not in rules.STAYS or found.get("status") == "finished":
        raise refuse("Only a stay in hospital that is under way has a plan for going home.", "CarePlan.encounter")
    if reading.maybe(change, states.reference(f"Encounter/{found['id']}")) is not None:
        raise refuse("This stay has its plan already.", "CarePlan.encounter")
    return change.put(started(change, found))


def held(view: View, plan: str) -> tuple[Resource, Plan]:
    """A plan with this id, locked in a change. Raises NotFound."""
    found = view.get("CarePlan", plan.removeprefix("CarePlan/"))
    if not states.is_plan(found):
        raise NotFound(f"There is no plan for going home CarePlan/{found['id']}.")
    return found, states.read(found, view.zone)


def _open(change: Change, plan: str) -> tuple[Resource, Plan]:
    found, known = held(change, plan)
    if known.state not in states.OPEN:
        raise refuse("This plan is over.", "CarePlan.status")
    return found, known


# --- what is expected ----------------------------------------------------------------------------------------------


def expect(change: Change, *, plan: str, until: datetime, to: str, confidence: str, why: str = "") -> Stored:
    """When they are expected to leave, where to, how sure: added to the log, by whom and why. Raises Invalid.

    Whoever has signed is asked again when the destination changes: they said yes to another one.
    """
    found, known = _open(change, plan)
    latest = known.latest
    for value, all_, element in ((to, rules.DESTINATIONS, "destination"), (confidence, rules.CONFIDENCES, "confidence")):
        if value not in all_:
            raise refuse(f"{value!r} is none of {', '.join(all_)}.", f"CarePlan.extension(expected).{element}")
    if known.admitted is not None and until < known.admitted:
        raise refuse("They cannot leave before they came.", "CarePlan.period.end")
    if latest and (latest.until, latest.to, latest.confidence) == (until, to, confidence):
        raise refuse("That is what is expected already.", "CarePlan.extension(expected)")
    if latest and not why.strip():
        raise refuse("Say why it changes.", "CarePlan.extension(expected).why")
    by = codes.reference_to(change.who.person, change.who.name)
    said = shapes.nested(
        states.EXPECTED, at=episodes.instant(change.now), by=by, until=until.astimezone(change.zone).isoformat(), to=to,
        confidence=confidence, why=why.strip()[:LONGEST] or None,
    )  # fmt: skip
    after = shapes.added(found, said)
    if latest and latest.to != to:
        after = codes.with_extension(after, states.SIGNED)
    after = {**after, "period": {**after["period"], "end": until.astimezone(change.zone).isoformat()}}
    return change.put(settled(change, after))


def ready(change: Change, *, plan: str, at: datetime | None) -> Stored:
    """They could medically leave from this moment on (None: not after all). From here hours in the way are hours lost. Raises Invalid."""
    found, known = _open(change, plan)
    if known.state != "planning":
        raise refuse("They have left already.", "CarePlan.extension(ready)")
    if at is not None and (at > change.now or (known.admitted is not None and at < known.admitted)):
        raise refuse("That moment is not within the stay so far.", "CarePlan.extension(ready)")
    marks = [{"url": states.READY, "valueDateTime": at.astimezone(change.zone).isoformat()}] if at else []
    return change.put(settled(change, codes.with_extension(found, states.READY, *marks)))


# --- items ---------------------------------------------------------------------------------------------------------


def _activity(plan: Resource, code: str) -> Resource:
    found = shapes.activity_of(plan, code)
    if found is None:
        raise refuse("There is no such item in this plan.", "CarePlan.activity")
    return found


def _said(activity: Resource, note: Resource) -> Resource:
    return {**activity, "progress": [*activity.get("progress", ()), note]}


def _by(change: View, text: str) -> Resource:
    return shapes.remark(change.who, change.now, text)


def _with_status(activity: Resource, status: str, reason: str | None = None) -> Resource:
    detail = {key: value for key, value in activity["detail"].items() if key != "statusReason"}
    return {**activity, "detail": {**detail, "status": status, **({"statusReason": {"text": reason}} if reason else {})}}


def done(change: Change, *, plan: str, items: Iterable[str], note: str = "") -> Stored:
    """These items are done. Raises Invalid for one that is none, or is not open."""
    found, known = _open(change, plan)
    still = {step.code for step in known.open_steps}
    several = tuple(dict.fromkeys(items))
    if not several:
        raise refuse("Say what is done.", "CarePlan.activity")
    for code in several:
        activity = _activity(found, code)
        if code not in still:
            raise refuse("This is done already.", "CarePlan.activity.detail.status")
        found = shapes.with_activity(found, code, _said(_with_status(activity, states.DONE), _by(change, note.strip() or "done")))
    return change.put(settled(change, found))


def waive(change: Change, *, plan: str, item: str, reason: str) -> Stored:
    """An item that is not needed here, and why. Raises Invalid without a reason."""
    found, _ = _open(change, plan)
    if not reason.strip():
        raise refuse("Say why it is not needed.", "CarePlan.activity.detail.statusReason")
    reason = reason.strip()[:LONGEST]
    after = _said(_with_status(_activity(found, item), states.WAIVED, reason), _by(change, reason))
    return change.put(settled(change, shapes.with_activity(found, item, after)))


def reopen(change: Change, *, plan: str, item: str, reason: str) -> Stored:
    """An item that is open after all, and why."""
    found, known = _open(change, plan)
    if not reason.strip():
        raise refuse("Say why it is open again.", "CarePlan.activity.detail.status")
    if item in {step.code for step in known.open_steps}:
        raise refuse("This is open.", "CarePlan.activity.detail.status")
    after = _said(_with_status(_activity(found, item), "in-progress"), _by(change, reason.strip()[:LONGEST]))
    return change.put(shapes.with_activity(found, item, after))


def assign(change: Change, *, plan: str, item: str, owner: str, due: datetime | None = None) -> Stored:
    """An item in somebody's hands, until a moment. Raises Invalid when there is nobody of that reference."""
    found, _ = _open(change, plan)
    activity = _activity(found, item)
    if not owner.startswith(("Practitioner/", "Organization/")) or reading.maybe(change, owner) is None:
        raise refuse("There is nobody of that name to hand it to.", "CarePlan.activity.detail.performer")
    detail = {**activity["detail"], "performer": [codes.reference_to(owner, reading.name_of(change, owner))]}
    if due is not None:
        detail["scheduledPeriod"] = {"end": due.astimezone(change.zone).isoformat()}
    return change.put(settled(change, shapes.with_activity(found, item, {**activity, "detail": detail})))


# --- who has said yes ----------------------------------------------------------------------------------------------


def sign(change: Change, *, plan: str, names: Mapping[str, str]) -> Stored:
    """These people have said yes to the plan: by role, the name of who did. Raises Invalid for a role that is none, or a name left out."""
    found, known = _open(change, plan)
    said = {role: name.strip() for role, name in names.items() if name.strip()}
    if not said:
        raise refuse("Say who has said yes.", "CarePlan.extension(signed)")
    for role, name in said.items():
        found = _signed(change, found, known, role, name=name[:120])
    return change.put(settled(change, found))


def sign_unneeded(change: Change, *, plan: str, role: str, why: str) -> Stored:
    """Nobody of this role is to be asked, and why: no therapist was involved, there is no caregiver. Raises Invalid."""
    found, known = _open(change, plan)
    if not why.strip():
        raise refuse("Say why nobody is asked.", "CarePlan.extension(signed).why")
    if not rules.unneeded(role):
        raise refuse("Their yes is always needed.", "CarePlan.extension(signed).role")
    return change.put(settled(change, _signed(change, found, known, role, unneeded=True, why=why.strip()[:LONGEST])))


def _signed(change: Change, plan: Resource, known: Plan, role: str, **said: object) -> Resource:
    if role not in rules.SIGNATURES:
        raise refuse(f"{role!r} is none of {', '.join(rules.SIGNATURES)}.", "CarePlan.extension(signed).role")
    if role not in known.unsigned:
        raise refuse("They have said yes already.", "CarePlan.extension(signed)")
    by = codes.reference_to(change.who.person, change.who.name)
    return shapes.added(plan, shapes.nested(states.SIGNED, role=role, by=by, at=episodes.instant(change.now), **said))


def taken_over_by(change: Change, *, plan: str, to: str) -> Stored:
    """Somebody takes over after the stay: they are told that the patient left, and sent the summary. Raises Invalid."""
    found, known = _open(change, plan)
    if not to.startswith(("Practitioner/", "Organization/", "PractitionerRole/")) or reading.maybe(change, to) is None:
        raise refuse("There is nobody of that name who could take over.", "CarePlan.extension(accepting)")
    if to in {reference for reference, _ in known.accepting}:
        raise refuse("They take over already.", "CarePlan.extension(accepting)")
    one = {"url": states.ACCEPTING, "valueReference": codes.reference_to(to, reading.name_of(change, to))}
    return change.put(settled(change, shapes.added(found, one)))


# --- leaving, and the end ------------------------------------------------------------------------------------------


def leave(change: Change, *, plan: str, at: datetime, despite: str = "") -> Stored:
    """They leave: the stay ends, and with it what follows begins. Amber only with a reason; never with a result nobody owns.

    Returns the Encounter. Raises Invalid.
    """
    found, known = _open(change, plan)
    encounter = change.get("Encounter", known.encounter.partition("/")[2])
    if known.state != "planning" or encounter.get("status") == "finished":
        raise refuse("They have left already.", "Encounter.status")
    if at > change.now or (known.admitted is not None and at < known.admitted):
        raise refuse("That moment is not within the stay so far.", "Encounter.period.end")
    if known.latest is None:
        raise refuse("Say first where they go.", "Encounter.hospitalization.dischargeDisposition")
    settled_now = settled(change, found)
    if not states.read(settled_now, change.zone).green and not despite.strip():
        raise refuse("Not everything is done or signed: say why they leave all the same.", "CarePlan.note")
    if despite.strip():
        note = _by(change, despite.strip()[:LONGEST])
        settled_now = {**settled_now, "note": [*settled_now.get("note", ()), note]}
    if settled_now != found:
        change.put(settled_now)
    stay = {**encounter.get("hospitalization", {})}
    stay["dischargeDisposition"] = codes.concept(R4_DISPOSITION, rules.disposition(known.latest.to))
    period = {**encounter.get("period", {}), "end": at.astimezone(change.zone).isoformat()}
    return change.put({**encounter, "status": "finished", "period": period, "hospitalization": stay})


def close(change: Change, *, plan: str) -> Stored:
    """Everything is done: the plan is over. Raises Invalid while anything is left."""
    found, known = _open(change, plan)
    after = settled(change, found)
    if states.state_of(after) == "closed":
        return change.put(after)
    if known.state != "left":
        raise refuse("They have not left yet.", "CarePlan.status")
    raise refuse("Something is still open: do it, or say why it is not needed.", "CarePlan.activity")


def cancel(change: Change, *, plan: str, reason: str) -> Stored:
    """There is nothing to plan after all, and why. Raises Invalid."""
    found, _ = _open(change, plan)
    if not reason.strip():
        raise refuse("Say why.", "CarePlan.note")
    note = _by(change, reason.strip()[:LONGEST])
    return change.put(states.brought({**found, "note": [*found.get("note", ()), note]}, "cancelled"))


# --- what the chart shows ------------------------------------------------------------------------------------------


def settled(view: View, plan: Resource) -> Resource:
    """The plan with what the chart shows: items are done that it shows done, open again when it no longer does; over when all is."""
    known = states.read(plan, view.zone)
    with reading.seeing_all(view):
        found = discharge_evidence.chart(view, known.patient)
        person = reading.peek(view, known.patient) or {}
        there = discharge_evidence.shown(view, known, found, person)
    for step in known.steps:
        activity = shapes.activity_of(plan, step.code)
        if activity is None or step.item.evidence is None:
            continue
        if step.state == "open" and step.item.evidence in there:
            proved = _said(_with_status(activity, states.DONE), shapes.proof(view.now, step.item.evidence))
            plan = shapes.with_activity(plan, step.code, proved)
        elif step.shown and step.item.evidence not in there:
            withdrawn = _said(_with_status(activity, "in-progress"), shapes.proof(view.now, f"no longer: {step.item.evidence}"))
            plan = shapes.with_activity(plan, step.code, withdrawn)
    after = states.read(plan, view.zone)
    over = after.state == "left" and not after.open_steps
    if over and all(each.owned for each in discharge_evidence.pending(found, known.encounter, view)):
        return states.brought(plan, "closed")
    return plan


def bring_up_to_date(change: Change, *, plan: str) -> bool:
    """Take over what the chart shows. Returns whether there was anything."""
    found, _ = _open(change, plan)
    after = settled(change, found)
    if after == found:
        return False
    change.put(after)
    return True


def patient_name(view: View, plan: Plan) -> str:
    """Whose plan it is."""
    return human_name(reading.peek(view, plan.patient) or {})


def disposition_of(encounter: Mapping[str, object]) -> str | None:
    """Where a stay ended, as a code of discharge-disposition."""
    stay = encounter.get("hospitalization")
    return code_of(stay.get("dischargeDisposition"), R4_DISPOSITION) if isinstance(stay, Mapping) else None
