"""My goals: how each goes, in one's own words, with how sure one is. What is written here is asked about in the next call."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.duties.support import goals
from baton.packs.assessments import SCALE
from baton.portal import show, words
from baton.portal.posting import form
from baton.store import Invalid, NotFound, View
from baton.web.gate import Request, guest

SURE = range(SCALE + 1)


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """The goals they set with us, what was said of each, and saying how it goes."""
    return _page(request)


def _page(request: Request, given: dict[str, Any] | None = None) -> HttpResponse:
    """The page; with what was filled in when something is still to be said."""
    patient = str(request.who.on_behalf_of)
    with request.hub.store.view(request.who) as view:
        found = goals.of_patient(view, patient=patient)
        says = view.decide("write", "Goal", patient=patient).allowed
    rows = [(each, each.asked[-1] if each.asked else None) for each in found if each.open]
    over = [(each, each.asked[-1]) for each in found if not each.open and each.asked]
    progress = [(code, str(said)) for code, said in words.PROGRESS.items() if code != "set"]
    context = {"goals": rows, "over": over, "progress": progress, "sure": SURE, "says": says, "given": given or {}}
    return show.page(request, "portal/goals.html", context, status=422 if given else 200)


def _mine(view: View, request: Request, goal: str) -> goals.Goal:
    found = goals.of_patient(view, patient=str(request.who.on_behalf_of))
    for each in found:
        if each.id == goal and each.open:
            return each
    raise NotFound("There is no such goal.")


@form("my_goals")
def say(request: Request, goal: str) -> HttpResponse:
    """How it goes. Who is not sure is asked what would help, before it is kept."""
    said = {name: request.POST.get(name, "").strip() for name in ("progress", "sure", "words", "helps")}
    if said["progress"] not in goals.PROGRESS or said["progress"] == "set" or not said["sure"].isdecimal() or int(said["sure"]) not in SURE:
        raise Invalid("Say how it goes, and how sure you are.", expression="Goal.achievementStatus")
    with request.hub.store.change(request.who, because="How a goal goes, said in the portal") as change:
        found = _mine(change, request, goal)
        if not goals.lacks_help(said["progress"], int(said["sure"]), said["helps"], change.now.astimezone(change.zone).date()):
            kept = goals.ask(
                change, goal=found.id, progress=said["progress"], confidence=int(said["sure"]), words=said["words"], helps=said["helps"]
            )
            done = kept.resource()["lifecycleStatus"] in goals.ENDED
            return _thanks(request, done=done)
    return _page(request, {"goal": goal, **said, "sure": int(said["sure"])})


def _thanks(request: Request, *, done: bool) -> HttpResponse:
    messages.success(request, _("We have written it down.") if done else _("We have written it down. We ask about it in our next call."))
    return redirect("my_goals")


urlpatterns = [
    path("my/goals", index, name="my_goals"),
    path("my/goals/<str:goal>", say, name="my_goal"),
]
