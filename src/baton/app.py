"""The only module that knows everyone: builds the store with its guards and reactions, and hands it to the entrances."""

from __future__ import annotations

import atexit
import base64
import functools
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from baton import api, upgrade
from baton.duties import ground, house, subscriptions
from baton.duties.contact import safe_contact, text_stops, thread_notices
from baton.duties.discharge import proofs
from baton.duties.privacy import labelling, unusual
from baton.duties.records import readiness_promises
from baton.duties.referrals import stalled
from baton.duties.scheduling import booking, calendars, notices, planning, told
from baton.duties.support import safety
from baton.duties.team import absences, new_owner
from baton.duties.transitions import transitions
from baton.settings import BadSettingError, Settings
from baton.store import Store, Who, migrate
from baton.store.postgres import Database, open_database

HUB = Who(person="Device/baton", name="Baton", role="system", teams=(), entrance="cli")
"""The hub itself, as the one who answers for what it does unasked."""

SELDOM = 50_000
"""Objects made between two collections of a serving process: parsed resources are trees, freed without one (a tenth of the time)."""

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Hub:
    """One running hub: its settings, its database, and the one door to it."""

    settings: Settings
    database: Database
    store: Store


def clock(settings: Settings) -> Callable[[], datetime]:
    """The hub's clock: real time, or a rehearsal's. Raises BadSettingError."""
    offset = settings.clock_offset(datetime.now(UTC))
    return lambda: datetime.now(UTC) + offset


def build_store(settings: Settings, database: Database, **changes: Any) -> Store:
    """The store with every guard and reaction of the house; `changes` replace its arguments (a town's own clock, say)."""
    arguments: dict[str, Any] = {
        "clock": clock(settings),
        "zone": settings.zone,
        "key": settings.key(),
        "guards": house.GUARDS | subscriptions.guards(settings.subscription_hosts),
        "reactions": house.REACTIONS,
        "labellers": [labelling.Labelling()],
    }
    return Store(database.app_dsn, **{**arguments, **changes})


@contextmanager
def opened(settings: Settings, *, migrated: bool = True) -> Iterator[Hub]:
    """A hub on its database, started if need be and brought up to date; the embedded server is let go at the end."""
    with open_database(settings) as database:
        if migrated:
            bring_up_to_date(settings, database)
        store = build_store(settings, database)
        try:
            _refuse_demo(settings, store)
            yield Hub(settings, database, store)
        finally:
            store.close()


def _refuse_demo(settings: Settings, store: Store) -> None:
    """The demo town's people have passwords everybody can read. Raises BadSettingError."""
    if settings.production:
        with store.view(HUB) as view:
            if view.find("Basic", _id="demo-town"):
                raise BadSettingError("BATON_ENV=production is refused on a database that holds the demo town: its passwords are known.")


def bring_up_to_date(settings: Settings, database: Database) -> list[str]:
    """Apply what is missing: tables, accounts, and the ground every hub stands on. Says what it did, one line each."""
    from baton.web import django

    done = migrate.migrate(database.owner_dsn)
    done += django.migrate(settings, database)
    store = build_store(settings, database)
    try:
        with store.change(HUB, because="Bring the ground resources of this version into the store") as change:
            done += [f"installed {stored.type}/{stored.id} version {stored.version}" for stored in ground.install(change)]
        if upgrade.JUDGED_BY in done and "store" not in done:  # there was something before
            done += upgrade.judged_anew(store, HUB)
    finally:
        store.close()
    return done


def wsgi() -> Application:
    """The application each server process runs: the FHIR API beside the pages. Settings come from the environment."""
    _begin()
    settings = Settings.read()
    lease = open_database(settings)
    database = lease.__enter__()  # held until the process ends: the embedded server stays while anybody uses it
    atexit.register(lease.__exit__, None, None, None)
    application = entrances(Hub(settings, database, build_store(settings, database)))
    settle()
    return application


def entrances(hub: Hub) -> Application:
    """The pages, the FHIR API and the authorisation server beside it, as one application."""
    from baton.api import oauth, origins
    from baton.smart.server import Server
    from baton.web import django

    pages = django.application(hub)
    fhir = origins.answering(api.application(hub.store, hub.settings), hub.store)
    authority = origins.answering(oauth.application(Server(hub.store, hub.settings), hub.settings), hub.store)

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in oauth.PATHS:
            return authority(environ, start_response)
        return (fhir if path.startswith("/fhir/") else pages)(environ, start_response)

    return application


