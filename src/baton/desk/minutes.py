"""Time: what was worked for one patient, and the month of everybody with its proposals; nothing is billed here."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import labels, posting
from baton.desk import program_words as words
from baton.desk.enrolments import said
from baton.desk.programs import day_of
from baton.duties.privacy import slips
from baton.duties.programs import minutes as duty
from baton.duties.programs import month_close, states
from baton.duties.programs import packs as program_packs
from baton.duties.programs.minutes import Line
from baton.fhir.resource import human_name
from baton.rules import minutes as rules
from baton.rules.calendar import local_day
from baton.store import Invalid, View
from baton.web.gate import Request, staff, stepped_up

LENGTHS = (5, 10, 15, 20, 30)
SHOWN = 200


def month_of(request: Request, view: View) -> date:
    """The month of the address ("2026-06"), else this one; its first day."""
    today = local_day(view.now, view.zone)
    try:
        return date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return today.replace(day=1)


def around(month: date) -> tuple[str, str]:
    """The months before and after, as the address has them."""
    before = (month - timedelta(days=1)).replace(day=1)
    return before.isoformat()[:7], (month + timedelta(days=32)).isoformat()[:7]


def line(one: Line) -> dict[str, Any]:
    """A line in words."""
    proposal = one.proposal
    return {
        "it": one,
        "program": words.title(one.enrolment),
        "family": labels.word(words.FAMILIES, proposal.family),
        "minutes": proposal.minutes,
        "codes": proposal.codes,
        "blocked": [labels.word(words.MISSING, each) for each in proposal.blocked],
        "flags": [labels.word(words.MISSING, each) for each in one.flags],
        "needed": proposal.needed,
    }


@require_GET
@staff
def page(request: Request, patient: str) -> HttpResponse:
    """A patient's month: log time, see what counts and what it reaches."""
    reference = f"Patient/{patient}"
    with request.hub.store.view(request.who) as view:
        month = month_of(request, view)
        person = view.get("Patient", patient)
        entries, lines = duty.month_of_patient(view, patient=reference, month=month)
        mine = [each for each in states.of_patient(view, reference) if each.state in ("active", "onhold", "finished")]
        titles = {each.code: each.title.said(get_language()) for each in program_packs.installed(view)}
        now = view.now.astimezone(view.zone)
        closed = duty.closed(view, reference, month)
    before, after = around(month)
    context = {
        "patient": patient,
        "name": human_name(person),
        "month": month,
        "before": before,
        "after": after if month < now.date().replace(day=1) else "",
        "entries": [(each, titles.get(each.program, _("After discharge"))) for each in entries],
        "lines": [line(each) for each in lines],
        "programs": [
            *dict.fromkeys((each.program, titles.get(each.program, each.program)) for each in mine),
            (duty.TRANSITION, _("After discharge")),
        ],
        "lengths": LENGTHS,
        "now": now,
        "closed": closed,
        "total": sum(each.counted for each in entries),
    }
    return render(request, "minutes/patient.html", context)


def back(_request: Request, patient: str, **_kwargs: Any) -> HttpResponse:
    """Back to the patient's time."""
    return redirect("minutes", patient=patient)


posted = posting.form(back)


@posted
def log(request: Request, patient: str) -> str:
    """Log time: it ended now unless a start is given."""
    length = said(request, "minutes")
    if not length.isdecimal():
        raise Invalid("An entry has at least one minute, and at most a working day.")
    zone, now = request.hub.settings.zone, request.hub.store.now()
    day, clock = day_of(request, "day"), said(request, "start")
    try:
        start = (
            datetime.combine(day or local_day(now, zone), time.fromisoformat(clock), tzinfo=zone)
            if clock
            else now - timedelta(minutes=int(length))
        )
    except ValueError:
        raise Invalid("Write the day as 2026-07-31.") from None
    with request.hub.store.change(request.who, because="Time worked") as change:
        duty.log(change, patient=patient, program=said(request, "program"), start=start, minutes=int(length), what=said(request, "what"))
    return _("%(n)s minutes are logged.") % {"n": int(length)}


