"""The patient's page and the list of patients: forms in, duties called, pages out.

Addresses carry opaque ids and instants, never a name or any other health information; page titles neither.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baton.desk import chart_words, explain, score_svg
from baton.desk.patient_forms import NoteForm, PastForm, PreferencesForm, PromiseForm
from baton.duties import promises
from baton.duties.contact import safe_contact
from baton.duties.discharge import board as discharge_board
from baton.duties.patients import patients as duty
from baton.duties.patients.charts import PatientPage
from baton.duties.privacy import access_report
from baton.duties.team import teams
from baton.store import NotFound, access
from baton.web.gate import staff

WINDOWS = (30, 90)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The patients in one's care. Words to search for arrive in the body of a POST: a name is never part of an address."""
    text = request.POST.get("text", "").strip() if request.method == "POST" else ""
    asked = request.GET.get("state")
    state: Literal["late", "today"] | None = "late" if asked == "late" else "today" if asked == "today" else None
    with request.hub.store.view(request.who) as view:  # type: ignore[attr-defined]
        panel = duty.panel(view, text=text, state=state, after=request.GET.get("after") or None)
        in_care = view.patients_in_care()
    context = {"panel": panel, "text": text, "state": state, "further": bool(request.GET.get("after")), "in_care": in_care}
    return render(request, "patients/rows.html" if request.htmx else "patients/index.html", context)  # type: ignore[attr-defined]


@staff
@require_GET
def patient(request: HttpRequest, patient: str) -> HttpResponse:
    """One patient, now or as known on a past instant."""
    return _page(request, patient)


def _page(request: HttpRequest, patient: str, status: int = 200, **forms: Any) -> HttpResponse:
    """The page, with what was filled in where something is still amiss."""
    store = request.hub.store  # type: ignore[attr-defined]
    days = 90 if request.GET.get("days") == "90" else 30
    past = PastForm({"at": request.GET["at"]} if "at" in request.GET else None, now=store.now(), zone=store.zone)
    at: datetime | None = past.cleaned_data["at"] if past.is_bound and past.is_valid() else None
    try:
        with store.view(request.who, at=at) as view:  # type: ignore[attr-defined]
            page = duty.page(view, patient=patient, days=days)
            owners = () if at else teams.colleagues(view)
            held = () if at else view.relationships(f"Patient/{patient}")
            going_home = not at and discharge_board.of_patient(view, f"Patient/{patient}") is not None
    except NotFound:
        return _unknown(request, patient, at, past)
    who = request.who  # type: ignore[attr-defined]
    writes = () if at else tuple(each for each in WRITTEN if access.decide(who, "write", each, relationships=held).allowed)
    context = {
        "page": page,
        "drawing": score_svg.lay_out(page.score, chart_words.score_words(page)),
        "differences": [explain.difference(each, store.zone) for each in page.differences if not each.acknowledged],
        "days": days,
        "windows": WINDOWS,
        "past": past,
        "privacy": _privacy(page),
        "at": at.strftime("%Y-%m-%dT%H:%M") if at else None,
        "writes": writes,
        "going_home": going_home,
        "reported": not at and who.role not in access_report.HAND_OUT_NOTHING,
        **_forms(page, owners, who.person, writes),
        **forms,
    }
    return render(request, "patients/patient.html", context, status=status)


def _privacy(page: PatientPage) -> list[dict[str, Any]]:
    """Consents and restrictions that are in force or need something, with where they stand."""
    rows = [
        {"terms": each, "state": each.state(page.now.date())}
        for each in page.consents
        if each.kind not in (safe_contact.KIND, "portal-access", "program")
    ]
    return [row for row in rows if row["state"] in ("usable", "draft", "incomplete", "not-yet")]


def _unknown(request: HttpRequest, patient: str, at: datetime | None, past: PastForm) -> HttpResponse:
    """Nothing was known then of a patient who is known now; for anyone else, there is nothing here."""
    if at is None:
        raise NotFound("There is no such patient here.")
    with request.hub.store.view(request.who) as view:  # type: ignore[attr-defined]
        view.get("Patient", patient)
    return render(request, "patients/unknown.html", {"patient": patient, "at": at, "past": past})


WRITTEN = ("DocumentReference", "Task", "Patient", "ServiceRequest", "Communication")
"""What is written from a patient's page: notes, promises, how to talk to them, referrals, messages. Each is offered to those who may."""


def _forms(page: PatientPage, owners: Any, me: str, writes: tuple[str, ...]) -> dict[str, Any]:
    forms: dict[str, tuple[str, Callable[[], Any]]] = {
        "DocumentReference": ("note_form", lambda: NoteForm(prefix="note")),
        "Task": ("promise_form", lambda: PromiseForm(prefix="promise", today=page.now.date(), owners=owners, initial={"owner": me})),
        "Patient": ("preferences_form", lambda: PreferencesForm(prefix="preferences", page=page)),
    }
    return {name: make() for type_, (name, make) in forms.items() if type_ in writes}


@staff
@require_POST
def note(request: HttpRequest, patient: str) -> HttpResponse:
    """Add a note."""
    form = NoteForm(request.POST, prefix="note")
    if not form.is_valid():
        return _page(request, patient, 422, note_form=form)
    with request.hub.store.change(request.who, because="a note about the patient") as change:  # type: ignore[attr-defined]
        duty.note(change, patient=patient, text=form.cleaned_data["text"])
    messages.success(request, _("The note is saved."))
    return _back(patient, "notes")


@staff
@require_POST
def promise(request: HttpRequest, patient: str) -> HttpResponse:
    """Make a promise by hand."""
    store = request.hub.store  # type: ignore[attr-defined]
    with store.view(request.who) as view:  # type: ignore[attr-defined]
        owners, today = teams.colleagues(view), view.now.astimezone(view.zone).date()
    form = PromiseForm(request.POST, prefix="promise", today=today, owners=owners)
    if not form.is_valid():
        return _page(request, patient, 422, promise_form=form)
    said = form.cleaned_data
    with store.change(request.who, because="a promise made by hand") as change:  # type: ignore[attr-defined]
        promises.make_by_hand(change, patient=f"Patient/{patient}", what=said["what"], due=said["due"], owner=said["owner"])
    messages.success(request, _("The promise is on the list."))
    return _back(patient, "loops")


@staff
@require_POST
def preferences(request: HttpRequest, patient: str) -> HttpResponse:
    """State how to talk to the patient."""
    store = request.hub.store  # type: ignore[attr-defined]
    with store.view(request.who) as view:  # type: ignore[attr-defined]
        form = PreferencesForm(request.POST, prefix="preferences", page=duty.page(view, patient=patient))
    if not form.is_valid():
        return _page(request, patient, 422, preferences_form=form)
    with store.change(request.who, because="how to talk to the patient") as change:  # type: ignore[attr-defined]
        duty.contact_preferences(change, patient=patient, wanted=form.wanted(), told=form.told())
    messages.success(request, _("How to talk to them is saved."))
    return _back(patient, "contacts")


def _back(patient: str, part: str) -> HttpResponse:
    response = redirect("patient", patient=patient)
    response["Location"] += f"#{part}"
    return response


urlpatterns = [
    path("patients", index, name="patients"),
    path("patients/<str:patient>", patient, name="patient"),
    path("patients/<str:patient>/note", note, name="patient-note"),
    path("patients/<str:patient>/promise", promise, name="patient-promise"),
    path("patients/<str:patient>/preferences", preferences, name="patient-preferences"),
]
