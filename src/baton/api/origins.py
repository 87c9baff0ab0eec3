"""Calls from browsers (CORS): pages of registered programs may call, with their token and never with a cookie."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from baton.api.oauth import OPENID, SMART
from baton.smart.request import JWKS
from baton.store import Store
from baton.store.staff import Known

_ANYBODY = frozenset({SMART, OPENID, JWKS})
_EXPOSED = "Location, Content-Location, ETag, Last-Modified, Retry-After, WWW-Authenticate"
_HEADERS = "Authorization, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-None-Exist, If-Modified-Since"
_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def answering(application: Application, store: Store) -> Application:
    """The application, which browsers may also call from the origins of registered programs."""
    known: Known[frozenset[str]] = Known(seconds=5)

    def around(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        origin = environ.get("HTTP_ORIGIN")
        if origin is None:
            return application(environ, start_response)
        path = environ["PATH_INFO"]
        allowed = path in _ANYBODY or path.endswith("/metadata") or origin in known.get("", store.apps.origins)
        added = [("Vary", "Origin")]
        if allowed:
            added += [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", _EXPOSED)]
        if environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            if allowed:
                added += [
                    ("Access-Control-Allow-Methods", _METHODS),
                    ("Access-Control-Allow-Headers", _HEADERS),
                    ("Access-Control-Max-Age", "600"),
                ]
            start_response("204 No Content", added)
            return []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *added], *more)

        return application(environ, start)

    return around
