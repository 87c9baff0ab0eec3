"""How it is known that a summary arrived: recorded by the hub when it sees it, typed by a person only where the hub cannot.

A mail server that took a notice, a gateway that took a fax: that is on its way, and recorded as such. A secure link opened with its code, a
receipt by the receiver's own system: that is arrived. Arrived is not accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, promises, reading
from baton.duties.discharge import states
from baton.duties.transitions import episodes, upkeep
from baton.fhir.resource import Resource, code_of, target
from baton.store import Refused

if TYPE_CHECKING:
    from baton.store import Change, Store, View, Who

PROOF: Final = "proof"
KIND: Final = f"{codes.P}/StructureDefinition/proof-kind"
AT: Final = f"{codes.P}/StructureDefinition/proof-at"
LINK, SYSTEM, MAIL, GATEWAY, PERSON = "link", "system", "mail", "gateway", "person"
ARRIVED: Final = frozenset({LINK, SYSTEM, PERSON})
"""Kinds that prove that it is there; the others that it is on its way."""
CHANNELS: Final = {"mail": MAIL, "packet-fax": GATEWAY, "packet-direct": GATEWAY}
"""What a topic of the outbox proves when it was delivered."""
LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing known about its way: which kind, what exactly (an address, a confirmation, a name), and when."""

    kind: str
    text: str
    at: datetime | None

    @property
    def typed(self) -> bool:
        """Whether it is a person's word, not the hub's own record."""
        return self.kind == PERSON


def of(task: Mapping[str, Any], view: View) -> tuple[Proof, ...]:
    """What is known, the oldest first."""
    return tuple(_read(each, view) for each in task.get("output", ()) if upkeep.is_output(each, PROOF))


def _read(output: Mapping[str, Any], view: View) -> Proof:
    parts = {each["url"]: each for each in output.get("extension", ())}
    kind = parts.get(KIND, {}).get("valueCode", PERSON)
    return Proof(kind, str(output.get("valueString", "")), reading.moment(parts.get(AT, {}).get("valueDateTime"), view.zone))


def proved(view: View, task: Resource, text: str, kind: str = PERSON) -> Resource:
    """The task with one more thing known."""
    entry = {
        "extension": [{"url": KIND, "valueCode": kind}, {"url": AT, "valueDateTime": episodes.instant(view.now)}],
        "type": codes.concept(codes.OUTPUT, PROOF),
        "valueString": text.strip()[:LONGEST] or kind,
    }
    return {**task, "output": [*task.get("output", ()), entry]}


def of_packet(view: View, packet: str) -> Iterator[Resource]:
    """The promises to send a summary that this packet ("DocumentReference/id") was sent for."""
    document = reading.peek(view, packet)
    patient = codes.patient_of(document) if document else None
    for task in view.find("Task", patient=patient, code=f"{codes.PROMISE}|{states.SUMMARY}") if patient else ():
        if any(target(each.get("valueReference")) == packet for each in task.get("output", ()) if upkeep.is_output(each, "packet")):
            yield task


def seen(change: Change, *, packet: str, kind: str, text: str) -> int:
    """The hub itself saw a packet on its way, or arrive: recorded for each summary it was. Returns for how many."""
    count = 0
    for each in list(of_packet(change, packet)):
        task = change.get("Task", str(each["id"]))
        if any(proof.kind == kind and proof.text == text for proof in of(task, change)):
            continue
        count += 1
        task = proved(change, task, text, kind)
        if kind in ARRIVED and state_of(task) == "sent":
            task = {**task, "businessStatus": codes.concept(states.SYSTEM, "delivered")}
            if codes.is_open(task):
                task = upkeep.shut(task, reason="kept", status="completed", now=change.now)
        change.put(promises.stamped(change, task))
    return count


def state_of(task: Mapping[str, Any] | None) -> str | None:
    """Where the summary of a promise stands; None for another Task."""
    return code_of((task or {}).get("businessStatus"), states.SYSTEM) if codes.promise_code(task) == states.SUMMARY else None


def carried(store: Store, who: Who, topic: str, payload: Mapping[str, Any]) -> None:
    """Whoever carries it took it: the mail server the notice of a link, the gateway the fax. Recorded where it was a summary."""
    packet, kind = str(payload.get("document") or ""), CHANNELS.get(topic)
    if kind is None or not packet:
        return
    try:
        with store.change(who, because="The summary is on its way") as change:
            with reading.seeing_all(change):
                seen(change, packet=packet, kind=kind, text=str(payload.get("to") or topic))
    except Refused:
        return  # it was taken back meanwhile: there is nothing to prove any more


def on_receipt(before: Resource | None, after: Resource | None, view: View) -> Resource | None:
    """The receiver's own system says by the API that it has the summary, or accepts: recorded as its receipt. None otherwise."""
    if before is None or after is None or view.who.entrance != "api":
        return None
    was, now = state_of(before), state_of(after)
    if was == now or now not in ("delivered", "accepted") or len(of(after, view)) > len(of(before, view)):
        return None
    task = proved(view, after, view.who.name or view.who.person, SYSTEM)
    return upkeep.shut(task, reason="kept", status="completed", now=view.now) if codes.is_open(task) else task
