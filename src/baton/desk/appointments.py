"""The week board, an appointment's own page with what can be done, and the patient's visits on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import paper_words, slips, told_words
from baton.desk import scheduling_words as words
from baton.desk.scheduling import change, day_of, posted
from baton.duties import reading
from baton.duties.scheduling import booking, told, weekly
from baton.rules.calendar import local_day
from baton.store import NotFound
from baton.web.gate import Request, staff


@require_GET
@staff
def week(request: Request) -> HttpResponse:
    """The week board."""
    with request.hub.store.view(request.who) as view:
        board = weekly.week(view, day=day_of(request.GET.get("day"), local_day(view.now, view.zone)))
        secret = weekly.secret(view, request.who.person)
    context = {"board": board, "before": board.monday - timedelta(days=7), "after": board.monday + timedelta(days=7), "secret": secret}
    return render(request, "scheduling/week.html", context)


@require_GET
@staff
def appointment(request: Request, appointment: str) -> HttpResponse:
    """One appointment, and what can be done with it."""
    with request.hub.store.view(request.who) as view:
        page = weekly.page(view, appointment=appointment)
        slip = slips.of(view, "itinerary", page.entry.patient) if page.entry.patient else None
    context = {
        "page": page, "entry": page.entry, "slip": slip, "missed": words.MISSED.items(), "cancelled": reasons(),
        "told": [told_words.notice(each) for each in page.told], "may_note": page.may_note,
    }  # fmt: skip
    return render(request, "scheduling/appointment.html", context)


def reasons() -> list[tuple[str, Any]]:
    """Why somebody may cancel; that a hold ran out is for the hub to say."""
    return [(code, text) for code, text in words.CANCELLED.items() if code not in ("hold-expired", "deceased")]


DEEDS: dict[str, tuple[Callable[..., Any], str]] = {
    "book": (booking.book, "Appointment booked"),
    "arrive": (booking.arrive, "The patient arrived"),
    "check-in": (booking.check_in, "The patient can be seen"),
    "fulfil": (booking.fulfil, "The visit was held"),
    "undo": (booking.undo, "Said by mistake, undone"),
}


@posted(lambda appointment, deed="": reverse("appointment", args=[appointment]))
def act(request: Request, appointment: str, deed: str) -> HttpResponse:
    """Do one thing with an appointment. Raises NotFound for a deed there is not."""
    given = request.POST
    if deed in DEEDS:
        does, because = DEEDS[deed]
        with change(request, because) as made:
            does(made, appointment=appointment)
    elif deed == "cancel":
        with change(request, "Appointment cancelled") as made:
            booking.cancel(made, appointment=appointment, reason=given.get("reason", ""), note=given.get("note", ""))
    elif deed == "no-show":
        with change(request, "The patient did not come") as made:
            booking.no_show(made, appointment=appointment, reason=given.get("reason", ""), note=given.get("note", ""))
    else:
        raise NotFound("There is nothing like that to do.")
    messages.success(request, _("Done, and recorded."))
    return redirect("appointment", appointment)


@posted(lambda appointment: reverse("appointment", args=[appointment]))
def note_told(request: Request, appointment: str) -> HttpResponse:
    """Somebody was told of a change by telephone, or agreed to it."""
    given = request.POST
    with change(request, "Somebody was told of a changed appointment by telephone") as made:
        made.get("Appointment", appointment)
        told.said(made, notice=given.get("notice", ""), who=given.get("who", ""), kind=given.get("kind", ""))
    messages.success(request, _("Done, and recorded."))
    return redirect("appointment", appointment)


@require_GET
@staff
@slips.asks_how
def paper(request: Request, patient: str) -> HttpResponse:
    """The patient's visits to come, on paper, in their language."""
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        slips.handed(view, "itinerary", patient, slips.way(request))
        entries = [each for each in weekly.of_patient(view, f"Patient/{patient}") if each.status != "pending"]
        places: dict[str | None, dict[str, Any] | None] = {
            each.place_id: reading.peek(view, each.place_id) for each in entries if each.place_id
        }
    body = paper_words.itinerary(person, entries, places)
    request.hub.store.note_event(request.who, "print itinerary", detail=slips.way(request) or "", patients=[f"Patient/{patient}"])
    response = HttpResponse(body, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="itinerary.pdf"'
    return response


urlpatterns = [
    path("scheduling/appointment/<str:appointment>/told", note_told, name="appointment_told"),
    path("scheduling/week", week, name="week"),
    path("scheduling/patient/<str:patient>/paper", paper, name="itinerary_paper"),
    path("scheduling/appointment/<str:appointment>", appointment, name="appointment"),
    path("scheduling/appointment/<str:appointment>/<str:deed>", act, name="appointment_act"),
]
