"""A party answers a referral through its secure link: the code first, then whom they are asked to help, and what they may say now.

The code comes with every request and is kept nowhere; every look is recorded; wrong codes are counted, and too many end it for an hour.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from baton.duties.community import answer_links
from baton.duties.community.answer_links import WHAT, Shown
from baton.duties.privacy import links
from baton.portal.tries import Tries
from baton.store import Invalid, NotFound, Who

OUTSIDE = Who("Device/baton", "Secure link", "system", (), "portal")
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


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, link: str) -> HttpResponse:
    """Ask for the code; with the right one the request, and what can be said about it. A wrong link or code is not told apart."""
    store = request.hub.store  # type: ignore[attr-defined]
    tries = Tries("answer", link)
    with store.view(OUTSIDE) as view:
        if not links.lives(view, link, what=WHAT):
            return render(request, "portal/answer.html", {"gone": True}, status=404)
    if request.method != "POST":
        return render(request, "portal/answer.html", {})
    if tries.spent:
        return render(request, "portal/answer.html", {"gone": True}, status=429)
    code = request.POST.get("code", "")
    what, wrong = request.POST.get("what", ""), ""
    try:
        found = _said(store, link, code, request) if what else _looked(store, link, code)
    except NotFound:
        tries.wrong()
        store.note_event(OUTSIDE, "answer refused", "refused", "secure link")
        return render(request, "portal/answer.html", {"wrong": True}, status=403)
    except Invalid as refused:
        wrong = " ".join(_(issue.text) for issue in refused.issues)
        found = _looked(store, link, code)
    store.note_event(OUTSIDE, "view referral", "success", "secure link", [found.patient])
    context = {**_context(found), "code": code, "problem": wrong, "thanks": bool(what) and not wrong}
    context |= {name: request.POST.get(name, "") for name in ("by", "reason", "note")} if wrong else {"by": request.POST.get("by", "")}
    return render(request, "portal/answer.html", context, status=422 if wrong else 200)


def _looked(store: Any, link: str, code: str) -> Shown:
    with store.change(OUTSIDE, because="A referral was opened through its secure link") as change:
        return answer_links.looked(change, link=link, code=code)


def _said(store: Any, link: str, code: str, request: HttpRequest) -> Shown:
    said = {name: request.POST.get(name, "") for name in ("by", "what", "reason", "note")}
    with store.change(OUTSIDE, because="A referral was answered through its secure link") as change:
        return answer_links.answer(change, link=link, code=code, **said)


def _context(found: Shown) -> dict[str, Any]:
    possible = set(found.moves) - {"outcome"}
    possible |= {"not-enrolled-on-waitlist"} if found.may_enroll else set()
    possible |= {"enrolled", "not-enrolled"} if found.may_enroll and "outcome" in found.moves else set()
    return {
        "it": found,
        "need": NEEDS.get(found.what, _("help")),
        "state": STATES.get(found.state, found.state),
        "language": language_name(found.language),
        "choices": [(code, words, code in REASONED) for code, words in SAYS.items() if code in possible],
        "waits": found.enrollment == "not-enrolled-on-waitlist",
    }


def language_name(code: str | None) -> str:
    """A language as the reader calls it."""
    try:
        return str(get_language_info(code.split("-")[0])["name_translated"]) if code else ""
    except KeyError:
        return code or ""


urlpatterns = [path("a/<str:link>", answer, name="answer-link")]
