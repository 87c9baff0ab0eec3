"""A patient's documents: the shelf, a file that comes in, a corrected one, and each opened. No address and no file name says what it is."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods

from baton.desk import labels
from baton.desk.disclosure import whose
from baton.desk.referral_words import STATES
from baton.duties import parties
from baton.duties.records import documents as duty
from baton.fhir.resource import human_name
from baton.store import Conflict, Invalid, NotFound
from baton.web.gate import Request, staff

TYPES: labels.Words = {
    "34133-9": lazy("Summary of care"),
    "18842-5": lazy("Discharge summary"),
    "11488-4": lazy("Consult note"),
    "57133-1": lazy("Referral note"),
    "34117-2": lazy("History and physical"),
    "11506-3": lazy("Progress note"),
    "18748-4": lazy("Imaging report"),
    "11502-2": lazy("Laboratory report"),
    "51852-2": lazy("Letter"),
    "64290-0": lazy("Insurance document"),
    "59284-0": lazy("Signed consent"),
    "52033-8": lazy("Correspondence"),
}
SHOWN = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
"""What a browser shows, and the ending of its name; everything else is only ever saved."""
SAVED = {"text/plain": "txt", "text/xml": "xml", "application/xml": "xml"}
ALONE = "default-src 'none'; frame-ancestors 'none'"
REFUSALS = (
    lazy("Choose a file."),
    lazy("The file is empty."),
    lazy("The file is larger than 10 MB."),
    lazy("The file says it is something else than it is (what it is, what it says):"),
    lazy("Files come as PDF, PNG, JPEG, plain text or C-CDA documents; this is none of them."),
    lazy("The PDF is cut off."),
    lazy("The PDF is encrypted, so nobody can look into it here: send it without a password."),
    lazy("Print the PDF to a new one and send that, it has active content:"),
    lazy("The PDF is packed in a way that cannot be looked into: print it to a new PDF and send that."),
    lazy("The PDF is damaged."),
    lazy("The PDF unpacks to far more than its size."),
    lazy("The picture is damaged."),
    lazy("The picture is cut off, or something else hangs on its end."),
    lazy("The picture is damaged or far too large."),
    lazy("The text has characters that no text has."),
    lazy("The document declares entities; C-CDA documents do not."),
    lazy("Of XML and HTML only C-CDA documents come in."),
    lazy("The document has a script in it."),
    lazy("Say what it is."),
    lazy("Say it in at most 200 characters."),
    lazy("Choose what kind of document it is."),
    lazy("The day is still to come."),
    lazy("This referral is not open any more."),
    lazy("Only a document that came from outside and stands is replaced by a newer one."),
)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def shelf(request: Request, patient: str) -> HttpResponse:
    """What is on file, and the form that adds to it; with `corrects`, the form says which document the new one replaces."""
    refused: list[str] = []
    form: Any = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        try:
            kept = _added(request, patient)
        except (Invalid, Conflict) as refusal:
            refused = [labels.refusal(issue.text) for issue in refusal.issues]
        else:
            corrected = _("Kept: it takes the place of the earlier one.") if form.get("corrects") else _("Kept, and labelled by the rules.")
            messages.success(request, corrected if kept.new else _("This file is on file already: the same bytes. Nothing was added."))
            return redirect("documents", patient=patient)
    with request.hub.store.view(request.who) as view:
        person, found = whose(view, patient), duty.shelf(view, patient=patient)
        corrects = next((each for each in found.documents if each.id == form.get("corrects") and not each.ours), None)
        if corrects and request.method != "POST":
            was = duty.described(view, document=corrects.id)
            form = {"title": was.title, "code": was.code, "author": was.author, "source": was.source}
        context: dict[str, Any] = {
            "patient": patient,
            "name": human_name(person),
            "shelf": found,
            "corrects": corrects,
            "waiting": [(each, labels.word(STATES, each.state)) for each in duty.waiting(view, f"Patient/{patient}")],
            "types": [(code, TYPES[code]) for code in duty.TYPES],
            "sources": [each.recipient.name for each in parties.organizations(view)],
            "form": form,
            "chosen": request.POST.getlist("related"),
            "refused": refused,
        }
    return render(request, "documents/page.html", context, status=422 if refused else 200)


def _added(request: Request, patient: str) -> duty.Kept:
    file, form = request.FILES.get("file"), request.POST
    if file is None:
        raise Invalid("Choose a file.", expression=duty.WHOLE)
    upload = duty.checked(str(file.name), file.read(), str(file.content_type or ""))
    said = duty.Described(
        title=form.get("title", ""), code=form.get("code", ""), of=_day(form.get("of", "")), author=form.get("author", ""),
        source=form.get("source", ""), related=tuple(form.getlist("related")),
    )  # fmt: skip
    with request.hub.store.change(request.who, because="A document came") as change:
        return duty.add(change, patient=f"Patient/{patient}", upload=upload, said=said, replaces=form.get("corrects") or None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31."), expression="DocumentReference.date") from None


@staff
@require_GET
def paper(request: Request, patient: str, document: str) -> HttpResponse:
    """A document of this patient, as it is kept: what a browser can show safely is shown, anything else is saved."""
    with request.hub.store.view(request.who) as view:
        try:
            file = duty.opened(view, patient=patient, document=document)
        except ValueError:
            raise NotFound("There is no such paper here.") from None
    answer = served(file.type, file.body, document)
    if file.ours or answer["Content-Disposition"].startswith("attachment"):  # else it is shown, and the look says so
        what = f"{'print' if file.ours else 'export'} DocumentReference/{document}"
        request.hub.store.note_event(request.who, what, patients=[f"Patient/{patient}"])
    return answer


def served(stated: str, body: bytes, name: str) -> HttpResponse:
    """Bytes from outside, so that they can do nothing: one of few types, never guessed, with nothing to load and nothing to run."""
    kind = stated.partition(";")[0].strip().lower()
    known = SHOWN.get(kind) or SAVED.get(kind)
    type_ = {"text/plain": "text/plain; charset=utf-8"}.get(kind, kind) if known else "application/octet-stream"
    how = "inline" if kind in SHOWN else "attachment"
    return HttpResponse(
        body,
        content_type=type_,
        headers={
            "Content-Disposition": f'{how}; filename="{name}.{known or "bin"}"',
            "X-Content-Type-Options": "nosniff",
            # a sandbox keeps Chromium's own reader from opening a PDF; that reader is walled off already
            "Content-Security-Policy": ALONE if kind == "application/pdf" else f"{ALONE}; sandbox",
        },
    )


urlpatterns = [
    path("patients/<str:patient>/documents", shelf, name="documents"),
    path("patients/<str:patient>/papers/<str:document>", paper, name="paper"),
]
