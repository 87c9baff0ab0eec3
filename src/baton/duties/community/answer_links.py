"""A secure link with which a party answers a referral itself: without an account, with a code told by telephone, and no more than it needs.

The newest link of a referral is the only one that works. What it shows is decided anew at every look, and every look is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baton.duties import reading
from baton.duties.community import community, directory, needs
from baton.duties.contact import safe_contact
from baton.duties.patients import identity
from baton.duties.privacy import disclosure, links
from baton.duties.privacy.decisions import Recipient
from baton.duties.promises import refuse
from baton.duties.referrals import answering, referrals, states
from baton.duties.referrals.answering import Sent
from baton.duties.referrals.promises import name_of_owner
from baton.fhir.resource import Resource, extension, human_name, target
from baton.rules import needs as rules
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, View

WHAT: Final = "answer"
THEIRS: Final = ("recipient", "either")
"""Whose moves of the table are offered."""
MAIL: Final = (
    "A secure message for you",
    "Somebody asks for your help with a request. Open it with the code you are told by telephone, and answer there.",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the party sees: whom to help, how to reach them, what is asked, where it stands, what they may say now. Nothing else."""

    task: str
    patient: str
    name: str
    phone: str
    language: str | None
    interpreter: bool
    what: str
    note: str
    asked_by: str
    to: str
    state: str
    reason: str
    enrollment: str | None
    moves: tuple[str, ...]
    may_enroll: bool
    ended: bool


# --- sending it --------------------------------------------------------------------------------------------------------------------------


def send(change: Change, *, task: str, address: str = "") -> Sent:
    """Send the other side of a community referral a link; a link of before stops working. The code is told some other way.

    Decided in the act: the patient must still agree that this party is told. Raises Invalid.
    """
    referral = referrals.held(change, task)
    if states.is_ended(referral) or states.state(referral) == "draft":
        raise refuse("There is nothing to answer about now.", "Task.status")
    party, patient = _party(change, referral), str(target(referral.get("for")))
    if community.is_ours(change, referral) is None or party is None:
        raise refuse("Only a referral to a service of the directory is answered by a link.", "Task.owner")
    if community.agreed(change, patient, party) is None:
        raise refuse("The patient has not agreed that they are told.", "Task.owner")
    to = (party.email or address).strip()
    if "@" not in to:
        raise refuse("They have no e-mail address in the directory: call them.", "HealthcareService.telecom")
    recipient = Recipient(kind="community", name=name_of_owner(referral), reference=party.organization or party.reference, address=to)
    parts = {
        "permission": "authorisation", "description": f"Referral: {referral.get('description', '')}", "address": to,
        "recipient-kind": recipient.kind, "channel": "link",
    }  # fmt: skip
    change.put({**disclosure.recorded(change, patient, recipient, "CAREMGT", False, parts), **needs.marks(str(_need(change, referral)))})
    days = rules.link_days(local_day(change.now, change.zone))
    return answering.send(change, referral, to=to, days=days, what=WHAT, mail=MAIL, path="/a/")


def _party(view: View, referral: Resource) -> directory.Service | None:
    found = reading.peek(view, target(referral.get("owner")))
    return directory.read(found) if found is not None and directory.is_listed(found) else None


def _need(view: View, referral: Resource) -> str | None:
    return needs.need_of(reading.peek(view, target(referral.get("focus"))))


# --- what they see, and what they answer -------------------------------------------------------------------------------------------------


def opened(view: View, link: str, code: str) -> Resource:
    """The referral behind a link. Raises NotFound when the link is over, taken back or another's, or the code is another one."""
    found = answering.newest(view, links.subject(view, link, code, what=WHAT), link)
    party = _party(view, found)
    if party is None or community.agreed(view, str(target(found.get("for"))), party) is None:
        raise links.no_such()
    return found


def shown(view: View, referral: Resource) -> Shown:
    """The referral as the party sees it. Whom they are asked to help is named: the patient signed for that."""
    patient = str(target(referral.get("for")))
    person = view.get(*patient.split("/", 1))
    request = reading.peek(view, target(referral.get("focus"))) or {}
    moves = tuple(dict.fromkeys(move.trigger for move in states.open_moves(referral) if move.who in THEIRS and move.trigger != "cancel"))
    ended = states.is_ended(referral)
    return Shown(
        task=str(referral["id"]),
        patient=patient,
        name=human_name(person),
        phone=safe_contact.number_for_others(view, patient, person),
        language=identity.language(person),
        interpreter=bool(extension(person, identity.INTERPRETER)),
        what=str(_need(view, referral)),
        note=next((str(each["text"]) for each in request.get("note", ()) if each.get("text")), ""),
        asked_by=str(referral.get("requester", {}).get("display") or ""),
        to=name_of_owner(referral),
        state=states.state(referral),
        reason=str(referral.get("statusReason", {}).get("text") or ""),
        enrollment=community.enrollment(view, referral),
        moves=moves,
        may_enroll=not ended and states.state(referral) != "requested",
        ended=ended,
    )


def looked(change: Change, *, link: str, code: str) -> Shown:
    """Somebody opens it: what they see, and that they saw it is kept."""
    referral = opened(change, link, code)
    answering.opened_now(change, referral)
    return shown(change, referral)


def answer(change: Change, *, link: str, code: str, by: str, what: str, reason: str = "", note: str = "") -> Shown:
    """The party answers: a move of the table, an outcome (enrolled, not-enrolled), or where the person stands with the program.

    `by`: who answers, in their own words. Raises NotFound as `opened`, and Invalid with what can be said.
    """
    referral = opened(change, link, code)
    now = shown(change, referral)
    answering.checked(by, reason, note)
    task, extra = str(referral["id"]), note.strip() or None
    if what in now.moves and what != "outcome":
        community.move(change, task=task, trigger=what, reason=reason, note=extra)
    elif what in community.OUTCOMES and "outcome" in now.moves and now.may_enroll:
        community.complete(change, task=task, outcome=what, note=extra)
    elif what == "not-enrolled-on-waitlist" and now.may_enroll:
        community.enroll(change, task=task, status=what, note=extra)
        community.tell_news(change, now.patient)
    else:
        raise refuse("That cannot be said now.", "Task.status")
    return shown(change, answering.kept(change, task, by=by, what=what))
