"""Operations: the house as numbers, each of which opens the patients behind it, one click away."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET

from baton.desk import discharge_words, labels
from baton.desk.labels import Words, word
from baton.duties.team import operations
from baton.rules import figures as rules
from baton.rules.calendar import local_day
from baton.rules.figures import Share
from baton.store import Forbidden
from baton.web.gate import Request, staff

KINDS: Words = {"language": lazy("Language"), "sex": lazy("Sex"), "age": lazy("Age")}
GROUPS: Words = {
    "en": lazy("English"),
    "es": lazy("Spanish"),
    "other": lazy("another"),
    "female": lazy("female"),
    "male": lazy("male"),
    "-1": lazy("not known"),
}


def may(request: Request) -> None:
    """Raise Forbidden for those who do not answer for the house."""
    if request.who.role not in operations.ROLES:
        raise Forbidden("This is for those who answer for the house.")


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """Clocks, loops, waits, days lost, and groups beside each other."""
    may(request)
    with request.hub.store.view(request.who) as view:
        page = operations.page(view)
        bands = rules.age_bands(local_day(view.now, view.zone))
    equity = [
        (kind, word(KINDS, kind), [(each, _group(kind, each.name, bands), _bar(each)) for each in shares if each.of])
        for kind, shares in page.equity
    ]
    context = {
        "page": page,
        "clocks": [(each, _bar(each)) for each in page.clocks],
        "closure": [(days, done, of, round(100 * done / of) if of else None) for days, done, of in page.closure],
        "lost": [(word(discharge_words.CAUSES, cause), round(hours / 24, 1)) for cause, hours in page.lost],
        "lost_days": round(sum(hours for _cause, hours in page.lost) / 24, 1),
        "equity": equity,
        "flagged": any(each.flagged for _kind, shares in page.equity for each in shares),
    }
    return render(request, "operations/index.html", context)


def _group(kind: str, name: str, bands: tuple[int, ...]) -> str:
    if kind != "age" or not name.isdigit():
        return word(GROUPS, name)
    at = int(name) - 1
    return f"{bands[at]}–{bands[at + 1] - 1}" if at + 1 < len(bands) else f"{bands[at]}+"


def _bar(share: Share) -> dict[str, Any]:
    """The interval and the point of a share, as parts of a hundred."""
    return {"x": f"{share.low:.1f}", "width": f"{max(0.5, share.high - share.low):.1f}", "point": f"{min(share.percent, 99.2):.1f}"}


@require_GET
@staff
def behind(request: Request) -> HttpResponse:
    """The patients behind a number."""
    may(request)
    kind, missed = request.GET.get("kind"), request.GET.get("missed") == "1"
    by, group = request.GET.get("by", ""), request.GET.get("group", "")
    with request.hub.store.view(request.who) as view:
        found = operations.behind(view, kind=kind, group=(by, group) if by in operations.KINDS else None, missed=missed)
        bands = rules.age_bands(local_day(view.now, view.zone))
    title = word(labels.PROMISES, kind) if kind else ""
    whose = f"{word(KINDS, by)}: {_group(by, group, bands)}" if by in operations.KINDS else ""
    return render(request, "operations/behind.html", {"rows": found, "title": title, "whose": whose, "missed": missed})


urlpatterns = [path("operations", index, name="operations"), path("operations/behind", behind, name="operations_behind")]
