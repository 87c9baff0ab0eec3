"""The privacy desk: what waits with its clocks, closed with a finding; and the record, searched. For auditors and administrators."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baton.desk import labels, looking_words
from baton.duties.privacy import privacy as duty
from baton.duties.privacy import tasks as privacy_tasks
from baton.rules import looking
from baton.rules.calendar import local_day, start_of_day
from baton.store import Forbidden, Invalid
from baton.store.trail import Asked
from baton.web.gate import Request, staff

View = Callable[..., HttpResponse]
USUAL_DAYS = 7
EVER = datetime(1900, 1, 1, tzinfo=UTC)


def desk(view: View) -> View:
    """A page of the privacy desk. That somebody else tried is recorded."""

    @staff
    @functools.wraps(view)
    def answered(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            privacy_tasks.office(request.who)
        except Forbidden:
            request.hub.store.note_event(request.who, "privacy desk", "refused")
            raise
        return view(request, *args, **kwargs)

    return answered


@desk
@require_GET
def queue(request: Request) -> HttpResponse:
    """What waits for the desk."""
    with request.hub.store.view(privacy_tasks.office(request.who)) as view:
        waiting = duty.desk(view)
        today = local_day(view.now, view.zone)
    findings = [(code, labels.word(looking_words.FINDINGS, code)) for code in looking.codes("finding", today)]
    return render(request, "privacy/desk.html", {"desk": waiting, "findings": findings, "me": request.who.person})


@desk
@require_POST
def close(request: Request, task: str) -> HttpResponse:
    """Close a task with a finding."""
    said = {name: request.POST.get(name, "").strip() for name in ("finding", "words")}
    try:
        with request.hub.store.change(privacy_tasks.office(request.who), because=f"Privacy desk: {said['finding']}") as change:
            privacy_tasks.close(change, task=task, **said)
    except Invalid as refusal:
        for issue in refusal.issues:
            messages.error(request, labels.refusal(issue.text))
    else:
        messages.success(request, _("Closed, with your finding."))
    return redirect("privacy")


# --- the record --------------------------------------------------------------------------------------------------------------------------


@desk
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: Request) -> HttpResponse:
    """Search what was recorded. Names are typed into a form's body; the address holds ids alone."""
    if request.method == "POST":
        return _resolved(request)
    store = request.hub.store
    filters = {name: request.GET.get(name, "") for name in FILTERS}
    asked, since, until = _asked(filters, local_day(store.now(), store.zone), store.zone)
    with store.view(request.who) as view, store.view(privacy_tasks.office(request.who)) as office:
        found = duty.search(view, office, asked, after=request.GET.get("after") or None)
        people = {name: duty.named(office, filters[name]) for name in ("patient", "person")}
        first = None
        if asked.patient and asked.person:
            first = duty.first_shown(view, patient=asked.patient, person=asked.person, since=asked.since or EVER)
    filters |= {"since": since.isoformat() if since else "", "until": until.isoformat() if until else ""}
    following = urlencode({**{k: v for k, v in filters.items() if v}, "after": found.next}) if found.next else ""
    return render(
        request,
        "privacy/record.html",
        {
            "found": found,
            "filters": filters,
            "next": following,
            "first": first.astimezone(store.zone) if first else None,
            **people,
            **_choices(),
        },
    )


FILTERS = ("patient", "person", "since", "until", "purpose", "outcome", "what", "entrance")


def _choices() -> dict[str, Any]:
    def options(table: labels.Words, codes: Any = None) -> list[tuple[str, str]]:
        return [(code, labels.word(table, code)) for code in (codes or table)]

    purposes = [code for code in looking_words.PURPOSES if code != "BTG"]
    return {
        "purposes": options(looking_words.PURPOSES, purposes),
        "outcomes": options(looking_words.OUTCOMES),
        "verbs": options(looking_words.VERBS, looking_words.OFFERED),
        "entrances": options(looking_words.ENTRANCES, ("desk", "api", "worker", "load", "cli")),
    }


def _asked(filters: dict[str, str], today: date, zone: Any) -> tuple[Asked, date | None, date | None]:
    """The question of an address; a week of everything when nobody is named and no day is."""
    since, until = _day(filters["since"]), _day(filters["until"])
    if since is None and not (filters["patient"] or filters["person"]):
        since = (until or today) - timedelta(days=USUAL_DAYS)
    asked = Asked(
        patient=filters["patient"] if filters["patient"].startswith("Patient/") else None,
        person=filters["person"] if filters["person"].startswith(("Practitioner/", "Device/")) else None,
        since=start_of_day(since, zone) if since else None,
        until=start_of_day(until + timedelta(days=1), zone) if until else None,
        purpose=filters["purpose"] if filters["purpose"] in looking_words.PURPOSES else None,
        outcome=filters["outcome"] if filters["outcome"] in looking_words.OUTCOMES else None,
        what=filters["what"] if filters["what"] in looking_words.VERBS else None,
        entrance=filters["entrance"] if filters["entrance"] in looking_words.ENTRANCES else None,
    )
    return asked, since, until


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day, not an instant
    except ValueError:
        return None


def _resolved(request: Request) -> HttpResponse:
    """Typed names as ids in the address, or a choice among those that may be meant."""
    kept = {name: request.POST.get(name, "") for name in FILTERS if request.POST.get(name)}
    typed = {name: request.POST.get(f"{name}_name", "").strip() for name in ("patient", "person")}
    with request.hub.store.view(privacy_tasks.office(request.who)) as office:
        patients, people = duty.meant(office, patient=typed["patient"], person=typed["person"])
    choices = {"patient": patients, "person": people}
    for name, several in choices.items():
        if typed[name] and len(several) == 1:
            kept[name] = several[0].ref
    open_choices = [name for name in choices if typed[name] and len(choices[name]) != 1]
    if not open_choices:
        return redirect(f"{reverse('privacy-record')}?{urlencode(kept)}")
    context = {
        "choices": [(name, choices[name]) for name in open_choices],
        "kept": [each for each in kept.items() if each[0] not in open_choices],
    }
    return render(request, "privacy/choose.html", context)


urlpatterns = [
    path("privacy", queue, name="privacy"),
    path("privacy/record", record, name="privacy-record"),
    path("privacy/<str:task>/close", close, name="privacy-close"),
]
