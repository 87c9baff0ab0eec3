"""Who answers when: the shifts of the weeks ahead, where nobody is on call, and the calls that were answered after hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import paging, posting
from baton.desk.team import may
from baton.duties.names import patient_names
from baton.duties.team import oncall, people
from baton.rules.calendar import local_day, start_of_day
from baton.store import Invalid
from baton.web.gate import Request, staff

AHEAD = 14
"""Days of the schedule shown."""
HOUR = time(8)


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """The two weeks ahead, line by line."""
    may(request)
    with request.hub.store.view(request.who) as view:
        zone, today = view.zone, local_day(view.now, view.zone)
        last = start_of_day(today + timedelta(days=AHEAD), zone)
        shifts, answering = oncall.shifts(view, view.now, last), oncall.answering(view)
        lines = [
            {
                "line": line,
                "now": answering[line],
                "shifts": [
                    (each, each.start.astimezone(zone), each.end.astimezone(zone), each.start <= view.now)
                    for each in shifts
                    if each.line == line
                ],
                "gaps": [
                    (max(start, view.now.astimezone(zone)), end)
                    for start, end in oncall.gaps(view, today, today + timedelta(days=AHEAD - 1), line=line)
                    if end > view.now
                ],
            }
            for line in oncall.LINES
        ]
        month = _month(request, today)
        next_month = (month + timedelta(days=32)).replace(day=1)
        answered = oncall.evidence(view, start_of_day(month, zone), start_of_day(next_month, zone))
        shown = answered[paging.part(request)]
        names = patient_names(view, {each.patient for each in shown})
        cover = [(each, oncall.cover(view, month, next_month - timedelta(days=1), line=each)) for each in oncall.LINES]
        staffed = people.roster(view) if request.who.role in oncall.KEEPERS else ()
    context = {
        "lines": lines,
        "answered": [(each, names.get(each.patient, ""), each.at.astimezone(zone)) for each in shown],
        "count": len(answered),
        "paged": paging.paged(request, len(shown), len(answered)),
        "cover": cover,
        "month": month,
        "before": (month - timedelta(days=1)).isoformat()[:7],
        "after": next_month.isoformat()[:7] if next_month <= today else "",
        "people": staffed,
        "today": today,
        "ahead": AHEAD,
    }
    return render(request, "team/oncall.html", context)


def _month(request: Request, today: date) -> date:
    """The month whose answers are shown ("2026-06"), this one unless the address says another; its first day."""
    try:
        return date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return today.replace(day=1)


def _back(_request: Request, **_rest: str) -> HttpResponse:
    return redirect("team_oncall")


_form = posting.form(_back)


@_form
def put_on(request: Request) -> str:
    """Somebody is on call."""
    form = request.POST
    with request.hub.store.change(request.who, because="On call") as change:
        start, end = (_moment(form.get(f"{name}-day", ""), form.get(f"{name}-time", ""), change.zone) for name in ("start", "end"))
        oncall.put_on(change, line=form.get("line", ""), person=form.get("person", ""), start=start, end=end, phone=form.get("phone"))
    return _("They are on call then.")


def _moment(day: str, clock: str, zone: object) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock or HOUR.isoformat()), zone)  # type: ignore[arg-type]
    except ValueError:
        raise Invalid("Say from which day and hour until which.", expression="Slot.start") from None


@_form
def take_off(request: Request, slot: str) -> str:
    """They are not."""
    with request.hub.store.change(request.who, because="Not on call after all") as change:
        oncall.take_off(change, slot=slot)
    return _("They are not on call then any more.")


def _to_patient(_request: Request, patient: str) -> HttpResponse:
    return redirect("patient", patient)


@posting.form(_to_patient)
def answered(request: Request, patient: str) -> str:
    """A call that came after hours was answered."""
    with request.hub.store.change(request.who, because="Answered after hours") as change:
        oncall.answered(change, patient=f"Patient/{patient}", what=request.POST.get("what", ""), caller=request.POST.get("caller", ""))
    return _("Recorded. The team follows up on the next working day.")


urlpatterns = [
    path("team/on-call", index, name="team_oncall"),
    path("team/on-call/add", put_on, name="team_oncall_add"),
    path("team/on-call/<str:slot>/remove", take_off, name="team_oncall_remove"),
    path("patients/<str:patient>/after-hours", answered, name="after_hours"),
]
