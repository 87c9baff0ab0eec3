"""The secure link with which an outside party reads what is written to it in a thread: one for each party, the newest alone works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.contact.thread_states import parties
from baton.duties.privacy import links
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, target
from baton.rules import referrals as rules
from baton.rules.calendar import local_day
from baton.store import View
from baton.store.codes import new_id

if TYPE_CHECKING:
    from baton.store import Change

WHAT: Final = "thread"
LINK: Final = f"{codes.P}/StructureDefinition/party-link"
MAIL: Final = (
    "A secure message for you",
    "A message waits for you. Open it with the code you are told by telephone, and answer there.",
)


@dataclass(frozen=True, slots=True)
class Link:
    """A party's link: where it goes, until when it works, whether it does now, when it was last opened."""

    party: str
    key: str
    to: str
    until: datetime
    open: bool
    looked: datetime | None


def of_thread(thread: Mapping[str, Any], view: View) -> tuple[Link, ...]:
    """The links of a thread, for the parties that take part in it."""
    found = []
    for each in thread.get("extension", ()):
        parts = {part["url"]: next(part[key] for key in part if key != "url") for part in each.get("extension", ())}
        until = reading.moment(parts.get("until"), view.zone) if each.get("url") == LINK else None
        whose = str(target(parts.get("who")) or "")
        if until is not None and whose in parties(thread):
            looked = reading.moment(parts.get("looked"), view.zone)
            found.append(Link(whose, str(parts["key"]), str(parts["to"]), until, until > view.now, looked))
    return tuple(found)


def of_party(thread: Mapping[str, Any], view: View, party: str) -> Link | None:
    """The link of one party; None when it has none."""
    return next((each for each in of_thread(thread, view) if each.party == party), None)


def made(view: View, party: str, to: str) -> Link:
    """A new link, as many days good as one to answer a referral."""
    days = rules.link_days(local_day(view.now, view.zone))
    return Link(party, new_id(), to, (view.now + timedelta(days=days)).replace(microsecond=0), True, None)


def with_link(thread: Resource, link: Link | None, party: str) -> Resource:
    """The thread with this link of a party in place of the one before; without any for None."""
    others = [each for each in thread.get("extension", ()) if not (each.get("url") == LINK and _whose(each) == party)]
    kept = {key: value for key, value in thread.items() if key != "extension"}
    if link is None:
        return {**kept, "extension": others} if others else kept
    parts: list[Resource] = [
        {"url": "who", "valueReference": {"reference": party}},
        {"url": "key", "valueString": link.key},
        {"url": "to", "valueString": link.to},
        {"url": "until", "valueInstant": episodes.instant(link.until)},
    ]
    parts += [{"url": "looked", "valueInstant": episodes.instant(link.looked)}] if link.looked else []
    return {**kept, "extension": [*others, {"url": LINK, "extension": parts}]}


def _whose(found: Mapping[str, Any]) -> str | None:
    return next((target(part.get("valueReference")) for part in found.get("extension", ()) if part.get("url") == "who"), None)


def token(view: View, thread: Mapping[str, Any], link: Link) -> str:
    """The signed end of its address."""
    return links.again(view, f"{thread['id']}~{link.key}", what=WHAT, until=link.until)


def tell(change: Change, thread: Resource, message: str, party: str) -> str:
    """Tell a party that something waits behind its link: email, or why not (no-link). The mail names nobody and says nothing."""
    link = of_party(thread, change, party)
    if link is None or not link.open:
        return "no-link"
    subject, text = MAIL
    about = str(codes.patient_of(thread))
    payload = {"subject": subject, "text": text, "link": f"/t/{token(change, thread, link)}", "message": message, "reader": party}
    change.announce("mail", {**payload, "to": link.to, "about": about, "thread": str(thread["id"])})
    return "email"
