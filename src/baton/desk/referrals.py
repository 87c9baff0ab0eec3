"""Referrals: the board, the story of one, and the forms that move it. Addresses carry opaque ids; words arrive in the body of a POST."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from baton.desk import explain, labels, paging, posting
from baton.desk import referral_words as words
from baton.duties.referrals import answering, office_links, referrals
from baton.duties.referrals import board as referral_board
from baton.duties.referrals import states as referral_states
from baton.duties.referrals.board import Closure, Figures, Story
from baton.fhir.resource import human_name
from baton.rules import referrals as rules
from baton.store import Invalid, Refused, View
from baton.web.gate import Request, staff

OWN = ("column", "turn")
"""The parameters of the address that narrow the board; `task` is the selected row."""
PARTIES = 200
Posted = Callable[[Request, str], HttpResponse]


@require_GET
@staff
def board(request: Request) -> HttpResponse:
    """Everything under way, whose turn it is, and the story of the selected one."""
    own = {name: str(request.GET[name]) for name in OWN if request.GET.get(name)}
    with request.hub.store.view(request.who) as view:
        page = referral_board.board(view, column=own.get("column"), turn=own.get("turn"), start=paging.start(request))
        selected = request.GET.get("task") or (page.rows[0].task if page.rows else "")
        story = _story(view, selected)
        figures = referral_board.figures(view)
        elsewhere = parties(view) if story and story.step == "reroute" else ()
    context = {
        "page": page,
        "tiles": [_tile(name, count, own) for name, count in page.columns],
        "turns": [(name, labels.word(words.TURNS, name), count, _narrowed(own, "turn", name)) for name, count in page.turns],
        "own": own,
        "selected": selected,
        "prefix": "?" + urlencode({**own, **_from(page.start), "task": ""}),
        "start": page.start,
        "before": "?" + urlencode({**own, **_from(max(0, page.start - referral_board.PAGE))}) if page.start else "",
        "following": "?" + urlencode({**own, "from": page.following}) if page.following else "",
        "figures": shown(figures),
        **(story_context(story, request, elsewhere) if story else {}),
    }
    return render(request, "referrals/board.html", context)


def _from(start: int) -> dict[str, int]:
    return {"from": start} if start else {}


def _story(view: View, selected: str) -> Story | None:
    """The story of a row, by its promise or by the referral itself; None when there is none any more."""
    try:
        found = referral_board.referral_of(view, selected) or f"Task/{selected}"
        return referral_board.story(view, task=found.removeprefix("Task/")) if selected else None
    except Refused:
        return None


def _narrowed(own: dict[str, str], name: str, value: str) -> str:
    """The address with a filter set, or taken away when it is set so already."""
    kept = {key: other for key, other in own.items() if key != name}
    return "?" + urlencode(kept if own.get(name) == value else {**kept, name: value})


def _tile(name: str, count: int, own: dict[str, str]) -> dict[str, Any]:
    return {
        "name": labels.word(words.COLUMNS, name),
        "count": count,
        "mark": words.MARKS[name] if count else "",
        "link": _narrowed(own, "column", name),
        "on": own.get("column") == name,
    }


def shown(figures: Figures) -> dict[str, Any]:
    """The figures for their template: percents only of what is many enough to have one."""
    return {
        "overall": _percents(figures.overall),
        "parties": [each for party in figures.by_party if (each := _percents(party))["months"][0]["of"]],
        "declined": figures.declined,
        "days": [(labels.word(words.STEPS, step), days) for step, days in figures.days],
        "baseline": figures.baseline,
    }


def _percents(closure: Closure) -> dict[str, Any]:
    months = [
        {"days": days, "done": done, "of": of, "percent": round(100 * done / of) if of else None} for days, done, of in closure.within
    ]
    return {"name": closure.name, "months": months}


def story_context(story: Story, request: Request, elsewhere: Any) -> dict[str, Any]:
    """What the story's templates need."""
    zone = request.hub.settings.zone
    states = [(each.when, labels.word(words.STATES, each.state), each.reason) for each in story.chapters]
    return {
        "story": story,
        "who_is": story.patient,
        "chapters": states,
        "since": story.chapters[-1].when if story.chapters else None,
        "moves": [(trigger, labels.word(words.TRIGGERS, trigger), _needs(trigger)) for trigger in story.moves],
        "turn": labels.word(words.TURNS, story.turn),
        "state": labels.word(words.STATES, story.state),
        "urgency": labels.word(words.URGENCIES, story.urgency),
        "title": labels.word(words.KINDS, f"referral-{story.step}") if story.step else "",
        "asked": [(labels.word(words.CONTENT, item), item in story.meter.there) for item in story.meter.asked] if story.meter else (),
        "there": sum(item in story.meter.there for item in story.meter.asked) if story.meter else 0,
        "trace": explain.trace(story.trace, zone) if story.trace else None,
        "dispositions": [(code, labels.word(words.DISPOSITIONS, code)) for code in referrals.DISPOSITIONS],
        "how_told": [(code, labels.word(words.HOW_TOLD, code)) for code in referrals.HOW_TOLD],
        "parties": elsewhere,
        "through": [(labels.word(words.TRIGGERS, each.what), each) for each in story.answers],
        "ended": story.state in rules.ENDS,
    }


