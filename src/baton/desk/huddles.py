"""Huddles: who is talked about, what is decided by whom until when, who was there; and what was decided in somebody's absence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import paging, posting
from baton.desk.team import may
from baton.duties import codes, working_days
from baton.duties.team import huddle_reading, huddles, people, teams
from baton.duties.team.huddle_reading import Point
from baton.duties.team.people import Person
from baton.fhir.resource import human_name
from baton.rules.calendar import add_business_days, local_day
from baton.store import Invalid, NotFound, View, Who, access
from baton.web.gate import Request, staff

ROWS, OFFERED = 30, 500
"""So many huddles stand on a page; so many patients can be chosen to be talked about too."""


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """The latest huddles, and what waits for one's yes."""
    may(request)
    with request.hub.store.view(request.who) as view:
        first = paging.start(request)
        found = huddle_reading.every(view, limit=ROWS + 1, start=first)
        known = [each for each in teams.names(view) if each[0] != codes.INTAKE]
        offered = huddle_reading.offered_to(view, request.who.person)
        unsettled = huddle_reading.unsettled(view)
    context = {"huddles": found[:ROWS], "teams": known, "offered": offered, "unsettled": unsettled}
    return render(request, "team/huddles.html", context | {"following": first + ROWS if len(found) > ROWS else None})


@require_GET
@staff
def huddle(request: Request, huddle: str) -> HttpResponse:
    """One huddle: its agenda, decisions, and who is there."""
    may(request)
    with request.hub.store.view(request.who) as view:
        encounter = view.get("Encounter", huddle)
        if not huddle_reading.is_huddle(encounter):
            raise NotFound("There is no such huddle.")
        found = huddle_reading.read(encounter, view)
        points = huddle_reading.points(view, huddle)
        staffed = people.roster(view)
        near = [each for each in staffed if any(role.team == found.team for role in each.current)]
        now = view.now
        due = add_business_days(local_day(view.now, view.zone), 2, working_days.calendar(view, found.team)).value
        others = [] if found.end else _others(view, found.team, {each.patient for each in points})
    there = {each.person for each in found.people if each.end is None}
    near_ids = {each.reference for each in near}
    able = [each for each in staffed if _can_owe(each)]
    hands = [each for each in able if each.reference in near_ids | there | {request.who.person, *(point.after for point in points)}]
    context = {"huddle": found, "points": [(each, _owners(each, hands, request.who.person)) for each in points], "due": due, "there": there}
    context |= {
        "now": now,
        "far": [each for each in able if each not in hands],
        "about": found.about.said(get_language()),
        "others": others,
        "absent": sorted((each for each in staffed if each.reference not in there), key=lambda each: each.reference not in near_ids),
        "left": sum(each.state == "to-do" for each in points),
    }
    return render(request, "team/huddle.html", context)


def _can_owe(person: Person) -> bool:
    """Whether their role keeps promises about patients: not those who only learn or audit."""
    who = Who(person.reference, person.name, person.role or "", (), "desk")
    return access.decide(who, "write", "Task", relationships=("assigned",)).allowed


def _owners(point: Point, hands: list[Person], me: str) -> list[Person]:
    """Who is asked to owe a decision, each a button: first whoever looks after the patient (else oneself), whom Enter means too."""
    first = point.after if any(each.reference == point.after for each in hands) else me
    return sorted(hands, key=lambda each: (each.reference != first, each.reference != me))


def _others(view: View, team: str, known: set[str]) -> list[tuple[str, str]]:
    """Patients of the team who are owed something and are not on the agenda, by name."""
    named = {f"Patient/{each['id']}": (str(each["id"]), human_name(each)) for each in huddles.owed_something(view, team, OFFERED)}
    return sorted((pair for reference, pair in named.items() if reference not in known), key=lambda each: each[1].casefold())


def _back(request: Request, huddle: str = "", **_rest: str) -> HttpResponse:
    return redirect("huddle", huddle) if huddle else redirect("huddles")


_form = posting.form(_back)


