"""One town for all tests here: 250 people and their month, on a Monday in November."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from tests.conftest import Databases

from baton.demo import town
from baton.duties import ground, house
from baton.duties.privacy import labelling
from baton.store import Store
from baton.store.postgres import Database

ZONE = ZoneInfo("America/New_York")
KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 14, 10, tzinfo=ZONE)


def open_store(database: Database, clock: Callable[[], datetime]) -> Store:
    store = Store(
        database.app_dsn,
        clock=clock,
        zone=ZONE,
        key=KEY,
        guards=house.GUARDS,
        reactions=house.REACTIONS,
        labellers=[labelling.Labelling()],
    )
    with store.change(town.HUB, because="The ground a hub stands on") as change:
        ground.install(change)
    return store


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    opened = open_store(database, lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def town_database(databases: Databases) -> Iterator[Database]:
    """Where the town is, for everything here that only looks at it."""
    with databases.copied() as database:
        yield database


@pytest.fixture(scope="session")
def larkhaven(town_database: Database) -> Iterator[Store]:
    opened = open_store(town_database, lambda: NOW)
    town.populate(opened, now=NOW)
    yield opened
    opened.close()
