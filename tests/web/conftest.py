"""A house for the tests of the shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Databases
from tests.pages import House, furnish, house

from baton.store.postgres import Database


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A furnished house's, for one test."""
    with databases.copied(databases.ready("house", furnish)) as copy:
        yield copy


@pytest.fixture(scope="module")
def module_database(databases: Databases) -> Iterator[Database]:
    """A furnished house's, for the tests of one module."""
    with databases.copied(databases.ready("house", furnish)) as copy:
        yield copy


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for the tests of a module."""
    folder: Path = tmp_path_factory.mktemp("data")
    with house(module_database, folder) as opened:
        yield opened
