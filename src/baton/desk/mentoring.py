"""Mentoring: the queue of what waits for a co-signature, one piece of work version by version, and what was missed and why it was due."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import explain, posting
from baton.duties.team import mentoring
from baton.fhir.resource import human_name, target
from baton.store import Forbidden
from baton.web.gate import Request, staff


def may(request: Request) -> None:
    """Raise Forbidden for those who mentor nobody by their role."""
    if request.who.role not in mentoring.MENTORS:
        raise Forbidden("This is for those who mentor.")


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """What waits, whom one guides, and what they missed in a month."""
    may(request)
    with request.hub.store.view(request.who) as view:
        items = mentoring.queue(view)
        guided = mentoring.mentees(view)
        missed = mentoring.misses(view, [each.reference for each in guided])
        zone = view.zone
    misses = [(each, explain.trace(each.trace, zone)) for each in missed]
    return render(request, "mentoring/index.html", {"items": items, "guided": guided, "misses": misses})


@require_GET
@staff
def review(request: Request, task: str) -> HttpResponse:
    """One piece of work: every version, what it changed, what was said about it."""
    may(request)
    with request.hub.store.view(request.who) as view:
        found, events = mentoring.story(view, task=task)
        patient = view.get(*str(target(found["for"])).split("/", 1))
        missed = mentoring.misses(view, [str(target(found["requester"]))])
        zone = view.zone
    here = [(each, explain.trace(each.trace, zone)) for each in missed if each.row.patient == target(found["for"])]
    context = {"task": found, "id": task, "events": events, "name": human_name(patient), "patient": patient["id"], "misses": here}
    context |= {"author": found["requester"].get("display", ""), "open": found["status"] not in ("completed", "cancelled", "rejected")}
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


@_form
def comment(request: Request, task: str) -> str:
    """Something about one version."""
    version = request.POST.get("version", "")
    with request.hub.store.change(request.who, because="Comment of a mentor") as change:
        mentoring.comment(change, task=task, version=int(version) if version.isdigit() else 0, words=request.POST.get("words", ""))
    return _("Your comment stands with this version.")


urlpatterns = [
    path("mentoring", index, name="mentoring"),
    path("mentoring/<str:task>", review, name="mentoring_review"),
    path("mentoring/<str:task>/sign", sign, name="mentoring_sign"),
    path("mentoring/<str:task>/back", send_back, name="mentoring_back"),
    path("mentoring/<str:task>/comment", comment, name="mentoring_comment"),
]
