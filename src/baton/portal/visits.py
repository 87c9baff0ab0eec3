"""My visits: when and where, a yes, and asking for another time. A yes is the patient's; moving a visit is ours, and stands on our list."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from baton.duties import reading
from baton.duties.scheduling import notices, told, weekly
from baton.duties.support import agreements
from baton.fhir.resource import split
from baton.portal import dates, show, words
from baton.portal.posting import form
from baton.store import Invalid, NotFound, View
from baton.web.gate import Request, guest


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """What is ahead, by time."""
    patient = str(request.who.on_behalf_of)
    with request.hub.store.view(request.who) as view:
        visits = [(each, _street(view, each.place_id)) for each in weekly.of_patient(view, patient) if each.status in ("booked", "arrived")]
        unread = [each.id for each, _ in visits if told.waits(view, appointment=each.id, who=request.who.person)]
    if unread:
        with request.hub.store.change(replace(dates.who(patient), on_behalf_of=request.who.person), because="Visits were read") as change:
            for each in unread:
                told.seen(change, appointment=each, who=request.who.person, kind="read", evidence="portal")
    return show.page(request, "portal/visits.html", {"visits": visits})


def _street(view: View, place: str | None) -> str:
    """The street and town of a place."""
    address = (reading.peek(view, place) or {}).get("address", {}) if place else {}
    return ", ".join([*address.get("line", ()), *([address["city"]] if address.get("city") else [])])


def _mine(view: View, request: Request, visit: str) -> weekly.Entry:
    """A visit that is still ahead. Raises NotFound when it is none of theirs, Invalid when it is over."""
    found = weekly.entry(view, view.get("Appointment", visit))
    if found is None or f"Patient/{found.patient}" != request.who.on_behalf_of or split(f"Appointment/{visit}") is None:
        raise NotFound("There is no such visit.")
    if found.status != "booked" or found.start < view.now:
        raise Invalid("This visit is over, or was moved.", expression="Appointment.status")
    return found


@form("my_visits")
def confirm(request: Request, visit: str) -> str:
    """They come."""
    with request.hub.store.change(request.who, because="The patient confirmed a visit in the portal") as change:
        _mine(change, request, visit)
        link = notices.token(change, change.get("Appointment", visit))
        notices.answer(change, link=link, said=notices.YES, evidence="portal", by=request.who.person)
    return _("Thank you. We will see you.")


@form("my_visits")
def move(request: Request, visit: str) -> str:
    """They need another time: the visit stands until we have found one, and finding one is on our list."""
    note = " ".join(request.POST.get("note", "").split())[:200]
    with request.hub.store.change(request.who, because="The patient asked for another time in the portal") as change:
        found = _mine(change, request, visit)
        with translation.override(request.hub.settings.language):
            what = _asked(found, note)
        agreements.ask_us(change, patient=str(request.who.on_behalf_of), what=what, told=_asked(found, note))
    return _("We will look for another time and tell you. Until then this date stands.")


def _asked(visit: weekly.Entry, note: str) -> str:
    """What is asked, in the language of whoever reads it; the patient's own words as they are."""
    asked = _("Find another time for %(what)s on %(when)s.") % {"what": visit.what, "when": words.moment(visit.start)}
    return f"{asked} {note}".strip()


@guest
@require_http_methods(["GET", "HEAD"])
def ask(request: Request) -> HttpResponse:
    """For who sees dates alone: why there are no messages, what to ask for, and a way to ask about a visit."""
    with request.hub.store.view(request.who) as view:
        patient = str(request.who.on_behalf_of)
        context = {"name": reading.name_of(view, patient), "phone": show.phone_of(view, patient)}
    return show.page(request, "portal/ask.html", context)


@form("my_ask")
def asked(request: Request) -> str:
    """A question about a visit, from who sees dates alone: ours to answer, by telephone."""
    text = " ".join(request.POST.get("text", "").split())[:200]
    if not text:
        raise Invalid("Say what you want to tell us.", expression="Task.description")
    who = {"who": request.who.name}
    with request.hub.store.change(request.who, because="Asked about a visit in the portal") as change:
        patient = str(request.who.on_behalf_of)
        told = _("Call %(who)s about a visit") % who
        with translation.override(request.hub.settings.language):
            what = _("Call %(who)s, who helps with visits. They ask: %(text)s") % {**who, "text": text}
        agreements.ask_us(change, patient=patient, what=what, told=told)
    return _("We have it. We call you by the next work day.")


urlpatterns = [
    path("my/ask", ask, name="my_ask"),
    path("my/ask/send", asked, name="my_ask_send"),
    path("my/visits", index, name="my_visits"),
    path("my/visits/<str:visit>/yes", confirm, name="my_visit_yes"),
    path("my/visits/<str:visit>/move", move, name="my_visit_move"),
]
