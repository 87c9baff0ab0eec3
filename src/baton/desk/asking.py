"""Asking an assessment: one question a page, every answer kept as it is given, by number keys, without any script as well.

An answer that needs somebody at once leads to the case before anything else is shown; there is no way past it.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import labels, support_words
from baton.desk.posting import form
from baton.duties import reading
from baton.duties.patients import identity
from baton.duties.programs import asking as program_asking
from baton.duties.support import assessments, safety, safety_answers
from baton.duties.support.assessments import Response
from baton.fhir.resource import human_name
from baton.packs.assessments import Assessment, Item, library
from baton.rules.tables import table
from baton.store import Invalid, NotFound
from baton.web.gate import Request, staff

HELD = ("in-contact", "out-of-contact")
"""Where a case stands while nothing else is asked: somebody must first be with the patient, or have tried."""
KEYS = "1234567890"


def _to_how(request: Request, patient: str, **_more: str) -> HttpResponse:
    return redirect("how", patient=patient)


def _to_question(request: Request, patient: str, response: str) -> HttpResponse:
    link = request.POST.get("link", "")
    return redirect(f"{reverse('answers', args=[patient, response])}{f'?item={link}' if link else ''}")


@form(_to_how)
def begin(request: Request, patient: str) -> HttpResponse:
    """Begin an assessment: which, whose answers, in which language. What was answered today already is not asked again."""
    code, source = request.POST.get("assessment", ""), request.POST.get("source") or None
    with request.hub.store.change(request.who, because="Assessment begun") as change:
        known = assessments.carried(change, patient=patient, assessment=code, source=source)
        people = (reading.maybe(change, source) or {}, change.get("Patient", patient))  # a caregiver may speak another language
        spoken = next((each for each in map(identity.language, people) if each), get_language())
        begun = assessments.answer(change, patient=patient, assessment=code, answers=known, source=source, language=spoken)
    return redirect("answers", patient=patient, response=begun.id)


@require_GET
@staff
def question(request: Request, patient: str, response: str) -> HttpResponse:
    """The question to ask now; or the one named, to be corrected; at the end everything that was said, to be finished."""
    with request.hub.store.view(request.who) as view:
        found = _found(view, patient, response)
        case = safety.of_response(view, response=response)
        name = human_name(view.get("Patient", patient))
    if case is not None and case.state in HELD:
        return redirect("safety", task=case.id)
    link = request.GET.get("item") or _next(found, request.GET.get("after"))
    item = found.assessment.item(link) if link else None
    words, own = found.assessment.said(found.language), found.assessment.said(get_language())
    asked = [each for each in found.asked if each in found.answers]
    context: dict[str, Any] = {
        "patient": patient,
        "name": name,
        "response": found,
        "title": own.title,
        "lead": words.lead,
        "language": labels.language_name(found.language),
        "item": item,
        "words": words.items.get(link or "", ""),
        "own_words": own.items.get(link or "", "") if found.language != (get_language() or "en").split("-")[0] else "",
        "choices": _choices(found, item) if item else [],
        "said": found.answers.get(link) if link else None,
        "place": found.asked.index(link) + 1 if link in found.asked else len(found.asked),
        "answered": [(each, words.items[each], _said(found, each)) for each in asked],
        "sums": sums(found),
        "case": case,
    }
    return render(request, "support/question.html", context)


def _found(view: Any, patient: str, response: str) -> Response:
    try:
        found = assessments.response(view, response=response)
    except Invalid:
        raise NotFound("There are no such answers.") from None
    if found.patient != f"Patient/{patient}":
        raise NotFound("There are no such answers.")
    return found


def _next(found: Response, after: str | None) -> str | None:
    """The first question not answered behind the last one; words left out are not asked again, the rest is."""
    place = found.asked.index(after) if after in found.asked else -1
    behind = (link for number, link in enumerate(found.asked) if number > place and link not in found.answers)
    return next(behind, None) or found.next


def _choices(found: Response, item: Item) -> list[dict[str, Any]]:
    """What can be answered, each with the key that says it."""
    words = found.assessment.said(found.language).answers.get(item.answers, {})
    own = found.assessment.said(get_language()).answers.get(item.answers, {})
    if item.type == "scale":
        return [{"code": str(number), "words": str(number), "own": "", "key": str(number) if number < 10 else ""} for number in range(11)]
    same = found.language == (get_language() or "en").split("-")[0]
    return [
        {"code": each.code, "words": words[each.code], "own": "" if same else own[each.code], "key": KEYS[number]}
        for number, each in enumerate(item.options)
    ]


def _said(found: Response, link: str) -> str:
    item = found.assessment.item(link)
    return found.assessment.said(found.language).answer(item, found.answers[link]) if item else ""


def sums(found: Response) -> list[dict[str, Any]]:
    """The sums of a response in words, with the highest there can be."""
    return [
        {"value": each.value, "most": most(found.assessment, each.code), "band": labels.word(support_words.BANDS, each.band)}
        for each in found.sums
    ]


def most(assessment: Assessment, score: str) -> int:
    """The highest a sum can be."""
    links = next(each.items for each in assessment.scores if each.code == score)
    items = [item for link in links if (item := assessment.item(link)) is not None]
    return sum(max((each.value for each in item.options), default=10) for item in items)


@form(_to_question)
def answer(request: Request, patient: str, response: str) -> HttpResponse:
    """One answer, kept at once; or the end. What needs somebody at once is shown instead of the next question."""
    link, said, finish = request.POST.get("link", ""), request.POST.get("said", "").strip(), "finish" in request.POST
    with request.hub.store.view(request.who) as view:
        found = _found(view, patient, response)
    item = found.assessment.item(link)
    given: dict[str, str | int] = {}
    if item is not None and said:
        given[link] = int(said) if item.type == "scale" and said.isdigit() else said
    with request.hub.store.change(request.who, because="Assessment answered") as change:
        held = safety.of_response(change, response=response)
        if finish and held is not None and held.state in HELD:
            return redirect("safety", task=held.id)
        kept = assessments.answer(
            change, patient=patient, assessment=found.assessment.code, answers=given, response=response, done=finish or found.done
        )
        urgent = safety_answers.needs_somebody(change, kept)
    if urgent:
        with request.hub.store.view(request.who) as view:
            case = safety.of_response(view, response=response)
        if case is not None and case.state in HELD:
            return redirect("safety", task=case.id)
    if finish:
        return _finished(request, patient, response)
    return redirect(f"{reverse('answers', args=[patient, response])}?after={link}")


def _finished(request: Request, patient: str, response: str) -> HttpResponse:
    with request.hub.store.view(request.who) as view:
        found = assessments.response(view, response=response)
        programmed = program_asking.kept_by(view, patient=f"Patient/{patient}", response=response)
    said = [_("%(value)s of %(most)s, %(band)s") % each for each in sums(found)]
    words = {"title": found.assessment.said(get_language()).title, "sums": "; ".join(said)}
    messages.success(request, (_("%(title)s: %(sums)s.") if said else _("%(title)s: kept.")) % words)
    if programmed:
        messages.success(request, _("What the program owed is kept by these answers."))
    return redirect("enrolments" if programmed else "how", patient=patient)


@form(_to_how)
def take_back(request: Request, patient: str, response: str) -> str:
    """These answers were recorded by mistake."""
    with request.hub.store.change(request.who, because="Answers taken back") as change:
        if reading.maybe(change, f"QuestionnaireResponse/{response}") is None or _found(change, patient, response) is None:
            raise NotFound("There are no such answers.")
        assessments.take_back(change, response=response, reason=request.POST.get("reason", ""))
    return _("Taken back. What followed from it falls away; a safety case stays until a clinician decides.")


@require_GET
@staff
def shelf(request: Request) -> HttpResponse:
    """The library of assessments: what is asked, in which words, under which licence, and what follows from which sum."""
    own = (get_language() or "en").split("-")[0]
    chosen = library().get(request.GET.get("assessment", "")) or library()["phq-9"]
    spoken = request.GET.get("language", own)
    rules = [row for row in table("assessments").rows if row.values.get("assessment") == chosen.code]
    bands = [(row.values["from"], row.values["to"], row.values["band"]) for row in rules if row.values["kind"] == "band"]
    follows = [
        (labels.word(support_words.FINDINGS, row.code), labels.word(labels.PROMISES, row.values["promise"]), row.source)
        for row in rules
        if row.values["kind"] == "action"
    ]
    words = chosen.said(spoken)
    context = {
        "rows": [{"code": each.code, "title": each.said(own).title, "count": len(each.items), "of": each} for each in library().values()],
        "chosen": chosen,
        "words": words,
        "spoken": spoken,
        "languages": [(code, labels.language_name(code)) for code in chosen.words],
        "questions": [(item, words.items[item.link], list(words.answers.get(item.answers, {}).values())) for item in chosen.items],
        "bands": bands,
        "follows": follows,
    }
    return render(request, "support/shelf.html", context)


urlpatterns = [
    path("library/assessments", shelf, name="assessments"),
    path("patients/<str:patient>/ask", begin, name="ask"),
    path("patients/<str:patient>/answers/<str:response>", question, name="answers"),
    path("patients/<str:patient>/answers/<str:response>/answer", answer, name="answer"),
    path("patients/<str:patient>/answers/<str:response>/take-back", take_back, name="answers_back"),
]
