"""Intake: who waits for a team, who in it should look after them and why, and a team's no with its reason."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import paging, posting, team_words
from baton.desk.labels import word
from baton.desk.team import may
from baton.duties import codes
from baton.duties.team import intake, teams, workload
from baton.store import View
from baton.web.gate import Request, staff

ROWS = 25
"""So many stand on a page: working out who should take them takes a moment each."""


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """Who waits, longest first."""
    may(request)
    with request.hub.store.view(request.who) as view:
        count, found = intake.waiting(view, limit=ROWS, start=paging.start(request))
        known = [each for each in teams.names(view) if each[0] != codes.INTAKE]
        carriers = workload.board(view)
        fits = _fits(view, [each.reference for each in found], [each.person.reference for each in carriers if not each.away])
    rows = [{"waiting": each, "fit": fits.get(each.reference), "days": (view.now.date() - each.since.date()).days} for each in found]
    people = [(each.person, role) for each in carriers for role in each.person.current if role.team in dict(known)]
    reasons = [(code, word(team_words.INTAKE, code)) for code in intake.REASONS]
    context = {"rows": rows, "count": count, "teams": known, "people": people, "reasons": reasons}
    return render(request, "team/intake.html", context | {"paged": paging.paged(request, len(rows), count)})


def _fits(view: View, patients: list[str], among: list[str]) -> dict[str, Any]:
    """Who should take each of them, and why, each alone."""
    if not patients or not among:
        return {}
    shown = workload.preview(view, givers=dict.fromkeys(patients), takers=among)
    return {f"Patient/{row.patient.id}": {"row": row, "person": shown.people[row.to]} for row in shown.rows}


def _back(_request: Request, **_rest: str) -> HttpResponse:
    return redirect("team_intake")


_form = posting.form(_back)


@_form
def take(request: Request) -> str:
    """A team takes somebody, and somebody in it looks after them."""
    may(request)
    team, _sep, person = request.POST.get("who", "").partition("|")
    with request.hub.store.change(request.who, because="Taken from Intake") as change:
        intake.take(change, patient=f"Patient/{request.POST.get('patient', '')}", team=team, person=person or None)
    return _("Taken: they stand with your team’s patients now, and what Intake owed them came along.")


@_form
def decline(request: Request) -> str:
    """A team does not."""
    may(request)
    form = request.POST
    with request.hub.store.change(request.who, because="Not taken from Intake") as change:
        intake.decline(
            change,
            patient=f"Patient/{form.get('patient', '')}",
            team=form.get("team", ""),
            reason=form.get("reason", ""),
            words=form.get("words", ""),
        )
    return _("Recorded: they go on waiting for another team, which reads why.")


urlpatterns = [
    path("team/intake", index, name="team_intake"),
    path("team/intake/take", take, name="team_intake_take"),
    path("team/intake/decline", decline, name="team_intake_decline"),
]
