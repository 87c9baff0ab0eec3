"""The rehearsal: exactly what would leave, by which permission, what is withheld and why, notice and accounting. Writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from baton.duties import reading
from baton.duties.contact import safe_contact
from baton.duties.privacy import consents, packets
from baton.duties.privacy.consent_terms import Terms
from baton.duties.privacy.decisions import NOTICE, SCOPE, Decision, Recipient
from baton.duties.privacy.packets import Held
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, dump, human_name, reference_to
from baton.rules import permissions
from baton.rules.calendar import local_day
from baton.store import Invalid, View, access
from baton.store import labels as security

CHANNELS: Final = ("print", "hand", "fax", "direct", "link")
"""Printed to be posted; printed and put into their hands; faxed; sent by Direct; a secure link by e-mail, never the content."""
ON_PAPER: Final = ("print", "hand")
AS_CONTACT: Final = {"link": "email", "fax": "phone", "print": "mail"}
"""Which of the ways of safe contact a channel is, when the patient receives it; without an address what is printed goes to the home."""
ABSENT: Final = {
    "nothing": ("Nothing is left to send: choose something that may leave.", "DocumentReference.content"),
    "reason": ("Say why it differs from what is proposed.", "DocumentReference.description"),
    "recipient": ("Say who receives it.", "Communication.recipient"),
    "address": ("Say where it goes: a number or an address.", "Communication.recipient"),
    "not-this-way": ("The patient asked not to be reached this way: choose another, or hand it over.", "Communication.medium"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to send. `chosen` None: what is proposed; `reason`: why it differs from that; `paper`: what it was asked on."""

    patient: str
    recipient: Recipient
    purpose: str
    channel: str = "print"
    chosen: frozenset[str] | None = None
    reason: str = ""
    paper: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the chart: whether it is proposed, whether it would leave and why, which elements, and which stay.

    `masked`: there is something here that the person who rehearses may not see.
    """

    reference: str
    type: str
    title: str
    when: datetime | None
    proposed: bool
    chosen: bool
    decision: Decision
    elements: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    masked: bool = False
    hidden: bool = False

    @property
    def leaves(self) -> bool:
        """Whether it leaves."""
        return self.chosen and self.decision.leaves


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Exactly what would happen. `counts`: whether the accounting will list it; `scopes`: the consents whose scope goes along."""

    order: Order
    name: str
    now: datetime
    lines: tuple[Line, ...]
    patient_elements: tuple[str, ...]
    patient_held: tuple[Held, ...]
    notice: str | None
    scopes: tuple[Terms, ...]
    permissions: tuple[str, ...]
    counts: bool
    lacking: tuple[str, ...]
    digest: str = ""

    @property
    def leaving(self) -> tuple[Line, ...]:
        """What leaves."""
        return tuple(line for line in self.lines if line.leaves)

    @property
    def withheld(self) -> tuple[Line, ...]:
        """What may not leave, chosen or not, each with its reason."""
        return tuple(line for line in self.lines if not line.decision.leaves)

    @property
    def offered(self) -> tuple[Line, ...]:
        """What may leave and was not chosen."""
        return tuple(line for line in self.lines if line.decision.leaves and not line.chosen)


def rehearse(view: View, order: Order) -> Rehearsal:
    """What would leave, under which permission, what is withheld and why, the notice, and whether it will be accounted for. Writes nothing.

    Raises NotFound for a patient who is not theirs to see, Invalid for a purpose, recipient or channel that is none.
    """
    return rehearsed(view, order)[0]


def rehearsed(view: View, order: Order) -> tuple[Rehearsal, Resource, dict[str, Resource]]:
    """The rehearsal, the patient as they leave, and each part as it leaves by reference: for the act that follows."""
    if order.channel not in CHANNELS:
        raise Invalid(f"{order.channel!r} is none of {', '.join(CHANNELS)}.", expression="Communication.medium", code="code-invalid")
    view.get(*order.patient.split("/", 1))
    today, id_ = local_day(view.now, view.zone), order.patient.partition("/")[2]
    visible = {reference_to(each) for several in view.compartment(id_, packets.TYPES).values() for each in several}
    with reading.seeing_all(view):
        chart = view.compartment(id_, packets.TYPES)
        patient = View.stored(view, "Patient", id_).resource()
    found = packets.candidates(chart)
    known = consents.of_patient(view, order.patient)
    decisions = consents.decide_disclosure(view, order.patient, order.recipient, order.purpose, found, paper=order.paper, consents=known)
    to, withheld = order.recipient, {each.reference for each in decisions if not each.leaves}
    lines, parts = list[Line](), dict[str, Resource]()
    for resource, decision in zip(found, decisions, strict=True):
        line, part = _line(resource, decision, order, view, decision.reference in visible, withheld)
        lines.append(line)
        if line.leaves:
            parts[line.reference] = part
    asked = safe_contact.wanted_of(view, order.patient)
    person, held = packets.subject(patient, to, asked, today)
    return _said(view, order, lines, person, held, known, human_name(patient)), person, parts


