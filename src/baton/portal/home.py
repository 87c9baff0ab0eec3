"""The first page: what the patient does, what we do, and when to call for help. The same promises stand on the coordinator's list."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.duties import agreements, reading
from baton.fhir.resource import human_name
from baton.portal import show, sign_in
from baton.portal.posting import form
from baton.web import guests
from baton.web.gate import Request, guest


@guest
@require_GET
def plan(request: Request) -> HttpResponse:
    """What was agreed. Whoever has no way in for the next time yet is led to make one first."""
    account = request.user
    if not guests.card_left(account) and not sign_in.ending(request, account):  # type: ignore[arg-type]
        return redirect("my_keys")
    patient = str(request.who.on_behalf_of)
    with request.hub.store.view(request.who) as view:
        if not view.decide("see", "Task", patient=patient).allowed:
            return redirect("my_visits")
        person = view.get(*patient.split("/", 1))
        given = next(iter((person.get("name") or [{}])[0].get("given", ())), "") or human_name(person)
        context = {
            "now": view.now.astimezone(view.zone),
            "given": given,
            "together": agreements.together(view, patient=patient),
            "goals": agreements.goals(view, patient=patient),
            "phone": phone_of(view, patient),
            "withheld": view.withheld(patient),
        }
    return show.page(request, "portal/plan.html", context)


def phone_of(view: object, patient: str) -> str:
    """The telephone number of the patient's team, where it has one."""
    team, _name, _care = reading.team_of(view, patient)  # type: ignore[arg-type]
    found = reading.peek(view, team) or {}  # type: ignore[arg-type]
    return next((str(point["value"]) for point in found.get("telecom", ()) if point.get("system") == "phone" and point.get("value")), "")


@form("my")
def did(request: Request, task: str) -> str:
    """Something of theirs is done."""
    with request.hub.store.change(request.who, because="Done, said in the portal") as change:
        agreements.did(change, task=task)
    return _("Well done. We have written it down.")


urlpatterns = [
    path("my/", plan, name="my"),
    path("my/done/<str:task>", did, name="my_did"),
]
