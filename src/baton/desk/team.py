"""The team: what everybody carries, handing patients over after a look at what it would do, who is away, and a fairer split.

Addresses name people who work here; patients are named in the bodies of forms alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from baton.desk import paging, posting, rooms
from baton.duties.patients import identity
from baton.duties.team import absences, handovers, intake, new_owner, oncall, people, teams, workload
from baton.duties.team.handovers import KEEPERS, Move
from baton.rules.calendar import local_day
from baton.store import Conflict, Forbidden, Invalid, View
from baton.web.gate import Request, staff

SHOWN = 200
"""So many of somebody's patients stand on a page to choose from; all can be chosen at once all the same."""
BARS = 100
"""A bar is as wide as this many percent."""


def may(request: Request) -> None:
    """Raise Forbidden for those whose room this is not."""
    if request.who.role not in rooms.TEAM:
        raise Forbidden("This is for those who share patients.")


def keeper(request: Request) -> bool:
    """Whether this person hands over the patients of others."""
    return request.who.role in KEEPERS


@require_GET
@staff
def board(request: Request) -> HttpResponse:
    """What everybody carries, who is away, who answers now, and what waits to be shared."""
    may(request)
    with request.hub.store.view(request.who) as view:
        known = teams.names(view)
        team = request.GET.get("team") if request.GET.get("team") in dict(known) else None
        carriers = workload.board(view, team)
        asked = [team] if team else [reference for reference, _name in known]
        nobody, _found = workload.uncarried(view, asked, limit=1) if asked else (0, [])
        split = workload.even(view, team) if team and keeper(request) else None
        answering = oncall.answering(view)
        away = [each for each in absences.every(view) if each.standing in absences.LIVE]
        everybody = carriers if team is None or not away else workload.board(view)
        still = {each.person.reference: each.patients - each.covering for each in everybody}
        context = {
            "teams": known,
            "team": team,
            "rows": [_bar(each) for each in carriers],
            "patients": sum(each.patients for each in carriers),
            "late": sum(each.late for each in carriers),
            "late_query": "?" + urlencode({"show": "late", "team": team or ""}),
            "theirs_query": "?" + urlencode({"show": "theirs", "team": team or ""}),
            "nobody": nobody,
            "split": split,
            "span": (min(each[2] for each in split.loads), max(each[2] for each in split.loads)) if split and split.moves else None,
            "answering": answering,
            "away": [(each, still.get(each.person, 0) if each.standing == "now" else 0) for each in away],
            "intake": intake.how_many(view),
            "left": new_owner.how_many(view) if keeper(request) else 0,
        }
    return render(request, "team/board.html", context | {"keeper": keeper(request), "me": request.who.person})


def _bar(carrier: workload.Carrier) -> dict[str, Any]:
    """A carrier with the parts of the bar, each beginning where the one before ended."""
    parts, at = [], 0
    for mark, percent in zip(("late", "soon", "calm"), carrier.bands, strict=True):
        width = max(0, min(percent, BARS - at))
        parts.append({"mark": mark, "x": at, "width": width})
        at += width
    return {"carrier": carrier, "parts": parts}


# --- before anything changes -----------------------------------------------------------------------------------------------------------


@require_GET
@staff
def person(request: Request, person: str) -> HttpResponse:
    """One person's patients: choose whom, to whom, for good or until when."""
    may(request)
    reference = f"Practitioner/{person}"
    if not keeper(request) and reference != request.who.person:
        raise Forbidden("A supervisor hands over the patients of others; you can hand over your own.")
    with request.hub.store.view(request.who) as view:
        carriers = workload.board(view)
        found = people.person(view, person)
        cases = workload.caseload(view, reference, limit=SHOWN, start=paging.start(request))
        lent = [each for each in absences.of_person(view, reference) if each.standing in absences.LIVE]
        today = local_day(view.now, view.zone)
        rows = [(identity.identity(each.patient, today), each) for each in cases.rows]
    context = {"person": found, "rows": rows, "lent": lent, "today": today, "takers": _takers(carriers, found.reference)}
    context |= {"paged": paging.paged(request, len(rows), cases.patients)}
    context["days"] = (max(lent[0].first, today), lent[0].last) if lent else None
    return render(request, "team/person.html", context | {"mine": next((each for each in carriers if each.person.id == person), None)})


def _takers(carriers: Sequence[workload.Carrier], giver: str | None, teams_of: Sequence[str] = ()) -> list[tuple[workload.Carrier, bool]]:
    """Who could take patients, and whether they are suggested: those of the same team who are not away, else everybody who is not."""
    others = [each for each in carriers if each.person.reference != giver]
    own = next((each for each in carriers if each.person.reference == giver), None)
    near = set(teams_of) or ({role.team for role in own.person.current} if own else set())
    same = {
        each.person.id
        for each in others
        if not each.away and each.person.role == "coordinator" and near & {role.team for role in each.person.current}
    }
    return [(each, not each.away and (not same or each.person.id in same)) for each in others]


@require_GET
@staff
def nobody(request: Request) -> HttpResponse:
    """The patients of a team whom nobody looks after by name."""
    may(request)
    if not keeper(request):
        raise Forbidden("This is for supervisors.")
    with request.hub.store.view(request.who) as view:
        known = teams.names(view)
        team = request.GET.get("team") if request.GET.get("team") in dict(known) else None
        asked = [team] if team else [each for each, _name in known]
        count, found = workload.uncarried(view, asked, limit=SHOWN, start=paging.start(request))
        carriers = workload.board(view)
        today = local_day(view.now, view.zone)
        rows = [(identity.identity(each, today), None) for each in found]
    context = {"rows": rows, "count": count, "takers": _takers(carriers, None, [team] if team else []), "teams": known, "team": team}
    return render(request, "team/person.html", context | {"paged": paging.paged(request, len(rows), count)})


