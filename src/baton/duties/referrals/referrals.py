"""Referrals: made, sent, answered, booked, kept or missed, a result reviewed, the patient told. Then the loop is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading
from baton.duties.promises import refuse, with_note
from baton.duties.referrals import promises as loops
from baton.duties.referrals import states
from baton.duties.transitions import episodes, upkeep
from baton.fhir.resource import Resource, human_name, target
from baton.rules import referrals
from baton.rules.tables import table
from baton.store import NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

DISPOSITIONS = ("no-change", "plan-changed", "more-tests", "refer-on")
HOW_TOLD = ("call", "message", "letter", "visit")
REASONED = frozenset({"decline", "no-show", "appointment-cancelled", "request-cancellation", "hold", "fail", "cancel"})
"""What is only done with a reason in words."""
DATED = frozenset({"schedule", "reschedule"})


@dataclass(frozen=True, slots=True)
class Meter:
    """How complete a referral is before it is sent: what it must hold, and what of that is there, as codes."""

    asked: tuple[str, ...]
    there: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not there yet."""
        return tuple(item for item in self.asked if item not in self.there)


def held(change: View, task: str) -> Resource:
    """The referral with this id; in a change, locked until it ends. Raises NotFound when it is none."""
    found = change.get("Task", task.removeprefix("Task/"))
    if not states.is_referral(found):
        raise NotFound(f"There is no referral Task/{found['id']}.")
    return found


def make(
    change: Change,
    *,
    patient: str,
    what: str,
    to: str,
    urgency: str = "routine",
    specialty: str | None = None,
    question: str | None = None,
    reason: str | None = None,
    part_of: str | None = None,
    request: str | None = None,
) -> Stored:
    """A referral, as a draft: the ServiceRequest (or another Task for `request`, when it is routed anew) and the Task for whom it goes to.

    `to` is an Organization, Practitioner, PractitionerRole or HealthcareService. Raises Invalid naming the element.
    """
    patient = patient if "/" in patient else f"Patient/{patient}"
    person = change.get(*patient.split("/", 1))
    if not what.strip():
        raise refuse("Say what is asked for.", "ServiceRequest.code")
    if urgency not in referrals.URGENCIES:
        raise refuse(f"Urgency is one of {', '.join(referrals.URGENCIES)}.", "ServiceRequest.priority")
    if reading.maybe(change, to) is None:
        raise refuse("There is nobody of that name to refer to.", "ServiceRequest.performer")
    now, by = episodes.instant(change.now), codes.reference_to(change.who.person, change.who.name)
    performer = codes.reference_to(to, reading.name_of(change, to))
    if request is None:
        asked: Resource = {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "priority": urgency,
            "code": {"text": what.strip()},
            "subject": {"reference": patient},
            "authoredOn": now,
            "requester": by,
            "performer": [performer],
            **({"performerType": codes.concept(states.SPECIALTY, specialty)} if specialty else {}),
            **({"orderDetail": [{"text": question.strip()}]} if question and question.strip() else {}),
            **({"reasonCode": [{"text": reason.strip()}]} if reason and reason.strip() else {}),
        }
        request = change.put(asked).reference
    task: Resource = {
        "resourceType": "Task",
        "status": "draft",
        "intent": "order",
        "priority": urgency,
        "code": codes.concept(states.TASK_CODE, "fulfill"),
        "description": what.strip(),
        "focus": {"reference": request},
        "for": codes.reference_to(patient, human_name(person) or None),
        "authoredOn": now,
        "lastModified": now,
        "requester": by,
        "owner": performer,
        **({"partOf": [{"reference": part_of}]} if part_of else {}),
    }
    return change.put(task)


def meter(view: View, task: Resource) -> Meter:
    """How complete the referral is."""
    request = reading.maybe(view, target(task.get("focus"))) or {}
    specialty = next((code for _, code in reading.codings(request.get("performerType"))), None)
    patient = str(target(task.get("for")))
    person = reading.maybe(view, patient) or {}
    there = {
        "question": bool(request.get("orderDetail") or request.get("note")),
        "urgency": bool(request.get("priority")),
        "reason": bool(request.get("reasonCode") or request.get("reasonReference")),
        "contact": bool(person.get("telecom")),
    }
    asked = referrals.content(specialty)
    for item in asked:
        if item not in there:
            there[item] = any(found(view, patient, row.values) for row in table("referral").rows if row.code == f"evidence-{item}")
    return Meter(asked, frozenset(item for item, is_there in there.items() if is_there))


def found(view: View, patient: str, evidence: Any) -> bool:
    """Whether the chart holds what a row of the table names: resources of a type, perhaps of certain codes."""
    codes_of: list[str] = evidence.get("codes") or []
    narrowed = {"code" if evidence["type"] != "DocumentReference" else "type": ",".join(codes_of)} if codes_of else {}
    return bool(view.find(evidence["type"], patient=patient, _count=1, **narrowed))


def send(change: Change, *, task: str, despite: str | None = None) -> Stored:
    """Send it (T01). What is incomplete is sent only with a reason. Raises Invalid naming what is missing."""
    referral = held(change, task)
    lacking = meter(change, referral).missing
    if lacking and not (despite and despite.strip()):
        raise refuse(f"Not complete: {', '.join(lacking)} missing. Add it, or say why it is sent without.", "ServiceRequest")
    if lacking:
        referral = with_note(change, referral, f"Sent without {', '.join(lacking)}: {(despite or '').strip()}")
    return moved(change, referral, "send")