def _needs(trigger: str) -> str:
    return "reason" if trigger in referrals.REASONED else "when" if trigger in referrals.DATED else ""


def parties(view: View) -> tuple[tuple[str, str], ...]:
    """Whom one can refer to: organisations that are no team of ours, by name."""
    found = view.find("Organization", active="true", _count=PARTIES)
    named = ((f"Organization/{each['id']}", str(each.get("name") or each["id"])) for each in found if not referral_states.is_our_team(each))
    return tuple(sorted(named, key=lambda pair: pair[1].lower()))


# --- making one ---------------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff
def new(request: Request, patient: str) -> HttpResponse:
    """A new referral for a patient: sent at once when it is complete; else a draft, and its story, where the meter says what is missing."""
    given = {name: request.POST.get(name, "").strip() for name in ("what", "to", "urgency", "specialty", "question", "reason")}
    wrong = ""
    if request.method == "POST":
        try:
            with request.hub.store.change(request.who, because="Referral drafted") as change:
                made = referrals.make(change, patient=patient, **given)
            if request.POST.get("then") == "send":
                _sent_if_complete(request, made.id)
            return redirect(f"{reverse('referrals')}?{urlencode({'task': made.id})}")
        except Invalid as refused:
            wrong = " ".join(labels.refusal(issue.text) for issue in refused.issues)
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        those = parties(view)
    context = {
        "patient": patient,
        "name": human_name(person),
        "parties": those,
        "given": given,
        "wrong": wrong,
        "urgencies": [(code, labels.word(words.URGENCIES, code)) for code in rules.URGENCIES],
        "specialties": [(code, labels.word(words.SPECIALTIES, code)) for code in rules.specialties()],
    }
    return render(request, "referrals/new.html", context, status=422 if wrong else 200)


def _sent_if_complete(request: Request, task: str) -> None:
    """Send the draft. What is missing keeps it a draft, and says so."""
    try:
        with request.hub.store.change(request.who, because="Referral sent") as change:
            referrals.send(change, task=task)
    except Invalid:
        messages.warning(request, _("Not sent yet: the meter says what is missing."))
    else:
        messages.success(request, _("Sent. It is their turn now."))


# --- moving one ---------------------------------------------------------------------------------------------------------------------------


def back(request: Request, task: str) -> HttpResponse:
    """Back to the board as it was narrowed, at this referral."""
    own = {name: request.POST[name] for name in (*OWN, "from") if request.POST.get(name)}
    return redirect(f"{reverse('referrals')}?{urlencode({**own, 'task': task})}")


