"""Error pages: what happened in one sentence, what to do in the next, and nothing of our insides."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.store import Refused
from baton.store.who import PORTAL
from baton.web.context import rehearsal, theme

TELL_WHY = {400, 409, 412, 422}
"""Refusals whose reasons name an element of what was sent, and may be read by who sent it."""

OUTSIDE = ("/my/", "/r/", "/p/", "/a/", "/d/", "/o/", "/t/", "/w/")
"""Where people from outside are: the portal's pages, and what is reached by a link alone."""
NOT_OPEN = (lazy("This page is not open to you"), lazy("Go back to your own page, or call us."))
NOT_FOUND = (lazy("We cannot find this page"), lazy("It may have moved. Go back to your own page, or call us."))
NOT_DONE = (lazy("That did not work"), lazy("Go back, look at it again, and send it once more. Or call us."))
OUR_FAULT = (lazy("Something went wrong"), lazy("It was our fault. What you sent before is kept. Try again, or call us."))
STALE = (lazy("This form has gone stale"), lazy("The page was open too long. Go back, load it again, and send it once more."))
TOO_FAST = (lazy("That was too fast for us"), lazy("Wait a moment, then go on. What you sent before is kept."))
TOO_LARGE = (lazy("This file is too large"), lazy("Send one of at most 10 MB, or only the pages that count."))
PLAIN = {
    400: NOT_DONE,
    403: NOT_OPEN,
    404: NOT_FOUND,
    409: NOT_DONE,
    410: NOT_FOUND,
    413: TOO_LARGE,
    422: NOT_DONE,
    429: TOO_FAST,
    500: OUR_FAULT,
}
"""What somebody outside reads instead of what staff read: plain, and nothing of who works here."""


def is_outside(request: HttpRequest) -> bool:
    """Whether it is a page of somebody from outside."""
    return request.path.startswith(OUTSIDE) or getattr(getattr(request, "who", None), "role", "") in PORTAL


def page(request: HttpRequest, status: int, heading: str, text: str, reasons: tuple[str, ...] = (), *, plain: Any = None) -> HttpResponse:
    """An error page; made without the session or the database, which may be what is broken."""
    outside = is_outside(request)
    if outside and (said := plain or PLAIN.get(status)):
        heading, text, reasons = str(said[0]), str(said[1]), ()
    context = {
        "outside": outside,
        "LANGUAGE_CODE": get_language() or "en",
        "theme": theme(request),
        "rehearsal": rehearsal(request),
        "heading": heading,
        "text": text,
        "reasons": reasons,
    }
    return HttpResponse(render_to_string("error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return page(request, 400, _("That request could not be read"), _("Go back, check what was typed, and try again."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    text = _("Your role or your teams do not include this. Ask your supervisor if you think they should.")
    return page(request, 403, _("This is not open to you"), text)


def for_staff(request: HttpRequest) -> HttpResponse:
    """403 for a guest of the portal, whatever the address: whether there is a page is not said."""
    return page(request, 403, _("This page is for the people who work here"), _("Your own pages are at /my/."))


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, also what somebody sees who may not know that there is something."""
    text = _("It may have been moved, or it belongs to patients of another team. Go to Today, or find the patient by name.")
    return page(request, 404, _("There is nothing here for you"), text)


def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    text = _("It has been noted. Nothing you had already saved is lost. Try again; if it happens twice, tell whoever looks after Baton.")
    return page(request, 500, _("Something of ours went wrong"), text)


def too_fast(request: HttpRequest) -> HttpResponse:
    """429: more requests at once than anybody can read."""
    return page(request, 429, _("Too many requests at once"), _("Wait a moment, then go on where you were. Nothing you saved is lost."))


def too_large(request: HttpRequest) -> HttpResponse:
    """413: more than a file may be."""
    text = _("A file has at most 10 MB. Nothing of it was kept: go back and send a smaller one, or the pages that matter.")
    return page(request, 413, _("That is too large"), text)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not fit: an old tab, or a page that is not ours."""
    text = _("The page was open too long, or you signed in again elsewhere. Go back, reload the page, and send it again.")
    return page(request, 403, _("This form has gone stale"), text, plain=STALE)


def gone(request: HttpRequest) -> HttpResponse:
    """410."""
    return page(request, 410, _("This was deleted"), _("Its history is kept. Go to Today, or look at the patient's page."))


def conflict(request: HttpRequest, reasons: tuple[str, ...]) -> HttpResponse:
    """409 and 412: somebody was quicker."""
    text = _("Somebody changed it while you were looking at it. Go back, reload the page, and look again before you decide.")
    return page(request, 409, _("Somebody was quicker"), text, reasons)


def invalid(request: HttpRequest, reasons: tuple[str, ...]) -> HttpResponse:
    """422: the hub's rules do not allow it."""
    return page(request, 422, _("This cannot be saved as it is"), _("Go back and change what is named here."), reasons)


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page for something the store refused."""
    status = refusal.status
    reasons = tuple(issue.text for issue in refusal.issues) if status in TELL_WHY else ()
    match status:
        case 401 | 403:
            return forbidden(request)
        case 404:
            return missing(request)
        case 410:
            return gone(request)
        case 409 | 412:
            return conflict(request, reasons)
        case _:
            return invalid(request, reasons)