def _line(resource: Resource, decision: Decision, order: Order, view: View, visible: bool, withheld: set[str]) -> tuple[Line, Resource]:
    today, reference, type_ = local_day(view.now, view.zone), decision.reference, str(resource["resourceType"])
    proposed = packets.is_proposed(resource, order.purpose, order.recipient.kind, today, view.zone) and decision.leaves and visible
    chosen = visible and (proposed if order.chosen is None else reference in order.chosen)
    part, held = packets.redacted(resource, order.recipient, withheld - {reference}, today)
    line = Line(
        reference, type_, packets.title(resource) if visible else "", packets.when(resource, view.zone) if visible else None, proposed,
        chosen, decision, packets.elements(part) if visible else (), held if visible else (), not visible,
        _hidden(view, resource, visible),
    )  # fmt: skip
    return line, part


def _said(
    view: View, order: Order, lines: Sequence[Line], person: Resource, held: tuple[Held, ...], known: Sequence[Terms], name: str
) -> Rehearsal:
    today = local_day(view.now, view.zone)
    leaving = [line for line in lines if line.leaves]
    used = tuple(dict.fromkeys(line.decision.permission for line in leaving))
    noticed = any(NOTICE in line.decision.notices for line in leaving)
    scoped = {each for line in leaving if SCOPE in line.decision.notices for each in line.decision.consents}
    rehearsal = Rehearsal(
        order=order,
        name=name,
        now=view.now.astimezone(view.zone),
        lines=tuple(line for line in lines if line.decision.leaves and not line.masked or _worth_saying(line)),
        patient_elements=packets.elements(person),
        patient_held=held,
        notice=str(permissions.part2_notice(today).values["text"]) if noticed else None,
        scopes=tuple(each for each in known if each.reference in scoped),
        permissions=used,
        counts=any(permissions.counted(each, today) for each in used),
        lacking=tuple(_lacking(view, order, lines)),
    )
    return replace(rehearsal, digest=_digest(rehearsal))


def _worth_saying(line: Line) -> bool:
    """What is withheld is said; of what the person may not even know about, nothing is."""
    return not line.decision.leaves and not (line.masked and line.hidden)


def _hidden(view: View, resource: Resource, visible: bool) -> bool:
    """Whether the policy of access lets this person not even know that it is there."""
    if visible:
        return False
    named = security.names(security.bits(resource))
    found = access.decide(view.who, "see", str(resource["resourceType"]), relationships=("assigned",), labels=named)
    return found.outcome not in ("allow", "mask")


def _lacking(view: View, order: Order, lines: Sequence[Line]) -> Sequence[str]:
    found = [] if any(line.leaves for line in lines) else ["nothing"]
    if any(line.chosen != line.proposed and line.decision.leaves for line in lines) and not order.reason.strip():
        found.append("reason")
    if not order.recipient.name.strip():
        found.append("recipient")
    if order.channel not in ON_PAPER and not (order.recipient.address or "").strip():
        found.append("address")
    to = order.recipient
    contact = AS_CONTACT.get(order.channel) if to.kind == "patient" and (to.address or order.channel in ("link", "print")) else None
    if contact and not safe_contact.may_contact(view, order.patient, contact, order.recipient.address).allowed:
        found.append("not-this-way")
    return found


def _digest(rehearsal: Rehearsal) -> str:
    """Changes when anything that would leave, stay or be said changes; the moment and the reason do not matter."""
    order = rehearsal.order
    said: list[Any] = [order.patient, order.recipient.name, order.recipient.kind, order.recipient.reference, order.recipient.address]
    said += [order.purpose, order.channel, order.paper, rehearsal.notice, rehearsal.counts, rehearsal.patient_elements]
    said += [sorted(each.reference for each in rehearsal.scopes), [(held.element, held.because) for held in rehearsal.patient_held]]
    for line in rehearsal.leaving:
        decision = line.decision
        said.append(
            [line.reference, line.title, decision.permission, decision.consents, line.elements, [held.element for held in line.held]]
        )
    said += [[line.reference, line.decision.because] for line in rehearsal.withheld]
    return hashlib.sha256(dump({"said": said})).hexdigest()


def lacking(code: str) -> Issue:
    """What is still to be said or chosen before it can leave."""
    text, element = ABSENT[code]
    return error("required", text, element)
