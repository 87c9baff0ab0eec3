"""Databases of a house that is furnished already (tests.pages), for the conftests of those who look at pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conftest import Databases
from tests.pages import furnish

from baton.store.postgres import Database

__all__ = ["database", "module_database"]


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
