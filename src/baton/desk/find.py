"""Find: one box for patients, people and actions, as a whole page and as a list that follows the typing.

What is typed travels in the body of a POST, so that a name never stands in an address, a history or a log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from baton.desk import rooms
from baton.duties.patients import find as duty
from baton.duties.privacy.glass import APPROVERS
from baton.duties.privacy.tasks import ROLES
from baton.store import access, words
from baton.web.gate import staff

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Action:
    """Something to go to or do. `fields` are sent along when it is a change (a POST), None when it is only an address."""

    name: str
    address: str
    said: str  # words it is also found by
    fields: tuple[tuple[str, str], ...] | None = None


def actions(request: HttpRequest) -> list[Action]:
    """All there is to do from anywhere; only what works."""
    here = reverse("today")
    return [
        *_of_rooms(request),
        Action(_("Working days: when teams are closed"), reverse("closures"), _("closed, closure, holiday, calendar")),
        Action(_("People and teams"), reverse("people"), _("staff, colleagues, roles, licences, teams")),
        Action(_("My account"), reverse("account"), _("password, passkey, devices, security, what I am allowed")),
        Action(_("My apps: what sees data through me"), reverse("my-client-apps"), _("apps, consent, revoke, smart")),
        Action("Español", reverse("language"), "spanish idioma language", (("language", "es"), ("next", here))),
        Action("English", reverse("language"), "inglés idioma language", (("language", "en"), ("next", here))),
        Action(_("Dark colours"), reverse("theme"), _("theme, night, dark"), (("theme", "dark"), ("next", here))),
        Action(_("Light colours"), reverse("theme"), _("theme, day, light"), (("theme", "light"), ("next", here))),
        *_of_role(request),
        Action(_("Sign out"), reverse("account_logout"), _("leave, log out, exit"), ()),
    ]


def _of_rooms(request: HttpRequest) -> list[Action]:
    """What there is to do in rooms not everybody has."""
    here = reverse("today")
    rail = rooms.rail(request.who)  # type: ignore[attr-defined]
    known = (
        ("today", Action(_("Go to Today"), here, _("worklist, list, home, calls"))),
        ("today", Action(_("Overdue work"), f"{here}?state=late", _("late, red"))),
        ("today", Action(_("Work due today"), f"{here}?state=today", _("due, now"))),
        ("today", Action(_("Waiting on someone else"), f"{here}?state=waiting", _("waiting, their turn"))),
        ("needs", Action(_("Go to Needs"), reverse("needs"), _("schedule, appointments, visits to book"))),
        ("week", Action(_("Go to the week"), reverse("week"), _("calendar, schedule, board"))),
        ("threads", Action(_("Go to Messages"), reverse("threads"), _("messages, threads, write, answer"))),
        ("threads", Action(_("Messages that wait for us"), f"{reverse('threads')}?turn=ours", _("messages, unanswered, answer, owe"))),
        ("patients", Action(_("Go to Patients"), reverse("patients"), _("patients, panel, people in my care"))),
        ("patients", Action(_("Patients with something overdue"), f"{reverse('patients')}?state=late", _("late"))),
    )
    return [action for route, action in known if rail.of_part(route)]


def _of_role(request: HttpRequest) -> list[Action]:
    """What is there for some roles only."""
    who = request.who  # type: ignore[attr-defined]
    found = []
    if access.decide(who, "glass", "Basic", relationships=("none",)).allowed:
        found.append(Action(_("Somebody outside your care"), reverse("stranger"), _("break the glass, emergency, other team")))
    if who.role in ROLES:
        found.append(Action(_("Go to the privacy desk"), reverse("privacy"), _("privacy, audit, who looked")))
        found.append(Action(_("Search the record"), reverse("privacy-record"), _("audit, log, looks")))
    if who.role in APPROVERS:
        found.append(Action(_("Who waits for a second person"), reverse("glass-approvals"), _("approve, well-known person, glass")))
    return found


def matching(text: str, known: list[Action]) -> list[Action]:
    """The actions each of whose typed words begins a word of theirs; all of them when nothing is typed."""
    typed = words.words(text)
    return [
        action
        for action in known
        if all(any(word.startswith(part) for word in words.words(f"{action.name} {action.said}")) for part in typed)
    ]


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """The page of Find, or, for the list that follows the typing, its results alone."""
    text = request.POST.get("q", "")[:LONGEST] if request.method == "POST" else ""
    with request.hub.store.view(request.who) as view:  # type: ignore[attr-defined]
        found = duty.find(view, text=text)
    offered = matching(text, actions(request))
    context: dict[str, Any] = {"found": found, "offered": offered, "find_text": text, "short": 0 < len(found.text) < duty.SHORTEST}
    context["strangers"] = access.decide(request.who, "glass", "Basic", relationships=("none",)).allowed  # type: ignore[attr-defined]
    context["nothing"] = bool(found.text) and not (found.patients or found.people or offered)
    return render(request, "find/results.html" if request.htmx else "find/page.html", context)  # type: ignore[attr-defined]


urlpatterns = [path("find", find, name="find")]
