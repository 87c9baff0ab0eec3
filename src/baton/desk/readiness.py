"""Ready for the visit: the coming visits with what their charts have and lack, and one click that asks for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_GET

from baton.desk import posting, privacy_papers, readiness_words
from baton.desk.disclosure import whose
from baton.duties.privacy.slips import Slip
from baton.duties.records import readiness as duty
from baton.duties.records import readiness_promises
from baton.duties.transitions.happenings import patients_of
from baton.store import Invalid, Refused
from baton.web.gate import Request, staff

REFUSALS = (
    lazy("Nothing is missing that somebody else has."),
    lazy("Something is still missing for this visit: ask for it, or close this with a reason."),
)


@staff
@require_GET
def page(request: Request) -> HttpResponse:
    """The coming visits, the earliest first; with `show=not-ready` those whose charts lack something."""
    with request.hub.store.view(request.who) as view:
        one = request.GET.get("patient", "")
        found = duty.coming(view, patient=f"Patient/{one}" if one else None)
        leaving = duty.rehearse(view, found)
        rows = [_row(each, duty.days_to(view, each), leaving.get(each.id, ())) for each in found]
        stale = readiness_promises.stale(view, found)
    _as_the_charts_are(request, stale)
    short = [each for each in rows if not each["visit"].ready]
    show = request.GET.get("show", "all")
    context = {"rows": short if show == "not-ready" else rows, "count": len(rows), "short": len(short), "show": show}
    return render(request, "readiness/page.html", context)


def _as_the_charts_are(request: Request, tasks: Sequence[str]) -> None:
    """What is promised says from now on what this page says: nobody waits for the clock's next look, and Today says the same."""
    for task in tasks:
        try:
            with request.hub.store.change(request.who, because="Is the chart ready for the visit?") as change:
                readiness_promises.look_again(change, task=task)
        except (Refused, Invalid):
            continue  # whoever may only look leaves it to the clock


def _row(visit: duty.Visit, days: int, leaving: Sequence[object]) -> dict[str, Any]:
    mark = "calm" if visit.ready else "late" if days <= 1 else "soon" if days <= 3 else ""
    ask_for = readiness_words.listed(each.item for each in visit.to_ask)
    slips = [each for each in leaving if isinstance(each, Slip)]
    return {"visit": visit, "days": days, "mark": mark, "total": len(visit.found), "ask": ask_for, "slips": slips}


def back(request: Request, appointment: str) -> HttpResponse:
    """Back to the visits."""
    response = redirect("visits")
    response["Location"] += f"#visit-{appointment}"
    return response


@posting.form(back)
def ask(request: Request, appointment: str) -> str:
    """Ask each source for what is missing."""
    with request.hub.store.view(request.who) as view:
        patient = next(iter(patients_of(view.get("Appointment", appointment))), "/")
        person = whose(view, patient.partition("/")[2])
    with request.hub.store.change(request.who, because="What a visit lacks was asked for") as change, override("en"):
        ids = duty.ask_missing(
            change, appointment=appointment, words=readiness_words.listed,
            letter=lambda asked: privacy_papers.record_request(asked, person, reminder=False), seen=request.POST.getlist("digest"),
        )  # fmt: skip
    return ngettext("Asked one source. It has five business days.", "Asked %(n)s sources. They have five business days.", len(ids)) % {
        "n": len(ids)
    }


urlpatterns = [
    path("records/visits", page, name="visits"),
    path("records/visits/<str:appointment>/ask", ask, name="visit-ask"),
]
