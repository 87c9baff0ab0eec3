"""What happens around every page: headers that keep a browser strict, sessions that end, and who is asking."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from baton.pace import Pace, address
from baton.store import Refused
from baton.web import errors, guests
from baton.web.gate import to_portal, to_sign_in
from baton.web.options import MOST_BYTES

Respond = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "worker-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
GUESTS = (*errors.OUTSIDE, "/portal", "/calendar/", "/language", "/theme")
"""What begins like this is for guests; everything else is for staff. Whatever a page forgot to ask, this asks."""
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


def sizes(respond: Respond) -> Respond:
    """Nothing larger than a file may be is read at all."""

    def around(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MOST_BYTES:
            return errors.too_large(request)
        return respond(request)

    return around


class PaceOfAddress:
    """Not too many requests at once from one address: before the session is looked for, so that a flood costs little."""

    name = "address"

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        self._paces: dict[tuple[str, str], Pace] = {}

    def pace(self, request: HttpRequest) -> tuple[str, object]:
        """The setting, and who is counted."""
        hub = request.META.get("baton.hub")
        secure = bool(settings.SESSION_COOKIE_SECURE)
        return (hub.settings.address_rate if hub else "0"), address(request.META, secure)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Around every request."""
        rate, whom = self.pace(request)
        hub = request.META.get("baton.hub")
        key = (rate, hub.settings.data_dir if hub else "")
        pace = self._paces.get(key)
        if pace is None:
            pace = self._paces.setdefault(key, Pace(float(rate), shared=hub.settings.pace_file(self.name) if hub else None))
        if seconds := pace.wait(str(whom)):
            response = errors.too_fast(request)
            response.headers["Retry-After"] = str(math.ceil(seconds))
            return response
        return self.respond(request)


class PaceOfPerson(PaceOfAddress):
    """Not too many requests at once from one person either, however many addresses they come from."""

    name = "person"

    def pace(self, request: HttpRequest) -> tuple[str, object]:
        """The setting, and who is counted."""
        hub = request.META.get("baton.hub")
        if not hub or not request.user.is_authenticated:
            return "0", ""
        return hub.settings.page_rate, request.user.pk


def session_limits(respond: Respond) -> Respond:
    """End a session nobody uses, and one that is too old. A page that only refreshes itself (X-Polling) does not count as use."""

    def around(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return respond(request)
        now, session = time.time(), request.session
        began, used = session.get("began", now), session.get("used", now)
        hub = request.META.get("baton.hub")
        idle, longest = (int(hub.settings.session_idle) * 60, int(hub.settings.session_longest) * 3600) if hub else (1800, 43_200)
        if guests.is_guest(request.user):
            idle, longest = guests.number("idle") * 60, guests.number("session") * 3600
        if now - used > idle or now - began > longest:
            request.hub, request.ended = hub, "idle" if now - used > idle else "too long"  # type: ignore[attr-defined]
            target = to_portal if guests.is_guest(request.user) else to_sign_in
            logout(request)
            return target(request)
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
            if guests.is_guest(request.user):
                return self._guest(request)
            request.who = hub.store.who(f"Practitioner/{request.user.practitioner}", entrance="desk")  # type: ignore[attr-defined]
        return self.respond(request)

    def _guest(self, request: HttpRequest) -> HttpResponse:
        """A guest has the portal's pages and no other, whatever else an address would show."""
        if request.path in ("/", "/my"):
            return redirect("my")
        if not request.path.startswith(GUESTS):
            return errors.for_staff(request)
        person = request.session.get(guests.PERSON)
        if person and guests.proved(request) and person in guests.persons(request.user):  # type: ignore[arg-type]
            request.who = request.hub.store.guest(person)  # type: ignore[attr-defined]
        return self.respond(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The store's refusals as pages."""
        return errors.refused(request, exception) if isinstance(exception, Refused) else None
