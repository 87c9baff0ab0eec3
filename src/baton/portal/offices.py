"""An outside office answers a medical referral through its secure link: the code first, then whom it is about, and what may be said now.

The code comes with every request and is kept nowhere; every look is recorded; wrong codes are counted, and too many end it for an hour.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from baton.duties.privacy import links
from baton.duties.referrals import office_links, referrals
from baton.duties.referrals.office_links import WHAT, Shown
from baton.portal.answers import OUTSIDE, language_name
from baton.portal.tries import Tries
from baton.store import Invalid, NotFound

SAYS: dict[str, Any] = {
    "accept": lazy("We accept"),
    "schedule": lazy("The visit is booked"),
    "reschedule": lazy("The visit is moved"),
    "interim-note": lazy("We have seen the patient"),
    "outcome": lazy("Done: the result follows or is here"),
    "no-show": lazy("The patient did not come"),
    "appointment-cancelled": lazy("The appointment was cancelled"),
    "confirm-cancellation": lazy("We confirm the cancellation"),
    "decline": lazy("We cannot take this"),
}
"""What can be said, in the order of the page."""
STATES: dict[str, Any] = {
    "received/2.0": lazy("waits for your answer"),
    "accepted/3.0": lazy("accepted"),
    "rejected/4.0": lazy("declined"),
    "in-progress/5.1": lazy("under way"),
    "in-progress/5.1.1": lazy("visit booked"),
    "in-progress/5.1.2": lazy("the patient did not come"),
    "in-progress/5.1.3": lazy("appointment cancelled"),
    "in-progress/5.1.4": lazy("seen, the result awaited"),
    "in-progress/5.2": lazy("we ask you to cancel it"),
    "cancelled/6.0": lazy("cancelled: nothing more to do"),
    "completed/7.0": lazy("completed"),
}
URGENCIES: dict[str, Any] = {
    "routine": lazy("routine"),
    "urgent": lazy("urgent"),
    "asap": lazy("as soon as possible"),
    "stat": lazy("at once"),
}
REFUSALS = (
    lazy("Say who you are."),
    lazy("Say why."),
    lazy("Say it in fewer words."),
    lazy("That cannot be said now."),
    lazy("Say when the visit is."),
    lazy("Say a time that is still to come."),
)
FIELDS = ("by", "reason", "note", "when")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def office(request: HttpRequest, link: str) -> HttpResponse:
    """Ask for the code; with the right one the referral, and what can be said about it. A wrong link or code is not told apart."""
    store = request.hub.store  # type: ignore[attr-defined]
    tries = Tries("office", link)
    with store.view(OUTSIDE) as view:
        if not links.lives(view, link, what=WHAT):
            return render(request, "portal/office.html", {"gone": True}, status=404)
    if request.method != "POST":
        return render(request, "portal/office.html", {})
    if tries.spent:
        return render(request, "portal/office.html", {"gone": True}, status=429)
    code, what, wrong = request.POST.get("code", ""), request.POST.get("what", ""), ""
    try:
        found = _said(request, link, code, what) if what else _looked(store, link, code)
    except NotFound:
        tries.wrong()
        store.note_event(OUTSIDE, "answer refused", "refused", "secure link")
        return render(request, "portal/office.html", {"wrong": True}, status=403)
    except Invalid as refused:
        wrong = " ".join(_(issue.text) for issue in refused.issues)
        found = _looked(store, link, code)
    store.note_event(OUTSIDE, "view referral", "success", "secure link", [found.patient])
    given = {name: request.POST.get(name, "") for name in (FIELDS if wrong else ("by",))}
    context = {**_context(found), **given, "code": code, "problem": wrong, "thanks": bool(what) and not wrong}
    return render(request, "portal/office.html", context, status=422 if wrong else 200)


def _looked(store: Any, link: str, code: str) -> Shown:
    with store.change(OUTSIDE, because="A referral was opened through its secure link") as change:
        return office_links.looked(change, link=link, code=code)


def _said(request: HttpRequest, link: str, code: str, what: str) -> Shown:
    hub = request.hub  # type: ignore[attr-defined]
    by, reason, note, text = (request.POST.get(name, "") for name in FIELDS)
    try:
        when = datetime.fromisoformat(text).replace(tzinfo=hub.settings.zone) if text else None
    except ValueError:
        raise Invalid("Say when the visit is.", expression="Task.extension") from None
    with hub.store.change(OUTSIDE, because="A referral was answered through its secure link") as change:
        return office_links.answer(change, link=link, code=code, by=by, what=what, reason=reason, note=note, when=when)


def _context(found: Shown) -> dict[str, Any]:
    return {
        "it": found,
        "state": STATES.get(found.state, found.state),
        "urgency": URGENCIES[found.urgency],
        "language": language_name(found.language),
        "choices": [(code, words, code in referrals.REASONED) for code, words in SAYS.items() if code in found.moves],
        "dated": any(each in found.moves for each in referrals.DATED),
    }


urlpatterns = [path("o/<str:link>", office, name="office-link")]