@_form
def join(request: Request, huddle: str) -> str:
    """Those who are ticked are there."""
    with request.hub.store.change(request.who, because="Somebody joins a huddle") as change:
        huddles.join(change, huddle=huddle, people=request.POST.getlist("person"))
    return _("They are there.")


@_form
def settle(request: Request, point: str) -> str:
    """What was not agreed is agreed now."""
    may(request)
    with request.hub.store.change(request.who, because="Agreed after a huddle") as change:
        huddles.settle(change, point=point, words=request.POST.get("words", ""))
    return _("Kept as agreed; what was said before stays beside it.")


@_form
def begin(request: Request) -> HttpResponse:
    """It begins."""
    may(request)
    with request.hub.store.change(request.who, because="A huddle begins") as change:
        made = huddles.begin(change, team=request.POST.get("team", ""))
    return redirect("huddle", made)


@_form
def decide(request: Request, huddle: str) -> str:
    """A decision: what, by whom, until when."""
    form = request.POST
    try:
        due = date.fromisoformat(form.get("due", ""))
    except ValueError:
        raise Invalid("Write the day as 2026-07-31.") from None
    with request.hub.store.change(request.who, because="Decided in a huddle") as change:
        said = {"what": form.get("what", ""), "owner": form.get("owner", ""), "told": form.get("told", "")}
        stored = huddles.decide(change, huddle=huddle, patient=_patient(request), due=due, **said)
    offered = stored.resource().get("businessStatus")
    return _("Decided; they were not there, so they are asked for their yes.") if offered else _("Decided.")


def _patient(request: Request) -> str:
    return f"Patient/{request.POST.get('patient', '')}"


@_form
def say(request: Request, huddle: str) -> str:
    """What was said, or that not everybody agrees."""
    disagree = request.POST.get("disagree") == "1"
    with request.hub.store.change(request.who, because="Said in a huddle") as change:
        huddles.say(change, huddle=huddle, patient=_patient(request), words=request.POST.get("words", ""), disagree=disagree)
    return _("Kept as a disagreement.") if disagree else _("Kept.")


def _simple(act: Callable[..., Any], because: str, words: Callable[[], str], *names: str) -> Any:
    @_form
    def done(request: Request, huddle: str) -> str:
        given = {name: _patient(request) if name == "patient" else request.POST.get(name, "") for name in names}
        with request.hub.store.change(request.who, because=because) as change:
            act(change, huddle=huddle, **given)
        return words()

    return done


@_form
def answer(request: Request, task: str) -> str:
    """Whoever was not there says yes, or no and why."""
    with request.hub.store.change(request.who, because="Answered what a huddle decided") as change:
        if request.POST.get("no"):
            huddles.decline(change, task=task, why=request.POST.get("why", ""))
            return _("Said no: it is back with whoever decided it.")
        huddles.accept(change, task=task)
    return _("Accepted: it is yours.")


urlpatterns = [
    path("team/huddles", index, name="huddles"),
    path("team/huddles/begin", begin, name="huddle_begin"),
    path("team/huddles/answer/<str:task>", answer, name="huddle_answer"),
    path("team/huddles/settle/<str:point>", settle, name="huddle_settle"),
    path("team/huddles/<str:huddle>", huddle, name="huddle"),
    path("team/huddles/<str:huddle>/decide", decide, name="huddle_decide"),
    path("team/huddles/<str:huddle>/say", say, name="huddle_say"),
    path("team/huddles/<str:huddle>/join", join, name="huddle_join"),
    path(
        "team/huddles/<str:huddle>/leave",
        _simple(huddles.leave, "Somebody leaves a huddle", lambda: _("They have left; their minutes end."), "person"),
        name="huddle_leave",
    ),
    path(
        "team/huddles/<str:huddle>/add",
        _simple(huddles.add, "One more patient in a huddle", lambda: _("On the agenda."), "patient"),
        name="huddle_add",
    ),
    path(
        "team/huddles/<str:huddle>/end",
        _simple(huddles.end, "A huddle ends", lambda: _("It is over; the minutes are counted.")),
        name="huddle_end",
    ),
]
