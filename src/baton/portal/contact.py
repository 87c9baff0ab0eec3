"""Who answers a patient's calls now: what a signed link shows without a sign-in. A name, a telephone and days; nothing of the patient."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.views.decorators.http import require_GET

from baton.duties import reading
from baton.duties.patients import identity
from baton.duties.team import handover_notices
from baton.portal.dates import KNOWN, hub_of, who
from baton.store import NotFound


@require_GET
def contact(request: HttpRequest, link: str) -> HttpResponse:
    """The page behind the link of a notice."""
    try:
        with hub_of(request).store.view(who()) as view:
            shown = handover_notices.by_token(view, link)
            person = reading.peek(view, shown.patient) or {}
    except NotFound:
        return render(request, "portal/gone.html", status=404)
    language = (identity.language(person) or "en").split("-")[0]
    with translation.override(language if language in KNOWN else "en"):
        return render(request, "portal/contact.html", {"shown": shown})


urlpatterns = [path("w/<str:link>", contact, name="contact")]
