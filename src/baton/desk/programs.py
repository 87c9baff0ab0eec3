"""The programs room: the panel of a population with its filters, and the page of one program."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import labels, posting
from baton.desk import program_words as words
from baton.duties.programs import packs as program_packs
from baton.duties.programs import population as duty
from baton.duties.programs.population import Filters
from baton.packs.assessments import library
from baton.store import Invalid, programs
from baton.web.gate import Request, staff

WIDTH, HEIGHT = 96, 24


def day_of(request: Request, name: str) -> date | None:
    """A day of a form; None when it is empty. Raises Invalid when it is none."""
    said = request.POST.get(name, "").strip()
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise Invalid("Write the day as 2026-07-31.") from None


def need_day(request: Request, name: str) -> date:
    """A day of a form that must be there. Raises Invalid."""
    found = day_of(request, name)
    if found is None:
        raise Invalid("Write the day as 2026-07-31.")
    return found


def narrowed(filters: Filters, **more: Any) -> str:
    """The address with some filters set otherwise; what is set so already is taken away."""
    parts = filters.parts()
    for name, value in more.items():
        if parts.get(name) == str(value) or not value:
            parts.pop(name, None)
        else:
            parts[name] = str(value)
        if name == "program":
            parts.pop("phase", None)
    return "?" + urlencode(parts)


@require_GET
@staff
def panel(request: Request) -> HttpResponse:
    """A population, narrowed, the most pressing first."""
    filters = duty.filters_of(request.GET.dict())
    asked = request.GET.get("page", "1")
    with request.hub.store.view(request.who) as view:
        page = duty.population(view, filters=filters, page=int(asked) if asked.isdecimal() else 1)
        contradictions = duty.contradictions(view)
        today = view.now.astimezone(view.zone).date()
    own = get_language()
    context = {
        "page": page,
        "today": today,
        "rows": [_row(each, page, own) for each in page.rows],
        "programs": [
            ("", _("Any program"), sum(count for _c, _t, count in page.programs), narrowed(filters, program=""), not filters.program),
            *(
                (code, title.said(own), count, narrowed(filters, program=code), filters.program == code)
                for code, title, count in page.programs
            ),
            ("-", _("In no program"), None, narrowed(filters, program="-"), filters.program == "-"),
            ("*", _("Everyone in care"), None, narrowed(filters, program="*"), filters.program == "*"),
        ],
        "phases": [
            (code, title.said(own), count, narrowed(filters, phase=code), filters.phase == code) for code, title, count in page.phases
        ],
        "chips": _chips(filters),
        "saved": [(each, "?" + urlencode(each.filters.parts())) for each in page.saved],
        "filters": filters.parts(),
        "before": "?" + urlencode({**filters.parts(), "page": page.page - 1}) if page.page > 1 else "",
        "after": "?" + urlencode({**filters.parts(), "page": page.page + 1}) if page.page < page.pages else "",
        "contradictions": contradictions,
        "boards": [each.said(own) for each in page.boards],
        "most": duty.MOST,
    }
    return render(request, "programs/panel.html", context)


def _chips(filters: Filters) -> list[tuple[str, str, bool]]:
    """(words, address, whether it is on) of the filters that are one click."""
    chips = [
        (_("Risk: %(level)s") % {"level": labels.word(words.RISKS, each)}, narrowed(filters, risk=each), filters.risk == each)
        for each in duty.RISKS
    ]
    chips.append((_("Something overdue"), narrowed(filters, late=1), filters.late))
    chips.append((_("Unmet needs"), narrowed(filters, needs=1), filters.needs))
    chips.append((_("Back in hospital within 30 days"), narrowed(filters, back=1), filters.back))
    for days in duty.SILENT:
        chips.append((_("Not reached for %(n)s days") % {"n": days}, narrowed(filters, silent=days), filters.silent == days))
    for state in ("planned", "waitlist", "onhold"):
        chips.append((labels.word(words.STATES, state), narrowed(filters, status=state), filters.status == state))
    return chips


def _row(row: duty.Row, page: duty.Population, own: str | None) -> dict[str, Any]:
    title = next((title.said(own) for code, title, _c in page.programs if code == row.program), "")
    known = page.titles.get((row.program, row.phase))
    phase = known.said(own) if known else row.phase
    return {
        "it": row,
        "program": title,
        "phase": phase if row.status == "active" else labels.word(words.STATES, row.status),
        "risk": labels.word(words.RISKS, row.risk),
        "mark": words.RISK_MARKS.get(row.risk, ""),
        "line": sparkline(row.weights),
        "first": row.weights[0] if row.weights else None,
        "last": row.weights[-1] if row.weights else None,
    }


def sparkline(values: tuple[float, ...]) -> str:
    """The points of a line through values, in a box of WIDTH × HEIGHT; empty for fewer than two."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    step, span = WIDTH / (len(values) - 1), (high - low) or 1
    return " ".join(f"{number * step:.0f},{HEIGHT - 3 - (value - low) / span * (HEIGHT - 6):.0f}" for number, value in enumerate(values))


