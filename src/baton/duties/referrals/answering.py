"""What is kept on a referral about the secure link with which the other side answers it: where it went, until when, what was said.

The newest link of a referral is the only one that works. Who may be sent one, and what it shows, is for each kind to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.privacy import links
from baton.duties.promises import refuse
from baton.duties.referrals import referrals, states
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension, target
from baton.store import Gone, NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

LINK, ANSWER = (f"{codes.P}/StructureDefinition/answer-{each}" for each in ("link", "given"))
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


def linked(referral: Resource, to: str, until: datetime, looked: datetime | None) -> Resource:
    """The referral with its newest link."""
    parts: list[Resource] = [{"url": "to", "valueString": to}, {"url": "until", "valueInstant": episodes.instant(until)}]
    parts += [{"url": "looked", "valueInstant": episodes.instant(looked)}] if looked else []
    return codes.with_extension(referral, LINK, {"url": LINK, "extension": parts})


def send(change: Change, referral: Resource, *, to: str, days: int, what: str, mail: tuple[str, str], path: str) -> Sent:
    """A new link goes to this address, for so many days; the one before stops working. `mail`: subject and text, `path` where it leads."""
    until = (change.now + timedelta(days=days)).replace(microsecond=0)
    token = links.token(change, str(referral["id"]), what=what, days=days)
    change.put(linked(referral, to, until, None))
    subject, text = mail
    payload = {"to": to, "subject": subject, "text": text, "link": f"{path}{token}", "about": str(target(referral.get("for")))}
    change.announce("mail", payload)
    return Sent(token, links.code(change, token), until)


def take_back(change: Change, *, task: str) -> Stored:
    """The link stops working at once."""
    return change.put(codes.with_extension(referrals.held(change, task), LINK))


def newest(view: View, task: str, link: str) -> Resource:
    """The referral of this id, when this is its newest link. Raises NotFound otherwise."""
    try:
        found = view.get("Task", task)
    except (NotFound, Gone):
        found = {}
    mine = link_of(found, view) if states.is_referral(found) else None
    if mine is None or int(mine.until.timestamp()) != int(link.split(".")[1]):
        raise links.no_such()
    return found


def opened_now(change: Change, referral: Resource) -> None:
    """Somebody opened it: that is kept."""
    mine = link_of(referral, change)
    if mine is not None:
        change.put(linked(referral, mine.to, mine.until, change.now))


def checked(by: str, *texts: str) -> None:
    """Whoever answers says who they are, in few words. Raises Invalid."""
    if not by.strip() or len(by) > LONGEST:
        raise refuse("Say who you are.", "Task.extension")
    if any(len(each) > LONGEST for each in texts):
        raise refuse("Say it in fewer words.", "Task.statusReason")


def kept(change: Change, task: str, *, by: str, what: str) -> Resource:
    """What was answered, kept on the referral as it now stands."""
    after = change.get("Task", task)
    given = {"url": ANSWER, "extension": [
        {"url": "by", "valueString": by.strip()}, {"url": "at", "valueInstant": episodes.instant(change.now)},
        {"url": "what", "valueCode": what},
    ]}  # fmt: skip
    earlier = [each for each in after.get("extension", ()) if each.get("url") == ANSWER][-KEPT:]
    others = [each for each in after.get("extension", ()) if each.get("url") != ANSWER]
    return change.put({**after, "extension": [*others, *earlier, given], "lastModified": episodes.instant(change.now)}).resource()
