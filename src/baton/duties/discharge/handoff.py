"""Who takes over learns of it: that the patient left, the summary within its hours with proof that it arrived. Delivered is not accepted.

What leaves, leaves by a rehearsal and as a packet (see disclosure); here is only who it goes to and where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, promises, reading, trace
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import proofs, shapes, states
from baton.duties.discharge.proofs import Proof, state_of
from baton.duties.discharge.states import Plan
from baton.duties.patients import identity
from baton.duties.privacy import disclosure
from baton.duties.privacy.decisions import Recipient
from baton.duties.privacy.disclosure import Order, Rehearsal
from baton.duties.privacy.packets import DISCLOSURE
from baton.duties.promises import refuse
from baton.duties.reactions import Reaction, wanting
from baton.duties.transitions import episodes, evidence, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, has_code, human_name, target
from baton.paper import Facts, Paper
from baton.store import Refused

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

MOVES: Final[Mapping[str, Mapping[str, str]]] = {
    "send": {"to-send": "sent", "failed": "sent"},
    "deliver": {"sent": "delivered"},
    "fail": {"sent": "failed"},
    "accept": {"sent": "accepted", "delivered": "accepted"},
}
"""Where a summary stands: verb → state before → state after."""
HAND_OFF: Final = "18761-7"
SUMMARIES: Final = (evidence.DISCHARGE_SUMMARY, HAND_OFF)


@dataclass(frozen=True, slots=True)
class Summary:
    """One summary to one who takes over. `proofs` is what is known of its way, or why it did not arrive; `packet` is what was sent."""

    task: str
    to: str | None
    name: str
    state: str
    due: datetime | None
    open: bool
    proofs: tuple[Proof, ...]
    packet: str | None
    when: datetime | None


def recipient_of(task: Mapping[str, Any]) -> str | None:
    """Who it goes to."""
    return next((found for each in task.get("restriction", {}).get("recipient", ()) if (found := target(each))), None)


def read(task: Resource, view: View) -> Summary:
    """A promise to send the summary, as a page shows it."""
    told = trace.of(task)
    packet = next((target(each.get("valueReference")) for each in task.get("output", ()) if upkeep.is_output(each, "packet")), None)
    return Summary(
        task=str(task["id"]),
        to=recipient_of(task),
        name=str(task.get("description", "")),
        state=state_of(task) or "to-send",
        due=told.due.astimezone(view.zone) if told else None,
        open=codes.is_open(task),
        proofs=proofs.of(task, view),
        packet=packet,
        when=reading.moment(task.get("lastModified"), view.zone),
    )


# --- sending -------------------------------------------------------------------------------------------------------


def address_of(resource: Mapping[str, Any]) -> tuple[str, str | None]:
    """How somebody is best reached: (channel, address): fax, Direct, a secure link by e-mail, else on paper."""
    points = {point.get("system"): str(point["value"]) for point in reversed(identity.points(resource))}
    direct = next((value for value in points.values() if "@direct." in value), None)
    if points.get("fax"):
        return "fax", points["fax"]
    if direct:
        return "direct", direct
    return ("link", points["email"]) if points.get("email") else ("print", None)


def order(view: View, *, patient: str, to: str, name: str, **more: Any) -> Order:
    """What would be sent to somebody who takes over, for treatment."""
    channel, address = address_of(reading.peek(view, to) or {})
    return Order(patient, Recipient(name, "provider", to, address), "TREAT", channel, **more)


def order_of(view: View, task: str) -> Order:
    """The order of a promise to send the summary. Raises Invalid when nobody is named, or it is no such promise."""
    found = view.get("Task", task.removeprefix("Task/"))
    to = recipient_of(found)
    if codes.promise_code(found) != states.SUMMARY or to is None:
        raise refuse("Say first who takes over.", "Task.restriction.recipient")
    patient, name = str(codes.patient_of(found)), str(found.get("description", ""))
    usual = order(view, patient=patient, to=to, name=name)
    proposed = frozenset(line.reference for line in disclosure.rehearse(view, usual).lines if line.proposed)
    ours = frozenset(of_stay(view, patient, str(target(found.get("encounter")))))
    return usual if ours <= proposed else replace(usual, chosen=proposed | ours, reason="The hand-off of this stay goes along")


def of_stay(view: View, patient: str, encounter: str) -> Iterator[str]:
    """The summary and the hand-off of a stay, as they stand now."""
    for document in view.find("DocumentReference", patient=patient, encounter=encounter, status="current"):
        if is_summary(document):
            yield f"DocumentReference/{document['id']}"


def rehearse(view: View, *, task: str) -> Rehearsal:
    """Exactly what would leave for one who takes over. Writes nothing."""
    return disclosure.rehearse(view, order_of(view, task))


def send(change: Change, *, task: str, digest: str, words: disclosure.Words) -> Stored:
    """It leaves as rehearsed. Raises Conflict when something was decided otherwise, Invalid when no summary is among what leaves."""
    found = _held(change, task)
    asked = order_of(change, task)
    rehearsal = disclosure.rehearse(change, asked)
    if not any(is_summary(reading.peek(change, line.reference)) for line in rehearsal.leaving):
        raise refuse("There is no discharge summary to send yet.", "DocumentReference.type")
    packet = disclosure.release(change, asked, digest=digest, words=words)
    found = _moved(change, found, "send")
    found = {**found, "output": [*found.get("output", ()), upkeep.output("packet", packet.reference)]}
    waiting = {"status": "on-hold", "statusReason": codes.concept(codes.STATE, "waiting", str(found.get("description") or "them"))}
    change.put(promises.stamped(change, {**found, **waiting}))
    return packet


def is_summary(document: Mapping[str, Any] | None) -> bool:
    """Whether a document tells who takes over what they need: the discharge summary, or the hand-off made here."""
    if document is None or document.get("resourceType") != "DocumentReference":
        return False
    return any(code in SUMMARIES for _, code in reading.codings(document.get("type")))


def _held(change: Change, task: str) -> Resource:
    found = change.get("Task", task.removeprefix("Task/"))
    if codes.promise_code(found) != states.SUMMARY:
        raise refuse("This is no summary to send.", "Task.code")
    return found


def _moved(change: Change, task: Resource, verb: str) -> Resource:
    before = str(state_of(task))
    after = MOVES[verb].get(before)
    if after is None:
        legal = ", ".join(each for each, moves in MOVES.items() if before in moves) or "nothing"
        raise refuse(f"It is {before}; what can be done is: {legal}.", "Task.businessStatus")
    return {**task, "businessStatus": codes.concept(states.SYSTEM, after)}


def delivered(change: Change, *, task: str, proof: str) -> Stored:
    """It arrived by a person's word: the fax confirmation, who took it. What the hub sees itself is in `proofs`. Raises Invalid without."""
    if not proof.strip():
        raise refuse("Say how you know that it arrived.", "Task.output")
    found = proofs.proved(change, _moved(change, _held(change, task), "deliver"), proof)
    return change.put(upkeep.shut(found, reason="kept", status="completed", now=change.now))