def settle() -> None:
    """For a process that now begins its real work: what stands stays, and is not walked by every collection of garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SELDOM)


def _begin() -> None:
    """Make this process one that ends when its parent tells it to or is gone, from the first moment on."""
    from baton.worker import process

    if parent := multiprocessing.parent_process():
        os.setpgid(0, 0)  # Ctrl-C at the terminal is for the parent alone: a second signal at the same moment can leave the server waiting
        # Granian's own way to end on a signal can wait for ever for a request under way, and only the parent would end that.
        process.die_with_parent(parent.pid or os.getppid(), signal.SIGKILL)


def _content(store: Store, who: Who, binary: str) -> bytes:
    """The bytes of a "Binary/id"."""
    with store.view(who) as view:
        return base64.b64decode(view.get(*binary.split("/", 1))["data"])


def _note(store: Store, who: Who, what: str, payload: Mapping[str, Any]) -> None:
    """Record that something left, and whom it was about."""
    patient = payload.get("about") or payload.get("patient")
    store.note_event(who, what, detail=str(payload.get("document", "")), patients=[str(patient)] if patient else [])
    thread_notices.delivered(store, who, what.rpartition(" ")[2], payload)
    told.delivered(store, who, what.rpartition(" ")[2], payload)
    proofs.carried(store, who, what.rpartition(" ")[2], payload)


def _objection(store: Store, who: Who, payload: Mapping[str, Any]) -> str | None:
    """Why something must not be sent after all, or None: asked of everyone who decides about contact."""
    several = (safe_contact.objection, thread_notices.objection, text_stops.objection)
    return next((why for each in several if (why := each(store, who, payload))), None)


def work(settings: Settings) -> None:
    """Run the worker until told to stop: what was announced is sent, what is due is woken each minute, changes are sealed."""
    from baton.worker import anchors, arrivals, carry, jobs, mail, outbox, texts

    with opened(settings) as hub:
        me = replace(HUB, entrance="worker")
        handlers = {"mail": texts.with_links(mail.by_smtp(settings.smtp_url), settings.public_url)} if settings.smtp_url else {}
        handlers |= (
            {
                "text": texts.with_links(
                    texts.by_apprise(settings.text_url, settings.outgoing, answers=bool(settings.text_secret)), settings.public_url
                )
            }
            if settings.text_url
            else {}
        )
        if settings.carry_folder:
            folder, read = Path(settings.carry_folder), functools.partial(_content, hub.store, me)
            handlers |= {f"packet-{channel}": carry.into(folder, channel, read) for channel in ("fax", "direct")}
        handlers = outbox.noted(handlers, functools.partial(_note, hub.store, me))
        handlers |= {planning.TOPIC: planning.planner(me, hub.store)}
        published = [anchors.to_file(settings.seal_file)] if settings.seal_file else []
        published += [anchors.by_mail(settings.seal_mail)] if settings.seal_mail else []
        came = [arrivals.Folder(Path(settings.arrivals_folder), me)] if settings.arrivals_folder else []
        objection = functools.partial(_objection, hub.store, me)
        by_hub: tuple[Callable[..., None], ...] = (
            booking.release_expired,
            calendars.keep_open,
            notices.remind,
            readiness_promises.watch,
            safety.watch,
        )
        timed: tuple[Callable[..., object], ...] = (
            transitions.close_watches,
            unusual.watch,
            *(functools.partial(each, me) for each in by_hub),
            functools.partial(new_owner.tick, me),
            functools.partial(absences.tick, me),
            stalled.Watch(me),
        )
        jobs.run(jobs.Work(hub.database, hub.store, handlers, duties=(*timed, *came, *published), objection=objection))


def serve(settings: Settings, *, host: str, port: int, workers: int, ready: Callable[[Hub], None] | None = None) -> None:
    """Serve until told to stop: the pages, the API and the worker, on one database. Raises OSError when the port is taken."""
    from granian.constants import Interfaces

    from baton.server import Server
    from baton.worker import process

    settings = replace(settings, clock_started=settings.clock_started or datetime.now(UTC).isoformat())
    with opened(settings) as hub:
        os.environ.update(settings.environ())
        server = Server(
            "baton.app:wsgi",
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=2,
            backpressure=256,
            respawn_failed_workers=True,
            workers_kill_timeout=10,  # seconds a worker may take to end
            log_access=False,
        )
        if ready:
            server.on_startup(functools.partial(ready, hub))
        with process.running(settings.environ()):
            server.serve()
