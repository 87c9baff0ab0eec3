"""A store on a fresh database, with a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.store.folk import KEY, ZONE, Clock, ground

from baton.store import Store
from baton.store.postgres import Database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_store(database: Database, clock: Clock) -> Iterator[Callable[..., Store]]:
    """Makes stores on one fresh database: make_store(guards=…, reactions=…)."""
    made: list[Store] = []

    def make(**arguments: Any) -> Store:
        made.append(Store(database.app_dsn, **{"clock": clock, "zone": ZONE, "key": KEY, **arguments}))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    """A store with two teams, and Zofia Nowak in the care of Team A."""
    store = make_store()
    ground(store)
    return store


@pytest.fixture(scope="module")
def shared(module_database: Database) -> Iterator[Store]:
    """The same, one for all tests of a module that only read."""
    store = Store(module_database.app_dsn, clock=Clock(), zone=ZONE, key=KEY)
    ground(store)
    yield store
    store.close()
