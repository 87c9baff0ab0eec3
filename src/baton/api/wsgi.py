"""The WSGI application: token, route, interaction, answer. Whatever happens, the caller gets FHIR."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from baton.api import incident, interactions, negotiate, pace, respond, sent
from baton.api.call import Call
from baton.api.negotiate import Shape
from baton.api.refusal import REFUSALS, Header, Refusal, headers_of, issues_of, status_of
from baton.api.respond import REASONS, Response
from baton.api.router import Route, route
from baton.settings import Settings
from baton.store import Store, Who

MOUNT = "/fhir/R4"
BODY_LIMIT = 50 * 1024 * 1024  # bytes of a request, unpacked
_QUERY_LIMIT = 32 * 1024
_OPEN = frozenset({"metadata"})  # answered without a token
_BARE = frozenset({204, 304})
_STATUS_LINES = {status: f"{status} {reason}" for status, reason in REASONS.items()}
_CHALLENGE = ("WWW-Authenticate", 'Bearer realm="Baton"')
_ALWAYS: list[Header] = [("Cache-Control", "private, no-cache"), ("Vary", "Accept, Accept-Encoding, Authorization")]

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


def application(store: Store, settings: Settings, *, body_limit: int = BODY_LIMIT) -> Application:
    """The FHIR interface over one store. It answers below `/fhir/R4`, wherever a server or another application hands it a request.

    `body_limit` is in bytes; larger requests are refused with 413.
    """
    https = bool(settings.https)
    by_app = pace.Pace(settings.calls_per_app, shared=settings.pace_file("app"))
    limits = _Limits(by_app, pace.Pace(settings.calls_per_address, shared=settings.pace_file("call")), https)

    def fhir(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        looks = Shape("")
        try:
            looks = negotiate.shape(environ.get("QUERY_STRING", ""))
            if not looks.format:
                negotiate.refuse_unreadable(environ.get("HTTP_ACCEPT", ""))
            response = _answer(store, environ, looks.query, limits, body_limit)
        except (Refusal, *REFUSALS) as error:
            response = Response(status_of(error), respond.outcome(issues_of(error)), headers=list(headers_of(error)))
        except Exception as error:
            response = Response(500, respond.outcome([incident.recorded(error, "call")]))
        return _sent(environ, start_response, response, looks)

    return fhir


def _answer(store: Store, environ: Environ, query: str, limits: _Limits, body_limit: int) -> Response:
    if len(query) > _QUERY_LIMIT:
        raise Refusal(414, "too-long", f"A query has at most {_QUERY_LIMIT} characters; POST to [type]/_search instead.", "http.url")
    where = route(_path(environ))
    method: str = environ["REQUEST_METHOD"]
    base = environ["baton.base"] = _base(environ, limits.https)
    if method == "OPTIONS":
        return Response(204, headers=[("Allow", interactions.allow(where.shape))])
    who = _who(store, environ, where, limits)
    call = Call(
        store,
        who,
        base,
        method,
        where.shape,
        where.type,
        where.id,
        where.version,
        where.operation,
        query,
        environ,
        partial(sent.resource, environ, body_limit),
        partial(sent.form, environ, body_limit),
    )
    return interactions.perform(call)


def _path(environ: Environ) -> str:
    path: str = environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]
    if path.startswith(MOUNT) and path[8:9] in ("/", ""):
        return path[9:]
    raise Refusal(404, "not-found", f"The FHIR interface is at {MOUNT}.", "http.url")


def _base(environ: Environ, https: bool) -> str:
    """The address the caller used, up to the mount. Raises Refusal 400 when the Host header is no host."""
    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME', 'localhost')}:{environ.get('SERVER_PORT', '80')}"
    return _address("https" if https else environ.get("wsgi.url_scheme", "http"), host)


@functools.lru_cache(256)
def _address(scheme: str, host: str) -> str:
    if not sent.HOST.match(host):
        raise Refusal(400, "value", "The Host header is no host.", "http.Host")
    return f"{scheme}://{host}{MOUNT}"


def _who(store: Store, environ: Environ, where: Route, limits: _Limits) -> Who:
    header: str = environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer" and token:
        who = store.who_of_token(token.strip())
        if who is not None:
            if who.limits is not None:  # a token of somebody's own (baton token) goes as fast as it can
                limits.app(environ, who.limits.client, who.person)
            return who
        limits.address(environ)
        if where.shape not in _OPEN:
            told = ("WWW-Authenticate", 'Bearer realm="Baton", error="invalid_token"')
            raise Refusal(401, "login", "This token is unknown or no longer valid.", "http.Authorization", [told])
    limits.address(environ)
    if where.shape in _OPEN:
        return NOBODY
    raise Refusal(401, "login", "Send a bearer token: Authorization: Bearer ...", "http.Authorization", [_CHALLENGE])


class _Limits:
    """How fast programs and strangers may call."""

    def __init__(self, of_app: pace.Pace, of_address: pace.Pace, https: bool) -> None:
        self.of_app, self.of_address, self.https = of_app, of_address, https

    def app(self, environ: Environ, client: str, person: str) -> None:
        """A call of a program for a person. Raises Refusal 429."""
        self.of_app.take((client, person), "of this app for this person")
        self.address(environ)

    def address(self, environ: Environ) -> None:
        """A call from an address. Raises Refusal 429."""
        self.of_address.take(pace.address(environ, self.https), "from this address")


NOBODY = Who(person="Device/nobody", name="", role="clinician", teams=(), entrance="api")


def _sent(environ: Environ, start_response: StartResponse, response: Response, looks: Shape) -> Iterable[bytes]:
    status = response.status
    headers = response.headers + _ALWAYS
    if response.version is not None:
        headers.append(("ETag", f'W/"{response.version}"'))
    if response.last_updated is not None:
        headers.append(("Last-Modified", respond.http_date(response.last_updated)))
    if response.location is not None:
        headers.append(("Location", f"{environ['baton.base']}/{response.location}"))
    body = response.body
    if status not in _BARE:
        body = _dressed(environ, body, headers, looks)
        headers.append(("Content-Length", str(len(body))))
        if environ["REQUEST_METHOD"] == "HEAD":
            body = b""
    start_response(_STATUS_LINES.get(status) or f"{status} Status", headers)
    return [body] if body else []


def _dressed(environ: Environ, body: bytes, headers: list[Header], looks: Shape) -> bytes:
    """The body as it travels: indented and packed where asked; its headers are added."""
    if not body:
        return body
    headers.append(("Content-Type", negotiate.CONTENT_TYPE))
    if looks.pretty:
        body = negotiate.indented(body)
    accepts = environ.get("HTTP_ACCEPT_ENCODING")
    if accepts and negotiate.takes_gzip(accepts):
        smaller = negotiate.packed(body)
        if smaller is not None:
            headers.append(("Content-Encoding", "gzip"))
            return smaller
    return body
