"""Today: the coordinator's worklist and the panel of its selected row; whole pages and parts of them from the same address parameters."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import Any, Literal
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import explain, labels, rooms
from baton.duties.team import teams
from baton.duties.today import caseload
from baton.duties.today.caseload import Filters, Today
from baton.duties.today.rows import Row, Sheet, State
from baton.packs.assessments import library
from baton.store import Refused
from baton.web.gate import Request, staff

PAGE, MOST = 50, 1000
OWN = ("whose", "kind", "state", "team", "q")
"""The parameters of the address that narrow the list; `task` is the selected row."""
Whose = Literal["mine", "team", "everyone"]
STATES: tuple[State, ...] = ("late", "today", "coming", "waiting")
OUTCOMES = tuple(labels.OUTCOMES)
LANGUAGES = ("en", "es", "zh", "vi", "tl", "ko", "ru", "ar", "ht", "pt", "fr", "so", "ase")


# --- looking ------------------------------------------------------------------------------------------------------------------------


def index(request: HttpRequest) -> HttpResponse:
    """`/` is where one's day begins: Today, for most."""
    return redirect(rooms.rail(getattr(request, "who", None)).home.route)


@require_GET
@staff
def today(request: Request) -> HttpResponse:
    """The page of the day, with the panel of the selected row (the first, unless the address says another)."""
    filters = read_filters(request.GET, request)
    with request.hub.store.view(request.who) as view:
        page = caseload.today(view, filters=filters, limit=shown(request), after=request.GET.get("after"))
        task = request.GET.get("task") or (page.rows[0].task if page.rows else None)
        sheet = find_sheet(view, task)
        people = teams.colleagues(view) if sheet else ()
    context = {**list_context(request, page, task), **(sheet_context(request, sheet, page.rows, people) if sheet else {})}
    return render(request, "caseload/today.html", context)


@require_GET
@staff
def rows(request: Request) -> HttpResponse:
    """The list alone: refreshed by the page's own polling (204 when nothing changed), or continued from a cursor."""
    after = request.GET.get("after")
    with request.hub.store.view(request.who) as view:
        page = caseload.today(view, filters=read_filters(request.GET, request), limit=shown(request), after=after)
    context = list_context(request, page, request.GET.get("task"))
    if after:
        return render(request, "caseload/more.html", context)
    if context["seen"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "caseload/refresh.html", context)


@require_GET
@staff
def panel(request: Request) -> HttpResponse:
    """The side panel of one row."""
    with request.hub.store.view(request.who) as view:
        sheet = find_sheet(view, request.GET.get("task"))
        people = teams.colleagues(view) if sheet else ()
    return render(request, "caseload/sheet.html", sheet_context(request, sheet, (), people) if sheet else {"gone": True})


def find_sheet(view: Any, task: str | None) -> Sheet | None:
    """The panel's content; None when there is no such row any more (closed by somebody else, say)."""
    try:
        return caseload.sheet(view, task=task) if task else None
    except Refused:
        return None


def read_filters(query: QueryDict, request: Request) -> Filters:
    """The filters an address holds; what makes no sense is left out. Everyone's work only for those who see everyone."""
    whose = next((each for each in allowed(request) if each == query.get("whose")), default_whose(request))
    state = next((each for each in STATES if each == query.get("state")), None)
    return Filters(whose=whose, kind=query.get("kind") or None, state=state, team=query.get("team") or None, q=query.get("q", "")[:80])


def allowed(request: Request) -> tuple[Whose, ...]:
    """Whose work this person may ask for."""
    return ("mine", "team", "everyone") if request.who.sees_everyone else ("mine", "team")


def default_whose(request: Request) -> Whose:
    """Whose work is shown unasked: one's teams', or everyone's for those who belong to none."""
    return "team" if request.who.teams else "everyone" if request.who.sees_everyone else "mine"


def shown(request: Request) -> int:
    """How many rows to show: a page, or as many as the reader had opened."""
    asked = request.GET.get("rows", "")
    return min(max(int(asked), PAGE), MOST) if asked.isdigit() else PAGE


def narrowed(query: QueryDict) -> dict[str, str]:
    """The filters of an address as parameters, to be carried along."""
    return {name: str(query[name]) for name in OWN if query.get(name)}