posted = posting.form(back)


def said(request: Request, name: str) -> str:
    """A field of the form, trimmed."""
    return request.POST.get(name, "").strip()


@posted
def send(request: Request, task: str) -> HttpResponse:
    """Send it; incomplete only with a reason."""
    with request.hub.store.change(request.who, because="Referral sent") as change:
        referrals.send(change, task=task, despite=said(request, "despite") or None)
    messages.success(request, _("Sent. It is their turn now."))
    return back(request, task)


@posted
def move(request: Request, task: str) -> HttpResponse:
    """What the other side did, or what we ask of them."""
    trigger, when = said(request, "trigger"), None
    if said(request, "when"):
        try:
            when = datetime.fromisoformat(said(request, "when")).replace(tzinfo=request.hub.settings.zone)
        except ValueError:
            messages.error(request, _("Say when the visit is."))
            return back(request, task)
    with request.hub.store.change(request.who, because=f"Referral: {trigger}") as change:
        referrals.move(
            change, task=task, trigger=trigger, reason=said(request, "reason") or None, when=when, note=said(request, "note") or None
        )
    messages.success(request, _("Recorded: %(what)s.") % {"what": labels.word(words.TRIGGERS, trigger)})
    return back(request, task)


@posted
def reroute(request: Request, task: str) -> HttpResponse:
    """To somebody else, at once."""
    with request.hub.store.change(request.who, because="Referral sent to somebody else") as change:
        stored = referrals.reroute(change, task=task, to=said(request, "to"))
    messages.success(request, _("Sent to somebody else. It is their turn now."))
    return back(request, stored.id)


@posted
def settle(request: Request, task: str) -> HttpResponse:
    """No result will come, with the reason."""
    with request.hub.store.change(request.who, because="Referral closed without a result") as change:
        referrals.close_without_result(change, task=task, reason=said(request, "reason"))
    messages.success(request, _("Closed, with your reason."))
    return back(request, task)


@posted
def review(request: Request, task: str) -> HttpResponse:
    """The result was read, and this follows from it."""
    with request.hub.store.change(request.who, because="Referral result reviewed") as change:
        referrals.review(change, task=task, disposition=said(request, "disposition"), note=said(request, "note") or None)
    messages.success(request, _("Reviewed. Now the patient is to be told."))
    return back(request, task)


@posted
def tell(request: Request, task: str) -> HttpResponse:
    """The patient was told: the loop is closed."""
    with request.hub.store.change(request.who, because="Patient told of the result") as change:
        referrals.tell(change, task=task, how=said(request, "how"), note=said(request, "note") or None)
    messages.success(request, _("The loop is closed."))
    return back(request, task)


@posted
def link(request: Request, task: str) -> HttpResponse:
    """A secure link goes to the office, with which it answers itself; the code is told by telephone."""
    with request.hub.store.change(request.who, because="A link to answer a referral was sent") as change:
        sent = office_links.send(change, task=task, address=said(request, "address"))
    until = labels.moment(sent.until.astimezone(request.hub.settings.zone))
    said_ = _("The link is on its way. Tell them this code by telephone, never by mail: %(code)s. It works until %(until)s.")
    messages.success(request, said_ % {"code": f"{sent.code[:4]} {sent.code[4:]}", "until": until})
    return back(request, task)


@posted
def unlink(request: Request, task: str) -> HttpResponse:
    """The link is taken back."""
    with request.hub.store.change(request.who, because="A link to answer a referral was taken back") as change:
        answering.take_back(change, task=task)
    messages.success(request, _("The link no longer works."))
    return back(request, task)


urlpatterns = [
    path("referrals", board, name="referrals"),
    path("referrals/new/<str:patient>", new, name="referral_new"),
    *(
        path(f"referrals/<str:task>/{view.__name__}", view, name=f"referral_{view.__name__}")
        for view in (send, move, reroute, settle, review, tell, link, unlink)
    ),
]
