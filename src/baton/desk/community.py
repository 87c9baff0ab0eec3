"""The community room: finding help, the needs of one's patients, and the applications that are under way."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from baton.desk import community_words as words
from baton.desk import labels, posting
from baton.duties.community import benefits, capacity, finder, help_page
from baton.duties.community.finder import Found, Results, Wanted
from baton.rules import benefits as rules
from baton.rules import needs
from baton.rules.opening import DAYS, Hours
from baton.web.gate import Request, staff

LANGUAGES = ("en", "es", "pt", "ht", "zh", "vi", "ar", "fr", "ru", "ase")
"""Languages offered in the filter; a patient's own is always among them."""
MILES = (5, 15, 30, 60)


# --- finding help -----------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def find(request: Request) -> HttpResponse:
    """The directory, by need and place. The address names a need, a ZIP code and filters; never anybody."""
    said = request.GET
    wanted = wanted_of(said, need=said.get("need") or None)
    looked = any(said.get(name) for name in ("need", "words", "zip", "open", "fresh", "language"))
    with request.hub.store.view(request.who) as view:
        origin = finder.of_zip(view, said.get("zip", ""))
        found = finder.find(view, wanted, origin) if looked else None
        known = bool(found and found.rows) or finder.is_there(view)
    context = {
        **results_context(found, request),
        **filters(said, wanted),
        "needs": need_choices(),
        "need": wanted.need or "",
        "zip": said.get("zip", ""),
        "looked": looked,
        "known": known,
    }
    return render(request, "community/find.html", context)


def wanted_of(said: Any, *, need: str | None, age: int | None = None) -> Wanted:
    """What is looked for, from the filters of the address."""
    miles = int(said["miles"]) if said.get("miles", "").isdigit() and int(said["miles"]) in MILES else MILES[-1]
    return Wanted(
        need=need if need in needs.NEEDS else None,
        language=said.get("language") or None,
        age=age,
        open_now=bool(said.get("open")),
        fresh=bool(said.get("fresh")),
        words=said.get("words", "").strip()[:100],
        miles=float(miles),
    )


def filters(said: Any, wanted: Wanted) -> dict[str, Any]:
    """What the filter form shows."""
    codes = dict.fromkeys((*LANGUAGES, *((wanted.language,) if wanted.language else ())))
    return {
        "wanted": wanted,
        "languages": [(code, labels.language_name(code)) for code in codes],
        "miles": [(each, _("%(n)s miles") % {"n": each}) for each in MILES],
        "mile": int(wanted.miles),
    }


def results_context(found: Results | None, request: Request) -> dict[str, Any]:
    """What was found, in words."""
    if found is None:
        return {"rows": (), "found": None}
    return {
        "found": found,
        "rows": [shown(each) for each in found.rows],
        "origin": labels.word(words.ORIGINS, found.origin.how),
        "capacities": [(code, labels.word(words.CAPACITY, code)) for code in needs.CAPACITY],
    }


def need_choices() -> list[tuple[str, str]]:
    """Every need with its words."""
    return [(code, labels.word(words.NEEDS, code)) for code in needs.NEEDS]


def shown(found: Found) -> dict[str, Any]:
    """One service in words."""
    said = found.service
    day = labels.birth_day(said.assured) if said.assured else ""
    room = said.capacity
    return {
        "it": said,
        "id": said.id,
        "miles": f"{found.miles:.1f}" if found.miles is not None else "",
        "place": found.place.name if found.place else "",
        "open": found.open,
        "holiday": found.holiday,
        "hours": [hours(each) for each in said.hours] or ([said.hours_text] if said.hours_text else []),
        "fresh": labels.word(words.FRESHNESS, found.freshness) % {"day": day},
        "fresh_mark": words.FRESH_MARKS[found.freshness],
        "languages": [labels.language_name(code) for code in said.languages],
        "needs": [labels.word(words.NEEDS, code) for code in said.needs],
        "room": labels.word(words.CAPACITY, room.code) if room.code else "",
        "room_mark": words.CAPACITY_MARKS.get(room.code or "", ""),
        "room_day": labels.day(room.answered) if room.answered else "",
        "room_old": bool(room.code) and not found.room_known,
        "room_note": room.note or "",
        "asked": room.asked,
        "full": room.code == "no-capacity" and found.room_known,
        "waiting": room.asked is not None and (room.answered is None or room.answered < room.asked),
    }


