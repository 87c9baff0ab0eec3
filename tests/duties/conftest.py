"""Databases in which a ward's ground lies and its people are already (tests.duties.ward): copying one is far quicker than laying it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conftest import Databases
from tests.duties.ward import Ward

from baton.store.postgres import Database


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """For one test."""
    with databases.copied(databases.ready("ward", Ward.founded)) as copy:
        yield copy


@pytest.fixture(scope="module")
def module_database(databases: Databases) -> Iterator[Database]:
    """For the tests of one module."""
    with databases.copied(databases.ready("ward", Ward.founded)) as copy:
        yield copy
