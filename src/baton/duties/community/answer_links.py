"""A secure link with which a party answers a referral itself: without an account, with a code told by telephone, and no more than it needs.

The newest link of a referral is the only one that works. What it shows is decided anew at every look, and every look is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.community import community, directory, needs
from baton.duties.contact import safe_contact
from baton.duties.patients import identity
from baton.duties.privacy import disclosure, links
from baton.duties.privacy.decisions import Recipient
from baton.duties.promises import refuse
from baton.duties.referrals import referrals, states
from baton.duties.referrals.promises import name_of_owner
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension, human_name, target
from baton.rules import needs as rules
from baton.rules.calendar import local_day
from baton.store import Gone, NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

WHAT: Final = "answer"
LINK, ANSWER = (f"{codes.P}/StructureDefinition/answer-{each}" for each in ("link", "given"))
THEIRS: Final = ("recipient", "either")
"""Whose moves of the table are offered."""
MAIL: Final = (
    "A secure message for you",
    "Somebody asks for your help with a request. Open it with the code you are told by telephone, and answer there.",
)
KEPT: Final = 12
LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Link:
    """The link of a referral: where it went, until when it works, whether it does, when it was last opened."""

    to: str
    until: datetime
    open: bool
    looked: datetime | None


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer through the link: who said they were answering, when, and what (a trigger of the table, or an enrollment status)."""

    by: str
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A link that was just sent: its end, the code to tell, until when."""

    token: str
    code: str
    until: datetime


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


def link_of(task: Mapping[str, Any], view: View) -> Link | None:
    """The link a referral has; None when none was sent."""
    parts = {part["url"]: part for part in extension(task, LINK) or ()}
    until = reading.moment(parts.get("until", {}).get("valueInstant"), view.zone)
    if until is None:
        return None
    looked = reading.moment(parts.get("looked", {}).get("valueInstant"), view.zone)
    return Link(str(parts["to"]["valueString"]), until, until > view.now and not states.is_ended(task), looked)


def answered(task: Mapping[str, Any], view: View) -> tuple[Answered, ...]:
    """What was answered through the link, the newest first."""
    several = [each["extension"] for each in task.get("extension", ()) if each.get("url") == ANSWER]
    said = [{part["url"]: next(value for key, value in part.items() if key != "url") for part in each} for each in several]
    found = [Answered(str(each["by"]), reading.moment(each["at"], view.zone) or view.now, str(each["what"])) for each in said]
    return tuple(reversed(found))


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
    days = rules.link_days(local_day(change.now, change.zone))
    until = (change.now + timedelta(days=days)).replace(microsecond=0)
    token = links.token(change, str(referral["id"]), what=WHAT, days=days)
    change.put(_linked(referral, to, until, None))
    recipient = Recipient(kind="community", name=name_of_owner(referral), reference=party.organization or party.reference, address=to)
    parts = {
        "permission": "authorisation", "description": f"Referral: {referral.get('description', '')}", "address": to,
        "recipient-kind": recipient.kind, "channel": "link",
    }  # fmt: skip
    change.put({**disclosure.recorded(change, patient, recipient, "CAREMGT", False, parts), **needs.marks(str(_need(change, referral)))})
    subject, text = MAIL
    change.announce("mail", {"to": to, "subject": subject, "text": text, "link": f"/a/{token}", "about": patient})
    return Sent(token, links.code(change, token), until)


def take_back(change: Change, *, task: str) -> Stored:
    """The link stops working at once."""
    return change.put(codes.with_extension(referrals.held(change, task), LINK))


def _linked(referral: Resource, to: str, until: datetime, looked: datetime | None) -> Resource:
    parts: list[Resource] = [{"url": "to", "valueString": to}, {"url": "until", "valueInstant": episodes.instant(until)}]
    parts += [{"url": "looked", "valueInstant": episodes.instant(looked)}] if looked else []
    return codes.with_extension(referral, LINK, {"url": LINK, "extension": parts})


def _party(view: View, referral: Resource) -> directory.Service | None:
    found = reading.peek(view, target(referral.get("owner")))
    return directory.read(found) if found is not None and directory.is_listed(found) else None


def _need(view: View, referral: Resource) -> str | None:
    return needs.need_of(reading.peek(view, target(referral.get("focus"))))


# --- what they see, and what they answer -------------------------------------------------------------------------------------------------


def opened(view: View, link: str, code: str) -> Resource:
    """The referral behind a link. Raises NotFound when the link is over, taken back or another's, or the code is another one."""
    try:
        found = view.get("Task", links.subject(view, link, code, what=WHAT))
    except Gone:
        raise NotFound("This link or code does not work.") from None
    mine = link_of(found, view) if states.is_referral(found) else None
    if mine is None or int(mine.until.timestamp()) != int(link.split(".")[1]):
        raise NotFound("This link or code does not work.")
    party = _party(view, found)
    if party is None or community.agreed(view, str(target(found.get("for"))), party) is None:
        raise NotFound("This link or code does not work.")
    return found


def shown(view: View, referral: Resource) -> Shown:
    """The referral as the party sees it. Whom they are asked to help is named: the patient signed for that."""
    patient = str(target(referral.get("for")))
    person = view.get(*patient.split("/", 1))
    asked = safe_contact.wanted_of(view, patient)
    phone = "" if asked and asked.safety and not asked.phone else safe_contact.number(asked, person)
    request = reading.peek(view, target(referral.get("focus"))) or {}
    moves = tuple(dict.fromkeys(move.trigger for move in states.open_moves(referral) if move.who in THEIRS and move.trigger != "cancel"))
    ended = states.is_ended(referral)
    return Shown(
        task=str(referral["id"]),
        patient=patient,
        name=human_name(person),
        phone=phone or "",
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
    mine = link_of(referral, change)
    assert mine is not None
    change.put(_linked(referral, mine.to, mine.until, change.now))
    return shown(change, referral)


def answer(change: Change, *, link: str, code: str, by: str, what: str, reason: str = "", note: str = "") -> Shown:
    """The party answers: a move of the table, an outcome (enrolled, not-enrolled), or where the person stands with the program.

    `by`: who answers, in their own words. Raises NotFound as `opened`, and Invalid with what can be said.
    """
    referral = opened(change, link, code)
    now = shown(change, referral)
    if not by.strip() or len(by) > LONGEST:
        raise refuse("Say who you are.", "Task.extension")
    if len(reason) > LONGEST or len(note) > LONGEST:
        raise refuse("Say it in fewer words.", "Task.statusReason")
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
    after = change.get("Task", task)
    given = {"url": ANSWER, "extension": [
        {"url": "by", "valueString": by.strip()}, {"url": "at", "valueInstant": episodes.instant(change.now)},
        {"url": "what", "valueCode": what},
    ]}  # fmt: skip
    earlier = [each for each in after.get("extension", ()) if each.get("url") == ANSWER][-KEPT:]
    others = [each for each in after.get("extension", ()) if each.get("url") != ANSWER]
    kept = change.put({**after, "extension": [*others, *earlier, given], "lastModified": episodes.instant(change.now)})
    return shown(change, kept.resource())
