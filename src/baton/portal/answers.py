"""A party answers a referral through its secure link (`by_link`): whom they are asked to help, and what they may say now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.duties.community import answer_links
from baton.duties.community.answer_links import WHAT, Shown
from baton.portal import by_link

if TYPE_CHECKING:
    from baton.store import Change

SAYS: dict[str, Any] = {
    "accept": lazy("We accept"),
    "decline": lazy("We cannot take this"),
    "start": lazy("We have begun"),
    "hold": lazy("It has to wait"),
    "resume": lazy("It goes on"),
    "fail": lazy("It did not work out"),
    "not-enrolled-on-waitlist": lazy("They are on our waiting list"),
    "enrolled": lazy("Done: they are enrolled"),
    "not-enrolled": lazy("Done: they are not enrolled"),
}
"""What can be said, in the order of the page."""
REASONED = ("decline", "hold", "fail")
STATES: dict[str, Any] = {
    "requested": lazy("waits for your answer"),
    "accepted": lazy("accepted"),
    "in-progress": lazy("under way"),
    "on-hold": lazy("on hold"),
    "completed": lazy("completed"),
    "rejected": lazy("declined"),
    "failed": lazy("did not work out"),
    "cancelled": lazy("cancelled: nothing more to do"),
}
NEEDS: dict[str, Any] = {
    "food-insecurity": lazy("help with food"),
    "housing-instability": lazy("help with housing"),
    "homelessness": lazy("a place to stay"),
    "transportation-insecurity": lazy("help with rides"),
    "utility-insecurity": lazy("help with heat, power or water"),
}
REFUSALS = (
    lazy("Say who you are."),
    lazy("Say why."),
    lazy("Say it in fewer words."),
    lazy("That cannot be said now."),
)


def _said(change: Change, request: HttpRequest, link: str, code: str) -> Shown:
    said = {name: request.POST.get(name, "") for name in ("by", "what", "reason", "note")}
    return answer_links.answer(change, link=link, code=code, **said)


def _context(found: Shown) -> dict[str, Any]:
    possible = set(found.moves) - {"outcome"}
    possible |= {"not-enrolled-on-waitlist"} if found.may_enroll else set()
    possible |= {"enrolled", "not-enrolled"} if found.may_enroll and "outcome" in found.moves else set()
    return {
        "it": found,
        "need": NEEDS.get(found.what, _("help")),
        "state": STATES.get(found.state, found.state),
        "language": by_link.language_name(found.language),
        "choices": [(code, words, code in REASONED) for code, words in SAYS.items() if code in possible],
        "waits": found.enrollment == "not-enrolled-on-waitlist",
    }


PAGE = by_link.Page(
    what=WHAT,
    name="answer",
    template="portal/answer.html",
    fields=("by", "reason", "note"),
    looked=lambda change, link, code: answer_links.looked(change, link=link, code=code),
    answered=_said,
    context=_context,
)


urlpatterns = [PAGE.at("a", "answer-link")]
