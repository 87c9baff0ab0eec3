"""Medicines reconciled: who waits for it, the three lists of one patient side by side, each difference decided, signed, and on paper."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import labels, posting, slips, source_form
from baton.desk import reconciliation_words as words
from baton.desk.disclosure import whose
from baton.duties import reading
from baton.duties.patients import identity
from baton.duties.records import reconciliation as duty
from baton.duties.records.reconciliation_lists import Entry
from baton.fhir.resource import human_name, target
from baton.paper import pdf
from baton.store import NotFound
from baton.web.gate import Request, staff


@staff
@require_GET
def index(request: Request) -> HttpResponse:
    """Whose medicines are still to be reconciled, the earliest due first."""
    with request.hub.store.view(request.who) as view:
        rows = [_row(view, task, name) for task, name in duty.waiting(view)]
    return render(request, "reconciliation/index.html", {"rows": rows})


def _row(view: Any, task: dict[str, Any], name: str) -> dict[str, Any]:
    patient = str(target(task.get("for"))).partition("/")[2]
    due = reading.moment(task["restriction"]["period"]["end"], view.zone)
    sheet = duty.sheet(view, patient=patient, listing=True)
    done = len(sheet.decided) - sheet.left
    return {"patient": patient, "name": name, "due": due, "late": bool(due and due < view.now), "sheet": sheet, "done": done}


@staff
@require_GET
def page(request: Request, patient: str) -> HttpResponse:
    """One patient's lists side by side."""
    with request.hub.store.view(request.who) as view:
        person, sheet = whose(view, patient), duty.sheet(view, patient=patient)
        slip = slips.of(view, "medicines", patient) if sheet.signed else None
        papers = source_form.papers(view, patient)
    context = {
        "patient": patient,
        "name": human_name(person),
        "sheet": sheet,
        "slip": slip,
        "papers": papers,
        "rows": _side_by_side(sheet),
        "decided": [(each, labels.word(words.KINDS, each.difference.kind), words.MARKS.get(each.difference.kind, ""),
                     [(code, words.decision(code, each.difference)) for code in each.choices]) for each in sheet.decided],
        "settled": [(each.id, words.decision(each.decision, each.difference)) for each in sheet.decided if each.decision],
    }  # fmt: skip
    return render(request, "reconciliation/sheet.html", context)


PLACES = ("before", "discharge", "now")


def _side_by_side(sheet: duty.Sheet) -> list[dict[str, Any]]:
    """A row for each ingredient: what each list says of it, and how they differ."""
    rows: dict[str, dict[str, Any]] = {}
    for place, entries in (("before", sheet.lists.before), ("discharge", sheet.lists.discharge), ("now", sheet.lists.now)):
        for each in entries:
            row = rows.setdefault(
                each.ingredient.code, {"name": each.ingredient.name, "sure": True, "before": [], "discharge": [], "now": []}
            )
            row[place].append(_cell(each))
            row["sure"] = row["sure"] and each.ingredient.sure
    for key, row in rows.items():
        mine = [(each.difference, each.settled) for each in sheet.decided if each.difference.key == key]
        marks = words.MARKS
        row["tags"] = [(labels.word(words.KINDS, one.kind), "calm" if done else marks.get(one.kind, "")) for one, done in mine]
    return [rows[key] for key in sorted(rows, key=lambda each: str(rows[each]["name"]))]


def _cell(entry: Entry) -> dict[str, Any]:
    statement = entry.reference.startswith("MedicationStatement/")
    return {"words": entry.words, "ref": entry.reference, "id": entry.reference.partition("/")[2] if statement else "", "when": entry.when}


def back(request: Request, patient: str, **_more: str) -> HttpResponse:
    """Back to the lists."""
    return redirect("reconciliation", patient=patient)


@posting.form(back)
def take(request: Request, patient: str) -> str:
    """What the patient takes now: those ticked as ordered, and one more in their words."""
    form = request.POST
    text, orders = form.get("text", ""), tuple(form.getlist("order"))
    with request.hub.store.change(request.who, because="What the patient takes") as change:
        if orders:
            duty.take_as_ordered(change, patient=patient, orders=orders)
        if text.strip() or not orders:
            said = duty.takes(change, patient=patient, text=text, directions=form.get("directions", ""))
            source_form.stands_in(change, patient, said.reference, form)
    return _("Noted.")


@posting.form(back)
def untake(request: Request, patient: str, statement: str) -> str:
    """It was said by mistake, or is not taken."""
    with request.hub.store.change(request.who, because="What the patient takes, corrected") as change:
        found = change.get("MedicationStatement", statement)
        if found.get("subject", {}).get("reference") != f"Patient/{patient}":
            raise NotFound("There is nothing like that to do.")
        duty.takes_nothing_more(change, statement=statement)
    return _("Taken off the list.")


@posting.form(back)
def decide(request: Request, patient: str, difference: str) -> HttpResponse:
    """What is to be done about one difference."""
    form = request.POST
    with request.hub.store.change(request.who, because="A difference of medicines decided") as change:
        duty.decide(change, patient=patient, difference=difference, decision=form.get("decision", ""), note=form.get("note", ""))
    response = redirect("reconciliation", patient=patient)
    response["Location"] += "#differences"
    return response


@posting.form(back)
def sign(request: Request, patient: str) -> str:
    """Sign it off."""
    with request.hub.store.change(request.who, because="Medicines reconciled") as change:
        duty.sign(change, patient=patient)
    return _("Signed. The promise to reconcile is kept.")


@staff
@require_GET
@slips.asks_how
def paper(request: Request, patient: str) -> HttpResponse:
    """The signed list on paper, for the patient, in their language."""
    with request.hub.store.view(request.who) as view:
        person, signed = whose(view, patient), duty.signed_list(view, patient=patient)
        slips.handed(view, "medicines", patient, slips.way(request))
        if signed is None:
            raise NotFound("There is no such paper here.")
        reference, team, _care = reading.team_of(view, f"Patient/{patient}")
        phone = identity.phone(reading.peek(view, reference) or {}) or ""
    request.hub.store.note_event(request.who, "print medicines", detail=slips.way(request) or "", patients=[f"Patient/{patient}"])
    response = HttpResponse(pdf(words.take_home(person, signed, team, phone)), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="medicines.pdf"'
    return response


urlpatterns = [
    path("records/medicines", index, name="reconciliations"),
    path("patients/<str:patient>/medicines", page, name="reconciliation"),
    path("patients/<str:patient>/medicines/take", take, name="reconciliation-take"),
    path("patients/<str:patient>/medicines/untake/<str:statement>", untake, name="reconciliation-untake"),
    path("patients/<str:patient>/medicines/decide/<str:difference>", decide, name="reconciliation-decide"),
    path("patients/<str:patient>/medicines/sign", sign, name="reconciliation-sign"),
    path("patients/<str:patient>/medicines/paper", paper, name="reconciliation-paper"),
]
