"""Operations: the house as numbers, each of which opens exactly what it counted, one click away."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from baton.desk import discharge_words, labels, paging
from baton.desk.labels import Words, word
from baton.duties.team import behind as duty
from baton.duties.team import equity, operations
from baton.duties.team.behind import NOTHING, Listed
from baton.rules import figures as rules
from baton.rules.calendar import local_day
from baton.rules.figures import Share
from baton.store import Forbidden, View
from baton.web.gate import Request, staff

KINDS: Words = {
    "language": lazy("Language"),
    "sex": lazy("Sex"),
    "age": lazy("Age"),
    "race": lazy("Race"),
    "ethnicity": lazy("Ethnicity"),
    "insurance": lazy("Insurance"),
}
GROUPS: Words = {
    "en": lazy("English"),
    "es": lazy("Spanish"),
    "other": lazy("another"),
    "female": lazy("female"),
    "male": lazy("male"),
    "-1": lazy("not known"),
    "none": lazy("not recorded"),
    "several": lazy("more than one"),
    "1002-5": lazy("American Indian or Alaska Native"),
    "2028-9": lazy("Asian"),
    "2054-5": lazy("Black or African American"),
    "2076-8": lazy("Native Hawaiian or Other Pacific Islander"),
    "2106-3": lazy("White"),
    "2131-1": lazy("another race"),
    "2135-2": lazy("Hispanic or Latino"),
    "2186-5": lazy("Not Hispanic or Latino"),
    "UNK": lazy("not known"),
    "ASKU": lazy("asked, not answered"),
    "medicaid": lazy("Medicaid"),
    "medicare": lazy("Medicare"),
    "public": lazy("other public"),
    "private": lazy("private"),
    "own": lazy("pays themselves"),
}
MEASURES: Words = {
    "clocks": lazy("Clocks kept"),
    "closure": lazy("Referrals closed"),
    "waits": lazy("Waits"),
    "interpreter": lazy("Interpreters"),
}
KEPT: Words = {
    "clocks": lazy("in time"),
    "closure": lazy("in 30 days"),
    "waits": lazy("no longer than the middle"),
    "interpreter": lazy("had one"),
}
"""By what groups are compared, and what counts as kept."""
KIND_WORDS: Words = {"referral": lazy("Referral"), "interpreter": lazy("Contact with an interpreter")}


def may(request: Request) -> None:
    """Raise Forbidden for those who do not answer for the house."""
    if request.who.role not in operations.ROLES:
        raise Forbidden("This is for those who answer for the house.")


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """Clocks, loops, waits, days lost, and groups beside each other."""
    may(request)
    measure = request.GET.get("measure") if request.GET.get("measure") in equity.MEASURES else equity.CLOCKS
    with request.hub.store.view(request.who) as view:
        page = operations.page(view)
        table = page.equity if measure == equity.CLOCKS else equity.table(view, str(measure))
        bands = rules.age_bands(local_day(view.now, view.zone))
    groups = [
        (kind, word(KINDS, kind), [(each, _group(kind, each.name, bands), _bar(each)) for each in shares if each.of])
        for kind, shares in table
    ]
    context = {
        "page": page,
        "clocks": [(each, _bar(each)) for each in page.clocks],
        "closure": [
            (days, done, of, round(100 * done / of) if of else None, f"?what=closure&days={days}") for days, done, of in page.closure
        ],
        "lost": [(cause, word(discharge_words.CAUSES, cause), round(hours / 24, 1), _cost(request, hours)) for cause, hours in page.lost],
        "lost_cost": _cost(request, sum(hours for _cause, hours in page.lost)),
        "lost_days": round(sum(hours for _cause, hours in page.lost) / 24, 1),
        "equity": [each for each in groups if [share for share, _name, _parts in each[2] if share.name != "none"]],
        "measures": MEASURES.items(),
        "measure": measure,
        "kept": word(KEPT, str(measure)),
        "flagged": any(each.flagged for _kind, shares in table for each in shares),
        "interpreted": (page.interpreted, _bar(page.interpreted)) if page.interpreted.of else None,
    }
    return render(request, "operations/index.html", context)


def _cost(request: Request, hours: float) -> int | None:
    """What hours in hospital cost, in dollars, where the organisation said what a day does."""
    said = request.hub.settings.day_cost
    return round(hours / 24 * int(said)) if said else None


def _group(kind: str, name: str, bands: tuple[int, ...]) -> str:
    if kind != "age" or not name.isdigit():
        return word(GROUPS, name)
    at = int(name) - 1
    if not 0 <= at < len(bands):
        return word(GROUPS, name)
    return f"{bands[at]}–{bands[at + 1] - 1}" if at + 1 < len(bands) else f"{bands[at]}+"


def _bar(share: Share) -> dict[str, Any]:
    """The interval and the point of a share, as parts of a hundred."""
    return {"x": f"{share.low:.1f}", "width": f"{max(0.5, share.high - share.low):.1f}", "point": f"{min(share.percent, 99.2):.1f}"}


@require_GET
@staff
def behind(request: Request) -> HttpResponse:
    """What stands behind a number: as many rows as it counted, a page at a time."""
    may(request)
    asked = {name: request.GET.get(name, "") for name in ("what", "kind", "by", "group", "days", "cause", "missed", "measure")}
    with request.hub.store.view(request.who) as view:
        found, title = _asked(view, asked, paging.part(request))
    kinds = {**labels.PROMISES, **KIND_WORDS}
    rows = [
        (each, word(discharge_words.CAUSES, each.kind) if each.hours else word(kinds, each.kind), round(each.hours / 24, 1))
        for each in found.rows
    ]
    context = {
        "rows": rows,
        "title": title,
        "missed": asked["missed"] == "1",
        "found": found,
        "lost_days": round(found.hours / 24, 1),
        "paged": paging.paged(request, len(rows), found.counted),
    }
    return render(request, "operations/behind.html", context)


def _asked(view: View, asked: dict[str, str], part: slice) -> tuple[Listed, str]:
    """The rows behind a number, and what it is called. What no number counts opens nothing."""
    missed, kind = asked["missed"] == "1", asked["kind"]
    match asked["what"]:
        case "wait":
            return duty.waits(view, kind=kind, part=part), _("How long it took: %(what)s") % {"what": word(labels.PROMISES, kind)}
        case "closure" if asked["days"] in ("30", "60", "90"):
            days = int(asked["days"])
            said = ngettext("Referrals closed in %(n)s day", "Referrals closed in %(n)s days", days) % {"n": days}
            return duty.closure(view, days=days, missed=missed, part=part), said
        case "lost":
            cause = asked["cause"] or None
            said = word(discharge_words.CAUSES, cause) if cause else _("all causes")
            return duty.lost(view, cause=cause, part=part), _("Days lost: %(what)s") % {"what": said}
        case "interpreter":
            return duty.interpreters(view, missed=missed, part=part), _("An interpreter for those who need one")
        case "group" if asked["by"] in KINDS:
            bands = rules.age_bands(local_day(view.now, view.zone))
            measure = asked["measure"] or equity.CLOCKS
            said = f"{word(KINDS, asked['by'])}: {_group(asked['by'], asked['group'], bands)} · {word(MEASURES, measure)}"
            return duty.group(view, by=asked["by"], name=asked["group"], measure=measure, part=part), said
        case "clock":
            return duty.clocks(view, kind=kind or None, missed=missed, part=part), word(labels.PROMISES, kind) if kind else _("All clocks")
    return NOTHING, ""


urlpatterns = [path("operations", index, name="operations"), path("operations/behind", behind, name="operations_behind")]
