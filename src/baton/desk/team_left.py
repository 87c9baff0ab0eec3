"""What somebody left behind who is gone: who should take it and why; given in one go, or left with the team."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from baton.desk import posting
from baton.desk.team import keeper
from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.duties.team import new_owner, workload
from baton.duties.team.handover_states import Handover
from baton.fhir.resource import Resource, target
from baton.rules.calendar import local_day
from baton.store import Forbidden, View
from baton.web.gate import Request, staff


def may(request: Request) -> None:
    """Raise Forbidden for those who hand over nobody else's patients."""
    if not keeper(request):
        raise Forbidden("This is for supervisors.")


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """What needs a new owner, the oldest first, each with who should take it."""
    may(request)
    with request.hub.store.view(request.who) as view:
        found = new_owner.waiting(view)
        rows = _rows(view, found)
    return render(request, "team/left.html", {"rows": rows, "count": len(found)})


def _rows(view: View, found: list[Handover]) -> list[dict[str, Any]]:
    today = local_day(view.now, view.zone)
    patients = list(dict.fromkeys(each.patient for each in found))
    bodies = reading.several(view, "Patient", patients)
    promises = reading.several(view, "Task", [task for each in found for task in each.moved])
    carriers = [each for each in workload.board(view) if not each.away]
    shown = workload.preview(view, givers=dict.fromkeys(patients), takers=[each.person.reference for each in carriers])
    fits = {f"Patient/{row.patient.id}": row for row in shown.rows}
    names = {reference: person.name for reference, person in shown.people.items()}
    rows = []
    for each in found:
        if each.patient not in bodies:
            continue
        fit = fits.get(each.patient)
        owed = [promises[task] for task in each.moved if task in promises and _still(promises[task])]
        rows.append(
            {
                "left": each,
                "patient": identity.identity(bodies[each.patient], today),
                "owed": [(str(codes.promise_code(task)), codes.own_words(str(codes.promise_code(task)), task)) for task in owed],
                "from": reading.name_of(view, each.giver) if each.giver else "",
                "fit": fit,
                "choices": [(reference, names[reference]) for reference in (fit.others if fit else ())],
            }
        )
    return rows


def _still(task: Resource) -> bool:
    return codes.is_open(task) and str(target(task.get("owner"))).startswith("Organization/")


def _back(_request: Request) -> HttpResponse:
    return redirect("team_left")


_form = posting.form(_back)


@_form
def take(request: Request) -> HttpResponse:
    """Those who are chosen take over, all in one change."""
    may(request)
    moves = {left: to for left in request.POST.getlist("left") if (to := request.POST.get(f"to-{left}"))}
    with request.hub.store.change(request.who, because="Somebody takes over what was left behind") as change:
        batch = new_owner.take(change, moves=moves)
    said = ngettext("%(n)s patient has somebody again.", "%(n)s patients have somebody again.", len(moves)) % {"n": len(moves)}
    messages.success(request, said, extra_tags=f"undo:{reverse('handover_undo', args=[batch])}")
    return redirect("team_left")


@_form
def settle(request: Request) -> str:
    """It stays with the team."""
    may(request)
    with request.hub.store.change(request.who, because="What was left behind stays with the team") as change:
        new_owner.settle(change, left=request.POST.get("one", ""))
    return _("It stays with the team.")


urlpatterns = [
    path("team/left", index, name="team_left"),
    path("team/left/take", take, name="team_left_take"),
    path("team/left/settle", settle, name="team_left_settle"),
]
