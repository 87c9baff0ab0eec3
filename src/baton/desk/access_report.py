"""Who saw a patient's record: a page to read with the patient, and the paper to give them, in English or Spanish."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import labels, looking_words, slips
from baton.duties.privacy import access_report as duty
from baton.duties.privacy.access_report import AccessReport, Line
from baton.paper import Facts, Heading, Notice, Paper, Rows, Text, pdf
from baton.store import Who
from baton.web.gate import Request, staff, stepped_up

SPANS = (30, 90, 365)


def _report(request: Request, patient: str) -> tuple[AccessReport, int]:
    days = int(request.GET.get("days", "90")) if request.GET.get("days", "90") in map(str, SPANS) else 90
    with request.hub.store.view(_reader(request, patient)) as view:
        until = view.now.astimezone(view.zone).date()
        return duty.report(view, patient=patient, since=until - timedelta(days=days), until=until), days


def _reader(request: Request, patient: str) -> Who:
    """As whom this patient's report is read: the privacy desk's people read it without the chart being theirs."""
    with request.hub.store.view(request.who) as view:
        return duty.reader(view, patient)


@staff
@require_GET
def page(request: Request, patient: str) -> HttpResponse:
    """The report as a page."""
    report, days = _report(request, patient)
    with request.hub.store.view(_reader(request, patient)) as view:
        slip = slips.of(view, "access-report", patient)
    context = {"report": report, "slip": slip, "days": days, "spans": SPANS, "lines": [_line(each) for each in report.people]}
    return render(request, "privacy/report.html", {**context, "hub": [_line(each) for each in report.hub]})


@stepped_up
@require_GET
@slips.asks_how
def paper(request: Request, patient: str) -> HttpResponse:
    """The report as PDF, in the language asked for."""
    asked = request.GET.get("language", "")
    report, _days = _report(request, patient)
    with request.hub.store.view(_reader(request, patient)) as view:
        slips.handed(view, "access-report", patient, slips.way(request))
    language = asked if asked in ("en", "es") else "es" if report.language.startswith("es") else "en"
    with translation.override(language):
        made = pdf(_paper(report, language, request.who.name))
    request.hub.store.note_event(request.who, "print access report", detail=slips.way(request) or "", patients=[f"Patient/{patient}"])
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="access-report.pdf"'
    return answer


def _line(line: Line) -> dict[str, Any]:
    return {
        "day": line.day,
        "when": looking_words.when(line),
        "name": line.name or _("Baton itself"),
        "role": looking_words.role(line),
        "purpose": labels.word(looking_words.PURPOSES, line.purpose),
        "act": labels.word(looking_words.ACTS, line.act),
        "count": line.count,
        "glass": _glass(line.glass),
        "behalf": line.on_behalf_of,
        "refused": line.act == "tried",
    }


def _glass(reason: str | None) -> str:
    if not reason:
        return ""
    code, _colon, words = reason.partition(": ")
    return f"{labels.word(looking_words.REASONS_SHORT, code)}: {words}" if words else labels.word(looking_words.REASONS_SHORT, code)


def _paper(report: AccessReport, language: str, by: str) -> Paper:
    lines = [_line(each) for each in report.people]
    facts = [(_("Patient"), report.name)]
    if report.birth_date:
        facts.append((_("Born"), labels.birth_day(report.birth_date)))
    facts.append((_("From, to"), f"{_date(report.since)} – {_date(report.until)}"))
    blocks: list[Any] = [Facts(facts), Text(_explained())]
    blocks += [
        Notice(f"{_date(line['day'])}, {line['when']}: {line['name']} ({line['role']}). {line['glass']}", _("Opened outside their care"))
        for line in lines
        if line["glass"]
    ]
    if not report.whole:
        blocks.append(Notice(_("There is more than fits here; ask for a shorter span.")))
    blocks.append(Heading(_("People")))
    blocks.append(_rows(lines) if lines else Text(_("Nobody has seen the record in this time.")))
    if report.hub:
        blocks += [Heading(_("Baton itself")), Text(_("Programs of the practice that read or wrote without anybody looking."))]
        blocks.append(_rows([_line(each) for each in report.hub]))
    blocks.append(Text(_("Something looks wrong? Tell the practice; its privacy desk looks into it and answers."), small=True))
    made = _("Made on %(day)s by %(name)s") % {"day": labels.long_day(report.now), "name": by}
    return Paper(_("Who has seen your record"), blocks, language=language, footer="Baton", made=made)


def _rows(lines: list[dict[str, Any]]) -> Rows:
    head = [_("When"), _("Who"), _("Role"), _("What"), _("Why")]
    rows = [
        [
            f"{_date(line['day'])}\n{line['when']}",
            line["name"] + (f"\n{_('for')} {line['behalf']}" if line["behalf"] else ""),
            line["role"],
            line["act"] + (f" ({line['count']}×)" if line["count"] > 1 else ""),
            line["glass"] or line["purpose"],
        ]
        for line in lines
    ]
    marked = frozenset(number for number, line in enumerate(lines) if line["glass"] or line["refused"])
    return Rows(head, rows, widths=(2, 2, 2, 2.4, 2.4), marked=marked)


def _explained() -> str:
    return _(
        "This lists everybody who opened your record or saw your name in a list, when, in which role and for which purpose. "
        "Several looks of one person on one day stand in one line."
    )


def _date(value: date | datetime) -> str:
    return labels.birth_day(value)


urlpatterns = [
    path("patients/<str:patient>/looks", page, name="access-report"),
    path("patients/<str:patient>/looks.pdf", paper, name="access-report-pdf"),
]
