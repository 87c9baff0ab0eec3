"""Questions we ask: one to a page, each answer kept at once. An answer that needs somebody now is met with help, first of all."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from baton.duties.support import agreements, assessments, safety
from baton.packs.assessments import SCALE, Item
from baton.portal import show
from baton.portal.posting import form
from baton.store import NotFound, View
from baton.web.gate import Request, guest


def _asked(view: View, request: Request, task: str) -> agreements.Asked:
    found = agreements.asked(view, patient=str(request.who.on_behalf_of))
    for each in found:
        if each.task == task:
            return each
    raise NotFound("There are no such questions.")


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """What is asked, and what was answered."""
    with request.hub.store.view(request.who) as view:
        patient, spoken = str(request.who.on_behalf_of), get_language()
        open_ = [(each, each.assessment.said(spoken).title) for each in agreements.asked(view, patient=patient)]
        done = [each for each in assessments.of_patient(view, patient=patient) if each.done]
        titles = [(each, each.assessment.said(spoken).title) for each in done]
    return show.page(request, "portal/questions.html", {"open": open_, "done": titles})


@guest
@require_http_methods(["GET", "HEAD"])
def question(request: Request, task: str) -> HttpResponse:
    """The next question, or the end."""
    with request.hub.store.view(request.who) as view:
        return _next(request, view, _asked(view, request, task))


def _next(request: Request, view: View, asked: agreements.Asked) -> HttpResponse:
    response = assessments.response(view, response=asked.response) if asked.response else None
    link = response.next if response else assessments.next_question(asked.assessment, {})
    words = asked.assessment.said(get_language())
    item = asked.assessment.item(link) if link else None
    count = len(response.asked) if response else len(asked.assessment.items)
    context: dict[str, Any] = {
        "asked": asked,
        "words": words,
        "item": item,
        "question": words.items.get(link or "", ""),
        "choices": _choices(item, words) if item else (),
        "number": len(response.answers) + 1 if response else 1,
        "count": count,
        "language": get_language(),
    }
    return show.page(request, "portal/question.html", context)


def _choices(item: Item, words: Any) -> list[tuple[str, str]]:
    if item.type == "scale":
        return [(str(number), str(number)) for number in range(SCALE + 1)]
    return [(each.code, words.answer(item, each.code)) for each in item.options]


@form("my_questions")
def answer(request: Request, task: str) -> HttpResponse:
    """One answer. Kept first; then asked whether it needs somebody now."""
    with request.hub.store.change(request.who, because="Answered in the portal") as change:
        asked = _asked(change, request, task)
        link = request.POST.get("link", "")
        item = asked.assessment.item(link)
        said: Any = request.POST.get("answer", "").strip()
        said = int(said) if item is not None and item.type == "scale" and said.isdecimal() else said
        left_out = item is not None and item.type == "text" and not said
        patient = str(request.who.on_behalf_of)
        given: dict[str, Any] = {} if left_out else {link: said}
        stored = assessments.answer(
            change,
            patient=patient,
            assessment=asked.assessment.code,
            answers=given,
            response=asked.response,
            source=request.who.person,
            language=get_language(),
            done=left_out,
        )
        agreements.began(change, task=task, response=str(stored.id))
        finished = left_out or assessments.next_question(asked.assessment, assessments.answers_of(stored.resource())) is None
        if finished:
            if not left_out:
                assessments.answer(change, patient=patient, assessment=asked.assessment.code, response=str(stored.id), done=True)
            agreements.did(change, task=task)
        now = (
            safety.positive(stored.resource(), change.now.date()) is not None
            and item is not None
            and safety.positive(
                {**stored.resource(), "item": [each for each in stored.resource().get("item", ()) if each.get("linkId") == link]},
                change.now.date(),
            )
            is not None
        )
    if now:
        return redirect("my_help", task)
    return redirect("my_thanks") if finished else redirect("my_question", task)


@guest
@require_GET
def help_now(request: Request, task: str) -> HttpResponse:
    """Help first: 988, 911, us. The case was opened with the answer, and somebody calls."""
    with request.hub.store.view(request.who) as view:
        left = any(each.task == task for each in agreements.asked(view, patient=str(request.who.on_behalf_of)))
        phone = show.phone_of(view, str(request.who.on_behalf_of))
    return show.page(request, "portal/help_now.html", {"phone": phone, "task": task if left else None})


@guest
@require_GET
def thanks(request: Request) -> HttpResponse:
    """All answered."""
    return show.page(request, "portal/thanks.html", {"said": _("Thank you. Your care team reads your answers.")})


urlpatterns = [
    path("my/questions", index, name="my_questions"),
    path("my/questions/thanks", thanks, name="my_thanks"),
    path("my/questions/<str:task>", question, name="my_question"),
    path("my/questions/<str:task>/answer", answer, name="my_answer"),
    path("my/questions/<str:task>/help", help_now, name="my_help"),
]
