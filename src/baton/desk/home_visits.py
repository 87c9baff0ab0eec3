"""The room of home visits: what is coming, the sheet of one visit, and the copy that is taken along and works without a network.

What lies on a device is said on the page, and only this room has a service worker: it keeps the empty page, never anybody's data.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from baton.desk import community_words as words
from baton.desk import labels, posting
from baton.duties.community import home_copies, home_visits
from baton.duties.community.home_copies import Given, Sent
from baton.duties.community.home_visits import Sheet
from baton.packs.assessments import Assessment, Item, library
from baton.rules import needs as rules
from baton.store import Forbidden, Invalid, access
from baton.web.gate import Request, staff
from baton.web.middleware import POLICY

WORKER = "desk/home-worker.js"
STRICT = POLICY.replace("worker-src 'none'", "worker-src 'self'")
"""This room's policy: the only one under which a worker may run, and only our own."""
Page = Callable[..., HttpResponse]


def _with_worker(page: Page) -> Page:
    @wraps(page)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = page(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = STRICT
        return response

    return answered


# --- pages -------------------------------------------------------------------------------------------------------------------------------


@_with_worker
@require_GET
@staff
def room(request: Request) -> HttpResponse:
    """Today's visits and those to come; those whose time is over; those that still need a time."""
    mine = request.GET.get("whose") == "mine"
    with request.hub.store.view(request.who) as view:
        found = home_visits.room(view, mine=mine)
        now = view.now
    parts = [
        ("today", _("Today"), found.today),
        ("coming", _("In the next two weeks"), found.coming),
        ("past", _("Over, and not closed"), found.past),
    ]
    context = {
        "parts": [(code, title, [_row(each, now) for each in visits]) for code, title, visits in parts if visits],
        "empty": not any(visits for _code, _title, visits in parts),
        "unplanned": found.unplanned,
        "mine": mine,
        "writes": access.decide(request.who, "write", "Appointment", relationships=("assigned",)).allowed,
        "now": now.astimezone(request.hub.settings.zone),
    }
    return render(request, "home_visits/room.html", context)


def _row(visit: home_visits.Visit, now: datetime) -> dict[str, Any]:
    out = [each for each in visit.copies if each.out(now)]
    back = next((each for each in visit.copies if each.state == home_copies.RETURNED), None)
    return {"it": visit, "speaks": labels.speaks(visit.patient.language, visit.patient.interpreter), "out": out, "back": back}


@_with_worker
@require_GET
@staff
def sheet(request: Request, appointment: str) -> HttpResponse:
    """The sheet of one visit, and what can be taken along of it."""
    with request.hub.store.view(request.who) as view:
        found = home_visits.sheet(view, appointment=appointment)
        now = view.now
        held = view.relationships(f"Patient/{found.visit.patient.id}")
    writes = {each: access.decide(request.who, "write", each, relationships=held).allowed for each in ("Basic", "QuestionnaireResponse")}
    copies = [{"it": each, "out": each.out(now), "others": len(each.others)} for each in found.visit.copies]
    context = {
        "sheet": found,
        "visit": found.visit,
        "lines": _lines(found),
        "questions": _questions(library()[home_copies.ASKED]),
        "copies": copies,
        "asked": home_copies.ASKED,
        "hours": rules.copy_holds(now.astimezone(request.hub.settings.zone).date()).seconds // 3600,
        "writes": writes,
        "may_take": found.kept_here and found.visit.status in home_visits.COMING and writes["Basic"],
    }
    return render(request, "home_visits/sheet.html", context)


def _lines(found: Sheet) -> list[tuple[str, str]]:
    """What the sheet says, in words: the same on the page and on the device."""
    visit, who = found.visit, found.visit.patient
    when = f"{labels.long_day(visit.start)}, {visit.start:%H:%M} – {visit.end:%H:%M}"
    said = [
        (_("Who"), " · ".join(part for part in (who.name, labels.gender_age(who.gender, who.age)) if part)),
        (_("When"), when),
        (_("What for"), visit.what),
        (_("Where, not at their home") if visit.not_home else _("Where"), visit.place or _("nobody has written down where")),
        (_("How to get in"), found.access),
        (_("To mind"), found.safety),
        (_("Language"), labels.speaks(who.language, who.interpreter) or _("English")),
        (_("Telephone"), found.phone or ""),
        (_("May be told everything"), "; ".join(" ".join(part for part in (each.name, each.phone) if part) for each in found.others)),
        (_("Needs on the list"), ", ".join(labels.word(words.NEEDS, each) for each in found.needs)),
        (_("What is open"), "; ".join(f"{labels.row_title(each)} ({labels.due_words(each)})" for each in found.open)),
    ]
    return [(label, text) for label, text in said if text]


def _questions(asked: Assessment) -> list[dict[str, Any]]:
    said = asked.said(get_language())
    return [
        {"link": each.link, "text": said.items[each.link], "type": each.type, "options": _options(each, said.answers.get(each.answers, {}))}
        for each in asked.items
    ]


def _options(item: Item, answers: Any) -> list[tuple[str, str]]:
    return [(each.code, str(answers[each.code])) for each in item.options]


@_with_worker
@require_GET
@staff
def offline(request: Request) -> HttpResponse:
    """The empty page a device shows without a network: it fills it with the copy that lies there. Nobody's data is in it."""
    return render(request, "home_visits/offline.html")


@require_GET
def worker(_request: HttpRequest) -> HttpResponse:
    """The room's service worker, one of our own static files; at this address, so that it reaches no other room."""
    script = Path(str(finders.find(WORKER))).read_text(encoding="utf-8")
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


# --- forms -------------------------------------------------------------------------------------------------------------------------------


def _to_sheet(_request: Request, appointment: str) -> HttpResponse:
    return redirect("home-visit", appointment=appointment)


def _to_room(_request: Request, *_args: str, **_more: str) -> HttpResponse:
    return redirect("home-visits")


@posting.form(_to_sheet)
def note(request: Request, appointment: str) -> str:
    """How to get in, and what to mind."""
    with request.hub.store.change(request.who, because="How to get in at a patient's home") as change:
        patient = home_visits.sheet(change, appointment=appointment).visit.patient.id
        home_visits.note(change, patient=patient, access=request.POST.get("access", ""), safety=request.POST.get("safety", ""))
    return _("Written down. Whoever goes there next reads it too.")


@posting.form(_to_room)
def plan(request: Request, need: str) -> str:
    """Give a visit that is needed a time: whoever plans it goes."""
    try:
        start = datetime.fromisoformat(request.POST.get("start", "")).replace(tzinfo=request.hub.settings.zone)
    except ValueError:
        raise Invalid("Say on which day and at what time.", expression="Appointment.start") from None
    with request.hub.store.change(request.who, because="A home visit was given a time") as change:
        home_visits.plan(change, need=need, start=start)
    return _("The visit is booked. It is yours.")


# --- the copy ----------------------------------------------------------------------------------------------------------------------------


def _spoken(view: Page) -> Page:
    """What the copy asks for from a script: refusals are a sentence it can show."""

    @require_POST
    @staff
    @wraps(view)
    def answered(request: Request, *args: str, **kwargs: str) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (Invalid, Forbidden) as refused:
            return JsonResponse({"said": " ".join(labels.refusal(issue.text) for issue in refused.issues)}, status=422)

    return answered


@_spoken
def take(request: Request, appointment: str) -> HttpResponse:
    """Take the sheet along: what leaves is recorded, and is only what the visit needs."""
    with request.hub.store.change(request.who, because="The sheet of a home visit was taken along") as change:
        copy = home_copies.take(change, appointment=appointment)
        found = home_visits.sheet(change, appointment=appointment, along=True)
    patient = f"Patient/{found.visit.patient.id}"
    request.hub.store.note_event(request.who, "export home visit", detail=f"Appointment/{appointment}", patients=[patient])
    until = copy.until.astimezone(request.hub.settings.zone)
    body = {
        "copy": copy.id,
        "person": request.who.person,
        "now": copy.taken.isoformat(),
        "until": until.isoformat(),
        "untilWords": labels.moment(until),
        "title": f"{found.visit.start:%H:%M} {found.visit.patient.name}",
        "lines": _lines(found),
        "fewer": found.fewer,
        "questions": _questions(library()[home_copies.ASKED]),
    }
    return JsonResponse(body)


@_spoken
def answers(request: Request) -> HttpResponse:
    """What was answered at the patient's home. The same sent twice changes nothing."""
    try:
        body = json.loads(request.body)
        given = [Given(str(each["link"]), each["said"], _instant(each["at"])) for each in body["answers"]]
        copy = str(body["copy"])
    except (ValueError, KeyError, TypeError):
        raise Invalid("These answers cannot be read. Reload the page and send them again.", expression="QuestionnaireResponse") from None
    with request.hub.store.change(request.who, because="Answers given at a patient's home") as change:
        sent = home_copies.send(change, copy=copy, answers=given)
    return JsonResponse({"said": _told(sent), "already": sent.already})


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _told(sent: Sent) -> str:
    if sent.already:
        return _("This was sent before. Nothing was changed, and the copy on this device is wiped.")
    said = [ngettext("%(n)s answer is kept.", "%(n)s answers are kept.", sent.kept) % {"n": sent.kept}]
    if sent.others:
        who = ", ".join(dict.fromkeys(each for each in sent.others if each))
        said.append(_("%(who)s answered meanwhile: both are kept.") % {"who": who})
    if sent.differs:
        said.append(_("Some answers differ. That somebody compares them is now owed."))
    if sent.cancelled:
        said.append(_("The visit itself was cancelled meanwhile."))
    return " ".join([*said, _("The copy on this device is wiped.")])


@_spoken
def drop(request: Request) -> HttpResponse:
    """The copy was wiped from the device unused."""
    with request.hub.store.change(request.who, because="A copy of a home visit's sheet was wiped") as change:
        home_copies.drop(change, copy=request.POST.get("copy", ""))
    return JsonResponse({})


@require_GET
@staff
def here(request: Request) -> HttpResponse:
    """Whether the network and the sign-in are there, and as whom: asked before answers are sent."""
    return JsonResponse({"person": request.who.person, "token": get_token(request)})


urlpatterns = [
    path("home-visits/", room, name="home-visits"),
    path("home-visits/offline", offline, name="home-visits-offline"),
    path("home-visits/worker.js", worker, name="home-visits-worker"),
    path("home-visits/here", here, name="home-visits-here"),
    path("home-visits/answers", answers, name="home-visits-answers"),
    path("home-visits/drop", drop, name="home-visits-drop"),
    path("home-visits/needs/<str:need>", plan, name="home-visits-plan"),
    path("home-visits/<str:appointment>", sheet, name="home-visit"),
    path("home-visits/<str:appointment>/notes", note, name="home-visit-notes"),
    path("home-visits/<str:appointment>/take", take, name="home-visit-take"),
]
