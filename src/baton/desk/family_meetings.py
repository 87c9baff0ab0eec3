"""The family meeting, booked from the page where plans are decided: when, who comes, who interprets."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from baton.desk import labels, posting
from baton.desk import message_words as words
from baton.desk.enrolments import said
from baton.desk.programs import need_day
from baton.duties.contact import interpreting
from baton.duties.contact.interpreting import Interpreter
from baton.duties.patients import network
from baton.duties.programs import family_meetings as duty
from baton.rules.calendar import local_day
from baton.store import Invalid, View
from baton.web.gate import Request


def context(view: View, patient: str) -> dict[str, Any]:
    """What the card of the meeting needs: who may come, who may interpret, what is booked."""
    reference = f"Patient/{patient}"
    near = [each for each in network.of_patient(view, reference) if each.active]
    return {
        "near": [(each.ref, each.name, each.relation, each.standing == "holds" and each.permission.told == "everything") for each in near],
        "interpreted": duty.needs_interpreter(view, reference),
        "kinds": [(code, labels.word(words.INTERPRETERS, code)) for code in interpreting.KINDS],
        "coming": duty.coming(view, reference),
        "lengths": duty.LENGTHS,
        "tomorrow": local_day(view.now, view.zone) + timedelta(days=1),
    }


@posting.form(lambda _request, patient: redirect("reconcile", patient=patient))
def book(request: Request, patient: str) -> str:
    """Book it."""
    day = need_day(request, "day")
    try:
        start = datetime.combine(day, time.fromisoformat(said(request, "time")), tzinfo=request.hub.settings.zone)
        born = date.fromisoformat(said(request, "born")) if said(request, "born") else None
    except ValueError:
        raise Invalid("Write the day as 2026-07-31.") from None
    kind, length = said(request, "interpreter"), said(request, "minutes")
    companion = said(request, "companion") or None if kind == "companion" else None
    interpreter = Interpreter(kind, said(request, "interpreter_name"), None, companion, born if kind == "companion" else None)
    with request.hub.store.change(request.who, because="A family meeting is booked") as change:
        duty.book(
            change,
            patient=patient,
            start=start,
            minutes=int(length) if length.isdecimal() else 0,
            people=request.POST.getlist("person"),
            interpreter=interpreter if kind else None,
        )
    return _("The meeting is booked; the patient is told.")


urlpatterns = [path("patients/<str:patient>/plan/one/meeting", book, name="family-meeting")]
