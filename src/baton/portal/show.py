"""A page of the portal: its template with whose it is, and where one can go from it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as lazy

from baton.duties import reading
from baton.store import Forbidden, View
from baton.web.gate import Request

MENU: tuple[tuple[str, Any, str], ...] = (
    ("my", lazy("My plan"), "Task"),
    ("my_visits", lazy("My visits"), "Appointment"),
    ("my_talks", lazy("Messages"), "Communication"),
    ("my_ask", lazy("Ask about a visit"), "helper"),
    ("my_worries", lazy("What worries me"), "Task"),
    ("my_goals", lazy("My goals"), "Goal"),
    ("my_lessons", lazy("My lessons"), "Observation"),
    ("my_questions", lazy("Questions for me"), "QuestionnaireResponse"),
    ("my_me", lazy("How I am doing"), "carer"),
    ("my_papers", lazy("My papers"), "DocumentReference"),
    ("my_looks", lazy("Who saw my record"), "own"),
    ("my_people", lazy("Who may see"), "own"),
    ("my_keys", lazy("How I come in"), ""),
)
"""Each way to go: the address, its words, and the type one must be let see for it.

"own": for the patient alone; "carer": for somebody they let in; "helper": for who sees dates alone; "": for everybody.
"""


def page(request: Request, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The page."""
    patient = str(request.who.on_behalf_of)
    with request.hub.store.view(request.who) as view:
        types = {each[2] for each in MENU} - {"", "own", "carer", "helper"}
        may = {type_: view.decide("see", type_, patient=patient).allowed for type_ in types}
        may |= {"": True, "own": request.who.role == "patient", "carer": request.who.role == "related", "helper": not may["Communication"]}
        for_name = reading.name_of(view, patient) if request.who.role == "related" else ""
    room = next((type_ for route, _words, type_ in MENU if request.resolver_match and route == request.resolver_match.url_name), "")
    if not may[room] and request.method == "GET":
        raise Forbidden("This page is not for whoever sees dates alone.")
    here = request.resolver_match.url_name if request.resolver_match else ""
    menu = [{"route": route, "words": words, "here": route == here} for route, words, type_ in MENU if may[type_]]
    return render(request, template, {"my_menu": menu, "for_name": for_name, **context}, status=status)


def phone_of(view: View, patient: str) -> str:
    """The telephone number of the patient's team, where it has one."""
    team, _name, _care = reading.team_of(view, patient)
    found = reading.peek(view, team) or {}
    return next((str(point["value"]) for point in found.get("telecom", ()) if point.get("system") == "phone" and point.get("value")), "")
