"""Where the organisation's provider of text messages posts what patients answer. It proves itself with the secret of the settings.

The answer to the provider is empty whatever came: who wrote, whether anybody has that number, and what was done is nobody's to learn.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from baton.duties import codes
from baton.duties.scheduling import text_answers
from baton.pace import Pace
from baton.store import Conflict, Who

log = logging.getLogger(__name__)

PROVIDER = Who(codes.HUB, "Text provider", "system", (), "portal")
FROM, BODY, IDS = "From", "Body", ("MessageSid", "MessageId", "id")
"""The fields of the form, and those of which one may hold the provider's id of the message."""
MOST = 16_000
"""Bytes of a request."""
PACE = Pace(5.0)
"""How many may come a second from one address, ten seconds' worth at once."""


@csrf_exempt  # no session and no page: whoever posts proves itself by the secret
@require_POST
def came(request: HttpRequest) -> HttpResponse:
    """A text came: kept and acted upon, or 401 without the proof, 404 where answers by text are off."""
    hub = request.META["baton.hub"]
    secret = hub.settings.text_secret
    if not secret:
        return HttpResponse(status=404)
    if PACE.wait(request.META.get("REMOTE_ADDR", "")):
        return HttpResponse(status=429, headers={"Retry-After": "1"})
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST:
        return HttpResponse(status=413)
    if not proves(request, secret):
        hub.store.note_event(PROVIDER, "text answer refused", "refused", "no proof")
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="texts"'})
    number, text = request.POST.get(FROM, "").strip()[:40], request.POST.get(BODY, "")
    if not number:
        return HttpResponse(status=400)
    message = next((request.POST[name][:120] for name in IDS if request.POST.get(name)), "")
    try:
        _keep(hub, number=number, text=text, message=message)
    except Conflict:
        return HttpResponse(status=503, headers={"Retry-After": "5"})  # the provider sends it again
    return HttpResponse(status=204)


def _keep(hub: Any, **said: str) -> None:
    with hub.store.change(PROVIDER, because="An answer came by text") as change:
        outcome = text_answers.came(change, **said)
    log.info("a text came: %s", outcome)


def proves(request: HttpRequest, secret: str) -> bool:
    """Whether a request is from who knows the secret: as the password of Basic (in the address given to the provider), or by a signature.

    The signature is the header X-Signature: the hexadecimal HMAC-SHA256 of the body under the secret, perhaps after "sha256=".
    """
    body = request.body
    given = request.headers.get("X-Signature", "").removeprefix("sha256=").lower()
    if given:
        return hmac.compare_digest(given.encode("utf-8", "replace"), hmac.new(secret.encode(), body, sha256).hexdigest().encode())
    kind, _, coded = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        password = base64.b64decode(coded, validate=True).partition(b":")[2]
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(password, secret.encode())


urlpatterns = [path("texts", came, name="texts")]
