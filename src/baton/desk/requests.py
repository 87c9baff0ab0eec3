"""What patients ask about their record: received, answered, extended once, denied with a reason; each with the law's clock."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import labels, posting, privacy_papers, privacy_words
from baton.desk.disclosure import whose
from baton.desk.slips import asks_how, way
from baton.duties import reading, trace
from baton.duties.patients import identity
from baton.duties.privacy import requests as duty
from baton.duties.privacy import slips
from baton.fhir.resource import Resource, human_name, target
from baton.rules import privacy_clocks
from baton.rules.calendar import local_day
from baton.store import Invalid, View
from baton.web.gate import Request, staff


@staff
@require_GET
def index(request: Request) -> HttpResponse:
    """Every request that is still to be answered."""
    with request.hub.store.view(request.who) as view:
        rows = shown(view, duty.open_ones(view))
    return render(request, "requests/index.html", {"rows": rows, "today": request.hub.store.now()})


def shown(view: View, tasks: list[Resource]) -> list[dict[str, Any]]:
    """Requests as rows, with the patient's name, how many days are left and the grounds of a denial."""
    people = reading.several(view, "Patient", (str(target(each.get("for"))) for each in tasks))
    known, rows = slips.of_many(view, people), []
    for task in tasks:
        row = duty.what(task)
        whole = str(row["patient"])
        person = people.get(whole)
        today = local_day(view.now, view.zone)
        left = (row["due"].astimezone(view.zone).date() - today).days if row["due"] else None
        grounds = [(each.code, labels.word(privacy_words.GROUNDS, each.code)) for each in privacy_clocks.grounds(row["code"], today)]
        asked = bool(person and row["open"])
        slip = slips.rehearse(view, "answer", patient=whole, known=known[whole], person=person) if asked else None
        rows.append(
            {
                **row,
                "patient_id": str(row["patient"]).partition("/")[2],
                "name": human_name(person) if person else "",
                "due": row["due"] and row["due"].astimezone(view.zone),
                "left": left,
                "mark": "late" if left is not None and left < 0 else "soon" if left is not None and left <= 7 else "",
                "grounds": grounds,
                "slip": slip,
                "papers": [str(each).partition("/")[2] for each in row["letters"]],
            }
        )
    return rows


def back(request: Request, id: str) -> HttpResponse:
    """A form about a request goes back to where it came from: the patient's page, or the list."""
    patient = request.POST.get("patient", "")
    return redirect("consents", patient=patient) if patient else redirect("requests")


posted = posting.form(back)


@posted
def receive(request: Request, id: str) -> str:
    """A request came; `id` is the patient."""
    said = request.POST.get("received", "")
    try:
        received = date.fromisoformat(said) if said else None
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31.")) from None
    with request.hub.store.change(request.who, because="The patient asks about their record") as change:
        duty.receive(
            change, patient=f"Patient/{id}", code=request.POST.get("code", ""), what=request.POST.get("what", ""), received=received
        )
    return _("It is on the list, with its clock.")


@posted
def grant(request: Request, id: str) -> str:
    """It was done."""
    with request.hub.store.change(request.who, because="What the patient asked for was done") as change:
        duty.grant(change, task=id, note=request.POST.get("note", ""))
    return _("Done, and closed.")


def _asking(request: Request, task: str) -> tuple[dict[str, Any], str, str | None, Any]:
    with request.hub.store.view(request.who) as view:
        found = view.get("Task", task)
        row = duty.what(found)
        person = whose(view, str(row["patient"]).partition("/")[2])
        told = trace.of(found)
    received = told.fact("received") if told else None
    return row, human_name(person), identity.language(person), received


@posted
@asks_how
def extend(request: Request, id: str) -> str:
    """More time, once, and a letter that says why."""
    row, name, language, received = _asking(request, id)
    reason = request.POST.get("reason", "").strip()
    letter = None
    if reason and isinstance(received, date) and row["code"] != "restriction-request":
        until = privacy_clocks.extended(row["code"], received).value
        letter = privacy_papers.answer(row["code"], name, kind="extension", reason=reason, until=until, language=language)
    with request.hub.store.change(request.who, because="A request was extended once") as change:
        duty.extend(change, task=id, reason=reason, letter=letter, way=way(request))
    return _("Extended once. The letter to the patient is among the documents.")


@posted
@asks_how
def deny(request: Request, id: str) -> str:
    """Denied, with the ground and the reason, and a letter."""
    row, name, language, _received = _asking(request, id)
    reason, ground = request.POST.get("reason", "").strip(), request.POST.get("ground", "")
    letter = privacy_papers.answer(row["code"], name, kind="denial", reason=reason, ground=ground, language=language) if reason else None
    with request.hub.store.change(request.who, because="A request was denied, with the reason") as change:
        duty.deny(change, task=id, ground=ground, reason=reason, letter=letter, way=way(request))
    return _("Denied, with your reason. The letter to the patient is among the documents.")


urlpatterns = [
    path("requests", index, name="requests"),
    path("patients/<str:id>/requests/receive", receive, name="request-receive"),
    path("requests/<str:id>/grant", grant, name="request-grant"),
    path("requests/<str:id>/extend", extend, name="request-extend"),
    path("requests/<str:id>/deny", deny, name="request-deny"),
]
