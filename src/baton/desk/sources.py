"""Where it is from: the facts of a chart by kind, a page at a time, each with who said it, when and where it stands; and saying so."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET

from baton.desk import labels, paging, posting, source_form, source_words
from baton.desk.disclosure import whose
from baton.duties.records import sources as duty
from baton.fhir.resource import human_name
from baton.web.gate import Request, staff


def _fact(told: str) -> str:
    """A fact as an address has it, "Type/id" or "Patient/id/element", as the duty names it."""
    parts = told.split("/")
    return f"{parts[0]}/{parts[1]}#{parts[2]}" if len(parts) == 3 else told


REFUSALS = (
    lazy("There is no such fact in this chart."),
    lazy("Say who said it, or in which document it stands."),
    lazy("Say it in fewer words."),
    lazy("That document is not of this patient."),
    lazy("Say the page of the document as a number."),
)


@staff
@require_GET
def page(request: Request, patient: str) -> HttpResponse:
    """The facts of one kind, or of all; with `show=unknown` those of which nobody knows where they are from."""
    show = request.GET.get("show", "")
    kind = show if show in source_words.KINDS else ""
    with request.hub.store.view(request.who) as view:
        person = whose(view, patient)
        found = duty.listed(view, patient=patient, kind=kind, unknown=show == "unknown", start=paging.start(request), limit=paging.ROWS)
    kinds = [(each, labels.word(source_words.KINDS, each), number) for each, number in found.kinds.items() if number]
    context: dict[str, Any] = {
        "patient": patient,
        "name": human_name(person),
        "rows": found.rows,
        "kinds": kinds,
        "all": sum(found.kinds.values()),
        "unknown": found.unknown,
        "show": show if kind or show == "unknown" else "all",
        "paged": paging.paged(request, len(found.rows), found.total),
    }
    return render(request, "sources/page.html", context)


@staff
@require_GET
def fact(request: Request, patient: str, fact: str) -> HttpResponse:
    """One fact: where it is from, every writing of it, and saying where it is from."""
    with request.hub.store.view(request.who) as view:
        person = whose(view, patient)
        found, written = duty.one(view, patient=patient, fact=_fact(fact))
        papers = source_form.papers(view, patient)
    context = {"patient": patient, "name": human_name(person), "it": found, "written": written, "papers": papers, "address": fact}
    return render(request, "sources/fact.html", context)


@posting.form(lambda request, patient: redirect("source", patient=patient, fact=request.POST.get("fact", "").replace("#", "/") or "none"))
def cite(request: Request, patient: str) -> str:
    """Say where one fact is from."""
    said = {name: request.POST.get(name, "").strip() for name in ("fact", "said_by", "document", "page")}
    number = source_form.page_of(said.pop("page"))
    with request.hub.store.change(request.who, because="Where a fact is from") as change:
        duty.cite(change, patient=patient, page=number, **said)
    return _("Written down: who says so stands beside it now.")


urlpatterns = [
    path("patients/<str:patient>/sources", page, name="sources"),
    path("patients/<str:patient>/sources/cite", cite, name="sources-cite"),
    path("patients/<str:patient>/sources/<path:fact>", fact, name="source"),
]
