"""Apps: opened from a patient's page, ended by who let them in, registered and removed by administrators."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from baton.desk import app_words
from baton.desk.labels import ROLES
from baton.duties.team import staff as people
from baton.fhir.scope import read
from baton.smart import registration
from baton.smart.request import MOUNT
from baton.store import Forbidden, Invalid, NotFound
from baton.store.apps import KINDS, App
from baton.web.gate import Request, staff, stepped_up
from baton.web.middleware import POLICY

# --- from a patient's page ------------------------------------------------------------------------------------------------------------


@staff
@require_GET
def of_patient(request: Request, patient: str) -> HttpResponse:
    """The apps that can be opened for a patient."""
    with request.hub.store.view(request.who) as view:
        resource = view.get("Patient", patient)
    apps = [app for app in request.hub.store.apps.all() if app.launch_url]
    context = {"patient": resource["id"], "apps": [(app, app_words.summary(app.scope, read(app.scope))) for app in apps]}
    response = render(request, "client_apps/of_patient.html", context)
    leads = " ".join(sorted({_origin(app.launch_url or "") for app in apps}))
    response["Content-Security-Policy"] = POLICY.replace("form-action 'self'", f"form-action 'self' {leads}".strip())
    return response


@staff
@require_POST
def launch(request: Request, patient: str, app: str) -> HttpResponse:
    """Open an app for a patient: it is told where to ask, and a launch that is good for this person and this patient alone."""
    found = request.hub.store.apps.get(app)
    if found is None or not found.launch_url:
        raise NotFound("There is no such app.")
    with request.hub.store.view(request.who) as view:
        view.get("Patient", patient)
    token = request.hub.store.apps.launch(found.id, request.who.person, f"Patient/{patient}")
    request.hub.store.note_event(request.who, "app launched", detail=found.id, patients=[f"Patient/{patient}"])
    parts = urlsplit(found.launch_url)
    asked = [*parse_qsl(parts.query), ("iss", f"{request.scheme}://{request.get_host()}{MOUNT}"), ("launch", token)]
    address = urlunsplit(parts._replace(query=urlencode(asked)))
    return HttpResponse(status=302, headers={"Location": address, "Referrer-Policy": "no-referrer"})


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


# --- what I let them do ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Permitted:
    """One app that sees data through the reader."""

    id: int
    name: str
    what: str
    patient: str | None  # an id
    since: datetime
    until: datetime


@staff
@require_GET
def mine(request: Request) -> HttpResponse:
    """The apps that see data through me now."""
    zone = request.hub.store.zone
    several = [
        Permitted(
            number,
            name,
            app_words.summary(scope, read(scope)),
            patient and patient.partition("/")[2],
            since.astimezone(zone),
            until.astimezone(zone),
        )
        for number, _app, name, patient, scope, since, until in request.hub.store.apps.permissions(request.who.person)
    ]
    return render(request, "client_apps/mine.html", {"permitted": several})


@staff
@require_POST
def end(request: Request, number: int) -> HttpResponse:
    """An app sees nothing through me any more."""
    store = request.hub.store
    if number in {each[0] for each in store.apps.permissions(request.who.person)}:
        store.apps.end(number, "ended by the person")
        store.note_event(request.who, "app ended", detail=str(number))
        messages.success(request, _("The app sees nothing through you any more."))
    return redirect("my-client-apps")


# --- registered ------------------------------------------------------------------------------------------------------------------------


class AppForm(forms.Form):
    """What is said of a new app."""

    name = forms.CharField(label=lazy("Name of the app"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    kind = forms.ChoiceField(label=lazy("Where it runs"), choices=[(kind, app_words.KINDS[kind]) for kind in KINDS], initial="public")
    redirects = forms.CharField(label=lazy("Addresses it is sent back to"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    launch_url = forms.CharField(label=lazy("Address a patient's page opens"), required=False)
    scope = forms.CharField(label=lazy("What it may ask for at most"), initial="launch launch/patient openid fhirUser patient/*.rs")
    jwks_uri = forms.CharField(label=lazy("Address of its public keys"), required=False)
    jwks = forms.CharField(label=lazy("Its public keys"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    role = forms.ChoiceField(
        label=lazy("Role it acts in"), required=False, choices=[("", "—"), *((role, ROLES[role]) for role in people.ROLES)]
    )
    team = forms.CharField(label=lazy("Team it belongs to"), required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="app")

    def clean_jwks(self) -> Any:
        """JSON, if anything."""
        text = self.cleaned_data["jwks"].strip()
        if not text:
            return None
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise forms.ValidationError(_("This is not JSON: it takes the form of a JWKS, with keys in it."))
        return found

    def said(self) -> dict[str, Any]:
        """What `registration.register` takes."""
        given = self.cleaned_data
        backend = given["kind"] == "backend"
        return {
            "name": given["name"],
            "kind": given["kind"],
            "scope": given["scope"],
            "redirects": tuple(given["redirects"].split()),
            "launch_url": given["launch_url"].strip() or None,
            "jwks": given["jwks"],
            "jwks_uri": given["jwks_uri"].strip() or None,
            "role": (given["role"] or None) if backend else None,
            "team": (given["team"].strip() or None) if backend else None,
        }


def _administrators(request: Request) -> None:
    if request.who.role not in registration.REGISTERS:
        raise Forbidden("Apps are registered by administrators.")


def _page(request: Request, form: AppForm, status: int = 200, **more: Any) -> HttpResponse:
    apps = [(app, app_words.summary(app.scope, read(app.scope))) for app in request.hub.store.apps.all()]
    context = {"apps": apps, "form": form, "base": f"{request.scheme}://{request.get_host()}{MOUNT}", **more}
    return render(request, "client_apps/registered.html", context, status=status)


@staff
@require_GET
def registered(request: Request) -> HttpResponse:
    """The registered apps."""
    _administrators(request)
    return _page(request, AppForm())


@require_POST
@stepped_up
def add(request: Request) -> HttpResponse:
    """Register one; its secret is shown once, on this page."""
    _administrators(request)
    form = AppForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        app, secret = registration.register(request.hub.store, request.who, **form.said())
    except Invalid as invalid:
        for issue in invalid.issues:
            name = {"redirect": "redirects"}.get(issue.expression or "", issue.expression or "")
            form.add_error(name if name in form.fields else None, issue.text)
        return _page(request, form, 422)
    return _page(request, AppForm(), made=app, secret=secret)


@require_POST
@stepped_up
def remove(request: Request, app: str) -> HttpResponse:
    """Remove one and end its tokens."""
    _administrators(request)
    registration.remove(request.hub.store, request.who, app)
    messages.success(request, _("The app is removed; its tokens no longer work."))
    return redirect("client-apps")


@require_POST
@stepped_up
def secret(request: Request, app: str) -> HttpResponse:
    """Another secret, shown once, on this page."""
    _administrators(request)
    new = registration.new_secret(request.hub.store, request.who, app)
    found: App | None = request.hub.store.apps.get(app)
    return _page(request, AppForm(), made=found, secret=new)


urlpatterns = [
    path("patients/<str:patient>/apps", of_patient, name="patient-client-apps"),
    path("patients/<str:patient>/apps/<str:app>", launch, name="patient-client-app"),
    path("apps/mine", mine, name="my-client-apps"),
    path("apps/mine/<int:number>/end", end, name="my-client-app-end"),
    path("apps", registered, name="client-apps"),
    path("apps/add", add, name="client-app-add"),
    path("apps/<str:app>/remove", remove, name="client-app-remove"),
    path("apps/<str:app>/secret", secret, name="client-app-secret"),
]
