"""Help for one patient: what they need and who helps, what they live on, which programs fit, papers and applications.

Addresses carry opaque ids alone; what is needed, and what somebody lives on, arrives in the body of a POST.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import community as room
from baton.desk import community_words as words
from baton.desk import labels, posting, referral_words, slips, source_form
from baton.duties.community import answer_links, assistance_letter, benefits, community, finder, help_page, means, needs, proofs
from baton.duties.community.help_page import Asked, HelpPage
from baton.duties.records import documents
from baton.duties.referrals import answering
from baton.fhir.resource import human_name
from baton.rules import benefits as rules
from baton.rules import needs as need_rules
from baton.store import NotFound, access
from baton.web.gate import Request, staff

REASONED = frozenset({"decline", "hold", "fail", "cancel"})
WRITTEN = ("Condition", "ServiceRequest", "Task", "Observation", "DocumentReference")


@require_GET
@staff
def page(request: Request, patient: str) -> HttpResponse:
    """Everything about help for one patient."""
    with request.hub.store.view(request.who) as view:
        found = help_page.page(view, patient=patient)
        held = view.relationships(f"Patient/{patient}")
        slip = slips.of(view, "assistance-letter", patient)
        on_file = source_form.papers(view, patient)
    writes = {each: access.decide(request.who, "write", each, relationships=held, kind="social").allowed for each in WRITTEN}
    context = {
        "patient": patient,
        "slip": slip,
        "on_file": on_file,
        "page": found,
        "writes": writes,
        "needs": [_need(row) for row in found.needs],
        "screened": [(each, labels.word(words.NEEDS, each.code)) for each in found.screened],
        "over": [labels.word(words.NEEDS, each.code) for each in found.over],
        "choices": [(code, word) for code, word in room.need_choices() if code not in {row.need.code for row in found.needs}],
        "level": found.means.level if found.means else None,
        "region": labels.word(words.REGIONS, found.means.level.region) if found.means and found.means.level else "",
        "path": _path(found),
        "papers": [_paper(each) for each in found.papers],
        "proofs": [(code, labels.word(words.PROOFS, code)) for code in rules.proofs()],
        "applications": [_application(each) for each in found.applications],
        "today": request.hub.store.now().astimezone(request.hub.settings.zone).date().isoformat(),
        "letters": [(code, labels.language_name(code)) for code in assistance_letter.LANGUAGES],
    }
    return render(request, "community/help.html", context)


def _need(row: help_page.NeedRow) -> dict[str, Any]:
    return {
        "it": row.need,
        "name": labels.word(words.NEEDS, row.need.code),
        "goal_state": labels.word(words.GOALS, row.need.goal_state) if row.need.goal_state else "",
        "asked": [_asked(each) for each in row.asked],
        "open": any(not each.ended for each in row.asked),
    }


def _asked(each: Asked) -> dict[str, Any]:
    return {
        "it": each,
        "state": labels.word(referral_words.STATES, each.state),
        "mark": {"on-hold": "soon", "rejected": "late", "failed": "late", "requested": "wait"}.get(each.state, ""),
        "enrollment": labels.word(words.ENROLLMENT, each.enrollment) if each.enrollment else "",
        "through": [
            (
                labels.word(referral_words.TRIGGERS, one.what)
                if one.what in referral_words.TRIGGERS
                else labels.word(words.ENROLLMENT, one.what),
                one,
            )
            for one in each.answers
        ],
        "moves": [(code, labels.word(referral_words.TRIGGERS, code), code in REASONED) for code in each.moves],
        "enrollments": [(code, labels.word(words.ENROLLMENT, code)) for code in need_rules.ENROLLMENT],
        "outcomes": [(code, labels.word(words.ENROLLMENT, code)) for code in community.OUTCOMES],
    }


def _path(found: HelpPage) -> list[dict[str, Any]]:
    have = {each.code for each in found.papers if each.recent}
    under_way = {each.program for each in found.applications if each.open}
    return [
        {
            "it": each,
            "missing": [labels.word(words.PROOFS, code) for code in each.documents if code not in have],
            "there": sum(code in have for code in each.documents),
            "of": len(each.documents),
            "begun": each.program in under_way,
        }
        for each in found.path
    ]


def _paper(each: proofs.Proof) -> dict[str, Any]:
    return {"it": each, "name": labels.word(words.PROOFS, each.code)}


def _application(each: benefits.Application) -> dict[str, Any]:
    return {
        "it": each,
        "state": labels.word(words.STATES, each.state),
        "mark": words.STATE_MARKS.get(each.state, ""),
        "missing": [labels.word(words.PROOFS, code) for code in each.missing],
        "handed_in": [labels.word(words.PROOFS, code) for code in each.handed_in],
        "moves": [(move.trigger, labels.word(words.TRIGGERS, move.trigger), move) for move in each.moves],
    }


@require_GET
@staff
def find(request: Request, patient: str, need: str) -> HttpResponse:
    """Who can help with one need of a patient: near them, in their language, of their age. The address names neither."""
    said = request.GET
    with request.hub.store.view(request.who) as view:
        person, condition = view.get("Patient", patient), view.get("Condition", need)
        if not needs.is_need(condition) or not needs.is_open(condition):
            raise NotFound("There is no such need.")
        code = str(needs.need_of(condition))
        age, language = finder.person(person, view.now, view)
        wanted = room.wanted_of(said, need=code, age=age)
        found = finder.find(view, wanted, finder.origin_of(view, person))
        agreed = {each.service.id for each in found.rows if community.agreed(view, f"Patient/{patient}", each.service)}
    context = {
        **room.results_context(found, request),
        **room.filters(said, wanted),
        "patient": patient,
        "name": human_name(person),
        "need": need,
        "need_name": labels.word(words.NEEDS, code),
        "own": labels.language_name(language) if language and not language.startswith("en") else "",
        "own_code": (language or "").split("-")[0],
        "agreed": agreed,
        "for_patient": True,
    }
    return render(request, "community/find_for.html", context)


# --- forms --------------------------------------------------------------------------------------------------------------------------------


def back(request: Request, patient: str, *_more: str, **_named: str) -> HttpResponse:
    """Back to the patient's page of help, at the part the form stood in; or to the search it stood on."""
    if request.POST.get("to") == "find" and request.POST.get("need"):
        return redirect("help-find", patient=patient, need=request.POST["need"])
    part = request.POST.get("part", "")
    return redirect(reverse("help", args=[patient]) + (f"#{part}" if part.isidentifier() else ""))