def back(request: Request, *_args: str, **_kwargs: str) -> HttpResponse:
    """Back to the panel as it was narrowed."""
    return redirect(f"{reverse('programs')}?{urlencode(duty.filters_of(request.POST.dict()).parts())}")


posted = posting.form(back)


@posted
def save(request: Request) -> str:
    """Keep a filter under a name, for the team."""
    with request.hub.store.change(request.who, because="A view of the population is saved") as change:
        duty.save(change, name=request.POST.get("name", ""), filters=duty.filters_of(request.POST.dict()))
    return _("Saved for your team.")


@posted
def forget(request: Request, view: str) -> str:
    """Take a saved filter away."""
    with request.hub.store.change(request.who, because="A view of the population is taken away") as change:
        duty.forget(change, view=view)
    return _("Taken away.")


@posted
def reach(request: Request) -> str:
    """Promise the same to everybody who is meant."""
    filters = duty.filters_of(request.POST.dict())
    with request.hub.store.change(request.who, because="Reaching out to a population") as change:
        count = duty.reach_out(change, filters=filters, what=request.POST.get("what", ""), due=need_day(request, "due"))
    return _("Promised to %(n)s people; it stands on Today.") % {"n": count}


@require_GET
@staff
def program(request: Request, code: str) -> HttpResponse:
    """One program: who may enter, its phases with what they owe, how it goes, and who says so."""
    with request.hub.store.view(request.who) as view:
        found = program_packs.current(view, code)
        counted = programs.phases(view).get(code, {})
        figures = duty.figures(view, program=code)
    own = get_language()
    titles = {each.code: each.title.said(own) for each in found.phases}
    context = {
        "program": found,
        "title": found.title.said(own),
        "phases": [
            {
                "it": each,
                "title": titles[each.code],
                "count": sum(count for (phase, _s), count in counted.items() if phase == each.code),
                "following": [titles[other] for other in each.following if other in titles],
                "steps": [(step.title.said(own), step, labels.word(words.STRENGTHS, step.strength), _asked(step)) for step in each.steps],
            }
            for each in found.phases
        ],
        "description": found.description.said(own),
        "entry": [(each.excluding, each.words.said(own)) for each in found.entry],
        "goals": [(each.text.said(own), each.barrier.said(own)) for each in found.goals],
        "interventions": [(each.title.said(own), each.source, labels.word(words.STRENGTHS, each.strength)) for each in found.interventions],
        "boards": [each.title.said(own) for each in found.boards],
        "clocks": [(each, each.title.said(own)) for each in found.clocks],
        "watches": [(each, each.title.said(own), [(rise, rise.title.said(own)) for rise in each.rises]) for each in found.watches],
        "families": [labels.word(words.FAMILIES, each) for each in found.minutes],
        "reasons": [labels.word(words.REASONS, each) for each in found.close_reasons],
        "left": [(labels.word(words.REASONS, reason), count) for reason, count in figures.left],
        "figures": figures,
    }
    return render(request, "programs/program.html", context)


def _asked(step: program_packs.Step) -> str:
    assessment = library().get(step.asks or "")
    return words.assessment_title(assessment) if assessment else ""


urlpatterns = [
    path("programs", panel, name="programs"),
    path("programs/save", save, name="population-save"),
    path("programs/reach", reach, name="population-reach"),
    path("programs/views/<str:view>/forget", forget, name="population-forget"),
    path("programs/<str:code>", program, name="program"),
]
