"""Records asked of others: the board of open requests, a patient's own, the form, and what happens next to each."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from baton.desk import labels, posting, privacy_papers
from baton.desk.disclosure import whose
from baton.duties import parties, reading
from baton.duties.privacy.decisions import Recipient
from baton.duties.records import records as duty
from baton.duties.records.states import MOVES, OPEN, Request, shown
from baton.fhir.resource import human_name, split
from baton.rules.calendar import local_day
from baton.store import Invalid, View
from baton.web.gate import Request as Asking
from baton.web.gate import staff

SOURCES = ("provider", "facility", "pharmacy", "part2-program", "payer", "community", "other")


@staff
@require_GET
def index(request: Asking) -> HttpResponse:
    """Every request that is still open, the earliest due first."""
    with request.hub.store.view(request.who) as view:
        found = duty.open_ones(view)
        names = {each.patient: human_name(reading.peek(view, each.patient) or {}) for each in found}
        rows = [{**row(view, each), "name": names[each.patient]} for each in found]
    return render(request, "records/index.html", {"rows": rows})


def row(view: View, one: Request) -> dict[str, Any]:
    """A request as its template needs it: how late, what is possible, what its consent still lacks."""
    today = local_day(view.now, view.zone)
    due = one.due.astimezone(view.zone) if one.due else None
    lacking: list[str] = []
    if one.state == "needs-consent":
        source = Recipient(one.source, one.kind, one.source_reference)
        ground = duty.basis(view, patient=one.patient, source=source, purpose="TREAT")
        lacking = [labels.refusal(issue.text) for issue in ground.lacking]
    return {
        "one": one,
        "patient_id": one.patient.partition("/")[2],
        "due": due,
        "late": bool(due and due.date() < today),
        "open": one.state in OPEN,
        "moves": [verb for verb, moves in MOVES.items() if one.state in moves],
        "lacking": lacking,
        "blocked": bool(lacking),
    }


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def patient(request: Asking, patient: str) -> HttpResponse:
    """What was asked for about one patient, and the form that asks for more."""
    refused: list[str] = []
    if request.method == "POST":
        try:
            state = _ask(request, patient)
        except Invalid as refusal:
            refused = [labels.refusal(issue.text) for issue in refusal.issues]
        else:
            said = _("It waits for its consent.") if state == "needs-consent" else _("Sent; the source has five business days.")
            messages.success(request, said)
            return redirect("records-patient", patient=patient)
    with request.hub.store.view(request.who) as view:
        person = whose(view, patient)
        context = {
            "patient": patient,
            "name": human_name(person),
            "rows": [row(view, each) for each in duty.of_patient(view, f"Patient/{patient}")],
            "sources": parties.organizations(view),
            "kinds": SOURCES,
            "form": request.POST,
            "refused": refused,
        }
    return render(request, "records/patient.html", context, status=422 if refused else 200)


def _ask(request: Asking, patient: str) -> str:
    form = request.POST
    with request.hub.store.view(request.who) as view:
        found = parties.of(view, form.get("source", "")) if split(form.get("source", "")) else None
        person = whose(view, patient)
    other = Recipient(form.get("name", "").strip(), form.get("kind", "provider"))
    source = found.recipient if found else other
    source = Recipient(source.name, source.kind, source.reference, form.get("address", "").strip() or source.address)
    channels = tuple(form.getlist("channel")) or ((found.channel,) if found else ("print",))
    with request.hub.store.change(request.who, because="Records asked for") as change:
        stored = duty.ask(
            change, patient=f"Patient/{patient}", what=form.get("what", ""), source=source, channels=channels,
            needed_by=_day(form.get("needed", "")), letter=lambda asked: privacy_papers.record_request(asked, person, reminder=False),
        )  # fmt: skip
    return shown(stored.resource(), request.hub.store.zone).state


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31.")) from None


def back(request: Asking, id: str) -> HttpResponse:
    """A form about a request goes back to where it came from: the patient's page, or the list."""
    patient = request.POST.get("patient", "")
    return redirect("records-patient", patient=patient) if patient else redirect("records")


posted = posting.form(back)


def _letter(request: Asking, id: str, *, reminder: bool) -> duty.Letter:
    with request.hub.store.view(request.who) as view:
        found = view.get("CommunicationRequest", id)
        person = whose(view, found["subject"]["reference"].partition("/")[2])
    return lambda asked: privacy_papers.record_request(asked, person, reminder=reminder)


@posted
def send(request: Asking, id: str) -> str:
    """It leaves, now that nothing is in the way."""
    letter = _letter(request, id, reminder=False)
    with request.hub.store.change(request.who, because="Records asked for") as change:
        duty.send(change, request=id, letter=letter)
    return _("Sent; the source has five business days.")


@posted
def chase(request: Asking, id: str) -> str:
    """Remind the source."""
    letter = _letter(request, id, reminder=True)
    with request.hub.store.change(request.who, because="The source of records was reminded") as change:
        duty.chase(change, request=id, letter=letter)
    return _("Reminded; the clock runs anew.")


@posted
def receive(request: Asking, id: str) -> str:
    """Something came."""
    file = request.FILES.get("file")
    body = file.read() if file else request.POST.get("text", "").strip().encode()
    name, declared = (str(file.name), str(file.content_type or "")) if file else ("", "")
    with request.hub.store.change(request.who, because="Records received") as change:
        kept = duty.receive(
            change, request=id, title=request.POST.get("title", ""), body=body, name=name, declared=declared,
            of=_day(request.POST.get("of", "")), partial=bool(request.POST.get("partial")),
        )  # fmt: skip
    return _("Received, kept and labelled.") if kept.new else _("Received: the same file was on file already, so it is not kept twice.")


@posted
def refuse(request: Asking, id: str) -> str:
    """They will not send it."""
    with request.hub.store.change(request.who, because="The source refuses") as change:
        duty.refuse(change, request=id, reason=request.POST.get("reason", ""))
    return _("Noted: they refuse.")


@posted
def cancel(request: Asking, id: str) -> str:
    """Not needed any more."""
    with request.hub.store.change(request.who, because="Records no longer needed") as change:
        duty.cancel(change, request=id, reason=request.POST.get("reason", ""))
    return _("Cancelled, with your reason.")


urlpatterns = [
    path("records", index, name="records"),
    path("patients/<str:patient>/records", patient, name="records-patient"),
    *(path(f"records/<str:id>/{view.__name__}", view, name=f"records-{view.__name__}") for view in (send, chase, receive, refuse, cancel)),
]