def failed(change: Change, *, task: str, reason: str) -> Stored:
    """It did not arrive, and this is why: it is to be sent again. Raises Invalid."""
    if not reason.strip():
        raise refuse("Say why.", "Task.output")
    found = proofs.proved(change, _moved(change, _held(change, task), "fail"), reason)
    again = {key: value for key, value in found.items() if key != "statusReason"}
    return change.put(promises.stamped(change, {**again, "status": "requested"}))


def accepted(change: Change, *, task: str, by: str) -> Stored:
    """They have read it and take over: that is more than its having arrived. Raises Invalid without a name."""
    if not by.strip():
        raise refuse("Say who accepts.", "Task.output")
    found = proofs.proved(change, _moved(change, _held(change, task), "accept"), by)
    if not codes.is_open(found):
        return change.put(promises.stamped(change, found))
    return change.put(upkeep.shut(found, reason="kept", status="completed", now=change.now))


# --- the notice that they have left (42 CFR 482.24(d)) -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """The fields a notice must have at least, and what else it says. None where the chart does not know."""

    patient: str
    practitioner: str | None
    institution: str | None
    event: str
    at: datetime | None

    @property
    def lacking(self) -> tuple[str, ...]:
        """Which of the three minimum fields are missing."""
        there = {"patient": self.patient, "practitioner": self.practitioner, "institution": self.institution}
        return tuple(name for name, value in there.items() if not value)


def notice(view: View, plan: Plan) -> Notice:
    """What the notice of a stay's end says: patient, treating practitioner, institution."""
    encounter = reading.peek(view, plan.encounter) or {}
    attending = next(
        (str(each["individual"]["display"]) for each in encounter.get("participant", ()) if each.get("individual", {}).get("display")), None
    )
    signed = next((each.name for each in plan.signatures if each.role == "physician" and each.name), None)
    return Notice(
        patient=human_name(reading.peek(view, plan.patient) or {}),
        practitioner=attending or signed,
        institution=reading.facility_of(view, encounter),
        event="discharge",
        at=reading.moment(encounter.get("period", {}).get("end"), view.zone),
    )


