"""The inbound desk: what arrived without its patient, whose it may be side by side with the reasons, and what a person says about it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods

from baton.desk import labels, posting
from baton.desk.documents import TYPES, served
from baton.duties import parties
from baton.duties.records import documents, inbound_reader
from baton.duties.records import inbound as duty
from baton.duties.records.inbound_states import Paper
from baton.fhir.resource import human_name
from baton.rules import matching
from baton.rules.matching import Said
from baton.store import Invalid, NotFound, View
from baton.web.gate import Request, staff

IDENTIFIERS: labels.Words = {
    "name": lazy("name"), "birth-date": lazy("date of birth"), "mrn": lazy("record number"), "phone": lazy("telephone"),
    "postcode": lazy("postal code"), "gender": lazy("sex"),
}  # fmt: skip
VERDICTS: labels.Words = {
    "same": lazy("the same"), "close": lazy("one slip apart"), "unreadable": lazy("fits where it can be read"), "differs": lazy("differs"),
}  # fmt: skip
MARKS = {"same": "calm", "close": "soon", "unreadable": "soon", "differs": "late"}
REFUSALS = (
    lazy("Somebody has dealt with it meanwhile: look again."),
    lazy("A second person agrees: not the one who proposed it."),
    lazy("It is not certain whose it is: one proposes, another agrees."),
    lazy("A document gets its patient at the inbound desk, and loses one there."),
    lazy("Only a document that came from outside is taken out of a chart."),
    lazy("A paper that waits is not deleted: file it, or set it aside with a reason."),
    lazy("Write the date of birth as 1943-04-12, with ? for a digit that cannot be read."),
    lazy("Choose the sex as the paper says it."),
    lazy("Say whose it is."),
)
PICTURES = ("image/png", "image/jpeg")
LONGEST_SHOWN = 4000


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request) -> HttpResponse:
    """What arrived, the one that is looked at, and whose it may be; and the form by which something comes."""
    refused: list[str] = []
    if request.method == "POST":
        try:
            return _came(request)
        except Invalid as refusal:
            refused = [labels.refusal(issue.text) for issue in refusal.issues]
    with request.hub.store.view(request.who) as view:
        waiting, aside = duty.waiting(view), duty.waiting(view, "set-aside")
        chosen = request.GET.get("paper", "")
        at = next((each for each in (*waiting, *aside) if each.id == chosen), waiting[0] if waiting and not chosen else None)
        context = {
            "waiting": waiting, "aside": aside, "at": at, "form": request.POST, "refused": refused, "me": request.who.person,
            "types": [(code, TYPES[code]) for code in documents.TYPES],
            "sources": [each.recipient.name for each in parties.organizations(view)],
            **(_question(view, at) if at else {}),
        }  # fmt: skip
    return render(request, "inbound/page.html", context, status=422 if refused else 200)


def _question(view: View, at: Paper) -> dict[str, Any]:
    """The paper that is looked at, as its template needs it."""
    paper, question, found = duty.proposals(view, at.id)
    try:
        file = duty.content(view, paper.id)
    except NotFound:
        file = None
    text = file.body.decode("utf-8", errors="replace")[:LONGEST_SHOWN] if file and file.type.startswith("text/plain") else None
    proposed = next((each for each in found if each.candidate.reference == paper.patient), None)
    points = [each.points for each in question.candidates]
    likely = points[0] if points and points.count(points[0]) == 1 else None
    return {
        "paper": paper,
        "said": _said(paper.said),
        "masked": file is None,
        "picture": file is not None and file.type in PICTURES,
        "text": text,
        "kind": labels.word(TYPES, paper.code),
        "proposed": proposed,
        "found": [(each, _reasons(each), each.candidate.points == likely) for each in found],
        "hidden": len(question.candidates[:6]) - len(found),
    }


def _said(said: Said) -> list[tuple[str, str]]:
    values = {"name": said.name, "birth-date": said.birth, "mrn": said.mrn or ", ".join(said.ids), "phone": said.phone}
    return [(labels.word(IDENTIFIERS, name), value) for name, value in values.items() if value]


def _reasons(proposal: duty.Proposal) -> list[tuple[str, str, str]]:
    """How each identifier agrees: its name, the verdict in words, and its mark."""
    return [
        (labels.word(IDENTIFIERS, name), labels.word(VERDICTS, verdict), MARKS[verdict]) for name, verdict in proposal.candidate.reasons
    ]


def _came(request: Request) -> HttpResponse:
    file, form = request.FILES.get("file"), request.POST
    if file is None:
        raise Invalid("Choose a file.", expression=documents.WHOLE)
    upload = documents.checked(str(file.name), file.read(), str(file.content_type or ""))
    said = inbound_reader.filled(_typed(request), upload)
    with request.hub.store.change(request.who, because="A paper came") as change:
        arrived = duty.receive(
            change, upload=upload, said=said, title=form.get("title", ""), code=form.get("code", documents.TYPES[0]),
            of=_day(form.get("of", "")), source=form.get("source", ""),
        )  # fmt: skip
    with request.hub.store.view(request.who) as view:
        became = duty.became(view, arrived.id)
        name = human_name(view.get(*became.patient.split("/", 1))) if became.patient else ""
    if not arrived.new:
        messages.success(request, _("This came before: the same bytes. Nothing was added."))
    elif became.state == "filed":
        filed = _("It is certain whose it is: filed to %(name)s.") % {"name": name} if name else _("It is certain whose it is: filed.")
        messages.success(request, filed)
    else:
        messages.success(request, _("It waits until it is known whose it is."))
    return to(request, arrived.id) if became.state in ("waiting", "proposed") else redirect("arrived")


def _typed(request: Request) -> Said:
    form = request.POST
    name, mrn, phone = (form.get(each, "").strip() for each in ("name", "mrn", "phone"))
    try:
        birth = matching.birth(form.get("birth", ""))
    except ValueError:
        text = "Write the date of birth as 1943-04-12, with ? for a digit that cannot be read."
        raise Invalid(text, expression="Patient.birthDate") from None
    return Said(name=name, birth=birth, mrn=mrn, phone=phone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31."), expression="DocumentReference.date") from None


def to(request: Request, document: str) -> HttpResponse:
    """Back to the desk, to this paper while it waits."""
    return redirect(f"{reverse('arrived')}?paper={document}")


def to_next(request: Request, document: str) -> HttpResponse:
    """Back to the desk, to what waits now."""
    return redirect("arrived")


@staff
@require_GET
def paper(request: Request, document: str) -> HttpResponse:
    """The paper itself, as it came."""
    with request.hub.store.view(request.who) as view:
        file = duty.content(view, document)
    answer = served(file.type, file.body, document)
    if answer["Content-Disposition"].startswith("attachment"):
        request.hub.store.note_event(request.who, f"export DocumentReference/{document}")
    return answer


@posting.form(to_next)
def file(request: Request, document: str) -> HttpResponse | str:
    """It is this patient's."""
    form = request.POST
    patient, answers = form.get("patient", ""), tuple(each for each in form.getlist("answers") if each)
    with request.hub.store.change(request.who, because="Whose a paper is") as change:
        state = duty.file(change, document=document, patient=patient, answers=answers, replaces=form.get("replaces") or None)
    if state == "filed":
        return _("Filed.")
    messages.success(request, _("Proposed. It is filed as soon as a second person agrees."))
    return to_next(request, document)


