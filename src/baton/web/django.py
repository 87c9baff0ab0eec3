"""The shell's face: brings its tables up to date, makes the WSGI application of the pages, invites people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import psycopg

from baton.settings import Settings
from baton.store.cluster import APP
from baton.web import options

if TYPE_CHECKING:
    from baton.store import Store
    from baton.store.postgres import Database

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
ROOMS = ("baton.desk", "baton.portal")
"""The entrances that live on this shell, by name: each brings urls, templates and static files."""


LOCK = 0x776562  # "web": two processes that migrate at once take turns


class Hub(Protocol):
    """What the pages need of the running hub."""

    @property
    def settings(self) -> Settings:
        """Its settings."""

    @property
    def database(self) -> Database:
        """Its database."""

    @property
    def store(self) -> Store:
        """The one door."""


def configure(settings: Settings, dsn: str, rooms: Sequence[str] = ROOMS) -> None:
    """Stand Django up on the database at `dsn`, or, when it stands already, turn it to that database."""
    import django
    from django.conf import settings as standing

    if standing.configured:
        _turn_to(settings, dsn)
        return
    standing.configure(**options.django_settings(settings, dsn, rooms))
    django.setup()


def _turn_to(settings: Settings, dsn: str) -> None:
    from django.conf import settings as standing
    from django.db import connections

    for name, value in {**options.protection_table(settings), **options.sign_in_table(settings), "TIME_ZONE": settings.time_zone}.items():
        setattr(standing, name, value)
    table = connections.configure_settings({"default": options.database_table(dsn)})["default"]
    if {**connections.settings["default"], **table} == connections.settings["default"]:
        return
    connections.close_all()
    connections.settings["default"].clear()
    connections.settings["default"].update(table)


def migrate(settings: Settings, database: Database) -> list[str]:
    """Bring the tables of accounts and sessions up to date, as the owner; says what it did, one line each."""
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])  # until the connection is closed
        connection.execute(f"create schema if not exists {options.SCHEMA}")
        configure(settings, database.owner_dsn)
        done = _apply()
        if done:
            for what in ("usage on schema", "all on all tables in schema", "all on all sequences in schema"):
                connection.execute(f'grant {what} {options.SCHEMA} to "{APP}"'.encode())
            connection.execute(f'revoke insert, update, delete on {options.SCHEMA}.django_migrations from "{APP}"')
    configure(settings, database.app_dsn)
    return done


def _apply() -> list[str]:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
    connection.close()
    return [f"{migration.app_label} {migration.name}" for migration, _ in plan]


def application(hub: Hub) -> Application:
    """The pages as a WSGI application: health first, then static files, then Django."""
    configure(hub.settings, hub.database.app_dsn)
    from django.core.handlers.wsgi import WSGIHandler

    from baton.web import assets, health

    pages = WSGIHandler()

    def with_hub(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["baton.hub"] = hub
        return pages(environ, start_response)

    return health.Probes(assets.served(with_hub), hub)


def invite(hub: Hub, *, email: str, practitioner: str) -> str:
    """A one-time link's path with which this person sets a password; makes their account if there is none. See accounts.invite."""
    configure(hub.settings, hub.database.app_dsn)
    from baton.web import accounts

    return accounts.invite(email, practitioner)


def set_password(hub: Hub, *, email: str, practitioner: str, password: str) -> None:
    """Make or change an account with a password at once: for the demo town, whose passwords are printed anyway."""
    configure(hub.settings, hub.database.app_dsn)
    from baton.web import accounts

    accounts.set_password(email, practitioner, password)


def share_password(hub: Hub, people: Mapping[str, str], password: str) -> None:
    """Accounts of practitioners by e-mail with one password that is printed anyway: for the demo town and for tests."""
    configure(hub.settings, hub.database.app_dsn)
    from baton.web import accounts

    accounts.share_password(people, password)


def let_guests_in(hub: Hub, people: Mapping[str, str]) -> None:
    """Accounts of the portal by e-mail address, for people whom the store lets in: for the demo town."""
    configure(hub.settings, hub.database.app_dsn)
    from baton.web import guests

    guests.known(people)


def close(hub: Hub, *, practitioner: str) -> int:
    """Nobody signs in as this person any more, anywhere. Says how many sessions that ended."""
    configure(hub.settings, hub.database.app_dsn)
    from baton.web import accounts

    account = accounts.of(practitioner)
    ended = accounts.close(account, apps=hub.store.apps) if account else 0
    hub.store.note_event(practitioner, "access-ended", "success", "command line", entrance="cli")
    return ended
