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
from baton.duties.privacy import slips
from baton.duties.privacy.decisions import Recipient
from baton.duties.privacy.slips import Slip
from baton.duties.records import records as duty
from baton.duties.records.states import MOVES, OPEN, Request, shown
from baton.fhir.resource import Resource, human_name, split
from baton.rules.calendar import local_day
from baton.store import Conflict, Invalid, View
from baton.web.gate import Request as Asking
from baton.web.gate import staff

SOURCES = ("provider", "facility", "pharmacy", "part2-program", "payer", "community", "other")


@staff
@require_GET
def index(request: Asking) -> HttpResponse:
    """Every request that is still open, the earliest due first."""
    with request.hub.store.view(request.who) as view:
        found = duty.open_ones(view)
        people = reading.several(view, "Patient", (each.patient for each in found))
        known = slips.of_many(view, people)
        rows = [
            {**row(view, each, known[each.patient], people[each.patient]), "name": human_name(people[each.patient])}
            for each in found
            if each.patient in people
        ]
    return render(request, "records/index.html", {"rows": rows})


def row(view: View, one: Request, known: list[Resource], person: Resource) -> dict[str, Any]:
    """A request as its template needs it: how late, what is possible, what would leave, what its consent still lacks."""
    today = local_day(view.now, view.zone)
    due = one.due.astimezone(view.zone) if one.due else None
    moves = [verb for verb, legal in MOVES.items() if one.state in legal]
    found: Slip | duty.Basis | None = None
    if one.state == "needs-consent" or {"send", "chase"} & set(moves):
        found = duty.rehearse(
            view, patient=one.patient, source=one.recipient, purpose=one.purpose, channels=one.channels, known=known, person=person
        )
    lacking = [labels.refusal(issue.text) for issue in found.lacking] if isinstance(found, duty.Basis) else []
    return {
        "one": one,
        "patient_id": one.patient.partition("/")[2],
        "due": due,
        "late": bool(due and due.date() < today),
        "open": one.state in OPEN,
        "moves": moves,
        "slip": found if isinstance(found, Slip) and {"send", "chase"} & set(moves) else None,
        "lacking": lacking,
        "blocked": bool(lacking),
    }


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def patient(request: Asking, patient: str) -> HttpResponse:
    """What was asked for about one patient, and the form that asks for more: it shows what would leave before it does."""
    refused: list[str] = []
    status = 200
    if request.method == "POST" and _panel(request):
        return render(request, "records/slip.html", _shown(request, patient))
    if request.method == "POST":
        try:
            state = _ask(request, patient)
        except (Invalid, Conflict) as refusal:
            refused, status = [labels.refusal(issue.text) for issue in refusal.issues], refusal.status
        else:
            said = _("It waits for its consent.") if state == "needs-consent" else _("Sent; the source has five business days.")
            messages.success(request, said)
            return redirect("records-patient", patient=patient)
    whole = f"Patient/{patient}"
    with request.hub.store.view(request.who) as view:
        person = whose(view, patient)
        known = slips.of_many(view, [whole])[whole]
        context = {
            "patient": patient,
            "name": human_name(person),
            "rows": [row(view, each, known, person) for each in duty.of_patient(view, whole)],
            "sources": parties.organizations(view),
            "kinds": SOURCES,
            "form": request.POST,
            "ticked": request.POST.getlist("channel"),
            "refused": refused,
        }
    return render(request, "records/patient.html", {**context, **_shown(request, patient)}, status=status)


def _panel(request: Asking) -> bool:
    return bool(request.htmx and request.htmx.target == "slip")  # type: ignore[attr-defined]


def _shown(request: Asking, patient: str) -> dict[str, Any]:
    """What would leave by the form as it is filled in: the slip, or what its consent lacks."""
    with request.hub.store.view(request.who) as view:
        source, channels = _source(request, view)
        if not source.name:
            return {"slip": None, "lacking": []}
        found = duty.rehearse(view, patient=f"Patient/{patient}", source=source, purpose="TREAT", channels=channels)
    if isinstance(found, duty.Basis):
        return {"slip": None, "lacking": [labels.refusal(issue.text) for issue in found.lacking]}
    return {"slip": found, "lacking": []}


def _source(request: Asking, view: View) -> tuple[Recipient, tuple[str, ...]]:
    """Whom the form asks, and by which ways; who is on file is taken as they are on file."""
    form = request.POST
    found = parties.of(view, form.get("source", "")) if split(form.get("source", "")) else None
    source = found.recipient if found else Recipient(form.get("name", "").strip(), form.get("kind", "provider"))
    source = Recipient(source.name, source.kind, source.reference, form.get("address", "").strip() or source.address)
    return source, tuple(form.getlist("channel")) or ((found.channel,) if found else ("print",))


def _ask(request: Asking, patient: str) -> str:
    form = request.POST
    with request.hub.store.view(request.who) as view:
        source, channels = _source(request, view)
        person = whose(view, patient)
    with request.hub.store.change(request.who, because="Records asked for") as change:
        stored = duty.ask(
            change, patient=f"Patient/{patient}", what=form.get("what", ""), source=source, channels=channels,
            needed_by=_day(form.get("needed", "")), letter=lambda asked: privacy_papers.record_request(asked, person, reminder=False),
            seen=form.get("digest", ""),
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
        duty.send(change, request=id, letter=letter, seen=request.POST.get("digest", ""))
    return _("Sent; the source has five business days.")


@posted
def chase(request: Asking, id: str) -> str:
    """Remind the source."""
    letter = _letter(request, id, reminder=True)
    with request.hub.store.change(request.who, because="The source of records was reminded") as change:
        duty.chase(change, request=id, letter=letter, seen=request.POST.get("digest", ""))
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
