"""Who stands behind the numbers of the team's board: as many as it counted, of one person, a team, or everybody."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET

from baton.desk import paging
from baton.desk.labels import Words, word
from baton.desk.team import keeper, may
from baton.duties.patients import identity
from baton.duties.team import workload
from baton.rules import workload as rules
from baton.rules.calendar import local_day
from baton.store import Forbidden
from baton.web.gate import Request, staff

SHOWS: Words = {
    "late": lazy("Past their time"),
    "theirs": lazy("Looked after by name"),
    "covering": lazy("Covered for somebody"),
    "all": lazy("What makes up the load"),
}


@require_GET
@staff
def behind(request: Request) -> HttpResponse:
    """The patients a number counted, a page at a time."""
    may(request)
    show, person, team = (request.GET.get(name, "") for name in ("show", "person", "team"))
    reference = f"Practitioner/{person}" if person else ""
    if not keeper(request) and reference != request.who.person:
        raise Forbidden("This is for supervisors.")
    with request.hub.store.view(request.who) as view:
        carriers = [each for each in workload.board(view, team or None) if reference in ("", each.person.reference)]
        names = {each.person.reference: each.person.name for each in carriers}
        known = show if show in SHOWS else ""
        found = workload.behind(view, list(names), known, limit=paging.ROWS, start=paging.start(request))
        today = local_day(view.now, view.zone)
        rows = [(identity.identity(each.patient, today), each, names[each.person], workload.weight(view, each)) for each in found.rows]
    counted = {"late": sum(each.late for each in carriers), "theirs": sum(each.patients for each in carriers)}
    counted["covering"] = sum(each.covering for each in carriers)
    shown = found.late if show == "late" else found.patients
    load, capacity = (sum(getattr(each, name) for each in carriers) for name in ("load", "capacity"))
    context = {
        "rows": rows,
        "title": word(SHOWS, show) if known else "",
        "whose": names.get(reference, "") if reference else _("everybody"),
        "show": show,
        "count": shown,
        "patients": found.patients,
        "withheld": max(0, counted.get(show, 0) - shown),
        "load": {
            "minutes": round(load),
            "capacity": round(capacity),
            "percent": rules.percent(load, capacity),
            "withheld": max(0, round(load - found.weighed)) if show == "all" and rows else 0,
        },
        "paged": paging.paged(request, len(rows), found.patients),
    }
    return render(request, "team/behind.html", context)


urlpatterns = [path("team/behind", behind, name="team_behind")]
