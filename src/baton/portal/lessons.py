"""My lessons: what was given, to read or to hear, and each question of it answered in one's own words or not yet."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.duties.contact import threads
from baton.duties.support import education
from baton.portal import show
from baton.portal.posting import form
from baton.store import NotFound, View
from baton.web.gate import Request, guest


def _given(view: View, request: Request, given: str) -> education.Given:
    found = education.learning(view, patient=str(request.who.on_behalf_of)).given
    for each in found:
        if each.id == given:
            return each
    raise NotFound("There is no such lesson.")


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """What was given."""
    with request.hub.store.view(request.who) as view:
        given = education.learning(view, patient=str(request.who.on_behalf_of)).given
    return show.page(request, "portal/lessons.html", {"given": given})


@guest
@require_GET
def lesson(request: Request, given: str) -> HttpResponse:
    """One of them. That it was opened is kept: it does not say that it was understood."""
    with request.hub.store.change(request.who, because="Read in the portal") as change:
        found = _given(change, request, given)
        education.opened(change, given=given)
    words = found.lesson.said(found.language)
    return show.page(request, "portal/lesson.html", {"given": found, "words": words})


@form("my_lessons")
def say(request: Request, given: str, item: str) -> HttpResponse:
    """One question: in their own words, or that it is not clear yet. Somebody goes through it with them in the next call."""
    with request.hub.store.change(request.who, because="A lesson answered in the portal") as change:
        _given(change, request, given)
        result = "repeat" if "unsure" in request.POST else "said"
        note = request.POST.get("words", "")
        education.teach_back(change, given=given, item=item, result=result, learner=request.who.person, note=note)
    return redirect("my_lesson", given)


@form("my_lessons")
def ask(request: Request, given: str) -> str:
    """A question about it, as a message."""
    with request.hub.store.change(request.who, because="A question about a lesson") as change:
        found = _given(change, request, given)
        patient = str(request.who.on_behalf_of)
        text = request.POST.get("text", "")
        about = [f"Communication/{found.id}"]
        threads.start(change, patient=patient, topic="other", text=text, subject=found.title, about=about, wants_answer=True)
    return _("We have your question. The answer comes as a message.")


urlpatterns = [
    path("my/lessons", index, name="my_lessons"),
    path("my/lessons/<str:given>", lesson, name="my_lesson"),
    path("my/lessons/<str:given>/ask", ask, name="my_lesson_ask"),
    path("my/lessons/<str:given>/<str:item>", say, name="my_lesson_say"),
]
