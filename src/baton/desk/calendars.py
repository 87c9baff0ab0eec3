"""Whose calendars there are, and the weekly hours each keeps: seen by those who book, changed by those who run the house."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from baton.desk import scheduling_words as words
from baton.desk.closures import SAYS
from baton.desk.scheduling import change, posted
from baton.desk.scheduling_forms import CLOCK, DAY, WEEKDAYS
from baton.duties import reading
from baton.duties.scheduling import calendars
from baton.duties.scheduling.calendars import Hours
from baton.duties.team import oncall
from baton.fhir.resource import text_of
from baton.rules.calendar import local_day
from baton.store import Forbidden, Invalid, View
from baton.web.gate import Request, staff

SPANS = 2
"""How many spans of a day can be filled in: before and after noon."""


class HoursForm(forms.Form):
    """The spans of each day of a week, and from which day they hold."""

    first = forms.DateField(label=lazy("From"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))

    def __init__(self, data: Any = None, *, hours: list[Hours], first: date) -> None:
        super().__init__(data, initial={"first": first})
        self.earliest = first
        for day in WEEKDAYS:
            known = sorted((each for each in hours if each.weekday == day), key=lambda each: each.start)
            for number in range(SPANS):
                span = known[number] if number < len(known) else None
                for name, label, value in (("start", lazy("from"), span and span.start), ("end", lazy("to"), span and span.end)):
                    widget = forms.TimeInput(attrs=CLOCK, format="%H:%M")
                    self.fields[f"{name}-{day}-{number}"] = forms.TimeField(label=label, required=False, widget=widget, initial=value)
                kept = forms.BooleanField(label=lazy("for the urgent"), required=False, initial=bool(span and span.reserve))
                self.fields[f"kept-{day}-{number}"] = kept

    def rows(self) -> Iterator[tuple[Any, list[tuple[Any, Any, Any]]]]:
        """Each day's name with its spans' fields."""
        for day in WEEKDAYS:
            yield (
                words.weekday(day),
                [(self[f"start-{day}-{number}"], self[f"end-{day}-{number}"], self[f"kept-{day}-{number}"]) for number in range(SPANS)],
            )

    def hours(self) -> list[Hours]:
        """What was filled in. Raises Invalid for a span with one end only."""
        found = []
        for day in WEEKDAYS:
            for number in range(SPANS):
                start, end, kept = (self.cleaned_data.get(f"{name}-{day}-{number}") for name in ("start", "end", "kept"))
                if isinstance(start, time) and isinstance(end, time):
                    found.append(Hours(day, start, end, bool(kept)))
                elif start or end:
                    raise Invalid("Say both when hours begin and when they end.", expression="Schedule.extension")
        return found


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """Every calendar: whose, where, for what, and its week."""
    with request.hub.store.view(request.who) as view:
        found = [described(view, each) for each in view.find("Schedule", active="true") if not oncall.line_of(each)]
    found.sort(key=lambda each: (each["specialty"], each["name"]))
    return render(request, "scheduling/calendars.html", {"calendars": found, "says": request.who.role in SAYS})


def described(view: View, schedule: dict[str, Any]) -> dict[str, Any]:
    """A calendar in words."""
    actor, site = calendars.actor_of(schedule), calendars.site_of(schedule)
    week = sorted(calendars.weekly(schedule), key=lambda each: (each.weekday, each.start))
    return {
        "id": schedule["id"],
        "name": reading.name_of(view, actor) if actor else "",
        "site": reading.name_of(view, site) if site else "",
        "specialty": ", ".join(text_of(each) for each in schedule.get("specialty", ())),
        "days": [(words.weekday(day), [each for each in week if each.weekday == day]) for day in sorted({each.weekday for each in week})],
    }


@require_GET
@staff
def calendar(request: Request, schedule: str) -> HttpResponse:
    """One calendar's week, to be changed."""
    with request.hub.store.view(request.who) as view:
        found = view.get("Schedule", schedule)
        about, tomorrow = described(view, found), local_day(view.now, view.zone) + timedelta(days=1)
        form = HoursForm(hours=calendars.weekly(found), first=tomorrow)
    return render(request, "scheduling/calendar.html", {"calendar": about, "form": form, "says": request.who.role in SAYS})


def _saying(request: Request) -> None:
    if request.who.role not in SAYS:
        raise Forbidden("Only a supervisor or an administrator says when somebody works.")


@posted(lambda schedule: reverse("calendar", args=[schedule]))
def keep(request: Request, schedule: str) -> HttpResponse:
    """Keep the week from a day on: sessions to come follow, what is booked stays."""
    _saying(request)
    with request.hub.store.view(request.who) as view:
        today = local_day(view.now, view.zone)
    form = HoursForm(request.POST, hours=[], first=today)
    if not form.is_valid() or form.cleaned_data["first"] < today:
        raise Invalid("Say from which day on, today or later, and times as 08:30.", expression="Schedule.extension")
    with change(request, "Weekly hours") as made:
        back = calendars.change_weekly(made, schedule=schedule, hours=form.hours(), first=form.cleaned_data["first"])
    messages.success(request, _("The week is kept. What is booked stays."))
    if back:
        messages.info(request, ngettext("%(n)s session was taken back.", "%(n)s sessions were taken back.", back) % {"n": back})
    return redirect("calendar", schedule)


@posted(lambda schedule: reverse("calendar", args=[schedule]))
def away(request: Request, schedule: str) -> HttpResponse:
    """Close one day of a calendar, with the reason."""
    _saying(request)
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise Invalid("Say which day.", expression="Slot.start") from None
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise Invalid("Say why.", expression="Slot.comment")
    with change(request, "Away for a day") as made:
        closed = calendars.close_day(made, schedule=schedule, day=day, reason=reason)
    messages.success(request, ngettext("%(n)s session is closed.", "%(n)s sessions are closed.", closed) % {"n": closed})
    return redirect("calendar", schedule)


urlpatterns = [
    path("scheduling/calendars", index, name="calendars"),
    path("scheduling/calendars/<str:schedule>", calendar, name="calendar"),
    path("scheduling/calendars/<str:schedule>/keep", keep, name="calendar_keep"),
    path("scheduling/calendars/<str:schedule>/away", away, name="calendar_away"),
]
