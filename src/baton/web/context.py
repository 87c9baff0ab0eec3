"""What every page's template is given besides its own: who is looking, the theme, the languages, the rehearsal's clock, the room."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from baton.web.options import LANGUAGES, THEMES


def theme(request: HttpRequest) -> str:
    """The theme the reader chose: auto, light or dark."""
    chosen = request.COOKIES.get("theme", "auto")
    return chosen if chosen in dict(THEMES) else "auto"


def page(request: HttpRequest) -> dict[str, Any]:
    """The frame's part of a page's context."""
    hub = request.META.get("baton.hub")
    rehearsal = None
    if hub and hub.settings.clock_start:
        rehearsal = hub.store.now().astimezone(hub.settings.zone)
    match = request.resolver_match
    return {
        "who": getattr(request, "who", None),
        "theme": theme(request),
        "themes": THEMES,
        "languages": LANGUAGES,
        "rehearsal": rehearsal,
        "room": match.func.__module__.rpartition(".")[2] if match else "",
    }
