"""What every page's template is given besides its own: who is looking, the theme, the languages, the rehearsal's clock, the room."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import dateformat
from django.utils.translation import pgettext

from baton.web.options import LANGUAGES, THEMES


def theme(request: HttpRequest) -> str:
    """The theme the reader chose: auto, light or dark."""
    chosen = request.COOKIES.get("theme", "auto")
    return chosen if chosen in dict(THEMES) else "auto"


def rehearsal(request: HttpRequest) -> dict[str, str] | None:
    """What the hub's clock says, when it is not the real one: in words, and for machines."""
    hub = request.META.get("baton.hub")
    if not hub or not hub.settings.clock_start:
        return None
    now = hub.store.now().astimezone(hub.settings.zone)
    return {"words": dateformat.format(now, pgettext("date format", "l j F Y, H:i")), "iso": now.isoformat()}


def page(request: HttpRequest) -> dict[str, Any]:
    """The frame's part of a page's context."""
    match = request.resolver_match
    return {
        "who": getattr(request, "who", None),
        "theme": theme(request),
        "themes": THEMES,
        "languages": LANGUAGES,
        "rehearsal": rehearsal(request),
        "room": match.func.__module__.rpartition(".")[2] if match else "",
    }
