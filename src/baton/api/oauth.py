"""The authorisation server's addresses for programs: token, introspection, revocation, keys, and what it says of itself. Plain WSGI."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from baton.api import incident, pace, sent
from baton.api.refusal import Refusal
from baton.api.respond import REASONS
from baton.settings import Settings
from baton.smart import discovery
from baton.smart.request import INTROSPECT, JWKS, MOUNT, REVOKE, TOKEN, Asked, Reply
from baton.smart.server import NO_STORE, Server

SMART, OPENID = f"{MOUNT}/.well-known/smart-configuration", f"{MOUNT}/.well-known/openid-configuration"
PATHS = frozenset({TOKEN, INTROSPECT, REVOKE, JWKS, SMART, OPENID})
BODY_LIMIT = 64 * 1024
_LASTING = [("Content-Type", "application/json"), ("Cache-Control", "public, max-age=300")]
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def application(server: Server, settings: Settings) -> Application:
    """The addresses in PATHS. Each answers JSON; a refusal is the error of RFC 6749."""
    hosts = frozenset(host.strip().lower() for host in settings.hosts.split(",") if host.strip()) or _LOCAL
    https = bool(settings.https) and settings.https != "0"
    limit = pace.Pace(settings.calls_per_address, shared=settings.pace_file("grant"))

    def oauth(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            seconds = limit.wait(pace.address(environ, https))
            reply = _refused(429, "slow_down", seconds) if seconds else _answer(server, environ, hosts, https)
        except Refusal as refusal:
            reply = Reply(refusal.status, {"error": "invalid_request", "error_description": refusal.issues[0].text}, NO_STORE)
        except Exception as error:
            incident.recorded(error, "authorisation")
            reply = Reply(500, {"error": "server_error"}, NO_STORE)
        body = orjson.dumps(reply.body if reply.body != "" else {})
        headers = [*reply.headers, ("Content-Length", str(len(body)))]
        start_response(f"{reply.status} {REASONS.get(reply.status, 'Status')}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    return oauth


def _answer(server: Server, environ: Environ, hosts: frozenset[str], https: bool) -> Reply:
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    origin = _origin(environ, hosts, https)
    reads = {
        SMART: lambda: discovery.smart(origin),
        OPENID: lambda: discovery.openid(origin),
        JWKS: server.keys.published,
    }
    if path in reads:
        return Reply(200, reads[path](), _LASTING) if method in ("GET", "HEAD") else _not_done("GET, HEAD")
    if method != "POST":
        return _not_done("POST")
    asked = Asked("POST", origin, path, environ.get("QUERY_STRING", ""), sent.form(environ, BODY_LIMIT), _headers(environ))
    if asked.query:
        raise Refusal(400, "invalid", "Parameters belong in the body, where no log sees them.", "http.url")
    answers = {TOKEN: server.token, INTROSPECT: server.introspection, REVOKE: server.revocation}
    return answers[path](asked)


def _origin(environ: Environ, hosts: frozenset[str], https: bool) -> str:
    """The address we were called by, which must be one of ours: a statement meant for another server is no proof here."""
    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME', '')}:{environ.get('SERVER_PORT', '')}"
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if not sent.HOST.match(host) or name.lower() not in hosts:
        raise Refusal(400, "value", "This server does not answer to that host name.", "http.Host")
    return f"{'https' if https else environ.get('wsgi.url_scheme', 'http')}://{host}"


def _headers(environ: Environ) -> dict[str, str]:
    return {"Authorization": environ["HTTP_AUTHORIZATION"]} if environ.get("HTTP_AUTHORIZATION") else {}


def _refused(status: int, error: str, seconds: float) -> Reply:
    return Reply(status, {"error": error}, [*NO_STORE, ("Retry-After", str(math.ceil(seconds)))])


def _not_done(allow: str) -> Reply:
    return Reply(405, {"error": "invalid_request", "error_description": f"Only {allow}."}, [*NO_STORE, ("Allow", allow)])