@require_GET
@staff
def split(request: Request) -> HttpResponse:
    """A fairer split of a team, to be looked at before it is done."""
    may(request)
    if not keeper(request):
        raise Forbidden("This is for supervisors.")
    with request.hub.store.view(request.who) as view:
        found = workload.even(view, request.GET.get("team", ""))
        givers: dict[str, str | None] = {patient: giver for patient, (giver, _to) in found.moves.items()}
        shown = workload.preview(view, givers=givers, takers=[], picks={patient: to for patient, (_giver, to) in found.moves.items()})
    return _shown(request, shown, {"why": _("A fairer split")})


@require_POST
@staff
def preview(request: Request) -> HttpResponse:
    """What it would do: who would take whom, why, and everybody's load before and after. Nothing is changed."""
    may(request)
    asked = _asked(request)
    with request.hub.store.view(request.who) as view:
        givers = asked["givers"] | (_everybody(view, request.POST["all"]) if request.POST.get("all") else {})
        picks = {} if request.POST.get("afresh") else asked["picks"]
        shown = workload.preview(view, givers=givers, takers=asked["takers"], picks=picks)
        asked["staying"] = _staying(view, shown) if asked["last"] else 0
    if not shown.rows:
        messages.error(request, _("Choose at least one patient, and somebody to take them."))
        return redirect(request.POST.get("back") or "team")
    return _shown(request, shown, asked)


def _staying(view: View, shown: workload.Preview) -> int:
    """How many of the patients of whoever is away nobody would cover: those they look after who are not on the list."""
    [giver, *_more] = {row.giver for row in shown.rows if row.giver} or {""}
    if not giver:
        return 0
    mine = {f"Patient/{each.patient['id']}" for each in workload.behind(view, [giver], "theirs").rows if not each.covering}
    return len(mine - {f"Patient/{row.patient.id}" for row in shown.rows})


def _everybody(view: View, giver: str) -> dict[str, str | None]:
    """All patients of somebody, those on other pages too; what they cover for others is not theirs to lend."""
    return {f"Patient/{each.patient['id']}": giver for each in workload.caseload(view, giver).rows if not each.covering}


def _shown(request: Request, shown: workload.Preview, asked: Mapping[str, Any]) -> HttpResponse:
    names = {reference: each.name for reference, each in shown.people.items()}
    rows = [(row, [(each, names[each]) for each in row.others], names.get(row.giver or "", "")) for row in shown.rows]
    context = {"shown": shown, "rows": rows, "asked": asked, "over": ", ".join(each.name for each in shown.over)}
    context |= {"unspoken": [row.patient for row in shown.unspoken], "givers": {row.giver for row in shown.rows}}
    context["takers"] = {row.to for row in shown.rows} | set(asked.get("takers", ()))
    return render(request, "team/preview.html", context)


def _asked(request: Request) -> dict[str, Any]:
    """The form: whose patients, whom, to whom, and when."""
    form = request.POST
    chosen = [each for each in form.getlist("patients") if each]
    givers = {f"Patient/{each}": form.get(f"from-{each}") or None for each in chosen}
    picks = {f"Patient/{each}": form[f"to-{each}"] for each in chosen if form.get(f"to-{each}")}
    return {
        "givers": givers,
        "picks": picks,
        "takers": form.getlist("takers"),
        "first": form.get("first", ""),
        "last": form.get("last", ""),
        "why": form.get("why", "").strip()[:200],
        "back": form.get("back", ""),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("Write the day as 2026-07-31.") from None


# --- doing it, and undoing it ----------------------------------------------------------------------------------------------------------


@require_POST
@staff
def hand(request: Request) -> HttpResponse:
    """Do what was looked at: for good, or for the days of an absence. Refused: the preview again, nothing lost."""
    may(request)
    asked = _asked(request)
    by_giver: dict[str | None, list[Move]] = {}
    for patient, to in asked["picks"].items():
        by_giver.setdefault(asked["givers"][patient], []).append(Move(patient, to))
    try:
        first, last = _day(asked["first"]), _day(asked["last"])
        with request.hub.store.change(request.who, because="Patients handed over") as change:
            batch = _hand(change, by_giver, asked["why"], first, last)
    except (Invalid, Conflict) as refused:
        posting.said(request, refused)
        return preview(request)
    count = len(asked["picks"])
    said = ngettext("%(n)s patient changes hands.", "%(n)s patients change hands.", count) % {"n": count}
    messages.success(request, said, extra_tags=f"undo:{reverse('handover_undo', args=[batch])}")
    return redirect("handover", batch=batch)


def _hand(change: Any, by_giver: Mapping[str | None, Sequence[Move]], why: str, first: date | None, last: date | None) -> str:
    if last is not None or first is not None:
        [(giver, moves)] = by_giver.items() if len(by_giver) == 1 else [(None, ())]
        if giver is None:
            raise Invalid("Choose at least one patient.", expression="Task.for")
        begins = first or local_day(change.now, change.zone)
        found = absences.record(change, person=giver, first=begins, last=last or begins, moves=moves, why=why)
        return absences.one(change, found).batches[-1]
    batch: str | None = None
    for giver, moves in by_giver.items():
        batch = handovers.hand(change, giver=giver, moves=moves, why=why, batch=batch)
    if batch is None:
        raise Invalid("Choose at least one patient.", expression="Task.for")
    return batch


urlpatterns = [
    path("team", board, name="team"),
    path("team/nobody", nobody, name="team_nobody"),
    path("team/split", split, name="team_split"),
    path("team/preview", preview, name="team_preview"),
    path("team/hand", hand, name="team_hand"),
    path("team/people/<str:person>", person, name="team_person"),
]