posted = posting.form(back)


def said(request: Request, name: str) -> str:
    """A field of the form, trimmed."""
    return request.POST.get(name, "").strip()


def day_of(request: Request, name: str) -> date | None:
    """A day of the form; None where there is none, or it is no day."""
    try:
        return date.fromisoformat(said(request, name)) if said(request, name) else None
    except ValueError:
        return None


@posted
def need(request: Request, patient: str) -> str:
    """A need is put on the list: one that the questions showed, or one that came up otherwise."""
    with request.hub.store.change(request.who, because="A need is put on the list") as change:
        if task := said(request, "task"):
            needs.take_up(change, patient=patient, task=task)
        else:
            stored = needs.raise_need(change, patient=patient, need=said(request, "need"), said=said(request, "said"))
            source_form.stands_in(change, patient, stored.reference, request.POST)
    return _("On the list. Now find who can help.")


@posted
def goal(request: Request, patient: str) -> str:
    """What the patient wants instead."""
    with request.hub.store.change(request.who, because="A goal for a need") as change:
        change.get("Patient", patient)
        needs.set_goal(change, need=said(request, "need"), words=said(request, "words"), due=day_of(request, "due"))
    return _("The goal is kept in their words.")


@posted
def settle(request: Request, patient: str) -> str:
    """A need is over."""
    with request.hub.store.change(request.who, because="A need is over") as change:
        change.get("Patient", patient)
        needs.settle(change, need=said(request, "need"), how=said(request, "how"), note=said(request, "note"))
    return _("The need is off the list.")


@posted
def refer(request: Request, patient: str) -> HttpResponse | str:
    """Sent to one party that the patient agreed to."""
    with request.hub.store.change(request.who, because="Referred for a need") as change:
        change.get("Patient", patient)
        signed = bool(said(request, "signed"))
        community.refer(change, need=said(request, "need"), service=said(request, "service"), signed=signed, note=said(request, "note"))
    messages.success(request, _("Sent. It is their turn now."))
    return redirect(reverse("help", args=[patient]) + "#needs")


@posted
def move(request: Request, patient: str, task: str) -> str:
    """What the other side reports."""
    trigger = said(request, "trigger")
    with request.hub.store.change(request.who, because=f"Referral: {trigger}") as change:
        community.move(change, task=task, trigger=trigger, reason=said(request, "reason") or None)
    return _("Recorded: %(what)s.") % {"what": labels.word(referral_words.TRIGGERS, trigger)}


@posted
def enroll(request: Request, patient: str, task: str) -> str:
    """Where the patient stands with the program."""
    status = said(request, "status")
    with request.hub.store.change(request.who, because="Enrollment recorded") as change:
        community.enroll(change, task=task, status=status)
    return _("Recorded: %(what)s.") % {"what": labels.word(words.ENROLLMENT, status)}