def move(
    change: Change, *, task: str, trigger: str, reason: str | None = None, when: datetime | None = None, note: str | None = None
) -> Stored:
    """Anything the other side (or we) report: accept, decline, schedule, no-show, interim-note, outcome and the rest of the table.

    Raises Invalid when it is no move from where the referral stands, naming those that are; when a reason or a time is needed.
    """
    return moved(change, held(change, task), trigger, reason=reason, when=when, note=note)


def moved(
    change: Change, referral: Resource, trigger: str, *, reason: str | None = None, when: datetime | None = None, note: str | None = None
) -> Stored:
    """The referral, one move on."""
    way = next((each for each in states.open_moves(referral) if each.trigger == trigger), None)
    if way is None:
        possible = ", ".join(dict.fromkeys(each.trigger for each in states.open_moves(referral))) or "nothing: it has ended"
        raise refuse(f"That cannot happen now. What can: {possible}.", "Task.status")
    if trigger in REASONED and not (reason and reason.strip()):
        raise refuse("Say why.", "Task.statusReason")
    if trigger in DATED and when is None:
        raise refuse("Say when the visit is.", "Task.extension")
    after = upkeep.without(states.at(referral, way.end), "statusReason")
    if reason and reason.strip():
        after["statusReason"] = {"text": reason.strip()}
    if when is not None:
        after = codes.with_extension(after, states.BOOKED, {"url": states.BOOKED, "valueDateTime": when.isoformat()})
    elif trigger in ("no-show", "appointment-cancelled"):
        after = codes.with_extension(after, states.BOOKED)
    return change.put({**with_note(change, after, note), "lastModified": episodes.instant(change.now)})


def reroute(change: Change, *, task: str, to: str) -> Stored:
    """The same request to somebody else, after a refusal: a new Task, part of the old one, sent at once. Raises Invalid."""
    old = held(change, task)
    if not states.is_ended(old) or old.get("status") not in ("rejected", "failed"):
        raise refuse("Only a referral that was declined or failed is sent to somebody else.", "Task.status")
    new = make(
        change,
        patient=str(target(old.get("for"))),
        what=str(old.get("description") or "referral"),
        to=to,
        urgency=states.urgency(old),
        part_of=f"Task/{old['id']}",
        request=str(target(old.get("focus"))),
    )
    settle(change, old, "rerouted")
    return moved(change, new.resource(), "send")


def settle(change: Change, referral: Resource, reason: str) -> Stored:
    """Mark that nothing more is to come of this Task, and why."""
    mark = {"url": states.SETTLED, "valueString": reason}
    return change.put({**codes.with_extension(referral, states.SETTLED, mark), "lastModified": episodes.instant(change.now)})


def close_without_result(change: Change, *, task: str, reason: str) -> Stored:
    """No result will come, and this is why: after completion the patient is still told; after a refusal nothing more is owed."""
    referral = held(change, task)
    if not reason.strip():
        raise refuse("Say why.", "Task.extension")
    if not states.is_ended(referral):
        raise refuse("It is still under way: ask for its cancellation instead.", "Task.status")
    return settle(change, referral, reason.strip())


def step(change: Change, task: str, name: str) -> Resource:
    """The open promise of a step, locked. Raises Invalid when that is not what is owed now."""
    reference = task if task.startswith("Task/") else f"Task/{task}"
    promise = reading.maybe(change, f"Task/{loops.promise_id(reference, name)}")
    if not codes.is_open(promise) or promise is None:
        raise refuse("That is not what is owed now.", "Task.status")
    return promise


def review(change: Change, *, task: str, disposition: str, note: str | None = None) -> Stored:
    """Somebody has read the result and says what follows from it. Raises Invalid for a disposition that is none."""
    if disposition not in DISPOSITIONS:
        raise refuse("Say what follows from the result.", "Task.output")
    referral = held(change, task)
    promise = step(change, task, "review")
    seen = [upkeep.output(loops.REVIEWED, each) for each in loops.results(change, str(target(referral.get("focus"))))]
    said = {"type": codes.concept(codes.OUTPUT, "disposition"), "valueCode": disposition}
    others = [each for each in promise.get("output", ()) if not upkeep.is_output(each, "disposition") and each not in seen]
    promise = {**with_note(change, promise, note), "output": [*others, *seen, said]}
    return change.put(upkeep.shut(promise, reason="kept", status="completed", now=change.now))


def tell(change: Change, *, task: str, how: str, note: str | None = None) -> Stored:
    """The patient was told, and how: the loop is closed. Raises Invalid."""
    if how not in HOW_TOLD:
        raise refuse("Say how the patient was told.", "Task.output")
    promise = step(change, task, "tell")
    said = {"type": codes.concept(codes.OUTPUT, "told"), "valueCode": how}
    others = [each for each in promise.get("output", ()) if not upkeep.is_output(each, "told")]
    promise = {**with_note(change, promise, note), "output": [*others, said]}
    return change.put(upkeep.shut(promise, reason="kept", status="completed", now=change.now))