def list_context(request: Request, page: Today, task: str | None) -> dict[str, Any]:
    """What the list's templates need."""
    own = narrowed(request.GET)
    order = {state: number for number, state in enumerate(STATES)}
    return {
        "page": page,
        "filters": page.filters,
        "groups": grouped(sorted(page.rows, key=lambda row: order[row.state]), page),
        "selected": task,
        "prefix": "?" + urlencode({**own, "task": ""}),
        "own": urlencode(own),
        "seen": digest(page),
        "nav_today": page.counts.late + page.counts.today,
        "whose": allowed(request),
        "usual": default_whose(request),
        "states": STATES,
        "chosen_team": dict(page.teams).get(page.filters.team or ""),
        "tiles": tiles(page),
    }


def grouped(ordered: list[Row], page: Today) -> list[dict[str, Any]]:
    """The rows under their states, with how many each state has in all."""
    counts = {"late": page.counts.late, "today": page.counts.today, "coming": page.counts.coming, "waiting": page.counts.waiting}
    groups = [{"state": state, "count": counts[state], "rows": [row for row in ordered if row.state == state]} for state in STATES]
    return [group for group in groups if group["rows"]]


def tiles(page: Today) -> list[dict[str, Any]]:
    """The counts above the list: those that are states filter by it, the others have a list of their own."""
    counts = page.counts
    since = labels.weekday(counts.discharged_since)
    return [
        {"state": "late", "mark": "late", "count": counts.late, "name": _("overdue")},
        {"state": "today", "mark": "soon", "count": counts.today, "name": _("due today")},
        {"list": "discharged", "mark": "", "count": counts.discharged_recently, "name": _("discharged since %(day)s") % {"day": since}},
        {"state": "waiting", "mark": "wait", "count": counts.waiting, "name": _("waiting on someone else")},
        {"list": "closed", "mark": "calm", "count": counts.closed_week, "name": _("closed this week")},
    ]


def digest(page: Today) -> str:
    """A short mark of what the list says, without who is selected: the same mark, the same list."""
    said = [(row.task, row.version, row.patient_name, row.state, labels.due_words(row), row.owner) for row in page.rows]
    return blake2b(repr((said, page.counts, page.more)).encode(), digest_size=8).hexdigest()


def sheet_context(request: Request, sheet: Sheet, listed: tuple[Row, ...], people: Any) -> dict[str, Any]:
    """What the panel's templates need."""
    zone = request.hub.settings.zone
    now = request.hub.store.now().astimezone(zone)
    tasks = [row.task for row in listed]
    here = tasks.index(sheet.row.task) if sheet.row.task in tasks else -1
    return {
        "sheet": sheet,
        "row": sheet.row,
        "who_is": sheet.identity,
        "patient_reference": f"Patient/{sheet.identity.id}",
        "trace": explain.trace(sheet.trace, zone),
        "differences": [explain.difference(each, zone) for each in sheet.differences if not each.acknowledged],
        "checklist": [(code, labels.word(explain.CHECKLIST, code)) for code in sheet.checklist],
        "outcomes": [(str(number), code) for number, code in enumerate(OUTCOMES, 1)],
        "call_languages": [(code, labels.language_name(code)) for code in call_languages(sheet)],
        "people": people,
        "own": urlencode(narrowed(request.GET)),
        "next": tasks[here + 1] if 0 <= here < len(tasks) - 1 else tasks[here - 1] if here > 0 else "",
        "snooze_until": sheet.row.due.date().isoformat(),
        "tomorrow": (now + timedelta(days=1)).date().isoformat(),
        "complexity": sheet.row.why.facts.get("complexity", "unknown"),
        "complexities": ("high", "moderate", "low"),
        "asks": library().get(str(sheet.trace.fact("ask"))),
    }


def call_languages(sheet: Sheet) -> tuple[str, ...]:
    """Languages to choose from for a call: the patient's own first."""
    own = sheet.identity.language
    return tuple(dict.fromkeys((own, *LANGUAGES))) if own else LANGUAGES


urlpatterns = [
    path("", index),
    path("today", today, name="today"),
    path("today/rows", rows, name="today_rows"),
    path("today/panel", panel, name="today_panel"),
]