def hours(each: Hours) -> str:
    """One schedule as people say it: "Tue, Thu 10:00 to 14:00"."""
    part = dict(one.split("=", 1) for one in each.rule.split(";"))
    monday = date(2026, 1, 5)
    names = [_day_name(day, monday) for day in part.get("BYDAY", "").split(",") if day]
    when = (
        _("%(first)s to %(last)s") % {"first": f"{each.opens:%H:%M}", "last": f"{each.closes:%H:%M}"}
        if each.opens and each.closes
        else _("all day")
    )
    if part["FREQ"] == "MONTHLY":
        return _("each month: %(days)s %(when)s") % {"days": ", ".join(names), "when": when}
    return f"{', '.join(names)} {when}"


def _day_name(day: str, monday: date) -> str:
    name = labels.weekday(date.fromordinal(monday.toordinal() + DAYS.index(day[-2:])))
    return f"{day[:-2]}. {name}" if day[:-2] else name


# --- asking whether there is room -----------------------------------------------------------------------------------------------------


def back(request: Request, *_arguments: str, **_named: str) -> HttpResponse:
    """Back to where the form stood: only addresses of this desk are gone to."""
    to = request.POST.get("back", "")
    return redirect(to if to.startswith("/") and not to.startswith("//") and "\\" not in to else reverse("community"))


posted = posting.form(back)


@posted
def ask(request: Request) -> str:
    """Ask the ticked services whether they have room; nobody is named."""
    chosen = request.POST.getlist("service")
    with request.hub.store.change(request.who, because="Asked whether there is room") as change:
        written = capacity.ask(change, services=chosen)
    call = len(chosen) - written
    said = ngettext("%(n)s was asked by e-mail.", "%(n)s were asked by e-mail.", written) % {"n": written}
    return said + (" " + ngettext("%(n)s has no e-mail: call.", "%(n)s have no e-mail: call.", call) % {"n": call} if call else "")


@posted
def answer(request: Request, service: str) -> str:
    """What a service said about room."""
    said = request.POST.get("capacity", "")
    with request.hub.store.change(request.who, because="Whether a service has room") as change:
        capacity.answer(change, service=service, capacity=said, note=request.POST.get("note", ""))
    return _("Noted: %(what)s.") % {"what": labels.word(words.CAPACITY, said)}


# --- needs of my patients, applications ------------------------------------------------------------------------------------------------


@require_GET
@staff
def open_needs(request: Request) -> HttpResponse:
    """The open needs of all patients one may see, by where help stands."""
    chosen = request.GET.get("place", "")
    with request.hub.store.view(request.who) as view:
        rows = help_page.everybody(view)
    counted = Counter(row.place for row in rows)
    tiles = [
        _tile(name, labels.word(words.PLACES, name), counted[name], words.PLACE_MARKS[name], "place", chosen) for name in help_page.PLACES
    ]
    context = {
        "rows": [row for row in rows if chosen in ("", row.place)],
        "tiles": tiles,
        "chosen": chosen,
        "all": len(rows),
    }
    return render(request, "community/needs.html", context)


@require_GET
@staff
def applications(request: Request) -> HttpResponse:
    """The applications of all patients one may see, by state."""
    chosen = request.GET.get("state", "")
    with request.hub.store.view(request.who) as view:
        rows = benefits.everybody(view)
    counted = Counter(row.state for row in rows)
    tiles = [
        _tile(name, labels.word(words.STATES, name), counted[name], words.STATE_MARKS.get(name, ""), "state", chosen)
        for name in rules.states()
        if rules.from_state(name)
    ]
    mine = [row for row in rows if (row.state == chosen if chosen else row.open)]
    mine.sort(key=lambda row: (row.answer_by or row.deadline or row.runs_until or date.max, row.name))
    return render(request, "community/applications.html", {"rows": mine, "tiles": tiles, "chosen": chosen})


def _tile(name: str, said: str, count: int, mark: str, parameter: str, chosen: str) -> dict[str, Any]:
    link = "?" + urlencode({} if chosen == name else {parameter: name})
    return {"name": said, "count": count, "mark": mark if count else "", "link": link, "on": chosen == name}


urlpatterns = [
    path("community", find, name="community"),
    path("community/needs", open_needs, name="community-needs"),
    path("community/applications", applications, name="community-applications"),
    path("community/ask", ask, name="community-ask"),
    path("community/services/<str:service>/room", answer, name="community-room"),
]
