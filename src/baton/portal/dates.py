"""Answers to a notice, and calendars under a secret address: no sign-in, so nothing of the person or the care is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.duties.scheduling import notices, party_links, terms, weekly
from baton.store import Invalid, NotFound, View, Who

KNOWN = ("en", "es")


def hub_of(request: HttpRequest) -> Any:
    """The running hub."""
    return request.META["baton.hub"]


def who(patient: str | None = None) -> Who:
    """The hub itself, for the patient whose link it is."""
    return Who(codes.HUB, "Baton", "system", (), "portal", purpose="PATRQT", on_behalf_of=patient)


@csrf_exempt  # the link in the address is the proof, and there is no session that anybody could ride on
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, link: str) -> HttpResponse:
    """When the date is, and whether the patient comes. What it is about is not said here. Looking changes nothing: mail programs look."""
    store = hub_of(request).store
    try:
        with store.view(who()) as view:
            found = notices.by_token(view, link)
            person = reading.peek(view, terms.patient_of(found)) or {}
            facts = shown(view, found)
        said = request.POST.get("answer") if request.method == "POST" else None
        if said in (notices.YES, notices.NO):
            with store.change(replace(who(), on_behalf_of=terms.patient_of(found)), because="The patient answered a notice") as change:
                notices.answer(change, link=link, said=said)
    except NotFound:
        return render(request, "portal/gone.html", status=404)
    language = (identity.language(person) or "en").split("-")[0]
    with translation.override(language if language in KNOWN else "en"):
        return render(request, "portal/reply.html", {**facts, "said": said, "link": link})


@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def party(request: HttpRequest, link: str) -> HttpResponse:
    """When a date is that somebody takes part in: shown when they ask, and whether they know it or cannot be there. No name, no reason."""
    store = hub_of(request).store
    said = request.POST.get("answer", "")
    try:
        if request.method != "POST":
            with store.view(who()) as view:
                party_links.opened(view, link)
            return render(request, "portal/party.html", {"link": link})
        with store.change(who(), because="Somebody who takes part in an appointment opened or answered their link") as change:
            found = party_links.answer(change, link=link, said=said) if said else party_links.looked(change, link=link)
        with store.view(who()) as view:
            where = street_and_phone(view, found.place)
    except NotFound:
        return render(request, "portal/gone.html", status=404)
    except Invalid:
        return render(request, "portal/gone.html", status=409)
    return render(request, "portal/party.html", {"it": found, "said": said, "link": link, **where})


def shown(view: View, appointment: dict[str, Any]) -> dict[str, Any]:
    """When, how long, and where to go or to call: a street and a telephone, never a name that would say what it is about."""
    start, end = (reading.moment(appointment[name], view.zone) for name in ("start", "end"))
    places = terms.actors(appointment, "Location")
    where = street_and_phone(view, places[-1].get("reference") if places else None)
    return {"start": start, "end": end, **where, "status": appointment["status"]}


def street_and_phone(view: View, reference: str | None) -> dict[str, str]:
    """Where a place is and its telephone; empty where nothing is known."""
    place = (reading.peek(view, reference) if reference else None) or {}
    address = place.get("address", {})
    street = ", ".join([*address.get("line", ()), *([address["city"]] if address.get("city") else [])])
    phone = next((str(each["value"]) for each in place.get("telecom", ()) if each.get("system") == "phone" and each.get("value")), "")
    return {"street": street, "phone": phone}


@require_GET
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """Somebody's calendar, for a program that has its address."""
    with hub_of(request).store.view(who()) as view:
        try:
            owner = weekly.owner_of(view, secret)
        except NotFound:
            return HttpResponse(status=404)
        words = {"name": _("Dates"), "date": _("Date"), "held": _("Date, not confirmed yet")}
        body = weekly.feed(view, owner=owner, words=words)
    patients = [owner] if owner.startswith("Patient/") else []  # a clinician's says of no patient that they come
    hub_of(request).store.note_event(who(), "export calendar", detail=owner, patients=patients)
    return HttpResponse(body, content_type="text/calendar; charset=utf-8")


urlpatterns = [
    path("r/<str:link>", reply, name="reply"),
    path("d/<str:link>", party, name="party"),
    path("calendar/<str:secret>.ics", calendar, name="calendar_feed"),
]
