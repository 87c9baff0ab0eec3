"""The hub under a bench: its database, a store like that of the server, and somebody to act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from baton.duties import ground, pathways, promises, teams
from baton.settings import Settings
from baton.store import Store, Who, migrate
from baton.store.postgres import Database, open_database
from baton.web import django

HUB = Who(person="Device/baton", name="Baton", role="system", teams=(), entrance="cli")
SUPERVISOR = "Practitioner/bench-supervisor"


@dataclass(frozen=True, slots=True)
class Hub:
    """What the pages and the measurements need."""

    settings: Settings
    database: Database
    store: Store


@contextmanager
def opened(settings: Settings) -> Iterator[Hub]:
    """A hub on a database brought up to date, with its ground laid and a supervisor who may see everyone."""
    with open_database(settings) as database:
        migrate.migrate(database.owner_dsn)
        django.migrate(settings, database)
        store = Store(
            database.app_dsn,
            clock=partial(datetime.now, UTC),
            zone=settings.zone,
            key=settings.key(),
            guards=_several(promises.GUARDS, pathways.GUARDS, teams.GUARDS),
            reactions=_several(teams.REACTIONS, pathways.REACTIONS),
        )
        try:
            with store.change(HUB, because="Lay the ground of a bench") as change:
                ground.install(change)
                for resource in _supervisor():
                    change.put(resource, unless_same=True)
            yield Hub(settings, database, store)
        finally:
            store.close()


def _several(*tables: dict[str, Any]) -> dict[str, list[Callable[..., Any]]]:
    types = {resource_type for table in tables for resource_type in table}
    return {resource_type: [each for table in tables for each in table.get(resource_type, ())] for resource_type in types}


def _supervisor() -> list[dict[str, Any]]:
    practitioner = SUPERVISOR.partition("/")[2]
    role = {"coding": [{"system": "https://baton.example/fhir/CodeSystem/staff-role", "code": "supervisor"}]}
    return [
        {"resourceType": "Practitioner", "id": practitioner, "active": True, "name": [{"family": "Bench", "given": ["Sam"]}]},
        {
            "resourceType": "PractitionerRole",
            "id": f"{practitioner}-role",
            "active": True,
            "practitioner": {"reference": SUPERVISOR},
            "organization": {"reference": "Organization/intake"},
            "code": [role],
        },
    ]
