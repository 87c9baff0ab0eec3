"""How I am doing: what somebody who cares for a patient answers about themselves, who may read it, and what we do about it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.duties import reading
from baton.duties.support import caregiver_answers as duty
from baton.packs import crisis
from baton.portal import questions, show
from baton.portal.posting import form
from baton.store import View
from baton.web.gate import Request, guest

TRAINED = "caregiver-ability"


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """What may be answered, what was, who may read it, and what follows from it."""
    own = get_language()
    with request.hub.store.view(request.who) as view:
        found = duty.mine(view)
        name = reading.name_of(view, str(request.who.on_behalf_of))
        phone = show.phone_of(view, str(request.who.on_behalf_of))
    rows = [{"it": each, "title": each.assessment.said(own).title, "said": [_said(one, own) for one in each.said]} for each in found]
    return show.page(request, "portal/me.html", {"rows": rows, "name": name, "phone": phone, "crisis": crisis.words(own)})


def _said(said: duty.Said, own: str | None) -> dict[str, Any]:
    """Finished answers in words, with what we do: a talk with whoever is strained, a showing of each thing they cannot do yet."""
    items = said.it.assessment.said(own).items
    trained = said.it.assessment.code == TRAINED
    return {
        "it": said,
        "said": questions.in_words(said.it),
        "follows": [(items.get(each.what, "") if trained else "", each) for each in said.follows],
    }


@form("my_me")
def begin(request: Request) -> HttpResponse:
    """Begin, or go on; whether the patient may read it is said first."""
    shown = request.POST.get("shown") == "yes"
    with request.hub.store.change(duty.as_themselves(request.who), because="A caregiver answers about themselves") as change:
        begun = duty.begin(change, assessment=request.POST.get("assessment", ""), shown=shown, language=get_language())
    return redirect("my_me_question", begun)


@guest
@require_GET
def question(request: Request, response: str) -> HttpResponse:
    """The next question."""
    with request.hub.store.view(request.who) as view:
        found = duty.held(view, response)
    link = found.upcoming
    if found.done or link is None:
        return redirect("my_me")
    words, item = found.assessment.said(get_language()), found.assessment.item(link)
    context: dict[str, Any] = {
        "action": reverse("my_me_answer", args=[response]),
        "words": words,
        "item": item,
        "question": words.items[link],
        "choices": questions.choices(item, words) if item else (),
        "number": found.asked.index(link) + 1,
        "count": len(found.asked),
        "crisis": crisis.words(get_language()),
    }
    return show.page(request, "portal/question.html", context)


@form("my_me")
def answer(request: Request, response: str) -> HttpResponse | str:
    """One answer, kept at once."""
    with request.hub.store.change(duty.as_themselves(request.who), because="A caregiver answers about themselves") as change:
        kept = duty.say(change, response=response, link=request.POST.get("link", ""), said=request.POST.get("answer", "").strip())
    return _("Thank you. Your care team reads it. What we do about it is here.") if kept.done else redirect("my_me_question", response)


@form("my_me")
def let_read(request: Request, response: str) -> str:
    """The patient may read these answers, or may not any more."""
    shown = request.POST.get("shown") == "yes"
    with request.hub.store.change(duty.as_themselves(request.who), because="A caregiver says who may read their answers") as change:
        duty.show(change, response=response, shown=shown)
    return _("They can read these answers now.") if shown else _("They cannot read these answers now.")


def todo(view: View) -> list[dict[str, Any]]:
    """What was asked of somebody who cares, or begun by them, and is not answered."""
    if view.who.role != "related":
        return []
    open_ = [each for each in duty.mine(view) if each.asked or each.begun]
    return [
        {"words": each.assessment.said(get_language()).title, "when": "", "link": reverse("my_me"), "button": _("Answer")} for each in open_
    ]


urlpatterns = [
    path("my/me", index, name="my_me"),
    path("my/me/begin", begin, name="my_me_begin"),
    path("my/me/<str:response>", question, name="my_me_question"),
    path("my/me/<str:response>/answer", answer, name="my_me_answer"),
    path("my/me/<str:response>/read", let_read, name="my_me_read"),
]
