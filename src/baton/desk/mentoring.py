"""Mentoring: the queue of what waits for a co-signature, one piece of work version by version, and what was missed and why it was due."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import explain, paging, posting, version_words
from baton.desk.team import may as team_may
from baton.duties.team import mentoring, shadowing
from baton.fhir.resource import human_name, target
from baton.store import Forbidden, View
from baton.web.gate import Request, staff

ROWS, SHORT = 50, 20
"""So many rows stand on a page of a list, and where several lists share a page."""


def mentors(request: Request) -> bool:
    """Whether this person guides others by their role."""
    return request.who.role in mentoring.MENTORS


def may(request: Request) -> None:
    """Raise Forbidden for those who mentor nobody by their role."""
    if not mentors(request):
        raise Forbidden("This is for those who mentor.")


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """What waits, whom one guides, what they did and missed; and what was said about one's own work."""
    if not mentors(request):
        team_may(request)
    first = paging.start(request)
    with request.hub.store.view(request.who) as view:
        if not mentors(request):
            return _own(request, view)
        told, more_told = shadowing.said_to(view, request.who.person, limit=SHORT)
        items, count = mentoring.queue(view, limit=ROWS, start=first), mentoring.how_many(view)
        guided = mentoring.mentees(view)
        persons = [each.reference for each in guided]
        missed = mentoring.misses(view, persons)
        works, more_works = shadowing.lately(view, persons, limit=SHORT)
        zone = view.zone
    context = {
        "items": items,
        "count": count,
        "paged": paging.paged(request, len(items), count),
        "guided": guided,
        "misses": [(each, explain.trace(each.trace, zone)) for each in missed[:SHORT]],
        "missed": len(missed),
        "works": works,
        "more_works": more_works,
        "told": told,
        "more_told": more_told,
    }
    return render(request, "mentoring/index.html", context)


def _own(request: Request, view: View) -> HttpResponse:
    """What was said about one's own work, a page at a time."""
    told, following = shadowing.said_to(view, request.who.person, limit=ROWS, start=paging.start(request))
    return render(request, "mentoring/own.html", {"told": told, "following": following})


@require_GET
@staff
def own(request: Request) -> HttpResponse:
    """The same for somebody who guides others too."""
    team_may(request)
    with request.hub.store.view(request.who) as view:
        return _own(request, view)


@require_GET
@staff
def lately(request: Request) -> HttpResponse:
    """All that those one guides finished in two weeks, a page at a time."""
    may(request)
    with request.hub.store.view(request.who) as view:
        persons = [each.reference for each in mentoring.mentees(view)]
        works, following = shadowing.lately(view, persons, limit=ROWS, start=paging.start(request))
    return render(request, "mentoring/lately.html", {"works": works, "following": following})


@require_GET
@staff
def misses(request: Request) -> HttpResponse:
    """Everything that those one guides missed in a month, a page at a time."""
    may(request)
    with request.hub.store.view(request.who) as view:
        found = mentoring.misses(view, [each.reference for each in mentoring.mentees(view)])
        shown = [(each, explain.trace(each.trace, view.zone)) for each in found[paging.part(request)]]
    return render(request, "mentoring/misses.html", {"misses": shown, "paged": paging.paged(request, len(shown), len(found))})


@require_GET
@staff
def review(request: Request, task: str) -> HttpResponse:
    """One piece of work that waits for a co-signature: every version, what it changed, what was said about it."""
    may(request)
    with request.hub.store.view(request.who) as view:
        found, events = mentoring.story(view, task=task)
        patient = view.get(*str(target(found["for"])).split("/", 1))
        missed = mentoring.misses(view, [str(target(found["requester"]))])
        zone, told = view.zone, _in_words(view, events)
    here = [(each, explain.trace(each.trace, zone)) for each in missed if each.row.patient == target(found["for"])]
    context = {"task": found, "id": task, "events": told, "name": human_name(patient), "patient": patient["id"], "misses": here}
    context |= {"author": found["requester"].get("display", ""), "open": found["status"] not in ("completed", "cancelled", "rejected")}
    context |= {"comments": reverse("mentoring_comment", args=[task]), "speaks": True}
    return render(request, "mentoring/review.html", context)


def _in_words(view: View, events: tuple[mentoring.Event, ...]) -> list[tuple[mentoring.Event, tuple[version_words.Changed, ...]]]:
    """Each version with what it changed, as people read it."""
    return [(each, version_words.changed(view, each)) for each in events]


@require_GET
@staff
def work(request: Request, kind: str, id: str) -> HttpResponse:
    """One piece of work, whether it asks for a co-signature or not: to its author what was said about it, to a mentor also to speak."""
    with request.hub.store.view(request.who) as view:
        found = shadowing.look(view, kind=kind, id=id)
        told = _in_words(view, found.events)
    if not mentors(request) and found.author != request.who.person:
        raise Forbidden("This is for those who mentor.")
    context: dict[str, Any] = {
        "events": told,
        "name": found.patient_name,
        "patient": found.patient.partition("/")[2],
        "author": found.author_name,
    }
    context |= {"comments": reverse("mentoring_remark", args=[kind, id]), "speaks": found.author != request.who.person, "misses": None}
    return render(request, "mentoring/review.html", context)


def _back(request: Request, task: str) -> HttpResponse:
    return redirect("mentoring" if request.POST.get("done") else "mentoring_review", *([] if request.POST.get("done") else [task]))


_form = posting.form(_back)


@_form
def sign(request: Request, task: str) -> HttpResponse | str:
    """Co-signed."""
    with request.hub.store.change(request.who, because="Co-signed") as change:
        mentoring.sign(change, task=task, words=request.POST.get("words", ""))
    return _("Co-signed.")


@_form
def send_back(request: Request, task: str) -> str:
    """Not yet."""
    with request.hub.store.change(request.who, because="Sent back by a mentor") as change:
        mentoring.send_back(change, task=task, words=request.POST.get("words", ""))
    return _("Sent back: they owe another look, with your words.")


@posting.form(lambda _request, kind, id: redirect("mentoring_work", kind, id))
def remark(request: Request, kind: str, id: str) -> str:
    """Something about one version of somebody's work that nobody asked to be co-signed."""
    version = request.POST.get("version", "")
    with request.hub.store.change(request.who, because="Comment of a mentor") as change:
        shadowing.remark(change, kind=kind, id=id, version=int(version) if version.isdigit() else 0, words=request.POST.get("words", ""))
    return _("Your comment stands with this version.")


@_form
def comment(request: Request, task: str) -> str:
    """Something about one version."""
    version = request.POST.get("version", "")
    with request.hub.store.change(request.who, because="Comment of a mentor") as change:
        mentoring.comment(change, task=task, version=int(version) if version.isdigit() else 0, words=request.POST.get("words", ""))
    return _("Your comment stands with this version.")


urlpatterns = [
    path("mentoring", index, name="mentoring"),
    path("mentoring/misses", misses, name="mentoring_misses"),
    path("mentoring/lately", lately, name="mentoring_lately"),
    path("mentoring/own", own, name="mentoring_own"),
    path("mentoring/work/<str:kind>/<str:id>", work, name="mentoring_work"),
    path("mentoring/work/<str:kind>/<str:id>/comment", remark, name="mentoring_remark"),
    path("mentoring/<str:task>", review, name="mentoring_review"),
    path("mentoring/<str:task>/sign", sign, name="mentoring_sign"),
    path("mentoring/<str:task>/back", send_back, name="mentoring_back"),
    path("mentoring/<str:task>/comment", comment, name="mentoring_comment"),
]
