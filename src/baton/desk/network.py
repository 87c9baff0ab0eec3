"""The people around a patient: who may be told what, on which ground and until when; how each is reached; somebody added or ended."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import chart_words, labels, posting
from baton.desk import message_words as words
from baton.desk.threads import languages, said
from baton.duties.patients import identity
from baton.duties.patients import network as duty
from baton.duties.patients.charts import Preferences
from baton.duties.privacy import consents
from baton.store import Invalid, View
from baton.web.gate import Request, staff


@require_GET
@staff
def page(request: Request, patient: str) -> HttpResponse:
    """Everybody around the patient, with what they may be told today."""
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        people = duty.of_patient(view, f"Patient/{patient}")
        signed = _consents(view, patient)
        today = view.now.astimezone(view.zone).date()
        writes = view.decide("write", "RelatedPerson", patient=f"Patient/{patient}").allowed
    context = {
        "writes": writes,
        "patient": patient,
        "who_is": identity.identity(person, today),
        "wants": identity.preferences(person),
        "people": [{"person": each, "languages": languages(each.wants.language)} for each in people],
        "told": [(code, labels.word(words.TOLD, code)) for code in identity.TOLD],
        "sources": [(code, labels.word(words.SOURCES, code)) for code in duty.SOURCES],
        "channels": [(code, labels.word(chart_words.CHANNELS, code)) for code in identity.CHANNELS],
        "consents": signed,
        "today": today.isoformat(),
    }
    return render(request, "network/page.html", context)


def _consents(view: View, patient: str) -> list[tuple[str, str]]:
    """The patient's authorizations that are in force: what a permission may rest on."""
    day = view.now.astimezone(view.zone).date()
    found = [
        each for each in consents.of_patient(view, f"Patient/{patient}") if each.kind == "authorisation" and each.state(day) == "usable"
    ]
    return [(each.reference, each.description) for each in found]


def back(request: Request, patient: str) -> HttpResponse:
    """To the page it came from."""
    return redirect("network", patient=patient)


posted = posting.form(back)


def whose(request: Request, patient: str) -> str:
    """The person a form is about. Raises Invalid when they are not of this patient."""
    person = said(request, "person")
    with request.hub.store.view(request.who) as view:
        if person not in {each.ref for each in duty.of_patient(view, f"Patient/{patient}")}:
            raise Invalid(_("There is nobody of that name close to the patient."))
    return person


def day(request: Request, name: str) -> date | None:
    """A day of the form. Raises Invalid."""
    try:
        return date.fromisoformat(said(request, name)) if said(request, name) else None
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31.")) from None


@posted
def permit(request: Request, patient: str) -> str:
    """What somebody may be told, on which ground and until when."""
    person, consent = whose(request, patient), said(request, "consent")
    source = said(request, "source") or None
    with request.hub.store.change(request.who, because="What somebody close to the patient may be told") as change:
        duty.permit(
            change, person=person, told=said(request, "told") or None, source=source, until=day(request, "until"),
            consent=consent if source == "consent" and consent else None,
        )  # fmt: skip
    return _("Saved: it holds from now on, also for what was written before.")


@posted
def describe(request: Request, patient: str) -> str:
    """How somebody is best reached."""
    person = whose(request, patient)
    wanted: dict[str, Any] = {
        "language": said(request, "language") or None,
        "interpreter": bool(said(request, "interpreter")),
        "channel": said(request, "channel") or None,
        "best_time": said(request, "best_time") or None,
        "voicemail_ok": {"yes": True, "no": False}.get(said(request, "voicemail")),
        "note": said(request, "note") or None,
    }
    with request.hub.store.change(request.who, because="How somebody close to the patient is reached") as change:
        duty.describe(change, person=person, wanted=Preferences(**wanted), phone=said(request, "phone"), email=said(request, "email"))
    return _("How to talk to them is saved.")


@posted
def add(request: Request, patient: str) -> str:
    """Somebody close to the patient."""
    with request.hub.store.change(request.who, because="Somebody close to the patient") as change:
        duty.add(
            change, patient=f"Patient/{patient}", name=said(request, "name"), relation=said(request, "relation"),
            phone=said(request, "phone"), email=said(request, "email"), born=day(request, "born"),
        )  # fmt: skip
    return _("Added. Until the patient was asked, they are told nothing.")


@posted
def end(request: Request, patient: str) -> str:
    """They are no longer a contact."""
    person = whose(request, patient)
    with request.hub.store.change(request.who, because="No longer a contact of the patient") as change:
        duty.end(change, person=person)
    return _("They are no longer a contact, and are told nothing more.")


urlpatterns = [
    path("patients/<str:patient>/network", page, name="network"),
    *(
        path(f"patients/<str:patient>/network/{view.__name__}", view, name=f"network-{view.__name__}")
        for view in (permit, describe, add, end)
    ),
]
