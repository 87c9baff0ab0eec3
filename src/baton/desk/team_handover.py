"""What was handed over together, patient by patient: kept, given back, covered by somebody else, undone; and who looked after a patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from baton.desk import posting
from baton.desk.team import may
from baton.duties import reading
from baton.duties.team import absences, handovers, workload
from baton.duties.team.handover_states import Handover
from baton.fhir.resource import human_name
from baton.store import Invalid, View
from baton.web.gate import Request, staff


@require_GET
@staff
def handover(request: Request, batch: str) -> HttpResponse:
    """What was decided together, patient by patient, and what can still be done about it."""
    may(request)
    with request.hub.store.view(request.who) as view:
        found = handovers.of_batch(view, batch)
        if not found:
            raise Invalid("There is no such handover.", status=404)
        away = next((each for each in absences.every(view) if batch in each.batches), None)
        ids = ",".join(each.patient.partition("/")[2] for each in found)
        bodies = {f"Patient/{each['id']}": each for each in view.find("Patient", _id=ids, _count=len(found))}
        names = {each: reading.name_of(view, each) for one in found for each in (one.taker, one.giver) if each}
        carriers = [each.person for each in workload.board(view)]
        titles = {str(each["id"]): str(each.get("description") or "") for each in _promises(view, found)}
    rows = [
        (
            each,
            human_name(bodies[each.patient]),
            names.get(each.taker, ""),
            names.get(each.giver or "", ""),
            [(task, titles.get(task.partition("/")[2], "")) for task in each.moved],
        )
        for each in sorted(found, key=lambda one: human_name(bodies.get(one.patient, {})).casefold())
        if each.patient in bodies
    ]
    context = {
        "rows": rows,
        "away": away,
        "batch": batch,
        "first": found[0],
        "takers": carriers,
        "told": sum(bool(each.told) for each in found),
        "live": any(each.state in ("planned", "running") for each in found),
    }
    return render(
        request, "team/handover.html", context | {"undoable": any(each.state in ("planned", "running", "handed") for each in found)}
    )


@require_GET
@staff
def looked_after(request: Request, patient: str) -> HttpResponse:
    """Who looked after a patient, and what was handed to whom: the history, the latest first."""
    with request.hub.store.view(request.who) as view:
        name = human_name(view.get("Patient", patient))
        found = handovers.of_patient(view, f"Patient/{patient}")
        names = {each: reading.name_of(view, each) for one in found for each in (one.taker, one.giver) if each}
    rows = [(each, names.get(each.giver or "", ""), names.get(each.taker, "")) for each in found]
    return render(request, "team/history.html", {"rows": rows, "name": name, "patient": patient})


def _promises(view: View, found: Sequence[Handover]) -> list[dict[str, Any]]:
    ids = [task.partition("/")[2] for each in found if each.state == "running" for task in each.moved]
    return view.find("Task", _id=",".join(ids), _count=len(ids)) if ids else []


def _back(request: Request, batch: str = "", **_rest: str) -> HttpResponse:
    return redirect("handover", batch=batch) if batch else redirect("team")


_form = posting.form(_back)


@_form
def undo(request: Request, batch: str) -> str:
    """As if it had never been."""
    with request.hub.store.change(request.who, because="A handover undone") as change:
        away = next((each for each in absences.every(change) if each.batches == (batch,) and each.standing in absences.LIVE), None)
        count = absences.take_back(change, absence=away.id) if away else handovers.undo(change, batch=batch)
    return ngettext("Undone: %(n)s patient is back.", "Undone: %(n)s patients are back.", count) % {"n": count}


@_form
def back_early(request: Request, batch: str) -> str:
    """They are back: all that was lent goes back now."""
    with request.hub.store.change(request.who, because="Back early") as change:
        away = next((each for each in absences.every(change) if batch in each.batches), None)
        if away is None:
            raise Invalid("This is over already.")
        count = absences.back_early(change, absence=away.id)
    return ngettext("%(n)s patient is back.", "%(n)s patients are back.", count) % {"n": count}


@_form
def one(request: Request, batch: str, act: str) -> str:
    """One patient of it: kept, given back, or covered by somebody else."""
    handover, to, promise = (request.POST.get(name, "") for name in ("handover", "to", "promise"))
    with request.hub.store.change(request.who, because=f"A handover: {act}") as change:
        if act == "keep":
            handovers.keep(change, handover=handover, promise=promise.removeprefix("Task/") or None)
        elif act == "back":
            handovers.give_back(change, handover=handover)
        else:
            absences.cover_instead(change, handover=handover, to=to)
    return {"keep": _("It stays where it is."), "back": _("Back with whoever it was.")}.get(act) or _("Somebody else covers now.")


urlpatterns = [
    path("patients/<str:patient>/looked-after", looked_after, name="looked_after"),
    path("team/handovers/<str:batch>", handover, name="handover"),
    path("team/handovers/<str:batch>/undo", undo, name="handover_undo"),
    path("team/handovers/<str:batch>/return", back_early, name="handover_return"),
    *(path(f"team/handovers/<str:batch>/{act}", one, {"act": act}, name=f"handover_{act}") for act in ("keep", "back", "instead")),
]
