"""The call after going home: a script prefilled from the chart; what is answered becomes work at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from baton.desk import discharge_words as words
from baton.desk import labels
from baton.duties.discharge import call as duty
from baton.duties.discharge import states
from baton.rules.attempts import OUTCOMES
from baton.store import Conflict, Invalid
from baton.web.gate import Request, staff

ASKED = ("status", "worse", "medicines", "difference", "about", "visit", "services", "question", "note", "interpreter")


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: Request, encounter: str) -> HttpResponse:
    """The script, and its answers."""
    plan, refused = states.plan_id(f"Encounter/{encounter}"), list[str]()
    if request.method == "POST":
        answers = answers_of(request.POST)
        try:
            with request.hub.store.change(request.who, because=f"Call after going home: {answers.outcome}") as change:
                made = duty.finish(change, plan=plan, answers=answers)
        except (Invalid, Conflict) as refusal:
            refused = [labels.refusal(issue.text) for issue in refusal.issues]
        else:
            messages.success(request, said(answers.outcome, made))
            return redirect("discharge-stay", encounter=encounter)
    with request.hub.store.view(request.who) as view:
        script = duty.script(view, plan=plan)
    return render(request, "discharge/call.html", page_of(script, encounter, request.POST, refused), status=422 if refused else 200)


def answers_of(form: QueryDict) -> duty.Answers:
    """The form as answers."""
    understood = {name.removeprefix("t-"): str(value) for name, value in form.items() if name.startswith("t-") and value}
    given: dict[str, Any] = {name: form.get(name, "").strip() for name in ASKED}
    given["difference"] = given["difference"] or "other"
    given["interpreter"] = given["interpreter"] or None
    return duty.Answers(
        outcome=form.get("outcome", "reached"),
        to=form.get("to") or None,
        language=form.get("language") or None,
        orders=tuple(form.getlist("order")),
        understood=understood,
        **given,
    )


def said(outcome: str, made: tuple[str, ...]) -> str:
    """What came of the call, in a sentence."""
    first = _("Recorded: %(outcome)s.") % {"outcome": labels.word(labels.OUTCOMES, outcome)}
    follows = [(str(words.ANSWERS[code]) % {"what": ""}).rstrip(": ") for code in made]
    return f"{first} {_('Now on the lists:')} {'; '.join(follows)}." if follows else first


def page_of(script: duty.Script, encounter: str, form: QueryDict, refused: list[str]) -> dict[str, Any]:
    """The script in words, with what was filled in."""
    return {
        "script": script,
        "encounter": encounter,
        "who_is": script.patient,
        "form": form,
        "refused": refused,
        "outcomes": [(code, labels.word(labels.OUTCOMES, code)) for code in OUTCOMES],
        "changes": [(each.text, labels.word(labels.MEDICINE_CHANGES, each.change) if each.change else "") for each in script.medicines],
        "to_ask": [
            (given, item, next(each.listen_for for each in given.lesson.said(get_language()).ask if each.item == item.ask.item))
            for given, item in script.to_ask
        ],
        "language": labels.language_name(script.language),
        "kinds": [(code, labels.word(words.DIFFERENCES, code)) for code in duty.DIFFERENCES],
    }


urlpatterns = [path("discharge/<str:encounter>/call", call, name="discharge-call")]
