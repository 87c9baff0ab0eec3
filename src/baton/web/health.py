"""Two addresses for machines: /healthz (alive) and /readyz (it can serve: database and tables). No session, no host check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from baton.store import migrate

if TYPE_CHECKING:
    from baton.web.django import Hub


class Probes:
    """A WSGI application that answers the probes and passes everything else on."""

    def __init__(self, application: Callable[..., Iterable[bytes]], hub: Hub) -> None:
        self.application = application
        self.hub = hub
        self.migrated = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        match environ.get("PATH_INFO"):
            case "/healthz":
                return _plain(start_response, "200 OK", "alive\n")
            case "/readyz":
                reason = self.not_ready()
                return (
                    _plain(start_response, "503 Service Unavailable", f"{reason}\n")
                    if reason
                    else _plain(start_response, "200 OK", "ready\n")
                )
        return self.application(environ, start_response)

    def not_ready(self) -> str | None:
        """Why this process cannot serve, or None. Tables seen up to date are not looked at again."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("select 1")
            if not self.migrated:
                migrate.require_current(self.hub.database.app_dsn)
                executor = MigrationExecutor(connection)
                if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                    return "the tables are behind: run baton migrate"
                self.migrated = True
        except migrate.SchemaMismatch:
            return "the tables are behind: run baton migrate"
        except (DatabaseError, OSError) as error:
            connection.close()
            return f"the database does not answer ({type(error).__name__})"
        return None


def _plain(start_response: Callable[..., Any], status: str, text: str) -> list[bytes]:
    body = text.encode()
    start_response(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    )
    return [body]
