"""Working days: when the teams are closed by their own decision, and, before anything changes, which due days that would move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from baton.desk import explain, labels
from baton.duties import closures as duty
from baton.duties import codes, working_days
from baton.duties.team import teams
from baton.duties.working_days import Closure
from baton.fhir.resource import human_name, parse
from baton.rules.calendar import US_FEDERAL, holidays_of, local_day
from baton.store import Forbidden, Invalid, PromiseRow, View
from baton.web.gate import Request, staff

LOOK_BACK = timedelta(days=30)
LOOK_AHEAD = timedelta(days=366)
EVERY = "every"
STAYING = 200
"""So many promises that stay due on a closed day are shown; Today has the rest."""
SAYS = tuple(role for role in duty.BY if role != "system")
"""The roles that may say when a team is closed; everybody else reads it."""


class ClosureForm(forms.Form):
    """Days on which a team is closed, and why."""

    team = forms.ChoiceField(label=lazy("Who is closed"))
    first = forms.DateField(label=lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(
        label=lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        label=lazy("Why"),
        max_length=duty.LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, known: Sequence[tuple[str, str]], today: date) -> None:
        super().__init__(data, prefix="closure")
        several = [(EVERY, _("Every team"))] if len(known) > 1 else []
        self.fields["team"].choices = [*known, *several]  # type: ignore[attr-defined]
        self.known, self.today = known, today
        for name in ("first", "last"):
            self.fields[name].widget.attrs["min"] = today.isoformat()

    def clean_first(self) -> date:
        """A closure is said beforehand."""
        first: date = self.cleaned_data["first"]
        if first < self.today:
            raise forms.ValidationError(_("This day has passed: choose today or a later day."))
        return first

    def clean(self) -> dict[str, Any]:
        """The last day follows the first, and not by too much."""
        said = super().clean() or {}
        first, last = said.get("first"), said.get("last")
        if first and last and not 0 <= (last - first).days < working_days.LONGEST:
            text = _("A closure ends on its first day or later, and lasts at most %(n)s days.") % {"n": working_days.LONGEST}
            self.add_error("last", text)
        return said

    def closures(self) -> list[Closure]:
        """What was filled in, for each team meant."""
        said = self.cleaned_data
        meant = [team for team, _name in self.known] if said["team"] == EVERY else [said["team"]]
        return [Closure(said["first"], said["last"] or said["first"], said["reason"], team) for team in meant]


# --- looking ------------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """When each team is closed."""
    return page(request)


def page(request: Request, *, form: ClosureForm | None = None, status: int = 200, **more: Any) -> HttpResponse:
    """The page, with what was filled in and what it would move where something was asked."""
    with request.hub.store.view(request.who) as view:
        known, today = teams.names(view), local_day(view.now, view.zone)
        listed = [{"team": team, "name": name, "closures": current(view, team, today)} for team, name in known]
    says = request.who.role in SAYS
    context = {
        "teams": listed,
        "holidays": holidays(today),
        "says": says,
        "form": (form or ClosureForm(known=known, today=today)) if says and known else None,
        **more,
    }
    return render(request, "closures/page.html", context, status=status)


def current(view: View, team: str, today: date) -> list[dict[str, Any]]:
    """A team's closures from a month ago on."""
    found = (each for each in working_days.of(view, team) if each.last >= today - LOOK_BACK)
    return [{"closure": each, "days": days_words(each), "past": each.last < today} for each in found]


def days_words(closure: Closure) -> str:
    """The days of a closure in words."""
    if closure.first == closure.last:
        return labels.day(closure.first)
    return _("%(start)s to %(end)s") % {"start": labels.day(closure.first), "end": labels.day(closure.last)}


