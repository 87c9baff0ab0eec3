"""The FHIR interface over a store with two people: Sam, who may see everyone, and Nia, a coordinator of an empty team."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.api.hub import Client, make_store, settle

from baton.api import application
from baton.settings import Settings
from baton.store import Store
from baton.store.postgres import Database


@pytest.fixture(scope="module")
def store(module_database: Database) -> Iterator[Store]:
    made = make_store(module_database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def tokens(store: Store) -> dict[str, str]:
    return settle(store)


@pytest.fixture(scope="module")
def client(store: Store, tokens: dict[str, str]) -> Client:
    """As Sam, who may see everyone."""
    return Client(application(store, Settings()), tokens["sam"])


@pytest.fixture(scope="module")
def nia(store: Store, tokens: dict[str, str]) -> Client:
    """As Nia, whose team has no patients."""
    return Client(application(store, Settings()), tokens["nia"])


@pytest.fixture(scope="module")
def stranger(store: Store, tokens: dict[str, str]) -> Client:
    """Without a token."""
    return Client(application(store, Settings()), None)
