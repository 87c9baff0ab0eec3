"""Learning: what the chart suggests, what was given, what was understood; and the library. Papers are PDFs of the lesson itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from baton.desk import labels, message_words, slips
from baton.duties.contact.interpreting import Interpreter
from baton.duties.support import education
from baton.packs.lessons import Lesson
from baton.packs.lessons import library as lessons
from baton.rules import readability
from baton.store import Conflict, Invalid, NotFound
from baton.web.gate import Request, staff

RESULTS: labels.Words = {
    "understood": pgettext_lazy("teach-back", "Understood"),
    "repeat": pgettext_lazy("teach-back", "To be repeated"),
    "refused": pgettext_lazy("teach-back", "Refused"),
    "said": pgettext_lazy("teach-back", "Said in the portal"),
}
MARKS = {"understood": "calm", "repeat": "soon", "refused": "wait", "said": "wait"}
WAYS: labels.Words = {"paper": lazy("on paper"), "aloud": lazy("read aloud")}


@require_GET
@staff
def library(request: Request) -> HttpResponse:
    """Every lesson, with its languages, grade, version and review date; and the one that is looked at."""
    own = (get_language() or "en").split("-")[0]
    rows = [
        {
            "code": lesson.code,
            "title": lesson.said(own).title,
            "version": lesson.version,
            "review_by": lesson.review_by,
            "late": lesson.review_by <= request.hub.store.now().date(),
            "grades": [(labels.language_name(code), readability.grade(words.text(), code)) for code, words in lesson.words.items()],
        }
        for lesson in lessons().values()
    ]
    chosen = lessons().get(request.GET.get("lesson", "")) or next(iter(lessons().values()))
    spoken = request.GET.get("language", own)
    context = {
        "rows": sorted(rows, key=lambda row: str(row["title"])),
        "lesson": chosen,
        "words": chosen.said(spoken),
        "spoken": spoken,
        "languages": [(code, labels.language_name(code)) for code in chosen.words],
    }
    return render(request, "education/library.html", context)


@require_GET
@staff
def paper(request: Request, lesson: str) -> HttpResponse:
    """The lesson as a PDF to take home. The address names a lesson and a language, nobody's name."""
    try:
        made = education.pdf_of(lesson, request.GET.get("language"))
    except Invalid as refused:
        raise NotFound("There is no such lesson.") from refused
    return HttpResponse(made, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{lesson}.pdf"'})


@require_GET
@staff
def learning(request: Request, patient: str) -> HttpResponse:
    """What one patient has been taught and what the chart suggests."""
    with request.hub.store.view(request.who) as view:
        found = education.learning(view, patient=patient)
        slip = slips.of(view, "lesson", patient)
    context: dict[str, Any] = {
        "patient": patient,
        "slip": slip,
        "name": found.learners[0][1],
        "learning": found,
        "language": labels.language_name(found.language),
        "spoken": (found.language or "en").split("-")[0],
        "given": [
            {"it": each, "how": labels.word(WAYS, each.how), "items": [_item(each.lesson, item) for item in each.items]}
            for each in found.given
        ],
        "suggested": [(lesson, lesson.said(get_language()).title, why, lesson.speaks(found.language)) for lesson, why in found.suggested],
        "others": _others(found),
        "ways": [(code, labels.word(WAYS, code)) for code in education.GIVEN_AS],
        "interpreters": message_words.INTERPRETERS.items(),
        "results": [(code, labels.word(RESULTS, code)) for code in education.RESULTS if code != "said"],
    }
    return render(request, "education/learning.html", context)


def _item(lesson: Lesson, item: education.Item) -> dict[str, Any]:
    """An item: the question as it is asked, and what to listen for in the language of who listens."""
    proof = item.proof
    return {
        "ask": item.ask,
        "listen_for": next(each.listen_for for each in lesson.said(get_language()).ask if each.item == item.ask.item),
        "proof": proof,
        "result": labels.word(RESULTS, proof.result) if proof else "",
        "mark": MARKS.get(proof.result, "") if proof else "",
    }


def _others(found: education.Learning) -> list[tuple[str, str]]:
    """Every other lesson, by its title: a person may know what the chart does not."""
    had = {each.lesson.code for each in found.given} | {lesson.code for lesson, _why in found.suggested}
    return sorted(
        ((code, lesson.said(get_language()).title) for code, lesson in lessons().items() if code not in had), key=lambda pair: pair[1]
    )


@require_POST
@staff
@slips.asks_how
def give(request: Request, patient: str) -> HttpResponse:
    """Give a lesson."""
    said = {name: request.POST.get(name, "") for name in ("lesson", "how", "language", "to")}
    try:
        with request.hub.store.change(request.who, because="Lesson given") as change:
            education.give(
                change,
                patient=patient,
                lesson=said["lesson"],
                how=said["how"],
                language=said["language"] or None,
                to=said["to"] or None,
                way=slips.way(request),
            )
    except slips.Held:
        raise
    except (Invalid, Conflict) as refused:
        messages.error(request, labels.refusal(refused.issues[0].text))
    else:
        messages.success(request, _("Given. It is taught when they have said it in their own words."))
    return redirect("learning", patient=patient)


@require_POST
@staff
def taught(request: Request, patient: str, given: str) -> HttpResponse:
    """What somebody said in their own words about one item."""
    said = {name: request.POST.get(name, "") for name in ("item", "result", "learner", "note", "interpreter", "interpreter_name")}
    by = Interpreter(said["interpreter"], said["interpreter_name"]) if said["interpreter"] else None
    try:
        with request.hub.store.change(request.who, because="Teach-back recorded") as change:
            education.teach_back(
                change, given=given, item=said["item"], result=said["result"], learner=said["learner"] or None, note=said["note"],
                interpreter=by,
            )  # fmt: skip
    except (Invalid, Conflict) as refused:
        messages.error(request, labels.refusal(refused.issues[0].text))
    else:
        messages.success(request, _("Recorded: %(outcome)s.") % {"outcome": labels.word(RESULTS, said["result"])})
    return redirect(f"{reverse('learning', args=[patient])}#{given}")


urlpatterns = [
    path("library", library, name="library"),
    path("library/<str:lesson>.pdf", paper, name="lesson_paper"),
    path("patients/<str:patient>/learning", learning, name="learning"),
    path("patients/<str:patient>/learning/give", give, name="lesson_give"),
    path("patients/<str:patient>/learning/<str:given>/taught", taught, name="lesson_taught"),
]
