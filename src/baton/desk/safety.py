"""A safety case: the page that is shown instead of the next question, and stays until a clinician has decided.

It has no way out while somebody speaks with the patient or is to call them back. Works without any script.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from baton.desk import labels, support_words
from baton.duties.contact import safe_contact
from baton.duties.patients import identity
from baton.duties.support import clinicians, safety
from baton.duties.support.safety_states import DECISIONS
from baton.packs import crisis
from baton.store import Conflict, Invalid, NotFound
from baton.web.gate import Request, staff

OUTCOMES = ("reached", "no-answer", "left-message", "wrong-number")


@require_GET
@staff
def page(request: Request, task: str) -> HttpResponse:
    """One case: what to say, whom to call, what was done, what can be done now."""
    return _page(request, task)


def _page(request: Request, task: str, status: int = 200) -> HttpResponse:
    """The page; after a refusal with what was filled in."""
    with request.hub.store.view(request.who) as view:
        try:
            case = safety.case(view, task=task)
        except Invalid:
            raise NotFound("There is no such case.") from None
        patient = view.get("Patient", case.patient)
        doctors = clinicians.of_patient(view, f"Patient/{case.patient}")
        decides = clinicians.decides(view)
        asked = safe_contact.wanted_of(view, f"Patient/{case.patient}")
    known = [str(each["value"]) for each in identity.points(patient, "phone")]
    numbers = list(dict.fromkeys([*([asked.phone] if asked and asked.phone else []), *known]))
    ruled_out = [each for each in numbers if not safe_contact.answer(asked, patient, "phone", each).allowed]
    spoken = identity.language(patient)
    words, own = crisis.words(spoken), crisis.words(get_language())
    context: dict[str, Any] = {
        "case": case,
        "words": words,
        "own": own if own.language != words.language else None,
        "language": labels.language_name(spoken) if spoken else "",
        "spoken_here": spoken is None or words.language == spoken.split("-")[0],
        "doctors": doctors,
        "decides": decides,
        "numbers": [each for each in numbers if each not in ruled_out],
        "ruled_out": ruled_out,
        "address": identity.identity(patient, view.now.date()).address,
        "decisions": [(code, labels.word(support_words.DECISIONS, code)) for code in DECISIONS],
        "outcomes": [(str(number), code, labels.word(labels.OUTCOMES, code)) for number, code in enumerate(OUTCOMES, 1)],
        "locked": case.open and case.state in ("in-contact", "out-of-contact"),
        "now": request.hub.store.now(),
        "given": request.POST if status != 200 else {},
        "said": [(each, labels.word(support_words.CASE_EVENTS, each.code), _event(each)) for each in case.events],
    }
    return render(request, "support/case.html", context, status=status)


def _form(view: Callable[..., str]) -> Callable[..., HttpResponse]:
    """A form of this page: refused, the page says why and still holds what was filled in."""

    @require_POST
    @staff
    @functools.wraps(view)
    def answered(request: Request, task: str) -> HttpResponse:
        try:
            messages.success(request, view(request, task))
        except (Invalid, Conflict) as refused:
            for issue in refused.issues:
                messages.error(request, labels.refusal(issue.text))
            return _page(request, task, status=400)
        return redirect("safety", task=task)

    return answered


def _event(event: Any) -> str:
    """What was said about something done."""
    if event.code == "call":
        return " · ".join(part for part in (labels.word(labels.OUTCOMES, event.said), event.more) if part)
    if event.code == "decide":
        return f"{labels.word(support_words.DECISIONS, event.said)}: {event.more}"
    return " · ".join(part for part in (event.said, event.more) if part)


@_form
def confirm(request: Request, task: str) -> str:
    """Where the patient is, and how to call them back."""
    with request.hub.store.change(request.who, because="Place and number confirmed") as change:
        safety.confirm(change, task=task, place=request.POST.get("place", ""), number=request.POST.get("number", ""))
    return _("Kept. Stay on the line; bring in the clinician.")


@_form
def hand_over(request: Request, task: str) -> str:
    """A clinician took over."""
    with request.hub.store.change(request.who, because="Handed over to a clinician") as change:
        safety.hand_over(change, task=task, to=request.POST.get("to", ""))
    return _("Handed over. The case is theirs until they decide.")


@_form
def lose(request: Request, task: str) -> str:
    """The line broke."""
    with request.hub.store.change(request.who, because="Contact lost") as change:
        safety.lose(change, task=task)
    return _("Call back now: three times within 15 minutes.")


@_form
def call(request: Request, task: str) -> str:
    """A call-back and how it went."""
    outcome = request.POST.get("outcome", "")
    with request.hub.store.change(request.who, because="Called back") as change:
        safety.call(change, task=task, outcome=outcome, note=request.POST.get("note") or None)
    return _("Recorded: %(outcome)s.") % {"outcome": labels.word(labels.OUTCOMES, outcome)}


@_form
def decide(request: Request, task: str) -> str:
    """A clinician's decision."""
    with request.hub.store.change(request.who, because="Decided in a safety case") as change:
        safety.decide(change, task=task, decision=request.POST.get("decision", ""), why=request.POST.get("why", ""))
    return _("Decided. Somebody speaks with the patient again on the next business day.")


urlpatterns = [
    path("safety/<str:task>", page, name="safety"),
    path("safety/<str:task>/confirm", confirm, name="safety_confirm"),
    path("safety/<str:task>/hand-over", hand_over, name="safety_hand_over"),
    path("safety/<str:task>/lost", lose, name="safety_lose"),
    path("safety/<str:task>/call", call, name="safety_call"),
    path("safety/<str:task>/decide", decide, name="safety_decide"),
]
