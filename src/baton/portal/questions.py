"""Questions we ask: one to a page, each answer kept at once. An answer that needs somebody now is met with help, first of all."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from baton.duties import reading
from baton.duties.support import agreements, assessments, caregiver_answers, safety
from baton.packs import crisis
from baton.packs.assessments import SCALE, Item
from baton.portal import show
from baton.portal.posting import form
from baton.store import Change, NotFound, View, Who
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
    """What is asked, and what was answered. Somebody who is let in finds here what they may answer for the patient."""
    with request.hub.store.view(request.who) as view:
        patient, spoken = str(request.who.on_behalf_of), get_language()
        open_ = [(each, each.assessment.said(spoken).title) for each in agreements.asked(view, patient=patient)]
        mine = [each for each in assessments.of_patient(view, patient=patient) if each.done and each.source == request.who.person]
        titles = [(each, each.assessment.said(spoken).title) for each in mine if each.assessment.about == "patient"]
        near = [(each, in_words(each)) for each in caregiver_answers.shown_to_patient(view, patient=patient)]
    return show.page(
        request, "portal/questions.html", {"open": open_, "done": titles, "near": near if request.who.role == "patient" else ()}
    )


def _answering(request: Request) -> Who:
    """Who answers: the patient; or somebody the patient let in, for what they may say in their own name, which the door checks."""
    return caregiver_answers.as_themselves(request.who) if request.who.role == "related" else request.who


def _kept_for_the_patient(request: Request, task: str) -> HttpResponse | None:
    """What somebody who is let in reads in place of questions that are not theirs to answer: why, and whom to call. None: they are."""
    if request.who.role == "patient":
        return None
    patient = str(request.who.on_behalf_of)
    with request.hub.store.view(request.who) as view:
        why = agreements.kept_for_the_patient(view, task=task, patient=patient)
        context = {"why": why, "name": reading.name_of(view, patient), "phone": show.phone_of(view, patient)}
    if why is None:
        return None
    return show.page(request, "portal/theirs_alone.html", {**context, "crisis": crisis.words(get_language())}, status=403)


def in_words(answered: assessments.Response) -> dict[str, Any]:
    """Answers as they are read in the portal: the title, and each question with what was said."""
    words = answered.assessment.said(get_language())
    rows = [
        (words.items[link], words.answer(item, said)) for link, said in answered.answers.items() if (item := answered.assessment.item(link))
    ]
    return {"title": words.title, "answers": rows}


@guest
@require_http_methods(["GET", "HEAD"])
def question(request: Request, task: str) -> HttpResponse:
    """The next question, or the end. While an answer needs somebody, what helps now is read first."""
    if kept := _kept_for_the_patient(request, task):
        return kept
    with request.hub.store.view(request.who) as view:
        asked = _asked(view, request, task)
        case = safety.of_response(view, response=asked.response) if asked.response else None
        if case is not None and case.told is None:
            return redirect("my_help", task)
        return _next(request, view, asked)


def _next(request: Request, view: View, asked: agreements.Asked) -> HttpResponse:
    response = assessments.response(view, response=asked.response) if asked.response else None
    link = response.upcoming if response else assessments.upcoming(asked.assessment, {}, ())
    words = asked.assessment.said(get_language())
    item = asked.assessment.item(link) if link else None
    links = response.asked if response else assessments.asked(asked.assessment, {})
    context: dict[str, Any] = {
        "action": reverse("my_answer", args=[asked.task]),
        "words": words,
        "item": item,
        "question": words.items.get(link or "", ""),
        "choices": choices(item, words) if item else (),
        "number": links.index(link) + 1 if link in links else len(links),
        "count": len(links),
        "crisis": crisis.words(get_language()),
    }
    return show.page(request, "portal/question.html", context)


def choices(item: Item, words: Any) -> list[tuple[str, str]]:
    """What can be answered: (code, words)."""
    if item.type == "scale":
        return [(str(number), str(number)) for number in range(SCALE + 1)]
    return [(each.code, words.answer(item, each.code)) for each in item.options]


@form("my_questions")
def answer(request: Request, task: str) -> HttpResponse:
    """One answer, or words left empty. Kept first; what needs somebody now is met with help before anything else."""
    if refused := _kept_for_the_patient(request, task):
        return refused
    with request.hub.store.change(_answering(request), because="Answered in the portal") as change:
        asked = _asked(change, request, task)
        link = request.POST.get("link", "")
        item = asked.assessment.item(link)
        said: Any = request.POST.get("answer", "").strip()
        said = int(said) if item is not None and item.type == "scale" and said.isdecimal() else said
        empty = item is not None and item.type == "text" and not said
        kept = _kept(change, request, asked, {} if empty else {link: said}, [link] if empty else [])
        agreements.began(change, task=task, response=kept.id)
        finished = kept.upcoming is None
        if finished:
            _kept(change, request, asked, {}, [], done=True)
            agreements.did(change, task=task)
    with request.hub.store.view(request.who) as view:
        case = safety.of_response(view, response=kept.id)  # what follows from the answer stands once it is stored
    if case is not None and case.told is None:
        return redirect("my_help", task)
    return redirect("my_thanks") if finished else redirect("my_question", task)


def _kept(
    change: Change, request: Request, asked: agreements.Asked, answers: dict[str, Any], left: list[str], *, done: bool = False
) -> assessments.Response:
    response = asked.response
    if response is None and done:
        response = next(
            each.response for each in agreements.asked(change, patient=str(request.who.on_behalf_of)) if each.task == asked.task
        )
    stored = assessments.answer(
        change,
        patient=str(request.who.on_behalf_of),
        assessment=asked.assessment.code,
        answers=answers,
        response=response,
        source=request.who.person,
        language=get_language(),
        done=done,
        left=left,
    )
    found = assessments.read(change, stored.resource())
    if found is None:
        raise NotFound("There are no such questions.")
    return found


@guest
@require_GET
def help_now(request: Request, task: str) -> HttpResponse:
    """Help first: 988, 911, us. The case was opened with the answer, and somebody calls; where, they can say here."""
    if kept := _kept_for_the_patient(request, task):
        return kept
    patient = str(request.who.on_behalf_of)
    with request.hub.store.view(request.who) as view:
        case = next((each for each in safety.cases(view, patient=patient) if each.told is None), None)
        context = {"phone": show.phone_of(view, patient), "task": task, "left": _left(view, request, task), "case": case}
    return show.page(request, "portal/help_now.html", {**context, "crisis": crisis.words(get_language())})


def _left(view: View, request: Request, task: str) -> bool:
    return any(each.task == task for each in agreements.asked(view, patient=str(request.who.on_behalf_of)))


@form("my_questions")
def read_it(request: Request, task: str) -> HttpResponse:
    """They read it; where they are and how to call them goes to whoever calls. Then the questions go on, if any are left."""
    if kept := _kept_for_the_patient(request, task):
        return kept
    with request.hub.store.change(request.who, because="Help was read in the portal") as change:
        for case in safety.cases(change, patient=str(request.who.on_behalf_of)):
            safety.tell(change, task=case.id, place=request.POST.get("place", ""), number=request.POST.get("number", ""))
        left = _left(change, request, task)
    return redirect("my_question", task) if left else redirect("my_thanks")


@guest
@require_GET
def thanks(request: Request) -> HttpResponse:
    """All answered."""
    return show.page(request, "portal/thanks.html", {"said": _("Thank you. Your care team reads your answers.")})


def todo(view: View, patient: str) -> list[dict[str, Any]]:
    """What comes before all else: help that was not read yet."""
    unread = [each for each in safety.cases(view, patient=patient) if each.told is None] if view.who.role == "patient" else []
    words, button = _("Read this first. You are not alone."), _("Read it")
    return [{"words": words, "when": "", "link": reverse("my_help", args=[each.id]), "button": button} for each in unread[:1]]


urlpatterns = [
    path("my/questions", index, name="my_questions"),
    path("my/questions/thanks", thanks, name="my_thanks"),
    path("my/questions/<str:task>", question, name="my_question"),
    path("my/questions/<str:task>/answer", answer, name="my_answer"),
    path("my/questions/<str:task>/help", help_now, name="my_help"),
    path("my/questions/<str:task>/read", read_it, name="my_help_read"),
]