@posted
def complete(request: Request, patient: str, task: str) -> str:
    """The other side is done."""
    with request.hub.store.change(request.who, because="Help from the community completed") as change:
        community.complete(change, task=task, outcome=said(request, "outcome"), note=said(request, "note"))
    return _("Completed. Somebody reviews what came of it, then the patient is told.")


@posted
def inquire(request: Request, patient: str, task: str) -> str:
    """Ask the other side how it stands."""
    with request.hub.store.change(request.who, because="Asked how a referral stands") as change:
        written = community.inquire(change, task=task)
    return _("They were asked by e-mail; nobody is named in it.") if written else _("Noted. They have no e-mail: call them.")


@posted
def household(request: Request, patient: str) -> str:
    """What the household lives on."""
    size = said(request, "size")
    with request.hub.store.change(request.who, because="Household and income") as change:
        means.record(
            change,
            patient=patient,
            size=int(size) if size.isascii() and size.isdigit() else 0,
            income=said(request, "income"),
            a_year=said(request, "per") == "year",
            small_child=bool(said(request, "child")),
        )
    return _("Kept. The programs below are worked out from it.")


@posted
def paper(request: Request, patient: str) -> str:
    """A paper is kept once, for every application."""
    file = request.FILES.get("file")
    of = day_of(request, "of") or request.hub.store.now().astimezone(request.hub.settings.zone).date()
    name, body, declared = (file.name, file.read(), file.content_type) if file else ("", b"", "")
    upload = documents.checked(str(name), body, str(declared or ""))
    with request.hub.store.change(request.who, because="A paper for applications") as change:
        proofs.collect(change, patient=f"Patient/{patient}", proof=said(request, "proof"), upload=upload, of=of)
    return _("Kept. Every application that asks for it has it.")


@posted
def begin(request: Request, patient: str) -> str:
    """An application is begun."""
    with request.hub.store.change(request.who, because="Application begun") as change:
        benefits.begin(change, patient=patient, program=said(request, "program"))
    return _("Begun. What is missing stands beside it.")


@posted
def step(request: Request, patient: str, task: str) -> str:
    """An application moves."""
    trigger = said(request, "trigger")
    with request.hub.store.change(request.who, because=f"Application: {trigger}") as change:
        benefits.move(
            change,
            task=task,
            trigger=trigger,
            reason=said(request, "reason") or None,
            day=day_of(request, "day"),
            despite=said(request, "despite") or None,
        )
    return _("Recorded: %(what)s.") % {"what": labels.word(words.TRIGGERS, trigger)}


@posted
@slips.asks_how
def letter(request: Request, patient: str) -> HttpResponse:
    """The letter about the hospital's help, kept with the documents and opened to be printed."""
    with request.hub.store.change(request.who, because="Letter about financial assistance") as change:
        kept = assistance_letter.keep(change, patient=patient, language=said(request, "language"), way=slips.way(request))
    return redirect("paper", patient=patient, document=kept.id)


_FORMS: tuple[Callable[..., HttpResponse], ...] = (need, goal, settle, refer, household, paper, begin, letter)


@posted
def link(request: Request, patient: str, task: str) -> str:
    """A secure link goes to the other side, with which they answer themselves; the code is told them by telephone."""
    with request.hub.store.change(request.who, because="A link to answer a referral was sent") as change:
        sent = answer_links.send(change, task=task, address=said(request, "address"))
    until = labels.moment(sent.until.astimezone(request.hub.settings.zone))
    return _("The link is on its way. Tell them this code by telephone, never by mail: %(code)s. It works until %(until)s.") % {
        "code": f"{sent.code[:4]} {sent.code[4:]}",
        "until": until,
    }


@posted
def unlink(request: Request, patient: str, task: str) -> str:
    """The link is taken back."""
    with request.hub.store.change(request.who, because="A link to answer a referral was taken back") as change:
        answering.take_back(change, task=task)
    return _("The link no longer works.")


_MOVES: tuple[Callable[..., HttpResponse], ...] = (move, enroll, complete, inquire, step, link, unlink)
urlpatterns = [
    path("patients/<str:patient>/help", page, name="help"),
    path("patients/<str:patient>/help/find/<str:need>", find, name="help-find"),
    *(path(f"patients/<str:patient>/help/{view.__name__}", view, name=f"help-{view.__name__}") for view in _FORMS),
    *(path(f"patients/<str:patient>/help/<str:task>/{view.__name__}", view, name=f"help-{view.__name__}") for view in _MOVES),
]
