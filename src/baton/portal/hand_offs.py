"""The receiving side of a hand-off: our public key at a well-known address, and a page that checks a document by its signed manifest.

Anybody may ask, without an account; what is sent to be checked is looked at and forgotten.
"""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from baton.duties.discharge import signing
from baton.pace import Pace

MOST = 20_000_000
"""Bytes of a file that is looked at."""
PACE = Pace(1.0)
"""How often one address may have something checked: once a second, ten at once."""


@require_GET
@cache_control(public=True, max_age=3600)
def keys(request: HttpRequest) -> HttpResponse:
    """The keys our hand-offs are signed with, as a JWKS."""
    return JsonResponse({"keys": [signing.public(request.hub.store.key)]})  # type: ignore[attr-defined]


@csrf_exempt  # nothing is changed, nobody is signed in, and a receiving system has no page to take a token from
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Check a hand-off that was received: the document and its manifest. A system that asks for JSON is answered in JSON."""
    if request.method != "POST":
        return _page(request, {}, 200)
    if PACE.wait(request.META.get("REMOTE_ADDR", "")):
        return _answer(request, ["Too many at once: wait a moment, then send it again."], 429)
    files = [request.FILES.get(name) for name in ("document", "manifest")]
    given = [each for each in files if isinstance(each, UploadedFile)]
    if len(given) < len(files):
        return _answer(request, ["Send both files: the document and its manifest."], 422)
    if any((each.size or 0) > MOST for each in given):
        return _answer(request, ["A file is larger than 20 MB."], 413)
    found = list(signing.faults(given[0].read(), given[1].read(), [signing.public(request.hub.store.key)]))  # type: ignore[attr-defined]
    return _answer(request, found, 200)


def _answer(request: HttpRequest, faults: list[str], status: int) -> HttpResponse:
    checked = status == 200
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"whole": checked and not faults, "faults": faults}, status=status)
    context = {"checked": checked, "faults": [said(each) for each in faults]}
    return _page(request, context, status)


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "portal/hand_off.html", {**context, "keys": signing.WELL_KNOWN}, status=status)


SENTENCES = (
    lazy("Too many at once: wait a moment, then send it again."),
    lazy("Send both files: the document and its manifest."),
    lazy("A file is larger than 20 MB."),
    lazy("One of the files is no JSON."),
    lazy("One of the files is not what a hand-off has: the first is the document, the second its manifest."),
    lazy("The manifest is not signed."),
    lazy("The manifest was signed with a key that is not published here."),
    lazy("The signature is not that of this manifest: it was altered."),
    lazy("The document is no FHIR document."),
    lazy("the document is not the one of the manifest"),
)
"""What is said of files in whole sentences, so that each has its translation."""


def said(fault: str) -> str:
    """What is wrong, in the reader's language; of a resource its type and id, never what is in it."""
    reference, _space, how = fault.partition(" ")
    if "/" in reference:
        how = {"is missing": _("is missing"), "was altered": _("was altered"), "was added": _("was added")}.get(how, how)
        return f"{reference} {how}"
    return _(fault)


urlpatterns = [
    path(signing.WELL_KNOWN.removeprefix("/"), keys, name="hand-off-keys"),
    path("hand-off/check", check, name="hand-off-check"),
]
