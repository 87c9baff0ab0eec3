"""Breaking the glass: find one patient outside one's care, say why, be heard everywhere; and a second person's answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from baton.desk import labels, looking_words, posting
from baton.duties.privacy import glass as duty
from baton.rules import looking
from baton.rules.calendar import local_day
from baton.store import Invalid, NotFound
from baton.web.gate import Request, staff, stepped_up

SALT, LIVES = "glass", 15 * 60
"""A found stranger's link is good for so many seconds."""


class StrangerForm(forms.Form):
    """The whole name and date of birth of one patient."""

    family = forms.CharField(label=lazy("Family name, whole"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    given = forms.CharField(label=lazy("Given name, whole"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    born = forms.DateField(label=lazy("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class ReasonForm(forms.Form):
    """Why the chart must be opened."""

    reason = forms.ChoiceField(label=lazy("Why must you open it?"))
    words = forms.CharField(
        label=lazy("In your own words"),
        max_length=duty.LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, day: date) -> None:
        super().__init__(data, prefix="why")
        codes = looking.codes("reason", day)
        self.fields["reason"].choices = [(code, labels.word(looking_words.REASONS, code)) for code in codes]  # type: ignore[attr-defined]


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def stranger(request: Request) -> HttpResponse:
    """Find one patient outside one's care by the whole name and date of birth; what is typed stays in the body of the form."""
    breaker = duty.breaker(request.who)
    form = StrangerForm(request.POST or None, prefix="who")
    found = None
    if request.method == "POST" and form.is_valid():
        with request.hub.store.view(breaker) as view:
            found = duty.meant(view, **form.cleaned_data, second=_second(request))
        request.hub.store.note_event(request.who, "find outside care", patients=[f"Patient/{each.id}" for each in found])
    hits = [(each, signing.dumps(each.id, salt=SALT)) for each in found or ()]
    return render(request, "privacy/stranger.html", {"form": form, "found": found, "hits": hits})


@stepped_up
@require_http_methods(["GET", "HEAD", "POST"])
def break_glass(request: Request, link: str) -> HttpResponse:
    """Say why, and the chart is open; with a second person's approval where the house wants one."""
    breaker = duty.breaker(request.who)
    patient, store = _linked(link), request.hub.store
    form = ReasonForm(request.POST or None, day=local_day(store.now(), store.zone))
    with store.view(breaker) as view:
        meant = duty.stranger(view, patient=patient, second=_second(request))
    minutes = int(request.hub.settings.glass_minutes)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            with store.change(breaker, because=f"Break the glass: {said['reason']}") as change:
                _stored, at_once = duty.break_glass(
                    change,
                    role=request.who.role,
                    patient=patient,
                    reason=said["reason"],
                    words=said["words"],
                    minutes=minutes,
                    second=_second(request),
                )
        except Invalid as refusal:
            for issue in refusal.issues:
                form.add_error("words" if "words" in (issue.expression or "") else None, labels.refusal(issue.text))
        else:
            detail = f"{said['reason']}: {said['words']}"
            store.note_event(request.who, f"break-glass Patient/{patient}", detail=detail, patients=[f"Patient/{patient}"])
            if at_once:
                return redirect("patient", patient=patient)
            messages.success(request, _("Asked. The chart opens once a second person has approved; you will find it again here."))
            return redirect("stranger")
    return render(request, "privacy/break.html", {"form": form, "meant": meant, "minutes": minutes}, status=422 if form.errors else 200)


@staff
@require_POST
def mend(request: Request, patient: str) -> HttpResponse:
    """Close a chart one has opened, before its time."""
    breaker = duty.breaker(request.who)
    with request.hub.store.change(breaker, because="Glass mended") as change:
        grant = duty.mine(change, patient=patient, person=request.who.person)
        if grant is None:
            raise NotFound("Nothing is open here.")
        duty.mend(change, grant=grant.id)
    request.hub.store.note_event(request.who, f"mend-glass Patient/{patient}", patients=[f"Patient/{patient}"])
    messages.success(request, _("Closed again. What you did while it was open stays recorded."))
    return redirect("patients")


def back(request: Request, grant: str) -> HttpResponse:
    """To where those who answer see what waits."""
    return redirect("glass-approvals" if request.who.role == "supervisor" else "privacy")


@posting.form(back, gate=stepped_up)
def answer(request: Request, grant: str) -> str:
    """A second person's answer."""
    yes = request.POST.get("answer") == "yes"
    with request.hub.store.change(duty.second(request.who), because="Second person's answer to broken glass") as change:
        duty.approve(change, grant=grant, yes=yes)
    return _("Approved: the chart is open for them now.") if yes else _("Declined: the chart stays closed.")


@staff
@require_http_methods(["GET", "HEAD"])
def approvals(request: Request) -> HttpResponse:
    """Who waits for a second person."""
    with request.hub.store.view(duty.second(request.who)) as view:
        waiting = duty.asked(view)
    return render(request, "privacy/approvals.html", {"waiting": waiting, "me": request.who.person})


def _second(request: Request) -> bool:
    return bool(request.hub.settings.glass_second)


def _linked(link: str) -> str:
    try:
        return str(signing.loads(link, salt=SALT, max_age=LIVES))
    except signing.BadSignature:
        raise NotFound("This way in is over; look again.") from None


urlpatterns = [
    path("glass", stranger, name="stranger"),
    path("glass/approvals", approvals, name="glass-approvals"),
    path("glass/open/<str:link>", break_glass, name="break-glass"),
    path("glass/answer/<str:grant>", answer, name="glass-answer"),
    path("patients/<str:patient>/mend", mend, name="mend-glass"),
]
