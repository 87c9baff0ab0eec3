"""A secure link with which an outside office answers a medical referral: accepts, declines, says when the visit is, and what came of it.

Its answers are the moves of the table, through the same guards. It sees what it needs to see somebody, decided anew at every look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, parties, reading
from baton.duties.contact import safe_contact
from baton.duties.patients import identity
from baton.duties.privacy import consents, disclosure, links
from baton.duties.privacy.decisions import Decision, Recipient
from baton.duties.promises import refuse
from baton.duties.referrals import answering, referrals, states
from baton.duties.referrals.answering import Sent
from baton.duties.referrals.promises import name_of_owner
from baton.fhir.resource import Resource, extension, human_name, target, text_of
from baton.rules import permissions
from baton.rules import referrals as rules
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, View

WHAT: Final = "office-answer"
PURPOSE: Final = "TREAT"
MAIL: Final = (
    "A secure message for you",
    "A referral waits for your answer. Open it with the code you are told by telephone, and answer there.",
)
SAYABLE: Final = (
    "accept", "decline", "schedule", "reschedule", "no-show", "appointment-cancelled", "interim-note", "outcome", "confirm-cancellation",
)  # fmt: skip
"""What an office may say, when the table has it from where the referral stands."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the office sees: whom, how to reach them, what is asked and how urgently, where it stands, what it may say now. Nothing else."""

    task: str
    patient: str
    name: str
    born: date | None
    phone: str
    language: str | None
    interpreter: bool
    what: str
    question: str
    urgency: str
    asked_by: str
    state: str
    reason: str
    booked: datetime | None
    moves: tuple[str, ...]


# --- sending it --------------------------------------------------------------------------------------------------------------------------


def address_of(view: View, referral: Resource) -> str:
    """Where an office is written to, as it is on file; empty when no e-mail address is."""
    found = reading.peek(view, target(referral.get("owner"))) or {}
    several = [found, *(reading.peek(view, target(found.get(each))) or {} for each in ("practitioner", "organization", "providedBy"))]
    return next((str(point["value"]) for each in several for point in identity.points(each, "email")), "")


def send(change: Change, *, task: str, address: str = "") -> Sent:
    """Send the office of a medical referral a link; a link of before stops working. The code is told by telephone.

    Decided in the act, by the rules of what may leave for treatment and the patient's consents. Raises Invalid.
    """
    referral = referrals.held(change, task)
    if states.is_ended(referral) or states.state(referral) == "draft":
        raise refuse("There is nothing to answer about now.", "Task.status")
    if states.kind(referral) != "medical":
        raise refuse("A community referral is answered by a link of its own.", "Task.businessStatus")
    to = (address_of(change, referral) or address).strip()
    if "@" not in to:
        raise refuse("They have no e-mail address on file: say one, or call them.", "Task.owner")
    patient, recipient = str(target(referral.get("for"))), _recipient(change, referral, to)
    decision = _decided(change, referral, recipient)
    if not decision.leaves:
        raise refuse("What the referral says may not go to them without the patient's consent.", "Task.owner")
    today = local_day(change.now, change.zone)
    parts = {
        "permission": decision.permission, "description": f"Referral: {referral.get('description', '')}", "address": to,
        "recipient-kind": recipient.kind, "channel": "link",
    }  # fmt: skip
    counted = permissions.counted(decision.permission, today)
    told = disclosure.recorded(change, patient, recipient, PURPOSE, counted, parts)
    told["extension"][0]["extension"] += [{"url": "consent", "valueReference": {"reference": each}} for each in decision.consents]
    change.put(told | codes.labelled_as(referral))
    return answering.send(change, referral, to=to, days=rules.link_days(today), what=WHAT, mail=MAIL, path="/o/")


def _recipient(view: View, referral: Resource, to: str) -> Recipient:
    owner = str(target(referral.get("owner")) or "")
    known = parties.of(view, owner) if owner.startswith("Organization/") else None
    kind = known.recipient.kind if known else "provider"
    return Recipient(kind="provider" if kind == "other" else kind, name=name_of_owner(referral), reference=owner or None, address=to)


def _decided(view: View, referral: Resource, recipient: Recipient) -> Decision:
    """Whether what the link shows may go to the office: by the request itself, with the labels it carries."""
    patient = str(target(referral.get("for")))
    with reading.seeing_all(view):
        request = reading.peek(view, target(referral.get("focus"))) or referral
        known = consents.of_patient(view, patient)
        found = consents.decide_disclosure(view, patient, recipient, PURPOSE, [referral, request], consents=known)
    return next((each for each in found if not each.leaves), found[-1])


# --- what they see, and what they answer -------------------------------------------------------------------------------------------------


def opened(view: View, link: str, code: str) -> Resource:
    """The referral behind a link. Raises NotFound when it is over, taken back or another's, or may not go now."""
    found = answering.newest(view, links.subject(view, link, code, what=WHAT), link)
    mine = answering.link_of(found, view)
    if states.kind(found) != "medical" or mine is None or not _decided(view, found, _recipient(view, found, mine.to)).leaves:
        raise links.no_such()
    return found


def shown(view: View, referral: Resource) -> Shown:
    """The referral as the office sees it: two things to know the patient by, how to reach them, what is asked. Nothing of the chart."""
    patient = str(target(referral.get("for")))
    person = view.get(*patient.split("/", 1))
    request = reading.peek(view, target(referral.get("focus"))) or {}
    ended = states.is_ended(referral)
    possible = {move.trigger for move in states.open_moves(referral) if move.who == "recipient"} if not ended else set()
    return Shown(
        task=str(referral["id"]),
        patient=patient,
        name=human_name(person),
        born=identity.birth_date(person),
        phone=safe_contact.number_for_others(view, patient, person),
        language=identity.language(person),
        interpreter=bool(extension(person, identity.INTERPRETER)),
        what=str(referral.get("description") or text_of(request.get("code"))),
        question=next((str(each["text"]) for each in request.get("orderDetail", ()) if each.get("text")), ""),
        urgency=states.urgency(referral),
        asked_by=str(referral.get("requester", {}).get("display") or ""),
        state=states.state(referral),
        reason=str(referral.get("statusReason", {}).get("text") or ""),
        booked=reading.moment(extension(referral, states.BOOKED), view.zone),
        moves=tuple(each for each in SAYABLE if each in possible),
    )


def looked(change: Change, *, link: str, code: str) -> Shown:
    """Somebody opens it: what they see, and that they saw it is kept."""
    referral = opened(change, link, code)
    answering.opened_now(change, referral)
    return shown(change, referral)


def answer(
    change: Change, *, link: str, code: str, by: str, what: str, reason: str = "", note: str = "", when: datetime | None = None
) -> Shown:
    """The office answers: a move of the table, with a reason or a time where one is needed.

    `by`: who answers, in their own words. Raises NotFound as `opened`, and Invalid with what can be said.
    """
    referral = opened(change, link, code)
    answering.checked(by, reason, note)
    if what not in shown(change, referral).moves:
        raise refuse("That cannot be said now.", "Task.status")
    if what in referrals.DATED and when is not None and when <= change.now:
        raise refuse("Say a time that is still to come.", "Task.extension")
    when = when if what in referrals.DATED else None
    referrals.move(change, task=str(referral["id"]), trigger=what, reason=reason or None, when=when, note=note.strip() or None)
    return shown(change, answering.kept(change, str(referral["id"]), by=by, what=what))