@posting.form(to)
def agree(request: Request, document: str) -> HttpResponse:
    """A second person says so too."""
    with request.hub.store.change(request.who, because="Whose a paper is, agreed") as change:
        duty.agree(change, document=document)
    messages.success(request, _("Agreed and filed."))
    return redirect("arrived")


@posting.form(to)
def disagree(request: Request, document: str) -> str:
    """A second person does not."""
    with request.hub.store.change(request.who, because="Whose a paper is, not agreed") as change:
        duty.disagree(change, document=document, reason=request.POST.get("reason", ""))
    return _("It waits again.")


@posting.form(to)
def set_aside(request: Request, document: str) -> HttpResponse:
    """It is nobody's here."""
    with request.hub.store.change(request.who, because="A paper set aside") as change:
        duty.set_aside(change, document=document, reason=request.POST.get("reason", ""))
    messages.success(request, _("Set aside, with your reason."))
    return redirect("arrived")


@posting.form(to)
def take_up(request: Request, document: str) -> str:
    """It is looked at again."""
    with request.hub.store.change(request.who, because="A paper taken up again") as change:
        duty.take_up(change, document=document)
    return _("It waits again.")


@posting.form(to)
def describe(request: Request, document: str) -> str:
    """What it says of its patient, read again."""
    said = _typed(request)
    with request.hub.store.change(request.who, because="A paper read again") as change:
        duty.describe(change, document=document, said=said)
    return _("Noted. Whose it may be was looked for again.")


def to_shelf(request: Request, patient: str, document: str) -> HttpResponse:
    """Back to the patient's documents."""
    return redirect("documents", patient=patient)


@posting.form(to_shelf)
def wrong(request: Request, patient: str, document: str) -> str:
    """It is in the wrong chart."""
    with request.hub.store.change(request.who, because="A document in the wrong chart") as change:
        found = change.get("DocumentReference", document)
        if found.get("subject", {}).get("reference") != f"Patient/{patient}":
            raise NotFound("There is no such paper here.")
        duty.wrong(change, document=document, reason=request.POST.get("reason", ""))
    return _("Taken out of this chart. It waits at the inbound desk, and the privacy desk knows who saw it here.")


urlpatterns = [
    path("records/arrived", page, name="arrived"),
    path("records/arrived/<str:document>/paper", paper, name="arrived-paper"),
    *(
        path(f"records/arrived/<str:document>/{view.__name__.replace('_', '-')}", view, name=f"arrived-{view.__name__.replace('_', '-')}")
        for view in (file, agree, disagree, set_aside, take_up, describe)
    ),
    path("patients/<str:patient>/documents/<str:document>/wrong", wrong, name="document-wrong"),
]
