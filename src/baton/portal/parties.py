"""An outside party of a thread behind its secure link (`by_link`): what was written to it, an answer, and that it agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as lazy

from baton.duties.contact import thread_parties as duty
from baton.duties.contact.thread_links import WHAT
from baton.duties.contact.thread_parties import Shown
from baton.portal import by_link
from baton.store import Invalid

if TYPE_CHECKING:
    from baton.store import Change

TOPICS: dict[str, Any] = {
    "referral": lazy("a referral"),
    "discharge": lazy("going home"),
    "appointment": lazy("a visit"),
    "concern": lazy("a worry"),
    "other": lazy("a question"),
}
"""What the messages are about, by topic: never the thread's own heading, which may be the first words of what others read."""
REFUSALS = (
    lazy("Write the message first, then send it."),
    lazy("Say who you are."),
    lazy("Say it in fewer words."),
    lazy("That cannot be said now."),
)
FIELDS = ("by", "text")


def _said(change: Change, request: HttpRequest, link: str, code: str) -> Shown:
    what, _, message = request.POST.get("what", "").partition(" ")
    if what == "agree":
        return duty.agree(change, link=link, code=code, message=message)
    if what != "say":
        raise Invalid("That cannot be said now.", expression="Communication")
    return duty.answer(change, link=link, code=code, by=request.POST.get("by", ""), text=request.POST.get("text", ""))


def _context(found: Shown) -> dict[str, Any]:
    agreed = {each.id for each in found.messages for kept in each.receipts if (kept.kind, kept.who) == ("accepted", found.reference)}
    return {"it": found, "topic": TOPICS.get(found.topic, TOPICS["other"]), "agreed": agreed}


PAGE = by_link.Page(
    what=WHAT,
    name="thread",
    template="portal/party_talk.html",
    fields=FIELDS,
    looked=lambda change, link, code: duty.looked(change, link=link, code=code),
    answered=_said,
    context=_context,
    event="view thread",
    opens="Messages were opened through a secure link",
    answers="A message was answered through a secure link",
)


urlpatterns = [PAGE.at("t", "party-talk")]
