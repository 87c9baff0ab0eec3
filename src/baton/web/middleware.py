"""What happens around every page: headers that keep a browser strict, sessions that end, and who is asking."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from baton.store import Refused
from baton.web import errors
from baton.web.gate import to_sign_in

Respond = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def headers(respond: Respond) -> Respond:
    """No script or style but our own files, no frames; pages about people are never kept by a cache."""

    def around(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return around


def session_limits(respond: Respond) -> Respond:
    """End a session nobody uses, and one that is too old. A page that only refreshes itself (X-Polling) does not count as use."""

    def around(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return respond(request)
        now, session = time.time(), request.session
        began, used = session.get("began", now), session.get("used", now)
        hub = request.META.get("baton.hub")
        idle, longest = (int(hub.settings.session_idle) * 60, int(hub.settings.session_longest) * 3600) if hub else (1800, 43_200)
        if now - used > idle or now - began > longest:
            request.hub, request.ended = hub, "idle" if now - used > idle else "too long"  # type: ignore[attr-defined]
            logout(request)
            return to_sign_in(request)
        polling = request.headers.get("X-Polling") == "idle"
        if "began" not in session or (not polling and now - used > 60):
            session.update({"began": began, "used": now})
        return respond(request)

    return around


class Person:
    """Puts the hub and who is asking on the request, and turns what the store refuses into a page."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Around every request: request.hub, and request.who (None for nobody, or somebody without a role)."""
        hub = request.META.get("baton.hub")
        request.hub, request.who = hub, None  # type: ignore[attr-defined]
        if hub and request.user.is_authenticated:
            request.who = hub.store.who(f"Practitioner/{request.user.practitioner}", entrance="desk")  # type: ignore[attr-defined]
        return self.respond(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The store's refusals as pages."""
        return errors.refused(request, exception) if isinstance(exception, Refused) else None