def notify(change: Change, *, plan: str) -> int:
    """Tell everybody who takes over that the patient left, each once; returns how many were told. Who may not be told is noted with why.

    Raises Invalid before they have left.
    """
    found, known = discharge_plans.held(change, plan)
    if known.state == "planning" or known.state == "cancelled":
        raise refuse("They have not left yet.", "CarePlan.status")
    said = notice(change, known)
    told = {each.to for each in known.notified if each.packet}
    for to, name in known.accepting:
        if to not in told:
            packet, lacking = _notified(change, known, said, to, name)
            at = episodes.instant(change.now)
            parts = {"packet": {"reference": packet}} if packet else {"lacking": lacking}
            found = shapes.added(_without(found, to), shapes.nested(states.NOTIFIED, to=codes.reference_to(to, name), at=at, **parts))
    change.put(found)
    return len(states.read(found, change.zone).notified) - len(told)


def _without(plan: Resource, to: str) -> Resource:
    """The plan without an earlier note that this one could not be told."""

    def is_about(each: Mapping[str, Any]) -> bool:
        parts = {part.get("url"): part for part in each.get("extension", ())}
        return each.get("url") == states.NOTIFIED and target(parts.get("to", {}).get("valueReference")) == to

    return {**plan, "extension": [each for each in plan.get("extension", ()) if not is_about(each)]}


def _notified(change: Change, plan: Plan, said: Notice, to: str, name: str) -> tuple[str | None, str]:
    if said.lacking:
        return None, f"not known: {', '.join(said.lacking)}"
    asked = order(
        change, patient=plan.patient, to=to, name=name, chosen=frozenset({plan.encounter}), reason="Event notification, 42 CFR 482.24(d)"
    )
    try:
        rehearsal = disclosure.rehearse(change, asked)
        if not rehearsal.leaving:
            because = next((line.decision.because for line in rehearsal.withheld if line.reference == plan.encounter), "not permitted")
            return None, because
        packet = disclosure.release(change, asked, digest=rehearsal.digest, words=lambda *_: (_paper(said, name), {"Encounter": "Stay"}))
    except Refused as refused:
        return None, "; ".join(issue.text for issue in refused.issues)
    return packet.reference, ""


def _paper(said: Notice, name: str) -> Paper:
    """The notice on paper; notices go between clinicians, in English."""
    facts = [
        ("Patient", said.patient),
        ("Treating practitioner", str(said.practitioner)),
        ("Sending institution", str(said.institution)),
        ("Event", "Discharge"),
        ("When", f"{said.at:%Y-%m-%d %H:%M}" if said.at else ""),
    ]
    return Paper("Notice of discharge", [Facts(facts)], "en", f"To: {name}", "Confidential: for the recipient named here only")


# --- what the door refuses, and what follows -----------------------------------------------------------------------


def summary_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A summary moves as its table says, whoever moves it."""
    was, now = state_of(before), state_of(after)
    if was is None or now is None or was == now:
        return
    legal = sorted({moves[was] for moves in MOVES.values() if was in moves})
    if now not in legal:
        yield error("business-rule", f"A summary that is {was} becomes {', '.join(legal) or 'nothing'}.", "Task.businessStatus")


@wanting(lambda after: after is not None and any(has_code(each, DISCLOSURE, "disclosure") for each in after.get("category", ())))
def on_disclosure(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Records left by the general desk: when the summary was among them, it has been sent to them."""
    if before is not None or after is None:
        return []
    to = next((found for each in after.get("recipient", ()) if (found := target(each))), None)
    packet = next((target(each.get("contentReference")) for each in after.get("payload", ()) if each.get("contentReference")), None)
    with reading.seeing_all(view):
        document = reading.peek(view, packet) or {}
        sent = [reading.peek(view, target(each)) for each in document.get("context", {}).get("related", ())]
        if to is None or not any(is_summary(each) for each in sent):
            return []
        owed = view.find("Task", patient=str(codes.patient_of(after)), code=f"{codes.PROMISE}|{states.SUMMARY}", status=codes.OPEN)
        return [moved for each in owed if recipient_of(each) == to and (moved := _sent(view, each, str(packet))) is not None]


def _sent(view: View, task: Resource, packet: str) -> Resource | None:
    if state_of(task) not in MOVES["send"]:
        return None
    held = view.get("Task", str(task["id"]))
    return {
        **held,
        "businessStatus": codes.concept(states.SYSTEM, "sent"),
        "status": "on-hold",
        "statusReason": codes.concept(codes.STATE, "waiting", str(held.get("description") or "them")),
        "output": [*held.get("output", ()), upkeep.output("packet", packet)],
        "lastModified": episodes.instant(view.now),
    }


@wanting(lambda after: after is not None and codes.promise_code(after) == states.SUMMARY)
def on_summary(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A receipt that came through the API is proof, and the promise is kept."""
    receipt = proofs.on_receipt(before, after, view)
    return [] if receipt is None else [receipt]


GUARDS = {"Task": [summary_guard]}
REACTIONS: dict[str, list[Reaction]] = {"Communication": [on_disclosure], "Task": [on_summary]}