def holidays(today: date) -> list[dict[str, Any]]:
    """The federal holidays of the coming year: they need not be entered."""
    known = {**holidays_of(US_FEDERAL.holidays, today.year), **holidays_of(US_FEDERAL.holidays, today.year + 1)}
    coming = sorted(day for day in known if today <= day < today + LOOK_AHEAD and day.weekday() not in US_FEDERAL.weekend)
    return [{"day": day, "name": explain.skipped(known[day])} for day in coming]


# --- saying -------------------------------------------------------------------------------------------------------------------------


def saying(request: Request) -> None:
    """Only those who run the house go on. Raises Forbidden."""
    if request.who.role not in SAYS:
        raise Forbidden("Only a supervisor or an administrator says when an organisation is closed.")


def preview(view: View, closures: Sequence[Closure], *, again: bool = False) -> dict[str, Any]:
    """What closing (or opening again) these days moves, and what stays due on them."""
    organizations = [each.organization for each in closures]
    change = {"removed": closures} if again else {"added": closures}
    stay, due = (0, []) if again else duty.due_on(view, closures=closures, limit=STAYING)
    return {
        "again": again,
        "closures": [{"closure": each, "days": days_words(each), "name": duty_name(view, each)} for each in closures],
        "moved": duty.would_move(view, organizations=organizations, **change),
        "stay": stay,
        "due": [_due(view, each) for each in due],
        "unseen": stay - len(due),
    }


def _due(view: View, row: PromiseRow) -> dict[str, Any]:
    """A promise that stays due on a closed day, in words."""
    who = parse(row.patient_body) if row.patient_body else {}
    day = row.due.astimezone(view.zone).date()
    return {
        "patient": who.get("id", ""),
        "name": human_name(who),
        "kind": row.code,
        "what": codes.own_words(row.code, row.task),
        "day": day,
    }


def duty_name(view: View, closure: Closure) -> str:
    """What the closed team is called."""
    return dict(teams.names(view)).get(closure.organization, closure.organization)


@require_POST
@staff
def close(request: Request) -> HttpResponse:
    """Show what closing these days moves; and, when that was seen, close them."""
    saying(request)
    with request.hub.store.view(request.who) as view:
        form = ClosureForm(request.POST, known=teams.names(view), today=local_day(view.now, view.zone))
        if not form.is_valid():
            return page(request, form=form, status=422)
        if request.POST.get("seen") != "1":
            return page(request, form=form, preview=preview(view, form.closures()))
    try:
        with request.hub.store.change(request.who, because="The days a team is closed") as change:
            for each in form.closures():
                duty.close(change, organization=each.organization, first=each.first, last=each.last, reason=each.reason)
    except Invalid as refused:
        form.add_error(None, labels.refusal(refused.issues[0].text))
        return page(request, form=form, status=422)
    messages.success(request, _("These days are closed. What hangs on them has moved."))
    return redirect("closures")


@require_POST
@staff
def open_again(request: Request) -> HttpResponse:
    """Show what taking a closure back moves; and, when that was seen, take it back."""
    saying(request)
    with request.hub.store.view(request.who) as view:
        team, days = request.POST.get("team", ""), (request.POST.get("first", ""), request.POST.get("last", ""))
        known = working_days.of(view, team) if team in dict(teams.names(view)) else ()
        closure = next((each for each in known if (each.first.isoformat(), each.last.isoformat()) == days), None)
        if closure is not None and request.POST.get("seen") != "1":
            return page(request, preview=preview(view, [closure], again=True))
    try:
        if closure is None:
            raise Invalid("There is no such closure any more.")
        with request.hub.store.change(request.who, because="The days a team is closed") as change:
            duty.open_again(change, organization=team, first=closure.first, last=closure.last)
    except Invalid as refused:
        messages.error(request, labels.refusal(refused.issues[0].text))
        return redirect("closures")
    messages.success(request, _("These days are open again. What hung on them has moved."))
    return redirect("closures")


urlpatterns = [
    path("closures", index, name="closures"),
    path("closures/close", close, name="close_days"),
    path("closures/open", open_again, name="open_days"),
]
