"""The page on which somebody lets an app see data through them: whom it is about, what it would see, and yes or no to each part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.account.authentication import get_authentication_records
from authlib.oauth2.rfc6749 import OAuth2Error
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from baton.desk import app_words
from baton.duties.patients import find, identity
from baton.duties.today.rows import Identity
from baton.fhir.scope import Scopes, meet, read
from baton.smart.grants import Consent
from baton.smart.request import AUTHORIZE, Asked, Reply
from baton.smart.server import Server
from baton.web.gate import Request, staff
from baton.web.middleware import POLICY

LONGEST = 100


@staff
@require_http_methods(["GET", "POST"])
def authorize(request: Request) -> HttpResponse:
    """The authorisation endpoint. What the app asks stands in the address throughout; what the person types or decides never does."""
    server = Server(request.hub.store, request.hub.settings)
    origin = f"{request.scheme}://{request.get_host()}"
    asked = Asked("GET", origin, AUTHORIZE, request.META.get("QUERY_STRING", ""))
    try:
        grant = server.consent(asked, request.who.person)
    except OAuth2Error as error:
        return _back(server.refusal(error)) or render(request, "client_apps/refused.html", {"why": error.description}, status=400)
    offered = read(grant.request.scope)
    step = request.POST.get("step", "")
    if step == "decide" and request.POST.get("answer") != "allow":
        return _back(server.decide(grant, None)) or _over(request)
    patient = _patient(request, server, grant)
    if patient is None and ("launch/patient" in offered.context or offered.has_level("patient")):
        return _pick(request, grant)
    about = _named(request, patient) if patient else None
    if step == "decide":
        granted = meet(read(" ".join([*_always(offered), *request.POST.getlist("scope")])), offered)
        if granted.resources or "openid" in granted.context:
            consent = Consent(request.who.person, patient, granted, request.session.session_key or "", _signed_in(request))
            return _back(server.decide(grant, consent)) or _over(request)
    return _ask(request, grant, offered, about, nothing=step == "decide")


def _always(offered: Scopes) -> list[str]:
    """What goes with the launch and is not asked about: that the app learns which patient it is for."""
    return [each for each in offered.context if each in ("launch", "launch/patient")]


def _patient(request: Request, server: Server, grant: Any) -> str | None:
    """Whom the app is for ("Patient/<id>"): the launch's patient, or the one chosen."""
    launch = grant.request.payload.data.get("launch")
    found = server.store.apps.waiting(launch, grant.request.client.app.id, request.who.person) if launch else None
    chosen = request.POST.get("patient", "")
    return found or (f"Patient/{chosen}" if chosen and not launch else None)


def _pick(request: Request, grant: Any) -> HttpResponse:
    """Choose the patient."""
    text = request.POST.get("text", "")[:LONGEST]
    with request.hub.store.view(request.who) as view:
        hits = find.find(view, text=text).patients if text.strip() else ()
    context = {"app": grant.request.client.app, "text": text, "hits": hits}
    return _framed(request, "client_apps/pick.html", context, grant)


def _ask(request: Request, grant: Any, offered: Scopes, about: Identity | None, *, nothing: bool) -> HttpResponse:
    """Yes or no, to each part."""
    context: dict[str, Any] = {
        "app": grant.request.client.app,
        "host": _host(grant.redirect_uri),
        "patient": about,
        "groups": [
            (title, several)
            for title, several in (
                (_("About this patient"), app_words.lines(offered, "patient") if about else []),
                (_("About every patient and colleague you may see"), app_words.lines(offered, "user")),
            )
            if several
        ],
        "identity": [each for each in offered.context if each in ("openid", "fhirUser", "profile")],
        "lasting": next((each for each in ("offline_access", "online_access") if each in offered.context), None),
        "nothing": nothing,
    }
    return _framed(request, "client_apps/consent.html", context, grant, 422 if nothing else 200)


def _named(request: Request, patient: str) -> Identity:
    """The patient as the page shows them; the look is recorded. Raises NotFound."""
    with request.hub.store.view(request.who) as view:
        return identity.identity(view.get("Patient", patient.removeprefix("Patient/")), view.now.astimezone(view.zone).date())


def _framed(request: Request, template: str, context: dict[str, Any], grant: Any, status: int = 200) -> HttpResponse:
    """A page whose form may lead on to the app: a browser lets a form go nowhere else."""
    response = render(request, template, context, status=status)
    response["Content-Security-Policy"] = POLICY.replace("form-action 'self'", f"form-action 'self' {_source(grant.redirect_uri)}")
    return response


def _source(address: str) -> str:
    """An address as a policy names where forms may lead."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _host(address: str) -> str:
    parts = urlsplit(address)
    return parts.hostname or parts.scheme


def _signed_in(request: Request) -> datetime | None:
    times = [record["at"] for record in get_authentication_records(request, request.user)]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _back(reply: Reply) -> HttpResponse | None:
    """Back to the app, if there is a way back."""
    if reply.location is None:
        return None
    return HttpResponse(status=302, headers={"Location": reply.location, "Referrer-Policy": "no-referrer"})


def _over(request: Request) -> HttpResponse:
    return render(request, "client_apps/refused.html", {"why": ""}, status=400)


urlpatterns = [path("oauth/authorize", authorize, name="authorize")]
