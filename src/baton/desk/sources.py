"""Where it is from: the facts of a chart, each with who said it, when and where it stands; and saying so where nobody has."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from baton.desk import labels, posting
from baton.desk.disclosure import whose
from baton.duties.records import documents
from baton.duties.records import sources as duty
from baton.fhir.resource import human_name
from baton.store import Invalid
from baton.web.gate import Request, staff

KINDS: labels.Words = {
    "problem": pgettext_lazy("a fact", "problem"),
    "allergy": pgettext_lazy("a fact", "allergy"),
    "medicine": pgettext_lazy("a fact", "medicine"),
    "result": pgettext_lazy("a fact", "result"),
}
REFUSALS = (
    lazy("There is no such fact in this chart."),
    lazy("Say who said it, or in which document it stands."),
    lazy("That document is not of this patient."),
    lazy("Say the page of the document as a number."),
)


@staff
@require_GET
def page(request: Request, patient: str) -> HttpResponse:
    """The facts; with `show=unknown` those of which nobody knows where they are from."""
    with request.hub.store.view(request.who) as view:
        person = whose(view, patient)
        found = duty.of_patient(view, patient=patient)
        papers = [(each.id, each.title) for each in documents.shelf(view, patient=patient).documents]
    unknown = [each for each in found if not each.known]
    show = request.GET.get("show", "all")
    shown = unknown if show == "unknown" else found
    context = {
        "patient": patient,
        "name": human_name(person),
        "rows": [(each, labels.word(KINDS, each.kind)) for each in shown],
        "all": len(found),
        "unknown": len(unknown),
        "show": show,
        "papers": papers,
    }
    return render(request, "sources/page.html", context)


@posting.form(lambda _request, patient: redirect("sources", patient=patient))
def cite(request: Request, patient: str) -> str:
    """Say where one fact is from."""
    said = {name: request.POST.get(name, "").strip() for name in ("fact", "said_by", "document", "page")}
    if said["page"] and not said["page"].isdecimal():
        raise Invalid("Say the page of the document as a number.", expression="Provenance.entity")
    number = int(said.pop("page") or 0) or None
    with request.hub.store.change(request.who, because="Where a fact is from") as change:
        duty.cite(change, patient=patient, page=number, **said)
    return _("Written down: who says so stands beside it now.")


urlpatterns = [
    path("patients/<str:patient>/sources", page, name="sources"),
    path("patients/<str:patient>/sources/cite", cite, name="sources-cite"),
]
