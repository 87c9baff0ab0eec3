"""A small house to look at pages in: its people, its patients, and the pages served or asked directly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from zoneinfo import ZoneInfo

import psycopg
from tests.conftest import short_folder

from baton import app
from baton.duties import ground
from baton.duties.team import staff
from baton.settings import Settings
from baton.store.codes import key64
from baton.store.postgres import Database
from baton.web import django as shell
from baton.web import options

ZONE = ZoneInfo("America/New_York")
MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=ZONE)
"""A Monday afternoon in the week of Thanksgiving."""
BEFORE = datetime(2020, 1, 1, 6, 0, tzinfo=ZONE)
"""When the house was furnished: before every test's day."""
KEY = b"a key for tests, not for patients"
PASSWORD = "correct horse battery"
PEOPLE = {
    "carla@example.org": ("Carla Cole", "coordinator", "Heart & Vascular"),
    "sam@example.org": ("Sam Ash", "coordinator", "Senior care"),
    "sue@example.org": ("Sue Park", "supervisor", "Heart & Vascular"),
}
DISCHARGED = "http://terminology.hl7.org/CodeSystem/discharge-disposition"


@dataclass(slots=True)
class House:
    """A hub with its people: `person` gives "Practitioner/id" and `team` "Organization/id" by name."""

    hub: app.Hub
    person: dict[str, str]
    team: dict[str, str]

    @contextmanager
    def change(self, email: str = "carla@example.org") -> Iterator[Any]:
        """A change made by one of the people."""
        with self.hub.store.change(self.hub.store.who(self.person[email], entrance="desk"), because="Test") as change:
            yield change


@contextmanager
def house(database: Database, folder: Path, *, now: Callable[[], datetime] = lambda: MONDAY, **settings: str) -> Iterator[House]:
    """A hub on a migrated database, its ground laid and its people added (unless they are: `furnish`), each with the same password."""
    read = Settings.read({}, data_dir=str(folder), **settings)
    read.keep_key(KEY)
    stands = _is_furnished(database)
    if not stands:
        shell.migrate(read, database)
    store = app.build_store(read, database, clock=now)
    hub = app.Hub(read, database, store)
    try:
        if not stands:
            _move_in(hub)
        shell.configure(read, database.app_dsn)
        with store.view(app.HUB) as view:
            team = {each["name"]: f"Organization/{each['id']}" for each in view.find("Organization", type="team")}
            person = {email: staff.by_email(view, email=email) or "" for email in PEOPLE}
        yield House(hub, person, team)
    finally:
        store.close()
        hang_up()


def furnish(database: Database) -> None:
    """Prepare a database that houses are copied from: ground, people, accounts."""
    with short_folder() as folder, house(database, folder, now=lambda: BEFORE):
        pass


def _is_furnished(database: Database) -> bool:
    with psycopg.connect(database.app_dsn) as connection:
        return connection.execute("select to_regnamespace(%s) is not null", [options.SCHEMA]).fetchone() == (True,)


def _move_in(hub: app.Hub) -> None:
    with hub.store.change(app.HUB, because="Ground") as change:
        ground.install(change)
    person = {}
    for email, (name, role, team_name) in PEOPLE.items():
        with hub.store.change(app.HUB, because="Add a person") as change:
            person[email] = staff.add(change, email=email, role=role, team=team_name, name=name)
    shell.share_password(hub, {**person, "nobody@example.org": "nobody"}, PASSWORD)


def left(house: House, what: str, patient_id: str | None = None) -> int:
    """How often the audit says that this left ("print itinerary"), about this patient, or (None) about nobody."""
    keys = [key64(f"Patient/{patient_id}")] if patient_id else []
    with psycopg.connect(house.hub.database.app_dsn) as connection:
        return len(connection.execute("select 1 from look where what = %s and patients = %s::bigint[]", [what, keys]).fetchall())


def hang_up() -> None:
    """Close this thread's connections of Django's."""
    from django.db import connections

    connections.close_all()


# --- patients and their stays -------------------------------------------------------------------------------------------------------


def patient(change: Any, name: str, *, gender: str = "female", born: str = "1955-03-03", language: str | None = None, **more: Any) -> str:
    """A new patient of the first team of who makes the change. Returns the id."""
    given, _, family = name.rpartition(" ")
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "active": True,
        "name": [{"family": family, "given": given.split(), "text": name}],
        "gender": gender,
        "birthDate": born,
        "telecom": [{"system": "phone", "use": "mobile", "value": "(555) 014-2291"}],
        **more,
    }
    if language:
        coding = {"system": "urn:ietf:bcp:47", "code": language}
        resource["communication"] = [{"language": {"coding": [coding]}, "preferred": True}]
        resource.setdefault("extension", []).append(
            {"url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": True}
        )
    return str(change.put(resource).id)


def stay(change: Any, patient_id: str, home: datetime, *, reason: str = "Acute on chronic heart failure", days: int = 5) -> str:
    """A finished stay in hospital with a discharge home. Returns the Encounter's id."""
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": f"Patient/{patient_id}"},
        "period": {"start": (home - timedelta(days=days)).isoformat(), "end": home.isoformat()},
        "reasonCode": [{"text": reason}],
        "hospitalization": {"dischargeDisposition": {"coding": [{"system": DISCHARGED, "code": "home"}]}},
        "serviceProvider": {"display": "Mercy General"},
    }
    return str(change.put(encounter).id)


# --- pages ------------------------------------------------------------------------------------------------------------------------


def client(house: House, email: str | None = "carla@example.org", **headers: Any) -> Any:
    """Django's own test browser, signed in as one of the people (None: nobody)."""
    shell.application(house.hub)
    from django.test import Client

    from baton.web.models import Account

    browser = Client(headers=headers.pop("headers", None), **{"baton.hub": house.hub, "SERVER_NAME": "localhost", **headers})
    if email:
        browser.force_login(Account.objects.get(email=email))
    return browser


class _Server(WSGIServer):
    """Answers on a few threads, each keeping its connections, as the real server does."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.pool = ThreadPoolExecutor(4)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.pool.submit(self._answer, request, client_address)

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the browser went away
        finally:
            self.shutdown_request(request)

    def hang_up(self) -> None:
        """Let every thread close its connections, then stop."""
        meet = threading.Barrier(4)

        def leave() -> None:
            meet.wait()
            hang_up()

        for _ in range(4):
            self.pool.submit(leave)
        self.pool.shutdown()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def served(house: House) -> Iterator[str]:
    """The real pages of a house at an address of this machine."""
    server = _Server(("127.0.0.1", 0), _Quiet)
    server.set_app(app.entrances(house.hub))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.hang_up()