@posted
def take_back(request: Request, patient: str, entry: str) -> str:
    """It was not so."""
    with request.hub.store.change(request.who, because="Time taken back") as change:
        duty.take_back(change, entry=entry, reason=said(request, "reason"))
    return _("Taken back. It stays on record and counts for nothing.")


@posted
def reopen(request: Request, patient: str) -> str:
    """Open a closed month of a patient again."""
    month = day_of(request, "month") or local_day(request.hub.store.now(), request.hub.settings.zone)
    with request.hub.store.change(request.who, because="A month is opened again") as change:
        month_close.reopen(change, patient=f"Patient/{patient}", month=month, reason=said(request, "reason"))
    return _("Open again: its proposals were taken back.")


# --- everybody's month -------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def month(request: Request) -> HttpResponse:
    """The month of everybody: ready, blocked with why, closed, below."""
    with request.hub.store.view(request.who) as view:
        first = month_of(request, view)
        if not request.GET.get("month"):  # what is closed is the month that is over
            first = (first - timedelta(days=1)).replace(day=1)
        found = month_close.run(view, month=first)
        slip = slips.of_month(view, "month-table")
        over = view.now >= rules.month_of(first, view.zone)[1]
        now = view.now.astimezone(view.zone).date()
    before, after = around(first)
    context = {
        "found": found,
        "month": first,
        "before": before,
        "after": after if first < now.replace(day=1) else "",
        "over": over,
        "ready": [{**line(each.line), "name": each.name} for each in found.ready[:SHOWN]],
        "blocked": [{**line(each.line), "name": each.name} for each in found.blocked[:SHOWN]],
        "kept": [{**line(each.line), "name": each.name, "kept": each.kept} for each in found.kept[:SHOWN]],
        "below": [
            {**line(each.line), "name": each.name} for each in sorted(found.below, key=lambda each: each.line.proposal.needed or 99)[:20]
        ],
        "shown": SHOWN,
        "slip": slip,
    }
    return render(request, "minutes/month.html", context)


def back_to_month(request: Request) -> HttpResponse:
    """Back to the month."""
    return redirect(f"{reverse('month')}?month={said(request, 'month')[:7]}")


@posting.form(back_to_month)
def close(request: Request) -> str:
    """Close the month: keep what is ready."""
    first = day_of(request, "month") or local_day(request.hub.store.now(), request.hub.settings.zone)
    with request.hub.store.change(request.who, because="The month is closed") as change:
        count = month_close.close(change, month=first)
    return _("%(n)s proposals are kept with their evidence. Nothing was billed.") % {"n": count}


@require_GET
@stepped_up
def table(request: Request) -> HttpResponse:
    """The month as a table to take elsewhere."""
    with request.hub.store.view(request.who) as view:
        first = month_of(request, view)
        found = month_close.run(view, month=first)
        slips.decided(slips.of_month(view, "month-table"), None)
    patients = [each.line.patient for each in found.lines]
    request.hub.store.note_event(request.who, "export proposals of a month", patients=patients)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("month", "patient", "program", "minutes", "code", "units", "state", "why"))
    writer.writerows(month_close.rows(found))
    name = f"proposals-{first.isoformat()[:7]}.csv"
    return HttpResponse(
        text.getvalue(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


urlpatterns = [
    path("minutes", month, name="month"),
    path("minutes/close", close, name="month-close"),
    path("minutes/proposals.csv", table, name="month-table"),
    path("patients/<str:patient>/minutes", page, name="minutes"),
    path("patients/<str:patient>/minutes/log", log, name="minutes-log"),
    path("patients/<str:patient>/minutes/reopen", reopen, name="minutes-reopen"),
    path("patients/<str:patient>/minutes/<str:entry>/take-back", take_back, name="minutes-take-back"),
]
