"""Sending records: the rehearsal before anything leaves, the act, and the accounting of what left. Nothing of it stands in an address."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baton.desk import labels, privacy_papers, slips
from baton.duties import parties
from baton.duties.patients import identity
from baton.duties.privacy import accounting as accounts
from baton.duties.privacy import disclosure, links
from baton.duties.privacy.decisions import Recipient
from baton.fhir.resource import Resource, human_name, split
from baton.paper import pdf
from baton.rules import permissions
from baton.store import Conflict, Invalid, View
from baton.web.gate import Request, staff, stepped_up

DEFAULTS = {"payer": "HPAYMT", "public-health": "PUBHLTH", "patient": "PATRQT", "family": "FAMRQT", "lawyer": "HLEGAL", "court": "HLEGAL"}
"""What is usually meant by sending to somebody of this kind."""


def whose(view: View, patient: str) -> Resource:
    """The patient of a page. Raises NotFound."""
    return view.get("Patient", patient)


def recipients(view: View, patient: str) -> dict[str, list[tuple[str, str, str]]]:
    """Whom one can choose, as (value, name, what they are)."""
    known = [(str(each.recipient.reference), each.recipient.name, each.detail) for each in parties.organizations(view)]
    people = [
        (f"RelatedPerson/{each['id']}", human_name(each), "")
        for each in view.find("RelatedPerson", patient=f"Patient/{patient}")
        if each.get("active", True)
    ]
    return {"organizations": known, "people": people}


def order_of(view: View, patient: str, form: QueryDict) -> disclosure.Order:
    """What the form asks for; who is on file is taken as they are on file."""
    to = form.get("to", "")
    found = parties.of(view, to) if split(to) else None
    if found is not None:
        recipient, usual = found.recipient, found.channel
    elif to == "patient":
        person = whose(view, patient)
        recipient, usual = Recipient(human_name(person), "patient", f"Patient/{patient}"), "print"
    else:
        recipient = Recipient(form.get("name", "").strip(), form.get("kind", "other"))
        usual = "print"
    address = form.get("address", "").strip() or recipient.address
    recipient = Recipient(recipient.name, recipient.kind, recipient.reference, address)
    chosen = frozenset(form.getlist("item")) if form.get("picked") == to else None
    return disclosure.Order(
        patient=f"Patient/{patient}",
        recipient=recipient,
        purpose=form.get("purpose", "") or DEFAULTS.get(recipient.kind, "TREAT"),
        channel=form.get("channel", "") or usual,
        chosen=chosen,
        reason=form.get("reason", ""),
        paper=form.get("paper", ""),
    )


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: Request, patient: str) -> HttpResponse:
    """The rehearsal: to whom, what for; then exactly what would leave, and what stays and why."""
    return _page(request, patient)


def _page(request: Request, patient: str, status: int = 200, told: tuple[str, ...] = ()) -> HttpResponse:
    store, form = request.hub.store, request.POST
    rehearsal, refused = None, list(told)
    with store.view(request.who) as view:
        person = whose(view, patient)
        choices = recipients(view, patient)
        if request.method == "POST" and form.get("to"):
            try:
                rehearsal = disclosure.rehearse(view, order_of(view, patient, form))
            except Invalid as refusal:
                refused += [labels.refusal(issue.text) for issue in refusal.issues]
                status = 422
    context = {
        "patient": patient,
        "name": human_name(person),
        "choices": choices,
        "form": form,
        "to": form.get("to", ""),
        "rehearsal": rehearsal,
        "refused": refused,
        "purposes": permissions.PURPOSES,
        "kinds": permissions.RECIPIENTS,
        "channels": disclosure.CHANNELS,
    }
    part = request.htmx and request.htmx.target == "rehearsal"  # type: ignore[attr-defined]
    return render(request, "disclosure/rehearsal.html" if part else "disclosure/send.html", context, status=200 if part else status)


@stepped_up
@require_POST
def go(request: Request, patient: str) -> HttpResponse:
    """Let it leave, as it was rehearsed."""
    try:
        with request.hub.store.view(request.who) as view:
            order = order_of(view, patient, request.POST)
        with request.hub.store.change(request.who, because="Records sent, as rehearsed") as change:
            packet = disclosure.release(change, order, digest=request.POST.get("digest", ""), words=privacy_papers.packet)
            opens = links.code(change, links.token(change, packet.id)) if order.channel == "link" else ""
    except (Invalid, Conflict) as refusal:
        return _page(request, patient, refusal.status, tuple(labels.refusal(issue.text) for issue in refusal.issues))
    on_paper = order.channel in disclosure.ON_PAPER
    what = "print packet" if on_paper else "export packet"
    request.hub.store.note_event(request.who, what, detail=packet.reference, patients=[f"Patient/{patient}"])
    said = _("Sent, and recorded.") if not on_paper else _("The packet is ready to print, and recorded.")
    if opens:
        said = _("Sent as a link, good for 7 days. Tell them this code by telephone: %(code)s") % {"code": f"{opens[:4]} {opens[4:]}"}
    messages.success(request, said)
    response = redirect("accounting", patient=patient)
    response["Location"] += f"#packet-{packet.id}"
    return response


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def accounting(request: Request, patient: str) -> HttpResponse:
    """Who was told what, in six years; and a form for what was disclosed some other way."""
    refused: list[str] = []
    if request.method == "POST":
        refused = _elsewhere(request, patient)
        if not refused:
            messages.success(request, _("Recorded."))
            return redirect("accounting", patient=patient)
    with request.hub.store.view(request.who) as view:
        person, found = whose(view, patient), accounts.accounting(view, patient=f"Patient/{patient}")
        slip = slips.of(view, "accounting", patient)
    context = {
        "patient": patient,
        "slip": slip,
        "name": human_name(person),
        "accounting": found,
        "purposes": permissions.PURPOSES,
        "kinds": permissions.RECIPIENTS,
        "form": request.POST,
        "refused": refused,
    }
    return render(request, "disclosure/accounting.html", context, status=422 if refused else 200)


def _elsewhere(request: Request, patient: str) -> list[str]:
    form = request.POST
    to = Recipient(form.get("name", "").strip(), form.get("kind", "other"), None, form.get("address", "").strip() or None)
    try:
        with request.hub.store.change(request.who, because="A disclosure made some other way") as change:
            disclosure.elsewhere(
                change, patient=f"Patient/{patient}", recipient=to, purpose=form.get("purpose", ""),
                description=form.get("description", ""), paper=form.get("paper", ""),
            )  # fmt: skip
    except Invalid as refusal:
        return [labels.refusal(issue.text) for issue in refusal.issues]
    return []


@stepped_up
@require_GET
@slips.asks_how
def accounting_paper(request: Request, patient: str) -> HttpResponse:
    """The accounting as the patient is given it."""
    with request.hub.store.view(request.who) as view:
        person, found = whose(view, patient), accounts.accounting(view, patient=f"Patient/{patient}")
        slips.handed(view, "accounting", patient, slips.way(request))
    made = pdf(privacy_papers.accounting(found, human_name(person), identity.language(person)))
    request.hub.store.note_event(request.who, "print accounting", detail=slips.way(request) or "", patients=[f"Patient/{patient}"])
    return HttpResponse(
        made, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="accounting-{patient}.pdf"'}
    )


urlpatterns = [
    path("patients/<str:patient>/send", send, name="send"),
    path("patients/<str:patient>/send/go", go, name="send-go"),
    path("patients/<str:patient>/accounting", accounting, name="accounting"),
    path("patients/<str:patient>/accounting/paper", accounting_paper, name="accounting-paper"),
]
