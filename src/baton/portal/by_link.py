"""The page behind a secure link with which somebody outside answers: the code first, then what it shows, and what may be said.

The code comes with every request and is kept nowhere; every look is recorded; wrong codes are counted, and too many end it for an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from baton.duties.privacy import links
from baton.duties.privacy.links import OUTSIDE
from baton.portal.tries import Tries
from baton.store import Invalid, NotFound

if TYPE_CHECKING:
    from baton.store import Change


def private(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A page behind a link: kept by no cache, its code in no report of an error."""
    return never_cache(sensitive_post_parameters("code")(require_http_methods(["GET", "HEAD", "POST"])(view)))


class Whose(Protocol):
    """What a link shows, as far as the page itself must know it."""

    @property
    def patient(self) -> str:
        """ "Patient/id"."""


S = TypeVar("S", bound=Whose)


@dataclass(frozen=True, slots=True)
class Page(Generic[S]):
    """One kind of link: what it is signed for, its name where tries are counted, its template, what may be typed (who answers first).

    `event` is what a look is called in the audit, `opens` and `answers` why something changes.
    """

    what: str
    name: str
    template: str
    fields: tuple[str, ...]
    looked: Callable[[Change, str, str], S]
    answered: Callable[[Change, HttpRequest, str, str], S]
    context: Callable[[S], dict[str, Any]]
    event: str = "view referral"
    opens: str = "A referral was opened through its secure link"
    answers: str = "A referral was answered through its secure link"

    def at(self, start: str, name: str) -> URLPattern:
        """The address it stands at, beginning so."""
        return path(f"{start}/<str:link>", private(self.answer), name=name)

    def answer(self, request: HttpRequest, link: str) -> HttpResponse:
        """Ask for the code; with the right one what it shows, and what can be said about it. A wrong link or code is not told apart."""
        store = request.hub.store  # type: ignore[attr-defined]
        tries = Tries(self.name, link)
        with store.view(OUTSIDE) as view:
            if not links.lives(view, link, what=self.what):
                return render(request, self.template, {"gone": True}, status=404)
        if request.method != "POST":
            return render(request, self.template, {})
        if tries.spent:
            return render(request, self.template, {"gone": True}, status=429)
        code, said = request.POST.get("code", ""), bool(request.POST.get("what"))
        try:
            found, wrong = self._said(store, request, link, code) if said else (self._looked(store, link, code), "")
        except NotFound:
            tries.wrong()
            store.note_event(OUTSIDE, "answer refused", "refused", "secure link")
            return render(request, self.template, {"wrong": True}, status=403)
        store.note_event(OUTSIDE, self.event, "success", "secure link", [found.patient])
        given = {name: request.POST.get(name, "") for name in (self.fields if wrong else self.fields[:1])}
        context = {**self.context(found), **given, "code": code, "problem": wrong, "thanks": said and not wrong}
        return render(request, self.template, context, status=422 if wrong else 200)

    def _looked(self, store: Any, link: str, code: str) -> S:
        with store.change(OUTSIDE, because=self.opens) as change:
            return self.looked(change, link, code)

    def _said(self, store: Any, request: HttpRequest, link: str, code: str) -> tuple[S, str]:
        """What it shows after it was answered, and why it was not, if so: to be told which, the code must be right."""
        try:
            with store.change(OUTSIDE, because=self.answers) as change:
                return self.answered(change, request, link, code), ""
        except Invalid as refused:
            return self._looked(store, link, code), " ".join(_(issue.text) for issue in refused.issues)


def language_name(code: str | None) -> str:
    """A language as the reader calls it."""
    try:
        return str(get_language_info(code.split("-")[0])["name_translated"]) if code else ""
    except KeyError:
        return code or ""
